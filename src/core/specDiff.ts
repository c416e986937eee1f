// How two specs differ, one sentence per difference, for a dry run and for the history.
import { formatAddress } from './address.ts'
import { type PolicyRule, policyDifferences } from './policyLayers.ts'
import type { GroupSpec, NodeSpec, OperatorNote, OperatorPause, Roll, Scheduled, WallTime } from './model.ts'

export interface SpecDifference {
  /** null: the policies of many groups. */
  readonly group: string | null
  readonly change: 'add' | 'remove' | 'change'
  readonly what: readonly string[]
}

/** The groups that differ, in the order of `before`, then what is new. Empty when the two say the same. */
export function diffSpec(before: readonly GroupSpec[], after: readonly GroupSpec[]): SpecDifference[] {
  const was = new Map(before.map((group) => [group.id, group]))
  const is = new Map(after.map((group) => [group.id, group]))
  const differences: SpecDifference[] = []
  for (const group of before) {
    const next = is.get(group.id)
    if (next === undefined) differences.push({ group: group.id, change: 'remove', what: [`removed with ${nodeList(group.nodes)}`] })
    else {
      const what = [...groupSentences(group, next)]
      if (what.length > 0) differences.push({ group: group.id, change: 'change', what })
    }
  }
  for (const group of after) {
    if (!was.has(group.id)) differences.push({ group: group.id, change: 'add', what: [...addedSentences(group)] })
  }
  return differences
}

/** The same of a whole spec: groups, then the policies by name. */
export function diffWhole(before: WholeSpec, after: WholeSpec): SpecDifference[] {
  const what = policyDifferences(before.policies, after.policies)
  return [...diffSpec(before.groups, after.groups), ...(what.length === 0 ? [] : [{ group: null, change: 'change', what } as const])]
}

interface WholeSpec {
  readonly groups: readonly GroupSpec[]
  readonly policies: readonly PolicyRule[]
}

function* addedSentences(group: GroupSpec): Generator<string> {
  yield `added as ${group.engine} with ${nodeList(group.nodes)}`
  const { roll: _roll, scheduled: _scheduled, ...words } = group
  const plain: GroupSpec = { ...words, credential: null, tls: false, policy: {}, pause: null, nodes: group.nodes.map(plainNode) }
  yield* groupSentences(plain, group)
}

/** A node of which only name and address are said; the rest is what a spec that is silent about it means. */
function plainNode(node: NodeSpec): NodeSpec {
  return { ...node, site: null, priority: 100, maintenanceUntil: null, overwrite: false }
}

function* groupSentences(before: GroupSpec, after: GroupSpec): Generator<string> {
  if (before.engine !== after.engine) yield `engine ${before.engine} -> ${after.engine}`
  if (before.credential !== after.credential) yield `credential ${before.credential ?? 'none'} -> ${after.credential ?? 'none'}`
  if (before.tls !== after.tls) yield `TLS ${after.tls ? 'off -> on' : 'on -> off'}`
  yield* policySentences(before, after)
  yield* pauseSentences(before.pause, after.pause)
  yield* rollSentences(before.roll, after.roll)
  yield* scheduledSentences(before.scheduled, after.scheduled)
  const was = new Map(before.nodes.map((node) => [node.id, node]))
  const is = new Set(after.nodes.map((node) => node.id))
  for (const node of before.nodes) if (!is.has(node.id)) yield `node ${node.id} (${formatAddress(node)}) removed`
  for (const node of after.nodes) {
    const old = was.get(node.id)
    if (old === undefined) yield `node ${node.id} (${formatAddress(node)}) added`
    yield* nodeSentences(old ?? plainNode(node), node)
  }
}

function* policySentences(before: GroupSpec, after: GroupSpec): Generator<string> {
  const was = new Map(Object.entries(before.policy))
  const is = new Map(Object.entries(after.policy))
  for (const key of [...new Set([...was.keys(), ...is.keys()])].toSorted()) {
    if (was.get(key) !== is.get(key)) yield `${key} ${String(was.get(key) ?? 'default')} -> ${String(is.get(key) ?? 'default')}`
  }
}

function* pauseSentences(before: OperatorPause | null, after: OperatorPause | null): Generator<string> {
  if (after === null) {
    if (before !== null) yield 'the pause ends'
  } else if (before?.until !== after.until || before.by !== after.by || before.why !== after.why) {
    yield `paused until ${instant(after.until)} ${signed(after)}`
  }
}

function* rollSentences(before: Roll | undefined, after: Roll | undefined): Generator<string> {
  if (after === undefined) {
    if (before !== undefined) yield 'the rolling restart ends'
    return
  }
  if (before?.since !== after.since || before.by !== after.by || before.why !== after.why)
    yield `a rolling restart ${before === undefined ? 'begins' : 'goes on'}, ${signed(after)}`
  if (after.turn !== null && before?.turn?.node !== after.turn.node) yield `node ${after.turn.node} is to be restarted`
}

function* scheduledSentences(before: Scheduled | undefined, after: Scheduled | undefined): Generator<string> {
  if (after === undefined) {
    if (before !== undefined) yield 'no switchover is scheduled any more'
  } else if (before?.at !== after.at || before.to !== after.to || before.by !== after.by || before.why !== after.why) {
    yield `a switchover${after.to === null ? '' : ` to ${after.to}`} is scheduled for ${instant(after.at)} ${signed(after)}`
  }
}

/** by ann: new kernel */
function signed({ by, why }: OperatorNote): string {
  return `by ${by}${why === '' ? '' : `: ${why}`}`
}

function* nodeSentences(before: NodeSpec, after: NodeSpec): Generator<string> {
  const node = `node ${after.id}`
  if (formatAddress(before) !== formatAddress(after)) yield `${node}: address ${formatAddress(before)} -> ${formatAddress(after)}`
  if (before.site !== after.site) yield `${node}: site ${before.site ?? 'none'} -> ${after.site ?? 'none'}`
  if (before.priority !== after.priority) yield `${node}: priority ${before.priority} -> ${after.priority}`
  yield* maintenanceSentences(before, after)
  if (before.overwrite !== after.overwrite) {
    yield after.overwrite ? `${node}: what it holds may be overwritten` : `${node}: what it holds may no longer be overwritten`
  }
}

function* maintenanceSentences(before: NodeSpec, after: NodeSpec): Generator<string> {
  const [was, is] = [before.maintenanceNote, after.maintenanceNote]
  if (before.maintenanceUntil === after.maintenanceUntil && was?.by === is?.by && was?.why === is?.why) return
  const node = `node ${after.id}`
  if (after.maintenanceUntil === null) yield `${node}: maintenance ends`
  else yield `${node}: in maintenance until ${instant(after.maintenanceUntil)}${is === undefined ? '' : ` ${signed(is)}`}`
}

function nodeList(nodes: readonly NodeSpec[]): string {
  const list = nodes.map((node) => `${node.id} (${formatAddress(node)})`).join(', ')
  return nodes.length === 1 ? `node ${list}` : `nodes ${list}`
}

function instant(at: WallTime): string {
  return new Date(at).toISOString()
}
