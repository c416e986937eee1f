// What a client and a simulated server say to each other: commands in one write, one reply for each.
import type { RespValue } from '../resp/value.ts'
import type { Write } from './stream.ts'

/** Commands in one write of a connection. `write`: the client's write that its SET is. */
export interface Batch {
  readonly kind: 'batch'
  readonly tag: unknown
  readonly commands: readonly (readonly string[])[]
  readonly write: Write | null
}

/** One reply per command of the batch with that tag; no tag: said before anything was asked. */
export interface Replies {
  readonly kind: 'replies'
  readonly tag: unknown
  readonly values: readonly RespValue[]
}

export const markKey = 'regroup:mark'

export function isBatch(message: unknown): message is Batch {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'batch'
}

export function isReplies(message: unknown): message is Replies {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'replies'
}
