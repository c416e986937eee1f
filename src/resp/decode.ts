// Bytes in any chunking to values. Incremental, bounded, and linear in the bytes it is given.
import { ByteSink } from './byteSink.ts'
import { readBigNumber, readBoolean, readDouble, readInteger, readLength } from './scalars.ts'
import { RespError, RespPush, type RespValue } from './value.ts'

export interface DecoderLimits {
  /** Longest bulk string, blob error or verbatim string, in bytes. */
  readonly bulkBytes: number
  /** Longest line: simple strings, errors, numbers. */
  readonly lineBytes: number
  /** How deep arrays, maps, sets, pushes and attributes may nest. */
  readonly depth: number
  /** Elements of one top-level value, those of nested values included; a map's pair counts as two. */
  readonly elements: number
  /** Bytes of one top-level value on the wire: what an unfinished reply can make us hold. */
  readonly valueBytes: number
}

/** For answers to a controller: INFO is a few kB, a big COMMAND reply 300 kB. A proxy carries user data and sets its own. */
export const defaultLimits: DecoderLimits = {
  bulkBytes: 16 * 1024 * 1024,
  lineBytes: 64 * 1024,
  depth: 32,
  elements: 1_000_000,
  valueBytes: 32 * 1024 * 1024,
}

/** Why a stream is not RESP, or is more of it than we take. The message holds no bytes of the stream but a type byte. */
export interface Violation {
  readonly code:
    | 'TYPE'
    | 'NUMBER'
    | 'ENDING'
    | 'FORMAT'
    | 'BULK_TOO_LONG'
    | 'LINE_TOO_LONG'
    | 'TOO_DEEP'
    | 'TOO_MANY_ELEMENTS'
    | 'VALUE_TOO_LONG'
  readonly message: string
}

export interface DecoderOptions {
  readonly limits?: Partial<DecoderLimits>
  /** text (default): bulk and verbatim strings become strings. bytes: they become Buffers of their own memory. */
  readonly bulks?: 'text' | 'bytes'
}

interface Frame {
  readonly type: '*' | '%' | '~' | '>' | '|'
  readonly items: RespValue[]
  remaining: number
}

type BulkType = '$' | '!' | '='

const cr = 13
const lf = 10

export class Decoder {
  readonly #limits: DecoderLimits
  readonly #bytesWanted: boolean
  /** What came of a line or a bulk that a chunk cut. */
  readonly #partial = new ByteSink()
  readonly #stack: Frame[] = []
  /** Of a bulk whose header was read; null: none. */
  #bulkType: BulkType | null = null
  #bulkLength = 0
  #valueBytes = 0
  #elements = 0
  #violation: Violation | null = null
  #out: RespValue[] = []

  constructor(options: DecoderOptions = {}) {
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#bytesWanted = options.bulks === 'bytes'
  }

  /** Why the decoder stopped for good; null while it is in step. */
  get violation(): Violation | null {
    return this.#violation
  }

  /** Between two values: nothing is half read. */
  get isIdle(): boolean {
    return this.#valueBytes === 0 && this.#partial.length === 0
  }

  /**
   * The values that these bytes complete, in order; the values before a violation are given too. After a violation: nothing, ever.
   * `bytes` is not kept. Errors: none thrown; see `violation`.
   */
  push(bytes: Buffer): readonly RespValue[] {
    let at = 0
    while (at < bytes.length && this.#violation === null) {
      at = this.#bulkType === null ? this.#line(bytes, at) : this.#body(bytes, at, this.#bulkType)
    }
    if (this.#violation !== null) this.#forget()
    const out = this.#out
    // Held until the next bytes come, the last answers of thousands of connections would be copied by each collection of garbage.
    this.#out = []
    return out
  }

  /** A line ends with CR LF; a lone CR or LF in a text is content, as other clients have it. Gives where to go on. */
  #line(bytes: Buffer, start: number): number {
    let end = lineEnd(bytes, start)
    while (end >= 0 && (end > start ? bytes[end - 1] : this.#partial.last) !== cr) end = bytes.indexOf(lf, end + 1)
    const stop = end < 0 ? bytes.length : end + 1
    // The two bytes of the ending are not counted.
    if (this.#partial.length + stop - start > this.#limits.lineBytes + 2) {
      return this.#violate('LINE_TOO_LONG', `a line is longer than ${this.#limits.lineBytes} bytes`)
    }
    if (end < 0) {
      if (this.#partial.length === 0 && !isType(bytes[start])) return this.#badType(bytes[start])
      this.#partial.append(bytes, start, stop)
      return stop
    }
    if (this.#partial.length === 0) {
      this.#header(bytes, start, end - 1)
    } else {
      this.#partial.append(bytes, start, stop)
      const line = this.#partial.take()
      this.#header(line, 0, line.length - 2)
    }
    return stop
  }

  /** One line without its ending: a whole scalar, or the head of a bulk or of an aggregate. */
  #header(bytes: Buffer, start: number, end: number): void {
    this.#valueBytes += end + 2 - start
    if (this.#valueBytes > this.#limits.valueBytes) {
      this.#violate('VALUE_TOO_LONG', `a value is longer than ${this.#limits.valueBytes} bytes`)
      return
    }
    const type = String.fromCharCode(bytes[start] ?? 0)
    switch (type) {
      case '+':
        return this.#deliver(bytes.toString('utf8', start + 1, end))
      case '-':
        return this.#deliver(new RespError(bytes.toString('utf8', start + 1, end)))
      case '$':
      case '!':
      case '=':
        return this.#startBulk(type, bytes, start, end)
      case '*':
      case '%':
      case '~':
      case '>':
      case '|':
        return this.#startAggregate(type, bytes, start, end)
      case ':':
        return this.#scalar(readInteger(bytes, start + 1, end), 'an integer')
      case '_':
        return this.#scalar(end - start === 1 ? null : undefined, 'a null')
      case '#':
        return this.#scalar(readBoolean(bytes, start + 1, end), 'a boolean')
      case ',':
        return this.#scalar(readDouble(bytes, start + 1, end), 'a double')
      case '(':
        return this.#scalar(readBigNumber(bytes, start + 1, end), 'a big number')
      default:
        this.#badType(bytes[start])
    }
  }

  #scalar(value: RespValue | undefined, what: string): void {
    if (value === undefined) this.#violate('NUMBER', `${what} is malformed`)
    else this.#deliver(value)
  }

  #startBulk(type: BulkType, bytes: Buffer, start: number, end: number): void {
    const length = readLength(bytes, start + 1, end)
    if (length === null && type === '$') return this.#deliver(null)
    if (length === null || length === undefined) {
      this.#violate('NUMBER', 'the length of a bulk is malformed')
    } else if (length > this.#limits.bulkBytes) {
      this.#violate('BULK_TOO_LONG', `a bulk of ${length} bytes is longer than ${this.#limits.bulkBytes}`)
    } else if (this.#valueBytes + length + 2 > this.#limits.valueBytes) {
      this.#violate('VALUE_TOO_LONG', `a value is longer than ${this.#limits.valueBytes} bytes`)
    } else {
      this.#valueBytes += length + 2
      this.#bulkType = type
      this.#bulkLength = length
    }
  }

  #body(bytes: Buffer, start: number, type: BulkType): number {
    const whole = this.#bulkLength + 2
    const missing = whole - this.#partial.length
    const stop = start + missing
    if (stop > bytes.length) {
      this.#partial.append(bytes, start, bytes.length, whole)
      return bytes.length
    }
    if (this.#partial.length === 0) {
      this.#endBulk(type, bytes, start)
    } else {
      this.#partial.append(bytes, start, stop, whole)
      this.#endBulk(type, this.#partial.take(), 0)
    }
    return stop
  }

  #endBulk(type: BulkType, bytes: Buffer, start: number): void {
    const end = start + this.#bulkLength
    this.#bulkType = null
    if (bytes[end] !== cr || bytes[end + 1] !== lf) {
      this.#violate('ENDING', 'a bulk does not end where its length says')
    } else if (type === '!') {
      this.#deliver(new RespError(bytes.toString('utf8', start, end)))
    } else if (type === '=') {
      // Three letters of format and a colon go before the text.
      if (this.#bulkLength < 4 || bytes[start + 3] !== 58) this.#violate('FORMAT', 'a verbatim string does not name its format')
      else this.#deliver(this.#bulkValue(bytes, start + 4, end))
    } else {
      this.#deliver(this.#bulkValue(bytes, start, end))
    }
  }

  #bulkValue(bytes: Buffer, start: number, end: number): string | Buffer {
    return this.#bytesWanted ? Buffer.from(bytes.subarray(start, end)) : bytes.toString('utf8', start, end)
  }

  #startAggregate(type: Frame['type'], bytes: Buffer, start: number, end: number): void {
    const count = readLength(bytes, start + 1, end)
    if (count === null && type === '*') return this.#deliver(null)
    if (count === null || count === undefined) {
      this.#violate('NUMBER', 'the length of an aggregate is malformed')
      return
    }
    const items = type === '%' || type === '|' ? count * 2 : count
    this.#elements += items
    if (type === '>' && this.#stack.length > 0) {
      this.#violate('TYPE', 'a push inside another value')
    } else if (this.#elements > this.#limits.elements) {
      this.#violate('TOO_MANY_ELEMENTS', `a value has more than ${this.#limits.elements} elements`)
    } else if (this.#stack.length >= this.#limits.depth) {
      this.#violate('TOO_DEEP', `values nest deeper than ${this.#limits.depth}`)
    } else if (items > 0) {
      this.#stack.push({ type, items: [], remaining: items })
    } else if (type !== '|') {
      this.#deliver(aggregate(type, []))
    }
  }

  /** Puts a finished value into what it belongs to, and that into what it belongs to, up to the top. */
  #deliver(value: RespValue): void {
    let finished = value
    for (;;) {
      const frame = this.#stack.at(-1)
      if (frame === undefined) {
        this.#out.push(finished)
        this.#valueBytes = 0
        this.#elements = 0
        return
      }
      frame.items.push(finished)
      frame.remaining -= 1
      if (frame.remaining > 0) return
      this.#stack.pop()
      // An attribute stands before the value it describes and is not an element itself.
      if (frame.type === '|') return
      finished = aggregate(frame.type, frame.items)
    }
  }

  #badType(byte: number | undefined): number {
    return this.#violate('TYPE', `no RESP type begins with byte 0x${(byte ?? 0).toString(16).padStart(2, '0')}`)
  }

  /** Gives a position so that a reader can end with it; the loop in `push` ends by itself. */
  #violate(code: Violation['code'], message: string): number {
    this.#violation = { code, message }
    return 0
  }

  #forget(): void {
    this.#partial.clear()
    this.#stack.length = 0
    this.#bulkType = null
  }
}

/** Most lines are a length of a few digits: looked through here, that takes less than a call of `indexOf`. */
const shortLine = 12

function lineEnd(bytes: Buffer, start: number): number {
  const stop = Math.min(start + shortLine, bytes.length)
  for (let at = start; at < stop; at++) if (bytes[at] === lf) return at
  return bytes.indexOf(lf, stop)
}

function aggregate(type: '*' | '%' | '~' | '>', items: readonly RespValue[]): RespValue {
  if (type === '*') return items
  if (type === '~') return new Set(items)
  if (type === '>') return new RespPush(items)
  const map = new Map<RespValue, RespValue>()
  for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i] ?? null, items[i + 1] ?? null)
  return map
}

const types = new Set(Buffer.from('+-$!=*%~>|:_#,('))

/** Told at the first byte: a port that speaks another protocol may never send a line's end. */
function isType(byte: number | undefined): boolean {
  return byte !== undefined && types.has(byte)
}
