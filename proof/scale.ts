// How many groups one controller carries. The controller is a real process; the nodes are doubles (see proof/scale/doubles.ts).
import { parseArgs } from 'node:util'
import type { Policy } from '../src/core/model.ts'
import { CannotRun, main } from './harness/cleanup.ts'
import { Controller } from './harness/controller.ts'
import { machine, machineLine } from './harness/machine.ts'
import { parsed, wholeNumber } from './harness/options.ts'
import { figures, round, table } from './harness/report.ts'
import { found, instead, pass, until } from './harness/wait.ts'
import { Fleet } from './scale/fleet.ts'
import { sample } from './scale/measure.ts'
import { flagsOfUnit } from './scale/unit.ts'

const usage = `script/run scale [--groups N] [--every MS] [--seconds S] [--vanish N] [--json]
  One real controller process watches N groups of three nodes (1000), first with the default probing, then asking each node once a second;
  --every MS: only with that probing. Its figures over S seconds (20) of calm; then the primaries of 100 groups vanish at once.
  The controller is started as by the unit in README.md. The nodes are doubles: real ports in other processes, behind them the simulator's model of a redis-server.
  Exit code 1 when a vanished primary was not replaced within 5 s, or at 1000 groups asked once a second the controller took a quarter of a
  core or its loop was late by 50 ms (p99).`

const { values } = parsed(usage, () =>
  parseArgs({
    options: {
      groups: { type: 'string' },
      every: { type: 'string' },
      seconds: { type: 'string' },
      vanish: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }),
)

const limitMs = 30 * 60_000
const takeOverLimitMs = 5 * 60_000
/** The last recoveries of the take-over, what is asked more often for a while after a change, and V8, which goes on compiling what it found busy. */
const calmMs = 60_000
const port = 6379

interface Run {
  readonly groups: number
  readonly probeEveryMs: number
  /** Of one core, all threads of the controller together. */
  readonly cpuPercent: number
  readonly rssMb: number
  readonly probesPerSecond: number
  readonly loopDelayP99Ms: number
  readonly loopDelayMaxMs: number
  /** The busiest 10 ms of questions beside the average 10 ms. */
  readonly burst: number
  readonly logBytesPerSecond: number
  /** From the first apply until every group is healthy. */
  readonly takenOverMs: number
  readonly vanished: number
  /** From the death of the primaries until the last of their groups takes writes again, seen at the nodes. */
  readonly healedMs: number
  readonly healedMedianMs: number
  readonly healingLoopDelayP99Ms: number
}

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs }, scale)

async function scale(dir: string): Promise<number> {
  const groups = wholeNumber('groups', values.groups, 1, 5_000, 1_000)
  const seconds = wholeNumber('seconds', values.seconds, 1, 600, 20)
  const vanish = wholeNumber('vanish', values.vanish, 1, groups, Math.min(groups, 100))
  const every = values.every === undefined ? [250, 1_000] : [wholeNumber('every', values.every, 20, 10_000, 250)]
  const runs: Run[] = []
  for (const [index, probeEveryMs] of every.entries()) runs.push(await one(dir, groups, probeEveryMs, seconds, vanish, 100 + index))
  const broken = runs.flatMap(brokenBy)
  const where = machine()
  if (values.json)
    console.log(JSON.stringify({ machine: where, nodes: 'doubles: real ports, the model of the simulator', runs, broken }, null, 2))
  else console.log(`${tableOf(runs)}\nThe nodes are doubles. On ${machineLine(where)}${broken.map((one) => `\nBROKEN ${one}`).join('')}`)
  return broken.length === 0 ? 0 : 1
}

async function one(dir: string, groups: number, probeEveryMs: number, seconds: number, vanish: number, net: number): Promise<Run> {
  const fleet = await Fleet.start(groups, net, port, dir)
  const policy: Partial<Policy> = { probeEveryMs, silentAfterMs: Math.max(1_000, 3 * probeEveryMs) }
  const controller = await Controller.start({ defaults: policy, nodeFlags: flagsOfUnit() })
  try {
    const takenOverMs = await takeOver(controller, fleet)
    await pass(calmMs)
    await fleet.count()
    const before = await sample(controller)
    await pass(seconds * 1_000)
    const slices = (await fleet.count()).slice(1, -1)
    const after = await sample(controller)
    const took = (after.at - before.at) / 1_000
    const healed = figures((await fleet.vanish(fleet.groups.slice(0, vanish).map(({ id }) => id))).map(({ ms }) => ms))
    const healing = await until('every failover is counted', 30_000, async () => {
      const seen = await sample(controller)
      return seen.failovers >= vanish ? found(seen) : instead(`${seen.failovers} of ${vanish}`)
    })
    if (healed === null) throw new Error('nothing vanished')
    return {
      groups,
      probeEveryMs,
      cpuPercent: round(((after.cpuSeconds - before.cpuSeconds) / took) * 100),
      rssMb: round(after.rssMb),
      probesPerSecond: round((after.probes - before.probes) / took),
      loopDelayP99Ms: round(after.loopDelayP99Ms),
      loopDelayMaxMs: round(after.loopDelayMaxMs),
      burst: round((Math.max(...slices) * slices.length) / slices.reduce((sum, count) => sum + count, 0)),
      logBytesPerSecond: round((after.logBytes - before.logBytes) / took),
      takenOverMs: round(takenOverMs),
      vanished: vanish,
      healedMs: healed.max,
      healedMedianMs: healed.median,
      healingLoopDelayP99Ms: round(healing.loopDelayP99Ms),
    }
  } finally {
    await controller.remove()
    fleet.stop()
  }
}

async function takeOver(controller: Controller, fleet: Fleet): Promise<number> {
  const began = performance.now()
  const applied = await controller.api.apply(fleet.input)
  if (!applied.ok) throw new CannotRun(`the groups were not applied: ${applied.code} ${applied.detail}`)
  const all = fleet.groups.length
  await until(
    'every group is healthy',
    takeOverLimitMs,
    async () => {
      const { healthy } = await sample(controller)
      return healthy === all ? found(true) : instead(`${healthy} of ${all}`)
    },
    1_000,
  )
  return performance.now() - began
}

function brokenBy(run: Run): string[] {
  const what = `${run.groups} groups, each node asked every ${run.probeEveryMs} ms`
  const broken: string[] = []
  if (run.healedMs > 5_000)
    broken.push(`${what}: ${run.vanished} vanished primaries were replaced after ${run.healedMs} ms, promised are 5000`)
  if (run.groups > 1_000 || run.probeEveryMs < 1_000) return broken
  if (run.cpuPercent >= 25) broken.push(`${what}: ${run.cpuPercent} % of a core, promised is less than 25`)
  if (run.loopDelayP99Ms >= 50) broken.push(`${what}: the loop was late by ${run.loopDelayP99Ms} ms (p99), promised are less than 50`)
  return broken
}

function tableOf(runs: readonly Run[]): string {
  const head = [
    'groups',
    'asked every ms',
    'CPU %',
    'RSS MB',
    'probes/s',
    'loop p99 / max ms',
    'burst',
    'log B/s',
    'healed: median / last ms',
  ]
  const rows = runs.map((run) => [
    run.groups,
    run.probeEveryMs,
    run.cpuPercent,
    run.rssMb,
    run.probesPerSecond,
    `${run.loopDelayP99Ms} / ${run.loopDelayMaxMs}`,
    run.burst,
    run.logBytesPerSecond,
    `${run.healedMedianMs} / ${run.healedMs}`,
  ])
  return table(head, rows)
}
