// What people are shown of a group: the record beside what is observed, what it is called, what is done and why.
import type { Checkup } from './doctor/finding.ts'
import type { Address, EngineName, Epoch, Evidence, GroupId, NodeId, OperatorPause, Roll, Scheduled, WallTime } from './model.ts'
import type { RollProgress } from './roll.ts'
import type { Said, Worded } from './said.ts'

/** healthy: writable, every node follows and is in sync. degraded: writable, but not all of that. down: not writable. unknown: not heard yet. */
export type GroupState = 'healthy' | 'degraded' | 'down' | 'unknown'

/** up: gave a reading within silentAfterMs. answering: alive, but gave no reading. unheard: nothing known yet. */
export type NodeHealth = 'up' | 'answering' | 'silent' | 'refused' | 'unheard'

/** What a node is in its group, by the record and by what it says itself. */
export type NodeRole = 'primary' | 'replica' | 'fenced' | 'foreign primary' | 'unknown'

export const recoverySteps = ['seen', 'fenced', 'demoted', 'role persisted', 'link up', 'in sync'] as const
export type RecoveryStepName = (typeof recoverySteps)[number]

export interface RecoveryStep {
  readonly name: RecoveryStepName
  readonly state: 'done' | 'now' | 'waiting' | 'failed' | 'skipped'
  /** Milliseconds after the node was seen again; null when not reached. */
  readonly afterMs: number | null
  readonly note: string | null
  readonly noteSaid: Said | null
}

/** A node that came back or joined, on its way to in sync. Kept for an hour after it ended. */
export interface Recovery {
  readonly node: NodeId
  readonly startedAt: WallTime
  readonly endedAt: WallTime | null
  readonly steps: readonly RecoveryStep[]
}

export const passageSteps = {
  failover: ['suspected', 'proven', 'elected', 'promoting', 'confirmed', 'opened', 'told', 'attached'],
  switchover: ['elected', 'paused', 'demoted', 'promoting', 'confirmed', 'opened', 'told', 'attached'],
} as const
export type PassageStepName = (typeof passageSteps)[keyof typeof passageSteps][number]

export interface PassageStep {
  readonly name: PassageStepName
  /** skipped: not reached, and it ended. */
  readonly state: 'done' | 'now' | 'waiting' | 'skipped'
  /** Milliseconds after the first step; null when not reached. */
  readonly afterMs: number | null
}

/** A change of primary, as the process saw it that watched. */
export interface Passage {
  readonly kind: 'failover' | 'switchover'
  /** The epoch that it leads to. */
  readonly epoch: Epoch
  readonly from: NodeId
  readonly to: NodeId | null
  readonly startedAt: WallTime
  /** Clients know the new primary and every node that answers follows it, or it was given up. */
  readonly endedAt: WallTime | null
  readonly steps: readonly PassageStep[]
}

export interface NodeStatus {
  readonly id: NodeId
  readonly address: Address
  readonly site: string | null
  readonly role: NodeRole
  readonly health: NodeHealth
  /** Why it is not simply up; null when it is. */
  readonly problem: string | null
  readonly problemSaid: Said | null
  readonly inSync: boolean
  readonly linkUp: boolean | null
  /** Bytes behind the primary; null when the positions cannot be compared. */
  readonly lagBytes: number | null
  /** Whom it follows by its own word; null for a primary, and when it said nothing. `node`: null outside the group. */
  readonly follows: (Address & { readonly node: NodeId | null; readonly linkUp: boolean; readonly syncing: boolean }) | null
  /** Who is attached to it by its own word. `acked`: how far they acknowledged. */
  readonly attached: readonly (Address & { readonly node: NodeId | null; readonly online: boolean; readonly acked: number })[]
  readonly keys: number | null
  /** Its process, and how far its history goes, by its own last word; null when it gave none. */
  readonly incarnation: string | null
  readonly offset: number | null
  readonly version: string | null
  /** Null when it is in none. */
  readonly maintenance: OperatorPause | null
  readonly lastReplyAgoMs: number | null
  /** What it said within the last 10 s or so; null when it does not say. */
  readonly opsPerSec: number | null
  readonly usedMemoryBytes: number | null
  /** How long its latest reading took to come; null when its latest probe gave none. */
  readonly probeMs: number | null
}

/** How the group stood when a history entry was written: the record in force from then on, and what was seen of the nodes. */
export interface Moment {
  readonly phase: GroupStatus['phase']
  readonly primary: NodeId | null
  readonly candidate: NodeId | null
  readonly inSync: readonly NodeId[]
  readonly guard: number
  readonly writable: boolean
  readonly nodes: Readonly<Record<NodeId, { readonly role: NodeRole; readonly health: NodeHealth; readonly linkUp: boolean | null }>>
}

export interface Verdict extends Worded {
  readonly rule: string
  readonly kind: 'decision' | 'hold'
  readonly evidence: Evidence
  readonly at: WallTime
}

export interface RecordStatus {
  readonly at: WallTime
  /** The process that wrote it. */
  readonly writer: string
  /** The primary's process when it was written. */
  readonly incarnation: string
  readonly hasData: boolean
  readonly fenced: boolean
  /** Why the primary is replaced by force, and what is lost or risked by it; null when it is not. */
  readonly cause: string | null
  readonly loss: string | null
  readonly lossSaid: Said | null
  /** Completed forced failovers that still count, newest last. */
  readonly failovers: readonly WallTime[]
}

/** What charts show of a node. */
export type NodeFigures = Pick<NodeStatus, 'id' | 'lagBytes' | 'opsPerSec' | 'usedMemoryBytes' | 'probeMs'>

/** What is counted of a group. */
export interface Glance {
  readonly group: GroupId
  /** Its state is not `unknown`. */
  readonly known: boolean
  readonly nodes: number
  /** Nodes that answer. */
  readonly heard: number
}

export interface GroupStatus extends Worded {
  readonly group: GroupId
  readonly engine: EngineName
  readonly state: GroupState
  /** The situation's name, for example `primary dead, proven`. */
  readonly diagnosis: string
  readonly evidence: Evidence
  readonly epoch: Epoch
  readonly phase: 'new' | 'restored' | 'steady' | 'failover' | 'switchover'
  readonly primary: NodeId | null
  readonly candidate: NodeId | null
  readonly writable: boolean
  /** How many replicas must keep up for the primary to write; `set` is what the primary says, null when unheard. */
  readonly guard: { readonly recorded: number; readonly set: number | null }
  readonly inSync: readonly NodeId[]
  /** More of the record, to be put beside what is observed; null while there is none. */
  readonly record: RecordStatus | null
  readonly pause: OperatorPause | null
  /** A switchover that is to be made at an instant to come; null when there is none. */
  readonly scheduled: Scheduled | null
  /** The preferred node that is not primary now. `at`: when it has been in sync long enough, null when it is not in sync. */
  readonly failback: { readonly node: NodeId; readonly at: WallTime | null; readonly window: string | null } | null
  /** A rolling restart that was begun and not ended; null when there is none. */
  readonly roll: (Omit<Roll, 'was'> & RollProgress) | null
  /** The last decision or refusal and why. */
  readonly verdict: Verdict
  readonly nodes: readonly NodeStatus[]
  readonly recoveries: readonly Recovery[]
  /** The change of primary under way, and the last one that was watched to its end; the store keeps that one. */
  readonly passage: { readonly running: Passage | null; readonly last: Passage | null }
  /** Things a person should mend, each with its way out. */
  readonly warnings: readonly string[]
  readonly warningsSaid: readonly Said[]
  readonly specRevision: number
  /** What the doctor found when it last looked. */
  readonly doctor: Checkup
}
