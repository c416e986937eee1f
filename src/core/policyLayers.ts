// What a group's policy is in force, layer over layer, and where each value comes from.
import { defaults } from './limits.ts'
import type { GroupId, Policy } from './model.ts'
import { policyKeys } from './policyRanges.ts'

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
export const matchRule = 'at most 63 letters, digits, ".", "_", "-" and "*", which stands for any letters'
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
export function policyDifferences(before: readonly PolicyRule[], after: readonly PolicyRule[]): string[] {
  const was = new Map(before.map((rule) => [rule.match, rule.policy]))
  const is = new Map(after.map((rule) => [rule.match, rule.policy]))
  const sentences: string[] = []
  for (const match of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(match), is.get(match)]
    if (now === undefined) sentences.push(`${match}: removed`)
    else if (old === undefined) sentences.push(`${match}: added with ${said(now)}`)
    else sentences.push(...changed(match, old, now))
  }
  const order = (rules: readonly PolicyRule[]): string =>
    rules
      .map(({ match }) => match)
      .filter((match) => was.has(match) && is.has(match))
      .join(', ')
  if (order(before) !== order(after)) sentences.push(`order: ${order(before)} -> ${order(after)}`)
  return sentences
}

function said(policy: Partial<Policy>): string {
  return Object.entries(policy)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ')
}

function changed(match: string, old: Partial<Policy>, now: Partial<Policy>): string[] {
  const keys = policyKeys.filter((key) => old[key] !== now[key])
  return keys.map((key) => `${match}: ${key} ${String(old[key] ?? 'default')} -> ${String(now[key] ?? 'default')}`)
}
