// Long work in a loop that has other things to do: a slice at a time, as large as the loop bears.
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Nodes wait so long for a slice while all is calm. */
const leastMs = 10
/** ... and at most so long while the loop is late anyway. */
const mostMs = 200
/**
 * A slice is this part of the time that the loop took for all else. Where a turn takes a second, slices of 10 ms would make work of half a second
 * take most of a minute: 5,000 groups taken over at once, and a scrape of 97 s.
 */
const share = 1 / 3

export class Turns {
  readonly #now: () => number
  readonly #rest: () => Promise<void>
  #began: number
  #sliceMs = leastMs

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number, rest: () => Promise<void> = () => nextTurn()) {
    this.#now = now
    this.#rest = rest
    this.#began = now()
  }

  /** Called between two pieces of work: lets the loop go round when the slice is used up. */
  async pause(): Promise<void> {
    const left = this.#now()
    if (left - this.#began < this.#sliceMs) return
    await this.#rest()
    this.#began = this.#now()
    this.#sliceMs = Math.min(mostMs, Math.max(leastMs, (this.#began - left) * share))
  }
}
