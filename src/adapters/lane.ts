// A connection of its own for one kind of work, made when it is needed and kept while it is used.
import type { Instant, ProbeFailure } from '../core/model.ts'
import type { Clock } from '../ports.ts'
import type { Connection } from './connection.ts'
import { type Answer, failed, silent, unasked } from './outcome.ts'

/** A write pause of some seconds with a canary each second comes to a few; more means that a caller does not wait for its answers. */
const maxInFlight = 16

export class Lane {
  readonly #open: () => Connection
  readonly #clock: Clock
  #connection: Connection | null = null
  #usedAt: Instant = -Infinity

  constructor(open: () => Connection, clock: Clock) {
    this.#open = open
    this.#clock = clock
  }

  /** Connects ahead, so that the first call saves the connect and the greeting. */
  prepare(): void {
    this.#live()
  }

  /** Its connection, when the node has answered its greeting; null otherwise. */
  get established(): Connection | null {
    return this.#connection?.isReady === true ? this.#connection : null
  }

  /** Ends once and never before what called it, or `close`, has returned. Of a call that times out the connection is closed, and with it whatever else is in flight on it, as silent. */
  ask(commands: readonly (readonly string[])[], timeoutMs: number, settle: (answer: Answer) => void): void {
    const connection = this.#live()
    if (connection.outstanding >= maxInFlight) {
      setImmediate(settle, failed(unasked('LANE_FULL', `${maxInFlight} calls are in flight to this node already`)))
      return
    }
    connection.ask(commands, timeoutMs, (answer) => {
      if (answer.ok) return settle(answer)
      // What ends a call but an answer may be in the middle of something else, such as `close`.
      queueMicrotask(() => settle(answer))
      if (connection.isOpen) connection.destroy(silent)
    })
  }

  /** Closes a connection that nobody needed for `ms` by now. */
  closeAfter(ms: number, now: Instant): void {
    if (this.#connection?.outstanding === 0 && now - this.#usedAt >= ms) this.close(silent)
  }

  close(failure: ProbeFailure): void {
    this.#connection?.destroy(failure)
    this.#connection = null
  }

  #live(): Connection {
    this.#usedAt = this.#clock.now()
    if (this.#connection?.isOpen !== true) this.#connection = this.#open()
    return this.#connection
  }
}
