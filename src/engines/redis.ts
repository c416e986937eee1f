// Redis 6.2 and newer: what its INFO means, which commands do what. The only place, with valkey.ts, that knows its words.
import type { Action, ActionResult } from '../core/action.ts'
import type { AttachedReplica, EngineName, Position, ProbeResult, Reading, Upstream } from '../core/model.ts'
import { closedGuard, guardLagS, nowhere, safeSyncDelayS } from '../core/limits.ts'
import { RespError, type RespValue } from '../resp/value.ts'
import { compareStreams } from './compareStreams.ts'
import type { Engine, Script } from './engine.ts'
import { markKey, markText, parseMark } from './mark.ts'
import { redisInspector } from './redisInspector.ts'
import { fieldOf, keysOf, loadOf, numberOf, partOf } from './info.ts'

const toNowhere = ['REPLICAOF', nowhere.host, String(nowhere.port)] as const
const safeSyncDelay = ['CONFIG', 'SET', 'repl-diskless-sync-delay', String(safeSyncDelayS)] as const
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

const load = [
  ['INFO', 'stats'],
  ['INFO', 'memory'],
] as const

function setGuard(guard: number): readonly string[] {
  return ['CONFIG', 'SET', 'min-replicas-to-write', String(guard)]
}

/** `slave0:ip=10.0.0.2,port=6379,state=online,offset=15,lag=0` */
function attachedOf(replication: string): AttachedReplica[] {
  const attached: AttachedReplica[] = []
  for (let index = 0; ; index++) {
    const line = fieldOf(replication, `slave${index}`)
    if (line === undefined) return attached
    attached.push({
      host: partOf(line, 'ip=') ?? '',
      port: numberOf(partOf(line, 'port='), 0),
      online: partOf(line, 'state=') === 'online',
      acked: numberOf(partOf(line, 'offset='), 0),
    })
  }
}

function upstreamOf(replication: string): Upstream | null {
  const host = fieldOf(replication, 'master_host')
  if (host === undefined) return null
  return {
    host,
    port: numberOf(fieldOf(replication, 'master_port'), 0),
    linkUp: fieldOf(replication, 'master_link_status') === 'up',
    syncing: fieldOf(replication, 'master_sync_in_progress') === '1',
  }
}

function positionOf(replication: string): Position {
  const replid = fieldOf(replication, 'master_replid')
  if (replid === undefined) return { kind: 'none' }
  return {
    kind: 'stream',
    replid,
    replid2: fieldOf(replication, 'master_replid2') ?? '',
    second: numberOf(fieldOf(replication, 'second_repl_offset'), -1),
    offset: numberOf(fieldOf(replication, 'master_repl_offset'), 0),
  }
}

function configValue(reply: RespValue | undefined): number | null {
  const value = Array.isArray(reply) ? reply[1] : reply instanceof Map ? [...reply.values()][0] : undefined
  return typeof value === 'string' ? numberOf(value, 0) : null
}

function readProbe(engine: EngineName, replies: readonly RespValue[]): ProbeResult {
  const [, , , , guard, markReply] = replies
  const sections: string[] = []
  for (const reply of replies.slice(0, 4)) {
    if (reply instanceof RespError) return { ok: false, failure: { kind: 'answered', code: reply.code, message: reply.message } }
    if (typeof reply !== 'string') {
      return { ok: false, failure: { kind: 'answered', code: 'PROTOCOL', message: 'INFO was not answered with text' } }
    }
    sections.push(reply)
  }
  const [server = '', replication = '', persistence = '', keyspace = ''] = sections
  if (fieldOf(server, 'pika_version') !== undefined) {
    const message = `this is a Pika, and the group says \`engine: ${engine}\`; give the group \`engine: pika\``
    return { ok: false, failure: { kind: 'answered', code: 'PROTOCOL', message } }
  }
  const role = fieldOf(replication, 'role')
  const incarnation = fieldOf(server, 'run_id')
  if ((role !== 'master' && role !== 'slave') || incarnation === undefined) {
    return { ok: false, failure: { kind: 'answered', code: 'PROTOCOL', message: 'INFO has no role or run_id: not a data node' } }
  }
  const mark = typeof markReply === 'string' ? parseMark(markReply) : null
  const loading = fieldOf(persistence, 'loading') === '1' || fieldOf(persistence, 'async_loading') === '1'
  const [stats, memory] = replies.slice(probe.length)
  const nodeLoad = loadOf(stats, memory)
  const reading: Reading = {
    engine,
    version: fieldOf(server, 'valkey_version') ?? fieldOf(server, 'redis_version') ?? '',
    incarnation,
    role: role === 'master' ? 'primary' : 'replica',
    upstream: role === 'slave' ? upstreamOf(replication) : null,
    replicas: attachedOf(replication),
    position: positionOf(replication),
    usable:
      !loading &&
      (role === 'master' ? fieldOf(replication, 'repl_backlog_active') === '1' : fieldOf(replication, 'slave_read_only') !== '0'),
    loading,
    shuttingDown: fieldOf(server, 'shutdown_in_milliseconds') !== undefined,
    durable: fieldOf(persistence, 'aof_enabled') === '1',
    guard: configValue(guard),
    keys: Math.max(0, keysOf(keyspace) - (mark === null ? 0 : 1)),
    mark,
    ...(markReply instanceof RespError ? { markUnread: true } : {}),
    writeProblem: fieldOf(persistence, 'aof_last_write_status') === 'err' ? 'MISCONF: the append-only file cannot be written' : null,
    ...(nodeLoad === undefined ? {} : { load: nodeLoad }),
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
        ['CONFIG', 'SET', 'min-replicas-max-lag', String(guardLagS)],
        ['CONFIG', 'SET', 'repl-ping-replica-period', '1'],
        ...(action.bootFenced ? [fastSyncDelay] : []),
        setGuard(action.guard),
      ])
    case 'guard':
      return plain([['CONFIG', 'SET', 'min-replicas-max-lag', String(guardLagS)], setGuard(action.guard)])
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
      return transaction([toNowhere, safeSyncDelay, rewrite, ['REPLICAOF', 'NO', 'ONE']])
    case 'persist':
      return plain([rewrite, ...(action.cutClients ? [cutClients] : [])])
    case 'pauseWrites':
      return plain([['CLIENT', 'PAUSE', String(action.forMs), 'WRITE']])
    case 'resumeWrites':
      return plain([['CLIENT', 'UNPAUSE']])
    case 'proveLink':
      return plain([['CLIENT', 'KILL', 'TYPE', 'master']])
    case 'mark':
      return plain([['SET', markKey, markText(action.mark)]])
    case 'cutOlder':
      return plain([['CLIENT', 'LIST', 'TYPE', 'normal']])
    case 'release':
      return transaction([safeSyncDelay, setGuard(0), ['REPLICAOF', 'NO', 'ONE'], rewrite])
  }
}

const afterFence = plain([fastSyncDelay])

/** What `cutOlder` still has to end: a connection's name is `regroup:<installation>:<process>`; those of our installation that are not our own are of earlier processes. */
function followUp(action: Action, replies: readonly RespValue[], self: string): Script | null {
  const [list] = replies
  // Only when the file was written: without the fence the delay is what protects the replicas.
  if (action.name === 'bootFence') return replies.some((reply) => reply instanceof RespError) ? null : afterFence
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
  const { commands } = action.name === 'bootFence' && replies.length === afterFence.commands.length ? afterFence : script(action)
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
    defaultUser: null,
    canPauseWrites: true,
    canGuard: true,
    canClose: true,
    canBootFence: true,
    canBootFenceRunning: true,
    canProveLink: true,
    canFollowOwnReplica: true,
    namesHistories: true,
    listsAcknowledged: true,
    roleChangeMs: 0,
    rejoinAfterMs: 0,
    probe,
    load,
    readProbe: (replies) => readProbe(name, replies),
    script,
    followUp,
    readActed,
    inspector: redisInspector,
    comparePositions: compareStreams,
  }
}

export const redis = streamEngine('redis')
