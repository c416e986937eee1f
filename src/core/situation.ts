// Everything a rule may look at: the record beside what is observed, at one instant. Nothing else exists for the core.
import type { Memory } from './memory.ts'
import {
  type Capabilities,
  type GroupRecord,
  type GroupSpec,
  type Instant,
  type Mark,
  type NodeId,
  type Policy,
  type Reading,
  type WallTime,
  logIdOf,
} from './model.ts'
import { type NodeView, answers, freshSince, newNode } from './observe.ts'

export interface Situation {
  readonly spec: GroupSpec
  readonly specRevision: number
  readonly policy: Policy
  readonly can: Capabilities
  readonly installation: string
  readonly record: GroupRecord | null
  readonly nodes: ReadonlyMap<NodeId, NodeView>
  readonly memory: Memory
  readonly now: Instant
  readonly wall: WallTime
}

export function nodeOf(s: Situation, id: NodeId): NodeView {
  return s.nodes.get(id) ?? missing(s, id)
}

/** A record may name a node that the spec no longer has: it is unheard for ever. */
function missing(s: Situation, id: NodeId): NodeView {
  return newNode({ id, host: '', port: 0, site: null, priority: 0, maintenanceUntil: s.wall, overwrite: false })
}

export function others(s: Situation, id: NodeId): NodeView[] {
  return [...s.nodes.values()].filter((node) => node.spec.id !== id)
}

export function paused(s: Situation): boolean {
  return s.spec.pause !== null && s.spec.pause.until > s.wall
}

export function inMaintenance(s: Situation, node: NodeView): boolean {
  return (node.spec.maintenanceUntil !== null && node.spec.maintenanceUntil > s.wall) || hasTurn(s, node)
}

/** A rolling restart is at this node: it may go at any moment, or is not back in sync as another process yet. A change of primary ends it. */
export function hasTurn(s: Situation, node: NodeView): boolean {
  const { roll } = s.spec
  const { id } = node.spec
  if (roll === undefined || roll.turn?.node !== id || roll.turn.until <= s.wall || roll.turn.epoch !== s.record?.epoch) return false
  const incarnation = node.reading?.incarnation
  const restarted = roll.was.every((member) => member.node !== id || member.incarnation !== incarnation)
  return !restarted || !s.record.inSync.some((member) => member.node === id && member.incarnation === incarnation)
}

/** It is a mark of this group, by this installation. */
export function isOurs(s: Situation, mark: Mark): boolean {
  return mark.group === s.spec.id && mark.installation === s.installation
}

/** The node's data is this group's: it bears its mark, or is empty, or a person said so. Before the first record nobody knows better than the person who listed it. */
export function ours(s: Situation, node: NodeView): boolean {
  if (!answers(node)) return false
  const { mark, keys } = node.reading
  if (mark !== null) return isOurs(s, mark) || node.spec.overwrite
  return keys === 0 || node.spec.overwrite || sharesLineage(s, node) || sharesLog(s, node) || unmarkedMember(s, node) || s.record === null
}

/** The record names it, and that it shows no mark says nothing: it could not be read, or the first canary may not have been written yet. */
function unmarkedMember(s: Situation, node: NodeView & { readonly reading: Reading }): boolean {
  const { record } = s
  if (record === null) return false
  // Of what became of the group since a copy was made the record knows nothing.
  const marked = record.phase !== 'restored' && ((record.floor?.markSeq ?? 0) > 0 || (s.memory.watched?.reading.mark ?? null) !== null)
  if (marked && node.reading.markUnread !== true) return false
  return (
    record.primary === node.spec.id ||
    record.inSync.some((m) => m.node === node.spec.id) ||
    record.lineage.some((entry) => entry.node === node.spec.id)
  )
}

/** Its log bears an id that the record knows, or that of a node that bears our mark: it was copied from one of this group, whatever became of its own mark. */
function sharesLog(s: Situation, node: NodeView & { readonly reading: Reading }): boolean {
  const id = logIdOf(node.reading.position)
  if (id === '') return false
  if (s.record?.lineage.some((entry) => entry.logId === id)) return true
  const bears = ({ reading }: NodeView): boolean => reading?.mark != null && isOurs(s, reading.mark)
  return [...s.nodes.values()].some((other) => bears(other) && other.reading !== null && logIdOf(other.reading.position) === id)
}

/** Its history is one that the record knows. */
export function sharesLineage(s: Situation, node: NodeView): boolean {
  const position = node.reading?.position
  if (position?.kind !== 'stream' || s.record === null) return false
  return s.record.lineage.some((entry) => entry.replid === position.replid || entry.replid === position.replid2)
}

/** The process that was in sync: what it acknowledged it still holds. One that was restarted may have been the one that kept up, and lost it. */
export function keptItsData(record: GroupRecord, node: NodeView): boolean {
  return record.inSync.some((member) => member.node === node.spec.id && member.incarnation === node.reading?.incarnation)
}

/** Answers, but is only being asked again since we told it something or since then: its next word counts. */
export function isBeingAsked(s: Situation, node: NodeView, since: Instant): boolean {
  const { acting, actedAt } = node
  if (!answers(node) || freshSince(node, since)) return false
  // An action may take its whole time; an answer to a question no longer than silence.
  const patience = s.policy.silentAfterMs + (acting === null ? 0 : Math.max(s.policy.actionTimeoutMs, s.can.roleChangeMs))
  return s.now - (acting?.since ?? Math.max(actedAt ?? -Infinity, since)) <= patience
}

/** Nothing of the group's data is on it. */
export function empty(node: NodeView): boolean {
  return node.reading !== null && node.reading.keys === 0
}

export function quote(ids: readonly NodeId[]): string {
  return ids.length === 0 ? 'nobody' : ids.join(', ')
}

/**
 * It was an open primary in a history that was another's: what it took bears the name of that history, at places where others hold something
 * else, whatever it is by now. Not so when it became the primary since: then the history went on from what it holds.
 */
export function isRival(s: Situation, record: GroupRecord, { spec, openIn }: NodeView): boolean {
  if (s.can.namesHistories || spec.id === record.primary || openIn === null) return false
  const reign = record.lineage.findLastIndex((entry) => entry.replid === openIn.history)
  return reign !== -1 && record.lineage.slice(reign).every((entry) => entry.node !== spec.id)
}
