// When a node is asked next. Pure: the group keeps the instants, this says how far apart they are.
import { steadyUrgentProbeMs, urgentForMs, urgentProbeMs } from '../core/limits.ts'
import type { Instant, Policy } from '../core/model.ts'
import { type NodeView, refused } from '../core/observe.ts'

/** After this long a hold is a state, not an emergency. */
const emergencyMs = 10_000
/** A node that answers nothing is asked again this much later, spread, so that many dead nodes do not knock at once. */
const spreads = 7

/**
 * Milliseconds between two questions to a node.
 * `unsettledSince`: when something last began to be wrong or to change; null when all is settled.
 */
export function probeGap(policy: Policy, node: NodeView, unsettledSince: Instant | null, now: Instant): number {
  const calm = refused(node) ? Math.min(policy.retryDownMs, policy.probeEveryMs) : policy.probeEveryMs
  if (unsettledSince === null) return calm
  const since = now - unsettledSince
  if (since < urgentForMs) return urgentProbeMs
  if (since < emergencyMs) return Math.min(calm, steadyUrgentProbeMs)
  return calm
}

/** A fixed share of the gap per node, so that a thousand groups are not asked in one burst. In [0, 1). */
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
