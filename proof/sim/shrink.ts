// Leaves out what a failing history does not need, so that a person can read what is left.
import type { Options } from '../../src/sim/history.ts'
import type { Plan } from '../../src/sim/plan.ts'
import { type Result, simulate } from '../../src/sim/simulate.ts'

export interface Shrunk {
  readonly plan: Plan
  readonly result: Result
  readonly runs: number
}

/** A history with less in it that breaks the same promise; null when it breaks none. Plays at most `limit` histories. */
export function shrink(whole: Plan, limit: number): Shrunk | null {
  let plan = whole
  let result = simulate(plan)
  if (result.violation === null) return null
  const { check } = result.violation
  let runs = 1
  const fails = (smaller: Plan): boolean => {
    if (runs >= limit) return false
    runs++
    const played = simulate(smaller)
    if (played.violation?.check !== check) return false
    plan = smaller
    result = played
    return true
  }
  fails({ ...plan, ops: plan.ops.filter((op) => op.at <= (result.violation?.at ?? Infinity)) })
  for (let size = Math.ceil(plan.ops.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < plan.ops.length;) {
      const ops = [...plan.ops.slice(0, at), ...plan.ops.slice(at + size)]
      if (!fails({ ...plan, ops })) at += size
    }
  }
  for (const client of plan.clients.slice(1)) fails({ ...plan, clients: plan.clients.filter((one) => one !== client) })
  return { plan, result, runs }
}

/** The transcript of a plan. */
export function tellPlan(plan: Plan, tell: NonNullable<Options['tell']>): Result {
  return simulate(plan, { tell })
}
