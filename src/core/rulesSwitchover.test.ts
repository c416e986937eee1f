import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acts, everyRuleFired, order, saves, waits } from '../../test/decisions.ts'
import {
  type Says,
  type Told,
  alive,
  at,
  epochStart,
  group,
  now,
  recorded,
  refused,
  remembered,
  silent,
  switching,
  unasked,
  viewed,
} from '../../test/situations.ts'
import { decide } from './decide.ts'
import { closedGuard } from './limits.ts'
import { inEnglish } from './said.ts'
import type { Situation } from './situation.ts'

void describe('a switchover is under way', () => {
  const s = switching(group('a', alive('a'), alive('b'), alive('c')), 'b')
  const pausedAt = { writesPausedAt: 9_500 }

  test('nothing done yet -> the writes are paused for the deadline and two actions', () => {
    acts(s, 'switchover.pause', ['a', { name: 'pauseWrites', forMs: 7_000 }])
  })

  test('the intent is that of an old copy of the store -> everybody is asked first', () => {
    saves(switching(group('a', alive('a'), alive('b'), alive('c', { of: null, mark: '4.1' })), 'b'), 'switchover.outdated', {
      phase: 'restored',
    })
  })

  test('... also when no primary answers, but the old one, a replica by now, bears a mark of the epoch that the copy calls under way', () => {
    const ended = (mark: string, ofC: string = '1.9'): Situation => {
      const says = { of: 'b', linkUp: false } as const
      return switching(group('a', alive('a', { ...says, mark }), refused('b', 8_500), alive('c', { ...says, mark: ofC })), 'b')
    }
    const step = saves(ended('2.1'), 'switchover.outdated', { phase: 'restored', epoch: 2 })
    assert.match(inEnglish(step.said), /a bears a mark of epoch 2, and the record says that a is only being replaced at that epoch/)
    saves(ended('1.10'), 'switchover.back/elect.inSync', { phase: 'failover', candidate: 'a' })
    // Of an older life of the group, which nobody saw when the epoch was chosen: later than it, and no primary.
    assert.notEqual(decide(ended('1.10', '3.1')).group.rule, 'switchover.outdated')
  })

  test('paused, the candidate is behind -> waits', () => {
    waits(
      remembered(switching(group('a', alive('a'), alive('b', { offset: 990 })), 'b'), pausedAt),
      'switchover.waiting',
      /everything a has/,
    )
  })

  test('paused, the candidate has all, by readings after the pause -> demoted first', () => {
    const candidate = { host: '127.0.0.1', port: 7_002 }
    acts(remembered(s, pausedAt), 'switchover.demote', ['a', { name: 'demote', target: candidate, resumeWrites: true, persist: false }])
    waits(remembered(s, { writesPausedAt: now }), 'switchover.waiting', /waits/)
  })

  test('the file of the primary could not be written just now -> the switchover goes on; its writes cannot be paused -> it waits', () => {
    const trouble = { action: 'persist', code: 'ERR', message: 'no config file', times: 9, retryAt: now + 5_000 } as const
    acts(viewed(s, 'a', { troubles: [trouble] }), 'switchover.pause', ['a', { name: 'pauseWrites' }])
    acts(remembered(viewed(s, 'a', { troubles: [trouble] }), pausedAt), 'switchover.demote', ['a', { name: 'demote' }])
    for (const action of ['pauseWrites', 'demote', 'cutOlder'] as const)
      waits(viewed(s, 'a', { troubles: [{ ...trouble, action, code: 'NOPERM' }] }), 'switchover.waiting', /waits/)
  })

  test('the file of the primary does not say nowhere -> its new role is written at once', () => {
    acts(remembered(recorded(s, { fenced: false }), pausedAt), 'switchover.demote', ['a', { persist: true }])
  })

  test('demoted, the candidate has all -> promoted, closed', () => {
    acts(switching(group('a', alive('a', { of: 'b' }), alive('b')), 'b'), 'switchover.promote', ['b', { name: 'promote', bootFence: true }])
  })

  test('demoted, the candidate lacks something -> waits, until the deadline; then elects', () => {
    const lacking = switching(group('a', alive('a', { of: 'b' }), alive('b', { offset: 990, linkUp: false })), 'b')
    waits(lacking, 'switchover.waiting', /waits/)
    saves(recorded(at(lacking, 12_001), {}), 'switchover.back/elect.inSync', { candidate: 'a', epoch: 3, cause: 'no primary' })
  })

  test('the candidate is seen as a closed primary -> it is the primary, no forced failover is counted', () => {
    const promoted = { of: null, guard: 9999, replid: 'R2', replid2: 'R1', second: 1001 } as const
    const done = switching(group('a', alive('a', { of: 'b' }), alive('b', promoted)), 'b')
    saves(done, 'switchover.seen', { phase: 'steady', epoch: 2, primary: 'b', failovers: [] })
  })

  test('the candidate is a closed primary by what it was told in a switchover that was given up -> not named while it lacks what was written since, and given up', () => {
    const promoted = { of: null, guard: closedGuard, replid: 'R2', replid2: 'R1', second: 991, offset: 990 } as const
    const seen = (old: Says, b: Says = {}): Situation => switching(group('a', alive('a', old), alive('b', { ...promoted, ...b })), 'b')
    saves(seen({}), 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 })
    saves(seen({ guard: closedGuard }), 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 })
    // Nothing was written since, but somebody may write still.
    saves(seen({ offset: 990 }), 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 })
    saves(remembered(seen({}), { promotedIn: 1 }), 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 })
    waits(seen({ of: 'b' }), 'switchover.waiting', /waits/)
    // Told by us, or by a controller before us, which had seen that it lacks nothing.
    saves(remembered(seen({}), { promotedIn: 2 }), 'switchover.seen', { phase: 'steady', primary: 'b' })
    saves(seen({ guard: closedGuard, offset: 990 }), 'switchover.seen', { phase: 'steady', primary: 'b' })
    saves(seen({ of: 'b', offset: 990 }), 'switchover.seen', { phase: 'steady', primary: 'b' })
  })

  test('... nor by readings from before the switchover, which somebody may have written since', () => {
    const promoted = { of: null, guard: closedGuard } as const
    const early = { guard: closedGuard, view: { askedAt: 8_900 } } as const
    acts(switching(group('a', alive('a', early), alive('b', promoted)), 'b'), 'switchover.pause', ['a', { name: 'pauseWrites' }])
  })

  test('the old primary dies on the way -> a failover', () => {
    const died = switching(group('a', refused('a', 9_900), alive('b', { linkUp: false })), 'b')
    saves(died, 'switchover.lost/elect.inSync', { phase: 'failover', candidate: 'b', epoch: 3, cause: 'dead' })
  })

  test('... and is back with less than was read of it, and nobody can be promoted -> that is kept, and the switchover stays under way', () => {
    const back = alive('a', { incarnation: 'a2', of: 'nowhere', offset: 900 })
    const s = remembered(switching(group('a', back, refused('b', 5_000)), 'b'), { lostAt: now - 2_000 })
    saves(s, 'switchover.floor', { phase: 'switchover', candidate: 'b', epoch: 2, floor: { replid: 'R1', offset: 1000, markSeq: 10 } })
  })

  test('the old primary falls silent and a replica claims its link -> it must prove it, also at the deadline; when it refuses to, the old primary stays', () => {
    const frozen = switching(group('a', silent('a', 8_500), alive('b')), 'b')
    acts(frozen, 'switchover.prove', ['b', { name: 'proveLink' }])
    const overdue = at(viewed(frozen, 'b', { askedAt: 12_000 }), 12_001)
    acts(overdue, 'switchover.prove', ['b', { name: 'proveLink' }])
    const no = { action: 'proveLink', code: 'NOPERM', message: 'no', times: 1, retryAt: 13_000 } as const
    saves(viewed(overdue, 'b', { troubles: [no] }), 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 })
    const held = at(
      switching(group('a', silent('a', 8_500), alive('b', { view: { askedAt: 12_000, proof: { since: 9_600, done: 11_000 } } })), 'b'),
      12_001,
    )
    saves(held, 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 })
    const gone = switching(group('a', silent('a', 8_500), alive('b', { linkUp: false })), 'b')
    saves(gone, 'switchover.lost/elect.inSync', { phase: 'failover', candidate: 'b', epoch: 3, cause: 'silent' })
  })

  test('the old primary falls silent after too many failovers -> at the deadline it stays, since its silence must last for long; seen dead, or the candidate was told already -> not', () => {
    const often = [1, 2, 3].map((ago) => epochStart + now - ago)
    const of = (old: Told): Situation => recorded(switching(group('a', old, alive('b', { linkUp: false })), 'b'), { failovers: often })
    const mute = of(silent('a', 8_500))
    waits(mute, 'switchover.waiting', /waits/)
    saves(at(mute, 12_001), 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 })
    waits(remembered(at(mute, 12_001), { promotedIn: 2 }), 'switchover.waiting', /waits/)
    const asking = at(
      recorded(switching(group('a', refused('a', 11_999), alive('b', { linkUp: false })), 'b'), { failovers: often }),
      12_001,
    )
    waits(asking, 'switchover.waiting', /waits/)
    // Too few: it is lost a moment later.
    waits(at(recorded(of(silent('a', 11_500)), { failovers: [] }), 12_001), 'switchover.waiting', /waits/)
  })

  test('most hosts fall silent at once -> at the deadline the old primary stays', () => {
    const s = remembered(switching(group('a', silent('a', 8_500), alive('b')), 'b'), { frozen: { silentHosts: 4, hosts: 6 } })
    waits(s, 'switchover.waiting', /waits/)
    saves(at(s, 12_001), 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 })
  })

  test('the candidate was restarted and is open -> fenced, before the old primary that was led to it is copied from nothing', () => {
    const bare = { of: null, incarnation: 'b2', keys: 0, mark: null, replid: 'R9', offset: 0 } as const
    for (const old of [silent('a', 8_500), alive('a', { of: 'b', linkUp: false }), alive('a')]) {
      acts(switching(group('a', old, alive('b', bare)), 'b'), 'switchover.fence', ['b', { name: 'fence', cutClients: true }])
    }
    // Closed, or refusing to be: what became of the old primary decides.
    const trouble = { action: 'fence', code: 'NOPERM', message: 'no', times: 1, retryAt: now + 1 } as const
    const closed = (b: Says): Situation => switching(group('a', alive('a', { of: 'b', linkUp: false }), alive('b', { ...bare, ...b })), 'b')
    saves(closed({ guard: closedGuard }), 'switchover.back/elect.inSync', { phase: 'failover', candidate: 'a' })
    saves(closed({ of: 'nowhere' }), 'switchover.back/elect.inSync', { phase: 'failover', candidate: 'a' })
    saves(closed({ view: { troubles: [trouble] } }), 'switchover.back/elect.inSync', { phase: 'failover', candidate: 'a' })
    // It is no primary yet, or the very process that was chosen.
    saves(switching(group('a', alive('a'), alive('b', { incarnation: 'b2' })), 'b'), 'switchover.abort', { phase: 'steady', primary: 'a' })
    assert.notEqual(decide(switching(group('a', alive('a', { of: 'b' }), alive('b', { of: null })), 'b')).group.rule, 'switchover.fence')
  })

  test('demoted and the candidate is gone -> elects, the old primary has everything', () => {
    const gone = switching(group('a', alive('a', { of: 'b', linkUp: false }), refused('b', 9_900)), 'b')
    saves(gone, 'switchover.back/elect.inSync', { candidate: 'a', epoch: 3 })
  })

  test('an operator wants another by force meanwhile -> intent for that one', () => {
    saves(remembered(s, order('failover', 'c')), 'switchover.order', { phase: 'failover', candidate: 'c', epoch: 3, cause: 'operator' })
  })

  test('overdue, and only its replica still reaches the old primary -> it stays; the candidate was told already -> waits', () => {
    const cut = at(switching(group('a', refused('a', 9_900), alive('b', { view: { askedAt: 12_000 } })), 'b'), 12_001)
    saves(cut, 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 })
    waits(remembered(cut, { promotedIn: 2 }), 'switchover.waiting', /waits/)
  })

  test('we cannot ask the old primary -> waits until it is overdue, then the old primary stays; the candidate was told already -> waits', () => {
    const mute = switching(group('a', unasked('a', 9_900), alive('b')), 'b')
    waits(mute, 'switchover.waiting', /waits/)
    const overdue = at(mute, 12_001)
    saves(overdue, 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 })
    waits(remembered(overdue, { promotedIn: 2 }), 'switchover.waiting', /waits/)
  })

  test('overdue, without its candidate, or begun by another controller -> the old primary stays', () => {
    for (const [each, why] of [
      [at(s, 12_001), /took too long/],
      [switching(group('a', alive('a'), refused('b', 9_900)), 'b'), /lost its candidate/],
    ] as const) {
      assert.match(inEnglish(saves(each, 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 }).said), why)
    }
  })
})

test('every row of the table -> was the decision in a test above', () => {
  everyRuleFired('switchover', [{ id: 'switchover.doubted' }, { id: 'switchover.misled' }])
})
