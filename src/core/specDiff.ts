// How two specs differ, one sentence per difference, for a dry run and for the history.
import { formatAddress } from './address.ts'
import { type PolicyRule, policyDifferences, valueDifferences } from './policyLayers.ts'
import type { GroupSpec, NodeSpec, OperatorNote, OperatorPause, Roll, Scheduled, WallTime } from './model.ts'
import { type Said, inEnglish, say } from './said.ts'

export interface SpecDifference {
  /** null: the policies of many groups. */
  readonly group: string | null
  readonly change: 'add' | 'remove' | 'change'
  readonly what: readonly string[]
  readonly whatSaid: readonly Said[]
}

function difference(group: string | null, change: SpecDifference['change'], whatSaid: readonly Said[]): SpecDifference {
  return { group, change, what: whatSaid.map(inEnglish), whatSaid }
}

/** The groups that differ, in the order of `before`, then what is new. Empty when the two say the same. */
export function diffSpec(before: readonly GroupSpec[], after: readonly GroupSpec[]): SpecDifference[] {
  const was = new Map(before.map((group) => [group.id, group]))
  const is = new Map(after.map((group) => [group.id, group]))
  const differences: SpecDifference[] = []
  for (const group of before) {
    const next = is.get(group.id)
    if (next === undefined) differences.push(difference(group.id, 'remove', [say('diff.removed', { nodes: group.nodes.map(called) })]))
    else {
      const what = [...groupSentences(group, next)]
      if (what.length > 0) differences.push(difference(group.id, 'change', what))
    }
  }
  for (const group of after) {
    if (!was.has(group.id)) differences.push(difference(group.id, 'add', [...addedSentences(group)]))
  }
  return differences
}

/** The same of a whole spec: groups, then the policies by name. */
export function diffWhole(before: WholeSpec, after: WholeSpec): SpecDifference[] {
  const what = policyDifferences(before.policies, after.policies)
  return [...diffSpec(before.groups, after.groups), ...(what.length === 0 ? [] : [difference(null, 'change', what)])]
}

/** With what came of it. */
export function withMore(change: SpecDifference, more: readonly Said[]): SpecDifference {
  return difference(change.group, change.change, [...change.whatSaid, ...more])
}

interface WholeSpec {
  readonly groups: readonly GroupSpec[]
  readonly policies: readonly PolicyRule[]
}

function* addedSentences(group: GroupSpec): Generator<Said> {
  yield say('diff.added', { engine: group.engine, nodes: group.nodes.map(called) })
  const { roll: _roll, scheduled: _scheduled, ...words } = group
  const plain: GroupSpec = { ...words, credential: null, tls: false, policy: {}, pause: null, nodes: group.nodes.map(plainNode) }
  yield* groupSentences(plain, group)
}

/** A node of which only name and address are said; the rest is what a spec that is silent about it means. */
function plainNode(node: NodeSpec): NodeSpec {
  return { ...node, site: null, priority: 100, maintenanceUntil: null, overwrite: false }
}

function* groupSentences(before: GroupSpec, after: GroupSpec): Generator<Said> {
  if (before.engine !== after.engine) yield say('diff.engine', { from: before.engine, to: after.engine })
  if (before.credential !== after.credential) yield say('diff.credential', { from: before.credential, to: after.credential })
  if (before.tls !== after.tls) yield say('diff.tls', { on: after.tls })
  yield* valueDifferences(before.policy, after.policy)
  yield* pauseSentences(before.pause, after.pause)
  yield* rollSentences(before.roll, after.roll)
  yield* scheduledSentences(before.scheduled, after.scheduled)
  const was = new Map(before.nodes.map((node) => [node.id, node]))
  const is = new Set(after.nodes.map((node) => node.id))
  for (const node of before.nodes) if (!is.has(node.id)) yield say('diff.nodeRemoved', { node: called(node) })
  for (const node of after.nodes) {
    const old = was.get(node.id)
    if (old === undefined) yield say('diff.nodeAdded', { node: called(node) })
    yield* nodeSentences(old ?? plainNode(node), node)
  }
}

function* pauseSentences(before: OperatorPause | null, after: OperatorPause | null): Generator<Said> {
  if (after === null) {
    if (before !== null) yield say('diff.pauseEnds')
  } else if (before?.until !== after.until || before.by !== after.by || before.why !== after.why) {
    yield say('diff.paused', { until: instant(after.until), ...noteOf(after) })
  }
}

function* rollSentences(before: Roll | undefined, after: Roll | undefined): Generator<Said> {
  if (after === undefined) {
    if (before !== undefined) yield say('diff.rollEnds')
    return
  }
  if (before?.since !== after.since || before.by !== after.by || before.why !== after.why)
    yield say(before === undefined ? 'diff.rollBegins' : 'diff.rollGoesOn', noteOf(after))
  if (after.turn !== null && before?.turn?.node !== after.turn.node) yield say('diff.rollTurn', { node: after.turn.node })
}

function* scheduledSentences(before: Scheduled | undefined, after: Scheduled | undefined): Generator<Said> {
  if (after === undefined) {
    if (before !== undefined) yield say('diff.unscheduled')
  } else if (before?.at !== after.at || before.to !== after.to || before.by !== after.by || before.why !== after.why) {
    yield say('diff.scheduled', { to: after.to, at: instant(after.at), ...noteOf(after) })
  }
}

function noteOf({ by, why }: OperatorNote): { readonly by: string; readonly why: string } {
  return { by, why }
}

function* nodeSentences(before: NodeSpec, after: NodeSpec): Generator<Said> {
  const node = after.id
  const [from, to] = [formatAddress(before), formatAddress(after)]
  if (from !== to) yield say('diff.address', { node, from, to })
  if (before.site !== after.site) yield say('diff.site', { node, from: before.site, to: after.site })
  if (before.priority !== after.priority) yield say('diff.priority', { node, from: before.priority, to: after.priority })
  yield* maintenanceSentences(before, after)
  if (before.overwrite !== after.overwrite) yield say(after.overwrite ? 'diff.overwrite' : 'diff.noOverwrite', { node })
}

function* maintenanceSentences(before: NodeSpec, after: NodeSpec): Generator<Said> {
  const [was, is] = [before.maintenanceNote, after.maintenanceNote]
  if (before.maintenanceUntil === after.maintenanceUntil && was?.by === is?.by && was?.why === is?.why) return
  const node = after.id
  if (after.maintenanceUntil === null) return yield say('diff.maintenanceEnds', { node })
  const until = instant(after.maintenanceUntil)
  yield is === undefined ? say('diff.maintenance', { node, until }) : say('diff.maintenanceBy', { node, until, ...noteOf(is) })
}

/** a (127.0.0.1:6379) */
function called(node: NodeSpec): string {
  return `${node.id} (${formatAddress(node)})`
}

/** 2026-11-22 07:00:00Z */
function instant(at: WallTime): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
}
