// Between the form people write and the spec that is stored.
import { formatAddress, parseAddress } from '../core/address.ts'
import type { GroupSpec, NodeSpec, Policy } from '../core/model.ts'
import type { PolicyRule } from '../core/policyLayers.ts'
import { say } from '../core/said.ts'
import { ruleProblems, specProblems } from '../core/spec.ts'
import type { TSchema } from 'typebox'
import { problemsOf } from './problems.ts'
import type { Path, Problem } from './problems.ts'
import { NodeInput, PolicyInput } from './specSchemas.ts'
import type { GroupInput } from './specSchemas.ts'

export type SpecInput =
  | { readonly ok: true; readonly groups: readonly GroupInput[]; readonly remove: readonly string[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Checks what was read against `schema` (SpecFile or ApplyBody), against the rules of addresses and against the rules of specs.
 * Every problem at once: what is well-formed is judged even when something beside it is not.
 */
export function readSpecInput(schema: TSchema, value: unknown): SpecInput {
  const problems = problemsOf(schema, value)
  const drafts = draftsOf(value)
  for (const problem of drafts.problems) problems.push(problem)
  // A rule broken by a part that is itself malformed says nothing new.
  const malformed = problems.map((problem) => problem.path)
  const rules = rulesOf(value)
  for (const { path, message } of ruleProblems(rules)) {
    const place = ['policies', ...path]
    if (!malformed.some((bad) => startsWith(bad, place))) problems.push({ path: place, of: 'value', message })
  }
  for (const { path, message } of specProblems(
    drafts.groups.map((draft) => draft.group),
    rules,
  )) {
    const place = placeOf(path, drafts.groups)
    if (!malformed.some((bad) => startsWith(bad, place))) problems.push({ path: place, of: 'value', message })
  }
  if (problems.length > 0) return { ok: false, problems }
  const { groups = [], remove = [] } = value as { groups?: GroupInput[]; remove?: string[] }
  const twice = groups.flatMap((group, index) => (remove.includes(group.name) ? [bothWays(index, group.name)] : []))
  return twice.length > 0 ? { ok: false, problems: twice } : { ok: true, groups, remove }
}

function bothWays(index: number, group: string): Problem {
  return { path: ['groups', index, 'name'], of: 'value', message: say('input.bothWays', { group }) }
}

interface Draft {
  readonly index: number
  readonly nodes: readonly number[]
  readonly group: GroupSpec
}

/** The well-formed groups and nodes, each with its place in the list it came from. */
function draftsOf(value: unknown): { readonly groups: readonly Draft[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const groups: Draft[] = []
  for (const [index, input] of listAt(value, 'groups').entries()) {
    if (typeof input !== 'object' || input === null) continue
    const nodes: number[] = []
    const wellFormed: NodeInput[] = []
    for (const [nodeIndex, node] of listAt(input, 'nodes').entries()) {
      if (problemsOf(NodeInput, node).length > 0) continue
      if (parseAddress((node as NodeInput).address) === null) {
        problems.push(addressProblem(['groups', index, 'nodes', nodeIndex, 'address'], (node as NodeInput).address))
        continue
      }
      nodes.push(nodeIndex)
      wellFormed.push(node as NodeInput)
    }
    const { name, policy } = input as { readonly name?: unknown; readonly policy?: unknown }
    const draft = { name: typeof name === 'string' ? name : `#${index + 1}`, nodes: wellFormed, policy: wellFormedPolicy(policy) }
    groups.push({ index, nodes, group: groupOf(draft, undefined) })
  }
  return { groups, problems }
}

function addressProblem(path: Path, text: string): Problem {
  return { path, of: 'value', message: say('input.is', { found: JSON.stringify(text), must: say('rule.address') }) }
}

function wellFormedPolicy(policy: unknown): Partial<Policy> {
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) return {}
  return Object.fromEntries(Object.entries(policy).filter(([key, value]) => problemsOf(PolicyInput, { [key]: value }).length === 0))
}

/** The policies by name as far as they are well-formed, each in its place. */
function rulesOf(value: unknown): PolicyRule[] {
  return listAt(value, 'policies').map((rule) => {
    const { match, policy } = (typeof rule === 'object' && rule !== null ? rule : {}) as {
      readonly match?: unknown
      readonly policy?: unknown
    }
    return { match: typeof match === 'string' ? match : '', policy: wellFormedPolicy(policy) }
  })
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  return Array.isArray(list) ? list : []
}

/** The path among drafts as a path in what was read. */
function placeOf(path: Path, drafts: readonly Draft[]): Path {
  const [group, key, node, ...rest] = path
  const draft = drafts[Number(group)]
  if (draft === undefined) return ['groups']
  const start: Path = ['groups', draft.index]
  if (key === undefined) return start
  if (node === undefined) return [...start, key]
  return key === 'nodes' ? [...start, key, draft.nodes[Number(node)] ?? 0, ...rest] : [...start, key, node, ...rest]
}

function startsWith(path: Path, prefix: Path): boolean {
  return prefix.every((part, index) => path[index] === part)
}

/**
 * A checked group as it is stored. What people say by other commands (a pause, maintenance) and what `input` is silent about
 * is kept from `current`; nodes are the same when their names are.
 */
export function groupOf(input: GroupInput, current: GroupSpec | undefined): GroupSpec {
  const known = new Map(current?.nodes.map((node) => [node.id, node]))
  return {
    id: input.name,
    engine: input.engine ?? 'redis',
    nodes: input.nodes.map((node) => nodeOf(node, known.get(node.name))),
    credential: input.credential ?? null,
    tls: input.tls ?? false,
    policy: input.policy ?? {},
    pause: current?.pause ?? null,
    ...(current?.roll === undefined ? {} : { roll: current.roll }),
    ...(current?.scheduled === undefined ? {} : { scheduled: current.scheduled }),
  }
}

function nodeOf(input: NodeInput, current: NodeSpec | undefined): NodeSpec {
  const address = parseAddress(input.address)
  if (address === null) throw new Error(`unchecked address ${input.address}`)
  return {
    id: input.name,
    host: address.host,
    port: address.port,
    site: input.site ?? null,
    priority: input.priority ?? 100,
    maintenanceUntil: current?.maintenanceUntil ?? null,
    ...(current?.maintenanceNote === undefined ? {} : { maintenanceNote: current.maintenanceNote }),
    overwrite: input.overwrite ?? false,
  }
}

/** The form people write, without what they would leave out. `groupOf` makes the same spec of it. */
export function inputOf(group: GroupSpec): GroupInput {
  return {
    name: group.id,
    engine: group.engine,
    ...(group.credential === null ? {} : { credential: group.credential }),
    ...(group.tls ? { tls: true } : {}),
    ...(Object.keys(group.policy).length === 0 ? {} : { policy: group.policy }),
    nodes: group.nodes.map((node) => ({
      name: node.id,
      address: formatAddress(node),
      ...(node.site === null ? {} : { site: node.site }),
      ...(node.priority === 100 ? {} : { priority: node.priority }),
      ...(node.overwrite ? { overwrite: true } : {}),
    })),
  }
}
