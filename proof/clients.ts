// Real client libraries beside each other: what an application sees of a crash, a freeze and a switchover with regroup and with Sentinel.
import { parseArgs } from 'node:util'
import { type System, startBed } from './bench/beds.ts'
import { libraries } from './clients/libraries.ts'
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

/** A Sentinel needs about 20 s for each, for its group to be whole again. */
const playMs = 60_000

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs: runs * playMs * Object.keys(libraries).length * Object.keys(plays).length * systems.length }, playAll)

async function playAll(): Promise<number> {
  requireRedis()
  const data: { library: string; play: string; system: System; seen: readonly Seen[] }[] = []
  const all = new Map<string, Seen[]>()
  for (const system of systems) for (const library of Object.keys(libraries)) await meet(system, library, all)
  for (const library of Object.keys(libraries)) {
    for (const play of Object.keys(plays)) {
      for (const system of systems) data.push({ library, play, system, seen: all.get(`${system} ${library} ${play}`) ?? [] })
    }
  }
  const rows = data.map(({ library, play, system, seen }) => [
    library,
    play,
    system,
    figuresText(figures(seen.map(({ gapMs }) => gapMs))),
    figuresText(figures(seen.map(({ errors }) => errors))),
    seen.reduce((sum, { lost }) => sum + lost, 0),
    [...new Set(seen.map(({ remark }) => remark))].join('; '),
  ])
  const text = table(['library', 'its primary', 'system', 'gap ms', 'errors', 'lost', 'remark'], rows)
  const violations: Violation[] = data
    .filter(({ system, seen }) => system === 'regroup' && seen.some(({ lost }) => lost > 0))
    .map((facts) => ({ where: `${facts.library}, ${facts.play}`, what: 'a confirmed write is missing', facts }))
  const title = `${runs} runs of each: least / median / most`
  return emit({ name: 'clients', seed: null, sections: [{ title, text, data }], violations }, values.json ?? false)
}

/** All plays of one library on one system, over one group. */
async function meet(system: System, library: string, all: Map<string, Seen[]>): Promise<void> {
  const bed = await startBed(system, 'shop', { persistence: 'aof' })
  try {
    for (const [name, play] of Object.entries(plays)) {
      for (let run = 1; run <= runs; run++) {
        await bed.ready()
        const application = await libraries[library]?.(bed.sentinels, 'shop')
        if (application === undefined) return
        let seen: Seen
        try {
          const { ms, errors } = await play(bed, application.load)
          seen = { gapMs: ms, errors, lost: 0, remark: application.remark() }
        } finally {
          await application.stop()
        }
        const primary = bed.group.node(await bed.ready())
        const lost = (await application.load.missing(primary.address)).length
        const key = `${system} ${library} ${name}`
        all.set(key, [...(all.get(key) ?? []), { ...seen, lost }])
        console.error(`${system}, ${library}, ${name}, run ${run}: ${JSON.stringify({ ...seen, lost })}`)
      }
    }
  } finally {
    await bed.close()
  }
}
