// What bytes on a Redis connection mean: one union for RESP2 and RESP3.

/** An error reply. A value: it is never thrown. `code` is its first word (`ERR`, `NOAUTH` ...), `message` the whole line. */
export class RespError {
  readonly code: string
  readonly message: string

  constructor(message: string) {
    const space = message.indexOf(' ')
    this.code = space < 0 ? message : message.slice(0, space)
    this.message = message
    Object.freeze(this)
  }
}

/** Something the server said without being asked (pub/sub messages, invalidations). Only at the top level, only in RESP3. */
export class RespPush {
  readonly values: readonly RespValue[]

  constructor(values: readonly RespValue[]) {
    this.values = values
    Object.freeze(this)
  }
}

/**
 * One reply.
 * string: simple, bulk and verbatim strings, decoded as UTF-8. Buffer: bulk and verbatim strings of a decoder that was asked for bytes.
 * number: integers and doubles, also infinite and NaN. bigint: integers beyond 2^53 only. null: every kind of null.
 * Attributes are read and dropped.
 */
export type RespValue =
  | string
  | Buffer
  | number
  | bigint
  | boolean
  | null
  | RespError
  | RespPush
  | readonly RespValue[]
  | ReadonlyMap<RespValue, RespValue>
  | ReadonlySet<RespValue>

/** `Array.isArray` that keeps the element type: the built-in one narrows a readonly array to any[]. */
export function isArray(value: RespValue | undefined): value is readonly RespValue[] {
  return Array.isArray(value)
}

export function isError(value: RespValue | undefined): value is RespError {
  return value instanceof RespError
}
