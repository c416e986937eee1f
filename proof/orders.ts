// Every order of stopping and starting every node of a 1+1 and a 1+2, on real servers, with the controller killed on the way.
import { parseArgs } from 'node:util'
import { CannotRun, main } from './harness/cleanup.ts'
import { Controller } from './harness/controller.ts'
import { fileOf, oneOf, parsed, requireRedis, wholeNumber } from './harness/options.ts'
import { parallel } from './harness/parallel.ts'
import { type Violation, emit, figures, figuresText, table } from './harness/report.ts'
import { NotTaken } from './harness/watched.ts'
import type { Outcome } from './orders/outcome.ts'
import { type Case, plan } from './orders/plan.ts'
import { type Played, play } from './orders/play.ts'

const usage = `script/run orders [options]
  --engine redis|pika                 real redis-servers, or Pika test servers (redis)
  --server PATH                       with --engine pika: the path of a real Pika, which is run instead
  --nodes 2|3|all                     nodes of a group (all)
  --persistence aof|rdb|none|all      (aof)
  --delay 0|5                         repl-diskless-sync-delay of the servers (0)
  --stop kill|term|mixed              how nodes are stopped (mixed)
  --gaps mixed|writes                 between two stops or starts: a few ms, or until regroup has reacted (mixed, on Redis); or each time
                                      until it has and the primary of that moment has taken writes (writes, on Pika)
  --jobs n                            cases at once, each with a controller of its own (2)
  --seed n                            plays the same run again
  --only TEXT                         only cases whose name holds TEXT, for example "aof mixed -321 +123"
  --json`

const { values } = parsed(usage, () =>
  parseArgs({
    options: {
      engine: { type: 'string' },
      server: { type: 'string' },
      nodes: { type: 'string' },
      persistence: { type: 'string' },
      delay: { type: 'string' },
      stop: { type: 'string' },
      gaps: { type: 'string' },
      jobs: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }),
)

/** 120 cases of at most 40 s each, two at once; a real Pika takes 5 to 8 s to stop. */
const limitMs = 60 * 60_000

if (values.help) console.log(`usage: ${usage}`)
else main({ limitMs }, orders)

async function orders(): Promise<number> {
  const engine = oneOf('engine', values.engine, ['redis', 'pika'], 'redis')
  if (engine === 'redis') requireRedis()
  const server = fileOf('server', values.server)
  if (server !== null && engine !== 'pika') throw new CannotRun('--server names a real Pika: give --engine pika with it')
  const nodes = oneOf('nodes', values.nodes, ['2', '3', 'all'], 'all')
  const persistence = oneOf('persistence', values.persistence, ['aof', 'rdb', 'none', 'all'], 'aof')
  const seed = wholeNumber('seed', values.seed, 0, 2 ** 32 - 1, Math.floor(Math.random() * 2 ** 32))
  const cases = plan({
    seed,
    engine,
    server,
    nodes: nodes === 'all' ? [2, 3] : [Number(nodes)],
    persistences: persistence === 'all' ? ['aof', 'rdb', 'none'] : [persistence],
    delay: oneOf('delay', values.delay, ['0', '5'], '0') === '5' ? 5 : 0,
    stop: oneOf('stop', values.stop, ['kill', 'term', 'mixed'], 'mixed'),
    gaps: oneOf('gaps', values.gaps, ['mixed', 'writes'], engine === 'pika' ? 'writes' : 'mixed'),
  }).filter((one) => one.name.includes(values.only ?? ''))
  const jobs = wholeNumber('jobs', values.jobs, 1, 16, 2)
  if (!values.json) console.log(`${cases.length} cases, ${jobs} at once, seed ${seed}`)
  const controllers = await Promise.all(Array.from({ length: Math.min(jobs, cases.length) }, () => Controller.start()))
  const began = performance.now()
  const all = await parallel(cases, jobs, (one, job) => playSafely(one, controllers, job, cases))
  await Promise.all(controllers.map((controller) => controller.remove()))
  return report(all, seed, Math.round(performance.now() - began))
}

/** A case that breaks down is a violation; the others go on. */
async function playSafely(one: Case, controllers: readonly Controller[], job: number, cases: readonly Case[]): Promise<Played> {
  const controller = controllers[job]
  if (controller === undefined) throw new Error(`no controller for job ${job}`)
  const failed = (error: unknown): Played => ({
    outcome: {
      case: one.name,
      seed: one.seed,
      end: 'neither',
      convergedMs: null,
      winner: null,
      held: {},
      acknowledged: 0,
      hold: null,
      gone: 0,
      opened: null,
      discarded: 0,
      violations: [error instanceof Error ? error.message : String(error)],
      notes: [],
    },
    facts: error instanceof NotTaken ? error.facts : { deaths: controller.deaths, controllerLog: controller.log.slice(-3_000) },
  })
  const begin = controller.isRunning ? Promise.resolve() : controller.start()
  const played = await begin.then(() => play(one, controller, `case${cases.indexOf(one)}`)).catch(failed)
  if (!values.json) console.log(lineOf(played.outcome))
  return played
}

function lineOf(outcome: Outcome): string {
  const how =
    outcome.end === 'converged'
      ? `converged on ${outcome.winner} in ${outcome.convergedMs} ms`
      : outcome.end === 'held'
        ? `held: ${outcome.hold?.rule}`
        : 'NEITHER'
  return [`${outcome.case.padEnd(28)} ${how}`, ...outcome.violations.map((what) => `   VIOLATION ${what}`)].join('\n')
}

function report(all: readonly Played[], seed: number, tookMs: number): number {
  const outcomes = all.map((one) => one.outcome)
  const kinds = [...new Set(outcomes.map(kindOf))]
  const summary = kinds.map((kind) => {
    const of = outcomes.filter((one) => kindOf(one) === kind)
    const ms = figures(of.flatMap((one) => one.convergedMs ?? []))
    const count = (end: Outcome['end']): number => of.filter((one) => one.end === end).length
    return {
      kind,
      cases: of.length,
      converged: count('converged'),
      held: count('held'),
      violations: of.filter((one) => one.violations.length > 0).length,
      diverged: of.filter((one) => one.discarded > 0).length,
      discarded: of.reduce((sum, one) => sum + one.discarded, 0),
      convergeMs: ms,
    }
  })
  const rules = byRule(outcomes, 'held', (one) => one.hold)
  const openings = byRule(outcomes, 'converged', (one) => one.opened)
  const violations = all.flatMap((one) =>
    one.outcome.violations.map((what): Violation => ({ where: `${one.outcome.case} (seed ${seed})`, what, facts: one.facts })),
  )
  return emit(
    {
      name: 'orders',
      seed,
      sections: [
        {
          title: 'Orders',
          text: table(
            [
              'persistence',
              'cases',
              'converged',
              'held',
              'with violations',
              'with writes that were discarded and said so',
              'ms after the last start (node or killed controller), min / median / worst',
            ],
            summary.map((row) => [
              row.kind,
              row.cases,
              row.converged,
              row.held,
              row.violations,
              `${row.diverged} (${row.discarded} writes)`,
              figuresText(row.convergeMs),
            ]),
          ),
          data: { summary, tookMs, outcomes },
        },
        { title: 'How the primary was chosen', text: rulesTable(openings), data: openings },
        { title: 'Holds', text: rulesTable(rules), data: rules },
      ],
      violations,
    },
    values.json ?? false,
  )
}

function kindOf(outcome: Outcome): string {
  const [persistence = '', stop = '', stops = ''] = outcome.case.split(' ')
  return `1+${stops.length - 2} ${persistence} ${stop}`
}

interface ByRule {
  readonly rule: string
  readonly cases: number
  /** Cases in which acknowledged writes were in no file any more. */
  readonly gone: number
  readonly example: string
}

function byRule(outcomes: readonly Outcome[], end: Outcome['end'], why: (one: Outcome) => Outcome['hold']): ByRule[] {
  const of = outcomes.filter((one) => one.end === end)
  return [...new Set(of.map((one) => why(one)?.rule ?? 'none'))].map((rule) => {
    const same = of.filter((one) => (why(one)?.rule ?? 'none') === rule)
    // The one that lost most has the most to explain.
    const example = same.toSorted((a, b) => b.gone - a.gone)[0]
    return {
      rule,
      cases: same.length,
      gone: same.filter((one) => one.gone > 0).length,
      example: example === undefined ? '' : `${example.case}, ${example.gone} writes gone: ${why(example)?.sentence ?? ''}`,
    }
  })
}

function rulesTable(rows: readonly ByRule[]): string {
  if (rows.length === 0) return 'none'
  return table(
    ['rule', 'cases', 'acknowledged data was in no file', 'for example'],
    rows.map((row) => [row.rule, row.cases, row.gone, row.example]),
  )
}
