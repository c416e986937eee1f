// What a group's policy is in force, layer over layer, and where each value comes from.
import { defaults } from './limits.ts'
import type { GroupId, Policy } from './model.ts'
import { policyKeys } from './policyRanges.ts'
import { type Said, say } from './said.ts'

/** Waits and limits for every group whose name matches. */
export interface PolicyRule {
  /** `*` stands for any letters, everything else for itself. */
  readonly match: string
  readonly policy: Partial<Policy>
}

/** Where a value comes from: the last of these that says something. `match` of a rule stands in quotes. */
export type PolicySource = 'built in' | 'regroup.yaml' | 'group' | `policies "${string}"`

export type EffectivePolicy = { readonly [K in keyof Policy]: { readonly value: Policy[K]; readonly from: PolicySource } }

/** The pattern of a rule: the letters of a name, and `*`. */
export const matchPattern = '^[A-Za-z0-9._*-]{1,63}$'
/** Each is looked at for each group whenever the spec changes; more than these nobody keeps in mind. */
export const maxPolicyRules = 100

/** `*` stands for any letters, also none; everything else for itself. */
export function matchesName(pattern: string, name: string): boolean {
  const parts = pattern.split('*')
  const first = parts.shift() ?? ''
  const last = parts.pop()
  if (last === undefined) return pattern === name
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  for (const part of parts) {
    const found = name.indexOf(part, at)
    if (found === -1 || found + part.length > name.length - last.length) return false
    at = found + part.length
  }
  return at <= name.length - last.length
}

/** Every layer over the built-in one, the weakest first: the settings of the process, the rules in their order, the group itself. */
function layersOf(
  group: { readonly id: GroupId; readonly policy: Partial<Policy> },
  rules: readonly PolicyRule[],
  settings: Partial<Policy>,
): { readonly from: PolicySource; readonly policy: Partial<Policy> }[] {
  const matching = rules.filter((rule) => matchesName(rule.match, group.id))
  return [
    { from: 'regroup.yaml', policy: settings },
    ...matching.map(({ match, policy }) => ({ from: `policies "${match}"`, policy }) as const),
    { from: 'group', policy: group.policy },
  ]
}

/** What is in force beside the built-in defaults. */
export function layeredPolicy(
  group: Parameters<typeof layersOf>[0],
  rules: readonly PolicyRule[],
  settings: Partial<Policy>,
): Partial<Policy> {
  return Object.assign({}, ...layersOf(group, rules, settings).map(({ policy }) => policy)) as Partial<Policy>
}

const builtIn = Object.fromEntries(policyKeys.map((key) => [key, { value: defaults[key], from: 'built in' }])) as unknown as EffectivePolicy

/** Every value in force with its source. */
export function effectivePolicy(
  group: Parameters<typeof layersOf>[0],
  rules: readonly PolicyRule[],
  settings: Partial<Policy>,
): EffectivePolicy {
  const said: Record<string, { readonly value: unknown; readonly from: PolicySource }> = {}
  for (const { from, policy } of layersOf(group, rules, settings)) {
    for (const [key, value] of Object.entries(policy)) said[key] = { value, from }
  }
  return { ...builtIn, ...(said as Partial<EffectivePolicy>) }
}

/** How two lists of rules differ, one sentence each. */
export function policyDifferences(before: readonly PolicyRule[], after: readonly PolicyRule[]): Said[] {
  const was = new Map(before.map((rule) => [rule.match, rule.policy]))
  const is = new Map(after.map((rule) => [rule.match, rule.policy]))
  const differences: Said[] = []
  for (const match of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(match), is.get(match)]
    if (now === undefined) differences.push(say('diff.ruleRemoved', { match }))
    else if (old === undefined)
      differences.push(say('diff.ruleAdded', { match, policy: Object.entries(now).map(([key, value]) => `${key} ${String(value)}`) }))
    else differences.push(...valueDifferences(old, now).map((change) => say('diff.rule', { match, change })))
  }
  const order = (rules: readonly PolicyRule[]): string[] =>
    rules.map(({ match }) => match).filter((match) => was.has(match) && is.has(match))
  const [from, to] = [order(before), order(after)]
  if (from.join() !== to.join()) differences.push(say('diff.ruleOrder', { from, to }))
  return differences
}

/** How the values of two policies differ, by the names of the keys. */
export function valueDifferences(before: Partial<Policy>, after: Partial<Policy>): Said[] {
  const text = (value: Policy[keyof Policy] | undefined): string | null => (value === undefined ? null : String(value))
  const keys = policyKeys.filter((key) => before[key] !== after[key]).toSorted()
  return keys.map((key) => say('diff.policy', { key, from: text(before[key]), to: text(after[key]) }))
}
