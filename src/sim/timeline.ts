// Virtual time: what is to happen, in order. Events of the same instant happen in the order in which they were arranged.

/** Something arranged; `cancelled` events are passed over. */
export interface Arranged {
  readonly at: number
  readonly order: number
  readonly run: () => void
  cancelled: boolean
}

export class Timeline {
  /** Milliseconds since the beginning of the history. */
  now = 0
  /** Events that happened. */
  count = 0
  #order = 0
  readonly #heap: Arranged[] = []

  /** Never in the past: what is late happens now, after what was arranged for now before it. */
  at(instant: number, run: () => void): Arranged {
    const event = { at: instant > this.now ? instant : this.now, order: this.#order++, run, cancelled: false }
    this.#push(event)
    return event
  }

  after(ms: number, run: () => void): Arranged {
    return this.at(this.now + ms, run)
  }

  get size(): number {
    return this.#heap.length
  }

  /** Lets the next event happen unless it is later than `until`; gives whether one did. Then, or when none is left, it is `until`. */
  step(until: number): boolean {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.at > until) {
        this.now = until
        return false
      }
      this.#pop()
      if (next.cancelled) continue
      this.now = next.at
      this.count++
      next.run()
      return true
    }
  }

  #push(event: Arranged): void {
    const heap = this.#heap
    let place = heap.length
    heap.push(event)
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !before(event, parent)) break
      heap[place] = parent
      place = above
    }
    heap[place] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      let least = heap[child]
      if (least === undefined) break
      const right = heap[child + 1]
      if (right !== undefined && before(right, least)) {
        least = right
        child++
      }
      if (!before(least, last)) break
      heap[place] = least
      place = child
    }
    heap[place] = last
  }
}

function before(a: Arranged, b: Arranged): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
