// A group whose server tells no history from another: b took over from a, each history has a name of ours.
import assert from 'node:assert/strict'
import type { LineageEntry } from '../src/core/model.ts'
import type { Situation } from '../src/core/situation.ts'
import { groupStep } from './decisions.ts'
import { type Says, epochStart } from './situations.ts'

export const h1 = 'inst/g/1'
export const h2 = 'inst/g/2'
export const lineage: readonly LineageEntry[] = [
  { epoch: 1, node: 'a', at: epochStart, replid: h1, start: 0, continues: false, incarnation: 'a1' },
  { epoch: 2, node: 'b', at: epochStart, replid: h2, start: 1000, continues: true, incarnation: 'b1' },
]

/** Says of a node that it follows b and bears its mark. */
export const linked: Says = { replid: h2, mark: '2.1' }
export const alone = [{ node: 'b', incarnation: 'b1' }]

export function nobodyInDoubt(s: Situation, rule: string): void {
  const step = groupStep(s, rule)
  assert.ok(step.kind === 'save')
  assert.equal(step.record.inDoubt, undefined)
}
