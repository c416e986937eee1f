// What a node says when the doctor asks, as its engine reads it. Observed, never stored.
import type { ProbeFailure, WallTime } from '../model.ts'

/** Null stands for "it did not say". */
export interface Facts {
  readonly version: string
  readonly incarnation: string
  readonly isReplica: boolean
  /** Its wall clock as it answered. */
  readonly clock: WallTime | null
  /** Empty: it was started without one. */
  readonly configFile: string
  readonly isCluster: boolean
  readonly offset: number
  /** How long its link to the primary has been down; null when it is up, or it is no replica. */
  readonly linkDownMs: number | null
  /** Why its last write to disk failed; null when it did not. */
  readonly diskProblem: string | null
  /** How long the last copy of all its data took. */
  readonly lastCopyMs: number | null
  /** The settings that it was asked for, by their names; those it did not give are missing. */
  readonly settings: ReadonlyMap<string, string>
  /** The hard limit of what may wait for one replica, in bytes; 0 is none. */
  readonly replicaBufferBytes: number | null
}

export interface Inspection {
  /** Commands that our user may not use. */
  readonly forbidden: readonly string[]
  /** Commands that it does not know: renamed or disabled. */
  readonly missing: readonly string[]
  /** Null: it did not tell even the least. */
  readonly facts: Facts | null
}

/** How asking one node ended. The instants are ours: when the question left and when the answer was here. */
export type Inspected =
  | { readonly ok: true; readonly inspection: Inspection; readonly askedAt: WallTime; readonly answeredAt: WallTime }
  | { readonly ok: false; readonly failure: ProbeFailure }
