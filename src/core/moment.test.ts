import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeStatus, ordersStatus } from '../../test/samples.ts'
import type { GroupRecord } from './model.ts'
import { momentOf } from './moment.ts'

const record = { epoch: 5, primary: 'a', inSync: [{ node: 'a', incarnation: 'a-1' }], guard: 1 }

test('moment: a failover is decided -> the new record beside what is still seen of the nodes', () => {
  const nodes = [nodeStatus('a', 1, { role: 'unknown', health: 'refused', linkUp: null }), nodeStatus('b', 2)]
  const moment = momentOf({ ...ordersStatus, writable: false, nodes }, {
    ...record,
    phase: 'failover',
    candidate: 'b',
  } as unknown as GroupRecord)
  assert.deepEqual(moment, {
    phase: 'failover',
    primary: 'a',
    candidate: 'b',
    inSync: ['a'],
    guard: 1,
    writable: false,
    nodes: { a: { role: 'unknown', health: 'refused', linkUp: null }, b: { role: 'replica', health: 'up', linkUp: true } },
  })
})

test('moment: nothing is recorded yet -> new, and nobody is named', () => {
  const { phase, primary, candidate, inSync, guard } = momentOf(ordersStatus, null)
  assert.deepEqual({ phase, primary, candidate, inSync, guard }, { phase: 'new', primary: null, candidate: null, inSync: [], guard: 0 })
})
