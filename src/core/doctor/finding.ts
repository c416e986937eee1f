// What the doctor tells: findings, each with its way out, and when a group was looked at.
import type { Said, Worded } from '../said.ts'
import type { GroupId, NodeId, WallTime } from '../model.ts'

/** serious: a failover or a return would fail, or data would be lost. warning: harm under circumstances that come. advice: could be better. */
export const severities = ['serious', 'warning', 'advice'] as const
export type Severity = (typeof severities)[number]

export interface Finding extends Worded {
  /** Of its check; stable. */
  readonly id: string
  readonly severity: Severity
  /** Null when it is about the group as a whole. */
  readonly node: NodeId | null
  readonly wayOut: string
  readonly wayOutSaid: Said
  /** To paste into a shell; empty when no command mends it. */
  readonly commands: readonly string[]
}

/** One group as it was found. */
export interface Checkup {
  /** Null: not looked at yet. */
  readonly at: WallTime | null
  /** Null: nobody looks. */
  readonly nextAt: WallTime | null
  /** The most serious first. */
  readonly findings: readonly Finding[]
  /** Nodes that could not be asked, and why; what is wrong with them is not known. */
  readonly unexamined: readonly { readonly node: NodeId; readonly why: string; readonly whySaid: Said }[]
}

export const neverLookedAt: Checkup = { at: null, nextAt: null, findings: [], unexamined: [] }

/** Everything the doctor knows. */
export interface DoctorReport {
  readonly everyMs: number
  /** Checks whose findings are not told, by the settings. */
  readonly ignored: readonly string[]
  readonly groups: readonly (Checkup & { readonly group: GroupId })[]
}
