// Whom a change of primary puts in doubt, where the server tells no history from another.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acts, groupStep, saves } from '../../test/decisions.ts'
import {
  type Says,
  type Told,
  alive,
  failingOver,
  group,
  mute,
  readingOf,
  now,
  recorded,
  refused,
  remembered,
  unwatched,
  silent,
  switching,
  withPolicy,
} from '../../test/situations.ts'
import { alone, h1, h2, lineage, linked, nobodyInDoubt } from '../../test/succession.ts'
import { pika } from '../engines/pika.ts'
import { redis } from '../engines/redis.ts'
import { closedGuard } from './limits.ts'
import type { FailoverCause, GroupRecord, NodeId } from './model.ts'
import type { Situation } from './situation.ts'
import { inEnglish } from './said.ts'

test('P2: the candidate was opened by somebody before it was told -> a switchover to it is given up; as the primary all others are in doubt', () => {
  const opened = { openIn: { history: h2, from: 9_000, to: 9_500 } }
  const s = (view: Says['view'] = {}): Situation =>
    recorded(
      {
        ...switching(
          group('b', alive('a', { ...linked, of: null, guard: closedGuard, view }), alive('b', { ...linked, guard: closedGuard })),
          'a',
        ),
        can: pika,
      },
      { epoch: 3, lineage, guard: 0, inSync: alone },
    )
  saves(s(opened), 'switchover.abort', { phase: 'steady', primary: 'b' })
  saves(remembered(s(opened), { promotedIn: 3 }), 'switchover.seen', { primary: 'a', inDoubt: ['b'] })
  nobodyInDoubt(remembered(s(), { promotedIn: 3 }), 'switchover.seen')
})

test('P11: a primary that its file need not keep at nowhere died, or came back as another process, and is replaced -> in doubt, wherever that leads it; not when it is fenced, or only silent', () => {
  const gone = refused('a', 8_500)
  const back = (incarnation: string): Told => alive('a', { of: 'b', incarnation })
  const after = (cause: FailoverCause, fenced: boolean, can: Situation['can'] = pika, a: Told = gone): GroupRecord['inDoubt'] => {
    const s = group('a', a, alive('b', { of: null, guard: closedGuard }))
    const step = groupStep(recorded({ ...failingOver(s, 'b', cause), can }, { fenced }), 'failover.seen')
    return step.kind === 'save' ? step.record.inDoubt : []
  }
  assert.deepEqual(after('dead', false), ['a'])
  assert.deepEqual(after('restarted', false), ['a'])
  for (const cause of ['restarted', 'silent', 'hung', 'operator'] as const) {
    assert.deepEqual(after(cause, false, pika, back('a2')), ['a'], cause)
    assert.equal(after(cause, true, pika, back('a2')), undefined, cause)
    assert.equal(after(cause, false, redis, back('a2')), undefined, cause)
  }
  for (const none of [after('dead', true), after('silent', false), after('dead', false, redis)]) assert.equal(none, undefined)
  assert.equal(after('silent', false, pika, back('a1')), undefined)
})

test('one in doubt becomes the primary -> the others are, who agreed with the one before', () => {
  const promoted = (inDoubt: readonly NodeId[]): Situation => {
    const s = group(
      'b',
      alive('a', { ...linked, of: null, guard: closedGuard }),
      refused('b', 8_000, linked),
      alive('c', { ...linked, of: 'b' }),
    )
    return failingOver(recorded({ ...s, can: pika }, { lineage, guard: 0, inDoubt }), 'a', 'dead', {
      replid: h2,
      mark: { epoch: 2, seq: 1 },
    })
  }
  saves(promoted(['a']), 'failover.seen', { primary: 'a', inDoubt: ['b', 'c'] })
  saves(promoted(['c']), 'failover.seen', { primary: 'a', inDoubt: ['c'] })
  saves(promoted(['a', 'z']), 'failover.seen', { primary: 'a', inDoubt: ['b', 'c', 'z'] })
})

test('a primary without a boot fence comes back open, with less for all anybody knows, and is opened again -> the others are in doubt', () => {
  const reopened = (fenced: boolean): Situation => {
    const s = group('b', alive('a', linked), alive('b', { ...linked, incarnation: 'b2', guard: closedGuard }))
    const is = { incarnation: 'b2', replid: h2, mark: { epoch: 2, seq: 1 } }
    return failingOver(recorded({ ...s, can: pika }, { lineage, guard: 0, fenced }), 'b', 'restarted', is)
  }
  saves(reopened(false), 'failover.seen', { primary: 'b', inDoubt: ['a'] })
  nobodyInDoubt(reopened(true), 'failover.seen')
})

/** b came back open without a boot fence, last watched so long ago; a is to be promoted. */
function reborn(c: Says, fenced = false, quietMs = 3_000, a: Says = { of: 'b', linkUp: false, offset: 1200 }): Situation {
  const back = alive('b', { ...linked, of: null, incarnation: 'b2', view: { wasOpen: 'b2' } })
  const s = group('b', alive('a', { ...linked, ...a }), back, alive('c', { ...linked, ...c }))
  const { watched } = s.memory
  assert.ok(watched !== null)
  const here = remembered({ ...s, can: pika }, { watched: { ...watched, at: now - quietMs } })
  return withPolicy(recorded(here, { epoch: 2, lineage, guard: 0, fenced }), { silentAfterMs: 10_000 })
}

function doubtsOfIntent(c: Says, fenced = false, quietMs = 3_000): GroupRecord['inDoubt'] {
  const step = groupStep(reborn(c, fenced, quietMs), 'steady.lost/elect.inSync')
  assert.ok(step.kind === 'save' && step.record.phase === 'failover' && step.record.candidate === 'a')
  return step.record.inDoubt
}

test('a primary without a boot fence comes back open, a replica follows it, and another is promoted -> all but that one are in doubt, unless that link may be the old one', () => {
  const following: Says = { of: 'b', linkUp: true }
  assert.deepEqual(doubtsOfIntent(following), ['b', 'c'])
  assert.equal(doubtsOfIntent(following, false, 1_500), undefined)
  assert.equal(doubtsOfIntent({ of: 'b', linkUp: false }), undefined)
  assert.equal(doubtsOfIntent(following, true), undefined)
})

test('a primary without a boot fence comes back open, and a replica that was restarted too follows it -> that link cannot be the old one', () => {
  assert.deepEqual(doubtsOfIntent({ of: 'b', linkUp: true, incarnation: 'c2' }, false, 1_500), ['b', 'c'])
})

test('a primary without a boot fence comes back open, and fed one that was not in sync, or comes back itself with more -> nobody knows of a link of before', () => {
  const newcomer = (c: Says, inSync = ['a', 'b']): GroupRecord['inDoubt'] => {
    const s = reborn(c, false, 1_500)
    const members = inSync.map((node) => ({ node, incarnation: `${node}1` }))
    const step = groupStep(recorded(s, { inSync: members }), 'steady.lost/elect.inSync')
    assert.ok(step.kind === 'save')
    return step.record.inDoubt
  }
  const [fed, led] = [{ advancedAfter: now - 500 }, 'nowhere']
  assert.deepEqual(newcomer({ of: led, view: fed }), ['b', 'c'])
  assert.deepEqual(newcomer({ of: 'b', linkUp: true }), ['b', 'c'])
  assert.equal(newcomer({ of: led, view: fed }, ['a', 'b', 'c']), undefined)
  assert.equal(newcomer({ of: led, view: { advancedAfter: now - 1_600 } }), undefined)
  // It was given that before its first answer.
  assert.deepEqual(newcomer({ of: led, view: { grew: { from: now - 3_000, to: now - 500 } } }), ['b', 'c'])
  assert.equal(newcomer({ of: led, view: { grew: { from: now - 3_000, to: now - 1_600 } } }), undefined)
})

test('a primary without a boot fence comes back open, a replica is given something and led away -> all but the candidate are in doubt', () => {
  const away = (advancedAfter: number): Says => ({ of: 'nowhere', view: { advancedAfter } })
  assert.deepEqual(doubtsOfIntent(away(now - 500)), ['b', 'c'])
  // The process of before may have given it that.
  assert.equal(doubtsOfIntent(away(now - 1_500)), undefined)
  assert.equal(doubtsOfIntent(away(now - 500), true), undefined)
})

test('a primary without a boot fence comes back open, and a replica gets to it between the decision and the promotion -> in doubt all the same', () => {
  const crowned = (c: Says, fenced = false): Situation => {
    const is = { replid: h2, mark: { epoch: 2, seq: 1 } }
    return failingOver(reborn(c, fenced, 3_000, { of: null, guard: closedGuard }), 'a', 'restarted', is)
  }
  saves(crowned({ of: 'b', linkUp: true }), 'failover.seen', { primary: 'a', inDoubt: ['b', 'c'] })
  // That it came back as another process puts nobody but itself in doubt.
  saves(crowned({ of: 'b', linkUp: false }), 'failover.seen', { primary: 'a', inDoubt: ['b'] })
  nobodyInDoubt(crowned({ of: 'b', linkUp: true }, true), 'failover.seen')
})

test('a primary without a boot fence comes back open and looks ahead of a replica in sync -> that one is promoted, unless it lacks a mark of before', () => {
  const elected = (says: Says, fenced: boolean): Situation => {
    const s = group(
      'b',
      alive('a', { replid: h2, mark: '2.1', offset: 1200 }),
      alive('b', { ...linked, of: null, incarnation: 'b2', offset: 1300, view: { wasOpen: 'b2' }, ...says }),
    )
    return recorded({ ...s, can: pika }, { epoch: 2, lineage, guard: 0, fenced })
  }
  const step = saves(elected({ mark: '2.1' }, false), 'steady.lost/elect.inSync', { candidate: 'a' })
  assert.match(inEnglish(step.said), /b restarted open/)
  saves(elected({ mark: '2.2' }, false), 'steady.lost/elect.ahead', { candidate: 'b' })
  saves(elected({ mark: '2.1' }, true), 'steady.lost/elect.ahead', { candidate: 'b' })
  // Nor does it stop a promotion that was decided, be it by a controller that is gone.
  const decided = unwatched(failingOver(elected({ mark: '2.1', guard: closedGuard }, false), 'a', 'restarted', { replid: h2 }))
  acts(decided, 'failover.promote', ['a', { name: 'promote' }])
})

test('P2: one that does not answer was read further than the primary that is opened again, or than the one that takes over -> it is in doubt', () => {
  const opened = (offset: number, candidate: NodeId): Situation => {
    const says: Says = { ...linked, of: null, guard: closedGuard, offset: 1100 }
    const s = group(
      'b',
      alive('a', candidate === 'a' ? says : { ...linked, offset: 1000 }),
      alive('b', candidate === 'b' ? says : { ...linked, of: 'nowhere', offset: 1100 }),
      silent('c', 5_000, { ...linked, offset }),
    )
    return failingOver(recorded({ ...s, can: pika }, { lineage, guard: 0 }), candidate, 'dead', { replid: h2, mark: { epoch: 2, seq: 1 } })
  }
  for (const primary of ['a', 'b']) {
    saves(opened(1200, primary), 'failover.seen', { primary, inDoubt: ['c'] })
    nobodyInDoubt(opened(1100, primary), 'failover.seen')
  }
})

test('P2: the primary that is replaced is back and holds what its successor lacks -> it is in doubt: a person, or its own file, may lead it there plainly', () => {
  const replaced = (back: Says): Situation => {
    const closed: Says = { of: null, guard: closedGuard }
    // b took over from a at 1,000 (lineage), and a goes on in what was before.
    const s = group(
      'b',
      alive('a', { replid: h1, mark: '1.9', offset: 1100, ...closed }),
      alive('b', { ...closed, incarnation: 'b2', ...back }),
      alive('c', { replid: h1, mark: '1.9', offset: 1100, of: 'a' }),
    )
    return failingOver(recorded({ ...s, can: pika }, { lineage, guard: 0 }), 'a', 'dead', { replid: h1, mark: { epoch: 1, seq: 9 } })
  }
  saves(replaced({ ...linked, offset: 1200 }), 'failover.seen', { primary: 'a', inDoubt: ['b'] })
  nobodyInDoubt(replaced({ replid: h1, mark: '1.9', offset: 1000 }), 'failover.seen')
})

test('P2: the primary is opened again and known to lack something -> who does not answer is in doubt, also one that nobody read; not who answers', () => {
  const opened = (known: number, candidate: NodeId): Situation => {
    const says: Says = { ...linked, of: null, guard: closedGuard, offset: 1100 }
    const other = { ...linked, of: 'nowhere', offset: 1100 } as const
    const s = group('b', alive('a', candidate === 'a' ? says : other), alive('b', candidate === 'b' ? says : other), mute('c', 5_000))
    const floor = { replid: h2, offset: known, markSeq: 1 }
    const here = unwatched(recorded({ ...s, can: pika }, { lineage, guard: 0, floor }))
    return failingOver(here, candidate, 'operator', { replid: h2, mark: { epoch: 2, seq: 1 } })
  }
  saves(opened(1200, 'b'), 'failover.seen', { primary: 'b', inDoubt: ['c'] })
  for (const fits of [opened(1100, 'b'), opened(1200, 'a')]) nobodyInDoubt(fits, 'failover.seen')
})

test('P2: the primary was restarted and is opened again while another does not answer -> that one is in doubt, in sync or not, listed or not; not after the same process', () => {
  const opened = (members: readonly NodeId[], incarnation = 'b0'): Situation => {
    const says: Says = { ...linked, of: null, guard: closedGuard, offset: 1100 }
    const s = group('b', alive('a', { ...linked, of: 'nowhere', offset: 1100 }), alive('b', says), mute('c', 5_000))
    const inSync = members.map((node) => ({ node, incarnation: `${node}1` }))
    const here = unwatched(recorded({ ...s, can: pika }, { lineage, guard: 0, floor: null, incarnation, inSync }))
    return failingOver(here, 'b', 'restarted', { replid: h2, mark: { epoch: 2, seq: 1 } })
  }
  const listsNobody = { reading: readingOf('b', 'b', { ...linked, of: null, incarnation: 'b0', lists: [] }), at: now - 10 }
  const watched = remembered(opened(['b']), { watched: listsNobody, goneAt: now })
  for (const away of [opened(['a', 'b', 'c']), opened(['b']), watched]) saves(away, 'failover.seen', { primary: 'b', inDoubt: ['c'] })
  nobodyInDoubt(opened(['a', 'b', 'c'], 'b1'), 'failover.seen')
})

test('P2, P17: the primary was restarted and is opened again, and how another stands to it nothing says -> that one is in doubt; not one that holds nothing, one that is known to hold no more, nor after the same process', () => {
  const opened = (a: Says, incarnation = 'b0'): Situation => {
    const says: Says = { ...linked, of: null, guard: closedGuard, offset: 1100 }
    const s = group('b', alive('a', { ...a, of: 'b' }), alive('b', says), alive('c', { ...linked, of: 'b', offset: 1100 }))
    const here = unwatched(recorded({ ...s, can: pika }, { lineage, guard: 0, floor: null, incarnation }))
    return failingOver(here, 'b', 'restarted', { replid: h2, mark: { epoch: 2, seq: 1 } })
  }
  const older: Says = { replid: 'of before a gap', mark: '1.9', offset: 1090 }
  for (const unknown of [older, { ...older, replid: '', mark: null }])
    saves(opened(unknown), 'failover.seen', { primary: 'b', inDoubt: ['a'] })
  for (const fits of [opened({ ...older, keys: 0, offset: 0 }), opened({ ...linked, offset: 1090 }), opened(older, 'b1')])
    nobodyInDoubt(fits, 'failover.seen')
})
