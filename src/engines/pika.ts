// Pika 3.5 and 4.0: which commands do what. What it really does, with the numbers of the traps (P1 ..), is in docs/pika.md.
import { nowhere } from '../core/limits.ts'
import type { Action, ActionResult } from '../core/action.ts'
import type { AccessUser, Address, ProbeFailure, ProbeResult, Reading } from '../core/model.ts'
import { sameAddress } from '../core/address.ts'
import { RespError, type RespValue, isArray } from '../resp/value.ts'
import { compareLogs } from './compareLogs.ts'
import type { Engine, Script } from './engine.ts'
import { fieldOf, loadOf } from './info.ts'
import { attachedOf, isPartial, positionOf, readReplication, upstreamOf } from './pikaInfo.ts'
import { markKey, markText, parseMark } from './mark.ts'
import { closing, guardOf, leaving, opening, unclosable, usersOf } from './pikaAccess.ts'

type Command = readonly string[]

const toNowhere: Command = ['SLAVEOF', nowhere.host, String(nowhere.port)]
const toNobody: Command = ['SLAVEOF', 'NO', 'ONE']
const rewrite: Command = ['CONFIG', 'REWRITE']
/** Whom it follows already: that one is not followed anew. */
const whom: Command = ['INFO', 'replication']
/** Where there is nothing to do. */
const nothing: Command = ['PING']

/** A role change takes up to 3 s on an idle machine. */
const roleChangeMs = 5_000
/** A connection that failed closes late, and takes a new one to the same primary with it (P13): 5 s by its own clock, which need not be ours. */
const rejoinAfterMs = 5_250

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
  const users = usersOf(list)
  const others = unclosable(list)
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
    guard: users === null ? null : guardOf(users),
    ...(users === null ? {} : { users }),
    ...(others.length === 0 ? {} : { unclosable: others }),
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

/** What an action does to the access list: it is asked for first, since it is closed and opened by what stands in it. */
type Access = 'close' | 'forget' | 'open' | 'leave' | null

function accessOf(action: Action): Access {
  switch (action.name) {
    case 'promote':
    case 'fence':
    case 'pauseWrites':
      return 'close'
    case 'open':
    case 'resumeWrites':
    // A replica's role keeps writes away, and clients are told READONLY instead of NOPERM.
    case 'persist':
      return 'open'
    case 'release':
      return 'leave'
    case 'follow':
    case 'demote':
      return action.forget ? 'forget' : null
    case 'guard':
    case 'bootFence':
    case 'proveLink':
    case 'cutOlder':
    case 'mark':
      return null
  }
}

function accessCommands(access: Access, users: readonly AccessUser[], own: string): readonly Command[] {
  if (access === 'open') return opening(users)
  if (access === 'leave') return leaving(users)
  // A write, and only a primary takes it; closed to every other write, it discards nobody's.
  return access === 'forget' ? [...closing(users), ['ACL', 'SETUSER', own, '+clearreplicationid']] : closing(users)
}

/** Commands of an action besides those about the access list, which come before; in an order that is safe wherever it is cut off. */
function commandsOf(action: Action): readonly Command[] {
  switch (action.name) {
    case 'promote':
      // Replica of nowhere first: with that in its file a restart begins without writes (P1), and no link has to be ended for NO ONE (P15).
      return action.bootFence ? [toNowhere, rewrite, toNobody] : [toNobody, rewrite]
    case 'open':
    case 'resumeWrites':
    case 'pauseWrites':
      return []
    case 'follow':
    case 'demote':
      // By force the file goes on saying nowhere until the copy ended: a restart before that must not attach plainly what is to be replaced (P2).
      return [
        ...(action.forget ? [toNobody, ['CLEARREPLICATIONID']] : []),
        ...(action.force ? [whom] : []),
        slaveof(action.target, action.force ?? false),
        ...(action.force ? [] : [rewrite]),
      ]
    case 'fence':
      // The file goes on naming whom it followed: without that a restart would begin with writes (P1).
      return action.breaksRing ? [toNobody] : [toNowhere, rewrite]
    case 'persist':
      return [rewrite]
    case 'mark':
      return [['SET', markKey, markText(action.mark)]]
    case 'release':
      return [toNobody, rewrite]
    case 'guard':
    case 'bootFence':
    case 'proveLink':
    // Its list of clients has no names, so nothing tells whose connection is whose.
    case 'cutOlder':
      return [nothing]
  }
}

const askAccess = [
  ['ACL', 'LIST'],
  ['ACL', 'WHOAMI'],
] as const satisfies readonly Command[]

function plain(commands: readonly Command[]): Script {
  return { commands, transaction: false }
}

function script(action: Action): Script {
  const access = accessOf(action)
  if (access === null) return plain(commandsOf(action))
  if (action.name === 'fence' && action.users !== undefined) {
    return plain([...accessCommands(access, action.users, ''), ...commandsOf(action)])
  }
  return plain(askAccess)
}

/** With the access list as it is now. Null: it was refused, or there is nothing to do. */
function followUp(action: Action, [list, own]: readonly RespValue[]): Script | null {
  const access = accessOf(action)
  if (access === null) return null
  const users = usersOf(list)
  if (users === null && !isUnknown(list)) return null
  const commands = [...(users === null ? [] : accessCommands(access, users, typeof own === 'string' ? own : '')), ...commandsOf(action)]
  return commands.length === 0 ? null : plain(commands)
}

/** A version without an access list cannot be closed; its reading says so. */
function isUnknown(reply: RespValue | undefined): boolean {
  return reply instanceof RespError && /unknown command/i.test(reply.message)
}

const hasReplicas = /already master of others/
const aboutAccess = /'acl\b/i

/** Refusals that leave the action done: they say what is missing. */
function excuse(action: Action, command: Command | undefined, error: RespError): string | null {
  if (command === rewrite) return error.message
  // Its replicas have not left yet. It is closed, which is what matters; its role follows when they have.
  if (command === toNowhere && hasReplicas.test(error.message)) return 'it has replicas, so its file does not say "replica of nowhere"'
  if (command === undefined && action.name !== 'pauseWrites' && isUnknown(error)) return ''
  return null
}

/** Somebody led it there first: SLAVEOF to the same primary does nothing, and the copy would come with the next one (P3). */
function wasThere(action: Action, said: RespValue | undefined): boolean {
  if (typeof said !== 'string' || (action.name !== 'follow' && action.name !== 'demote')) return false
  const upstream = upstreamOf(readReplication(said))
  return upstream !== null && sameAddress(upstream, action.target)
}

/** The replies to the commands of an action; before them those about the access list, or these alone. */
function readActed(action: Action, replies: readonly RespValue[]): ActionResult {
  const commands = commandsOf(action)
  const before = replies.length - commands.length
  const wrote = commands.some((one, at) => one === rewrite && replies[before + at] === 'OK') ? { wrote: true as const } : {}
  let note = action.name === 'fence' && action.breaksRing ? 'its file does not say that it follows nobody' : null
  let stays = false
  for (const [index, reply] of replies.entries()) {
    if (!(reply instanceof RespError)) continue
    // The list alone was asked for and refused: that may be as many replies as the action has commands.
    const command = before < 0 || aboutAccess.test(reply.message) ? undefined : commands[index - before]
    const excused = excuse(action, command, reply)
    if (excused === null) {
      const message = `${command?.slice(0, 2).join(' ') ?? 'ACL'}: ${reply.message}`
      return { ok: false, code: codeOf(reply), message, ...wrote }
    }
    if (excused !== '') note = excused
    stays ||= action.name === 'fence' && command === toNowhere
  }
  if (before < 0) return { ok: false, code: 'PROTOCOL', message: `${replies.length} replies to ${commands.length} commands` }
  const asked = commands.indexOf(whom)
  if (asked >= 0 && wasThere(action, replies[before + asked])) {
    return { ok: false, code: 'NOT_COPIED', message: 'it followed that primary already, so nothing is copied' }
  }
  return { ok: true, persisted: note === null, note, ...(stays ? { stays: true, ...wrote } : {}) }
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
  followUp,
  readActed,
  inspector: null,
  comparePositions: compareLogs,
}
