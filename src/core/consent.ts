// What must be so before another node may take over from a primary that may still run, or that nobody saw stop.
import { flapping } from './diagnose.ts'
import { claimMs, flapSilenceFactor, proveWithinMs } from './limits.ts'
import type { GroupRecord, Instant, NodeId } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers, freshSince, refused } from './observe.ts'
import { holdsAsMember } from './order.ts'
import { type Said, say } from './said.ts'
import { type Situation, nodeOf, others } from './situation.ts'

/**
 * How long the primary had not been read when it was lost. A silent one that is then seen to be gone lived until then for all anybody knows;
 * a guarded one that is silent still may take writes with a replica that is away, so only what an election itself waits is left out.
 */
function unseenMs(s: Situation): number {
  const { watched, lostAt, goneAt } = s.memory
  if (watched === null || s.record === null || watched.reading.incarnation !== s.record.incarnation) return Infinity
  if (goneAt !== null || lostAt === null) return (goneAt ?? s.now) - watched.at
  const waitedMs = s.policy.betterCandidateMs + s.policy.silentAfterMs
  const until = lastingGuard(s.record) > 0 ? Math.max(lostAt, s.now - waitedMs) : lostAt
  return until - watched.at
}

/** A question that leaves so long before the silence begins is still the last one: the next may leave, and be missed, a whole period later. */
function betweenMs(s: Situation): number {
  return Math.max(1000, 2 * s.policy.probeEveryMs)
}

/** This process saw the primary well until shortly before it was lost, so the in-sync set is no older than that. */
export function deathWatched(s: Situation): boolean {
  const silenceMs = s.policy.silentAfterMs * (flapping(s) ? flapSilenceFactor : 1)
  return unseenMs(s) <= Math.max(silenceMs, testedMs(s, silenceMs)) + betweenMs(s) + ownPausesMs(s)
}

/**
 * How long it may take to know that it is lost when it was read until just before it failed. A refusal is seen at once, and while a replica claims a link
 * that is tested first. What was on its way to a replica when it died may make that one's position rise, which speaks for it for a silence more. Where no
 * link can be tested a replica is asked when the silence is over, and may be far away. None is a reason to wait for a person.
 */
function testedMs(s: Situation, silenceMs: number): number {
  const { record } = s
  const { watched } = s.memory
  const primary = record === null ? undefined : s.nodes.get(record.primary)
  const failingSince = primary?.failingSince ?? Infinity
  if (primary === undefined || watched === null || failingSince - watched.at > betweenMs(s)) return 0
  if (refused(primary)) return claimMs + proveWithinMs
  const { silentAfterMs } = s.policy
  const rose = others(s, primary.spec.id).some((node) => (node.advancedAfter ?? -Infinity) >= failingSince)
  if (rose) return silenceMs + silentAfterMs * 1.5
  return s.can.canProveLink ? 0 : silenceMs + silentAfterMs / 2
}

/** A starved process watches in pieces: between them the primary was asked and said nothing. No longer than silence may ever last. */
function ownPausesMs(s: Situation): number {
  return Math.min(s.memory.stoodStillMs, s.policy.silentAfterMs * (flapSilenceFactor - 1))
}

/** Nobody waited longer than silence may last: what the primary took after it was last read is what asynchronous replication may lose. */
export function watchedClosely(s: Situation): boolean {
  return unseenMs(s) <= s.policy.silentAfterMs + betweenMs(s)
}

/** Replicas in the spec plus strangers that were attached to the primary. */
function replicaCount(s: Situation): number {
  const strangers = s.memory.watched?.reading.replicas.filter((r) => ![...s.nodes.values()].some((node) => sameAddress(r, node.spec))) ?? []
  return s.nodes.size - 1 + strangers.length
}

/** A guard that a restart does not shed: without the boot fence a primary that nobody sees restart comes back open and unguarded. */
function lastingGuard(record: GroupRecord): number {
  return record.fenced ? record.guard : 0
}

export type Consent = { readonly ok: true; readonly risk: Said | null } | { readonly ok: false; readonly rule: string; readonly said: Said }

/**
 * May a silent primary be replaced? It may still run; what it can accept after its replicas were taken away is bounded by the guard.
 * Source: docs/protocol.md, eligible 8.
 */
export function consentToSilence(s: Situation, record: GroupRecord, since: Instant): Consent {
  const replicas = others(s, record.primary)
  const taken = replicas.filter((node) => freshSince(node, since) || refused(node))
  const unlisted = replicas.filter((node) => !taken.includes(node) && s.memory.watched !== null && !listed(s, node))
  const count = replicaCount(s)
  const guard = lastingGuard(record)
  const need = count - guard + 1
  const { acceptSplitRisk } = s.policy
  if (guard > 0 && taken.length >= need) {
    const back = taken.filter((node) => mayComeBack(node) !== null)
    return { ok: true, risk: taken.length - back.length >= need ? null : comingBack(record.primary, back) }
  }
  const missing = replicas.filter((node) => !taken.includes(node) && !unlisted.includes(node)).map((node) => node.spec.id)
  const enough = taken.length + unlisted.length >= Math.min(count, need)
  if (acceptSplitRisk === 'always' || (acceptSplitRisk === 'auto' && enough)) {
    return { ok: true, risk: say('loss.clinging', { primary: record.primary }) }
  }
  return {
    ok: false,
    rule: 'elect.splitRisk',
    said: say('elect.splitRisk', { primary: record.primary, nodes: missing, group: s.spec.id }),
  }
}

/** Why a restart would lead it back to the primary from which it is taken away; null when its file will say otherwise. */
function mayComeBack(view: NodeView): Said | null {
  const node = view.spec.id
  // What is down was not told to leave it: its own file still leads it there.
  if (refused(view)) return say('loss.down', { node })
  return view.persistProblem === null ? null : say('loss.noFile', { node })
}

function comingBack(primary: NodeId, nodes: readonly NodeView[]): Said {
  return say('loss.back', { why: nodes.flatMap((node) => mayComeBack(node) ?? []), primary })
}

/**
 * What the promotion itself showed: the new primary's own file may lead it back to the one that it replaces, which would copy its data over it, and
 * whose guard would be content then. A dead one is closed when it starts, if its own file says so, and feeds nobody.
 */
export function ledBack(record: GroupRecord, candidate: NodeView): Said | null {
  if (record.phase !== 'failover' || candidate.persistProblem === null || candidate.spec.id === record.primary) return null
  const mayFeed = record.cause === 'silent' || (record.cause === 'dead' && !record.fenced)
  return mayFeed ? say('loss.ownFile', { node: candidate.spec.id, primary: record.primary }) : null
}

function listed(s: Situation, node: NodeView): boolean {
  return s.memory.watched?.reading.replicas.some((r) => r.online && sameAddress(r, node.spec)) ?? false
}

/** May an in-sync replica be trusted although nobody saw the primary die? Source: docs/protocol.md, eligible 9. */
export function consentToUnwatched(s: Situation, record: GroupRecord, since: Instant): Consent {
  const replicas = others(s, record.primary).filter((node) => freshSince(node, since) && holdsAsMember(record, node))
  const guard = lastingGuard(record)
  const need = replicaCount(s) - guard + 1
  if (watchedClosely(s)) return { ok: true, risk: null }
  if (guard > 0 && replicas.length >= need) return { ok: true, risk: null }
  const { primary: id } = record
  // Silence had to last longer, after too many failovers, or we stood still in between: more may have been taken unseen.
  if (deathWatched(s)) return { ok: true, risk: say('loss.silentBefore', { primary: id }) }
  if (s.policy.acceptStaleRisk) return { ok: true, risk: say('loss.unwatched', { primary: id }) }
  return {
    ok: false,
    rule: 'elect.unwatched',
    said: say(answers(nodeOf(s, id)) ? 'elect.unwatchedBack' : 'elect.unwatched', { primary: id, group: s.spec.id }),
  }
}
