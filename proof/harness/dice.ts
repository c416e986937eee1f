// Seeded chance: the same seed plays the same case again. Source: the public-domain mulberry32 generator.

export interface Dice {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, below). */
  below(limit: number): number
}

export function dice(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { next, below: (limit) => Math.floor(next() * limit) }
}

/** A seed of its own for one case of a run, so that a case can be played alone. */
export function seedOf(runSeed: number, name: string): number {
  let hash = (runSeed ^ 0x811c9dc5) >>> 0
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return hash
}

/** All orders of the items, in a stable sequence. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, at) => permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]))
}
