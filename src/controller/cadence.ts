// When a node is asked next. Pure: the group keeps the instants, this says how far apart they are.
import { loadEveryMs, steadyUrgentProbeMs, turnStepMs, urgentProbeMs, urgentShare } from '../core/limits.ts'
import type { Instant, Policy } from '../core/model.ts'
import { type NodeView, refused } from '../core/observe.ts'

/** After this long a hold is a state, not an emergency. */
const emergencyMs = 3_000
/** A node that answers nothing is asked again this much later, spread, so that many dead nodes do not knock at once. */
const spreads = 7

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
 * The next turn of a node, later than `now`: one in each gap, at its own phase, so that questions stay spread over the gap. Turns come in
 * steps of `turnStepMs`.
 */
export function turnAfter(now: Instant, gap: number, phase: number): Instant {
  const steps = Math.max(1, Math.floor(gap / turnStepMs))
  const place = Math.floor(phase * steps) / steps
  const turn = (Math.floor(now / gap - place) + 1 + place) * gap
  return turn > now ? turn : turn + gap
}

/** A node's own share of the gap. In [0, 1). */
export function phaseOf(text: string): number {
  let hash = 2166136261
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619)
  return ((hash >>> 0) % 1000) / 1000
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
