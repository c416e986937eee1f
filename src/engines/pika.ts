// Pika 3.5 and 4.0: which commands do what. What it really does, with the numbers of the traps (P1 ..), is in docs/pika.md.
import { closedGuard, nowhere } from '../core/limits.ts'
import type { Action, ActionResult, Address, ProbeFailure, ProbeResult, Reading } from '../core/model.ts'
import { RespError, type RespValue, isArray } from '../resp/value.ts'
import { compareLogs } from './compareLogs.ts'
import type { Engine, Script } from './engine.ts'
import { fieldOf, loadOf } from './info.ts'
import { attachedOf, isPartial, positionOf, readReplication, upstreamOf } from './pikaInfo.ts'
import { markKey, markText, parseMark } from './mark.ts'

type Command = readonly string[]

const toNowhere: Command = ['SLAVEOF', nowhere.host, String(nowhere.port)]
const toNobody: Command = ['SLAVEOF', 'NO', 'ONE']
const rewrite: Command = ['CONFIG', 'REWRITE']
/** Clients are one of these two: who gives a wrong password is let in as `limit`. Users that somebody made are not fenced. */
const users = ['default', 'limit'] as const
/** Stops writes at once, on open connections too; replication goes on. A restart forgets it. */
const close = users.map((user): Command => ['ACL', 'SETUSER', user, '-@write'])
const reopen = users.map((user): Command => ['ACL', 'SETUSER', user, '+@write'])
/** A write, and only a primary takes it; closed to every other write, it discards nobody's. */
const forget = [
  ...users.map((user): Command => ['ACL', 'SETUSER', user, '-@write', '+clearreplicationid']),
  toNobody,
  ['CLEARREPLICATIONID'],
] as const satisfies readonly Command[]
/** Where there is nothing to do. */
const nothing: Command = ['PING']

/** A role change takes up to 3 s on an idle machine. */
const roleChangeMs = 5_000
/** A connection that failed closes late, and takes a new one to the same primary with it (P13). */
const rejoinAfterMs = 5_000

const probe = [
  ['INFO', 'server'],
  ['INFO', 'replication'],
  ['INFO', 'data'],
  ['CONFIG', 'GET', 'binlog-file-size'],
  ['ACL', 'LIST'],
  ['ACL', 'WHOAMI'],
  ['GET', markKey],
] as const

/** Its memory stands in the section `data`. */
const load: readonly Command[] = [['INFO', 'stats']]

function answered(code: string, message: string): { readonly ok: false; readonly failure: ProbeFailure } {
  return { ok: false, failure: { kind: 'answered', code, message } }
}

/** Pika puts its own code behind a general one: `-ERR NOAUTH Authentication required.` */
function codeOf(error: RespError): string {
  return /^ERR ([A-Z]{4,}) /.exec(error.message)?.[1] ?? error.code
}

/** Null: this version has no access list, or does not show it. */
function isClosed(list: RespValue | undefined): boolean | null {
  if (!isArray(list)) return null
  const rules = list.map(String).find((line) => line.startsWith('user default '))
  const last = rules?.split(' ').findLast((rule) => ['+@all', '-@all', '+@write', '-@write', 'allcommands', 'nocommands'].includes(rule))
  return last === undefined ? null : last.startsWith('-') || last === 'nocommands'
}

/** The texts of INFO, or the first reply that is none. */
function textsOf(replies: readonly (RespValue | undefined)[]): readonly string[] | RespError {
  const texts: string[] = []
  for (const reply of replies) {
    if (reply instanceof RespError) return reply
    if (typeof reply !== 'string') return new RespError('PROTOCOL INFO was not answered with text')
    texts.push(reply)
  }
  return texts
}

function readProbe(replies: readonly RespValue[]): ProbeResult {
  const [, , , sizeReply, list, user, markReply] = replies
  const texts = textsOf(replies.slice(0, 3))
  if (texts instanceof RespError) return answered(codeOf(texts), texts.message)
  const [server = '', replication = '', data = ''] = texts
  const field = (name: string): string | undefined => fieldOf(server, name) ?? fieldOf(data, name)
  const said = readReplication(replication)
  const role = said.fields.get('role')
  const [version, process, run] = [field('pika_version'), field('process_id'), field('run_id')]
  if (version === undefined) return answered('PROTOCOL', 'INFO names no pika_version: this is no Pika; the group says `engine: pika`')
  if (process === undefined || run === undefined || !['master', 'slave', 'master&&slave'].includes(role ?? '')) {
    return answered('PROTOCOL', 'INFO has no role, process_id or run_id')
  }
  if (user === 'limit') return answered('WRONGPASS', 'the password fits no user: Pika lets whoever errs in as the user limit')
  const mark = typeof markReply === 'string' ? parseMark(markReply) : null
  const size = isArray(sizeReply) && typeof sizeReply[1] === 'string' ? Number(sizeReply[1]) : null
  const position = positionOf(said, mark, size)
  const offset = position.kind === 'stream' ? position.offset : 0
  const partial = isPartial(said)
  const closed = isClosed(list)
  const nodeLoad = loadOf(replies[probe.length], data)
  const reading: Reading = {
    engine: 'pika',
    version,
    // run_id survives a restart and is copied with the file.
    incarnation: `${process}.${run}`,
    role: role === 'master' ? 'primary' : 'replica',
    upstream: role === 'master' ? null : upstreamOf(said),
    replicas: attachedOf(said, offset),
    position,
    usable: !partial,
    loading: false,
    ...(partial ? { partial: true } : {}),
    shuttingDown: false,
    durable: true,
    guard: closed === null ? null : closed ? closedGuard : 0,
    // Nobody counts keys; a binlog that was never written to is an empty node.
    keys: offset > 0 ? 1 : 0,
    mark,
    ...(markReply instanceof RespError ? { markUnread: true } : {}),
    writeProblem: (field('db_fatal') ?? '0') === '0' ? null : `db_fatal: ${field('db_fatal_msg') ?? 'the disk may be full'}`,
    ...(nodeLoad === undefined ? {} : { load: nodeLoad }),
  }
  return { ok: true, reading }
}

function slaveof(target: Address, force: boolean): Command {
  return ['SLAVEOF', target.host, String(target.port), ...(force ? ['force'] : [])]
}

/** Commands of an action, in an order that is safe wherever it is cut off. */
function commandsOf(action: Action): readonly Command[] {
  switch (action.name) {
    case 'promote':
      // Replica of nowhere first: with that in its file a restart begins without writes (P1), and no link has to be ended for NO ONE (P15).
      return [...close, ...(action.bootFence ? [toNowhere, rewrite, toNobody] : [toNobody, rewrite])]
    case 'open':
    case 'resumeWrites':
      return reopen
    case 'pauseWrites':
      return close
    case 'follow':
    case 'demote':
      // By force the file goes on saying nowhere until the copy ended: a restart before that must not attach plainly what is to be replaced (P2).
      return [...(action.forget ? forget : []), slaveof(action.target, action.force ?? false), ...(action.force ? [] : [rewrite])]
    case 'fence':
      return [...close, toNowhere, rewrite]
    case 'persist':
      // It follows: its role keeps writes away, and clients are told READONLY instead of NOPERM.
      return [rewrite, ...reopen]
    case 'mark':
      return [['SET', markKey, markText(action.mark)]]
    case 'release':
      return [toNobody, rewrite, ...reopen]
    case 'guard':
    case 'bootFence':
    case 'proveLink':
    case 'cutOlder':
      return [nothing]
  }
}

function script(action: Action): Script {
  return { commands: commandsOf(action), transaction: false }
}

const hasReplicas = /already master of others/

/** Refusals that leave the action done: they say what is missing. */
function excuse(action: Action, command: Command | undefined, error: RespError): string | null {
  if (command === rewrite) return error.message
  // Its replicas have not left yet. It is closed, which is what matters; its role follows when they have.
  if (command === toNowhere && hasReplicas.test(error.message)) return 'it has replicas, so its file does not say "replica of nowhere"'
  // A version without an access list cannot be closed; its reading says so.
  if (command?.[0] === 'ACL' && action.name !== 'pauseWrites' && /unknown command/i.test(error.message)) return ''
  return null
}

function readActed(action: Action, replies: readonly RespValue[]): ActionResult {
  const commands = commandsOf(action)
  let note: string | null = null
  for (const [index, reply] of replies.entries()) {
    if (!(reply instanceof RespError)) continue
    const command = commands[index]
    const excused = excuse(action, command, reply)
    if (excused === null)
      return { ok: false, code: codeOf(reply), message: `${command?.slice(0, 2).join(' ') ?? 'command'}: ${reply.message}` }
    if (excused !== '') note = excused
  }
  if (replies.length < commands.length)
    return { ok: false, code: 'PROTOCOL', message: `${replies.length} replies to ${commands.length} commands` }
  return { ok: true, persisted: note === null, note }
}

export const pika: Engine = {
  name: 'pika',
  defaultUser: 'default',
  canPauseWrites: true,
  canGuard: false,
  canClose: true,
  canBootFence: true,
  canBootFenceRunning: false,
  canProveLink: false,
  canFollowOwnReplica: false,
  namesHistories: false,
  listsAcknowledged: false,
  roleChangeMs,
  rejoinAfterMs,
  probe,
  load,
  readProbe,
  script,
  // Its list of clients has no names, so nothing tells whose connection is whose.
  followUp: () => null,
  readActed,
  inspector: null,
  comparePositions: compareLogs,
}
