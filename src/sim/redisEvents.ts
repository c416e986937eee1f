// What a simulated redis-server tells its observers.
import type { Process, RedisNode } from './redisNode.ts'
import type { Data } from './stream.ts'

export interface RedisEvents {
  /** A full copy replaces what the node held. */
  wiped(node: RedisNode, held: Data, by: Data): void
  /** A process began; its data are what it found on its disk. `complete`: all that the one before held. */
  booted(node: RedisNode, running: Process, complete: boolean): void
  /** It is linked to its primary, by a partial or a full copy. */
  linked(node: RedisNode, running: Process): void
  /** A role or a setting is about to be changed by what came from this connection. */
  told(node: RedisNode, by: string): void
  tell(node: RedisNode, text: string): void
}

/** For whoever only wants the servers. */
export const nobodyListens: RedisEvents = {
  wiped: () => undefined,
  booted: () => undefined,
  linked: () => undefined,
  told: () => undefined,
  tell: () => undefined,
}
