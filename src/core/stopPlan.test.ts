import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pause } from '../../test/decisions.ts'
import { alive, epochStart, group, now, recorded, refused, silent, unwatched, withPolicy, withSpec } from '../../test/situations.ts'
import type { Situation } from './situation.ts'
import { type StopPlan, stopPlan } from './stopPlan.ts'

const aof = { durable: true }
const pair = group('a', alive('a', aof), alive('b', aof))
const trio = group('a', alive('a', aof), alive('b', aof), alive('c', { ...aof, spec: { priority: 50 } }))

const dies = (s: Situation, ...nodes: string[]): StopPlan => stopPlan(s, { what: 'dies', nodes })
const stops = (s: Situation, ...nodes: string[]): StopPlan => stopPlan(s, { what: 'stops', nodes })

void describe('if a node dies', () => {
  test('the primary of a healthy 1+2 -> the preferred replica takes over, at once when it refuses, after the silence when it is silent', () => {
    const plan = dies(trio, 'a')
    assert.equal(plan.safety, 'safe')
    assert.deepEqual(
      plan.outcomes.map(({ rule, primary, loss }) => [rule, primary, loss]),
      [
        ['steady.lost/elect.inSync', 'c', null],
        ['steady.lost/elect.inSync', 'c', null],
      ],
    )
    const [dead, gone] = plan.outcomes.map(({ writes }) => (writes.stop === 'moment' ? writes.waitsMs : assert.fail(writes.stop)))
    assert.ok(dead !== undefined && dead < 50, `${dead}`)
    assert.ok(gone !== undefined && gone >= 1000 && gone < 1500, `${gone}`)
    assert.deepEqual([plan.stop, plan.start, plan.first], [[], [], []])
  })

  test('a busy primary, whose replicas were read a little before it -> their age is no loss', () => {
    const busy = group('a', alive('a', { ...aof, offset: 5_000_000 }), alive('b', aof), alive('c', aof))
    assert.deepEqual([dies(busy, 'a').safety, dies(busy, 'a').outcomes.map(({ loss }) => loss)], ['safe', [null, null]])
  })

  test('the primary of a 1+1 that falls silent -> the risk of a split is said', () => {
    const plan = dies(pair, 'a')
    assert.equal(plan.safety, 'risk')
    assert.equal(plan.outcomes[0]?.loss, null)
    assert.match(plan.outcomes[1]?.loss ?? '', /may still accept writes from clients that cling/)
    assert.match(plan.reasons.join(), /falls silent: .*cling/)
  })

  test('no replica is in sync -> nobody could take over, with the rule that would hold', () => {
    const plan = dies(recorded(trio, { inSync: [{ node: 'a', incarnation: 'a1' }] }), 'a')
    assert.equal(plan.safety, 'risk')
    assert.deepEqual(
      [plan.outcomes[0]?.rule, plan.outcomes[0]?.primary, plan.outcomes[0]?.writes.stop],
      ['steady.lost/elect.nobody', null, 'until'],
    )
  })

  test('the group is paused -> nobody takes over, and it says so', () => {
    const plan = dies(withSpec(trio, { pause: { ...pause, until: epochStart + 1e9 } }), 'a')
    assert.equal(plan.safety, 'risk')
    assert.equal(plan.outcomes[0]?.rule, 'steady.paused')
  })

  test('a replica of a 1+2 -> writes go on, and the other one covers the primary', () => {
    const plan = dies(trio, 'c')
    assert.equal(plan.safety, 'safe')
    assert.deepEqual(plan.outcomes[0]?.writes, { stop: 'no' })
    assert.deepEqual([plan.outcomes[1]?.when, plan.outcomes[1]?.primary], ['a dies meanwhile', 'b'])
  })

  test('the replica of a 1+1 -> writes go on, but nobody is left to take over', () => {
    const plan = dies(pair, 'b')
    assert.equal(plan.safety, 'risk')
    assert.match(plan.sentence, /nobody could take over/)
    assert.deepEqual(plan.outcomes[0]?.writes, { stop: 'no' })
    assert.equal(plan.outcomes[1]?.rule, 'steady.lost/elect.nobody')
  })

  test('the replica of a 1+1 with guard on -> writes stop until it is back', () => {
    const on = recorded(withPolicy(group('a', alive('a', { ...aof, guard: 1 }), alive('b', aof)), { guard: 'on' }), { guard: 1 })
    const plan = dies(on, 'b')
    assert.equal(plan.safety, 'outage')
    assert.deepEqual(plan.outcomes[0]?.writes, { stop: 'until' })
    assert.equal(dies(recorded(pair, { guard: 0 }), 'b').outcomes[0]?.writes.stop, 'no')
  })

  test('the host of the primary and one replica -> the third takes over from the death of both', () => {
    const plan = dies(trio, 'a', 'c')
    assert.equal(plan.outcomes[0]?.primary, 'b')
  })

  test('nobody has watched the primary for long -> what the rules would hold for', () => {
    const s = recorded(unwatched(group('a', silent('a', 1_000), alive('b', { linkUp: false }))), { fenced: false })
    const plan = dies(s, 'a')
    assert.equal(plan.safety, 'risk')
    assert.match(plan.reasons[0] ?? '', /as it is now/)
  })
})

void describe('before something is stopped', () => {
  test('a replica of a healthy 1+2 -> safe, maintenance first so that nobody is alarmed', () => {
    const plan = stops(trio, 'b')
    assert.equal(plan.safety, 'safe')
    assert.deepEqual(plan.first, ['regroup maintain g/b --for 30m'])
    assert.deepEqual([plan.stop, plan.start], [['b'], ['b']])
  })

  test('the primary -> hands over first, to whom the rules would choose', () => {
    const plan = stops(trio, 'a')
    assert.equal(plan.safety, 'prepare')
    assert.deepEqual([plan.outcomes[0]?.rule, plan.outcomes[0]?.primary], ['steady.maintenance', 'c'])
    assert.deepEqual(
      plan.outcomes.slice(1).map(({ primary }) => primary),
      ['c', 'b'],
    )
    assert.deepEqual(plan.first, ['regroup maintain g/a --for 30m'])
  })

  test('the primary and a replica -> the third takes over, then nobody is left behind it', () => {
    const plan = stops(trio, 'a', 'c')
    assert.equal(plan.outcomes[0]?.primary, 'b')
    assert.equal(plan.safety, 'risk')
    assert.match(plan.reasons.join(), /if b dies meanwhile/)
    assert.deepEqual(plan.first, ['regroup maintain g/a --for 30m', 'regroup maintain g/c --for 30m'])
    assert.deepEqual(
      [plan.stop, plan.start],
      [
        ['c', 'a'],
        ['a', 'c'],
      ],
    )
  })

  test('the primary, and nobody may take over -> unsafe, with the reason', () => {
    const plan = stops(group('a', alive('a'), alive('b', { spec: { priority: 0 } })), 'a')
    assert.equal(plan.safety, 'risk')
    assert.match(plan.reasons.join(), /none may be promoted: priority 0/)
  })

  test('one that is in maintenance does not count as cover', () => {
    const worked = { ...aof, spec: { maintenanceUntil: epochStart + now + 3_600_000 } }
    const plan = stops(group('a', alive('a', aof), alive('b', aof), alive('c', worked)), 'b')
    assert.equal(plan.safety, 'risk')
    assert.match(plan.reasons.join(), /c is in maintenance/)
  })

  test('everything -> the replicas first, the primary last, started the other way round, and it is opened again by its own file', () => {
    const plan = stops(trio, 'a', 'b', 'c')
    assert.equal(plan.safety, 'outage')
    assert.deepEqual(
      [plan.stop, plan.start],
      [
        ['b', 'c', 'a'],
        ['a', 'c', 'b'],
      ],
    )
    const [stopped, started] = plan.outcomes
    assert.deepEqual(
      [stopped?.writes, started?.rule, started?.primary, started?.loss],
      [{ stop: 'until' }, 'steady.lost/elect.returned', 'a', null],
    )
    assert.deepEqual(plan.reasons, [])
  })

  test('everything, its replicas read a mark later than the primary -> that is age: it is opened again by its own file', () => {
    const late = group('a', alive('a', { ...aof, mark: '1.10' }), alive('b', { ...aof, mark: '1.11' }), alive('c', aof))
    assert.equal(stops(late, 'a', 'b', 'c').safety, 'outage')
  })

  test('everything, without an append-only file -> it must save when it is shut down', () => {
    const plan = stops(group('a', alive('a'), alive('b')), 'a', 'b')
    assert.equal(plan.safety, 'outage')
    assert.match(plan.reasons.join(), /SHUTDOWN SAVE/)
    assert.equal(plan.outcomes[1]?.rule, 'steady.lost/elect.returned')
  })

  test('something while the group is already in trouble -> not now, and why', () => {
    const plan = stops(group('a', refused('a', 9_900), alive('b', { linkUp: false }), alive('c', { linkUp: false })), 'b')
    assert.equal(plan.safety, 'risk')
    assert.match(plan.reasons[0] ?? '', /as it is now: /)
  })

  test('nothing is recorded yet -> nothing is promised', () => {
    assert.equal(stops(group(null, alive('a'), alive('b')), 'a').safety, 'risk')
  })

  test('whatever is asked -> the situation itself is as it was', () => {
    const before = structuredClone({ record: trio.record, memory: trio.memory, nodes: trio.nodes })
    stops(trio, 'a', 'b', 'c')
    dies(trio, 'a')
    assert.deepEqual({ record: trio.record, memory: trio.memory, nodes: trio.nodes }, before)
  })
})
