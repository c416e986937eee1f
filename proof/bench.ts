// regroup beside Redis Sentinel: the same scenarios, the same client, the same machine, in turn.
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { type Bed, type BedOptions, type System, startBed } from './bench/beds.ts'
import { type Scenario, type Seen, comesBack, crash, freeze, hostLoss, rebornEmpty, switchover } from './bench/scenarios.ts'
import { type Result, figuresOf, tableOf } from './bench/figures.ts'
import { CannotRun, main } from './harness/cleanup.ts'
import { machine, machineLine } from './harness/machine.ts'
import { Network, controllerIp, isInsideOwnNetwork, runInsideOwnNetwork, whyNoNetworks } from './harness/network.ts'
import { parallel } from './harness/parallel.ts'
import { oneOf, parsed, requireRedis, wholeNumber } from './harness/options.ts'

interface Entry {
  readonly what: string
  readonly options: BedOptions
  /** Null: played in networks of its own. */
  readonly play: Scenario | null
}

const durable: BedOptions = { persistence: 'aof' }
const entries: Readonly<Record<string, Entry>> = {
  switchover: { what: 'a planned change of primary', options: durable, play: switchover },
  crash: { what: 'kill -9 of the primary', options: durable, play: crash },
  return: { what: 'the old primary is started again after a crash; a client clings to it', options: durable, play: comesBack },
  freeze: { what: 'SIGSTOP, and SIGCONT when it is replaced; ten clients cling to it', options: durable, play: freeze },
  'host-loss': { what: "every packet of the primary's host is dropped (needs root)", options: durable, play: null },
  'reborn-empty': { what: 'kill -9 and restart at once, nothing on disk', options: { persistence: 'none' }, play: rebornEmpty },
}

const usage = `script/run bench [--scenario NAME] [--system NAME] [--runs N] [--quick] [--json] [--log]\n${Object.entries(entries)
  .map(([name, { what }]) => `  ${name.padEnd(14)} ${what}`)
  .join(
    '\n',
  )}\n  --quick: one run of each, without the guarded Sentinel, within 100 s; else three runs\n  --system: regroup, sentinel or "guarded sentinel"; --log: what regroup logged, on stderr`

const { values } = parsed(usage, () =>
  parseArgs({
    options: {
      scenario: { type: 'string' },
      runs: { type: 'string' },
      quick: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
      system: { type: 'string' },
      log: { type: 'boolean' },
    },
  }),
)

/** Six scenarios of three systems, three runs of up to 40 s each. */
const limitMs = 60 * 60_000
const allSystems = ['regroup', 'sentinel', 'guarded sentinel'] as const
const systems: readonly System[] = parsed(usage, () =>
  values.system === undefined ? allSystems.slice(0, values.quick ? 2 : 3) : [oneOf('system', values.system, allSystems, 'regroup')],
)

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs }, benchAll)

async function benchAll(): Promise<number> {
  requireRedis()
  const names = values.scenario === undefined ? Object.keys(entries) : [values.scenario]
  const unknown = names.find((name) => entries[name] === undefined)
  if (unknown !== undefined) throw new CannotRun(`no scenario is called ${unknown}\n\nusage: ${usage}`)
  const runs = wholeNumber('runs', values.runs, 1, 1_000, values.quick ? 1 : 3)
  if (isInsideOwnNetwork()) {
    console.log(JSON.stringify(await withNetworks(systems[0] ?? 'regroup', runs)))
    return 0
  }
  // A return begins with a crash: one run gives both, and a peer needs 20 s for each.
  const both = values.quick === true && names.includes('crash') && names.includes('return')
  const seen = await playAll(both ? names.filter((name) => name !== 'crash') : names, runs)
  const returned = seen.get('return')
  if (both && returned !== undefined) seen.set('crash', crashesOf(returned))
  const scenarios = names.filter((name) => seen.has(name)).map((name) => figuresOf(name, seen.get(name) ?? new Map()))
  const where = machine()
  if (values.json) console.log(JSON.stringify({ machine: where, scenarios }, null, 2))
  else console.log(`${tableOf(scenarios)}\non ${machineLine(where)}`)
  return 0
}

/** What the runs of a return saw of the crash. */
function crashesOf(returned: Result): Result {
  return new Map([...returned].map(([system, runs]) => [system, runs.map((run) => ({ ...run, stale: 0, rejoinMs: null, linkUpMs: null }))]))
}

/** What each system's runs saw, by scenario. */
async function playAll(names: readonly string[], runs: number): Promise<Map<string, Result>> {
  const all = new Map<string, Result>()
  for (const system of systems) {
    // A peer waits most of the time, for timers of its own of 10 s, and its gaps are seconds: they may be waited for together.
    const isTogether = values.quick === true && system !== 'regroup'
    const jobs = jobsOf(names, isTogether).map(
      (job) => () => (job.includes('host-loss') ? playInside(system, runs) : playOn(system, job, runs)),
    )
    for (const played of await parallel(jobs, isTogether ? 4 : 1, (job) => job())) {
      for (const [name, seen] of played) all.set(name, new Map([...(all.get(name) ?? []), [system, seen]]))
    }
  }
  return all
}

/** Scenarios of one kind of group share it, one after the other, unless each is to have its own. */
function jobsOf(names: readonly string[], isEachAlone: boolean): readonly (readonly string[])[] {
  const shared = isEachAlone ? [] : names.filter((name) => entries[name]?.play !== null && entries[name]?.options === durable)
  const alone = names.filter((name) => !shared.includes(name)).map((name) => [name])
  return shared.length === 0 ? alone : [shared, ...alone]
}

type Played = ReadonlyMap<string, readonly Seen[]>

async function playOn(system: System, names: readonly string[], runs: number): Promise<Played> {
  const results = new Map<string, Seen[]>(names.map((name) => [name, []]))
  const bed = await startBed(system, 'bench', entries[names[0] ?? '']?.options ?? durable)
  try {
    for (let run = 1; run <= runs; run++) {
      for (const name of names) {
        const play = entries[name]?.play
        if (play === undefined || play === null) continue
        results.get(name)?.push(await one(bed, name, run, play))
      }
    }
  } finally {
    if (values.log) console.error(bed.log())
    await bed.close()
  }
  return results
}

async function one(bed: Bed, name: string, run: number, play: Scenario): Promise<Seen> {
  const started = performance.now()
  const seen = await play(bed, `${bed.system.replace(' ', '-')}:${name}:${run}`)
  console.error(
    `${bed.system}, ${name}, run ${run} (${Math.round((performance.now() - started) / 100) / 10} s): ${JSON.stringify(seen, rounded)}`,
  )
  return seen
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 10) / 10 : value
}

// -------------------------------------------------------------------------------------- own networks

async function playInside(system: System, runs: number): Promise<Played> {
  const problem = whyNoNetworks()
  if (problem !== null) {
    console.error(`host-loss is left out: ${problem}`)
    return new Map()
  }
  const args = ['--scenario', 'host-loss', '--runs', String(runs), '--system', system]
  const { code, stdout } = await runInsideOwnNetwork(fileURLToPath(import.meta.url), args)
  if (code !== 0) throw new Error('host-loss failed in its networks; the lines above say why')
  return new Map([['host-loss', JSON.parse(stdout) as readonly Seen[]]])
}

async function withNetworks(system: System, runs: number): Promise<readonly Seen[]> {
  const network = Network.open()
  const hosts = [await network.host('a'), await network.host('b'), await network.host('c')]
  const bed = await startBed(system, 'bench', { ...durable, hosts, sentinelHost: controllerIp })
  try {
    const seen: Seen[] = []
    for (let run = 1; run <= runs; run++) seen.push(await one(bed, 'host-loss', run, hostLoss(network)))
    return seen
  } finally {
    await bed.close()
    network.close()
  }
}
