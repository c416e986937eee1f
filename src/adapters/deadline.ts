// When an answer is late. Nearly all come in time, thousands a second: those of one length share one timer instead of making and clearing their own.

interface Entry {
  /** By `performance.now()`. */
  readonly at: number
  /** Null: it was cancelled, or called. */
  late: (() => void) | null
}

/** Deadlines of one length come up in the order in which they were set. */
class Line {
  readonly #ms: number
  #entries: Entry[] = []
  /** Before it nothing is left of `#entries`. */
  #first = 0
  /** Neither cancelled nor called. */
  #open = 0
  #timer: NodeJS.Timeout | null = null

  constructor(ms: number) {
    this.#ms = ms
  }

  set(late: () => void): () => void {
    const entry: Entry = { at: performance.now() + this.#ms, late }
    this.#entries.push(entry)
    this.#open++
    if (this.#timer === null) this.#arm(this.#ms)
    return () => {
      if (entry.late === null) return
      entry.late = null
      if (--this.#open === 0) this.#rest()
    }
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => this.#wake(), Math.ceil(ms))
  }

  #wake(): void {
    this.#timer = null
    const now = performance.now()
    for (let entry = this.#entries[this.#first]; entry !== undefined; entry = this.#entries[++this.#first]) {
      if (entry.late !== null && entry.at > now) break
      if (entry.late !== null) setImmediate(() => this.#call(entry))
    }
    this.#entries = this.#entries.slice(this.#first)
    this.#first = 0
    const [next] = this.#entries
    if (next !== undefined) this.#arm(next.at - now)
  }

  #call(entry: Entry): void {
    const { late } = entry
    if (late === null) return
    entry.late = null
    if (--this.#open === 0) this.#rest()
    late()
  }

  /** A timer that nobody waits for would keep the process from ending. */
  #rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#entries = []
    this.#first = 0
  }
}

const lines = new Map<number, Line>()

/**
 * Calls `late` after `ms` unless it is cancelled; gives how to cancel.
 * After a pause of our own process timers run before sockets are read; an answer that has arrived must win, so the sockets get one more
 * turn before anybody is called late.
 */
export function deadline(ms: number, late: () => void): () => void {
  let line = lines.get(ms)
  if (line === undefined) {
    line = new Line(ms)
    lines.set(ms, line)
  }
  return line.set(late)
}
