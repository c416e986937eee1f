import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alive, group, refused, specOf } from '../../test/situations.ts'
import { defaults } from '../core/limits.ts'
import { Asker } from './asker.ts'
import { phaseOf, probeGap, probeTimeout, spread } from './cadence.ts'

const { nodes } = group('a', alive('a'), refused('b', 5_000))
const ids = ['a', 'b']

function askerAt(now: number): Asker {
  const asker = new Asker()
  asker.takeNodes(
    'g',
    ids.map((id) => specOf(id)),
    new Set(ids),
    now,
  )
  return asker
}

const asked = (asker: Asker, now: number, unsettledSince: number | null = null): string[] =>
  asker.due(nodes, defaults, unsettledSince, now).map((node) => node.spec.id)

void describe('who is asked when', () => {
  test('a new group -> each node within 20 ms, then not again before the answer', () => {
    const asker = askerAt(0)
    assert.deepEqual([asked(asker, 20), asked(asker, 10_000), asker.nextAt()], [ids, [], Infinity])
    assert.equal(asker.sentAt('a'), 20)
  })

  test('answered -> again a probe period after the question; refused -> sooner', () => {
    const asker = askerAt(0)
    asked(asker, 20)
    asker.ended('a', true)
    asker.ended('b', false)
    assert.deepEqual([asked(asker, 119), asked(asker, 120), asked(asker, 269), asked(asker, 270)], [[], ['b'], [], ['a']])
  })

  test('a dead node -> knocked at again and again, a little spread, never more often than asked for', () => {
    const asker = askerAt(0)
    const times: number[] = []
    for (let now = 0; now < 5_000; now++) {
      if (asked(asker, now).includes('b')) times.push(now)
      for (const id of ids) asker.ended(id, id === 'a')
    }
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    assert.ok(new Set(gaps).size > 3, `spread: ${gaps.join(' ')}`)
    assert.ok(Math.min(...gaps) >= 75 && Math.max(...gaps) <= 101, gaps.join(' '))
  })

  test('in a hurry -> at once; while a question is open, when it has ended', () => {
    const asker = askerAt(0)
    asked(asker, 20)
    asker.hurry(['a', 'nobody'], 21)
    assert.deepEqual(asked(asker, 21), [])
    for (const id of ids) asker.ended(id, true)
    assert.deepEqual(asked(asker, 30), ['a'])
    asker.ended('a', true)
    asker.hurryAll(31)
    assert.deepEqual(asked(asker, 31), ids)
  })

  test('something is wrong -> asked every few milliseconds for two seconds, then less, then calmly', () => {
    const node = nodes.get('a') ?? assert.fail('no node')
    const gap = (since: number): number => probeGap(defaults, node, 0, since)
    assert.deepEqual([gap(0), gap(1_999), gap(2_000), gap(9_999), gap(10_000)], [4, 4, 50, 50, 250])
    const asker = askerAt(0)
    asked(asker, 20)
    asker.ended('a', true)
    assert.deepEqual([asked(asker, 23, 20), asked(asker, 24, 20)], [[], ['a']])
  })

  test('a node is removed, one is new, one stays -> what is known of the last is kept', () => {
    const asker = askerAt(0)
    asked(asker, 20)
    asker.takeNodes('g', [specOf('a'), specOf('c')], new Set(['c']), 25)
    asker.ended('b', true)
    assert.deepEqual([asker.sentAt('a'), asker.sentAt('b'), asker.sentAt('c')], [20, null, null])
  })

  test('many groups -> their first questions are spread; attempts at one node too', () => {
    const phases = Array.from({ length: 200 }, (_, index) => phaseOf(`g${index}/a`))
    assert.ok(phases.every((phase) => phase >= 0 && phase < 1))
    for (let tenth = 0; tenth < 10; tenth++)
      assert.ok(
        phases.some((phase) => Math.floor(phase * 10) === tenth),
        `none in ${tenth}`,
      )
    assert.equal(spread(100, 0), 100)
    assert.equal(probeTimeout(defaults), 500)
  })
})
