import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alive, group, refused, specOf } from '../../test/situations.ts'
import { defaults, turnStepMs } from '../core/limits.ts'
import { Asker } from './asker.ts'
import { phaseOf, probeGap, probeTimeout, spread, turnAfter } from './cadence.ts'

const { nodes } = group('a', alive('a'), refused('b', 5_000))
const ids = ['a', 'b']

function askerAt(now: number): Asker {
  const asker = new Asker('g')
  asker.takeNodes(
    ids.map((id) => specOf(id)),
    new Set(ids),
    now,
  )
  return asker
}

const asked = (asker: Asker, now: number): string[] => asker.due(nodes, defaults, 0, now).map((node) => node.spec.id)

void describe('who is asked when', () => {
  test('a new group -> each node within 20 ms, then not again before the answer', () => {
    const asker = askerAt(0)
    assert.deepEqual([asked(asker, 20), asked(asker, 10_000), asker.nextAt()], [ids, [], Infinity])
    assert.equal(asker.sentAt('a'), 20)
  })

  test('answered -> again at its next turn, within a probe period; refused -> sooner', () => {
    const asker = askerAt(0)
    asked(asker, 20)
    asker.ended('a', true)
    asker.ended('b', false)
    const turn = turnAfter(20, defaults.probeEveryMs, phaseOf('g'))
    assert.ok(turn > 20 && turn <= 270)
    const first = (id: string): number => {
      for (let now = 21; ; now++) if (asked(asker, now).includes(id)) return now
    }
    assert.deepEqual(
      [turn < 120 ? first('a') : first('b'), turn < 120 ? first('b') : first('a')],
      [Math.min(turn, 120), Math.max(turn, 120)],
    )
  })

  test('questions are on their way -> when the first of them ends, unless we stand still', () => {
    const asker = askerAt(0)
    assert.equal(asker.endsBy(defaults), Infinity)
    assert.equal(asked(asker, 20).length, 2)
    assert.equal(asker.endsBy(defaults), 20 + probeTimeout(defaults))
    asker.ended('a', true)
    asker.ended('b', false)
    assert.equal(asker.endsBy(defaults), Infinity)
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

  test('something is wrong -> asked every few milliseconds while it is new, less the longer nothing stirs, then calmly', () => {
    const node = nodes.get('a') ?? assert.fail('no node')
    const gap = (now: number, stirredAt = 0, hurryEveryMs = 0): number => probeGap(defaults, node, stirredAt, hurryEveryMs, now)
    assert.deepEqual([gap(0), gap(50), gap(250), gap(1_000), gap(2_999), gap(3_000)], [4, 4, 20, 50, 50, 250])
    assert.deepEqual([gap(2_000, 1_990), gap(30_000, 29_750), gap(30_000, 20_000)], [4, 20, 250])
    const crowd = [3, 50, 150, 600].map((everyMs) => gap(0, 0, everyMs))
    assert.deepEqual(crowd, [4, 50, 150, 250], 'many nodes in a hurry share it, and none is asked less than when it is calm')
    assert.deepEqual([gap(2_000, 0, 100), gap(2_000, 0, 300), gap(3_000, 0, 300)], [100, 250, 250])
    const asker = askerAt(0)
    asked(asker, 20)
    asker.ended('a', true)
    asker.unsettle(20)
    assert.deepEqual([asked(asker, 23), asked(asker, 24)], [[], ['a']])
  })

  test('unsettled for a second, then something changes -> every few milliseconds again; settled -> at its pace', () => {
    const asker = askerAt(0)
    asker.unsettle(0)
    asked(asker, 1_000)
    asker.ended('a', true)
    assert.deepEqual(asked(asker, 1_020), [])
    asker.stir(1_020)
    assert.deepEqual(asked(asker, 1_020), ['a'])
    asker.ended('a', true)
    asker.settle()
    assert.deepEqual([asker.isSettled, asked(asker, 1_024)], [true, ['a']])
    asker.ended('a', true)
    assert.deepEqual(asked(asker, 1_028), [])
  })

  test('one node does not answer, again and again -> not all are heard, until it answers or is removed', () => {
    const asker = askerAt(0)
    const heard = (a: boolean, b: boolean): boolean => {
      asker.ended('a', a)
      asker.ended('b', b)
      return asker.allHeard
    }
    assert.equal(asker.allHeard, true)
    assert.deepEqual([heard(true, false), heard(true, false), heard(true, true)], [false, false, true])
    assert.deepEqual([heard(false, false), heard(true, false), heard(true, true)], [false, false, true])
    heard(true, false)
    asker.takeNodes([specOf('a')], new Set(), 0)
    assert.equal(asker.allHeard, true)
  })

  test('a node is removed, one is new, one stays -> what is known of the last is kept', () => {
    const asker = askerAt(0)
    asked(asker, 20)
    asker.takeNodes([specOf('a'), specOf('c')], new Set(['c']), 25)
    asker.ended('b', true)
    assert.deepEqual([asker.sentAt('a'), asker.sentAt('b'), asker.sentAt('c')], [20, null, null])
  })

  test('a group at its turns -> one in each period, always at its own place in it, also after a late or hurried one', () => {
    for (const phase of [0, 0.25, 0.999]) {
      const place = Math.round(phase * 1_500) * turnStepMs
      for (const now of [0, 62.5, 249.999, 250, 1e9 + 0.3]) {
        const turn = turnAfter(now, 250, phase)
        assert.ok(turn > now && turn <= now + 250 + 1e-6, `${turn} after ${now}`)
        assert.ok(Math.abs((turn - place) / 250 - Math.round((turn - place) / 250)) < 1e-6, `${turn} is the place ${place}`)
      }
    }
    assert.ok(turnAfter(0, 5, 0.7) <= 5, 'a period of less than a step has one')
  })

  test('a thousand groups at their turns -> twenty-five turns in a second, each with its share of them', () => {
    const turns = new Map<number, number>()
    for (let index = 0; index < 1000; index++) {
      const turn = turnAfter(3_000_000, 1_000, phaseOf(`g${index}`))
      turns.set(turn, (turns.get(turn) ?? 0) + 1)
    }
    assert.ok(turns.size === 25, `${turns.size} turns`)
    assert.ok(Math.max(...turns.values()) < 70, `${Math.max(...turns.values())} at once`)
  })

  test('many groups -> their questions are spread; attempts at one node too', () => {
    const phases = Array.from({ length: 200 }, (_, index) => phaseOf(`g${index}`))
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
