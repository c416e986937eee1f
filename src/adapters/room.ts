// How many connections to nodes this process may hold. A process without a free descriptor closes who asks it something, and cannot store.
import { readFileSync } from 'node:fs'

/** Left for the API, the store, and what the doctor asks. */
const keptFree = 1000
/** ... of a small limit this share. */
const keptShare = 0.25
/** From this share on connections that wait for the next use are not kept waiting. */
const shortFrom = 0.8

export class Room {
  readonly #places: number
  #taken = 0

  constructor(places: number) {
    this.#places = places
  }

  /** Whether there was a place; it is taken then, until it is given back. */
  take(): boolean {
    if (this.#taken >= this.#places) return false
    this.#taken++
    return true
  }

  give(): void {
    this.#taken--
  }

  /** Nearly all places are taken. */
  get isShort(): boolean {
    return this.#taken >= this.#places * shortFrom
  }
}

/** What a limit on open descriptors leaves for connections to nodes. */
export function placesIn(descriptors: number): number {
  return descriptors - Math.min(keptFree, Math.ceil(descriptors * keptShare))
}

/** Infinite where the system does not say. */
export function roomOfProcess(limits = '/proc/self/limits'): Room {
  return new Room(placesIn(descriptorLimit(limits)))
}

function descriptorLimit(file: string): number {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync(file, 'utf8')) ?? []
    return limit === undefined ? Infinity : Number(limit)
  } catch {
    return Infinity
  }
}
