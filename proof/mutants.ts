// Plants each hole in the product and lets the simulator look for it; then looks again at the same history without the check that found it.
import { parseArgs } from 'node:util'
import { CannotRun, main } from './harness/cleanup.ts'
import { parsed, wholeNumber } from './harness/options.ts'
import { table } from './harness/report.ts'
import { type Campaign, run } from './sim/campaign.ts'
import { foundAt } from './sim/foundAt.ts'
import { holes } from './sim/holes.ts'

const usage = `script/run mutants [options]
  --seeds n     looks for each hole in at most so many histories (2000)
  --minutes m   virtual minutes of faults per history (5)
  --workers n   threads (2)
  --only NAME   one hole
  --anew        looks from seed 1, also for those of which a history is known (proof/sim/foundAt.ts)
  --json`

const { values } = parsed(usage, () =>
  parseArgs({
    options: {
      seeds: { type: 'string' },
      minutes: { type: 'string' },
      workers: { type: 'string' },
      only: { type: 'string' },
      anew: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }),
)

interface Found {
  readonly hole: string
  readonly what: string
  /** Found in this history, so within as many from seed 1. */
  readonly seed: number | null
  readonly check: string | null
  /** What the same history shows without that check. */
  readonly without: string | null
}

const limitMs = 6 * 3_600_000

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs }, mutants)

async function mutants(): Promise<number> {
  const seeds = wholeNumber('seeds', values.seeds, 1, 100_000, 2_000)
  const minutes = wholeNumber('minutes', values.minutes, 1, 1_000, 5)
  const workers = wholeNumber('workers', values.workers, 1, 64, 2)
  const asked = holes.filter((one) => values.only === undefined || one.name === values.only)
  if (asked.length === 0)
    throw new CannotRun(`--only ${values.only}: no hole is called that; there are ${holes.map((one) => one.name).join(', ')}`)
  const found: Found[] = []
  for (const hole of asked) {
    const campaign: Campaign = {
      from: 1,
      seeds,
      minutes,
      engines: hole.engines ?? 'redis',
      workers,
      without: null,
      hole: hole.name,
      stopAtFirst: true,
      orders: null,
      plans: null,
    }
    const known = values.anew ? undefined : foundAt[hole.name]
    const at = known === undefined || known > seeds ? null : await look({ ...campaign, from: known, seeds: 1, workers: 1 }, hole.what)
    const one = at?.seed != null ? at : await look(campaign, hole.what)
    found.push(one)
    if (values.json) continue
    const where = one.seed === null ? 'NOT FOUND' : 'found'
    const moved = known === undefined || known === one.seed ? '' : `, no more at ${known}`
    console.log(`${where} ${one.hole}: ${one.check ?? ''} (seed ${one.seed}${moved}; without: ${one.without})`)
  }
  const missed = found.filter((one) => one.seed === null)
  if (values.json) console.log(JSON.stringify({ ok: missed.length === 0, holes: found }, null, 2))
  else {
    console.log(
      table(
        ['hole', 'seed', 'found by', 'without that check'],
        found.map((one) => [one.hole, one.seed ?? '-', one.check ?? 'NOT FOUND', one.without ?? '']),
      ),
    )
    console.log(missed.length === 0 ? `all ${found.length} holes found` : `not found: ${missed.map((one) => one.hole).join(', ')}`)
  }
  return missed.length === 0 ? 0 : 1
}

/** A history that keeps every promise as it is and breaks one with the hole. */
async function look(campaign: Campaign, what: string): Promise<Found> {
  const hole = campaign.hole ?? ''
  const until = campaign.from + campaign.seeds
  for (let from = campaign.from; from < until;) {
    const summary = await run({ ...campaign, from, seeds: until - from }, () => undefined)
    const [first] = summary.failing
    if (first?.violation == null) break
    const alone = { ...campaign, from: first.seed, seeds: 1, workers: 1 }
    const whole = await run({ ...alone, hole: null }, () => undefined)
    const { check } = first.violation
    if (whole.violations === 0) {
      const again = await run({ ...alone, without: check }, () => undefined)
      const also = again.failing[0]?.violation?.check ?? 'nothing'
      return { hole, what, seed: first.seed, check, without: also }
    }
    from = first.seed + 1
  }
  return { hole, what, seed: null, check: null, without: null }
}
