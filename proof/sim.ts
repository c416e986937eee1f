// Plays random histories of groups in virtual time and looks for broken promises; a failing seed prints the command that replays it.
import { parseArgs } from 'node:util'
import { ordersOf, planOfOrder, sampledOrder } from '../src/sim/orders.ts'
import { onEngine, planOf } from '../src/sim/draw.ts'
import type { Plan } from '../src/sim/plan.ts'
import { boundMs } from '../src/sim/simulate.ts'
import { CannotRun, main } from './harness/cleanup.ts'
import { oneOf, parsed, wholeNumber } from './harness/options.ts'
import { type Campaign, type Summary, run } from './sim/campaign.ts'
import { type Same, same } from './sim/same.ts'
import { shrink, tellPlan } from './sim/shrink.ts'

const usage = `script/run sim [options]
  --seeds n         how many histories (500)
  --from s          the first seed (1)
  --minutes m       virtual minutes of faults per history (10)
  --engine e        redis, pika or mixed: half of the seeds each (redis)
  --workers n       threads (2)
  --orders          instead: every order of stops, starts, freezes and thaws, the controller restarted at each place; 4 nodes: some
  --nodes n         with --orders: 2, 3 or 4 (2)
  --persistence p   with --orders: aof, rdb or none (aof)
  --json
  --same            instead: is each transcript the same twice, and on another Node? (20 seeds)
  --node path       with --same: that Node; otherwise the next major version, got into .node-next/
  --seed s --tell   the transcript of one history
  --seed s --shrink a smaller history that still breaks the same promise, and its transcript`

const { values } = parsed(usage, () =>
  parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      minutes: { type: 'string' },
      engine: { type: 'string' },
      workers: { type: 'string' },
      seed: { type: 'string' },
      orders: { type: 'boolean' },
      nodes: { type: 'string' },
      persistence: { type: 'string' },
      same: { type: 'boolean' },
      node: { type: 'string' },
      tell: { type: 'boolean' },
      shrink: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }),
)

const limitMs = 12 * 3_600_000
const shrinkRuns = 400

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs }, sim)

async function sim(): Promise<number> {
  const orders = values.orders
    ? {
        nodes: Number(oneOf('nodes', values.nodes, ['2', '3', '4'], '2')),
        persistence: oneOf('persistence', values.persistence, ['aof', 'rdb', 'none'], 'aof'),
      }
    : null
  const engines = oneOf('engine', values.engine, ['redis', 'pika', 'mixed'], 'redis')
  const minutes = wholeNumber('minutes', values.minutes, 1, 1_000, 10)
  if (values.seed !== undefined)
    return one(
      onEngine(planAsked(wholeNumber('seed', values.seed, 0, 2 ** 31, 1), minutes, orders), engines),
      orders === null ? minutes : null,
    )
  const seeds = wholeNumber('seeds', values.seeds, 1, 1_000_000, values.same ? 20 : 500)
  const from = wholeNumber('from', values.from, 0, 2 ** 31, 1)
  if (values.same) return compared(same(from, seeds, minutes, engines, values.node ?? null), minutes)
  const workers = wholeNumber('workers', values.workers, 1, 64, 2)
  const campaign = {
    from,
    seeds,
    minutes,
    engines,
    workers: Math.min(workers, seeds),
    without: null,
    hole: null,
    stopAtFirst: false,
    orders,
    plans: null,
  }
  const summary = await run(
    campaign,
    values.json ? () => undefined : bar(orders === null || orders.nodes > 3 ? seeds : countOf(orders.nodes)),
  )
  if (values.json)
    console.log(JSON.stringify({ ...summary, failing: summary.failing.map(({ seed, violation }) => ({ seed, ...violation })) }, null, 2))
  else
    print(
      summary,
      `${orders === null ? `--minutes ${minutes}` : `--orders --nodes ${orders.nodes} --persistence ${orders.persistence}`}${engines === 'redis' ? '' : ` --engine ${engines}`}`,
    )
  return summary.violations === 0 ? 0 : 1
}

function compared({ differing, ...found }: Same, minutes: number): number {
  if (values.json) console.log(JSON.stringify({ ...found, minutes, differing }, null, 2))
  else {
    for (const { seed, where } of differing) console.log(`seed ${seed}: another transcript, ${where}`)
    const verdict = differing.length === 0 ? 'the same transcript' : `${differing.length} other transcripts`
    console.log(`sim: ${verdict} for ${found.seeds} seeds of ${minutes} minutes, twice, and on ${found.nodes.join(' and ')}`)
  }
  return differing.length === 0 ? 0 : 1
}

type Orders = NonNullable<Campaign['orders']>

function countOf(nodes: number): number {
  return [...ordersOf(nodes)].length
}

function planAsked(seed: number, minutes: number, orders: Orders | null): Plan {
  if (orders === null) return planOf(seed, minutes)
  const order = orders.nodes > 3 ? sampledOrder(orders.nodes, seed) : [...ordersOf(orders.nodes)].find((one) => one.seed === seed)
  if (order === undefined) throw new CannotRun(`there is no order ${seed}`)
  console.log(`${order.name}; the controller is restarted after ${order.restartAfter ?? 'no'} deeds`)
  return planOfOrder(order, orders.persistence)
}

function one(whole: Plan, minutes: number | null): number {
  const tell = (line: string): void => console.log(line)
  let plan = whole
  if (values.shrink) {
    const shrunk = shrink(plan, shrinkRuns)
    if (shrunk === null) {
      console.log(`seed ${whole.seed} breaks no promise${minutes === null ? '' : ` in ${minutes} minutes`}`)
      return 0
    }
    console.log(`${shrunk.runs} histories played; ${whole.ops.length} operations became ${shrunk.plan.ops.length}`)
    plan = shrunk.plan
  }
  if (values.tell || values.shrink) console.log(JSON.stringify({ ...plan, ops: plan.ops.length }))
  const result = tellPlan(plan, values.tell || values.shrink ? tell : () => undefined)
  console.log(JSON.stringify({ ...result, rules: undefined }, null, 2))
  return result.violation === null ? 0 : 1
}

function bar(seeds: number): (done: number, failing: number) => void {
  if (!process.stderr.isTTY) return () => undefined
  return (done, failing) => {
    const width = 40
    const full = Math.round((done / seeds) * width)
    process.stderr.write(`\r[${'#'.repeat(full)}${' '.repeat(width - full)}] ${done}/${seeds}${failing > 0 ? `, ${failing} failing` : ''}`)
    if (done === seeds) process.stderr.write('\n')
  }
}

function print(summary: Summary, how: string): void {
  const { failing, rulesFired, ...figures } = summary
  console.log(JSON.stringify({ ...figures, rulesFired: Object.keys(rulesFired).length }, null, 2))
  for (const { seed, violation } of failing) {
    console.log(`\nseed ${seed}: ${violation?.check}, at ${Math.round(violation?.at ?? 0)} ms\n  ${violation?.text}`)
    console.log(`  script/run sim --seed ${seed} ${how} --tell`)
  }
  const verdict = failing.length === 0 ? 'every promise kept' : `${failing.length} broken promises`
  const { seeds, rightlyHeld, worstConvergenceMs } = figures
  const inOrder = seeds - failing.length - rightlyHeld
  const share = Math.floor((1000 * (inOrder + rightlyHeld)) / seeds) / 10
  console.log(`\nsim: ${verdict} in ${seeds} histories`)
  console.log(
    `sim: ${share} % end as they must: ${inOrder} in order within ${worstConvergenceMs} of ${boundMs} ms after healing, ${rightlyHeld} rightly held for a person`,
  )
}
