// How an engine is asked for more than a probe tells: by the doctor, seldom, on a connection of its own.
import type { Inspection } from '../core/doctor/inspection.ts'
import type { ProbeFailure } from '../core/model.ts'
import type { RespValue } from '../resp/value.ts'

export interface Inspector {
  /** Asked in one batch; changes nothing. */
  readonly questions: readonly (readonly string[])[]
  /** Commands that regroup must be able to use, put behind the questions once `mayTry` says so; never executed. */
  readonly trial: readonly (readonly string[])[]
  /** From the replies to the questions: why there is nothing to read, as when it wants a password; null when there is. */
  readonly refused: (replies: readonly RespValue[]) => ProbeFailure | null
  /** From the replies to the questions: the server only collects what follows. */
  readonly mayTry: (replies: readonly RespValue[]) => boolean
  /** `tried`: the replies to the trial; empty when it was not made. Never throws. */
  readonly read: (replies: readonly RespValue[], tried: readonly RespValue[]) => Inspection
  /** The command that gives a user all that regroup needs and no more. */
  readonly grant: (user: string) => string
  /** The command that makes a replica drop its link and make it again. */
  readonly relink: string
}
