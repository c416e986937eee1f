// RESP's numbers and booleans from the bytes of one line. undefined: malformed.

const minus = 45
const plus = 43
const zero = 48
const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)
/** Turning digits into a bigint takes more than linear time; keys and counters have 20 digits, cryptographic numbers 1,300. */
const bigNumberDigits = 4096
const doublePattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** A length: digits, or null for -1. */
export function readLength(bytes: Buffer, start: number, end: number): number | null | undefined {
  if (end - start === 2 && bytes[start] === minus && bytes[start + 1] === zero + 1) return null
  return readDigits(bytes, start, end)
}

/** A signed 64-bit integer: a number when it is safe, otherwise a bigint. */
export function readInteger(bytes: Buffer, start: number, end: number): number | bigint | undefined {
  const first = bytes[start]
  const digits = first === minus || first === plus ? start + 1 : start
  const small = readDigits(bytes, digits, end)
  if (small !== undefined) return first === minus && small !== 0 ? -small : small
  const big = readBigNumber(bytes, start, end)
  return typeof big === 'bigint' && (big > int64Max || big < int64Min) ? undefined : big
}

/** Digits of any length up to a limit: a number when it is safe, otherwise a bigint. */
export function readBigNumber(bytes: Buffer, start: number, end: number): number | bigint | undefined {
  if (end - start > bigNumberDigits) return undefined
  const text = bytes.toString('latin1', start, end)
  if (!/^[+-]?\d+$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

export function readDouble(bytes: Buffer, start: number, end: number): number | undefined {
  const text = bytes.toString('latin1', start, end)
  if (doublePattern.test(text)) return Number(text)
  // The C library prints NaN with a sign, and Redis before 7.2 sent it so.
  if (/^[+-]?nan$/i.test(text)) return Number.NaN
  if (/^\+?inf$/i.test(text)) return Infinity
  return /^-inf$/i.test(text) ? -Infinity : undefined
}

export function readBoolean(bytes: Buffer, start: number, end: number): boolean | undefined {
  const text = bytes.toString('latin1', start, end)
  return text === 't' ? true : text === 'f' ? false : undefined
}

/** Up to 15 digits, which are always safe; undefined for anything else. */
function readDigits(bytes: Buffer, start: number, end: number): number | undefined {
  if (end <= start || end - start > 15) return undefined
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] ?? 0) - zero
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value
}
