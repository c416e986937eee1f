// Many seeds on several cores, and what they came to.
import { Worker } from 'node:worker_threads'
import type { Engines } from '../../src/sim/draw.ts'
import type { Result } from '../../src/sim/simulate.ts'
import type { Share, Told } from './worker.ts'

export interface Campaign {
  readonly from: number
  readonly seeds: number
  readonly minutes: number
  readonly engines: Engines
  readonly workers: number
  readonly without: string | null
  readonly hole: string | null
  readonly stopAtFirst: boolean
  readonly orders: Share['orders']
  readonly plans: Share['plans']
}

interface Held {
  readonly histories: number
  readonly seeds: readonly number[]
}

const seedsShown = 5

export interface Summary {
  readonly seeds: number
  readonly violations: number
  readonly virtualHours: number
  readonly wallSeconds: number
  readonly virtualHoursPerMinute: number
  readonly failovers: number
  readonly acknowledged: number
  /** Acknowledged writes that a policy, a person or a disk gave up, by reason. */
  readonly lost: Readonly<Record<string, number>>
  /** How often each of these reasons was needed. */
  readonly excused: Readonly<Record<string, number>>
  /** Histories that ended with one of these holds instead of in order. */
  readonly rightlyHeld: number
  /** Holds after healing that only a person could end, and that were so; some of the seeds, to look at. */
  readonly held: Readonly<Record<string, Held>>
  readonly rulesFired: Readonly<Record<string, number>>
  readonly rulesNeverFired: readonly string[]
  readonly worstConvergenceMs: number
  readonly failing: readonly Result[]
}

export async function run(campaign: Campaign, progress: (done: number, failing: number) => void): Promise<Summary> {
  const began = performance.now()
  const results: Result[] = []
  const rules = new Map<string, number>()
  const failing: Result[] = []
  const threads: Worker[] = []
  const take = (told: Told): void => {
    if (told.kind === 'end') {
      for (const [rule, count] of told.rules) rules.set(rule, (rules.get(rule) ?? 0) + count)
      return
    }
    results.push(told.result)
    if (told.result.violation !== null) failing.push(told.result)
    progress(results.length, failing.length)
    if (campaign.stopAtFirst && failing.length > 0) for (const thread of threads) void thread.terminate()
  }
  const share: Share = { ...campaign, until: campaign.from + campaign.seeds, taken: new SharedArrayBuffer(4) }
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const thread = new Worker(new URL('worker.ts', import.meta.url), { workerData: share })
      threads.push(thread)
      thread.on('message', take)
      thread.once('error', reject)
      thread.once('exit', () => resolve())
    })
  await Promise.all(Array.from({ length: campaign.workers }, work))
  return summarize(results, failing, rules, (performance.now() - began) / 1000)
}

function summarize(
  results: readonly Result[],
  failing: readonly Result[],
  rules: ReadonlyMap<string, number>,
  wallSeconds: number,
): Summary {
  const sum = (value: (result: Result) => number): number => results.reduce((total, result) => total + value(result), 0)
  const virtualHours = sum((result) => result.virtualMs) / 3_600_000
  const lost: Record<string, number> = {}
  const excused: Record<string, number> = {}
  const held: Record<string, Held> = {}
  for (const result of results) {
    for (const [why, count] of Object.entries(result.lost)) lost[why] = (lost[why] ?? 0) + count
    for (const [why, count] of Object.entries(result.excused)) excused[why] = (excused[why] ?? 0) + count
    if (result.heldFor !== null) {
      const { histories, seeds } = held[result.heldFor] ?? { histories: 0, seeds: [] }
      held[result.heldFor] = { histories: histories + 1, seeds: [...seeds, result.seed].slice(0, seedsShown) }
    }
  }
  return {
    seeds: results.length,
    violations: failing.length,
    virtualHours: Math.round(virtualHours * 10) / 10,
    wallSeconds: Math.round(wallSeconds * 10) / 10,
    virtualHoursPerMinute: Math.round(virtualHours / (wallSeconds / 60)),
    failovers: sum((result) => result.failovers),
    acknowledged: sum((result) => result.acked),
    lost,
    excused,
    rightlyHeld: results.filter((result) => result.heldFor !== null && result.violation === null).length,
    held,
    rulesFired: Object.fromEntries([...rules].filter(([, count]) => count > 0)),
    rulesNeverFired: [...rules].filter(([, count]) => count === 0).map(([rule]) => rule),
    worstConvergenceMs: Math.round(Math.max(0, ...results.map((result) => result.convergedMs ?? 0))),
    failing: failing.toSorted((a, b) => a.seed - b.seed),
  }
}
