// A group whose server tells no history from another: b took over from a, each history has a name of ours.
import type { LineageEntry } from '../src/core/model.ts'
import { epochStart } from './situations.ts'

export const h1 = 'inst/g/1'
export const h2 = 'inst/g/2'
export const lineage: readonly LineageEntry[] = [
  { epoch: 1, node: 'a', at: epochStart, replid: h1, start: 0, continues: false, incarnation: 'a1' },
  { epoch: 2, node: 'b', at: epochStart, replid: h2, start: 1000, continues: true, incarnation: 'b1' },
]
