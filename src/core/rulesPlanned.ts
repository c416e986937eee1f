// Planned moves of the primary that nobody has to be there for: what an operator asked for stands in the spec, and the record follows when it is safe.
import { plannedRetryMs } from './limits.ts'
import type { Evidence, NodeId } from './model.ts'
import { type Case, type Rule, type Step, hold, save } from './rule.ts'
import { inMaintenance, paused } from './situation.ts'
import { switchover } from './draft.ts'
import { type SwitchoverPlan, planSwitchover } from './switchoverPlan.ts'

/** The intent of a planned switchover, or why it cannot begin. */
export function beginSwitchover(c: Case, to: NodeId | null, why: string): Step {
  const plan = planSwitchover(c, to)
  return plan.ok ? begin(c, plan, why) : hold(`${why}; ${plan.sentence}`, c.verdict.evidence)
}

function begin(c: Case, plan: Extract<SwitchoverPlan, { ok: true }>, why: string, evidence: Evidence = {}): Step {
  return save(`${why}; switch over to ${plan.node}`, switchover(c.s, c.record, plan.node, plan.reading), {
    ...c.verdict.evidence,
    ...evidence,
    candidate: plan.node,
  })
}

/** Nobody waits for these: not in a pause, and not again right after one was given up, since each try holds up the writes. */
function mayMove(c: Case): boolean {
  const { abortedAt } = c.s.memory
  return !paused(c.s) && (abortedAt === null || c.s.now - abortedAt >= plannedRetryMs)
}

/** Whom the primary hands over to because it is in maintenance; null when it is not, or nobody can take over. */
function successor(c: Case): Extract<SwitchoverPlan, { ok: true }> | null {
  if (!inMaintenance(c.s, c.primary) || !mayMove(c)) return null
  const plan = planSwitchover(c, null)
  return plan.ok ? plan : null
}

export const plannedRules: readonly Rule<Case>[] = [
  {
    id: 'steady.maintenance',
    why: 'the primary is going to be worked on: it hands over first, nothing is lost then',
    gives: 'save -> switchover',
    when: (c) => successor(c) !== null,
    then: (c) => {
      const plan = successor(c)
      return plan === null ? hold('nobody can take over') : begin(c, plan, `${c.primary.spec.id} is in maintenance`)
    },
  },
]
