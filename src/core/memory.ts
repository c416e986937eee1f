// What a group remembers beside its record and its nodes. Lost with the process; nothing here is needed to be safe, only to be quick.
import { lost, type Verdict } from './diagnose.ts'
import { hasUnknownEnd } from './fileRole.ts'
import { askedAnewMs, saveRetryMaxMs, saveRetryMs } from './limits.ts'
import type { Action, ActionResult } from './action.ts'
import type { Epoch, GroupRecord, Instant, NodeId, Reading } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers, follows, freshSince } from './observe.ts'

/** What a replica must acknowledge over the link between these two processes. Another history has other offsets, though the processes are the same. */
interface Target {
  readonly replica: string
  readonly primary: string
  readonly replid: string
  readonly offset: number
}

/** What a group remembers beside its nodes. */
export interface Memory {
  /** When the record that is now in force was read or its save confirmed. */
  readonly recordAt: Instant
  /** Since when this process knows the recorded process as the primary; silence clocks start no earlier. */
  readonly namedAt: Instant
  /** When this process read the record for the first time: what was observed before proves nothing to it. */
  readonly loadedAt: Instant
  /** The failover in which this process told the candidate to promote itself: from then on it is finished, not taken back. */
  readonly promotedIn: Epoch | null
  /** When a switchover was last given up; a hung primary is then replaced by force. */
  readonly abortedAt: Instant | null
  /** When the primary was first found lost since it was last alive; waits for better candidates count from here. */
  readonly lostAt: Instant | null
  /** When its end was first proven, by more than silence, since it was last known to live: until then it may have taken writes. */
  readonly goneAt: Instant | null
  /**
   * The last reading of the recorded primary's process as a primary: whom it listed, how far it was. Outlives its successor's readings.
   * `at`: when it was asked for. An answer that was long on its way says what was so then, and nothing about now.
   */
  readonly watched: { readonly reading: Reading; readonly at: Instant } | null
  /** So long this process stood still, in pauses no longer than silence may last, since `watched` was read. */
  readonly stoodStillMs: number
  /** We stood still until just now: before this instant nothing is concluded from silence. */
  readonly judgesFrom: Instant
  /** When the primary confirmed the write pause of that switchover. */
  readonly writesPausedAt: Instant | null
  /** When the primary was last told to let its writes go on. */
  readonly writesResumedAt: Instant | null
  /**
   * A write pause whose outcome nobody learned may take effect at any time. `lifted`: an unanswered write was put down to it once; cleared
   * to `open` by the next write that is answered.
   */
  readonly pauseInDoubt: 'open' | 'lifted' | null
  /** The primary's process that was told guard, lag limit and ping period by this process. */
  readonly tuned: string | null
  /** The canary on the primary. `problem` says why its last write failed. */
  readonly canary: {
    readonly seq: number
    readonly dueAt: Instant
    /** `unheard`: since it left, a question to the primary was not answered either. */
    readonly inFlight: { readonly id: number; readonly since: Instant; readonly unheard?: true } | null
    readonly problem: string | null
    /** No connection was known to reach the process that was read: only an answer to a question that leaves after this proves one. */
    readonly unprovenAt: Instant | null
  }
  /** Per replica: the primary's offset that it must acknowledge before it counts as in sync (protocol: the in-sync set, M9). */
  readonly targets: ReadonlyMap<NodeId, Target>
  /** Since when this process knows each member of the in-sync set as one, without a break. */
  readonly inSyncSince: ReadonlyMap<NodeId, { readonly incarnation: string; readonly at: Instant }>
  /** Most hosts fell silent at once: no verdict by silence. */
  readonly frozen: { readonly silentHosts: number; readonly hosts: number } | null
  /** A forced failover an operator asked for, until it was decided. */
  readonly order: Order | null
  /** The store could not take the last decision, so often in a row; not again before its time. */
  readonly unsaved: { readonly times: number; readonly message: string; readonly retryAt: Instant } | null
}

export interface Order {
  readonly name: 'switchover' | 'failover'
  readonly to: NodeId | null
  readonly by: string
}

export function newMemory(now: Instant): Memory {
  return {
    recordAt: now,
    namedAt: now,
    loadedAt: now,
    promotedIn: null,
    abortedAt: null,
    lostAt: null,
    goneAt: null,
    watched: null,
    stoodStillMs: 0,
    judgesFrom: -Infinity,
    writesPausedAt: null,
    writesResumedAt: null,
    pauseInDoubt: null,
    tuned: null,
    canary: { seq: 0, dueAt: now, inFlight: null, problem: null, unprovenAt: null },
    targets: new Map(),
    inSyncSince: new Map(),
    frozen: null,
    order: null,
    unsaved: null,
  }
}

/** The store answered. `problem`: it could not take the decision, and the group goes on watching and tries again; null: it could. */
export function settled(memory: Memory, problem: string | null, now: Instant): Memory {
  if (problem === null) return { ...memory, unsaved: null }
  const times = (memory.unsaved?.times ?? 0) + 1
  const retryAt = now + Math.min(saveRetryMaxMs, saveRetryMs * 2 ** Math.min(times - 1, 10))
  return { ...memory, unsaved: { times, message: problem, retryAt } }
}

/** Nothing has waited to be stored for longer than the longest wait between two tries: what failed then says nothing of now. */
export function nothingToStore(memory: Memory, now: Instant): Memory {
  const { unsaved } = memory
  return unsaved === null || now - unsaved.retryAt < saveRetryMaxMs ? memory : { ...memory, unsaved: null }
}

/** So many of all hosts say nothing. No verdict by silence while that is rather our own network (docs/protocol.md, A10). */
export function withSilentHosts(memory: Memory, silentHosts: number, hosts: number): Memory {
  const frozen = hosts >= 5 && silentHosts >= 2 && silentHosts * 2 > hosts
  if (!frozen && memory.frozen === null) return memory
  return { ...memory, frozen: frozen ? { silentHosts, hosts } : null }
}

type Nodes = ReadonlyMap<NodeId, NodeView>

/** A record is in force, with this in-sync set. */
export function withMembers(memory: Memory, inSync: GroupRecord['inSync'], now: Instant): Memory {
  const since = inSync.map(({ node, incarnation }) => {
    const known = memory.inSyncSince.get(node)
    return [node, known?.incarnation === incarnation ? known : { incarnation, at: now }] as const
  })
  return { ...memory, inSyncSince: new Map(since) }
}

/** Another record is in force. What was remembered of another primary, or of another attempt, goes. */
export function inForce(memory: Memory, before: GroupRecord | null, record: GroupRecord | null, nodes: Nodes, now: Instant): Memory {
  const same = before?.incarnation === record?.incarnation
  const steady = record?.phase === 'steady'
  // A fact that is kept while the primary is lost gives it nothing back: when it was lost, and seen to be gone, stays known.
  const isOver = steady && !(same && before?.phase === 'steady')
  const next: Memory = {
    ...memory,
    recordAt: now,
    namedAt: same ? memory.namedAt : now,
    lostAt: isOver ? null : memory.lostAt,
    goneAt: isOver ? null : memory.goneAt,
    watched: same ? memory.watched : null,
    targets: same ? memory.targets : new Map(),
    writesPausedAt: null,
    pauseInDoubt: same ? memory.pauseInDoubt : null,
    abortedAt: steady && before?.phase === 'switchover' && same ? now : memory.abortedAt,
    // The old primary's last write says nothing about the new one.
    canary: { ...memory.canary, problem: null, dueAt: now, inFlight: same ? memory.canary.inFlight : null },
  }
  return record === null || same ? next : watch(next, record, nodes)
}

/** The recorded primary gave a reading as a primary: remember it, and what each of its replicas must still acknowledge. */
export function watch(before: Memory, record: GroupRecord, nodes: Nodes): Memory {
  const memory = linkedStill(before, record, nodes)
  const primary = nodes.get(record.primary)
  if (primary !== undefined && primary.failure !== null && primary.failure.kind !== 'answered') return missedAnswer(memory)
  if (primary === undefined || !answers(primary) || primary.reading.role !== 'primary') return memory
  const { reading } = primary
  if (reading.incarnation !== record.incarnation || reading.position.kind !== 'stream') return memory
  const { offset, replid } = reading.position
  let { targets } = memory
  for (const node of nodes.values()) {
    const id = node.spec.id
    if (!isLinked(node, primary)) continue
    // The primary's offset counts only when it was read after the link was seen up (docs/protocol.md, M9).
    if (wasLinkedBy(node, primary.askedAt) && !isOverLink(targets.get(id), node.reading, reading))
      targets = new Map(targets).set(id, { replica: node.reading.incarnation, primary: reading.incarnation, replid, offset })
  }
  return { ...memory, watched: { reading, at: primary.askedAt }, stoodStillMs: 0, targets }
}

/**
 * A node was heard, or was not. Of a link that was seen down, or that nobody saw for a while, nothing counts: the next one may have begun with
 * another copy, whose first acknowledgement may be in vain (docs/protocol.md, M9).
 */
export function linkedStill(memory: Memory, record: GroupRecord, nodes: Nodes): Memory {
  const primary = nodes.get(record.primary)
  const linked = (id: NodeId): boolean => primary !== undefined && isLinked(nodes.get(id), primary)
  // Asked at every answer, and nearly always nothing was lost: then nothing is made anew.
  for (const id of memory.targets.keys())
    if (!linked(id)) return { ...memory, targets: new Map([...memory.targets].filter(([one]) => linked(one))) }
  return memory
}

function isLinked(node: NodeView | undefined, primary: NodeView): node is NodeView & { readonly reading: Reading } {
  return node !== undefined && answers(node) && follows(node, primary.spec) && node.reading.upstream?.linkUp === true
}

/**
 * It was heard by then that its link is up, by a question that left after our last action on it. An answer that was on its way then may tell of a
 * later instant, unless the one before it, which was heard when this was asked for, said the same.
 */
function wasLinkedBy(node: NodeView & { readonly reading: Reading }, then: Instant): boolean {
  const { askedAt, heardAt, before, reading } = node
  if (!freshSince(node, -Infinity)) return false
  if (heardAt !== null && heardAt <= then) return true
  if (askedAt > then || before === null || before.askedAt < (node.actedAt ?? -Infinity)) return false
  const [was, is] = [before.reading.upstream, reading.upstream]
  return was?.linkUp === true && is !== null && sameAddress(was, is)
}

/** What ends a replica's link, so that the next reading speaks of another. */
const unlinks: ReadonlySet<Action['name']> = new Set(['proveLink', 'follow', 'demote', 'fence', 'promote'])

/** An action on a node ended, however it did. */
export function told(before: Memory, { spec, reading }: NodeView, action: Action, result: ActionResult, now: Instant): Memory {
  const incarnation = reading?.incarnation ?? null
  const anew = unlinks.has(action.name) && before.targets.has(spec.id)
  const memory = anew ? { ...before, targets: new Map([...before.targets].filter(([id]) => id !== spec.id)) } : before
  if (!result.ok) {
    const maybe = action.name === 'pauseWrites' && hasUnknownEnd(result)
    return maybe ? { ...memory, pauseInDoubt: 'open' } : memory
  }
  // Whether it writes is looked at anew.
  if (action.name === 'open') return { ...memory, tuned: incarnation, canary: { ...memory.canary, problem: null, dueAt: now } }
  if (action.name === 'pauseWrites') return { ...memory, writesPausedAt: now }
  if (action.name !== 'resumeWrites') return memory
  const next: Memory = { ...memory, writesResumedAt: now }
  // What waited for a pause that came late says nothing: the next write shows whether the node writes.
  return memory.pauseInDoubt === 'open'
    ? { ...next, pauseInDoubt: 'lifted', canary: { ...memory.canary, dueAt: now, inFlight: null, problem: null } }
    : next
}

/** The primary did not answer a question: a mark that is under way may be lost on the same way. */
function missedAnswer(memory: Memory): Memory {
  const { inFlight } = memory.canary
  return inFlight === null || inFlight.unheard
    ? memory
    : { ...memory, canary: { ...memory.canary, inFlight: { ...inFlight, unheard: true } } }
}

/** The canary that was under way ended. `node`: to whom it was written. */
export function canaryEnded(memory: Memory, node: NodeView | undefined, result: ActionResult, now: Instant): Memory {
  // A write that nobody answers is a sign only beside questions that left after it, all of which this process answered: a node that could not be reached is not hung.
  const isOther = memory.watched !== null && node?.reading?.incarnation !== memory.watched.reading.incarnation
  const { inFlight } = memory.canary
  const missed = inFlight !== null && (inFlight.unheard === true || (node?.askedAt ?? -Infinity) <= inFlight.since)
  const unheard = !result.ok && result.code === 'SILENT' && (missed || (node !== undefined && (node.failure !== null || isOther)))
  const problem = result.ok || unheard || !['SILENT', 'MISCONF'].includes(result.code) ? null : `${result.code}: ${result.message}`
  // Nothing left: as soon as a connection is proven.
  if (!result.ok && result.code === 'NOT_PROVEN')
    return { ...memory, canary: { ...memory.canary, inFlight: null, dueAt: now, unprovenAt: now } }
  const pauseInDoubt = problem === null && !unheard && memory.pauseInDoubt === 'lifted' ? 'open' : memory.pauseInDoubt
  return { ...memory, pauseInDoubt, canary: { ...memory.canary, inFlight: null, problem } }
}

/** A replica that is linked to it, or its own word, whatever it says. */
const lives: readonly Verdict['kind'][] = ['alive', 'contested', 'unreadable']

/** By the verdict of now: since when the primary is lost, and known to be gone, and whether what its last mark showed is too old. */
export function judged(before: Memory, verdict: Verdict, now: Instant): Memory {
  const memory = isSilence(verdict) ? withoutTrouble(before, now) : before
  if (lives.includes(verdict.kind)) return memory.lostAt === null ? memory : { ...memory, lostAt: null, goneAt: null }
  if (!lost(verdict)) return memory
  const proven = verdict.kind !== 'silent' && memory.goneAt === null
  return memory.lostAt !== null && !proven ? memory : { ...memory, lostAt: memory.lostAt ?? now, goneAt: proven ? now : memory.goneAt }
}

/** Nothing was heard of it for as long as silence may last, whatever others know of it. */
function isSilence({ kind }: Verdict): boolean {
  return kind === 'silent' || kind === 'self-suspect' || kind === 'contested'
}

/** What a mark showed before is not known to be so still: as soon as the primary answers the next one tells. */
function withoutTrouble(memory: Memory, now: Instant): Memory {
  return memory.canary.problem === null ? memory : { ...memory, canary: { ...memory.canary, problem: null, dueAt: now } }
}

/**
 * Our own process stood still for so long. Its sockets were read before this; what is asked now must have its time before anything is concluded.
 * After a pause that was itself as long as a silence our whole machine may have been away: then there is time for another connection.
 */
export function stoodStill(memory: Memory, ms: number, silentAfterMs: number, now: Instant): Memory {
  const isLong = ms > silentAfterMs
  const judgesFrom = Math.max(memory.judgesFrom, now + (isLong ? silentAfterMs / 2 + askedAnewMs : askedAnewMs))
  return { ...memory, judgesFrom, stoodStillMs: memory.stoodStillMs + (isLong ? 0 : ms) }
}

/** The offset of the primary that a replica must acknowledge; null while it was not read since this link between these processes was seen up. */
export function targetOf(memory: Memory, id: NodeId, replica: Reading, primary: Reading): number | null {
  const target = memory.targets.get(id)
  return target !== undefined && isOverLink(target, replica, primary) ? target.offset : null
}

function isOverLink(target: Target | undefined, { incarnation }: Reading, { incarnation: primary, position }: Reading): target is Target {
  if (target?.replica !== incarnation || target.primary !== primary) return false
  return target.replid === (position.kind === 'stream' ? position.replid : '')
}
