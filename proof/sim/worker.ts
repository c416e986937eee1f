// Plays seeds in a thread of its own: a share of the seeds, one after the other, each result told at once.
import { parentPort, workerData } from 'node:worker_threads'
import { countRows } from '../../src/sim/rows.ts'
import { type Result, simulateSeed } from '../../src/sim/simulate.ts'
import { plant } from './holes.ts'

export interface Share {
  readonly from: number
  readonly until: number
  readonly step: number
  readonly minutes: number
  readonly without: string | null
  readonly hole: string | null
  readonly stopAtFirst: boolean
}

export type Told =
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'end'; readonly rules: ReadonlyMap<string, number> }

const share = workerData as Share
const port = parentPort
if (port === null) throw new Error('this file is a worker')
const tell = (told: Told): void => port.postMessage(told, [])
const rules = countRows()
const planted = share.hole === null ? {} : plant(share.hole)
for (let seed = share.from; seed < share.until; seed += share.step) {
  const result = simulateSeed(seed, share.minutes, { ...planted, without: share.without })
  tell({ kind: 'result', result })
  if (share.stopAtFirst && result.violation !== null) break
}
tell({ kind: 'end', rules })
