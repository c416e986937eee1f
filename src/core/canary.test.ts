import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, epochStart, group, recorded } from '../../test/situations.ts'
import { pika } from '../engines/pika.ts'
import { redis } from '../engines/redis.ts'
import { markAction, markable, marking } from './canary.ts'
import { canaryEnded } from './memory.ts'
import type { Capabilities, LineageEntry, Mark } from './model.ts'

/** The mark that the primary is given at that epoch; the history that it writes began at epoch 2. */
function marked(can: Capabilities, replid: string, epoch = 3): Mark {
  const entry: LineageEntry = { epoch: 2, node: 'a', at: epochStart, replid, start: 0, continues: true }
  const { record } = recorded(group('a', alive('a')), { epoch, lineage: [entry] })
  assert.ok(record)
  const action = markAction(record, { can, installation: 'inst', spec: { id: 'g' } }, 9)
  assert.ok(action.name === 'mark')
  return action.mark
}

const plain = { installation: 'inst', group: 'g', seq: 9 }

test('the mark names the history -> it bears the epoch at which that began, and when; and the one that a move used which was given up since', () => {
  assert.deepEqual(marked(pika, `inst/g/2/${epochStart}`), { ...plain, epoch: 2, since: epochStart, given: 3 })
  assert.deepEqual(marked(pika, `inst/g/2/${epochStart}`, 2), { ...plain, epoch: 2, since: epochStart })
})

test('the history was begun by a version that named it by its epoch alone -> so does the mark', () => {
  assert.deepEqual(marked(pika, 'inst/g/2'), { ...plain, epoch: 2, given: 3 })
  assert.deepEqual(marked(pika, 'inst/g/2', 2), { ...plain, epoch: 2 })
})

test('the server names its histories -> the epoch of the record', () => {
  assert.deepEqual(marked(redis, 'R1'), { ...plain, epoch: 3 })
})

test('no connection was proven to reach the primary -> no mark before an answer to a question that left after that', () => {
  const s = recorded(group('a', alive('a')), {})
  const { nodes, record } = s
  const primary = nodes.get('a')
  assert.ok(primary !== undefined && record !== null)
  const tuned = { ...s.memory, tuned: record.incarnation }
  const refusal = { ok: false, code: 'NOT_PROVEN', message: '' } as const
  const unproven = canaryEnded(marking(tuned, 7, 3, primary.askedAt, primary.askedAt + 1000), primary, refusal, primary.askedAt + 1)
  const asked = (askedAt: number) => markable(record, new Map([['a', { ...primary, askedAt }]]), unproven) !== null
  assert.deepEqual([asked(primary.askedAt), asked(primary.askedAt + 1)], [false, true])
  assert.ok(unproven.canary.dueAt <= primary.askedAt + 1, 'it leaves at once then')
  assert.equal(marking(unproven, 8, 4, primary.askedAt + 2, primary.askedAt + 1002).canary.unprovenAt, null)
})
