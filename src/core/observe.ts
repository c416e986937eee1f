// What is known of one node, as a value that each input turns into the next. Instants, not flags: "not heard yet" never reads as "down".
import { sameAddress } from './address.ts'
import { type FileRole, hasUnknownEnd, persistedAfter, persistedAs } from './fileRole.ts'
import { type Forced, copyOf, forcedBy } from './forced.ts'
import { actionRetryMaxMs, actionRetryMs, closedGuard, nowhere, persistRetryMs } from './limits.ts'
import type { Action, ActionResult } from './action.ts'
import type { Address, Instant, Load, NodeSpec, ProbeFailure, ProbeResult, Reading } from './model.ts'

export interface Acting {
  readonly id: number
  readonly action: Action
  readonly since: Instant
  /** It waits in the sockets of a silent node: nobody will hear how it ended. */
  readonly queued?: true
}

/** An action that was refused or failed `times` in a row, and when it may be tried again. */
export interface Trouble {
  readonly action: Action['name']
  readonly code: string
  readonly message: string
  readonly times: number
  readonly retryAt: Instant
}

interface Left {
  readonly from: Address | null
  readonly at: Instant
}

interface Span {
  readonly from: Instant
  readonly to: Instant
}

/** It was closed, and could not be led away from whom it follows. */
export const hasReplicas = 'HAS_REPLICAS'

/** The action was done, and the node's file does not say so. */
const notPersisted = 'NOT_PERSISTED'
/** Longer than a link that failed takes to close, on any engine. */
const leftKeptMs = 60_000

export interface NodeView {
  readonly spec: NodeSpec
  /** The last reading, kept when later probes fail. */
  readonly reading: Reading | null
  /** When the question of that reading left: what the reading says was true after this. */
  readonly askedAt: Instant
  /** The reading before, of the same incarnation. */
  readonly before: { readonly reading: Reading; readonly askedAt: Instant } | null
  /** When anything was last heard from the node: a reading or an error. */
  readonly heardAt: Instant | null
  /** When it was first asked by this process; silence of a node never heard counts from here. */
  readonly firstAskedAt: Instant | null
  /** Why the last probe gave no reading; null after a reading. */
  readonly failure: ProbeFailure | null
  /** When the first question left that got no reading, since the last reading. */
  readonly failingSince: Instant | null
  /** Its position was seen to rise, and surely rose after this instant. */
  readonly advancedAfter: Instant | null
  /** Our own pauses since `askedAt`, and since `advancedAfter`: what was asked, and what rose, is younger than it seems by so much. */
  readonly stoodMs: number
  readonly stoodSinceRiseMs: number
  /** When the node was last told to drop its link and prove that it can be made again; `done` when it said OK. */
  readonly proof: { readonly since: Instant; readonly done: Instant | null } | null
  readonly acting: Acting | null
  /** When the last action ended: readings asked for before it tell nothing about its effect. */
  readonly actedAt: Instant | null
  /** What it refused lately and was not mended since: at most one per action, the latest last. */
  readonly troubles: readonly Trouble[]
  /** The process whose writes we paused, or may have, and that was not told since to let them go on. */
  readonly paused: string | null
  /** The process whose file is known to say its role, because we wrote it and every reply was OK. */
  readonly persisted: FileRole | null
  /**
   * When this process was first read in a role that somebody else gave it: a primary although it was a replica, or a replica of another node.
   * Null when it is in the role it was found in, or that we gave it.
   */
  readonly movedSince: Instant | null
  /** The process that was last read as a primary that somebody could write to, unless the next one follows another: it may hold what nobody else has. */
  readonly wasOpen: string | null
  /**
   * The history in which it was last read as a primary that somebody could write to, in whatever process, and the time in which it may have been one;
   * null when it never was, or was told since to replace what it holds by a copy.
   */
  readonly openIn: ({ readonly history: string } & Span) | null
  /** This process was first read with less than the one before it had held: what it holds it was given since. */
  readonly fellBack: boolean
  /** This process was first read with more than the one before was last read with: the time in which it was given that, unseen. Null once it is copied anew. */
  readonly grew: Span | null
  /** Its latest load, and when that came. */
  readonly load: Load | null
  readonly loadAt: Instant | null
  /** Why its file could not be written, said once it happened. */
  readonly persistProblem: string | null
  /** The connections of earlier controllers were ended, so nothing of theirs can arrive late. */
  readonly cleared: boolean
  /** When it was told to leave its primary, also by being promoted, and whom it left, the latest last: a link to one before may still be closing. */
  readonly left: readonly Left[]
  /** Whom it was told to follow by force, as this process, and when, or was first read copying from untold by us; null when it was told something else since. */
  readonly forced: Forced | null
  /** Since when it follows somebody without a link. */
  readonly unlinkedSince: Instant | null
  /** Since when it waits for whom it follows to answer it. */
  readonly unansweredSince: Instant | null
  /** The primary that its position did not fit, until it had a link to it. */
  readonly unfit: Address | null
  /** Epoch of the demotion queued on its silent connection. */
  readonly queuedEpoch: number | null
}

export function newNode(spec: NodeSpec): NodeView {
  return {
    spec,
    reading: null,
    askedAt: -Infinity,
    before: null,
    heardAt: null,
    firstAskedAt: null,
    failure: null,
    failingSince: null,
    advancedAfter: null,
    stoodMs: 0,
    stoodSinceRiseMs: 0,
    proof: null,
    acting: null,
    actedAt: null,
    troubles: [],
    paused: null,
    persisted: null,
    movedSince: null,
    wasOpen: null,
    openIn: null,
    fellBack: false,
    grew: null,
    load: null,
    loadAt: null,
    persistProblem: null,
    cleared: false,
    left: [],
    forced: null,
    unlinkedSince: null,
    unansweredSince: null,
    unfit: null,
    queuedEpoch: null,
  }
}

function offsetOf(reading: Reading): number | null {
  return reading.position.kind === 'stream' ? reading.position.offset : null
}

/** What its history is called; null when nothing names it. */
function nameOf({ position }: Reading): string | null {
  return position.kind === 'stream' && position.replid !== '' ? position.replid : null
}

/** The second says something else than the first about who this is and how it stands; positions, which always move, do not count. */
export function stirred(before: NodeView, after: NodeView): boolean {
  const [was, is] = [before.reading, after.reading]
  return (
    before.failure?.kind !== after.failure?.kind ||
    was?.incarnation !== is?.incarnation ||
    was?.role !== is?.role ||
    was?.loading !== is?.loading ||
    was?.upstream?.linkUp !== is?.upstream?.linkUp
  )
}

/** A history that the mark named keeps its name when somebody removed the mark (FLUSHALL), as long as the same process goes on from there. */
function withHistory(reading: Reading, last: Reading | null): Reading {
  const [was, is] = [last?.position, reading.position]
  if (was?.kind !== 'stream' || is.kind !== 'stream' || is.replid !== '' || was.replid === '') return reading
  return is.offset >= was.offset && is.log === was.log && !reading.partial
    ? { ...reading, position: { ...is, replid: was.replid } }
    : reading
}

/** What its link to whom it follows has been like. A copy has none while it lasts: when it has ended, the time without a link begins. */
function linkOf(node: NodeView, reading: Reading, now: Instant): Pick<NodeView, 'unlinkedSince' | 'unansweredSince' | 'unfit'> {
  const { upstream } = reading
  const none = { unlinkedSince: null, unansweredSince: null }
  if (upstream === null) return { ...none, unfit: node.unfit }
  if (upstream.linkUp) return { ...none, unfit: node.unfit !== null && sameAddress(node.unfit, upstream) ? null : node.unfit }
  const last = node.reading
  const stays = last !== null && last.upstream !== null && sameAddress(last.upstream, upstream) && !(last.partial && !reading.partial)
  return {
    unlinkedSince: stays ? (node.unlinkedSince ?? now) : now,
    unansweredSince: upstream.waiting ? (stays ? (node.unansweredSince ?? now) : now) : null,
    unfit: upstream.failed ? upstream : node.unfit,
  }
}

/** Takes in the end of one probe. */
export function probed(node: NodeView, sentAt: Instant, result: ProbeResult, now: Instant): NodeView {
  const firstAskedAt = node.firstAskedAt ?? sentAt
  if (!result.ok) {
    const heard = result.failure.kind === 'answered'
    return {
      ...node,
      firstAskedAt,
      failure: result.failure,
      heardAt: heard ? now : node.heardAt,
      failingSince: node.failingSince ?? sentAt,
    }
  }
  const same = node.reading !== null && node.reading.incarnation === result.reading.incarnation
  const last = same ? node.reading : null
  const reading = withHistory(result.reading, last)
  const [was, is] = [last === null ? null : offsetOf(last), offsetOf(reading)]
  const rose = was !== null && is !== null && is > was
  const forced = copyOf(same ? node.forced : null, reading, sentAt)
  return {
    ...node,
    firstAskedAt,
    reading,
    askedAt: sentAt,
    before: last === null ? null : { reading: last, askedAt: node.askedAt },
    heardAt: now,
    failure: null,
    failingSince: null,
    advancedAfter: rose ? node.askedAt : same ? node.advancedAfter : null,
    // A pause that this answer waited for is counted with the question before it.
    stoodMs: Math.max(0, node.askedAt + node.stoodMs - sentAt),
    stoodSinceRiseMs: rose ? node.stoodMs : node.stoodSinceRiseMs,
    proof: same ? node.proof : null,
    persisted: node.persisted?.incarnation === reading.incarnation ? node.persisted : null,
    movedSince: last === null ? null : movedSince(node, last, reading, now),
    load: reading.load ?? (same ? node.load : null),
    loadAt: reading.load === undefined ? node.loadAt : now,
    forced,
    ...linkOf(node, reading, now),
    fellBack: same ? node.fellBack : node.reading !== null && (offsetOf(node.reading) ?? 0) > (offsetOf(reading) ?? Infinity),
    grew: same ? (reading.partial ? null : node.grew) : grownIn(node, reading, now),
    wasOpen: isOpen(reading) ? reading.incarnation : same || sameAddress(reading.upstream ?? nowhere, nowhere) ? node.wasOpen : null,
    // A copy replaces what it took before it was told to take that.
    openIn: forced !== null && sentAt <= forced.at ? null : openIn(node, reading, now),
  }
}

function isOpen({ role, guard }: Reading): boolean {
  return role === 'primary' && guard !== closedGuard
}

function grownIn({ reading: last, askedAt }: NodeView, reading: Reading, now: Instant): Span | null {
  return last !== null && (offsetOf(reading) ?? 0) > (offsetOf(last) ?? Infinity) ? { from: askedAt, to: now } : null
}

/** From the question before it was first read so, to the first answer that says something else. */
function openIn(node: NodeView, reading: Reading, now: Instant): NodeView['openIn'] {
  const history = isOpen(reading) ? nameOf(reading) : null
  if (history !== null) return { history, from: node.openIn?.history === history ? node.openIn.from : node.askedAt, to: now }
  return node.openIn !== null && node.reading !== null && isOpen(node.reading) ? { ...node.openIn, to: now } : node.openIn
}

function movedSince(node: NodeView, last: Reading, reading: Reading, now: Instant): Instant | null {
  const { upstream } = reading
  // Not when we told it to leave whom it followed, since it was read as a replica.
  const atOurWord = (node.left.at(-1)?.at ?? -Infinity) >= node.askedAt
  if (upstream === null) return last.role === 'replica' && !atOurWord ? now : node.movedSince
  if (last.upstream === null || sameAddress(upstream, nowhere)) return null
  if (sameAddress(last.upstream, upstream)) return node.movedSince
  return ledByUs(node, upstream) ? null : now
}

/** By what its file says, by force, which is in no file before the copy ended, or by what it is being told: its effect may be read before the reply. */
function ledByUs({ persisted, forced, acting: told }: NodeView, upstream: Address): boolean {
  const to = told?.action.name === 'follow' || told?.action.name === 'demote' ? told.action.target : null
  return [persisted?.target, forced?.to, to].some((target) => target != null && sameAddress(target, upstream))
}

/** The probing connection ended by itself: something happened, ask again. No verdict by itself. */
export function disconnected(node: NodeView, now: Instant): NodeView {
  return { ...node, failure: node.failure ?? { kind: 'closed' }, failingSince: node.failingSince ?? now }
}

/** Our own process stood still for so long: that is no silence. What was watched of it before still counts. */
export function stalled(node: NodeView, ms: number, now: Instant): NodeView {
  return { ...heardLater(node, ms, now), stoodMs: node.stoodMs + ms, stoodSinceRiseMs: node.stoodSinceRiseMs + ms }
}

function heardLater(node: NodeView, ms: number, now: Instant): NodeView {
  if (refused(node)) return node
  const later = (at: Instant | null): Instant | null => (at === null ? null : Math.min(now, at + ms))
  return { ...node, heardAt: later(node.heardAt), firstAskedAt: later(node.firstAskedAt) }
}

const roleChanges: ReadonlySet<Action['name']> = new Set(['promote', 'demote', 'follow', 'fence', 'release'])

/** It was told to change its role and has not answered yet. Nothing else that it is told holds it up: a pause of its writes does not. */
export function isChangingRole({ acting }: NodeView): boolean {
  return acting !== null && roleChanges.has(acting.action.name)
}

/** What it does at our word keeps it from answering: no silence at all. */
export function excused(node: NodeView, now: Instant): NodeView {
  return heardLater(node, Infinity, now)
}

/** Whom it leaves by that: by what it said before, since the effect may be read before the reply. Whoever follows nowhere has left already. */
function leaving(node: NodeView, { action, since }: Acting): NodeView['left'] {
  const from = node.reading?.upstream ?? null
  if (!['fence', 'promote'].includes(action.name) || (from !== null && sameAddress(from, nowhere))) return node.left
  return [...node.left.filter(({ at }) => since - at < leftKeptMs), { from, at: since }]
}

export function acting(node: NodeView, started: Acting): NodeView {
  const proof = started.action.name === 'proveLink' ? { since: started.since, done: null } : node.proof
  return { ...node, acting: started, proof, left: leaving(node, started) }
}

/** Whose writes wait at our word once this action ended so. */
function pausedBy(node: NodeView, action: Action, result: ActionResult): NodeView['paused'] {
  if (action.name === 'pauseWrites') return result.ok || hasUnknownEnd(result) ? (node.reading?.incarnation ?? null) : node.paused
  const resumes = action.name === 'resumeWrites' || (action.name === 'demote' && action.resumeWrites)
  return resumes && result.ok ? null : node.paused
}

/** A replica that was to leave its primary and did not was not fenced, though it was closed. */
function whatCameOfIt(node: NodeView, result: ActionResult): ActionResult {
  if (!result.ok || !result.stays || node.reading?.role !== 'replica') return result
  return { ok: false, code: hasReplicas, message: result.note ?? 'it has replicas of its own' }
}

/** Takes in the end of the action that was under way. Belief in its effect comes from the next probe, except for the file, which no probe shows. */
export function acted(node: NodeView, reply: ActionResult, now: Instant): NodeView {
  const done = node.acting
  if (done === null) return node
  const result = whatCameOfIt(node, reply)
  // A node that may not be asked for its connections is not worse off than one of a first controller; the warning stays.
  const cleared =
    node.cleared || (done.action.name === 'cutOlder' && (result.ok || result.code !== 'SILENT' || troubleOf(node, 'cutOlder') !== null))
  const left = node.left.map((one) => (one.at === done.since ? { ...one, at: now } : one))
  const next: NodeView = { ...node, acting: null, actedAt: now, cleared, left, paused: pausedBy(node, done.action, result) }
  if (!result.ok) {
    const times = (troubleOf(node, done.action.name)?.times ?? 0) + 1
    // The connection led to a process that is gone, for all anybody knows; a fence may be given twice, and each moment without one counts.
    const isLost = times === 1 && done.action.name === 'fence' && result.code === 'CLOSED'
    const retryAt = isLost ? now : now + Math.min(actionRetryMaxMs, actionRetryMs * 2 ** Math.min(times - 1, 10))
    const proof = done.action.name === 'proveLink' ? null : next.proof
    return {
      ...next,
      proof,
      persisted: persistedAfter(node, done.action, result),
      troubles: withTrouble(node, { action: done.action.name, code: result.code, message: result.message, times, retryAt }),
    }
  }
  // What its file says then is not known.
  if (done.queued) return { ...next, persisted: null }
  const proof = done.action.name === 'proveLink' ? { since: done.since, done: now } : node.proof
  const forced = forcedBy(done.action, now)
  const written = node.reading === null ? null : persistedAs(done.action, node.reading)
  const unwritten = { action: done.action.name, code: notPersisted, message: result.note ?? 'the file could not be written', times: 1 }
  return {
    ...next,
    troubles: result.persisted
      ? leftTroubles(node, done.action, written !== null)
      : withTrouble(node, { ...unwritten, retryAt: now + (waitsForFile.has(done.action.name) ? persistRetryMs : 0) }),
    proof,
    forced: forced === undefined ? node.forced : forced,
    openIn: forced ? null : node.openIn,
    grew: forced ? null : node.grew,
    persisted: persistedAfter(node, done.action, result),
    persistProblem: written === null && done.action.name !== 'persist' ? node.persistProblem : result.persisted ? null : unwritten.message,
  }
}

/** What is done for the file's sake, and a fence, which nothing need show, are not done again at once. A role that was given may be given again whenever it is wanted. */
const waitsForFile: ReadonlySet<Action['name']> = new Set(['persist', 'bootFence', 'fence'])

/** What an action was refused for is not mended by another one's success, but a file that was written is a file that can be written. */
function leftTroubles(node: NodeView, done: Action, wroteRole: boolean): readonly Trouble[] {
  const wrote = wroteRole || done.name === 'persist'
  return node.troubles.filter((trouble) => trouble.action !== done.name && !(wrote && trouble.code === notPersisted))
}

function withTrouble(node: NodeView, trouble: Trouble): readonly Trouble[] {
  return [...node.troubles.filter((other) => other.action !== trouble.action), trouble]
}

// ------------------------------------------------------------------------------------------ questions

/** What this action was refused for, until it or what it needs succeeds. */
export function troubleOf(node: NodeView, action: Action['name']): Trouble | null {
  return node.troubles.find((trouble) => trouble.action === action) ?? null
}

/** It said no to this action lately: not again before its time. */
export function refuses(node: NodeView, action: Action['name'], now: Instant): boolean {
  return (troubleOf(node, action)?.retryAt ?? now) > now && !(action === 'fence' && openedSince(node))
}

/**
 * The fence itself was done, only the file does not say so; since then the node was opened, and it is to be closed like any other.
 * Not so without a guard that can be read: nobody sees then whether it is open.
 */
export function openedSince({ troubles, reading }: NodeView): boolean {
  const closed = troubles.some((trouble) => trouble.action === 'fence' && trouble.code === notPersisted)
  return closed && reading?.role === 'primary' && reading.guard !== null && reading.guard !== closedGuard
}

/** Its latest probe gave a reading. */
export function answers(node: NodeView): node is NodeView & { readonly reading: Reading } {
  return node.reading !== null && node.failure === null
}

/** Answers, and the reading was asked for after `since` and after our last action on it ended. */
export function freshSince(node: NodeView, since: Instant): node is NodeView & { readonly reading: Reading } {
  return answers(node) && node.askedAt >= since && node.acting === null && (node.actedAt === null || node.askedAt >= node.actedAt)
}

/** Since when nothing was heard from it; null when it was never asked. */
export function quietSince(node: NodeView): Instant | null {
  return node.heardAt ?? node.firstAskedAt
}

/** Nothing listens at its address: its host answered, it did not. */
export function refused(node: NodeView): boolean {
  return node.failure?.kind === 'refused' && node.failure.standing !== true
}

/** Says nothing on a connection that stands, whatever becomes of new ones: it may be frozen, and wake. */
export function mute(node: NodeView): boolean {
  return node.failure?.kind === 'silent' || (node.failure?.kind === 'refused' && node.failure.standing === true)
}

/** No word of any kind for `silentAfterMs`. */
export function silent(node: NodeView, now: Instant, silentAfterMs: number): boolean {
  const since = quietSince(node)
  return node.failure !== null && node.failure.kind !== 'answered' && since !== null && now - since >= silentAfterMs
}

export function unheard(node: NodeView): boolean {
  return node.reading === null && node.failure === null
}

export function follows(node: NodeView, upstream: NodeSpec): boolean {
  return node.reading?.upstream !== null && node.reading?.upstream !== undefined && sameAddress(node.reading.upstream, upstream)
}
