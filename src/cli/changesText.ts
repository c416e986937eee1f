// What came of a command that changes something. Data in, text out.
import { stringify } from 'yaml'
import type { ApplyResult } from '../controller/facade.ts'
import type { CommandAnswer } from '../ports.ts'
import type { EffectivePolicy, Paused, Spec } from '../server/schemas.ts'
import type { GroupInput } from '../server/specSchemas.ts'
import { table } from './table.ts'
import { counted, instant, safe } from './words.ts'
import type { Paint } from './words.ts'

const signs = { add: ['+', 'green'], remove: ['-', 'red'], change: ['~', 'yellow'] } as const

export function appliedText(result: ApplyResult, paint: Paint): string {
  if (result.changes.length === 0) return `nothing to change; revision ${result.revision} stays\n`
  const groups = result.changes.filter(({ group }) => group !== null).length
  const policies = groups < result.changes.length
  const changed = [...(groups > 0 ? [counted(groups, 'group')] : []), ...(policies ? ['the policies'] : [])].join(' and ')
  const head = result.dryRun
    ? `dry run: ${changed} would change; revision ${result.revision} stays`
    : `revision ${result.revision}: ${changed} changed`
  return `${[head, ...changeLines(result.changes, paint)].join('\n')}\n`
}

/** One line per group, one per difference under it. */
export function changeLines(changes: ApplyResult['changes'], paint: Paint): string[] {
  return changes.flatMap(({ group, change, what }) => {
    const [sign, colour] = signs[change]
    return [`${paint(colour, sign)} ${group === null ? 'policies' : safe(group)}`, ...what.map((sentence) => `    ${safe(sentence)}`)]
  })
}

export function acceptedText(answer: Extract<CommandAnswer, { ok: true }>, dryRun: boolean): string {
  const steps = dryRun ? answer.steps.map((step, index) => `  ${index + 1}. ${safe(step)}\n`) : []
  const loss = answer.loss === null ? '' : `  known to be lost or risked: ${safe(answer.loss)}\n`
  return `${dryRun ? 'dry run: ' : ''}${safe(answer.sentence)} (epoch ${answer.epoch})\n${steps.join('')}${loss}`
}

export function pausedText(group: string, result: Paused): string {
  if (result.pause === null) return `${group} is not paused now; revision ${result.revision}\n`
  return `${group} is paused until ${instant(result.pause.until)}; revision ${result.revision}; end it with \`regroup resume ${group}\`\n`
}

/** Groups, and policies when there are some, as `regroup apply` reads them. */
export function specText(groups: readonly GroupInput[], policies: Spec['policies'] = []): string {
  const whole = policies.length === 0 ? { groups } : { policies, groups }
  return stringify(whole, { lineWidth: 0, aliasDuplicateObjects: false })
}

export function policyText({ group, policy }: EffectivePolicy, paint: Paint): string {
  const rows = Object.entries(policy).map(([key, { value, from }]) => [key, String(value), safe(from)])
  return `${safe(group)}\n\n${table(['KEY', 'VALUE', 'FROM'], rows, paint)}\n`
}
