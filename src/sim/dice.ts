// Seeded chance: the same seed plays the same history, on every machine and every version of Node.

/**
 * Uniform chance from a 32-bit seed.
 * Source: xoshiro128** 1.1 by Blackman and Vigna, its state filled by splitmix32.
 */
export class Dice {
  #a: number
  #b: number
  #c: number
  #d: number

  /** A state of its own; all zero is no state. */
  constructor(a: number, b: number, c: number, d: number) {
    this.#a = a | 0
    this.#b = b | 0
    this.#c = c | 0
    this.#d = d | 0
  }

  static of(seed: number): Dice {
    let state = seed | 0
    const mixed = (): number => {
      state = (state + 0x9e3779b9) | 0
      let word = state ^ (state >>> 16)
      word = Math.imul(word, 0x21f0aaad)
      word ^= word >>> 15
      word = Math.imul(word, 0x735a2d97)
      return word ^ (word >>> 15)
    }
    return new Dice(mixed(), mixed(), mixed(), mixed())
  }

  /** 32 random bits as a whole number from 0. */
  word(): number {
    const times5 = Math.imul(this.#b, 5)
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9)
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return result >>> 0
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.word() / 4_294_967_296
  }

  /** Uniform whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** Waiting time until the next of events that come at random, `mean` apart. */
  gap(mean: number): number {
    return -Math.log(1 - this.next()) * mean
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  /** One of the names, each as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][]
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    const [last] = entries.at(-1) ?? []
    if (last === undefined) throw new Error('nothing to pick from')
    return last
  }

  /** Lower-case hexadecimal digits. */
  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.word().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }

  /** Dice of its own, so that what one part draws does not change another part. */
  fork(): Dice {
    return Dice.of(this.word())
  }
}
