import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alive, failingOver, group, now, recorded, refused, silent, switching, viewed } from '../../test/situations.ts'
import { inForce, judged, newMemory, stalledNodes, watch } from './memory.ts'
import type { Situation } from './situation.ts'

const fresh = newMemory(5)
const watchedIn = (s: Situation, memory = fresh): ReturnType<typeof watch> =>
  s.record === null ? assert.fail('no record') : watch(memory, s.record, s.nodes, now)

void describe('another record is in force', () => {
  const s = group('a', alive('a'), alive('b'))
  const before = s.record
  const known = { ...fresh, lostAt: 7, writesPausedAt: 8, watched: { reading: s.memory.watched?.reading ?? assert.fail(), at: 9 } }

  test('a failover of the same primary -> silence starts anew, what was watched and lost is kept', () => {
    const next = inForce(known, before, failingOver(s, 'b').record, s.nodes, now)
    assert.deepEqual([next.recordAt, next.lostAt, next.watched?.at, next.writesPausedAt], [now, 7, 9, null])
  })

  test('another primary -> what was watched of the old one is forgotten', () => {
    const next = inForce(known, before, recorded(s, { epoch: 2, primary: 'b', incarnation: 'b1' }).record, s.nodes, now)
    assert.deepEqual([next.watched, next.lostAt, [...next.targets]], [null, null, []])
  })

  test('... whose reading as a primary is there already -> watched from it at once', () => {
    const promoted = group('b', alive('a'), alive('b'))
    const next = inForce(known, before, recorded(promoted, { epoch: 2 }).record, promoted.nodes, now)
    assert.deepEqual([next.watched?.reading.incarnation, next.watched?.at], ['b1', now])
  })

  test('back to steady with the same primary from a switchover -> given up now', () => {
    assert.equal(inForce(known, switching(s, 'b').record, before, s.nodes, now).abortedAt, now)
    assert.equal(inForce(known, failingOver(s, 'b').record, before, s.nodes, now).abortedAt, null)
    const done = recorded(s, { primary: 'b', incarnation: 'b1' }).record
    assert.equal(inForce(known, switching(s, 'b').record, done, s.nodes, now).abortedAt, null)
  })

  test('the record is gone -> nothing of it is left', () => {
    const next = inForce(known, before, null, s.nodes, now)
    assert.equal(next.watched, null)
  })
})

void describe('the primary is watched', () => {
  test('a reading as a primary of the recorded process -> remembered', () => {
    assert.deepEqual(watchedIn(group('a', alive('a'))).watched?.at, now)
  })

  test('a replica, another process, one that shuts down, or no answer -> what was remembered stays', () => {
    for (const s of [
      group('a', alive('a', { of: 'nowhere' })),
      group('a', alive('a', { incarnation: 'a2' })),
      group('a', alive('a', { shuttingDown: true })),
      group('a', silent('a', 9_500)),
      group('a', refused('a', 9_900)),
    ]) {
      assert.equal(watchedIn(s), fresh)
    }
  })

  test('a replica with its link up -> must acknowledge what the primary had when it was read after that', () => {
    const s = group('a', alive('a', { offset: 1234 }), alive('b'))
    assert.deepEqual([...watchedIn(s).targets], [['b', { link: 'b1 a1', offset: 1234 }]])
  })

  test('the primary was asked before its replica -> not yet', () => {
    const s = viewed(group('a', alive('a'), alive('b')), 'b', { askedAt: now - 5 })
    assert.deepEqual([...watchedIn(s).targets], [])
  })

  test('the same link later -> keeps its offset; another process or a link that is down -> anew', () => {
    const first = watchedIn(group('a', alive('a', { offset: 1000 }), alive('b')))
    const offset = (s: Situation): number | undefined => watchedIn(s, first).targets.get('b')?.offset
    assert.equal(offset(group('a', alive('a', { offset: 2000 }), alive('b'))), 1000)
    assert.equal(offset(group('a', alive('a', { offset: 2000 }), alive('b', { incarnation: 'b2' }))), 2000)
    assert.equal(offset(group('a', alive('a', { offset: 2000 }), alive('b', { linkUp: false }))), undefined)
    assert.equal(offset(group('a', alive('a', { offset: 2000 }), alive('b', { of: 'nowhere' }))), undefined)
    assert.equal(offset(group('a', alive('a', { offset: 2000 }), silent('b', 9_500))), undefined)
  })
})

test('lost -> since the first verdict that says so, until it is alive again', () => {
  const at = (kind: 'dead' | 'suspect' | 'alive', lostAt: number | null): number | null =>
    judged({ ...fresh, lostAt }, { kind, evidence: {} }, now).lostAt
  assert.deepEqual([at('dead', null), at('dead', 7), at('suspect', 7), at('suspect', null), at('alive', 7)], [now, 7, 7, null, null])
})

test('our own process stood still -> every silence starts anew', () => {
  const nodes = stalledNodes(group('a', silent('a', 5_000), silent('b', 5_000)).nodes, now)
  assert.deepEqual(
    [...nodes.values()].map((node) => node.heardAt),
    [now, now],
  )
})
