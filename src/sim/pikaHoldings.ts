// Whose writes a simulated Pika holds. Its binlog knows positions only; the ledger must know which client's write lies where.
import { markKey } from './batch.ts'
import type { LogRecord } from './pikaLog.ts'
import { type Data, Stream, type Write, emptyData, offsetOf } from './stream.ts'

/** Where a record stands among what its writer wrote. Replicas are handed the very same records. */
const origins = new WeakMap<LogRecord, { readonly stream: Stream; readonly index: number }>()

/** What came of a record that joined another history: whoever takes it over the same data holds the same. */
const mixtures = new WeakMap<LogRecord, readonly Stream[]>()

export class PikaHoldings {
  data: Data = emptyData()
  /** What this process writes as a primary; null: it is none, or it wrote nothing yet. */
  #own: Stream | null = null

  /** It is a primary from now on, at that position. */
  lead(at: number): void {
    this.#own = new Stream(this.data, at)
    this.data = { stream: this.#own, length: 0 }
  }

  /** A record is in its log. `end`: its position, as one number; `write`: whose it is, when a client of this node wrote it. */
  entered(record: LogRecord, end: number, write: Write | null, now: number): void {
    const origin = origins.get(record)
    if (origin !== undefined) return this.#taken(record, origin, end)
    if (this.#own === null || this.data.stream !== this.#own) this.lead(offsetOf(this.data))
    const { stream, length } = this.data
    origins.set(record, { stream, index: length })
    stream.append(end - offsetOf(this.data), write, markOf(record))
    if (write !== null) write.at = { stream, index: length, when: now }
    this.data = { stream, length: length + 1 }
  }

  #taken(record: LogRecord, { stream, index }: { readonly stream: Stream; readonly index: number }, end: number): void {
    this.#own = null
    const before = index > 0 || stream.past === null ? { stream, length: index } : stream.past
    if (same(before, this.data)) {
      this.data = { stream, length: index + 1 }
      return
    }
    // Another history, joined where nobody noticed (docs/pika.md, P2): it holds neither of the two.
    this.data = { stream: this.#mixedWith(record, end), length: 1 }
  }

  #mixedWith(record: LogRecord, end: number): Stream {
    const at = offsetOf(this.data)
    const known = mixtures.get(record) ?? []
    const made = known.find(({ past, base }) => past !== null && base === at && same(past, this.data))
    if (made !== undefined) return made
    const mixed = new Stream(this.data, at)
    mixed.append(end - at, null, markOf(record))
    mixtures.set(record, [...known, mixed])
    return mixed
  }

  /** Everything is what another one held. */
  replaced(data: Data): void {
    this.#own = null
    this.data = data
  }
}

function markOf(record: LogRecord): string | null {
  const [name = '', key, value] = record.command
  return name.toLowerCase() === 'set' && key === markKey ? (value ?? null) : null
}

/** Streams that nobody wrote to say nothing. */
function top(data: Data): Data {
  let at = data
  while (at.length === 0 && at.stream.past !== null) at = at.stream.past
  return at
}

function same(a: Data, b: Data): boolean {
  const [one, other] = [top(a), top(b)]
  return (one.length === 0 && other.length === 0) || (one.stream === other.stream && one.length === other.length)
}
