// Who is promoted when the primary is dead, or when a person says so.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { foreignMark } from '../../test/decisions.ts'
import { alone, chosen, down, held, returned, run } from '../../test/elections.ts'
import {
  type Says,
  able,
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
} from '../../test/situations.ts'
import { pika } from '../engines/pika.ts'
import { electByOrder } from './elect.ts'
import { closedGuard } from './limits.ts'
import { answers } from './observe.ts'
import { inEnglish } from './said.ts'
import type { Situation } from './situation.ts'

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
    chosen(
      run(watched({ acked: 1000 }, 1000 + 1024 * 1024)),
      'elect.inSync',
      'b',
      /^a was read 1048576 bytes further than b is now: that, and what it took afterwards, is lost$/,
    )
  })

  test('the primary came back with less than it was read to hold, and still more than the replicas -> re-opened, what is gone is said', () => {
    const again = (offset: number): Situation => {
      const says = { incarnation: 'a2', of: 'nowhere', replid: 'R7', replid2: 'R1', second: offset + 1, offset } as const
      const s = group('a', alive('a', says), alive('b', { ...down, offset: 1000 }))
      return remembered(s, { watched: { reading: readingOf('a', 'a', { offset: 1500, lists: [lists('b')] }), at: 9_900 } })
    }
    chosen(run(again(1400), 'restarted'), 'elect.ahead', 'a', /^a was read 100 bytes further than it is now/)
    chosen(run(again(1500), 'restarted'), 'elect.ahead', 'a')
  })

  test('a hung primary is a few bytes ahead of the replica that it still feeds -> nothing is called lost', () => {
    const s = group('a', alive('a', { offset: 1014 }), alive('b', { offset: 1000 }))
    chosen(run(s, 'hung'), 'elect.inSync', 'b')
  })

  test('three refusals to be promoted -> the next one', () => {
    const trouble = { action: 'promote', code: 'NOPERM', message: 'no', times: 3, retryAt: now + 1 } as const
    const s = group('a', refused('a', 9_900), alive('b', down), alive('c', down))
    chosen(run(viewed(s, 'b', { troubles: [trouble] })), 'elect.inSync', 'c')
    chosen(run(viewed(s, 'b', { troubles: [{ ...trouble, times: 2 }] })), 'elect.inSync', 'b')
    // Who holds more is not gone, and it is said why it is not the one.
    const further = group('a', refused('a', 9_900), alive('b', { ...down, offset: 1001, view: { troubles: [trouble] } }), alive('c', down))
    const waited = remembered(further, { lostAt: now - further.policy.betterCandidateMs })
    const election = run(waited)
    chosen(election, 'elect.inSync', 'c', /^b holds more but refuses to be promoted$/)
    assert.doesNotMatch(inEnglish(election.said), /no node that answers is ahead/)
    const back = alive('a', { ...returned, replid: 'R1', offset: 1500, view: { troubles: [trouble] } })
    chosen(run(group('a', back, alive('b', down)), 'restarted'), 'elect.inSync', 'b', /a holds more but refuses to be promoted/)
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

  test('another bears a later epoch than the record and holds what it lacks, silent by now -> a person must choose; not when its data may go', () => {
    const later: Says = { replid: 'R2', replid2: 'R1', second: 901, offset: 940, mark: '3.1' }
    const s = (overwrite: boolean): Situation => {
      const here = group(
        'a',
        refused('a', 9_900),
        alive('b', { ...down, offset: 950, mark: '2.1' }),
        silent('c', 5_000, { ...later, spec: { overwrite } }),
      )
      return remembered(here, { lostAt: now - 11_000 })
    }
    held(run(s(false)), 'elect.diverged', /b and c each hold writes that the other lacks/)
    assert.equal(run(s(true)).kind, 'candidate')
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

  test('a history keeps its name, and the primary came back open -> whom it may have fed since is ahead only with a newer mark', () => {
    const set = { inSync: ['a', 'b'].map((node) => ({ node, incarnation: `${node}1` })), fenced: false }
    const back = alive('a', { incarnation: 'a2', of: null, replid: 'R1', offset: 1100, view: { wasOpen: 'a2' } })
    const fed = (mark: string, a = back): Situation => {
      const link = a === back ? {} : down
      const s = group('a', a, alive('b', { ...link, mark: '1.10' }), alive('c', { ...link, offset: 1100, mark }))
      return able(recorded(s, set), { namesHistories: false })
    }
    for (const mark of ['1.9', '1.10']) chosen(run(fed(mark), 'restarted'), 'elect.inSync', 'b', /a restarted open/)
    chosen(run(fed('1.11'), 'restarted'), 'elect.ahead', 'c', /a restarted open/)
    // Seen by nobody as another process yet.
    chosen(run(fed('1.9', refused('a', 9_900))), 'elect.inSync', 'b')
    chosen(run(fed('1.10', refused('a', 9_900))), 'elect.ahead', 'c')
  })

  test('the primary came back open and another is promoted -> what it may have taken since is said', () => {
    const reborn = alive('a', { incarnation: 'a2', of: null, keys: 0, mark: null, replid: 'R9', offset: 0, view: { wasOpen: 'a2' } })
    chosen(run(group('a', reborn, alive('b')), 'restarted'), 'elect.inSync', 'b', /a restarted open and may have taken writes/)
    const goneAgain = { ...reborn, failure: { kind: 'refused' }, failingSince: 9_900 } as const
    chosen(run(group('a', goneAgain, alive('b', down))), 'elect.inSync', 'b', /a restarted open and may have taken writes/)
    const further = alive('c', { ...down, offset: 1001, incarnation: 'c2' })
    chosen(run(group('a', goneAgain, alive('b', down), further)), 'elect.ahead', 'c', /a restarted open and may have taken writes/)
  })

  test('... and so when its next process is closed, where histories keep their names; not when it was recorded meanwhile', () => {
    const next = { incarnation: 'a3', of: 'nowhere', offset: 1010, view: { wasOpen: 'a2' } } as const
    const s = { ...recorded(group('a', alive('a', next), alive('b', down)), { fenced: false, guard: 0 }), can: pika }
    chosen(run(s, 'restarted'), 'elect.inSync', 'b', /a restarted open and may have taken writes/)
    const reign = { epoch: 1, node: 'a', at: epochStart, replid: 'R1', start: 1, continues: true, incarnation: 'a2' }
    chosen(run(recorded(s, { lineage: [...(s.record?.lineage ?? []), reign] }), 'restarted'), 'elect.inSync', 'b')
  })

  test('... but closed, or another group’s server -> not', () => {
    const gone = { failure: { kind: 'refused' }, failingSince: 9_900 } as const
    const closed = { ...alive('a', { incarnation: 'a2', of: 'nowhere' }), ...gone }
    chosen(run(group('a', closed, alive('b', down))), 'elect.inSync', 'b')
    const stranger = { ...alive('a', { incarnation: 'z1', of: null, mark: foreignMark, view: { wasOpen: 'z1' } }), ...gone }
    chosen(run(group('a', stranger, alive('b', down))), 'elect.inSync', 'b')
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

  test('half copied -> only when it is named, and that the rest is lost is said', () => {
    const s = group('a', refused('a', 5_000), alive('b', { partial: true }))
    held(electByOrder(s, null), 'elect.order', /no node that may be promoted answers/)
    chosen(electByOrder(s, 'b'), 'elect.order', 'b', /b holds only a part of a copy; the rest is lost/)
  })

  test('priority 0, or in maintenance -> only when it is named', () => {
    for (const spec of [{ priority: 0 }, { maintenanceUntil: epochStart + now + 1 }]) {
      const s = group('a', refused('a', 5_000), alive('b', { spec }))
      held(electByOrder(s, null), 'elect.order', /no node that may be promoted answers/)
      chosen(electByOrder(s, 'b'), 'elect.order', 'b', /what a holds/)
    }
  })
})

test('a hung primary was closed for a replica that is gone, restarted or refuses -> taken back when nobody else holds everything', () => {
  const s = (says: Says): Situation => {
    const alone = group('a', alive('a', says), alive('b', { incarnation: 'b2', of: 'nowhere', replid: 'R8', offset: 0, mark: '1.1' }))
    return viewed(viewed(at(failingOver(alone, 'b', 'hung'), 40_000), 'a', { askedAt: 39_990 }), 'b', { askedAt: 39_990 })
  }
  for (const says of [{ of: 'nowhere' }, { guard: closedGuard }]) chosen(run(s(says), 'hung', 39_900), 'elect.returned', 'a')
  held(run(s({}), 'hung', 39_900), 'elect.nobody', /.*/)
  // While one that was in sync is there, the hung one gives way to it.
  chosen(run(failingOver(group('a', alive('a', { of: 'nowhere' }), alive('b', down)), 'b', 'hung'), 'hung'), 'elect.inSync', 'b')
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
          assert.ok(node !== undefined && answers(node), `${cause}: ${inEnglish(election.said)}`)
          assert.notEqual(node.reading.keys, 0, inEnglish(election.said))
        }
      }
    }
  }
  assert.equal(failingOver(group('a', alive('a')), 'a').record?.epoch, 2)
})
