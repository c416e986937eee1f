// Who holds more.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alive, group } from '../../test/situations.ts'
import { answers } from './observe.ts'
import { bestOf, orderOf } from './order.ts'

void describe('who holds more', () => {
  const order = (a: object, b: object): string => {
    const s = group('x', alive('a', { of: null, ...a }), alive('b', { of: null, ...b }))
    const [one, other] = [s.nodes.get('a'), s.nodes.get('b')]
    return one !== undefined && other !== undefined && answers(one) && answers(other) ? orderOf(s, one, other) : 'missing'
  }

  test('one history -> by position, whatever the marks say', () => {
    assert.equal(order({ offset: 11, mark: '1.1' }, { offset: 10, mark: '1.2' }), 'ahead')
  })

  test('no shared history, or unusable -> by the marks: epoch first', () => {
    assert.equal(order({ replid: 'X', mark: '2.1' }, { mark: '1.9' }), 'ahead')
    assert.equal(order({ usable: false, offset: 11, mark: '1.1' }, { offset: 10, mark: '1.2' }), 'behind')
    assert.equal(order({ replid: 'X', mark: '1.1' }, { mark: '1.1' }), 'equal')
    assert.equal(order({ replid: 'X', mark: null }, { mark: '1.1' }), 'behind')
    assert.equal(order({ replid: 'X', mark: null }, { mark: null }), 'unknown')
  })
})

test('the best of three: one is behind another, and the marks do not tell the third from them -> never the one that is behind, whatever comes first', () => {
  const nodes = [
    alive('a', { replid: 'X', mark: '1.5', offset: 900, spec: { priority: 50 } }),
    alive('b', { mark: '1.5', offset: 1400 }),
    alive('c', { mark: '1.5', offset: 1100 }),
  ]
  for (const order of [nodes, nodes.toReversed()]) {
    const s = group('c', ...order)
    assert.equal(bestOf(s, [...s.nodes.values()].filter(answers))?.spec.id, 'a')
  }
})
