// Pika's binlog: commands at positions that are as long as the real ones, so that what aligns by chance there aligns here.
import { encodeCommands } from '../resp/encode.ts'

/** A file and an offset in it. Positions of servers with another file size mean something else. */
export interface LogPosition {
  readonly file: number
  readonly offset: number
}

export interface LogRecord {
  readonly start: LogPosition
  readonly end: LogPosition
  readonly command: readonly string[]
}

const logBeginning: LogPosition = { file: 0, offset: 0 }

const blockBytes = 64 * 1024
const headerBytes = 8
const describedBytes = 34

/** Where a record of this command ends that begins at `offset`. A record that crosses a block has a header in each. */
function endOf(offset: number, command: readonly string[]): number {
  let left = encodeCommands([command]).length + describedBytes
  let at = offset
  do {
    const room = blockBytes - (at % blockBytes)
    if (room < headerBytes) at += room
    const fits = Math.min(left, blockBytes - (at % blockBytes) - headerBytes)
    at += headerBytes + fits
    left -= fits
  } while (left > 0)
  return at
}

/** `file x size + offset`, as `slave_repl_offset` says it. */
export function sumOf(position: LogPosition, fileBytes: number): number {
  return position.file * fileBytes + position.offset
}

function samePosition(a: LogPosition, b: LogPosition): boolean {
  return a.file === b.file && a.offset === b.offset
}

function isAfter(a: LogPosition, b: LogPosition): boolean {
  return a.file > b.file || (a.file === b.file && a.offset > b.offset)
}

export class Binlog {
  /** What is still there, oldest first. */
  records: LogRecord[] = []
  /** Where the oldest file that is still there begins. */
  from: LogPosition = logBeginning
  end: LogPosition = logBeginning
  readonly #fileBytes: number

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes
  }

  append(command: readonly string[]): LogRecord {
    const start = this.end.offset > this.#fileBytes ? { file: this.end.file + 1, offset: 0 } : this.end
    const record = { start, end: { file: start.file, offset: endOf(start.offset, command) }, command }
    return this.take(record)
  }

  /** A record as another server wrote it. */
  take(record: LogRecord): LogRecord {
    this.records.push(record)
    this.end = record.end
    return record
  }

  /** After a full copy: nothing is kept, and it goes on from where the copy was taken. */
  restart(at: LogPosition): void {
    this.records = []
    this.from = at
    this.end = at
  }

  /** What a host that lost its power had not put on its disk yet. */
  cut(at: LogPosition): void {
    this.records = this.records.filter((record) => !isAfter(record.end, at))
    this.end = at
  }

  /** Oldest files go, as `expire-logs-nums` asks. */
  purge(keptFiles: number): void {
    const oldest = this.end.file - keptFiles + 1
    if (oldest <= this.from.file) return
    this.from = { file: oldest, offset: 0 }
    this.records = this.records.filter((record) => record.start.file >= oldest)
  }

  /**
   * What comes after `position`, or why nothing can be said after it. A position of another history is not noticed when it is by chance
   * the beginning of a record here (docs/pika.md, P2).
   */
  after(position: LogPosition): readonly LogRecord[] | 'larger' | 'purged' | 'misaligned' {
    if (isAfter(position, this.end)) return 'larger'
    if (samePosition(position, this.end)) return []
    // A file that begins with what a full copy left out is there, but not what was asked for.
    if (isAfter(this.from, position)) return position.file === this.from.file ? 'misaligned' : 'purged'
    const at = firstFrom(this.records, position)
    const next = this.records[at]
    if (next === undefined) return 'misaligned'
    const atEndOfFile = position.offset > this.#fileBytes && next.start.file === position.file + 1
    const before = this.records[at - 1]
    const aligned = samePosition(next.start, position) || (atEndOfFile && before !== undefined && samePosition(before.end, position))
    return aligned ? this.records.slice(at) : 'misaligned'
  }
}

/** The first record that does not begin before the position. */
function firstFrom(records: readonly LogRecord[], position: LogPosition): number {
  let [low, high] = [0, records.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const record = records[middle]
    if (record !== undefined && isAfter(position, record.start)) low = middle + 1
    else high = middle
  }
  return low
}
