import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alive, group, lists, recorded, refused, remembered, silent, withPolicy } from '../../test/situations.ts'
import { caseOf } from './decide.ts'
import { guardToSet, toGrow, toShrink } from './inSync.ts'
import type { Situation } from './situation.ts'

const caseIn = (s: Situation): NonNullable<ReturnType<typeof caseOf>> => caseOf(s) ?? assert.fail('no record')
const out = (s: Situation): string[] => toShrink(caseIn(s)).map((m) => m.node)
const added = (s: Situation): string[] => toGrow(caseIn(s)).map((m) => `${m.node} ${m.incarnation}`)
const alone = { inSync: [{ node: 'a', incarnation: 'a1' }] }

void describe('out of the set', () => {
  test('listed, online, within the lag -> stays; the primary itself -> always', () => {
    assert.deepEqual(out(group('a', alive('a'), alive('b'))), [])
    assert.deepEqual(out(group('a', alive('a', { lists: [], incarnation: 'a2' }), alive('b'))), ['b'])
  })

  test('not listed, or not online, by the word of the primary -> out', () => {
    assert.deepEqual(out(group('a', alive('a', { lists: [] }), alive('b'))), ['b'])
    assert.deepEqual(out(group('a', alive('a', { lists: [lists('b', { online: false })] }), alive('b'))), ['b'])
  })

  test('it does not answer us but the primary lists it -> stays', () => {
    assert.deepEqual(out(group('a', alive('a'), silent('b', 5_000))), [])
    assert.deepEqual(out(group('a', alive('a'), refused('b', 5_000))), [])
  })

  test('another process at its address -> out, although it is listed', () => {
    assert.deepEqual(out(group('a', alive('a'), alive('b', { incarnation: 'b2' }))), ['b'])
  })

  test('more bytes behind than the policy allows -> out; its own newer word counts', () => {
    const far = 1000 + 1024 * 1024 + 1
    const behind = (offset: number): Situation => group('a', alive('a', { offset: far, lists: [lists('b')] }), alive('b', { offset }))
    assert.deepEqual(out(behind(1000)), ['b'])
    assert.deepEqual(out(behind(1001)), [])
    assert.deepEqual(out(withPolicy(behind(1001), { inSyncMaxLagBytes: 1024 })), ['b'])
  })

  test('an offset of another history is no word about this one', () => {
    const s = group(
      'a',
      alive('a', { offset: 5_000_000, lists: [lists('b', { acked: 10 })] }),
      alive('b', { offset: 5_000_000, replid: 'X' }),
    )
    assert.deepEqual(out(s), ['b'])
  })

  test('the spec does not name it any more -> out', () => {
    const s = group('a', alive('a'), alive('b'))
    assert.deepEqual(out(recorded(s, { inSync: [...(s.record?.inSync ?? []), { node: 'z', incarnation: 'z1' }] })), ['z'])
  })
})

void describe('into the set', () => {
  const target = (offset: number): Partial<Situation['memory']> => ({
    targets: new Map([['b', { replica: 'b1', primary: 'a1', replid: 'R1', offset }]]),
  })
  const pair = (primary: object = {}, replica: object = {}): Situation =>
    recorded(group('a', alive('a', primary), alive('b', replica)), alone)

  test('acknowledged what the primary had after the link was up -> in, as the process that was seen', () => {
    assert.deepEqual(added(remembered(pair(), target(1000))), ['b b1'])
  })

  test('a byte less, or nothing acknowledged yet -> not', () => {
    assert.deepEqual(added(remembered(pair(), target(1001))), [])
    assert.deepEqual(added(remembered(pair({ lists: [lists('b', { acked: 0 })] }), target(0))), [])
  })

  test('no offset was taken since its link is up -> not', () => assert.deepEqual(added(pair()), []))

  test('the offset was taken for another process, of either end -> not: what is listed may be the link before', () => {
    assert.deepEqual(added(remembered(pair({}, { incarnation: 'b2' }), target(1))), [])
    assert.deepEqual(added(remembered(pair({ replid: 'R2' }, { replid: 'R2' }), target(1))), [])
  })

  test('a member already, not online, or its link not up -> not', () => {
    assert.deepEqual(added(remembered(group('a', alive('a'), alive('b')), target(1))), [])
    assert.deepEqual(added(remembered(pair({ lists: [lists('b', { online: false })] }), target(1))), [])
    assert.deepEqual(added(remembered(pair({}, { linkUp: false }), target(1))), [])
    assert.deepEqual(added(remembered(pair({ lists: [] }), target(1))), [])
  })

  test('the primary has a mark and it has none -> not: after a restart nobody could tell whose data it holds', () => {
    assert.deepEqual(added(remembered(pair({}, { mark: null }), target(1))), [])
    assert.deepEqual(added(remembered(pair({ mark: null }, { mark: null }), target(1))), ['b b1'])
  })

  test('acknowledged, but too far behind by now -> not', () => {
    assert.deepEqual(added(remembered(pair({ offset: 3_000_000, lists: [lists('b')] }), target(1000))), [])
  })
})

void describe('the guard', () => {
  const trio = (nodes: readonly string[], guard: number, primary: object = {}): Situation =>
    recorded(group('a', alive('a', primary), alive('b'), alive('c')), {
      guard,
      inSync: nodes.map((node) => ({ node, incarnation: `${node}1` })),
    })

  test('1+2 with a replica in sync -> one; 1+1 -> none; 1+1 with guard on -> one; off -> none', () => {
    assert.equal(guardToSet(caseIn(trio(['a', 'b'], 0))), 1)
    assert.equal(guardToSet(caseIn(group('a', alive('a'), alive('b')))), 0)
    assert.equal(guardToSet(caseIn(withPolicy(group('a', alive('a'), alive('b')), { guard: 'on' }))), 1)
    assert.equal(guardToSet(caseIn(withPolicy(trio(['a', 'b'], 0), { guard: 'off' }))), 0)
  })

  test('nobody in sync, or nobody the primary counts -> not tightened; with guard on -> tightened all the same', () => {
    assert.equal(guardToSet(caseIn(trio(['a'], 0))), 0)
    assert.equal(guardToSet(caseIn(trio(['a', 'b'], 0, { lists: [] }))), 0)
    assert.equal(guardToSet(caseIn(withPolicy(trio(['a'], 0, { lists: [] }), { guard: 'on' }))), 1)
  })

  test('never below the record: relaxing is saved first', () => {
    assert.equal(guardToSet(caseIn(trio(['a'], 1, { lists: [] }))), 1)
  })
})
