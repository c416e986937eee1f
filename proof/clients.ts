// Real client libraries beside each other: what an application sees of a crash, a freeze and a switchover with regroup and with Sentinel.
import { parseArgs } from 'node:util'
import { type Bed, type System, startBed } from './bench/beds.ts'
import { libraries } from './clients/libraries.ts'
import type { Gap } from './clients/load.ts'
import { plays } from './clients/plays.ts'
import { main } from './harness/cleanup.ts'
import { parsed, requireRedis, wholeNumber } from './harness/options.ts'
import { type Violation, emit, figures, figuresText, table } from './harness/report.ts'

const usage = `script/run clients [--runs N] [--json]
  ${Object.keys(libraries).join('; ')}
  Each meets ${Object.keys(plays).join(', ')} of its primary, with regroup and with three Redis Sentinels (down-after 1000).
  --runs N   of each (3)`

const { values } = parsed(usage, () =>
  parseArgs({ options: { runs: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } } }),
)
const runs = wholeNumber('runs', values.runs, 1, 100, 3)
const systems: readonly System[] = ['regroup', 'sentinel']

interface Seen {
  readonly gapMs: number
  readonly errors: number
  readonly lost: number
  readonly remark: string
}

/** Of one library, play and system. `unended`: why a run did not come to its end. */
interface Met {
  readonly library: string
  readonly play: string
  readonly system: System
  readonly seen: Seen[]
  readonly unended: string[]
}

/** A Sentinel needs about 20 s for each, for its group to be whole again. */
const playMs = 60_000

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs: runs * playMs * Object.keys(libraries).length * Object.keys(plays).length * systems.length }, playAll)

async function playAll(): Promise<number> {
  requireRedis()
  const data = Object.keys(libraries).flatMap((library) =>
    Object.keys(plays).flatMap((play) => systems.map((system): Met => ({ library, play, system, seen: [], unended: [] }))),
  )
  for (const system of systems) {
    for (const library of Object.keys(libraries)) {
      await meet(data.filter((one) => one.system === system && one.library === library))
    }
  }
  const rows = data.map(({ library, play, system, seen, unended }) => [
    library,
    play,
    system,
    figuresText(figures(seen.map(({ gapMs }) => gapMs))),
    figuresText(figures(seen.map(({ errors }) => errors))),
    seen.reduce((sum, { lost }) => sum + lost, 0),
    [...new Set([...seen.map(({ remark }) => remark), ...unended])].filter((text) => text !== '').join('; '),
  ])
  const text = table(['library', 'its primary', 'system', 'gap ms', 'errors', 'lost', 'remark'], rows)
  const violations = data.filter(({ system }) => system === 'regroup').flatMap(broken)
  const title = `${runs} runs of each: least / median / most`
  return emit({ name: 'clients', seed: null, sections: [{ title, text, data }], violations }, values.json ?? false)
}

/** What regroup must not do to an application. */
function broken(met: Met): Violation[] {
  const where = `${met.library}, ${met.play}`
  return [
    ...(met.seen.some(({ lost }) => lost > 0) ? [{ where, what: 'a confirmed write is missing', facts: met }] : []),
    ...(met.unended.length > 0 ? [{ where, what: 'it did not come to its end', facts: met }] : []),
  ]
}

/** All plays of one library on one system, over one group; over a fresh one when a run does not come to its end. */
async function meet(all: readonly Met[]): Promise<void> {
  const left = all.flatMap((met) => Array.from({ length: runs }, (_, at) => ({ met, run: at + 1 })))
  while (left.length > 0) {
    const system = left[0]?.met.system ?? 'regroup'
    const bed = await startBed(system, 'shop', { persistence: 'aof' })
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const { met, run } = next
        const what = `${system}, ${met.library}, ${met.play}, run ${run}`
        try {
          const seen = await one(bed, met)
          met.seen.push(seen)
          console.error(`${what}: ${JSON.stringify(seen)}`)
        } catch (error) {
          met.unended.push(error instanceof Error ? error.message : String(error))
          console.error(`${what}: ${met.unended.at(-1)}`)
          break
        }
      }
    } finally {
      await bed.close()
    }
  }
}

async function one(bed: Bed, { library, play }: Met): Promise<Seen> {
  const [begin, act] = [libraries[library], Object.entries(plays).find(([name]) => name === play)?.[1]]
  if (begin === undefined || act === undefined) throw new Error(`there is no ${library} or no ${play}`)
  await bed.ready()
  const application = await begin(bed.sentinels, 'shop')
  let gap: Gap
  try {
    gap = await act(bed, application.load)
  } finally {
    await application.stop()
  }
  const primary = bed.group.node(await bed.ready())
  const lost = (await application.load.missing(primary.address)).length
  return { gapMs: gap.ms, errors: gap.errors, lost, remark: application.remark() }
}
