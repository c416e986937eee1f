// What an engine is to the rest: one capability object. No `if (isPika)` outside engines/.
import type { Action, ActionResult } from '../core/action.ts'
import type { Capabilities, EngineName, ProbeResult } from '../core/model.ts'
import type { RespValue } from '../resp/value.ts'
import type { Inspector } from './inspection.ts'

/** Commands for one node, in order. `transaction`: sent between MULTI and EXEC; the replies are then EXEC's elements. */
export interface Script {
  readonly commands: readonly (readonly string[])[]
  readonly transaction: boolean
}

export interface Engine extends Capabilities {
  readonly name: EngineName
  /** Who is meant by a password without a name, where that must be said: the server lets whoever errs in as somebody else. Null: need not. */
  readonly defaultUser: string | null
  /** The commands of one probe, the same every time: sent as one batch, answered in order. */
  readonly probe: readonly (readonly string[])[]
  /** Asked after those of a probe, now and then. */
  readonly load: readonly (readonly string[])[]
  /** Replies of one probe batch, with or without those of `load`, (errors are values) to a reading, or to why there is none. Never throws. */
  readProbe(replies: readonly RespValue[]): ProbeResult
  script(action: Action): Script
  /** What must still be said after these replies, as one more script whose replies are then the action's; null when nothing. */
  followUp(action: Action, replies: readonly RespValue[], self: string): Script | null
  /** Replies of a script (of EXEC's elements in a transaction, or the one error that refused it) to a result. Never throws. */
  readActed(action: Action, replies: readonly RespValue[]): ActionResult
  /** How the doctor asks; null: only what a probe tells is known. */
  readonly inspector: Inspector | null
}
