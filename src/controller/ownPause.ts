// How long this process stood still, as one group sees it.
import { stallMs } from '../core/limits.ts'
import type { Instant } from '../core/model.ts'
import type { Input } from '../ports.ts'

export class OwnPause {
  #ms = 0
  /** Up to here all of it is counted. */
  #until: Instant = -Infinity

  /**
   * A tick says by how much it is late. What our sockets had for us is taken in before that tick: it shows the pause by coming long after the
   * group wanted to be woken, or a question on its way was to end. `dueAt`: the earlier of the two; of a tick it is not asked.
   */
  note(input: Input, dueAt: Instant, now: Instant): void {
    const lateMs = input.kind === 'tick' ? input.stalledMs : now - dueAt
    if (lateMs <= 0 || (input.kind !== 'tick' && lateMs <= stallMs)) return
    this.#ms += Math.min(lateMs, now - this.#until)
    this.#until = now
  }

  get isNew(): boolean {
    return this.#ms > 0
  }

  /** What was not taken yet. */
  take(): number {
    const ms = this.#ms
    this.#ms = 0
    return ms
  }
}
