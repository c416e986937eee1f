// Plays histories in a thread of its own: whichever nobody plays yet, one after the other, each result told at once.
import { parentPort, workerData } from 'node:worker_threads'
import { countRows } from '../../src/sim/rows.ts'
import { type Result, simulate, simulateSeed } from '../../src/sim/simulate.ts'
import { type Engines, onEngine } from '../../src/sim/draw.ts'
import { judged, ordersOf, planOfOrder, sampledOrder } from '../../src/sim/orders.ts'
import type { Persistence, Plan } from '../../src/sim/plan.ts'
import { plant } from './holes.ts'

export interface Share {
  readonly from: number
  readonly until: number
  readonly minutes: number
  readonly engines: Engines
  readonly without: string | null
  readonly hole: string | null
  readonly stopAtFirst: boolean
  /** Orders of stopping and starting instead of random histories. */
  readonly orders: { readonly nodes: number; readonly persistence: Persistence } | null
  /** These histories instead of drawn ones. */
  readonly plans: readonly Plan[] | null
  /** How many histories were taken by all threads; one that got slow ones takes fewer. */
  readonly taken: SharedArrayBuffer
}

export type Told =
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'end'; readonly rules: ReadonlyMap<string, number> }

const share = workerData as Share
const port = parentPort
if (port === null) throw new Error('this file is a worker')
const tell = (told: Told): void => port.postMessage(told, [])
const rules = countRows()
const engined = (plan: Plan): Plan => onEngine(plan, share.engines)
const options = { ...(share.hole === null ? {} : plant(share.hole)), without: share.without }
const taken = new Int32Array(share.taken)

/** The place of a history that nobody plays yet. */
function take(): number {
  return Atomics.add(taken, 0, 1)
}

/** Gives whether it may go on. */
function told(result: Result): boolean {
  tell({ kind: 'result', result })
  return !share.stopAtFirst || result.violation === null
}

/** Of a list that every thread walks through. */
function playEach(plans: Iterable<Plan>, play: (plan: Plan) => Result): void {
  let mine = take()
  let place = 0
  for (const plan of plans) {
    if (place++ !== mine) continue
    if (!told(play(plan))) return
    mine = take()
  }
}

function playSeeds(play: (seed: number) => Result): void {
  for (let seed = share.from + take(); seed < share.until; seed = share.from + take()) {
    if (!told(play(seed))) return
  }
}

const inOrder = (plan: Plan): Result => judged(simulate(engined(plan), options))

function* planned(nodes: number, persistence: Persistence): Generator<Plan> {
  for (const order of ordersOf(nodes)) yield planOfOrder(order, persistence)
}

const { orders, plans } = share
if (plans !== null) playEach(plans, (plan) => simulate(plan, options))
else if (orders === null) playSeeds((seed) => simulateSeed(seed, share.minutes, options, share.engines))
// Four nodes have too many: some of them.
else if (orders.nodes > 3) playSeeds((seed) => inOrder(planOfOrder(sampledOrder(orders.nodes, seed), orders.persistence)))
else playEach(planned(orders.nodes, orders.persistence), inOrder)
tell({ kind: 'end', rules })
