import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../../test/elections.ts'
import { alive, at, group, lists, nodeIn, now, readingOf, recorded, remembered, silent, viewed, withPolicy } from '../../test/situations.ts'
import { caseOf } from './decide.ts'
import { toGrow, toShrink } from './inSync.ts'
import { lags, mayLag } from './lag.ts'
import type { Instant } from './model.ts'
import type { Situation } from './situation.ts'

const kiB = 1024

/** The primary `a` was read at 1000 bytes at `earlierAt` and `offset` bytes just now; its replica `b` in between, at `own` bytes. */
function between(earlierAt: Instant, offset: number, own: number, acked = own): Situation {
  const primary = readingOf('a', 'a', { offset, lists: [lists('b', { acked })] })
  const before = { reading: readingOf('a', 'a', { offset: 1000 }), askedAt: earlierAt }
  const s = group('a', alive('a'), alive('b', { offset: own, view: { askedAt: now - 20 } }))
  const read = viewed(s, 'a', { reading: primary, before, askedAt: now - 10 })
  return withPolicy(remembered(read, { watched: { reading: primary, at: now - 10 } }), { inSyncMaxLagBytes: 64 * kiB })
}

/** [surely too far behind, perhaps too far behind] */
function judged(s: Situation, acked: number): [boolean, boolean] {
  const [primary, replica] = [nodeIn(s, 'a'), nodeIn(s, 'b')]
  const heard = { reading: primary.reading ?? assert.fail('not read'), askedAt: primary.askedAt, before: primary.before }
  return [lags(s, replica, heard, acked), mayLag(s, replica, heard, acked)]
}

test('the replica was read just after the primary was read before -> measured by that: age is no lag', () => {
  assert.deepEqual(judged(between(now - 250, 1000 + 1000 * kiB, 1000), 1000), [false, false])
  assert.deepEqual(judged(between(now - 250, 1000 + 1000 * kiB, 1000 - 64 * kiB), 1000), [false, false])
  assert.deepEqual(judged(between(now - 250, 1000 + 1000 * kiB, 999 - 64 * kiB), 1000), [true, true])
})

test('nobody read the primary for long before that -> what it lists as acknowledged says how far behind the replica may be', () => {
  const cut = (acked: number): Situation => between(now - 9_000, 1000 + 200 * kiB, 1200, acked)
  assert.deepEqual(judged(cut(1200), 1200), [false, true])
  assert.deepEqual(judged(cut(1000 + 136 * kiB), 1000 + 136 * kiB), [false, false])
})

test('the replica was read before both readings of the primary -> what it lists as acknowledged says how far behind the replica may be', () => {
  const late = (acked: number): Situation => viewed(between(now - 15, 1000 + 200 * kiB, 1000, acked), 'b', { askedAt: now - 400 })
  assert.deepEqual(judged(late(1000), 1000), [false, true])
  assert.deepEqual(judged(late(1000 + 136 * kiB), 1000 + 136 * kiB), [false, false])
})

test('a replica that does not answer us -> by what it acknowledged', () => {
  const s = withPolicy(group('a', alive('a', { offset: 1000 + 64 * kiB }), silent('b', 5_000)), { inSyncMaxLagBytes: 64 * kiB })
  assert.deepEqual(judged(s, 1000), [false, false])
  assert.deepEqual(judged(s, 999), [true, true])
})

test('a hung primary that was cut off for long, its replica perhaps far behind -> nobody is promoted before the replica was asked again', () => {
  const s = between(now - 9_000, 1000 + 200 * kiB, 1200)
  assert.equal(run(s, 'hung').kind, 'hold')
  assert.equal(run(between(now - 250, 1000 + 200 * kiB, 1200), 'hung').kind, 'candidate')
  const again = readingOf('b', 'a', { offset: 1000 + 200 * kiB })
  assert.equal(run(viewed(at(s, now + 5), 'b', { reading: again, askedAt: now }), 'hung').kind, 'candidate')
})

test('perhaps too far behind -> does not join the in-sync set, and a member does not leave it', () => {
  const c = (s: Situation): NonNullable<ReturnType<typeof caseOf>> => caseOf(s) ?? assert.fail('no record')
  const s = between(now - 9_000, 1000 + 200 * kiB, 1200)
  assert.deepEqual(toShrink(c(s)), [])
  const target = { targets: new Map([['b', { replica: 'b1', primary: 'a1', replid: 'R1', offset: 1000 }]]) }
  const alone = (one: Situation): Situation => remembered(recorded(one, { inSync: [{ node: 'a', incarnation: 'a1' }] }), target)
  assert.deepEqual(toGrow(c(alone(s))), [])
  assert.equal(toGrow(c(alone(between(now - 250, 1000 + 200 * kiB, 1200)))).length, 1)
})
