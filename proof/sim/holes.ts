// Holes planted in the product, one at a time: the simulator must find each. Nothing of the product's files is changed.
import type { Options } from '../../src/sim/history.ts'

export interface Hole {
  readonly name: string
  readonly what: string
  plant(): Partial<Options>
}

export const holes: readonly Hole[] = []

/** Throws when there is no such hole. */
export function plant(name: string): Partial<Options> {
  const hole = holes.find((one) => one.name === name)
  if (hole === undefined) throw new Error(`no hole is called ${name}`)
  return hole.plant()
}
