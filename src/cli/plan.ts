// `regroup plan`: asks before somebody stops something, and says it in words.
import { Command } from 'commander'
import type { Outcome, Safety, StopPlan } from '../core/stopPlan.ts'
import { UserError } from '../errors.ts'
import { sessionOf } from './session.ts'
import { duration, safe } from './words.ts'
import type { Colour, Paint } from './words.ts'

/** As of a command that was refused: not as things are now. */
const notSafe = 3

interface PlanOptions {
  readonly ifDies?: string
  readonly stop?: string
}

export function planCommand(): Command {
  return new Command('plan')
    .description('what would happen if something died or were stopped now; exit code 0 only when that is safe as things are')
    .argument('<group>')
    .option('--if-dies <node>', 'it fails by itself: a node, or a host')
    .option('--stop <node>', 'somebody stops it: a node, "all", or a host with the nodes of every group there')
    .action(async (group: string, { ifDies, stop }: PlanOptions, command: Command) => {
      const session = sessionOf(command)
      if ((ifDies === undefined) === (stop === undefined)) throw new UserError('BAD_INPUT', 'say either --if-dies NODE or --stop NODE')
      const query = ifDies === undefined ? `stop=${encodeURIComponent(stop ?? '')}` : `ifDies=${encodeURIComponent(ifDies)}`
      const { plans } = await session.client.get<{ plans: StopPlan[] }>(`/api/v1/groups/${encodeURIComponent(group)}/plan?${query}`)
      session.show({ plans }, () => plans.map((plan) => planText(plan, session.paint)).join('\n'))
      if (plans.some((plan) => plan.safety !== 'safe')) process.exitCode = notSafe
    })
}

const safeties: Readonly<Record<Safety, readonly [string, Colour]>> = {
  safe: ['safe', 'green'],
  prepare: ['not yet safe', 'yellow'],
  outage: ['stops the writes', 'yellow'],
  risk: ['at risk', 'red'],
}

export function planText(plan: StopPlan, paint: Paint): string {
  const [word, colour] = safeties[plan.safety]
  const verb = plan.what === 'dies' ? (plan.nodes.length === 1 ? 'dies' : 'die') : plan.nodes.length === 1 ? 'is stopped' : 'are stopped'
  const lines = [
    `${paint('bold', plan.group)}, if ${plan.nodes.join(', ')} ${verb}: ${paint(colour, word)}`,
    safe(plan.sentence),
    ...plan.reasons.map((reason) => `${paint('yellow', '!')} ${safe(reason)}`),
    '',
    ...plan.outcomes.flatMap((outcome) => outcomeLines(outcome, paint)),
    ...listed(paint('bold', plan.safety === 'safe' ? 'So that nobody is alarmed' : 'First'), plan.first),
    ...(plan.stop.length > 1
      ? [
          `${paint('bold', 'Stop in this order')}: ${plan.stop.join(', ')}`,
          `${paint('bold', 'Start in this order')}: ${plan.start.join(', ')}`,
        ]
      : []),
  ]
  return `${lines.join('\n')}\n`
}

function outcomeLines({ when, rule, sentence, primary, loss, writes }: Outcome, paint: Paint): string[] {
  return [
    paint('bold', safe(when)),
    `  ${writesText(writes)}; primary then: ${primary ?? 'nobody'}; known to be lost or risked: ${safe(loss ?? 'nothing')}`,
    `  ${paint('grey', `${rule}: ${safe(sentence)}`)}`,
  ]
}

/** What the rules wait, in words; promoting takes some tens of milliseconds more. */
function writesText(writes: Outcome['writes']): string {
  if (writes.stop === 'no') return 'writes go on'
  if (writes.stop === 'until') return 'nobody can write until somebody acts or a node is back'
  return writes.waitsMs < 50 ? 'writes stop for a moment' : `writes stop for about ${duration(writes.waitsMs)}`
}

function listed(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${safe(line)}`)]
}
