// Commands and values to bytes.
import { RespError, RespPush, type RespValue, isArray } from './value.ts'

/** A command: its name and its arguments. */
export type Command = readonly (string | Buffer)[]

const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)

/** All commands in one Buffer, each an array of bulk strings, so that a batch leaves in one write. */
export function encodeCommands(commands: readonly Command[]): Buffer {
  const out = new Writer()
  for (const command of commands) {
    out.text(`*${command.length}\r\n`)
    for (const part of command) out.bulk(part)
  }
  return out.finish()
}

/**
 * One reply as a server sends it. Strings become bulk strings. In RESP2 what it lacks is sent as Redis does: maps and sets as arrays,
 * booleans as 1 and 0, doubles and big numbers as bulk strings.
 */
export function encodeValue(value: RespValue, protocol: 2 | 3): Buffer {
  const out = new Writer()
  writeValue(out, value, protocol)
  return out.finish()
}

/** `+OK` and its like: a status line. Line ends in it become spaces. */
export function encodeSimple(text: string): Buffer {
  return Buffer.from(`+${oneLine(text)}\r\n`)
}

function writeValue(out: Writer, value: RespValue, protocol: 2 | 3): void {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return out.bulk(value)
  if (typeof value === 'number') return writeNumber(out, value, protocol)
  if (typeof value === 'bigint') return writeBigint(out, value, protocol)
  if (value === null) return out.text(protocol === 3 ? '_\r\n' : '$-1\r\n')
  if (typeof value === 'boolean') return out.text(protocol === 3 ? `#${value ? 't' : 'f'}\r\n` : `:${value ? 1 : 0}\r\n`)
  if (value instanceof RespError) return out.text(`-${oneLine(value.message)}\r\n`)
  if (isArray(value)) return writeItems(out, '*', value.length, value, protocol)
  if (value instanceof RespPush) return writeItems(out, protocol === 3 ? '>' : '*', value.values.length, value.values, protocol)
  if (value instanceof Map) {
    const items = [...value].flat(1)
    return writeItems(out, protocol === 3 ? '%' : '*', protocol === 3 ? value.size : items.length, items, protocol)
  }
  const items = [...(value as ReadonlySet<RespValue>)]
  return writeItems(out, protocol === 3 ? '~' : '*', items.length, items, protocol)
}

function writeItems(out: Writer, type: string, count: number, items: readonly RespValue[], protocol: 2 | 3): void {
  out.text(`${type}${count}\r\n`)
  for (const item of items) writeValue(out, item, protocol)
}

function writeNumber(out: Writer, value: number, protocol: 2 | 3): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return out.text(`:${value}\r\n`)
  const text = doubleText(value)
  if (protocol === 3) out.text(`,${text}\r\n`)
  else out.bulk(text)
}

function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0'
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
}

function writeBigint(out: Writer, value: bigint, protocol: 2 | 3): void {
  if (value <= int64Max && value >= int64Min) out.text(`:${value}\r\n`)
  else if (protocol === 3) out.text(`(${value}\r\n`)
  else out.bulk(String(value))
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ')
}

/** Joins text and bytes; text is turned into bytes once per run of it. */
class Writer {
  readonly #parts: Buffer[] = []
  #text = ''

  text(text: string): void {
    this.#text += text
  }

  bulk(content: string | Buffer): void {
    if (typeof content === 'string') {
      this.#text += `$${Buffer.byteLength(content)}\r\n${content}\r\n`
      return
    }
    this.#parts.push(Buffer.from(`${this.#text}$${content.length}\r\n`), content)
    this.#text = '\r\n'
  }

  finish(): Buffer {
    const last = Buffer.from(this.#text)
    this.#text = ''
    return this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last])
  }
}
