// Reads fields out of the text of INFO. A probe needs a score of its hundred fields, many times a second: they are looked up, not taken apart.
import type { Load } from '../core/model.ts'
import type { RespValue } from '../resp/value.ts'

/**
 * The value of a field of one section's text; undefined when it is not there. A heading comes first, so every field follows a line's end.
 * The name is looked for as it is: a text made of it, for each of the score, would be garbage and cost a third more.
 */
export function fieldOf(section: string, name: string): string | undefined {
  let at = section.indexOf(name)
  while (at >= 0 && (section[at - 1] !== '\n' || section[at + name.length] !== ':')) at = section.indexOf(name, at + 1)
  if (at < 0) return undefined
  const from = at + name.length + 1
  const end = section.indexOf('\r', from)
  return section.slice(from, end < 0 ? undefined : end)
}

/** The value of a part, named with its equals sign, of a value such as `ip=10.0.0.2,port=6379`; undefined when it is not there. */
export function partOf(value: string, name: string): string | undefined {
  const at = value.indexOf(name)
  if (at < 0) return undefined
  const end = value.indexOf(',', at)
  return value.slice(at + name.length, end < 0 ? undefined : end)
}

export function numberOf(text: string | undefined, otherwise: number): number {
  const value = Number(text)
  return text === undefined || text === '' || Number.isNaN(value) ? otherwise : value
}

const keysWord = ':keys='

/** `db0:keys=3,expires=0,avg_ttl=0`, one line per database: all keys of all databases. */
export function keysOf(keyspace: string): number {
  let keys = 0
  for (let at = keyspace.indexOf(keysWord); at >= 0; at = keyspace.indexOf(keysWord, at + 1)) {
    keys += Number.parseInt(keyspace.slice(at + keysWord.length), 10) || 0
  }
  return keys
}

/** What a node does and holds, out of its sections `stats` and `memory`; undefined when they were not asked for. */
export function loadOf(stats: RespValue | undefined, memory: RespValue | undefined): Load | undefined {
  if (stats === undefined) return undefined
  const number = (section: RespValue | undefined, name: string): number | null => {
    const text = typeof section === 'string' ? fieldOf(section, name) : undefined
    return text === undefined ? null : numberOf(text, 0)
  }
  return { opsPerSec: number(stats, 'instantaneous_ops_per_sec'), usedMemoryBytes: number(memory, 'used_memory') }
}
