// An operator's command to a group: what it would do now, or why it cannot.
import { caseOf } from '../core/decide.ts'
import { electByOrder } from '../core/elect.ts'
import { lossOf } from '../core/loss.ts'
import { type Said, inEnglish, say, worded } from '../core/said.ts'
import type { Situation } from '../core/situation.ts'
import { planSwitchover } from '../core/switchoverPlan.ts'
import type { Epoch, NodeId } from '../core/model.ts'
import type { Command, CommandAnswer } from '../ports.ts'

/** Says what the command leads to from here, and to whom. Changes nothing. */
export function answerTo(s: Situation, command: Command): CommandAnswer {
  const { to } = command
  if (to !== null && !s.nodes.has(to)) {
    return { ok: false, code: 'UNKNOWN_NODE', ...worded(say('command.noNode', { group: s.spec.id, node: to, nodes: [...s.nodes.keys()] })) }
  }
  const epoch = (s.record?.epoch ?? 0) + 1
  if (command.name === 'failover') {
    const choice = electByOrder(s, to)
    if (choice.kind !== 'candidate')
      return { ok: false, code: choice.rule === 'elect.orderEmpty' ? 'WOULD_LOSE_DATA' : 'NOT_NOW', ...worded(choice.said) }
    return {
      ok: true,
      epoch,
      candidate: choice.node,
      ...worded(choice.said),
      ...stepsOf(failoverSteps(s, choice.node, epoch)),
      ...lossOf(choice.risk),
    }
  }
  const c = caseOf(s)
  if (c === null) return { ok: false, code: 'NOT_NOW', ...worded(say('command.noPrimary')) }
  const plan = planSwitchover(c, to)
  if (!plan.ok) return { ok: false, code: 'NOT_NOW', ...worded(plan.said) }
  return {
    ok: true,
    epoch,
    candidate: plan.node,
    ...worded(say('command.switchover', { from: c.record.primary, to: plan.node })),
    ...stepsOf(switchoverSteps(s, c.record.primary, plan.node, epoch)),
    ...lossOf(null),
  }
}

function stepsOf(said: readonly Said[]): { readonly steps: readonly string[]; readonly stepsSaid: readonly Said[] } {
  return { steps: said.map(inEnglish), stepsSaid: said }
}

function switchoverSteps(s: Situation, from: NodeId, to: NodeId, epoch: Epoch): readonly Said[] {
  return [
    say('step.writesWait', { from, to, ms: s.policy.switchoverDeadlineMs }),
    say('step.becomesReplica', { from, to }),
    ...promoted(s, to, epoch, [from]),
  ]
}

function failoverSteps(s: Situation, to: NodeId, epoch: Epoch): readonly Said[] {
  const others = s.nodes.size === 1 ? [] : [say('step.othersClosed')]
  return [...others, ...promoted(s, to, epoch, [])]
}

/** `settled`: who follows already. */
function promoted(s: Situation, to: NodeId, epoch: Epoch, settled: readonly NodeId[]): readonly Said[] {
  const others = [...s.nodes.keys()].filter((id) => id !== to && !settled.includes(id))
  return [say('step.promoted', { to, epoch }), ...(others.length === 0 ? [] : [say('step.follow', { nodes: others, to })])]
}
