// Everything a rule may look at: the record beside what is observed, at one instant. Nothing else exists for the core.
import type { Capabilities, Epoch, GroupRecord, GroupSpec, Instant, NodeId, Policy, Reading, WallTime } from './model.ts'
import { type NodeView, answers, newNode } from './observe.ts'

/** What a group remembers beside its nodes. Lost with the process; nothing here is needed to be safe, only to be quick. */
export interface Memory {
  /** When the record that is now in force was read or its save confirmed; silence clocks start no earlier. */
  readonly recordAt: Instant
  /** When this process read the record for the first time: what was observed before proves nothing to it. */
  readonly loadedAt: Instant
  /** The failover in which this process told the candidate to promote itself: from then on it is finished, not taken back. */
  readonly promotedIn: Epoch | null
  /** When a switchover was last given up; a hung primary is then replaced by force. */
  readonly abortedAt: Instant | null
  /** When the primary was first found lost since it was last alive; waits for better candidates count from here. */
  readonly lostAt: Instant | null
  /** The last reading of the recorded primary's process as a primary: whom it listed, how far it was. Outlives its successor's readings. */
  readonly watched: { readonly reading: Reading; readonly at: Instant } | null
  /** This process saved the switchover that is under way, so it knows whether it paused the writes. */
  readonly ownSwitchover: Epoch | null
  /** When the primary confirmed the write pause of that switchover. */
  readonly writesPausedAt: Instant | null
  /** The primary's process that was told guard, lag limit and ping period by this process. */
  readonly tuned: string | null
  /** The canary on the primary. `problem` says why its last write failed. */
  readonly canary: {
    readonly seq: number
    readonly dueAt: Instant
    readonly inFlight: { readonly id: number; readonly since: Instant } | null
    readonly okAt: Instant | null
    readonly problem: string | null
  }
  /** Per replica: the primary's offset that it must acknowledge before it counts as in sync (protocol: the in-sync set, M9). */
  readonly targets: ReadonlyMap<NodeId, { readonly link: string; readonly offset: number }>
  /** Most hosts fell silent at once: no verdict by silence. */
  readonly frozen: { readonly silentHosts: number; readonly hosts: number } | null
  /** A forced failover an operator asked for, until it was decided. */
  readonly order: Order | null
}

export interface Order {
  readonly name: 'switchover' | 'failover'
  readonly to: NodeId | null
  readonly by: string
}

export interface Situation {
  readonly spec: GroupSpec
  readonly specRevision: number
  readonly policy: Policy
  readonly can: Capabilities
  readonly installation: string
  /** Names this process in records it writes. */
  readonly writer: string
  readonly record: GroupRecord | null
  readonly nodes: ReadonlyMap<NodeId, NodeView>
  readonly memory: Memory
  readonly now: Instant
  readonly wall: WallTime
}

export function newMemory(now: Instant): Memory {
  return {
    recordAt: now,
    loadedAt: now,
    promotedIn: null,
    abortedAt: null,
    lostAt: null,
    watched: null,
    ownSwitchover: null,
    writesPausedAt: null,
    tuned: null,
    canary: { seq: 0, dueAt: now, inFlight: null, okAt: null, problem: null },
    targets: new Map(),
    frozen: null,
    order: null,
  }
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
  return node.spec.maintenanceUntil !== null && node.spec.maintenanceUntil > s.wall
}

/** The node's data is this group's: it bears its mark, or is empty, or a person said that it may be overwritten. */
export function ours(s: Situation, node: NodeView): boolean {
  if (!answers(node)) return false
  const { mark, keys } = node.reading
  if (mark !== null) return (mark.group === s.spec.id && mark.installation === s.installation) || node.spec.overwrite
  return keys === 0 || node.spec.overwrite || sharesLineage(s, node)
}

/** Its history is one that the record knows. */
export function sharesLineage(s: Situation, node: NodeView): boolean {
  const position = node.reading?.position
  if (position?.kind !== 'stream' || s.record === null) return false
  return s.record.lineage.some((entry) => entry.replid === position.replid || entry.replid === position.replid2)
}

/** Nothing of the group's data is on it. */
export function empty(node: NodeView): boolean {
  return node.reading !== null && node.reading.keys === 0
}

export function quote(ids: readonly NodeId[]): string {
  return ids.length === 0 ? 'nobody' : ids.join(', ')
}
