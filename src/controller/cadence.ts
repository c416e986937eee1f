// When a node is asked next. Pure: the group keeps the instants, this says how far apart they are.
import { loadEveryMs, steadyUrgentProbeMs, turnStepMs, urgentProbeMs, urgentShare } from '../core/limits.ts'
import type { Instant, Policy } from '../core/model.ts'
import { type NodeView, refused } from '../core/observe.ts'

/** After this long a hold is a state, not an emergency. */
const emergencyMs = 3_000
/** A node that answers nothing is asked again this much later, spread, so that many dead nodes do not knock at once. */
const spreads = 7
/** Where in a gap a group has its turn: one of so many places, a step apart. Together they last a minute, and no gap is longer. */
const places = 1_500

/**
 * Milliseconds between two questions to a node. `stirredAt`: when something was last seen to change while something is wrong or changing;
 * null when all is settled. `hurryEveryMs`: what this process can do for all that are asked in a hurry.
 */
export function probeGap(policy: Policy, node: NodeView, stirredAt: Instant | null, hurryEveryMs: number, now: Instant): number {
  const calm = refused(node) ? Math.min(policy.retryDownMs, policy.probeEveryMs) : policy.probeEveryMs
  if (stirredAt === null || !isHurried(stirredAt, now)) return calm
  const gap = Math.min(steadyUrgentProbeMs, (now - stirredAt) * urgentShare)
  return Math.min(calm, Math.max(urgentProbeMs, gap, hurryEveryMs))
}

/** Something is wrong or changing, and not for so long that it became a state. */
export function isHurried(stirredAt: Instant | null, now: Instant): boolean {
  return stirredAt !== null && now - stirredAt < emergencyMs
}

/**
 * The next turn of a group, later than `now`: one in each gap, at its own phase, so that what a thousand groups do stays spread over the gap.
 * Turns come in steps of `turnStepMs`; those of one gap fall on those of a gap that divides it.
 */
export function turnAfter(now: Instant, gap: number, phase: number): Instant {
  const first = Math.round(phase * places) * turnStepMs
  const turn = first + (Math.floor((now - first) / gap) + 1) * gap
  return turn > now ? turn : turn + gap
}

/** A group's own place among all. In [0, 1). */
export function phaseOf(text: string): number {
  let hash = 2166136261
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619)
  return ((hash >>> 0) % places) / places
}

/** How long one question may stay unanswered before another connection is tried. Half the silence, so that one lost answer is no verdict. */
export function probeTimeout(policy: Policy): number {
  return policy.silentAfterMs / 2
}

/** Retries of a dead node, spread by the number of the attempt. */
export function spread(gap: number, attempt: number): number {
  return gap * (1 - (attempt % spreads) / (spreads * 4))
}

/** Whether a probe also asks what is only for people: seldom, and never of a node in doubt. */
export function asksLoad(node: NodeView, now: Instant): boolean {
  return node.failure === null && (node.loadAt === null || now - node.loadAt >= loadEveryMs)
}
