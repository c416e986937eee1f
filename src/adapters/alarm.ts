// Timers by name on one real timer. After our own standstill sockets are read before time is acted on: an answer that waits is no silence.
import { stallMs } from '../core/limits.ts'
import type { Instant } from '../core/model.ts'
import type { Alarm, Clock } from '../ports.ts'

/** setTimeout takes no more than some weeks; what is further away is looked at again then. */
const longestMs = 60_000

interface Entry {
  /** When it is to ring; Infinity: not at all. */
  at: Instant
  ring: (lateMs: number) => void
  /** The instant by which it stands in the queue; Infinity: it does not. Never later than `at`. */
  queuedAt: Instant
}

interface Place {
  readonly at: Instant
  readonly entry: Entry
}

/**
 * An alarm is mostly put off before it rings: a group's next question moves with every answer. So putting off only notes the new instant, and
 * the entry is queued anew when its old place comes up.
 */
export function createAlarm(clock: Clock): Alarm {
  const entries = new Map<string, Entry>()
  const queue: Place[] = []
  let timer: NodeJS.Timeout | null = null
  let timerAt: Instant = Infinity

  function enqueue(entry: Entry): void {
    entry.queuedAt = entry.at
    push(queue, { at: entry.at, entry })
  }
  function arm(): void {
    const first = queue[0]?.at ?? Infinity
    if (first === timerAt) return
    if (timer !== null) clearTimeout(timer)
    timerAt = first
    timer = first === Infinity ? null : setTimeout(wake, Math.ceil(Math.min(longestMs, Math.max(0, first - clock.now()))))
  }
  function wake(): void {
    timer = null
    timerAt = Infinity
    for (const entry of due(queue, clock.now(), enqueue)) {
      // One that rang before may have put this one off or cleared it.
      if (entry.queuedAt !== Infinity || entry.at === Infinity) continue
      const { at, ring } = entry
      entry.at = Infinity
      const lateMs = clock.now() - at
      if (lateMs > stallMs) setImmediate(ring, lateMs)
      else ring(lateMs)
    }
    arm()
  }
  function nothingSet(): boolean {
    for (const { at } of entries.values()) if (at !== Infinity) return false
    return true
  }
  /** A timer that nobody waits for would keep the process from ending. */
  function sleep(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    timerAt = Infinity
    for (const { entry } of queue.splice(0)) entry.queuedAt = Infinity
  }
  return {
    clear(name) {
      const entry = entries.get(name)
      if (entry !== undefined) entry.at = Infinity
      entries.delete(name)
      if (nothingSet()) sleep()
    },
    set(name, at, ring) {
      let entry = entries.get(name)
      if (entry === undefined) {
        entry = { at, ring, queuedAt: Infinity }
        entries.set(name, entry)
      }
      entry.at = at
      entry.ring = ring
      if (at >= entry.queuedAt || at === Infinity) return
      enqueue(entry)
      arm()
    },
  }
}

/** Takes out what has come up: those that are to ring now; those that were put off are queued anew. */
function due(queue: Place[], now: Instant, again: (entry: Entry) => void): Entry[] {
  const found: Entry[] = []
  for (let first = queue[0]; first !== undefined && first.at <= now; first = queue[0]) {
    pop(queue)
    const { entry } = first
    // It was set to an earlier instant since and has another place.
    if (entry.queuedAt !== first.at) continue
    entry.queuedAt = Infinity
    if (entry.at <= now) found.push(entry)
    else if (entry.at !== Infinity) again(entry)
  }
  return found
}

// ------------------------------------------------------------------------------- a binary heap by instant

function push(heap: Place[], place: Place): void {
  let at = heap.length
  heap.push(place)
  while (at > 0) {
    const above = (at - 1) >> 1
    const parent = heap[above]
    if (parent === undefined || parent.at <= place.at) break
    heap[at] = parent
    at = above
  }
  heap[at] = place
}

function pop(heap: Place[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    let least = heap[child]
    if (least === undefined) break
    const right = heap[child + 1]
    if (right !== undefined && right.at < least.at) {
      least = right
      child++
    }
    if (last.at <= least.at) break
    heap[at] = least
    at = child
  }
  heap[at] = last
}
