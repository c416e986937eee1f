// The keys of a simulated Pika: as many commands as tests and transcripts need, on strings and lists.
import { RespError, type RespValue } from '../resp/value.ts'

export type PikaValue = string | string[]

/** Commands that change keys, with how many words they have at least. */
const writes: Readonly<Record<string, number>> = {
  set: 3,
  del: 2,
  incr: 2,
  lpush: 3,
  rpush: 3,
  expire: 3,
  flushall: 1,
  flushdb: 1,
  clearreplicationid: 1,
}
const reads: Readonly<Record<string, number>> = { get: 2, exists: 2, keys: 2, llen: 2, lrange: 4, dbsize: 1, scan: 2 }

export const ok = Symbol('+OK')
export type KeyReply = RespValue | typeof ok

export function isWrite(name: string): boolean {
  return name in writes
}

export function isKeyCommand(name: string): boolean {
  return name in writes || name in reads
}

export function hasTooFewWords(name: string, command: readonly string[]): boolean {
  return command.length < (writes[name] ?? reads[name] ?? 1)
}

const wrongType = new RespError('WRONGTYPE Operation against a key holding the wrong kind of value')

export class PikaKeys {
  #values = new Map<string, PikaValue>()

  get size(): number {
    return this.#values.size
  }

  /** What a full copy carries. */
  entries(): [string, PikaValue][] {
    return [...this.#values].map(([key, value]) => [key, typeof value === 'string' ? value : [...value]])
  }

  replace(entries: readonly (readonly [string, PikaValue])[]): void {
    this.#values = new Map(entries.map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]))
  }

  read(name: string, command: readonly string[]): KeyReply {
    const [, key = '', first = '', last = ''] = command
    const value = this.#values.get(key)
    switch (name) {
      case 'get':
        return value === undefined ? null : typeof value === 'string' ? value : wrongType
      case 'exists':
        return value === undefined ? 0 : 1
      case 'keys':
        return [...this.#values.keys()].filter((one) => matches(key, one)).toSorted()
      case 'llen':
        return value === undefined ? 0 : typeof value === 'string' ? wrongType : value.length
      case 'lrange':
        return value === undefined ? [] : typeof value === 'string' ? wrongType : range(value, Number(first), Number(last))
      case 'scan':
        return ['0', [...this.#values.keys()]]
      // Nobody counted them.
      default:
        return 0
    }
  }

  write(name: string, command: readonly string[]): KeyReply {
    const [, key = '', ...rest] = command
    const value = this.#values.get(key)
    switch (name) {
      case 'set':
        this.#values.set(key, rest[0] ?? '')
        return ok
      case 'del':
        return command.slice(1).filter((one) => this.#values.delete(one)).length
      case 'incr': {
        const next = Number(value ?? 0) + 1
        this.#values.set(key, String(next))
        return next
      }
      case 'lpush':
      case 'rpush': {
        if (typeof value === 'string') return wrongType
        const list = value ?? []
        if (name === 'rpush') list.push(...rest)
        else list.unshift(...rest.toReversed())
        this.#values.set(key, list)
        return list.length
      }
      case 'expire':
        return value === undefined ? 0 : 1
      case 'flushall':
      case 'flushdb':
        this.#values.clear()
        return ok
      default:
        return ok
    }
  }
}

/** As it stands in the binlog. */
export function logged(name: string, command: readonly string[]): readonly string[] {
  if (name === 'flushall' || name === 'flushdb') return ['flushdb']
  if (name === 'clearreplicationid') return [name]
  return command
}

function matches(pattern: string, key: string): boolean {
  if (pattern === '*') return true
  return pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern
}

function range(list: readonly string[], first: number, last: number): string[] {
  const at = (index: number): number => (index < 0 ? list.length + index : index)
  return list.slice(Math.max(0, at(first)), at(last) + 1)
}
