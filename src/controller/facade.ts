// What the faces (HTTP API, Sentinel protocol, page) may ask of the controller. Implemented by controller.ts.
import type { GroupId, GroupSpec, LogEntry, Topology, WallTime } from '../core/model.ts'
import type { DoctorReport } from '../core/doctor/finding.ts'
import type { Said } from '../core/said.ts'
import type { EffectivePolicy, PolicyRule } from '../core/policyLayers.ts'
import type { Glance, GroupStatus, NodeFigures } from '../core/status.ts'
import type { RollView } from '../core/roll.ts'
import type { Question, StopPlan } from '../core/stopPlan.ts'
import type { Command, CommandAnswer } from '../ports.ts'
import type { Totals } from './counts.ts'

export interface SpecRevision {
  readonly revision: number
  readonly at: WallTime
  readonly by: string
  readonly why: string
  readonly groups: readonly GroupSpec[]
  /** Under the policies of the groups whose names match, in their order. */
  readonly policies: readonly PolicyRule[]
}

export interface SpecChange {
  /** null: the policies of many groups. */
  readonly group: GroupId | null
  readonly change: 'add' | 'remove' | 'change'
  /** One sentence per difference. */
  readonly what: readonly string[]
  /** Not in revisions that an earlier version wrote. */
  readonly whatSaid?: readonly Said[]
}

/** A revision in a list, with the first of its changes. */
export interface SpecRevisionEntry extends Omit<SpecRevision, 'groups' | 'policies'> {
  /** How many groups it changed. */
  readonly changed: number
  readonly changes: readonly SpecChange[]
}

export interface ApplyRequest {
  /** The whole wanted state of the groups named here. */
  readonly put: readonly GroupSpec[]
  readonly remove: readonly GroupId[]
  /** All of them; not given: as they are. */
  readonly policies?: readonly PolicyRule[]
  readonly by: string
  readonly why: string
  readonly dryRun: boolean
  /** Refuse with REVISION_CONFLICT when the current revision is another one; null: whatever it is. */
  readonly ifRevision: number | null
}

export interface ApplyResult {
  /** The revision that holds the change; the current one when nothing changed or on a dry run. */
  readonly revision: number
  readonly dryRun: boolean
  readonly changes: readonly SpecChange[]
}

/** What happened, for the event stream. `status` is sent when a group's status changed in a way a person would see. */
export type ControllerEvent =
  | { readonly kind: 'log'; readonly entry: LogEntry }
  | { readonly kind: 'status'; readonly status: GroupStatus }
  | { readonly kind: 'spec'; readonly revision: number }
  /** Clients are told something else from now on. */
  | { readonly kind: 'topology'; readonly topology: Topology }

export interface ControllerFacade {
  readonly installation: string
  statuses(): readonly GroupStatus[]
  /** Of every group, what is counted without a status of it. */
  glances(): readonly Glance[]
  /** Throws UNKNOWN_GROUP. */
  status(group: GroupId): GroupStatus
  /** What charts show of its nodes, without a status of the group. Throws UNKNOWN_GROUP. */
  figures(group: GroupId): readonly NodeFigures[]
  /** What clients are told now; null while nothing is known. After a stall of ours it names nobody until the nodes were heard. Throws UNKNOWN_GROUP. */
  topology(group: GroupId): Topology | null
  /**
   * What would happen if it died or were stopped. `whom`: a node of the group, `all` of it, or a host: then of every group that has a node there.
   * Throws UNKNOWN_GROUP, and UNKNOWN_NODE when it is none of these.
   */
  plan(group: GroupId, what: Question['what'], whom: string): Promise<readonly StopPlan[]>
  /** Where its rolling restart stands and what is next; null when none was begun. Throws UNKNOWN_GROUP. */
  roll(group: GroupId): RollView | null
  spec(): SpecRevision
  /** The policy of a group as it is in force, each value with its source. Throws UNKNOWN_GROUP. */
  policy(group: GroupId): EffectivePolicy
  /** Newest first. `before`: only smaller numbers. */
  revisions(limit: number, before?: number): Promise<readonly SpecRevisionEntry[]>
  /** The whole spec as it was then; 0 is the beginning, with nothing in it. Throws UNKNOWN_REVISION. */
  specAt(revision: number): Promise<SpecRevision>
  /** Everything that one revision changed. Throws UNKNOWN_REVISION. */
  specChanges(revision: number): Promise<readonly SpecChange[]>
  /** One revision for all of it, or nothing. Throws the codes that errors.ts lists for specs. */
  apply(request: ApplyRequest): Promise<ApplyResult>
  /** Throws UNKNOWN_GROUP. A refusal is an answer, not an error. */
  command(group: GroupId, command: Command): Promise<CommandAnswer>
  /** What the doctor found when it last looked at each group. */
  doctor(): DoctorReport
  /** Has the doctor look at these groups now; ends when it did. Throws UNKNOWN_GROUP. */
  examine(groups: readonly GroupId[]): Promise<void>
  /** A copy of the whole store, as the bytes of one file, which knows that it is a copy. */
  backup(): AsyncIterable<Uint8Array>
  /** Newest first. Throws UNKNOWN_GROUP. */
  history(group: GroupId, limit: number, before?: number): Promise<readonly LogEntry[]>
  /** What was done since this process began. */
  totals(): Totals
  /** `kinds`: all when not given; statuses cost time, so who does not need them leaves them out. Returns how to stop. */
  subscribe(listener: (event: ControllerEvent) => void, kinds?: readonly ControllerEvent['kind'][]): () => void
}
