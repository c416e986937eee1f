// What a spec must obey, and how two specs differ. Every problem at once, so that a person mends a file in one go.
import { formatAddress, isHost } from './address.ts'
import { windowProblem } from './dailyWindow.ts'
import { defaults } from './limits.ts'
import type { GroupSpec, NodeSpec, Policy } from './model.ts'
import { type PolicyRule, effectivePolicy, layeredPolicy, matchPattern, matchRule, maxPolicyRules } from './policyLayers.ts'
import { policyRanges } from './policyRanges.ts'
import type { NumericPolicyKey } from './policyRanges.ts'

export { diffSpec, diffWhole } from './specDiff.ts'
export type { SpecDifference } from './specDiff.ts'

/** Names of groups, nodes, sites and credentials. */
export const namePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'
export const nameRule = 'a name of at most 63 letters, digits, ".", "_" and "-", a letter or digit first'
/** Redis keeps a replica-priority in an int; nobody needs more. */
export const maxPriority = 1_000_000
/** A group is one primary and its direct replicas; a primary feeds no more than this with ease. */
export const maxNodes = 32

/** `path` leads from the list of groups to the key: [0, 'nodes', 1, 'address']. */
export interface SpecProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

type Timing = Pick<Policy, 'probeEveryMs' | 'silentAfterMs'>

/** What lies under a group's own policy, and where it comes from when it is not built in. */
interface Under {
  readonly timing: Timing
  readonly sources: string
}

const name = new RegExp(namePattern)

/** One sentence per problem of everything together; empty when it may be stored. `settings`: what lies under all of it. */
export function checkSpec(groups: readonly GroupSpec[], rules: readonly PolicyRule[] = [], settings: Partial<Policy> = {}): string[] {
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
    const said = sources.map(([key, { from }]) => `${key} comes from ${from}`).join(', ')
    return { timing: { ...defaults, ...layeredPolicy({ ...group, policy: {} }, rules, settings) }, sources: said }
  }
  return [...groups.flatMap((group, index) => [...groupProblems(group, under(group))].map((p) => at(p, index))), ...sharedProblems(groups)]
}

/** What is wrong with the policies by name; `path` leads from their list to the key. */
export function ruleProblems(rules: readonly PolicyRule[]): SpecProblem[] {
  const problems: SpecProblem[] = []
  if (rules.length > maxPolicyRules)
    problems.push({ path: [], message: `there are ${rules.length} policies; at most ${maxPolicyRules} are allowed` })
  for (const [index, { match, policy }] of rules.entries()) {
    const called = `policies ${JSON.stringify(match)}`
    if (!new RegExp(matchPattern).test(match)) problems.push({ path: [index, 'match'], message: `${called}: it must be ${matchRule}` })
    if (rules.findIndex((rule) => rule.match === match) !== index)
      problems.push({ path: [index, 'match'], message: `${called} is there twice` })
    for (const [key, value] of Object.entries(policy)) {
      const message = policyValueProblem(key, value)
      if (message !== null) problems.push({ path: [index, 'policy', key], message: `${called}: ${message}` })
    }
  }
  return problems
}

function at(problem: SpecProblem, index: number): SpecProblem {
  return { path: [index, ...problem.path], message: problem.message }
}

function* groupProblems(group: GroupSpec, under: Under): Generator<SpecProblem> {
  const called = `group ${quoted(group.id)}`
  if (!name.test(group.id)) yield { path: ['name'], message: `${called}: the name must be ${nameRule}` }
  if (group.credential !== null && !name.test(group.credential)) {
    yield { path: ['credential'], message: `${called}: credential ${quoted(group.credential)} must be ${nameRule}` }
  }
  yield* policyProblems(called, group.policy, under)
  const { nodes } = group
  if (nodes.length === 0) yield { path: ['nodes'], message: `${called} needs at least one node` }
  if (nodes.length > maxNodes) yield { path: ['nodes'], message: `${called} has ${nodes.length} nodes; at most ${maxNodes} are allowed` }
  if (nodes.length > 0 && nodes.every((node) => node.priority === 0)) {
    yield { path: ['nodes'], message: `${called} has only nodes of priority 0, so none may ever be promoted; give one another priority` }
  }
  for (const [index, node] of nodes.entries()) {
    for (const problem of nodeProblems(`node ${quoted(node.id)} of ${called}`, node)) {
      yield { path: ['nodes', index, ...problem.path], message: problem.message }
    }
  }
}

function* nodeProblems(called: string, node: NodeSpec): Generator<SpecProblem> {
  if (!name.test(node.id)) yield { path: ['name'], message: `${called}: the name must be ${nameRule}` }
  if (!isHost(node.host))
    yield { path: ['address'], message: `${called} has the host ${quoted(node.host)}, which is no host name or IP address` }
  if (!isWhole(node.port, 1, 65_535)) yield { path: ['address'], message: `${called} has the port ${node.port}; ports are 1 to 65535` }
  if (!isWhole(node.priority, 0, maxPriority)) {
    yield {
      path: ['priority'],
      message: `${called} has the priority ${node.priority}; allowed are whole numbers from 0 (never promoted) to ${maxPriority}`,
    }
  }
  if (node.site !== null && !name.test(node.site))
    yield { path: ['site'], message: `${called} has the site ${quoted(node.site)}; it must be ${nameRule}` }
}

function* policyProblems(called: string, policy: Partial<Policy>, { timing, sources }: Under): Generator<SpecProblem> {
  for (const [key, value] of Object.entries(policy)) {
    const message = policyValueProblem(key, value)
    if (message !== null) yield { path: ['policy', key], message: `${called}: ${message}` }
  }
  const message = timingProblem({ ...timing, ...policy })
  if (message === null) return
  const key = policy.silentAfterMs === undefined ? 'probeEveryMs' : 'silentAfterMs'
  yield { path: ['policy', key], message: `${called}: ${message}${sources === '' ? '' : ` (${sources})`}` }
}

/** What is wrong with these two together, or null. Fewer than three probes: one lost packet would look like a death. */
export function timingProblem(timing: Timing): string | null {
  const least = timing.probeEveryMs * 3
  if (timing.silentAfterMs >= least) return null
  return `silentAfterMs is ${timing.silentAfterMs}, but must be at least ${least}, three times probeEveryMs (${timing.probeEveryMs}): one lost answer is not a death`
}

/** What is wrong with one value of a policy, or null. */
function policyValueProblem(key: string, value: unknown): string | null {
  if (isNumericKey(key)) {
    const range = policyRanges[key]
    if (typeof value === 'number' && isWhole(value, range.min, range.max)) return null
    return `${key} is ${String(value)}; allowed are ${range.min} to ${range.max} ${range.unit}: ${range.why}`
  }
  if (key === 'failbackWindow') {
    const problem = windowProblem(value)
    return problem === null ? null : `${key} ${problem}`
  }
  if (!Object.hasOwn(choices, key)) return `${key} is not a key of a policy`
  const allowed: readonly unknown[] = choices[key as keyof typeof choices]
  return allowed.includes(value) ? null : `${key} is ${String(value)}; allowed are ${allowed.join(', ')}`
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
    if (seenGroups.has(group.id)) yield { path: [groupIndex, 'name'], message: `group ${quoted(group.id)} is there twice` }
    seenGroups.add(group.id)
    const seenNodes = new Set<string>()
    for (const [index, node] of group.nodes.entries()) {
      const path = [groupIndex, 'nodes', index]
      if (seenNodes.has(node.id))
        yield { path: [...path, 'name'], message: `group ${quoted(group.id)} has two nodes named ${quoted(node.id)}` }
      seenNodes.add(node.id)
      const address = formatAddress(node)
      const owner = owners.get(address.toLowerCase())
      if (owner === undefined) owners.set(address.toLowerCase(), { group: group.id, node: node.id })
      else yield { path: [...path, 'address'], message: takenBy(node.id, group.id, address, owner) }
    }
  }
}

function takenBy(node: string, group: string, address: string, owner: { readonly group: string; readonly node: string }): string {
  const whose = owner.group === group ? `node ${owner.node}` : `node ${owner.node} of group ${owner.group}`
  return `node ${node} of group ${group} is ${address}, which is ${whose}`
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}

function quoted(text: string): string {
  return name.test(text) ? text : JSON.stringify(text)
}
