// Who is promoted when the primary is back, or everybody is.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alone, chosen, down, held, returned, run } from '../../test/elections.ts'
import {
  type Says,
  alive,
  epochStart,
  failingOver,
  group,
  lists,
  nodeIn,
  now,
  readingOf,
  recorded,
  refused,
  remembered,
  unwatched,
  viewed,
  withPolicy,
} from '../../test/situations.ts'
import { h1, h2 } from '../../test/succession.ts'
import { pika } from '../engines/pika.ts'
import { electByOrder } from './elect.ts'
import type { GroupRecord, LineageEntry } from './model.ts'
import type { Situation } from './situation.ts'

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

  test('... its own old file led it to another node, and that node fed it -> its append-only file is a copy and vouches for nothing', () => {
    const led = (change: Says): Situation =>
      recorded(unwatched(group('a', alive('a', { ...returned, of: 'b', linkUp: false, ...change }), refused('b', 5_000))), alone)
    chosen(run(led({}), 'restarted'), 'elect.returned', 'a')
    held(run(led({ offset: 28 }), 'restarted'), 'elect.nobody', /waits for b/)
    held(run(led({ linkUp: true }), 'restarted'), 'elect.nobody', /waits for b/)
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

  test('it never wrote in its reign; of two others one was replaced before the other reigned -> that one, which holds all that it does, whatever the order of the spec and the priorities', () => {
    const reigns: readonly LineageEntry[] = [
      { epoch: 1, node: 'a', at: epochStart, replid: h1, start: 0, continues: false },
      { epoch: 2, node: 'b', at: epochStart, replid: h2, start: 1000, continues: true },
      { epoch: 3, node: 'c', at: epochStart, replid: 'inst/g/3', start: 1100, continues: true },
    ]
    const nodes = [
      alive('a', { of: 'nowhere', replid: h1, mark: '1.30', offset: 1500, spec: { priority: 50 } }),
      alive('b', { of: 'nowhere', replid: h2, mark: '2.19', offset: 1400 }),
      alive('c', { ...returned, of: 'nowhere', incarnation: 'c2', replid: h2, mark: '2.9', offset: 1100 }),
    ]
    for (const order of [nodes, nodes.toReversed()]) {
      const s = recorded(
        { ...group('c', ...order), can: pika },
        { epoch: 3, lineage: reigns, inSync: [{ node: 'c', incarnation: 'c1' }], guard: 0 },
      )
      chosen(run(unwatched(s), 'restarted'), 'elect.rollCall', 'b', /no node is known to hold everything that c had/)
    }
  })

  test('priority 0, or in maintenance -> not re-opened, and why is said: the group is not empty', () => {
    const only = (spec: Parameters<typeof alive>[1]): Situation => recorded(group('a', alive('a', { ...returned, ...spec })), alone)
    held(run(only({ spec: { priority: 0 } }), 'restarted'), 'elect.barred', /a has priority 0\. .* --accept-loss --to NODE/)
    held(run(only({ spec: { maintenanceUntil: epochStart + now + 1 } }), 'restarted'), 'elect.barred', /a is in maintenance/)
  })

  test('it is empty and its replica holds a part of a copy -> that is said, nothing is called empty', () => {
    const reborn = { ...returned, durable: false, keys: 0, mark: null } as const
    for (const keys of [0, 7]) {
      const s = group('a', alive('a', reborn), alive('b', { ...down, keys, partial: true, incarnation: 'b2' }))
      held(run(s, 'restarted'), 'elect.barred', /may be promoted: b holds only a part of a copy\./)
    }
  })
})

void describe('the primary holds a part of a copy, by the order of a person, and came back as another process', () => {
  const reigns: readonly LineageEntry[] = [
    { epoch: 1, node: 'b', at: epochStart, replid: h1, start: 0, continues: false, incarnation: 'b1' },
    { epoch: 2, node: 'a', at: epochStart, replid: h2, start: 1000, continues: true, incarnation: 'a1', partial: true },
  ]
  const part: Says = {
    incarnation: 'a2',
    of: 'nowhere',
    durable: true,
    usable: false,
    partial: true,
    replid: h2,
    mark: '2.7',
    offset: 1400,
  }
  const whole: Says = { of: 'nowhere', replid: h1, mark: '1.20' }
  const back = (a: Says, lineage = reigns, floor: GroupRecord['floor'] = null): Situation => {
    const s = unwatched({ ...group('a', alive('a', { ...part, ...a }), alive('b', whole)), can: pika })
    return recorded(s, { ...alone, epoch: lineage.at(-1)?.epoch ?? 0, lineage, floor })
  }
  const [first, second] = reigns
  assert.ok(first !== undefined && second !== undefined)

  test('-> re-opened, not replaced by a whole one that lacks what it took; that it is a part is said', () => {
    chosen(run(back({}), 'restarted'), 'elect.returned', 'a', /^a holds only a part of a copy; the rest is lost$/)
    chosen(electByOrder(back({}), null), 'elect.order', 'a', /a holds only a part of a copy/)
  })

  test('... with less than was read of it -> the same at a roll call only, and that is said', () => {
    const floor = { replid: h2, offset: 1401, markSeq: 7 }
    chosen(
      run(back({}, reigns, floor), 'restarted'),
      'elect.rollCall',
      'a',
      /a part of a copy; .*no node is known to hold everything that a had/,
    )
  })

  test('... before its reign had a mark, its first or that of being re-opened -> still it', () => {
    chosen(run(back({ replid: h1, mark: '1.20', offset: 1010 }), 'restarted'), 'elect.rollCall', 'a', /no node is known to hold everything/)
    const again = { ...second, epoch: 3, replid: 'inst/g/3', start: 1400 }
    chosen(run(back({}, [...reigns, again]), 'restarted'), 'elect.rollCall', 'a', /no node is known to hold everything/)
  })

  test('... a copy was begun onto it since: its reign began whole, it follows another, or it bears the mark of neither -> the whole one, and what that costs is said', () => {
    const { partial: _, ...began } = second
    const anew = reigns.map((reign) => ({ ...reign, continues: false }))
    const loss = /no node is known to hold everything that a had acknowledged; a holds more but must not be promoted \(.*a part of a copy\)/
    chosen(run(back({}, [first, began]), 'restarted'), 'elect.rollCall', 'b', loss)
    chosen(run(back({ of: 'b' }), 'restarted'), 'elect.rollCall', 'b', loss)
    chosen(run(back({ replid: h1, mark: '1.20' }, anew), 'restarted'), 'elect.rollCall', 'b', /no node is known to hold everything/)
  })

  test('a part of a copy that is not the recorded primary -> never', () => {
    const s = back({ keys: 0, mark: null, replid: '' }, [first, { ...second, node: 'b' }])
    const { reading } = nodeIn(s, 'b')
    assert.ok(reading !== null)
    held(run(viewed(s, 'b', { reading: { ...reading, partial: true, usable: false } }), 'restarted'), 'elect.barred', /b holds only a part/)
  })
})

void describe('silence had to last longer after too many failovers', () => {
  const seen = readingOf('a', 'a', { lists: [lists('b')] })
  const at9 = { watched: { reading: seen, at: 5_000 }, lostAt: 9_985 }
  const flaps = { failovers: [1, 2, 3].map((ms) => epochStart + ms) }

  test('then the primary is seen dead -> the in-sync replica, and what it may lack is said', () => {
    const s = remembered(recorded(group('a', refused('a', 9_900), alive('b', down)), flaps), at9)
    chosen(run(s), 'elect.inSync', 'b', /a did not answer for some time before it was lost/)
  })

  test('silent for long, then dead -> nobody watched it in between: held for it', () => {
    const s = remembered(group('a', refused('a', 9_900), alive('b', down)), { ...at9, lostAt: 6_000, goneAt: 9_985 })
    held(run(s), 'elect.unwatched', /nobody watched a stop/)
  })

  test('then it is back, ahead of the replica, from an old file -> re-opened, and what it took last is said to be lost', () => {
    const dump = { ...returned, durable: false, replid: 'R8', replid2: 'R1', second: 1101, offset: 1100 } as const
    const s = remembered(recorded(group('a', alive('a', dump), alive('b', down)), flaps), at9)
    chosen(run(s, 'restarted'), 'elect.ahead', 'a', /a did not answer for some time before it was lost.*nobody watched a until it stopped/)
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

  test('the best holds all that was read, and the primary had not called it in sync yet -> promoted, and what came after that is said', () => {
    const s = group('a', alive('a', { ...back, incarnation: 'a2', replid: 'R7', mark: '1.8' }), alive('b', { ...down, mark: '1.9' }))
    chosen(run(recorded(s, alone), 'restarted'), 'elect.rollCall', 'b', /no node is known to hold everything/)
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

  // a was replaced by b at 900 and wrote on; b took more, which c has, and is back with less.
  const replaced = (c: Parameters<typeof alive>[1] = {}): Situation => {
    const s = group(
      'b',
      alive('a', { ...back, replid: 'R1', offset: 950, mark: '1.11' }),
      alive('b', { ...back, incarnation: 'b2', replid: 'R8', offset: 0, mark: '1.10' }),
      alive('c', { ...down, replid: 'R2', replid2: 'R1', second: 901, offset: 940, mark: '2.1', ...c }),
    )
    const entry = { at: epochStart, continues: true }
    const lineage = [
      { ...entry, epoch: 1, node: 'a', replid: 'R1', start: 1 },
      { ...entry, epoch: 2, node: 'b', replid: 'R2', start: 900 },
    ]
    return recorded(unwatched(s), { epoch: 2, inSync: [{ node: 'b', incarnation: 'b1' }], lineage })
  }

  test('one wrote on after it was replaced, another followed its successor -> that was given up: the other', () => {
    chosen(run(replaced(), 'restarted'), 'elect.rollCall', 'c', /no node is known to hold everything that b had acknowledged/)
  })

  test('... and the other must not be promoted -> what it holds is said to be lost', () => {
    chosen(run(replaced({ spec: { priority: 0 } }), 'restarted'), 'elect.rollCall', 'a', /c holds more but must not be promoted/)
  })

  test('... but a node bears a later epoch than the record -> a person must choose', () => {
    held(run(replaced({ mark: '3.1' }), 'restarted'), 'elect.diverged', /a and c each hold/)
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
