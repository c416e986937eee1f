// Data as the history of what was written: append-only streams that share their past, so that copying a data set costs nothing.

/** One write of a client. Where it was executed is known once it was. */
export interface Write {
  readonly client: string
  readonly n: number
  /** What the client believed when it sent it. */
  readonly epoch: number
  readonly node: string
  /** The client learns from regroup where to write. */
  readonly follows: boolean
  readonly sentAt: number
  at: { readonly stream: Stream; readonly index: number; readonly when: number } | null
  ackedAt: number | null
  /** Declared lost, with the reason that excuses it. */
  lost: string | null
}

interface Entry {
  /** The replication offset after it. */
  readonly end: number
  /** Keys of clients after it. */
  readonly keys: number
  /** The text of regroup's mark after it. */
  readonly mark: string | null
  readonly write: Write | null
}

/** What one process wrote as a primary, grown out of what it held before. */
export class Stream {
  readonly past: Data | null
  /** The replication offset at its beginning. */
  readonly base: number
  /** Offsets go on from those of the past. */
  readonly continues: boolean
  readonly entries: Entry[] = []
  readonly #keys: number
  readonly #mark: string | null
  /** Places of writes that clients were told of, ascending. */
  readonly acked: Write[] = []

  constructor(past: Data | null, base: number) {
    this.past = past
    this.base = base
    this.continues = past !== null && offsetOf(past) === base
    this.#keys = past === null ? 0 : keysOf(past)
    this.#mark = past === null ? null : markOf(past)
  }

  append(bytes: number, write: Write | null, mark: string | null): void {
    const last = this.entries.at(-1)
    const keys = (last?.keys ?? this.#keys) + (write === null ? 0 : 1)
    this.entries.push({ end: (last?.end ?? this.base) + bytes, keys, mark: mark ?? last?.mark ?? this.#mark, write })
  }

  offsetAt(length: number): number {
    return this.entries[length - 1]?.end ?? this.base
  }

  keysAt(length: number): number {
    return this.entries[length - 1]?.keys ?? this.#keys
  }

  markAt(length: number): string | null {
    const entry = this.entries[length - 1]
    return entry === undefined ? this.#mark : entry.mark
  }
}

/** A data set: all of the stream's past and its first `length` entries. */
export interface Data {
  readonly stream: Stream
  readonly length: number
}

export function emptyData(): Data {
  return { stream: new Stream(null, 0), length: 0 }
}

export function offsetOf(data: Data): number {
  return data.stream.offsetAt(data.length)
}

export function keysOf(data: Data): number {
  return data.stream.keysAt(data.length)
}

export function markOf(data: Data): string | null {
  return data.stream.markAt(data.length)
}

/** How many of the stream's entries the data set holds. */
export function heldOf(data: Data, stream: Stream): number {
  let at: Data | null = data
  while (at !== null) {
    if (at.stream === stream) return at.length
    at = at.stream.past
  }
  return 0
}

export function holds(data: Data, write: Write): boolean {
  return write.at !== null && heldOf(data, write.at.stream) > write.at.index
}

/** `b` holds everything that `a` holds. */
export function within(a: Data, b: Data): boolean {
  let last = a
  // A stream that nobody wrote to yet says nothing: what counts is what it grew out of.
  while (last.length === 0 && last.stream.past !== null) last = last.stream.past
  return heldOf(b, last.stream) >= last.length
}

/** The data set as it was when its offset was `offset`; null when its offsets do not reach back so far. */
export function dataAt(data: Data, offset: number): Data | null {
  let at: Data | null = data
  while (at !== null) {
    if (offset >= at.stream.base) return cutTo(at, offset)
    if (!at.stream.continues) return null
    at = at.stream.past
  }
  return null
}

/** The latest place with that offset: without a backlog a write moves no offset. */
function cutTo({ stream, length }: Data, offset: number): Data | null {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (stream.offsetAt(middle) <= offset) low = middle
    else high = middle - 1
  }
  return stream.offsetAt(low) === offset ? { stream, length: low } : null
}
