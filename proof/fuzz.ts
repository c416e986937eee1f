// Thousands of requests out of the API's own document, sent to a real server by everybody who may ask and by those who may not.
import { parseArgs } from 'node:util'
import * as fc from 'fast-check'
import { Bed } from './fuzz/bed.ts'
import { requests } from './fuzz/requests.ts'
import { main } from './harness/cleanup.ts'
import { parsed, requireRedis, wholeNumber } from './harness/options.ts'

const usage = `script/run fuzz [--runs N] [--seed N]
  --runs N   how many requests (10000)
  --seed N   the same requests again`

const { values } = parsed(usage, () =>
  parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } } }),
)
const runs = wholeNumber('runs', values.runs, 1, 10_000_000, 10_000)
const seed = wholeNumber('seed', values.seed, 0, 2 ** 31 - 1, Math.floor(Math.random() * 2 ** 31))

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs: 120_000 + runs * 200 }, fuzz)

async function fuzz(): Promise<number> {
  requireRedis()
  const bed = await Bed.start()
  try {
    const arbitrary = requests(await bed.document())
    const startedAt = performance.now()
    const result = await fc.check(
      fc.asyncProperty(arbitrary, async (request) => await bed.judge(request)),
      { numRuns: runs, seed, endOnFailure: true },
    )
    const statuses = [...bed.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`)
    console.log(
      `${result.numRuns} requests in ${Math.round((performance.now() - startedAt) / 1000)} s, seed ${seed}. ${statuses.join(', ')}`,
    )
    if (!result.failed) return 0
    console.log(
      `violated by ${JSON.stringify(result.counterexample)}\n${String(result.errorInstance)}\nagain: script/run fuzz --seed ${seed} --runs ${runs}`,
    )
    return 1
  } finally {
    await bed.close()
  }
}
