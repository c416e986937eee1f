// The words of the core: what an operator asks for, what is recorded, what is observed, what is decided.
// Everything here is plain data; the rest of core/ computes on it.

import type { Said } from './said.ts'
import type { Moment } from './status.ts'

export type GroupId = string
/** A node's name inside its group. The name is the identity; the address may change. */
export type NodeId = string
/** Rises by at least one at every change of primary; carried by every action. */
export type Epoch = number
/** Milliseconds on the injected monotonic clock. Comparable only inside one process. */
export type Instant = number
/** Milliseconds since 1970 on the wall clock. For people and for the store, never for a verdict. */
export type WallTime = number

export type EngineName = 'redis' | 'valkey' | 'pika'

export interface Address {
  readonly host: string
  readonly port: number
}

// ---------------------------------------------------------------------------------------------- spec

/** Every wait and limit of a group. Units are in the names; `limits.ts` holds the defaults and their reasons. */
export interface Policy {
  readonly probeEveryMs: number
  readonly silentAfterMs: number
  readonly retryDownMs: number
  readonly actionTimeoutMs: number
  readonly inSyncMaxLagBytes: number
  readonly parallelSyncs: number
  readonly canaryEveryMs: number
  readonly canaryTimeoutMs: number
  readonly betterCandidateMs: number
  readonly switchoverDeadlineMs: number
  readonly flapFailovers: number
  readonly flapWindowMs: number
  /** auto: the primary writes only while one replica keeps up, when the group has two or more; on: also with one; off: never. */
  readonly guard: 'auto' | 'on' | 'off'
  readonly bootFence: boolean
  /** auto: only an unguarded group of one primary and one replica may be promoted by silence alone. */
  readonly acceptSplitRisk: 'auto' | 'always' | 'never'
  /** true: a replica may be promoted although nobody watched the primary die. */
  readonly acceptStaleRisk: boolean
  /** Whether a node that is preferred by its priority becomes primary again: off; in the window; as soon as it may. */
  readonly failback: 'off' | 'window' | 'atOnce'
  /** So long it must have been in sync before; each further failover within a day doubles it. */
  readonly failbackAfterMs: number
  readonly failbackWindow: string
}

export interface NodeSpec {
  readonly id: NodeId
  readonly host: string
  readonly port: number
  readonly site: string | null
  /** As Redis' replica-priority: the lowest wins a tie, 0 is never promoted. */
  readonly priority: number
  /** Until then the node is not promoted, hands over when it is the primary, and may be down without anybody being alarmed. */
  readonly maintenanceUntil: WallTime | null
  /** Who put it into maintenance, and why. */
  readonly maintenanceNote?: OperatorNote
  /** A person said that whatever this node holds may be overwritten. */
  readonly overwrite: boolean
}

export interface OperatorNote {
  readonly by: string
  readonly why: string
}

export interface OperatorPause extends OperatorNote {
  readonly until: WallTime
}

/** A rolling restart that was begun, or begun again at `since`. */
export interface Roll extends OperatorNote {
  readonly since: WallTime
  /** Which process each node was at its beginning: who is another one was restarted. */
  readonly was: readonly InSyncMember[]
  /** Who may be restarted now: in maintenance until it is back in sync as another process, another primary is recorded, or its time is over. */
  readonly turn: { readonly node: NodeId; readonly epoch: Epoch; readonly until: WallTime } | null
}

/** A switchover at an instant to come. */
export interface Scheduled extends OperatorNote {
  readonly at: WallTime
  readonly to: NodeId | null
}

export interface GroupSpec {
  readonly id: GroupId
  readonly engine: EngineName
  readonly nodes: readonly NodeSpec[]
  /** Names an entry of `credentials` in regroup.yaml; the secret itself is never in the spec. */
  readonly credential: string | null
  readonly tls: boolean
  readonly policy: Partial<Policy>
  readonly pause: OperatorPause | null
  /** Absent: none was begun. */
  readonly roll?: Roll
  /** Absent: none was asked for. It stays here when it was made or refused; the record says so. */
  readonly scheduled?: Scheduled
}

// -------------------------------------------------------------------------------------------- record

/** A node that may be promoted, with the process that was seen in sync: a restarted process is another incarnation. */
export interface InSyncMember {
  readonly node: NodeId
  readonly incarnation: string
}

/**
 * Who was primary from which position on. `start`: how far the history before reaches into this one, null when unknown.
 * `continues`: this history grew out of the entry before; else it began anew (a restart without its position).
 */
export interface LineageEntry {
  readonly epoch: Epoch
  readonly node: NodeId
  readonly at: WallTime
  readonly replid: string
  readonly start: number | null
  readonly continues: boolean
  /** `start` in each database, where each has a log of its own. */
  readonly parts?: readonly number[]
  /** The id of its log, as `logIdOf` gives it, where the mark names the history: it outlives the mark. */
  readonly logId?: string
  /** The process that wrote it, where a crash may leave writes that its own log does not know. */
  readonly incarnation?: string
  /** It was read as a part of a copy when it became the primary, because a person named it or because it was found so: that is the history since. */
  readonly partial?: true
}

/** The highest position known of the primary when the record was saved: who holds less lacks data. `markEpoch`: absent, the lineage's last. */
export interface Floor {
  readonly replid: string
  readonly offset: number
  readonly markSeq: number
  readonly markEpoch?: Epoch
}

/** What made the candidate worth promoting: another process, another history or an older mark is another candidate. */
export interface CandidateIdentity {
  readonly incarnation: string
  readonly replid: string | null
  readonly mark: { readonly epoch: Epoch; readonly seq: number } | null
}

/** silent: the old primary may still run, so its replicas are detached before anything else. */
export type FailoverCause = 'dead' | 'silent' | 'restarted' | 'no primary' | 'hung' | 'operator'

interface RecordBase {
  readonly epoch: Epoch
  readonly primary: NodeId
  /** The primary's process; another process at its address is a restarted primary. Empty in a restored record: it says nothing any more. */
  readonly incarnation: string
  readonly inSync: readonly InSyncMember[]
  readonly guard: number
  readonly hasData: boolean
  /** The primary's own file says "replica of nowhere". */
  readonly fenced: boolean
  readonly floor: Floor | null
  readonly lineage: readonly LineageEntry[]
  /** What these hold may differ from what the primary holds although no position shows it: copied anew. Absent: nobody. */
  readonly inDoubt?: readonly NodeId[]
  /** Whom the group knows since a restore that put all others in doubt: who comes to it later may be one that the lost record spoke of. Absent: whoever is listed. */
  readonly known?: readonly NodeId[]
  /** Completed forced failovers, newest last; anti-flapping counts them. */
  readonly failovers: readonly WallTime[]
  /** The instant of the scheduled switchover that was made or refused last: none is answered twice. */
  readonly answered?: WallTime
  readonly specRevision: number
  readonly writer: string
  readonly nonce: string
  readonly at: WallTime
}

/** The durable decision. In `failover` and `switchover` the epoch is already the new one and `primary` still the old node. */
export type GroupRecord = RecordBase &
  (
    | { readonly phase: 'steady' }
    /** Read from a copy of the store: what it says was so when the copy was made, and may be long past. */
    | { readonly phase: 'restored' }
    | {
        readonly phase: 'failover'
        readonly candidate: NodeId
        readonly candidateIs: CandidateIdentity
        readonly cause: FailoverCause
        /** What is known to be lost or risked by it, for people; null when nothing is. `lossSaid`: absent where an earlier version wrote the record. */
        readonly loss: string | null
        readonly lossSaid?: Said | null
      }
    | { readonly phase: 'switchover'; readonly candidate: NodeId; readonly candidateIs: CandidateIdentity; readonly deadline: WallTime }
  )

/** A change of primary is under way. */
export type Moving = GroupRecord & { readonly phase: 'failover' | 'switchover' }

export function isMoving(record: GroupRecord): record is Moving {
  return record.phase === 'failover' || record.phase === 'switchover'
}

// ------------------------------------------------------------------------------------------- reading

/**
 * Where a node is in a history. `none`: the engine gave nothing to compare.
 * `replid`: the history's name, empty when nothing names it. Where the server names none, the mark does (`historyOf`).
 * `parts`: the offset in each database, where each has a log of its own; `offset` is their sum. `log`: positions in another log mean something else.
 */
export type Position =
  | {
      readonly kind: 'stream'
      readonly replid: string
      readonly replid2: string
      readonly second: number
      readonly offset: number
      readonly parts?: readonly number[]
      readonly log?: string
    }
  | { readonly kind: 'none' }

/** The name of the history that a primary writes at one epoch, for servers that name none. */
export function historyOf({ installation, group, epoch, since }: Omit<Mark, 'seq'>): string {
  return `${installation}/${group}/${epoch}${since === undefined ? '' : `/${since}`}`
}

/** The id that the logs of all nodes of a group bear, from the first copy on; empty when it is not known. */
export function logIdOf(position: Position): string {
  return position.kind === 'stream' ? (position.log?.split(' ')[0] ?? '') : ''
}

/** How two positions stand to each other. `tail`: bytes of stream that one has and the other lacks; they contain pings and expiries. */
export type Comparison =
  | { readonly order: 'equal' }
  | { readonly order: 'behind' | 'ahead'; readonly tail: number }
  | { readonly order: 'incomparable'; readonly reason: 'unusable' | 'no shared history' }
  | { readonly order: 'diverged'; readonly tail: number; readonly otherTail: number }

/** What an engine can do; the core asks this and never the engine's name. */
export interface Capabilities {
  readonly canPauseWrites: boolean
  /** A primary can be made to need replicas that keep up. */
  readonly canGuard: boolean
  /** A primary can be made to refuse every write, and says whether it does. */
  readonly canClose: boolean
  readonly canBootFence: boolean
  /** ... into the file of a primary that runs with its replicas. */
  readonly canBootFenceRunning: boolean
  /** A replica can be made to prove its link. false: its word on the link is worth nothing, only a position that rises is. */
  readonly canProveLink: boolean
  /** A primary can become the replica of its own replica. false: not before its replicas have left. */
  readonly canFollowOwnReplica: boolean
  /**
   * The server names its histories and copies anew by itself what does not fit. false: the mark names them, and a node is measured and, when
   * it is not shown to hold nothing more, attached by force.
   */
  readonly namesHistories: boolean
  /** A primary lists what its replicas acknowledged. false: what it sent them, so only their own positions count. */
  readonly listsAcknowledged: boolean
  /** A role change may take this long, and the node answers nobody meanwhile. 0: it does not. */
  readonly roleChangeMs: number
  /** Between leaving a primary and following the same one again. */
  readonly rejoinAfterMs: number
  /** How `a` stands to `b`. `lineage`: the histories the record knows to have grown out of each other, oldest first. */
  comparePositions(a: Position, b: Position, lineage: readonly LineageEntry[]): Comparison
}

/** Whose data a node holds, to the canary's period. Written by the canary, replicated with the data. */
export interface Mark {
  readonly installation: string
  readonly group: GroupId
  readonly epoch: Epoch
  readonly seq: number
  /** When the history began that it names: a store that was set back may begin another at the same epoch. Absent where it names none. */
  readonly since?: WallTime
  /** The latest epoch that clients were told, where a move that was given up used one since that history began. Says nothing of what the node holds. */
  readonly given?: Epoch
}

/** The latest epoch that was given when the mark was written: whoever gives another gives a later one. */
export function latestEpoch(mark: Mark): Epoch {
  return Math.max(mark.epoch, mark.given ?? 0)
}

/** A user of a node, and which commands he may give: the server's own rules in their order. Nothing secret. */
export interface AccessUser {
  readonly name: string
  readonly rules: readonly string[]
}

export interface AttachedReplica {
  readonly host: string
  readonly port: number
  readonly online: boolean
  /** Bytes acknowledged; 0 until the first acknowledgement after a full sync. */
  readonly acked: number
}

export interface Upstream {
  readonly host: string
  readonly port: number
  readonly linkUp: boolean
  readonly syncing: boolean
  /** It gave up and will not try again by itself. */
  readonly failed?: true
  /** It has asked to follow and was not answered. */
  readonly waiting?: true
}

/** One answer of one node, as its engine reads it. */
/** What a node does and holds. For people only: nothing is decided by it, and it is asked for now and then. Null: it does not say. */
export interface Load {
  readonly opsPerSec: number | null
  readonly usedMemoryBytes: number | null
}

export interface Reading {
  readonly engine: EngineName
  readonly version: string
  /** The process: changes at every restart. */
  readonly incarnation: string
  readonly role: 'primary' | 'replica'
  readonly upstream: Upstream | null
  readonly replicas: readonly AttachedReplica[]
  readonly position: Position
  /** Its position may be compared: loaded, backlog present, read-only when a replica. */
  readonly usable: boolean
  readonly loading: boolean
  /** Holds a part of a copy, from its beginning until one ended: never promoted. */
  readonly partial?: true
  readonly shuttingDown: boolean
  /** Survives a kill -9 of the process: append-only file on. */
  readonly durable: boolean
  readonly guard: number | null
  /** Where a primary is closed by its access list: who stands in it. */
  readonly users?: readonly AccessUser[]
  /** Of these, whose writes go on when it is closed. */
  readonly unclosable?: readonly string[]
  /** Keys besides our own mark. */
  readonly keys: number
  readonly mark: Mark | null
  /** The mark could not be read (loading, or a replica that serves nothing while its link is down): no mark seen is no proof of none. */
  readonly markUnread?: true
  /** Why its writes fail although it answers (MISCONF), null when none is known. */
  readonly writeProblem: string | null
  /** When it was asked for. */
  readonly load?: Load
}

/** Why a node gave no reading. `refused` and `closed` are answers of its host, `silent` is none. */
export type ProbeFailure =
  /** `standing`: only a new connection is refused; an older one stands, with a question that nobody answered. That proves no death. */
  | { readonly kind: 'refused'; readonly standing?: true }
  | { readonly kind: 'closed' }
  | { readonly kind: 'silent' }
  /** It answered, but not with a reading: alive, classified by `code` (BUSY, NOAUTH, NOPERM, MAXCLIENTS, PROTOCOL, DNS, TLS ...). */
  | { readonly kind: 'answered'; readonly code: string; readonly message: string }
  /** We could not even ask (name resolution, no route, no credential). */
  | { readonly kind: 'unasked'; readonly code: string; readonly message: string }

export type ProbeResult = { readonly ok: true; readonly reading: Reading } | { readonly ok: false; readonly failure: ProbeFailure }

// ----------------------------------------------------------------------------------- decisions, log

/** Facts behind a decision, flat, so that a person and a page can show them. */
export type Evidence = Readonly<Record<string, string | number | boolean | null>>

export interface LogEntry {
  /** Given by the store; rises by one per group. */
  readonly seq: number
  readonly at: WallTime
  readonly group: GroupId
  readonly epoch: Epoch
  /** decision: the next step; hold: nothing is done and why; event: something seen or done that a person wants in the history. */
  readonly kind: 'decision' | 'hold' | 'event'
  readonly rule: string
  readonly sentence: string
  /** The sentence as a code and its values; not in entries of earlier versions. */
  readonly said?: Said
  readonly evidence: Evidence
  /** How the group stood; not in entries of earlier versions. */
  readonly moment?: Moment
}

/** What clients and proxies are told. */
export interface Topology {
  readonly group: GroupId
  readonly epoch: Epoch
  /** null: nobody may write now. */
  readonly primary: (Address & { readonly node: NodeId }) | null
  readonly replicas: readonly (Address & { readonly node: NodeId; readonly inSync: boolean })[]
  readonly at: WallTime
}

/** For what only a bug of ours can break; the world's faults are values. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`)
}
