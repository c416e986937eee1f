// Plays seeds in a thread of its own: a share of the seeds, one after the other, each result told at once.
import { parentPort, workerData } from 'node:worker_threads'
import { countRows } from '../../src/sim/rows.ts'
import { type Result, simulate, simulateSeed } from '../../src/sim/simulate.ts'
import { type Engines, onEngine } from '../../src/sim/draw.ts'
import { ordersOf, planOfOrder, sampledOrder } from '../../src/sim/orders.ts'
import type { Persistence, Plan } from '../../src/sim/plan.ts'
import { plant } from './holes.ts'

export interface Share {
  readonly from: number
  readonly until: number
  readonly step: number
  readonly minutes: number
  readonly engines: Engines
  readonly without: string | null
  readonly hole: string | null
  readonly stopAtFirst: boolean
  /** Orders of stopping and starting instead of random histories. */
  readonly orders: { readonly nodes: number; readonly persistence: Persistence } | null
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
const planted = share.hole === null ? {} : plant(share.hole)
/** Gives whether it may go on. */
function told(result: Result): boolean {
  tell({ kind: 'result', result })
  return !share.stopAtFirst || result.violation === null
}

function playOrders(nodes: number, persistence: Persistence): void {
  // Four nodes have too many: some of them.
  if (nodes > 3) {
    for (let seed = share.from; seed < share.until; seed += share.step)
      told(simulate(engined(planOfOrder(sampledOrder(nodes, seed), persistence)), planted))
    return
  }
  for (const order of ordersOf(nodes)) {
    if (order.seed % share.step === share.from % share.step) told(simulate(engined(planOfOrder(order, persistence)), planted))
  }
}

if (share.orders !== null) playOrders(share.orders.nodes, share.orders.persistence)
else {
  for (let seed = share.from; seed < share.until; seed += share.step) {
    if (!told(simulateSeed(seed, share.minutes, { ...planted, without: share.without }, share.engines))) break
  }
}
tell({ kind: 'end', rules })
