// What an engine is to the rest: one capability object. No `if (isPika)` outside engines/.
import type { Action, ActionResult, EngineName, Position, ProbeResult } from '../core/model.ts'
import type { RespValue } from '../resp/value.ts'

/** Commands for one node, in order. `transaction`: sent between MULTI and EXEC; the replies are then EXEC's elements. */
export interface Script {
  readonly commands: readonly (readonly string[])[]
  readonly transaction: boolean
}

/** How two positions stand to each other. `tail`: bytes of stream each has that the other lacks; they contain pings and expiries. */
export type Comparison =
  | { readonly order: 'equal' }
  | { readonly order: 'behind' | 'ahead'; readonly tail: number }
  | { readonly order: 'incomparable'; readonly reason: 'unusable' | 'no shared history' }
  | { readonly order: 'diverged'; readonly tail: number; readonly otherTail: number }

export interface Engine {
  readonly name: EngineName
  readonly canPauseWrites: boolean
  readonly canGuard: boolean
  readonly canBootFence: boolean
  readonly canProveLink: boolean
  /** The commands of one probe, the same every time: sent as one batch, answered in order. */
  readonly probe: readonly (readonly string[])[]
  /** Replies of one probe batch (errors are values) to a reading, or to why there is none. Never throws. */
  readProbe(replies: readonly RespValue[]): ProbeResult
  script(action: Action): Script
  /** Replies of a script (of EXEC's elements in a transaction, or the one error that refused it) to a result. Never throws. */
  readActed(action: Action, replies: readonly RespValue[]): ActionResult
  /** How `a` stands to `b`. Source: docs/protocol.md, compare. */
  comparePositions(a: Position, b: Position): Comparison
}
