import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  alive,
  at,
  epochStart,
  failingOver,
  group,
  lists,
  now,
  readingOf,
  recorded,
  refused,
  remembered,
  silent,
  unwatched,
  viewed,
  withPolicy,
} from '../../test/situations.ts'
import { deathWatched } from './consent.ts'
import { type Election, elect, electByOrder } from './elect.ts'
import { orderOf } from './order.ts'
import type { FailoverCause } from './model.ts'
import { answers } from './observe.ts'
import type { Situation } from './situation.ts'

const since = 9_900
const alone = { inSync: [{ node: 'a', incarnation: 'a1' }] }
const down = { linkUp: false } as const
/** The recorded primary came back as another process, fenced by its boot file, append-only file on: its position is unknown. */
const returned = { incarnation: 'a2', of: 'nowhere', replid: 'R7', offset: 0, durable: true } as const

function run(s: Situation, cause: FailoverCause = 'dead', from = since): Election {
  return s.record === null ? assert.fail('no record') : elect(s, s.record, cause, from)
}

function chosen(election: Election, rule: string, node: string, loss: RegExp | null = null): void {
  assert.ok(election.kind === 'candidate', `${election.rule}: ${election.sentence}`)
  assert.deepEqual([election.rule, election.node], [rule, node])
  if (loss === null) assert.equal(election.loss, null)
  else assert.match(election.loss ?? '', loss)
}

function held(election: Election, rule: string, sentence: RegExp): void {
  assert.equal(election.kind, 'hold', election.sentence)
  assert.equal(election.rule, rule)
  assert.match(election.sentence, sentence)
}

void describe('the primary is dead, replicas were in sync', () => {
  test('two of them -> the one that is ahead', () => {
    const s = group('a', refused('a', 9_900), alive('b', { ...down, offset: 1000 }), alive('c', { ...down, offset: 1001 }))
    chosen(run(s), 'elect.inSync', 'c')
  })

  test('equal -> the lower priority number, then the order of the spec', () => {
    const nodes = (priority: number): Situation =>
      group('a', refused('a', 9_900), alive('b', down), alive('c', { ...down, spec: { priority } }))
    chosen(run(nodes(100)), 'elect.inSync', 'b')
    chosen(run(nodes(99)), 'elect.inSync', 'c')
  })

  test('a better number does not outweigh a byte', () => {
    const s = group('a', refused('a', 9_900), alive('b', { ...down, spec: { priority: 1 } }), alive('c', { ...down, offset: 1001 }))
    chosen(run(s), 'elect.inSync', 'c')
  })

  test('priority 0 or in maintenance -> never; maintenance that is over -> again', () => {
    for (const spec of [{ priority: 0 }, { maintenanceUntil: epochStart + now + 1 }]) {
      held(run(group('a', refused('a', 9_900), alive('b', { ...down, spec }))), 'elect.nobody', /b has priority 0|b is in maintenance/)
    }
    const over = group('a', refused('a', 9_900), alive('b', { ...down, spec: { maintenanceUntil: epochStart + now } }))
    chosen(run(over), 'elect.inSync', 'b')
  })

  test('not in the recorded set -> not, although it has every byte', () => {
    const s = recorded(group('a', refused('a', 9_900), alive('b', down)), alone)
    held(run(s), 'elect.nobody', /b was not in sync/)
  })

  test('in the set as another process -> not', () => {
    const s = group('a', refused('a', 9_900), alive('b', { ...down, incarnation: 'b2' }))
    held(run(s), 'elect.nobody', /b was restarted or lost its link/)
  })

  test('its history is not the record’s -> not; promoted from it -> yes', () => {
    held(run(group('a', refused('a', 9_900), alive('b', { ...down, replid: 'R9' }))), 'elect.nobody', /.*/)
    chosen(run(group('a', refused('a', 9_900), alive('b', { ...down, replid: 'R9', replid2: 'R1', second: 1001 }))), 'elect.inSync', 'b')
  })

  test('empty although the group has data -> not; the group never had data -> yes', () => {
    const s = group('a', refused('a', 9_900), alive('b', { ...down, keys: 0 }))
    held(run(s), 'elect.nobody', /b is empty/)
    chosen(run(recorded(s, { hasData: false })), 'elect.inSync', 'b')
  })

  test('loading or unusable -> not', () => {
    held(run(group('a', refused('a', 9_900), alive('b', { ...down, loading: true }))), 'elect.nobody', /b is loading/)
    held(run(group('a', refused('a', 9_900), alive('b', { ...down, usable: false }))), 'elect.nobody', /.*/)
  })

  test('read once only, or before the suspicion -> not yet', () => {
    const s = group('a', refused('a', 9_900), alive('b', down))
    held(run(viewed(s, 'b', { before: null })), 'elect.nobody', /.*/)
    const asking = run(s, 'dead', 9_991)
    assert.deepEqual([asking.kind, asking.rule], ['wait', 'elect.asking'])
    // Not for ever: who says nothing for so long does not hold up the others.
    held(run(remembered(at(s, 20_000), { lostAt: 9_900, recordAt: 0 }), 'dead', 9_991), 'elect.nobody', /b is being asked again/)
  })

  test('its link still reads up -> not yet: what it has is not final', () => {
    held(run(group('a', refused('a', 9_900), alive('b'))), 'elect.nobody', /.*/)
  })

  test('the last word of the primary was that it lags or is not online -> not', () => {
    const s = group('a', refused('a', 9_900), alive('b', down))
    const watched = (change: Parameters<typeof lists>[1], offset = 1000): Situation =>
      remembered(s, { watched: { reading: readingOf('a', 'a', { offset, lists: [lists('b', change)] }), at: 9_900 } })
    held(run(watched({ online: false })), 'elect.nobody', /.*/)
    held(run(watched({ acked: 1000 }, 1000 + 1024 * 1024 + 1)), 'elect.nobody', /.*/)
    chosen(run(watched({ acked: 1000 }, 1000 + 1024 * 1024)), 'elect.inSync', 'b')
  })

  test('three refusals to be promoted -> the next one', () => {
    const trouble = { action: 'promote', code: 'NOPERM', message: 'no', times: 3, retryAt: now + 1 } as const
    const s = group('a', refused('a', 9_900), alive('b', down), alive('c', down))
    chosen(run(viewed(s, 'b', { troubles: [trouble] })), 'elect.inSync', 'c')
    chosen(run(viewed(s, 'b', { troubles: [{ ...trouble, times: 2 }] })), 'elect.inSync', 'b')
    // The cause may be gone: it is tried again after a while.
    chosen(run(viewed(s, 'b', { troubles: [{ ...trouble, retryAt: now }] })), 'elect.inSync', 'b')
  })

  test('another holds what it lacks and lacks what it holds -> a person must choose', () => {
    const s = group(
      'a',
      refused('a', 9_900),
      alive('b', { ...down, replid: 'R2', replid2: 'R1', second: 901, offset: 950 }),
      alive('c', { ...down, offset: 940 }),
    )
    held(run(s), 'elect.diverged', /b and c each hold writes that the other lacks/)
  })

  test('the lost primary diverged too -> the others still count as rivals', () => {
    const s = group(
      'a',
      alive('a', { incarnation: 'a2', of: 'nowhere', replid: 'R8', replid2: 'R1', second: 901, offset: 950 }),
      alive('b', down),
      alive('c', { ...down, replid: 'RX', replid2: 'R1', second: 951 }),
    )
    held(run(s, 'restarted'), 'elect.diverged', /each hold writes/)
  })

  test('one that was not in sync answers and is ahead of it -> that one: it lacks nothing either', () => {
    const set = { inSync: ['a', 'b'].map((node) => ({ node, incarnation: `${node}1` })) }
    const nodes = (c: Parameters<typeof alive>[1]): Situation =>
      recorded(group('a', refused('a', 9_900), alive('b', down), alive('c', { ...down, ...c })), set)
    chosen(run(nodes({ offset: 1001 })), 'elect.ahead', 'c')
    chosen(run(nodes({ offset: 1000 })), 'elect.inSync', 'b')
    chosen(run(nodes({ offset: 1001, keys: 0 })), 'elect.inSync', 'b')
  })

  test('the primary came back open and another is promoted -> what it may have taken since is said', () => {
    const reborn = alive('a', { incarnation: 'a2', of: null, keys: 0, mark: null, replid: 'R9', offset: 0, view: { wasOpen: true } })
    chosen(run(group('a', reborn, alive('b')), 'restarted'), 'elect.inSync', 'b', /a restarted open and may have taken writes/)
  })

  test('several of them -> the furthest that may be promoted', () => {
    const set = { inSync: ['a', 'b'].map((node) => ({ node, incarnation: `${node}1` })) }
    const far = { ...down, offset: 1030, spec: { priority: 0 } }
    const s = group(
      'a',
      refused('a', 9_900),
      alive('b', down),
      alive('x', far),
      alive('c', { ...down, offset: 1010 }),
      alive('d', { ...down, offset: 1020 }),
    )
    chosen(run(recorded(s, set)), 'elect.ahead', 'd')
  })

  test('... which must not be promoted -> the one in sync, and what it lacks is said', () => {
    const s = group('a', refused('a', 9_900), alive('b', down), alive('c', { ...down, offset: 1001, spec: { priority: 0 } }))
    chosen(run(s), 'elect.inSync', 'b', /c holds more but must not be promoted/)
  })

  test('a member that does not answer was seen ahead -> waits for it, then goes on and says what may be lost', () => {
    const s = group('a', refused('a', 9_900), alive('b', down), silent('c', 9_950, { ...down, offset: 1100 }))
    held(run(s), 'elect.better', /c was seen ahead of b: waits for it for 2000 ms/)
    chosen(run(remembered(s, { lostAt: now - 2000 })), 'elect.inSync', 'b', /c was seen to hold more/)
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

void describe('the primary came back as another process', () => {
  test('a replica in sync lives -> it is preferred', () => {
    chosen(run(group('a', alive('a', returned), alive('b')), 'restarted'), 'elect.inSync', 'b')
  })

  test('... unless the primary came back with more than it: then the primary', () => {
    const dump = (offset: number): Situation =>
      group('a', alive('a', { ...returned, replid: 'R8', replid2: 'R1', second: offset + 1, offset }), alive('b'))
    chosen(run(dump(1001), 'restarted'), 'elect.ahead', 'a')
    chosen(run(dump(1000), 'restarted'), 'elect.inSync', 'b')
  })

  test('alone in sync, its append-only file vouches -> re-opened', () => {
    chosen(run(recorded(group('a', alive('a', returned)), alone), 'restarted'), 'elect.returned', 'a')
  })

  test('no append-only file, and nobody watched it stop -> its snapshot need not be all: waits for the rest; policy accepts it, and says so', () => {
    const dump = alive('a', { ...returned, durable: false, replid: 'R8', replid2: 'R1', second: 1001, offset: 1000 })
    const s = recorded(unwatched(group('a', dump, refused('b', 5_000, { mark: null }))), {
      ...alone,
      floor: { replid: 'R1', offset: 900, markSeq: 10 },
    })
    held(run(s, 'restarted'), 'elect.nobody', /a came back from a snapshot and may lack what it acknowledged after that/)
    chosen(
      run(withPolicy(s, { acceptStaleRisk: true }), 'restarted'),
      'elect.returned',
      'a',
      /nobody watched a until it stopped: what it took last may be lost/,
    )
  })

  test('its mark is older than the last one seen -> it lost something: roll call, reported', () => {
    const s = recorded(group('a', alive('a', { ...returned, mark: '1.9' })), alone)
    chosen(run(s, 'restarted'), 'elect.rollCall', 'a', /no node is known to hold everything/)
  })

  test('no append-only file, but its position reaches what was seen of it -> re-opened; a byte less -> not by itself', () => {
    const dump = (offset: number): Situation =>
      recorded(group('a', alive('a', { ...returned, durable: false, replid: 'R8', replid2: 'R1', second: offset + 1, offset })), alone)
    chosen(run(dump(1000), 'restarted'), 'elect.returned', 'a')
    chosen(run(dump(999), 'restarted'), 'elect.rollCall', 'a', /no node is known/)
  })

  test('nobody watched it stop and its file may be old -> re-opened at a roll call only, and the loss is said', () => {
    const dump = { ...returned, durable: false, replid: 'R8', replid2: 'R1', second: 1001, offset: 1000 } as const
    const s = unwatched(recorded(group('a', alive('a', dump)), { ...alone, floor: { replid: 'R1', offset: 900, markSeq: 3 } }))
    chosen(run(s, 'restarted'), 'elect.rollCall', 'a', /no node is known to hold everything/)
  })

  test('empty, a replica has the data -> the replica', () => {
    const reborn = { ...returned, durable: false, keys: 0, mark: null } as const
    chosen(run(group('a', alive('a', reborn), alive('b', down)), 'restarted'), 'elect.inSync', 'b')
  })

  test('ahead of a replica in sync by its mark only -> re-opened, and that the two cannot be compared is said', () => {
    const s = group('a', alive('a', { ...returned, mark: '1.11' }), alive('b', { ...down, mark: '1.10' }))
    chosen(run(s, 'restarted'), 'elect.ahead', 'a', /the positions of a and b cannot be compared/)
  })

  test('everybody here and empty although the group had data -> holds', () => {
    const reborn = { ...returned, durable: false, keys: 0, mark: null } as const
    const s = group('a', alive('a', reborn), alive('b', { keys: 0, mark: null, incarnation: 'b2', ...down }))
    held(run(s, 'restarted'), 'elect.allEmpty', /Restore a backup/)
  })

  test('a member that is down may hold more -> waits for it for a moment', () => {
    const s = unwatched(group('a', alive('a', returned), refused('b', 5_000)))
    held(run(remembered(s, { lostAt: now - 1999 }), 'restarted'), 'elect.members', /waits 2000 ms for b/)
    chosen(run(remembered(s, { lostAt: now - 2000 }), 'restarted'), 'elect.returned', 'a', /b did not come back in time/)
  })

  test('it and a replica each hold writes that the other lacks -> a person must choose', () => {
    const wrote = { ...returned, replid: 'R8', replid2: 'R1', second: 1051, offset: 1070 }
    const s = unwatched(group('a', alive('a', wrote), alive('b', { ...down, offset: 1100 })))
    held(run(s, 'restarted'), 'elect.diverged', /a and b each hold/)
  })

  test('a node that is not in sync is ahead of it -> not by itself', () => {
    const s = unwatched(recorded(group('a', alive('a', { ...returned, mark: '1.10' }), alive('b', { mark: '1.11', replid: 'Z' })), alone))
    chosen(run(s, 'restarted'), 'elect.rollCall', 'b', /no node is known/)
  })

  test('priority 0 -> not re-opened', () => {
    const s = recorded(group('a', alive('a', { ...returned, spec: { priority: 0 } })), alone)
    held(run(s, 'restarted'), 'elect.allEmpty', /.*/)
  })
})

void describe('silence had to last longer after too many failovers', () => {
  const seen = readingOf('a', 'a', { lists: [lists('b')] })
  const at9 = { watched: { reading: seen, at: 5_000 }, lostAt: 9_985 }
  const flaps = { failovers: [1, 2, 3].map((ms) => epochStart + ms) }

  test('then the primary is seen dead -> the in-sync replica, and what it may lack is said', () => {
    const s = remembered(recorded(group('a', refused('a', 9_900), alive('b', down)), flaps), at9)
    chosen(run(s), 'elect.inSync', 'b', /a was silent before it was lost/)
  })

  test('silent for long, then dead -> nobody watched it in between: held for it', () => {
    const s = remembered(group('a', refused('a', 9_900), alive('b', down)), { ...at9, lostAt: 6_000, goneAt: 9_985 })
    held(run(s), 'elect.unwatched', /nobody watched a stop/)
  })

  test('then it is back, ahead of the replica, from an old file -> re-opened, and what it took last is said to be lost', () => {
    const dump = { ...returned, durable: false, replid: 'R8', replid2: 'R1', second: 1101, offset: 1100 } as const
    const s = remembered(recorded(group('a', alive('a', dump), alive('b', down)), flaps), at9)
    chosen(run(s, 'restarted'), 'elect.ahead', 'a', /a was silent before it was lost.*nobody watched a until it stopped/)
  })
})

void describe('everybody is back and nobody is known to be complete', () => {
  const back = { of: 'nowhere', durable: true } as const

  test('the newest mark -> promoted, the loss said', () => {
    const s = recorded(
      unwatched(
        group(
          'a',
          alive('a', { ...back, incarnation: 'a2', replid: 'R7', mark: '1.8' }),
          alive('b', { ...back, incarnation: 'b2', replid: 'R8', mark: '1.9' }),
        ),
      ),
      { floor: { replid: 'R1', offset: 1000, markSeq: 10 } },
    )
    chosen(run(s, 'restarted'), 'elect.rollCall', 'b', /no node is known to hold everything that a had acknowledged/)
  })

  test('the newest mark is on a node that must not be promoted -> another, and the loss said', () => {
    const s = unwatched(
      group(
        'a',
        alive('a', { ...back, incarnation: 'a2', replid: 'R7', mark: '1.9', spec: { priority: 0 } }),
        alive('b', { ...back, incarnation: 'b2', replid: 'R1', mark: '1.8' }),
      ),
    )
    chosen(run(s, 'restarted'), 'elect.rollCall', 'b', /a holds more but must not be promoted/)
  })

  test('one is missing -> waits for it, and says why each of the others is not enough', () => {
    const s = unwatched(group('a', refused('a', 5_000), alive('b', { ...back, incarnation: 'b2', replid: 'R8' })))
    held(run(s, 'dead', 5_000), 'elect.nobody', /a is down; b was restarted or lost its link since it was in sync; waits for a/)
  })

  test('the one that is back bears an older mark than one that was seen and is gone -> waits, for the newer is known', () => {
    const a = alive('a', { ...back, incarnation: 'a2', replid: 'R7', mark: '1.8' })
    const gone = unwatched(group('a', a, refused('b', 5_000, { mark: '1.9' })))
    held(run(gone, 'restarted'), 'elect.nobody', /a came back with less than it had acknowledged, as far as is known/)
    const same = unwatched(group('a', a, refused('b', 5_000, { mark: '1.8' })))
    held(run(same, 'restarted'), 'elect.members', /waits 2000 ms for b/)
  })

  test('... and so does a controller that knows it only from the intent to promote that one', () => {
    const a = alive('a', { ...back, incarnation: 'a2', replid: 'R7', mark: '1.8' })
    const s = unwatched(group('a', a, refused('b', 5_000, { mark: null })))
    const b = failingOver(s, 'b', 'restarted', { mark: { epoch: 1, seq: 9 } })
    held(run(b, 'restarted'), 'elect.nobody', /waits for b/)
  })

  test('a node with data of another group -> does not count as here', () => {
    const mark = { installation: 'other', group: 'h', epoch: 1, seq: 99 }
    const s = unwatched(group('a', alive('a', { ...returned, durable: false, mark: '1.8' }), alive('b', { ...back, mark })))
    held(
      run(recorded(s, { floor: { replid: 'R1', offset: 9_999, markSeq: 10 } }), 'restarted'),
      'elect.nobody',
      /b holds data that is not known/,
    )
  })
})

void describe('an operator accepts a loss', () => {
  test('nobody named -> the best of those that answer, and whose writes go', () => {
    const s = group('a', refused('a', 5_000), alive('b', { offset: 900 }), alive('c', { offset: 950 }))
    chosen(electByOrder(s, null), 'elect.order', 'c', /what a holds beyond c/)
  })

  test('one named that is behind -> that one', () => {
    const s = group('a', refused('a', 5_000), alive('b', { offset: 900 }), alive('c', { offset: 950 }))
    chosen(electByOrder(s, 'b'), 'elect.order', 'b', /what c, a holds beyond b/)
  })

  test('an empty one while another holds data -> refused', () => {
    const s = group('a', refused('a', 5_000), alive('b', { keys: 0 }), alive('c'))
    held(electByOrder(s, 'b'), 'elect.orderEmpty', /would wipe the group/)
  })

  test('an empty one while one that may not be promoted holds data -> refused', () => {
    for (const spec of [{ priority: 0 }, { maintenanceUntil: epochStart + now + 1 }]) {
      const s = group('a', refused('a', 5_000), alive('b', { keys: 0 }), alive('c', { spec }))
      held(electByOrder(s, null), 'elect.orderEmpty', /b is empty while c holds data/)
    }
  })

  test('one that does not answer, or nobody answers -> says so', () => {
    const s = group('a', refused('a', 5_000), refused('b', 5_000))
    held(electByOrder(s, 'b'), 'elect.order', /b does not answer/)
    held(electByOrder(s, null), 'elect.order', /no node that may be promoted answers/)
  })

  test('priority 0, or in maintenance -> only when it is named', () => {
    for (const spec of [{ priority: 0 }, { maintenanceUntil: epochStart + now + 1 }]) {
      const s = group('a', refused('a', 5_000), alive('b', { spec }))
      held(electByOrder(s, null), 'elect.order', /no node that may be promoted answers/)
      chosen(electByOrder(s, 'b'), 'elect.order', 'b', /what a holds/)
    }
  })
})

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

test('a hung primary was replaced by another process at its address -> that one counts; itself it does not', () => {
  const hung = group('a', alive('a'), refused('b', 9_000, { mark: null }))
  held(run(hung, 'hung'), 'elect.nobody', /.*/)
  chosen(run(recorded(group('a', alive('a', returned)), alone), 'hung'), 'elect.returned', 'a')
})

test('any group, any cause -> an election never names a node that does not answer, and never an empty one over data', () => {
  const shapes = [
    alive('b', down),
    alive('b', { keys: 0, mark: null }),
    silent('b', 8_500, down),
    refused('b', 9_000),
    alive('b', returned),
  ]
  for (const cause of ['dead', 'silent', 'restarted', 'no primary', 'hung', 'operator'] as const) {
    for (const b of shapes) {
      for (const c of shapes.map((told) => ({ ...told, id: 'c' }))) {
        for (const s of [
          group('a', refused('a', 8_500), b, c),
          group('a', silent('a', 8_500), b, c),
          unwatched(group('a', alive('a', returned), b, c)),
        ]) {
          const election = run(at(s, now + 5_000), cause, 8_400)
          if (election.kind !== 'candidate') continue
          const node = s.nodes.get(election.node)
          assert.ok(node !== undefined && answers(node), `${cause}: ${election.sentence}`)
          assert.notEqual(node.reading.keys, 0, election.sentence)
        }
      }
    }
  }
  assert.equal(failingOver(group('a', alive('a')), 'a').record?.epoch, 2)
})
