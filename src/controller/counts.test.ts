import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, failingOver, group, switching } from '../../test/situations.ts'
import type { GroupRecord } from '../core/model.ts'
import { Counts } from './counts.ts'

const calm = group('a', alive('a'), alive('b'))
const steady = recordOf(calm)
const failing = recordOf(failingOver(calm, 'b'))
const moving = recordOf(switching(calm, 'b'))
const moved: GroupRecord = { ...steady, epoch: failing.epoch, primary: 'b' }

function recordOf({ record }: typeof calm): GroupRecord {
  assert.ok(record !== null)
  return record
}

function movesAfter(...records: readonly (GroupRecord | null)[]) {
  const counts = new Counts()
  for (const [index, record] of records.slice(1).entries()) counts.recorded('g', records[index] ?? null, record)
  return counts.moves.get('g') ?? { failovers: 0, switchovers: 0 }
}

test('counts: the candidate becomes primary -> one failover or one switchover, whatever the record does afterwards', () => {
  assert.deepEqual(movesAfter(steady, failing, moved, { ...moved, guard: 1 }), { failovers: 1, switchovers: 0 })
  assert.deepEqual(movesAfter(steady, moving, moved), { failovers: 0, switchovers: 1 })
  assert.deepEqual(movesAfter(steady, failing, moved, moving, moved), { failovers: 1, switchovers: 1 })
})

test('counts: a switchover becomes a failover -> it counts as a failover', () => {
  assert.deepEqual(movesAfter(steady, moving, failing, moved), { failovers: 1, switchovers: 0 })
})

test('counts: the old primary stays, or the record is read for the first time -> nothing moved', () => {
  assert.deepEqual(movesAfter(steady, failing, steady), { failovers: 0, switchovers: 0 })
  assert.deepEqual(movesAfter(steady, moving, steady), { failovers: 0, switchovers: 0 })
  assert.deepEqual(movesAfter(null, moved), { failovers: 0, switchovers: 0 })
})

test('counts: questions -> by how they ended; a removed group is forgotten', () => {
  const counts = new Counts()
  counts.probed({ ok: false, failure: { kind: 'refused' } })
  counts.probed({ ok: false, failure: { kind: 'answered', code: 'BUSY', message: 'busy' } })
  assert.deepEqual(counts.probes, { reading: 0, answered: 1, refused: 1, closed: 0, silent: 0, unasked: 0 })
  counts.recorded('g', failing, moved)
  counts.forget('g')
  assert.equal(counts.moves.size, 0)
})
