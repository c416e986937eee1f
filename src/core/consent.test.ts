// What must be so before a primary is replaced that may still run, or that nobody saw stop.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { groupStep, saves } from '../../test/decisions.ts'
import { chosen, down, held, run } from '../../test/elections.ts'
import {
  alive,
  at,
  group,
  lists,
  now,
  readingOf,
  recorded,
  refused,
  remembered,
  silent,
  unwatched,
  withPolicy,
} from '../../test/situations.ts'
import { h1, lineage } from '../../test/succession.ts'
import { pika } from '../engines/pika.ts'
import { redis } from '../engines/redis.ts'
import { deathWatched } from './consent.ts'
import type { Situation } from './situation.ts'

void describe('a starved process watched in pieces', () => {
  const s = group('a', silent('a', 5_000), alive('b', down))
  const watched = { reading: readingOf('a', 'a', { lists: [lists('b')] }), at: 6_000 }
  const starved = (stoodStillMs: number, lostAt: number): Situation => remembered(s, { watched, lostAt, stoodStillMs })

  test('it stood still for moments while the primary was silent -> that is no gap in its watch, and what may be lost is said', () => {
    chosen(
      run(starved(0, 8_000), 'silent', 5_000),
      'elect.inSync',
      'b',
      /^a may still accept writes from clients that cling to it; they would be lost$/,
    )
    held(run(starved(0, 9_500), 'silent', 5_000), 'elect.unwatched', /nobody watched/)
    chosen(
      run(starved(1_500, 9_500), 'silent', 5_000),
      'elect.inSync',
      'b',
      /cling to it.*; a did not answer for some time before it was lost/,
    )
  })

  test('no longer than silence may ever last', () => {
    assert.equal(deathWatched(starved(60_000, 6_000 + 11_000)), true)
    assert.equal(deathWatched(starved(60_000, 6_000 + 11_001)), false)
  })
})

void describe('nobody watched the primary die', () => {
  const pair = unwatched(group('a', refused('a', 5_000), alive('b', down)))
  const trio = unwatched(group('a', refused('a', 5_000), alive('b', down), alive('c', down)))

  test('unguarded -> holds for the primary', () => {
    held(run(pair, 'dead', 5_000), 'elect.unwatched', /Waits for a to come back/)
  })

  test('guarded, so many replicas answer that one of them has every acknowledged write -> promoted', () => {
    chosen(run(trio, 'dead', 5_000), 'elect.inSync', 'b')
    const two = unwatched(group('a', refused('a', 5_000), alive('b', down), silent('c', 5_000, down)))
    held(run(recorded(two, { guard: 1 }), 'dead', 5_000), 'elect.unwatched', /.*/)
  })

  test('silent for long, and a replica that was away with it is back empty -> nobody watched the two: holds', () => {
    const back = alive('c', { ...down, incarnation: 'c2', keys: 0, mark: null })
    const s = remembered(group('a', silent('a', 8_500), alive('b', down), back), { lostAt: 9_000 })
    chosen(run(s, 'silent', 8_500), 'elect.inSync', 'b')
    held(run(at(s, now + 20_000), 'silent', 8_500), 'elect.unwatched', /nobody watched a stop/)
  })

  test('one of those that answer was restarted since it was in sync -> it may be the one that kept up: holds', () => {
    const back = alive('c', { ...down, incarnation: 'c2', keys: 0, mark: null })
    const s = unwatched(group('a', refused('a', 5_000), alive('b', down), back))
    held(run(s, 'dead', 5_000), 'elect.unwatched', /Waits for a to come back/)
    chosen(run(unwatched(group('a', refused('a', 5_000), alive('b', down), alive('c', down))), 'dead', 5_000), 'elect.inSync', 'b')
  })

  test("... or holds another's data by now, which the primary was given by hand, is loading them, or was emptied -> it vouches for nothing: holds", () => {
    const foreign = { replid: 'X', mark: null }
    const emptied = { keys: 0, mark: null, offset: 0 }
    for (const [c, markSeq] of [
      [alive('c', { ...down, ...foreign }), 9],
      // A controller that was started since does not know that the group bore marks.
      [alive('c', { ...down, ...foreign }), 0],
      [alive('c', { ...down, loading: true }), 9],
      [alive('c', { ...down, ...emptied }), 9],
    ] as const) {
      const s = unwatched(group('a', refused('a', 5_000), alive('b', down), c))
      const floor = { replid: 'R1', offset: 1_000, markSeq }
      held(run(recorded(s, { floor }), 'dead', 5_000), 'elect.unwatched', /Waits for a to come back/)
    }
  })

  test('acceptStaleRisk -> promoted and the risk said', () => {
    chosen(run(withPolicy(pair, { acceptStaleRisk: true }), 'dead', 5_000), 'elect.inSync', 'b', /nobody watched a stop/)
  })

  test('watched is: read as a primary not longer before the loss than silence may last, and a second', () => {
    const s = group('a', refused('a', 9_900), alive('b', down))
    const seen = (at: number): boolean => deathWatched(remembered(s, { lostAt: 9_985, watched: { reading: readingOf('a', 'a'), at } }))
    assert.equal(seen(7_985), true)
    assert.equal(seen(7_984), false)
    assert.equal(deathWatched(unwatched(s)), false)
    assert.equal(deathWatched(recorded(s, { incarnation: 'a0' })), false)
  })

  test('it refused at once, and what a replica claims was tested first -> the test is no reason to wait for a person', () => {
    const lost = (failingSince: number, at: number): Situation => {
      const s = withPolicy(group('a', refused('a', failingSince), alive('b', down)), { silentAfterMs: 500 })
      const { reading } = s.memory.watched ?? {}
      assert.ok(reading)
      return remembered(s, { watched: { reading, at }, lostAt: now, goneAt: now })
    }
    chosen(run(lost(now - 3_150, now - 3_400), 'dead', 3_400), 'elect.inSync', 'b', /a did not answer for some time before it was lost/)
    held(run(lost(now - 4_200, now - 4_300), 'dead', 4_300), 'elect.unwatched', /nobody watched/)
    held(run(lost(now - 2_000, now - 3_400), 'dead', 3_400), 'elect.unwatched', /nobody watched/)
  })
})

test('questions are a second apart, and the primary fell silent between two -> it was watched until then', () => {
  const s = group('a', refused('a', now - 1_500, { replid: h1 }), alive('b', { replid: h1, mark: '1.9' }))
  const { reading } = s.memory.watched ?? {}
  assert.ok(reading)
  const slow = (probeEveryMs: number): Situation =>
    remembered(withPolicy(recorded({ ...s, can: pika }, { lineage: lineage.slice(0, 1), guard: 0 }), { probeEveryMs }), {
      watched: { reading, at: now - 2_600 },
      lostAt: now,
      goneAt: now,
    })
  saves(at(slow(1_000), now), 'steady.lost/elect.inSync', { candidate: 'b' })
  assert.equal(groupStep(slow(250), 'steady.lost/elect.unwatched').kind, 'hold')
})

test('it fell silent between two questions, and a replica far away was asked when the silence was over -> promoted, what it took unseen is said; not when nobody asked it sooner', () => {
  const lost = (failingSince: number, at: number): Situation => {
    const s = group('a', silent('a', failingSince, { replid: h1 }), alive('b', { replid: h1, mark: '1.9' }))
    const { reading } = s.memory.watched ?? {}
    assert.ok(reading)
    const known = remembered(withPolicy(s, { silentAfterMs: 1_500 }), { watched: { reading, at }, lostAt: now })
    return recorded({ ...known, can: pika }, { lineage: lineage.slice(0, 1), guard: 0 })
  }
  chosen(run(lost(now - 2_250, now - 3_250), 'silent', 8_000), 'elect.inSync', 'b', /a did not answer for some time before it was lost/)
  held(run(lost(now - 2_251, now - 3_251), 'silent', 8_000), 'elect.unwatched', /nobody watched/)
  held(run(lost(now - 2_000, now - 3_001), 'silent', 8_000), 'elect.unwatched', /nobody watched/)
  assert.equal(deathWatched({ ...lost(now - 2_250, now - 3_250), can: redis }), false)
})

test('a position rises since it fell silent, by what was on its way to that replica -> the silence more that this takes is no time unwatched, and what it took unseen is said', () => {
  const lost = (engine: Situation['can'], unseenMs: number, roseAfterMs: number): Situation => {
    const since = now - unseenMs + 500
    const b = alive('b', { ...down, replid: h1, mark: '1.9', view: { advancedAfter: since + roseAfterMs } })
    const s = group('a', silent('a', since, { replid: h1 }), b)
    const { reading } = s.memory.watched ?? {}
    assert.ok(reading)
    const known = remembered(withPolicy(s, { silentAfterMs: 1_500 }), { watched: { reading, at: now - unseenMs }, lostAt: now })
    return recorded({ ...known, can: engine }, { lineage: lineage.slice(0, 1), guard: 0 })
  }
  for (const engine of [pika, redis]) {
    const promoted = run(lost(engine, 4_750, 1_400), 'silent', 8_000)
    chosen(promoted, 'elect.inSync', 'b', /a did not answer for some time before it was lost/)
    held(run(lost(engine, 4_751, 1_400), 'silent', 8_000), 'elect.unwatched', /nobody watched/)
    // It rose before: that says nothing, and took no time.
    held(run(lost(engine, 4_750, -1), 'silent', 8_000), 'elect.unwatched', /nobody watched/)
  }
})

void describe('the primary is silent: it may still run', () => {
  const guarded = (c: ReturnType<typeof alive>): Situation => group('a', silent('a', 8_500), alive('b', down), c)

  test('guarded and all replicas can be taken away -> no risk', () => {
    chosen(run(guarded(alive('c', down)), 'silent', 8_500), 'elect.inSync', 'b')
  })

  test('... one of them is down -> promoted; what it might do when it starts is said', () => {
    chosen(
      run(guarded(refused('c', 9_000, down)), 'silent', 8_500),
      'elect.inSync',
      'b',
      /c is down; should it start where only a can be reached/,
    )
  })

  test('... one of them, or the candidate, cannot write its file -> promoted; what it might do when it is restarted is said', () => {
    const said = /[bc] cannot write its file; should it start where only a can be reached, a may accept writes again/
    const view = { persistProblem: 'no config file' }
    chosen(run(guarded(alive('c', { ...down, view })), 'silent', 8_500), 'elect.inSync', 'b', said)
    const s = group('a', silent('a', 8_500), alive('b', { ...down, view }), alive('c', down))
    chosen(run(s, 'silent', 8_500), 'elect.inSync', 'b', said)
  })

  test('guarded and one replica is silent too -> holds: the two may run together', () => {
    held(run(guarded(silent('c', 8_500, down)), 'silent', 8_500), 'elect.splitRisk', /together with c/)
  })

  test('... which the primary no longer listed -> promoted, the risk said', () => {
    const s = guarded(silent('c', 5_000, down))
    const seen = remembered(s, { watched: { reading: readingOf('a', 'a', { lists: [lists('b')] }), at: 8_500 } })
    chosen(run(seen, 'silent', 8_500), 'elect.inSync', 'b', /may still accept writes/)
  })

  test('unguarded, every replica taken away -> promoted, the risk said; acceptSplitRisk never -> holds', () => {
    const s = group('a', silent('a', 8_500), alive('b', down))
    chosen(run(s, 'silent', 8_500), 'elect.inSync', 'b', /may still accept writes/)
    held(run(withPolicy(s, { acceptSplitRisk: 'never' }), 'silent', 8_500), 'elect.splitRisk', /acceptSplitRisk/)
  })

  test('acceptSplitRisk always -> promoted whoever is missing', () => {
    const s = withPolicy(guarded(silent('c', 8_500, down)), { acceptSplitRisk: 'always' })
    chosen(run(s, 'silent', 8_500), 'elect.inSync', 'b', /may still accept writes/)
  })

  test('a stranger was attached to it -> counts as a replica that cannot be taken away', () => {
    const s = guarded(alive('c', down))
    const reading = readingOf('a', 'a', { lists: [lists('b'), lists('c'), { host: '10.0.0.9', port: 1, online: true, acked: 1 }] })
    held(run(remembered(s, { watched: { reading, at: 8_500 } }), 'silent', 8_500), 'elect.splitRisk', /.*/)
  })
})
