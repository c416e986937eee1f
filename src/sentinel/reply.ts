// What a session answers with, and how it looks in RESP2 and RESP3.
import { encodeSimple, encodeValue } from '../resp/encode.ts'
import { RespError, RespPush, type RespValue } from '../resp/value.ts'

/** line: `+OK` and its like. none: no array, which RESP2 tells from no string. */
export type Reply =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'value'; readonly value: RespValue }
  | { readonly kind: 'none' }

export const ok: Reply = { kind: 'line', text: 'OK' }
export const none: Reply = { kind: 'none' }

export function value(value: RespValue): Reply {
  return { kind: 'value', value }
}

/** `message` begins with its code. */
export function refusal(message: string): Reply {
  return value(new RespError(message))
}

/** The words of a subscription or of a message: a push in RESP3. */
export function push(...words: readonly RespValue[]): Reply {
  return value(new RespPush(words))
}

export function encodeReply(reply: Reply, protocol: 2 | 3): Buffer {
  if (reply.kind === 'line') return encodeSimple(reply.text)
  if (reply.kind === 'none') return Buffer.from(protocol === 3 ? '_\r\n' : '*-1\r\n')
  return encodeValue(reply.value, protocol)
}
