// Redis 6.2 and newer: what its INFO means, which commands do what. The only place, with valkey.ts, that knows its words.
import type { Action, ActionResult, AttachedReplica, EngineName, Mark, Position, ProbeResult, Reading, Upstream } from '../core/model.ts'
import { closedGuard, nowhere } from '../core/limits.ts'
import { RespError, type RespValue } from '../resp/value.ts'
import { compareStreams } from './compareStreams.ts'
import type { Engine, Script } from './engine.ts'

/** The canary's key: one small string, written about once a second on the primary and replicated like any other. */
export const markKey = 'regroup:mark'

const toNowhere = ['REPLICAOF', nowhere.host, String(nowhere.port)] as const
/** Redis' own default; protects replicas from a primary reborn empty when nobody watches. 0 only while the boot fence does that. */
const safeSyncDelay = ['CONFIG', 'SET', 'repl-diskless-sync-delay', '5'] as const
const fastSyncDelay = ['CONFIG', 'SET', 'repl-diskless-sync-delay', '0'] as const
const rewrite = ['CONFIG', 'REWRITE'] as const
const cutClients = ['CLIENT', 'KILL', 'TYPE', 'normal'] as const

const probe = [
  ['INFO', 'server'],
  ['INFO', 'replication'],
  ['INFO', 'persistence'],
  ['INFO', 'keyspace'],
  ['CONFIG', 'GET', 'min-replicas-to-write'],
  ['GET', markKey],
] as const

function setGuard(guard: number): readonly string[] {
  return ['CONFIG', 'SET', 'min-replicas-to-write', String(guard)]
}

/** Turns the text of INFO into its fields. Lines without a colon and headings are passed over. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return fields
}

function numberOf(text: string | undefined, otherwise: number): number {
  const value = Number(text)
  return text === undefined || text === '' || Number.isNaN(value) ? otherwise : value
}

/** `slave0:ip=10.0.0.2,port=6379,state=online,offset=15,lag=0` */
function attachedOf(fields: ReadonlyMap<string, string>): AttachedReplica[] {
  const attached: AttachedReplica[] = []
  for (let index = 0; ; index++) {
    const line = fields.get(`slave${index}`)
    if (line === undefined) return attached
    const parts = new Map(line.split(',').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]))
    attached.push({
      host: parts.get('ip') ?? '',
      port: numberOf(parts.get('port'), 0),
      online: parts.get('state') === 'online',
      acked: numberOf(parts.get('offset'), 0),
    })
  }
}

function upstreamOf(fields: ReadonlyMap<string, string>): Upstream | null {
  const host = fields.get('master_host')
  if (host === undefined) return null
  return {
    host,
    port: numberOf(fields.get('master_port'), 0),
    linkUp: fields.get('master_link_status') === 'up',
    syncing: fields.get('master_sync_in_progress') === '1',
  }
}

function positionOf(fields: ReadonlyMap<string, string>): Position {
  const replid = fields.get('master_replid')
  if (replid === undefined) return { kind: 'none' }
  return {
    kind: 'stream',
    replid,
    replid2: fields.get('master_replid2') ?? '',
    second: numberOf(fields.get('second_repl_offset'), -1),
    offset: numberOf(fields.get('master_repl_offset'), 0),
  }
}

/** `v1 <installation> <group> <epoch> <seq>`; anything else is somebody else's key and no mark. */
export function parseMark(text: string): Mark | null {
  const [version, installation, group, epoch, seq] = text.split(' ')
  if (version !== 'v1' || installation === undefined || group === undefined) return null
  return { installation, group, epoch: numberOf(epoch, 0), seq: numberOf(seq, 0) }
}

/** `db0:keys=3,expires=0,avg_ttl=0`, one line per database. */
function keysOf(fields: ReadonlyMap<string, string>): number {
  let keys = 0
  for (const [name, value] of fields) {
    if (/^db\d+$/.test(name)) keys += numberOf(/keys=(\d+)/.exec(value)?.[1], 0)
  }
  return keys
}

function configValue(reply: RespValue | undefined): number | null {
  const value = Array.isArray(reply) ? reply[1] : reply instanceof Map ? [...reply.values()][0] : undefined
  return typeof value === 'string' ? numberOf(value, 0) : null
}

function readProbe(engine: EngineName, replies: readonly RespValue[]): ProbeResult {
  const [server, replication, persistence, keyspace, guard, markReply] = replies
  const texts: string[] = []
  for (const reply of [server, replication, persistence, keyspace]) {
    if (reply instanceof RespError) return { ok: false, failure: { kind: 'answered', code: reply.code, message: reply.message } }
    if (typeof reply !== 'string') {
      return { ok: false, failure: { kind: 'answered', code: 'PROTOCOL', message: 'INFO was not answered with text' } }
    }
    texts.push(reply)
  }
  const fields = parseInfo(texts.join('\r\n'))
  const role = fields.get('role')
  const incarnation = fields.get('run_id')
  if ((role !== 'master' && role !== 'slave') || incarnation === undefined) {
    return { ok: false, failure: { kind: 'answered', code: 'PROTOCOL', message: 'INFO has no role or run_id: not a data node' } }
  }
  const mark = typeof markReply === 'string' ? parseMark(markReply) : null
  const loading = fields.get('loading') === '1' || fields.get('async_loading') === '1'
  const reading: Reading = {
    engine,
    version: fields.get('valkey_version') ?? fields.get('redis_version') ?? '',
    incarnation,
    role: role === 'master' ? 'primary' : 'replica',
    upstream: role === 'slave' ? upstreamOf(fields) : null,
    replicas: attachedOf(fields),
    position: positionOf(fields),
    usable: !loading && (role === 'master' ? fields.get('repl_backlog_active') === '1' : fields.get('slave_read_only') !== '0'),
    loading,
    shuttingDown: fields.has('shutdown_in_milliseconds'),
    durable: fields.get('aof_enabled') === '1',
    guard: configValue(guard),
    keys: Math.max(0, keysOf(fields) - (mark === null ? 0 : 1)),
    mark,
    ...(markReply instanceof RespError ? { markUnread: true } : {}),
    writeProblem: fields.get('aof_last_write_status') === 'err' ? 'MISCONF: the append-only file cannot be written' : null,
  }
  return { ok: true, reading }
}

/** Commands of an action. The order inside each is a safety rule; see docs/protocol.md. */
function script(action: Action): Script {
  switch (action.name) {
    case 'promote':
      // The file is written while the node is still a replica of nowhere, and the node opens to nobody until `open`.
      return action.bootFence
        ? transaction([toNowhere, safeSyncDelay, setGuard(0), rewrite, setGuard(closedGuard), ['REPLICAOF', 'NO', 'ONE']])
        : transaction([setGuard(0), safeSyncDelay, ['REPLICAOF', 'NO', 'ONE'], rewrite, setGuard(closedGuard)])
    case 'open':
      return plain([
        ['CONFIG', 'SET', 'min-replicas-max-lag', '2'],
        ['CONFIG', 'SET', 'repl-ping-replica-period', '1'],
        ...(action.bootFenced ? [fastSyncDelay] : []),
        setGuard(action.guard),
      ])
    case 'guard':
      return plain([['CONFIG', 'SET', 'min-replicas-max-lag', '2'], setGuard(action.guard)])
    case 'follow':
      return transaction([['REPLICAOF', action.target.host, String(action.target.port)], safeSyncDelay, setGuard(0), rewrite])
    case 'demote':
      return transaction([
        ['REPLICAOF', action.target.host, String(action.target.port)],
        safeSyncDelay,
        setGuard(0),
        ...(action.persist ? [rewrite] : []),
        ...(action.resumeWrites ? [['CLIENT', 'UNPAUSE']] : []),
        ...(action.cutClients ? [cutClients] : []),
      ])
    case 'fence':
      return transaction([toNowhere, safeSyncDelay, setGuard(0), rewrite, ...(action.cutClients ? [cutClients] : [])])
    case 'bootFence':
      return transaction([toNowhere, safeSyncDelay, rewrite, fastSyncDelay, ['REPLICAOF', 'NO', 'ONE']])
    case 'persist':
      return plain([rewrite, ...(action.cutClients ? [cutClients] : [])])
    case 'pauseWrites':
      return plain([['CLIENT', 'PAUSE', String(action.forMs), 'WRITE']])
    case 'resumeWrites':
      return plain([['CLIENT', 'UNPAUSE']])
    case 'proveLink':
      return plain([['CLIENT', 'KILL', 'TYPE', 'master']])
    case 'mark': {
      const { installation, group, epoch, seq } = action.mark
      return plain([['SET', markKey, `v1 ${installation} ${group} ${epoch} ${seq}`]])
    }
    case 'cutOlder':
      return plain([['CLIENT', 'LIST', 'TYPE', 'normal']])
    case 'release':
      return transaction([safeSyncDelay, setGuard(0), ['REPLICAOF', 'NO', 'ONE'], rewrite])
  }
}

/** A connection's name is `regroup:<installation>:<process>`: those of our installation that are not our own are of earlier processes. */
function followUp(action: Action, replies: readonly RespValue[], self: string): Script | null {
  const [list] = replies
  if (action.name !== 'cutOlder' || typeof list !== 'string') return null
  const ours = self.slice(0, self.lastIndexOf(':') + 1)
  const older = list.split('\n').flatMap((line) => {
    const name = / name=(\S+)/.exec(line)?.[1] ?? ''
    const id = /^id=(\d+)/.exec(line)?.[1]
    return id !== undefined && name.startsWith(ours) && name !== self ? [id] : []
  })
  return older.length === 0 ? null : plain(older.map((id) => ['CLIENT', 'KILL', 'ID', id]))
}

function transaction(commands: readonly (readonly string[])[]): Script {
  return { commands, transaction: true }
}

function plain(commands: readonly (readonly string[])[]): Script {
  return { commands, transaction: false }
}

function readActed(action: Action, replies: readonly RespValue[]): ActionResult {
  // Whom it should have ended may be gone already.
  if (action.name === 'cutOlder') {
    const refusal = replies.find((reply) => reply instanceof RespError && reply.code !== 'ERR')
    if (refusal instanceof RespError) return { ok: false, code: refusal.code, message: refusal.message }
    return { ok: true, persisted: true, note: null }
  }
  const { commands } = script(action)
  let note: string | null = null
  for (const [index, reply] of replies.entries()) {
    if (!(reply instanceof RespError)) continue
    const command = commands[index]
    if (command !== rewrite)
      return { ok: false, code: reply.code, message: `${command?.slice(0, 2).join(' ') ?? 'command'}: ${reply.message}` }
    note = reply.message
  }
  if (replies.length < commands.length)
    return { ok: false, code: 'PROTOCOL', message: `${replies.length} replies to ${commands.length} commands` }
  return { ok: true, persisted: note === null, note }
}

/** The engine for servers that speak Redis' replication stream; Valkey differs in its name only. */
export function streamEngine(name: EngineName): Engine {
  return {
    name,
    canPauseWrites: true,
    canGuard: true,
    canBootFence: true,
    canProveLink: true,
    probe,
    readProbe: (replies) => readProbe(name, replies),
    script,
    followUp,
    readActed,
    comparePositions: compareStreams,
  }
}

export const redis = streamEngine('redis')
