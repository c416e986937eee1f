import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  alive,
  answering,
  epochStart,
  failingOver,
  group,
  now,
  recorded,
  refused,
  silent,
  switching,
  unasked,
} from '../../test/situations.ts'
import { sameTopology, topologyOf, writable } from './topology.ts'

const nobody = (s: Parameters<typeof writable>[0]): void => {
  assert.equal(writable(s), false)
  assert.equal(topologyOf(s).primary, null)
  assert.deepEqual(topologyOf(s).replicas, [])
}

void describe('what clients are told', () => {
  test('a group in order -> where to write, who follows and who is in sync', () => {
    const s = recorded(group('a', alive('a'), alive('b'), alive('c'), refused('d', 5_000), alive('e', { of: 'nowhere' })), {
      inSync: ['a', 'b', 'd'].map((node) => ({ node, incarnation: `${node}1` })),
    })
    assert.deepEqual(topologyOf(s), {
      group: 'g',
      epoch: 1,
      primary: { node: 'a', host: '127.0.0.1', port: 7001 },
      replicas: [
        { node: 'b', host: '127.0.0.1', port: 7002, inSync: true },
        { node: 'c', host: '127.0.0.1', port: 7003, inSync: false },
      ],
      at: epochStart + now,
    })
  })

  test('nothing is recorded -> nobody, epoch 0', () => {
    const s = group(null, alive('a', { of: null }))
    nobody(s)
    assert.equal(topologyOf(s).epoch, 0)
  })

  test('something is under way -> nobody, although the old primary still answers', () => {
    nobody(switching(group('a', alive('a'), alive('b')), 'b'))
    nobody(failingOver(group('a', alive('a'), alive('b')), 'b'))
  })

  test('the recorded primary is closed, a replica, or another process -> nobody', () => {
    nobody(group('a', alive('a', { guard: 9999 }), alive('b')))
    nobody(group('a', alive('a', { of: 'b' }), alive('b')))
    nobody(group('a', alive('a', { incarnation: 'a2' }), alive('b')))
  })

  test('it is silent, and its replica is only being asked for proof -> it stays', () => {
    const acting = { id: 1, action: { name: 'proveLink' }, since: now - 5 } as const
    assert.equal(writable(group('a', silent('a', 8_500), alive('b', { view: { acting } }))), true)
  })

  test('it is known to be gone, going or unable to write -> nobody', () => {
    nobody(group('a', refused('a', 9_900), alive('b', { linkUp: false })))
    nobody(group('a', silent('a', 8_500), alive('b', { linkUp: false })))
    nobody(group('a', alive('a', { shuttingDown: true }), alive('b')))
    nobody(group('a', alive('a', { writeProblem: 'MISCONF' }), alive('b')))
  })

  test('it is only in doubt -> it stays: our own blindness takes no writes away', () => {
    for (const s of [
      group('a', silent('a', 9_500), alive('b')),
      group('a', silent('a', 8_500), alive('b')),
      group('a', refused('a', 9_900), alive('b')),
      group('a', answering('a', 5_000, 'BUSY'), alive('b')),
      group('a', unasked('a', 5_000), alive('b')),
    ]) {
      assert.equal(topologyOf(s).primary?.node, 'a')
    }
  })
})

test('two topologies -> the same when clients would be told the same', () => {
  const s = group('a', alive('a'), alive('b'))
  const topology = topologyOf(s)
  assert.equal(sameTopology(null, topology), false)
  assert.equal(sameTopology({ ...topology, at: 0 }, topology), true)
  const [b = assert.fail('no replica')] = topology.replicas
  const { primary } = topology
  assert.ok(primary !== null)
  for (const other of [
    { ...topology, epoch: 2 },
    { ...topology, primary: null },
    { ...topology, primary: { ...primary, port: 1 } },
    { ...topology, primary: { ...primary, node: 'b' } },
    { ...topology, replicas: [] },
    { ...topology, replicas: [{ ...b, inSync: false }] },
    { ...topology, replicas: [{ ...b, node: 'c' }] },
    { ...topology, replicas: [{ ...b, host: '10.0.0.1' }] },
  ]) {
    assert.equal(sameTopology(topology, other), false, JSON.stringify(other))
    assert.equal(sameTopology(other, topology), false)
  }
})
