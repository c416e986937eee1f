// The transcripts of seeds as one digest each, so that another Node can be asked for the same: node proof/sim/digests.ts FROM SEEDS MINUTES ENGINE.
import { createHash } from 'node:crypto'
import type { Engines } from '../../src/sim/draw.ts'
import { simulateSeed } from '../../src/sim/simulate.ts'

/** Of every line of the transcript and of the result. */
export function digestOf(seed: number, minutes: number, engines: Engines): string {
  const hash = createHash('sha256')
  const result = simulateSeed(seed, minutes, { tell: (line) => void hash.update(line).update('\n') }, engines)
  return hash.update(JSON.stringify(result)).digest('hex')
}

if (import.meta.main) {
  const [from = 1, seeds = 1, minutes = 1] = process.argv.slice(2, 5).map(Number)
  const engine = (process.argv[5] ?? 'redis') as Engines
  for (let seed = from; seed < from + seeds; seed++) console.log(`${seed} ${digestOf(seed, minutes, engine)}`)
}
