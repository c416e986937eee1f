// What tests of elections share: a lost primary, an election about it, and what must come of it.
import assert from 'node:assert/strict'
import { type Election, elect } from '../src/core/elect.ts'
import { lossOf } from '../src/core/loss.ts'
import type { FailoverCause } from '../src/core/model.ts'
import { inEnglish } from '../src/core/said.ts'
import type { Situation } from '../src/core/situation.ts'

export const since = 9_900
export const alone = { inSync: [{ node: 'a', incarnation: 'a1' }] }
export const down = { linkUp: false } as const
/** The recorded primary came back as another process, fenced by its boot file, append-only file on: its position is unknown. */
export const returned = { incarnation: 'a2', of: 'nowhere', replid: 'R7', offset: 0, durable: true } as const

export function run(s: Situation, cause: FailoverCause = 'dead', from = since): Election {
  return s.record === null ? assert.fail('no record') : elect(s, s.record, cause, from)
}

export function chosen(election: Election, rule: string, node: string, loss: RegExp | null = null): void {
  assert.ok(election.kind === 'candidate', `${election.rule}: ${inEnglish(election.said)}`)
  assert.deepEqual([election.rule, election.node], [rule, node])
  if (loss === null) assert.equal(election.risk, null)
  else assert.match(lossOf(election.risk).loss ?? '', loss)
}

export function held(election: Election, rule: string, sentence: RegExp): void {
  assert.equal(election.kind, 'hold', inEnglish(election.said))
  assert.equal(election.rule, rule)
  assert.match(inEnglish(election.said), sentence)
}
