// Questions to a Sentinel, real or ours, and how a conversation with one is held.
import { connect } from 'node:net'
import { Decoder } from '../src/resp/decode.ts'
import { encodeCommands } from '../src/resp/encode.ts'
import { RespError, RespPush, type RespValue, isArray } from '../src/resp/value.ts'
import { patience } from './until.ts'

export type Command = readonly string[]

/** By name. All of one name are sent in one write; each is answered with one value. The group is called shop. */
export const questions: Readonly<Record<string, readonly Command[]>> = {
  ping: [['PING'], ['PING', 'hello'], ['PING', 'a', 'b']],
  address: [
    ['SENTINEL', 'get-master-addr-by-name', 'shop'],
    ['SENTINEL', 'get-master-addr-by-name', 'nobody'],
    ['SENTINEL', 'get-master-addr-by-name'],
  ],
  masters: [
    ['SENTINEL', 'masters'],
    ['SENTINEL', 'MASTERS', 'x'],
  ],
  master: [
    ['SENTINEL', 'master', 'shop'],
    ['SENTINEL', 'master', 'nobody'],
    ['SENTINEL', 'master'],
  ],
  replicas: [
    ['SENTINEL', 'replicas', 'shop'],
    ['SENTINEL', 'slaves', 'shop'],
    ['SENTINEL', 'replicas', 'nobody'],
    ['SENTINEL', 'slaves'],
  ],
  sentinels: [
    ['SENTINEL', 'sentinels', 'nobody'],
    ['SENTINEL', 'sentinels'],
  ],
  quorum: [
    ['SENTINEL', 'ckquorum', 'shop'],
    ['SENTINEL', 'ckquorum', 'nobody'],
    ['SENTINEL', 'ckquorum'],
  ],
  myid: [
    ['SENTINEL', 'myid'],
    ['SENTINEL', 'myid', 'x'],
  ],
  unknown: [['SENTINEL'], ['SENTINEL', 'foo'], ['FOO'], ['SET', 'a', 'b'], ['GET', 'a'], ['CLIENT'], ['CLIENT', 'FOO']],
  auth: [['AUTH'], ['AUTH', 'x'], ['AUTH', 'a', 'b'], ['AUTH', 'default', 'x'], ['AUTH', 'a', 'b', 'c']],
  hello: [
    ['HELLO'],
    ['HELLO', '4'],
    ['HELLO', 'x'],
    ['HELLO', '2', 'FOO'],
    ['HELLO', '2', 'AUTH', 'a', 'b'],
    ['HELLO', '2', 'AUTH', 'default', 'b', 'SETNAME', 'me'],
    ['CLIENT', 'GETNAME'],
    ['HELLO', '3', 'SETNAME', 'a b'],
    ['HELLO', '3'],
  ],
  client: [
    ['CLIENT', 'SETNAME', 'me'],
    ['CLIENT', 'GETNAME'],
    ['CLIENT', 'SETNAME', 'a b'],
    ['CLIENT', 'SETNAME'],
    ['CLIENT', 'ID'],
    ['CLIENT', 'SETNAME', ''],
    ['CLIENT', 'GETNAME'],
  ],
  role: [['ROLE']],
  info: [
    ['INFO', 'sentinel'],
    ['INFO', 'nonsense'],
    ['INFO', 'replication'],
  ],
  subscribe: [
    ['SUBSCRIBE', '+switch-master'],
    ['SUBSCRIBE', '+switch-master'],
    ['PSUBSCRIBE', '*'],
    ['UNSUBSCRIBE', 'x'],
    ['UNSUBSCRIBE'],
    ['PING'],
    ['PUNSUBSCRIBE'],
    ['PUNSUBSCRIBE'],
    ['SUBSCRIBE'],
  ],
  subscriber: [
    ['SUBSCRIBE', 'a'],
    ['SENTINEL', 'masters'],
    ['PING', 'x'],
    ['PING', 'x', 'y'],
  ],
}

/** The raw bytes of the answers. With `more`: stays and gives every piece as it comes, until the other side ends. */
export function converse(port: number, protocol: 2 | 3, commands: readonly Command[], more?: (bytes: Buffer) => void): Promise<Buffer> {
  const hello: readonly Command[] = protocol === 3 ? [['HELLO', '3']] : []
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const decoder = new Decoder()
    const bytes: Buffer[] = []
    let answers = -hello.length
    const end = (problem: string | null): void => {
      clearTimeout(timer)
      socket.destroy()
      if (problem === null) resolve(Buffer.concat(bytes))
      else reject(new Error(`talking to port ${port}: ${problem}`))
    }
    const timer = setTimeout(() => (more === undefined ? end(`${answers} of ${commands.length} answers in time`) : undefined), patience)
    socket.on('error', (error) => end(error.message))
    socket.on('close', () => end(more === undefined && answers < commands.length ? 'it ended the connection' : null))
    socket.on('data', (chunk: Buffer) => {
      more?.(chunk)
      bytes.push(chunk)
      answers += decoder.push(chunk).length
      if (decoder.violation !== null) end(decoder.violation.message)
      if (answers >= commands.length && more === undefined) end(null)
    })
    socket.write(encodeCommands([...hello, ...commands]))
  })
}

/** What bytes say, without the answer to HELLO in RESP3. */
export function said(bytes: Buffer, protocol: 2 | 3): readonly RespValue[] {
  return new Decoder().push(bytes).slice(protocol === 3 ? 1 : 0)
}

/** The bones of a reply: its kinds, its words and the names of its fields; numbers, addresses and ids are left out. */
export function shape(value: RespValue): unknown {
  if (value instanceof RespError) return `error: ${value.message}`
  if (value instanceof RespPush) return { push: value.values.map(shape) }
  if (value instanceof Map) return { map: [...value].map(([key, held]) => [key, kindOf(held)]) }
  if (isArray(value)) return isFields(value) ? { fields: value.map((word, at) => (at % 2 === 0 ? word : kindOf(word))) } : value.map(shape)
  return kindOf(value)
}

/** Field, value, field, value: an instance in RESP2. */
function isFields(words: readonly RespValue[]): boolean {
  return words.length > 8 && words.length % 2 === 0 && words[0] === 'name'
}

/** A text keeps its words; what differs from one server to the next becomes its form. */
function kindOf(value: RespValue | undefined): unknown {
  if (typeof value === 'number') return 'number'
  if (typeof value !== 'string') return value instanceof Map || value instanceof Set || isArray(value) ? shape(value) : value
  if (/^-?\d+$/.test(value)) return '<digits>'
  if (/^[0-9a-f]{40}$/.test(value)) return '<id>'
  return value.replaceAll(/127\.0\.0\.1:\d+/g, '<address>').replaceAll(/(\w+)[:=]-?\d+/g, '$1 <digits>')
}
