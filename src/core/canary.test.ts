import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, epochStart, group, recorded } from '../../test/situations.ts'
import { pika } from '../engines/pika.ts'
import { redis } from '../engines/redis.ts'
import { markAction } from './canary.ts'
import type { Capabilities, LineageEntry, Mark } from './model.ts'

/** The mark that the primary of epoch 3 is given; the history that it writes began at epoch 2. */
function marked(can: Capabilities, replid: string): Mark {
  const entry: LineageEntry = { epoch: 2, node: 'a', at: epochStart, replid, start: 0, continues: true }
  const { record } = recorded(group('a', alive('a')), { epoch: 3, lineage: [entry] })
  assert.ok(record)
  const action = markAction(record, { can, installation: 'inst', spec: { id: 'g' } }, 9)
  assert.ok(action.name === 'mark')
  return action.mark
}

const plain = { installation: 'inst', group: 'g', seq: 9 }

test('the mark names the history -> it bears the epoch at which that began, and when', () => {
  assert.deepEqual(marked(pika, `inst/g/2/${epochStart}`), { ...plain, epoch: 2, since: epochStart })
})

test('the history was begun by a version that named it by its epoch alone -> so does the mark', () => {
  assert.deepEqual(marked(pika, 'inst/g/2'), { ...plain, epoch: 2 })
})

test('the server names its histories -> the epoch of the record', () => {
  assert.deepEqual(marked(redis, 'R1'), { ...plain, epoch: 3 })
})
