// What the controller needs from outside, as types only. adapters/ implement them; the simulator implements them again.
import type { Inspected } from './core/doctor/inspection.ts'
import type { Action, ActionResult } from './core/action.ts'
import type {
  Address,
  Epoch,
  GroupId,
  GroupRecord,
  GroupSpec,
  Instant,
  LogEntry,
  NodeId,
  ProbeResult,
  Topology,
  WallTime,
} from './core/model.ts'
import type { Said, Worded } from './core/said.ts'
import type { Passage } from './core/status.ts'

export interface Clock {
  /** Monotonic milliseconds, fractions allowed. */
  now(): Instant
  wall(): WallTime
}

export interface Dice {
  /** Uniform in [0, 1). */
  next(): number
  /** A fresh identifier of letters and digits. */
  id(): string
}

// -------------------------------------------------------------------------------------------- effects

/** Where a node is and how to speak to it. */
export interface NodeTarget {
  readonly group: GroupId
  readonly node: NodeId
  readonly address: Address
}

/** What a group asks of the world. Each ends as exactly one input of the same group. */
export type Effect =
  /** -> probed. `timeoutMs` ends it as `silent`; the connection stays. */
  | { readonly kind: 'probe'; readonly target: NodeTarget; readonly timeoutMs: number; readonly withLoad: boolean }
  /** -> acted. `queued`: written onto the connection that was open before the node fell silent, without waiting for its answer. */
  | {
      readonly kind: 'act'
      readonly id: number
      readonly target: NodeTarget
      readonly action: Action
      readonly epoch: Epoch
      readonly timeoutMs: number
      readonly queued: boolean
    }
  /** -> saved. The log entry is stored in the same transaction. */
  | { readonly kind: 'save'; readonly id: number; readonly expected: number; readonly record: GroupRecord; readonly entry: NewLogEntry }
  /** -> loaded. Asked at start and whenever the outcome of a save is not known. */
  | { readonly kind: 'load'; readonly group: GroupId }
  /** -> noted. `passage`: kept beside the record too, in the same transaction, and given back by `load`. */
  | { readonly kind: 'note'; readonly entry: NewLogEntry; readonly passage?: Passage }
  /** -> published. */
  | { readonly kind: 'publish'; readonly topology: Topology }
  /** -> replied. The answer to a command. */
  | { readonly kind: 'reply'; readonly id: number; readonly answer: CommandAnswer }

export type NewLogEntry = Omit<LogEntry, 'seq'>

export type Command =
  | { readonly name: 'switchover'; readonly to: NodeId | null; readonly by: string; readonly dryRun: boolean }
  | { readonly name: 'failover'; readonly to: NodeId | null; readonly by: string; readonly dryRun: boolean }

export type CommandAnswer =
  | (Worded & {
      readonly ok: true
      readonly epoch: Epoch
      readonly candidate: NodeId
      /** What happens, in order. */
      readonly steps: readonly string[]
      readonly stepsSaid: readonly Said[]
      /** What is lost or risked by it; null when nothing is. */
      readonly loss: string | null
      readonly lossSaid: Said | null
    })
  | (Worded & { readonly ok: false; readonly code: 'NOT_NOW' | 'WOULD_LOSE_DATA' | 'UNKNOWN_NODE' | 'STORE_BROKEN' })

export type Input =
  /**
   * Time passed. `silentHosts` over all groups; `stalledMs` > 0 when this process itself was late. `hurryEveryMs`: so often, and no more, can this
   * process ask each node of all that are asked in a hurry.
   */
  | {
      readonly kind: 'tick'
      readonly silentHosts: number
      readonly hosts: number
      readonly stalledMs: number
      readonly hurryEveryMs: number
    }
  /** `sentAt`: when the question left; what was true before it proves nothing. */
  | { readonly kind: 'probed'; readonly node: NodeId; readonly sentAt: Instant; readonly result: ProbeResult }
  /** The probing connection ended by itself: closed, reset. Not an answer to an effect. */
  | { readonly kind: 'disconnected'; readonly node: NodeId }
  | { readonly kind: 'acted'; readonly id: number; readonly node: NodeId; readonly sentAt: Instant; readonly result: ActionResult }
  | { readonly kind: 'saved'; readonly id: number; readonly result: SaveResult }
  | { readonly kind: 'loaded'; readonly stored: Stored<GroupRecord> | null; readonly passage?: Passage | null }
  | { readonly kind: 'noted' }
  | { readonly kind: 'published' }
  | { readonly kind: 'replied'; readonly id: number }
  | { readonly kind: 'spec'; readonly spec: GroupSpec; readonly revision: number }
  | { readonly kind: 'command'; readonly id: number; readonly command: Command }

// ---------------------------------------------------------------------------------------------- store

/** A stored value with its version; versions start at 1 and rise at every change, 0 means "does not exist". */
export interface Stored<T> {
  readonly value: T
  readonly version: number
}

/** ok: durable. conflict: somebody changed a key, nothing was written. unknown: it may or may not have been written; read again. */
export type SaveResult =
  | { readonly ok: true; readonly version: number }
  | { readonly ok: false; readonly reason: 'conflict' | 'unknown'; readonly message: string }

export interface Change {
  readonly key: string
  /** The version the key must have; 0: it must not exist. */
  readonly expected: number
  /** JSON; null deletes. */
  readonly value: unknown
}

/** Keys are `/`-separated. All or nothing per call. A value is JSON of at most 1 MiB. */
export interface Store {
  get<T>(key: string): Promise<Stored<T> | null>
  /** In key order. */
  list<T>(prefix: string): Promise<readonly (Stored<T> & { readonly key: string })[]>
  /** All changes and all log entries, or nothing. On ok, `version` is the new version of the first change. */
  commit(changes: readonly Change[], entries: readonly NewLogEntry[]): Promise<SaveResult>
  /** Newest first. `before`: only entries with a smaller seq. */
  history(group: GroupId, limit: number, before?: number): Promise<readonly LogEntry[]>
  /**
   * Everything at one instant, as bytes that open as a store of the same kind, in which these keys have these values.
   * Others read and write meanwhile. Nothing is made before it is iterated, and nothing is left behind when that ends.
   */
  copy(marked: readonly Pick<Change, 'key' | 'value'>[]): AsyncIterable<Uint8Array>
  /** Called after every durable change, in order, with the keys that changed. Returns how to stop. */
  watch(prefix: string, changed: (key: string) => void): () => void
  close(): Promise<void>
}

// ---------------------------------------------------------------------------------------------- world

/** Carries out effects. Each ends as exactly one input, given to `post` later, never inside `run`. */
export interface World {
  run(effect: WorldEffect, post: (input: Input) => void): void
  /** Closes the links to every node that is not among these. */
  keep(targets: readonly NodeTarget[]): void
  /** Asks a node for the doctor, apart from what groups say to it. Ends once, later; `user`: as whom we ask. */
  inspect(target: NodeTarget, timeoutMs: number, done: (inspected: Inspected, user: string) => void): void
}

/** What leaves the process; `publish` and `reply` end inside the controller. */
export type WorldEffect = Exclude<Effect, { kind: 'publish' } | { kind: 'reply' }>

/** Calls `ring` once, at or after an instant; setting a name again replaces its instant. `lateMs`: how far our own loop was behind. */
export interface Alarm {
  set(name: string, at: Instant, ring: (lateMs: number) => void): void
  clear(name: string): void
}
