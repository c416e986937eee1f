// An operator's command to a group: what it would do now, or why it cannot.
import { caseOf } from '../core/decide.ts'
import { electByOrder } from '../core/elect.ts'
import type { Situation } from '../core/situation.ts'
import { planSwitchover } from '../core/switchoverPlan.ts'
import type { Epoch, NodeId } from '../core/model.ts'
import type { Command, CommandAnswer } from '../ports.ts'

/** Says what the command leads to from here, and to whom. Changes nothing. */
export function answerTo(s: Situation, command: Command): CommandAnswer {
  const { to } = command
  if (to !== null && !s.nodes.has(to)) {
    return { ok: false, code: 'UNKNOWN_NODE', sentence: `group ${s.spec.id} has no node ${to}; it has ${[...s.nodes.keys()].join(', ')}` }
  }
  const epoch = (s.record?.epoch ?? 0) + 1
  if (command.name === 'failover') {
    const choice = electByOrder(s, to)
    if (choice.kind !== 'candidate')
      return { ok: false, code: choice.rule === 'elect.orderEmpty' ? 'WOULD_LOSE_DATA' : 'NOT_NOW', sentence: choice.sentence }
    return {
      ok: true,
      epoch,
      candidate: choice.node,
      sentence: choice.loss === null ? choice.sentence : `${choice.sentence}. ${choice.loss}`,
      steps: failoverSteps(s, choice.node, epoch),
      loss: choice.loss,
    }
  }
  const c = caseOf(s)
  if (c === null)
    return { ok: false, code: 'NOT_NOW', sentence: 'the group has no recorded primary yet; `regroup explain` says what it waits for' }
  const plan = planSwitchover(c, to)
  if (!plan.ok) return { ok: false, code: 'NOT_NOW', sentence: plan.sentence }
  return {
    ok: true,
    epoch,
    candidate: plan.node,
    sentence: `switch over from ${c.record.primary} to ${plan.node}; writes pause for a moment, nothing is lost`,
    steps: switchoverSteps(s, c.record.primary, plan.node, epoch),
    loss: null,
  }
}

function switchoverSteps(s: Situation, from: NodeId, to: NodeId, epoch: Epoch): readonly string[] {
  return [
    `writes to ${from} wait until ${to} has everything; after ${s.policy.switchoverDeadlineMs} ms it is given up and ${from} stays`,
    `${from} becomes a replica of ${to}`,
    ...promoted(s, to, epoch, [from]),
  ]
}

function failoverSteps(s: Situation, to: NodeId, epoch: Epoch): readonly string[] {
  const others = s.nodes.size === 1 ? [] : ['every other node that answers is closed to writes']
  return [...others, ...promoted(s, to, epoch, [])]
}

/** `settled`: who follows already. */
function promoted(s: Situation, to: NodeId, epoch: Epoch, settled: readonly NodeId[]): readonly string[] {
  const others = [...s.nodes.keys()].filter((id) => id !== to && !settled.includes(id))
  return [
    `${to} is promoted at epoch ${epoch}, takes writes, and clients are told`,
    ...(others.length === 0
      ? []
      : [`${others.join(', ')} ${others.length === 1 ? 'follows' : 'follow'} ${to}; what they hold beyond it is discarded`]),
  ]
}
