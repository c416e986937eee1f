import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeStatus, ordersStatus, testTime } from '../../test/samples.ts'
import type { Topology } from '../core/model.ts'
import type { GroupStatus } from '../core/status.ts'
import { type Told, begin, onStatus, onTopology } from './news.ts'

const places = { a: 6379, b: 6380, c: 6381 }
type Name = keyof typeof places
const place = (node: Name) => ({ node, host: '127.0.0.1', port: places[node] })
const others = (['a', 'b', 'c'] as const).map(place)

function topology(primary: Name | null, ...replicas: Name[]): Topology {
  return {
    group: 'orders',
    epoch: 4,
    primary: primary === null ? null : place(primary),
    replicas: replicas.map((node) => ({ ...place(node), inSync: true })),
    at: testTime,
  }
}

/** `down`: refuses connections. */
function status(change: Partial<GroupStatus>, ...down: Name[]): GroupStatus {
  const nodes = (['a', 'b', 'c'] as const).map((id) =>
    nodeStatus(id, places[id], { role: id === 'a' ? 'primary' : 'replica', health: down.includes(id) ? 'refused' : 'up' }),
  )
  return { ...ordersStatus, nodes, ...change }
}

function texts(heard: { readonly news: readonly { readonly channel: string; readonly text: string }[] }): string[] {
  return heard.news.map(({ channel, text }) => `${channel} ${text}`)
}

const calm: Told = begin(topology('a', 'b', 'c'), ordersStatus)

void describe('what listeners are told', () => {
  test('a crash, step by step -> down, tried, switched, and who follows; as a Sentinel says it', () => {
    const lost = onStatus(calm, status({ writable: false, phase: 'failover', candidate: 'b', epoch: 5 }, 'a'))
    assert.deepEqual(texts(lost), [
      '+sdown master orders 127.0.0.1 6379',
      '+odown master orders 127.0.0.1 6379 #quorum 1/1',
      '+new-epoch 5',
      '+try-failover master orders 127.0.0.1 6379',
      '+selected-slave slave 127.0.0.1:6380 127.0.0.1 6380 @ orders 127.0.0.1 6379',
    ])
    const nobody = onTopology(lost.told, topology(null), others)
    assert.deepEqual(nobody.news, [])
    const switched = onTopology(nobody.told, topology('b', 'c'), others)
    assert.deepEqual(texts(switched), [
      '+failover-end master orders 127.0.0.1 6379',
      '+switch-master orders 127.0.0.1 6379 127.0.0.1 6380',
      '+slave slave 127.0.0.1:6379 127.0.0.1 6379 @ orders 127.0.0.1 6380',
      '+slave slave 127.0.0.1:6381 127.0.0.1 6381 @ orders 127.0.0.1 6380',
    ])
    const after = onStatus(switched.told, status({ primary: 'b', epoch: 5 }, 'a'))
    assert.deepEqual(texts(after), ['+sdown slave 127.0.0.1:6379 127.0.0.1 6379 @ orders 127.0.0.1 6380'])
    const back = onStatus(after.told, status({ primary: 'b', epoch: 5 }))
    assert.deepEqual(texts(back), ['-sdown slave 127.0.0.1:6379 127.0.0.1 6379 @ orders 127.0.0.1 6380'])
    const follows = onTopology(back.told, topology('b', 'a', 'c'), others)
    assert.deepEqual(texts(follows), ['+slave-reconf-done slave 127.0.0.1:6379 127.0.0.1 6379 @ orders 127.0.0.1 6380'])
  })

  test('the same again -> no news', () => {
    assert.deepEqual(onTopology(calm, topology('a', 'b', 'c'), others).news, [])
    assert.deepEqual(onStatus(calm, ordersStatus).news, [])
  })

  test('nobody may write for a while, then the same primary -> nothing is switched', () => {
    const nobody = onTopology(calm, topology(null), others)
    assert.deepEqual(onTopology(nobody.told, topology('a', 'b', 'c'), others).news, [])
  })

  test('it begins while the primary is being replaced -> the recorded one is the old one', () => {
    const told = begin(topology(null), status({ writable: false, phase: 'failover', candidate: 'b' }, 'a'))
    assert.equal(onTopology(told, topology('b'), others).news[1]?.text, 'orders 127.0.0.1 6379 127.0.0.1 6380')
  })

  test('it begins before anything is recorded -> the first primary is no switch', () => {
    const told = begin(null, status({ primary: null, writable: false, phase: 'new' }))
    assert.deepEqual(onTopology(told, topology('a', 'b', 'c'), others).news, [])
  })

  test('the primary came back by itself -> no longer down, nothing switched', () => {
    const lost = onStatus(calm, status({ writable: false }, 'a'))
    assert.deepEqual(texts(onStatus(lost.told, status({}))), ['-sdown master orders 127.0.0.1 6379', '-odown master orders 127.0.0.1 6379'])
  })
})
