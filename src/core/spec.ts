// What a spec must obey, and how two specs differ. Every problem at once, so that a person mends a file in one go.
import { formatAddress, isHost } from './address.ts'
import { windowProblem } from './dailyWindow.ts'
import { defaults } from './limits.ts'
import type { GroupSpec, NodeSpec, Policy } from './model.ts'
import { type PolicyRule, effectivePolicy, layeredPolicy, matchPattern, maxPolicyRules } from './policyLayers.ts'
import { policyRanges, rangeRule } from './policyRanges.ts'
import type { NumericPolicyKey } from './policyRanges.ts'
import { type Said, say } from './said.ts'

export { diffSpec, diffWhole, withMore } from './specDiff.ts'
export type { SpecDifference } from './specDiff.ts'

/** Names of groups, nodes, sites and credentials. */
export const namePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'
const nameRule = say('rule.name')
/** Redis keeps a replica-priority in an int; nobody needs more. */
export const maxPriority = 1_000_000
/** A group is one primary and its direct replicas; a primary feeds no more than this with ease. */
export const maxNodes = 32

/** `path` leads from the list of groups to the key: [0, 'nodes', 1, 'address']. */
export interface SpecProblem {
  readonly path: readonly (string | number)[]
  readonly message: Said
}

type Timing = Pick<Policy, 'probeEveryMs' | 'silentAfterMs'>

/** What lies under a group's own policy, and where it comes from when it is not built in. */
interface Under {
  readonly timing: Timing
  readonly sources: readonly Said[]
}

const name = new RegExp(namePattern)

/** One sentence per problem of everything together; empty when it may be stored. `settings`: what lies under all of it. */
export function checkSpec(groups: readonly GroupSpec[], rules: readonly PolicyRule[] = [], settings: Partial<Policy> = {}): Said[] {
  return [...ruleProblems(rules), ...specProblems(groups, rules, settings)].map((problem) => problem.message)
}

/** The same of the groups, with the place of each problem. */
export function specProblems(
  groups: readonly GroupSpec[],
  rules: readonly PolicyRule[] = [],
  settings: Partial<Policy> = {},
): SpecProblem[] {
  const under = (group: GroupSpec): Under => {
    const { probeEveryMs, silentAfterMs } = effectivePolicy(group, rules, settings)
    const sources = Object.entries({ probeEveryMs, silentAfterMs }).filter(([, { from }]) => from !== 'built in' && from !== 'group')
    const said = sources.map(([key, { from }]) => say('spec.comesFrom', { key, from }))
    return { timing: { ...defaults, ...layeredPolicy({ ...group, policy: {} }, rules, settings) }, sources: said }
  }
  return [...groups.flatMap((group, index) => [...groupProblems(group, under(group))].map((p) => at(p, index))), ...sharedProblems(groups)]
}

/** What is wrong with the policies by name; `path` leads from their list to the key. */
export function ruleProblems(rules: readonly PolicyRule[]): SpecProblem[] {
  const problems: SpecProblem[] = []
  if (rules.length > maxPolicyRules)
    problems.push({ path: [], message: say('spec.policiesMany', { count: rules.length, most: maxPolicyRules }) })
  for (const [index, { match, policy }] of rules.entries()) {
    const called = say('called.policies', { match: JSON.stringify(match) })
    if (!new RegExp(matchPattern).test(match))
      problems.push({ path: [index, 'match'], message: say('spec.match', { called, must: say('rule.match') }) })
    if (rules.findIndex((rule) => rule.match === match) !== index)
      problems.push({ path: [index, 'match'], message: say('spec.twice', { called }) })
    for (const [key, value] of Object.entries(policy)) {
      const message = policyValueProblem(key, value)
      if (message !== null) problems.push({ path: [index, 'policy', key], message: say('spec.value', { called, problem: message }) })
    }
  }
  return problems
}

function at(problem: SpecProblem, index: number): SpecProblem {
  return { path: [index, ...problem.path], message: problem.message }
}

function* groupProblems(group: GroupSpec, under: Under): Generator<SpecProblem> {
  const called = say('called.group', { group: quoted(group.id) })
  if (!name.test(group.id)) yield { path: ['name'], message: say('spec.name', { called, must: nameRule }) }
  if (group.credential !== null && !name.test(group.credential)) {
    yield { path: ['credential'], message: say('spec.credential', { called, credential: quoted(group.credential), must: nameRule }) }
  }
  yield* policyProblems(called, group.policy, under)
  const { nodes } = group
  if (nodes.length === 0) yield { path: ['nodes'], message: say('spec.noNode', { called }) }
  if (nodes.length > maxNodes) yield { path: ['nodes'], message: say('spec.nodesMany', { called, count: nodes.length, most: maxNodes }) }
  if (nodes.length > 0 && nodes.every((node) => node.priority === 0)) {
    yield { path: ['nodes'], message: say('spec.nobody', { called }) }
  }
  for (const [index, node] of nodes.entries()) {
    for (const problem of nodeProblems(say('called.node', { node: quoted(node.id), group: quoted(group.id) }), node)) {
      yield { path: ['nodes', index, ...problem.path], message: problem.message }
    }
  }
}

function* nodeProblems(called: Said, node: NodeSpec): Generator<SpecProblem> {
  if (!name.test(node.id)) yield { path: ['name'], message: say('spec.name', { called, must: nameRule }) }
  if (!isHost(node.host)) yield { path: ['address'], message: say('spec.host', { called, host: quoted(node.host) }) }
  if (!isWhole(node.port, 1, 65_535)) yield { path: ['address'], message: say('spec.port', { called, port: node.port }) }
  if (!isWhole(node.priority, 0, maxPriority)) {
    yield {
      path: ['priority'],
      message: say('spec.priority', { called, priority: node.priority, most: maxPriority }),
    }
  }
  if (node.site !== null && !name.test(node.site))
    yield { path: ['site'], message: say('spec.site', { called, site: quoted(node.site), must: nameRule }) }
}

function* policyProblems(called: Said, policy: Partial<Policy>, { timing, sources }: Under): Generator<SpecProblem> {
  for (const [key, value] of Object.entries(policy)) {
    const message = policyValueProblem(key, value)
    if (message !== null) yield { path: ['policy', key], message: say('spec.value', { called, problem: message }) }
  }
  const message = timingProblem({ ...timing, ...policy })
  if (message === null) return
  const key = policy.silentAfterMs === undefined ? 'probeEveryMs' : 'silentAfterMs'
  yield {
    path: ['policy', key],
    message: say('spec.value', { called, problem: sources.length === 0 ? message : say('spec.timingFrom', { problem: message, sources }) }),
  }
}

/** What is wrong with these two together, or null. Fewer than three probes: one lost packet would look like a death. */
export function timingProblem(timing: Timing): Said | null {
  const { probeEveryMs, silentAfterMs } = timing
  const least = probeEveryMs * 3
  return silentAfterMs >= least ? null : say('spec.timing', { probeEveryMs, silentAfterMs, least })
}

/** What is wrong with one value of a policy, or null. */
function policyValueProblem(key: string, value: unknown): Said | null {
  if (isNumericKey(key)) {
    const range = policyRanges[key]
    if (typeof value === 'number' && isWhole(value, range.min, range.max)) return null
    return say('spec.range', { key, value: String(value), must: rangeRule(key) })
  }
  if (key === 'failbackWindow') {
    const problem = windowProblem(value)
    return problem === null ? null : say('spec.window', { key, problem })
  }
  if (!Object.hasOwn(choices, key)) return say('spec.noKey', { key })
  const allowed: readonly unknown[] = choices[key as keyof typeof choices]
  return allowed.includes(value) ? null : say('spec.allowed', { key, value: String(value), allowed: allowed.map(String) })
}

/** The allowed values of the policy keys that are not numbers. */
export const choices = {
  guard: ['auto', 'on', 'off'],
  bootFence: [true, false],
  acceptSplitRisk: ['auto', 'always', 'never'],
  acceptStaleRisk: [true, false],
  failback: ['off', 'window', 'atOnce'],
} as const

function isNumericKey(key: string): key is NumericPolicyKey {
  return Object.hasOwn(policyRanges, key)
}

/** Names and addresses that stand twice. An address is one node, whichever group names it. */
function* sharedProblems(groups: readonly GroupSpec[]): Generator<SpecProblem> {
  const seenGroups = new Set<string>()
  const owners = new Map<string, { readonly group: string; readonly node: string }>()
  for (const [groupIndex, group] of groups.entries()) {
    if (seenGroups.has(group.id))
      yield { path: [groupIndex, 'name'], message: say('spec.twice', { called: say('called.group', { group: quoted(group.id) }) }) }
    seenGroups.add(group.id)
    const seenNodes = new Set<string>()
    for (const [index, node] of group.nodes.entries()) {
      const path = [groupIndex, 'nodes', index]
      if (seenNodes.has(node.id))
        yield { path: [...path, 'name'], message: say('spec.nodeTwice', { group: quoted(group.id), node: quoted(node.id) }) }
      seenNodes.add(node.id)
      const address = formatAddress(node)
      const owner = owners.get(address.toLowerCase())
      if (owner === undefined) owners.set(address.toLowerCase(), { group: group.id, node: node.id })
      else yield { path: [...path, 'address'], message: takenBy(node.id, group.id, address, owner) }
    }
  }
}

function takenBy(node: string, group: string, address: string, owner: { readonly group: string; readonly node: string }): Said {
  const of = { node, group, address, owner: owner.node }
  return owner.group === group ? say('spec.addressTwice', of) : say('spec.addressElsewhere', { ...of, ownerGroup: owner.group })
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}

function quoted(text: string): string {
  return name.test(text) ? text : JSON.stringify(text)
}
