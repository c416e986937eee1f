import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acts, alone, everyRuleFired, foreignMark, groupStep, holds, order, pause, returned, saves, waits } from '../../test/decisions.ts'
import {
  type Told,
  able,
  alive,
  answering,
  at,
  group,
  mute,
  now,
  recorded,
  refused,
  remembered,
  silent,
  unasked,
  unheard,
  unwatched,
  viewed,
  withPolicy,
  withSpec,
} from '../../test/situations.ts'
import { h1, lineage } from '../../test/succession.ts'
import { pika } from '../engines/pika.ts'
import { decide } from './decide.ts'
import { doubts } from './copies.ts'
import { resolvedRule } from './doubt.ts'
import { plannedRules } from './rulesPlanned.ts'
import { nowhere } from './limits.ts'
import { inEnglish } from './said.ts'
import type { Situation } from './situation.ts'

void describe('steady, the primary is well', () => {
  const pair = group('a', alive('a'), alive('b'))
  const trio = group('a', alive('a'), alive('b'), alive('c'))

  test('all well -> rests, tells nobody anything', () => {
    for (const s of [pair, trio]) {
      assert.equal(groupStep(s, 'steady.healthy').kind, 'rest')
      for (const node of decide(s).nodes) assert.equal(node.step.kind, 'rest', node.rule)
    }
  })

  test('an operator orders a switchover -> intent at the next epoch, the old primary still recorded', () => {
    saves(remembered(trio, order('switchover', 'c')), 'steady.orderSwitchover', {
      phase: 'switchover',
      epoch: 2,
      primary: 'a',
      candidate: 'c',
      inSync: trio.record?.inSync ?? [],
    })
    holds(
      remembered(group('a', alive('a'), alive('b', { linkUp: false })), order('switchover', 'b')),
      'steady.orderSwitchover',
      /b is not in sync/,
    )
  })

  test('an operator orders a failover -> intent, although the primary lives', () => {
    saves(remembered(pair, order('failover', 'b')), 'steady.orderFailover', { phase: 'failover', candidate: 'b', cause: 'operator' })
  })

  test('paused and the primary dies -> holds; an order in a pause -> carried out', () => {
    const s = withSpec(group('a', refused('a', 9_900), alive('b', { linkUp: false })), { pause })
    holds(s, 'steady.paused', /paused by anna \(maintenance\); the primary is dead/)
    saves(remembered(s, order('failover', 'b')), 'steady.orderFailover', { candidate: 'b' })
  })

  test('an action on the primary has ended after its last reading -> asks again first', () => {
    assert.equal(groupStep(viewed(pair, 'a', { actedAt: now }), 'steady.stale').kind, 'rest')
  })

  test('a switchover was given up -> the writes that it paused go on', () => {
    acts(remembered(pair, { abortedAt: 9_000 }), 'steady.resumeWrites', ['a', { name: 'resumeWrites' }])
    // A failover took the place of the switchover, and came back to the same process.
    acts(viewed(pair, 'a', { paused: 'a1' }), 'steady.resumeWrites', ['a', { name: 'resumeWrites' }])
    assert.equal(groupStep(viewed(pair, 'a', { paused: 'a0' }), 'steady.healthy').kind, 'rest')
    assert.equal(groupStep(viewed(pair, 'b', { paused: 'b1' }), 'steady.healthy').kind, 'rest')
    assert.equal(groupStep(remembered(pair, { abortedAt: 9_000, writesResumedAt: 9_001 }), 'steady.healthy').kind, 'rest')
  })

  test('the primary was not told to open by this process -> opened with the recorded guard', () => {
    acts(remembered(trio, { tuned: null }), 'steady.open', ['a', { name: 'open', guard: 1, bootFenced: true }])
  })

  test('the primary is closed -> opened', () => {
    acts(group('a', alive('a', { guard: 9999 }), alive('b')), 'steady.open', ['a', { name: 'open', guard: 0 }])
  })

  test('its file does not say nowhere -> boot fence written, then recorded with the new replication id', () => {
    const s = recorded(viewed(pair, 'a', { persisted: null }), { fenced: false })
    acts(s, 'steady.bootFence', ['a', { name: 'bootFence' }])
    acts(withPolicy(remembered(s, { tuned: null }), { bootFence: false }), 'steady.open', ['a', { bootFenced: false }])
    assert.equal(groupStep(withPolicy(s, { bootFence: false }), 'steady.healthy').kind, 'rest')
    assert.equal(groupStep(able(s, { canBootFenceRunning: false }), 'steady.healthy').kind, 'rest')
    const written = recorded(group('a', alive('a', { replid: 'R2', replid2: 'R1', second: 1001 }), alive('b')), { fenced: false })
    const step = saves(written, 'steady.fenced', { fenced: true, epoch: 1, phase: 'steady' })
    assert.ok(step.kind === 'save' && step.record.lineage.at(-1)?.replid === 'R2')
  })

  test('a fence that it refused wrote its role over the boot fence -> it is recorded as open after a restart, before anybody is elected', () => {
    const over = { incarnation: 'a1', as: 'primary', target: nowhere } as const
    saves(group('a', alive('a', { view: { persisted: over } }), alive('b')), 'steady.unfenced', { fenced: false, epoch: 1 })
    saves(recorded(group('a', alive('a', { view: { persisted: over } }), alive('b')), { incarnation: 'a0' }), 'steady.unfenced', {
      fenced: false,
    })
    const known = able(recorded(viewed(pair, 'a', { persisted: over }), { fenced: false }), { canBootFenceRunning: false })
    assert.equal(groupStep(known, 'steady.healthy').kind, 'rest')
  })

  test('the boot fence could not be written -> not tried again at once', () => {
    const trouble = { action: 'bootFence', code: 'NOT_PERSISTED', message: 'no file', times: 1, retryAt: now + 1 } as const
    const s = recorded(viewed(pair, 'a', { persisted: null, persistProblem: 'no file', troubles: [trouble] }), { fenced: false })
    assert.equal(groupStep(s, 'steady.healthy').kind, 'rest')
    // The fence itself would cost the replicas their links each time.
    acts(at(s, now + 1), 'steady.tryFile', ['a', { name: 'persist' }])
    const written = recorded(viewed(pair, 'a', { persisted: null }), { fenced: false })
    acts(written, 'steady.bootFence', ['a', { name: 'bootFence' }])
  })

  test('the primary has a new replication id -> the lineage knows it', () => {
    const s = group('a', alive('a', { replid: 'R2', replid2: 'R1', second: 1001 }), alive('b'))
    const step = saves(s, 'steady.rerooted', { epoch: 1 })
    assert.ok(step.kind === 'save')
    assert.deepEqual(
      step.record.lineage.map((entry) => entry.replid),
      ['R1', 'R2'],
    )
  })

  test('a replica is not listed by the primary any more -> out of the set', () => {
    saves(group('a', alive('a', { lists: [] }), alive('b')), 'steady.shrink', alone)
  })

  test('no replica in sync is left -> guard relaxed in the record first; with guard on -> kept', () => {
    const s = recorded(group('a', alive('a', { lists: [], guard: 1 }), alive('b'), alive('c')), alone)
    saves(s, 'steady.relax', { guard: 0 })
    assert.notEqual(decide(withPolicy(s, { guard: 'on' })).group.rule, 'steady.relax')
  })

  test('a replica has caught up -> the guard is on the node before the set grows, then both are saved', () => {
    const caughtUp = { targets: new Map([['b', { replica: 'b1', primary: 'a1', replid: 'R1', offset: 900 }]]) }
    const s = remembered(recorded(trio, { ...alone, guard: 0 }), caughtUp)
    const bare = remembered(recorded(group('a', alive('a', { guard: 0 }), alive('b'), alive('c')), { ...alone, guard: 0 }), caughtUp)
    acts(bare, 'steady.tighten', ['a', { name: 'guard', guard: 1 }])
    saves(s, 'steady.grow', { guard: 1, inSync: [...alone.inSync, { node: 'b', incarnation: 'b1' }] })
  })

  test('two in sync and read back with the guard that is not recorded yet -> recorded', () => {
    saves(recorded(trio, { guard: 0 }), 'steady.guarded', { guard: 1 })
  })

  test('guard on and nobody to acknowledge -> guarded once, then refuses writes and rests', () => {
    const strict = (guard: number, set: number): Situation =>
      withPolicy(recorded(group('a', alive('a', { lists: [], guard: set }), refused('b', 5_000)), { ...alone, guard }), { guard: 'on' })
    acts(strict(0, 0), 'steady.tighten', ['a', { name: 'guard', guard: 1 }])
    saves(strict(0, 1), 'steady.guarded', { guard: 1 })
    assert.equal(groupStep(strict(1, 1), 'steady.healthy').kind, 'rest')
  })

  test('the first data -> recorded', () => {
    saves(recorded(pair, { hasData: false }), 'steady.hasData', { hasData: true })
    const empty = recorded(group('a', alive('a', { keys: 0 }), alive('b', { keys: 0 })), { hasData: false })
    assert.equal(groupStep(empty, 'steady.healthy').kind, 'rest')
  })
})

void describe('steady, the record is an old copy', () => {
  const later = { of: null, mark: '4.1', incarnation: 'b2' } as const

  test('somebody else is a primary of a later epoch -> nobody is opened or promoted before everybody was asked', () => {
    const s = group('a', alive('a', { lists: [] }), alive('b', later))
    const { evidence } = saves(s, 'steady.outdated', { phase: 'restored', epoch: 4, primary: 'a', incarnation: '', inSync: [] })
    assert.deepEqual(evidence, { node: 'b', epoch: 4, recorded: 1 })
    saves(group('b', alive('a', { of: 'b' }), alive('b', later)), 'steady.outdated', { primary: 'b' })
  })

  test('the very process of the record was replaced since, and chosen again at a later epoch -> no epoch is given twice', () => {
    const s = group('a', alive('a', { mark: '4.1' }), alive('b'))
    const floor = { replid: 'R1', offset: 1000, markSeq: 1, markEpoch: 4 }
    saves(s, 'steady.outdated', { phase: 'restored', epoch: 4, primary: 'a', incarnation: '', floor })
  })

  test('the recorded primary is a replica now and bears a later epoch -> it was replaced, and is not opened again over its successor', () => {
    const back = alive('a', { of: 'nowhere', mark: '4.1', incarnation: 'a2' })
    saves(group('a', back, refused('b', 8_500)), 'steady.outdated', { phase: 'restored', primary: 'a' })
    const own = group('a', alive('a', { of: 'nowhere', mark: '1.9', incarnation: 'a2' }), refused('b', 8_500))
    assert.notEqual(decide(own).group.rule, 'steady.outdated')
  })

  test('paused, a replica with such a mark, another group, data that may go -> not', () => {
    const s = group('a', alive('a'), alive('b', later))
    const rests = (one: Situation): void => assert.notEqual(decide(one).group.rule, 'steady.outdated')
    rests(withSpec(s, { pause }))
    rests(group('a', alive('a'), alive('b', { mark: '4.1' })))
    rests(group('a', alive('a'), alive('b', { ...later, mark: { ...foreignMark, epoch: 9 } })))
  })
})

void describe('steady, the primary is in doubt', () => {
  test('not heard yet -> waits', () => {
    waits(unwatched(group('a', unheard('a'), alive('b'))), 'steady.unheard', /not been heard yet/)
  })

  test('one missing answer -> waits', () => {
    waits(group('a', silent('a', 9_500), alive('b')), 'steady.suspect', /gathering evidence/)
  })

  test('an error is an answer -> holds', () => {
    holds(group('a', answering('a', 5_000, 'BUSY'), alive('b', { linkUp: false })), 'steady.unreadable', /alive but answers BUSY/)
  })

  test('we cannot ask -> holds', () => {
    holds(group('a', unasked('a', 5_000), alive('b', { linkUp: false })), 'steady.unasked', /does not resolve/)
  })

  test('most hosts fell silent at once -> no verdict by silence, but a death is one', () => {
    const frozen = { frozen: { silentHosts: 4, hosts: 6 } }
    holds(remembered(group('a', silent('a', 8_500), alive('b', { linkUp: false })), frozen), 'steady.selfSuspect', /most hosts/)
    saves(remembered(group('a', refused('a', 9_900), alive('b', { linkUp: false })), frozen), 'steady.lost/elect.inSync', {
      candidate: 'b',
    })
  })

  test('we cannot reach it but a replica can -> holds', () => {
    holds(group('a', refused('a', 9_900), alive('b')), 'steady.contested', /cannot reach a \(refused\)/)
    const moving = group('a', silent('a', 5_000), alive('b', { view: { advancedAfter: 9_900 } }))
    holds(moving, 'steady.contested', /cannot reach a \(silent\)/)
  })

  test('the spec gives the primary another server’s address, or one where nobody answers -> holds and says where it lives', () => {
    const fed = alive('b', { of: { host: '10.0.0.1', port: 6379 }, view: { advancedAfter: 9_900 } })
    const stranger = alive('a', { incarnation: 'x1', mark: { installation: 'inst', group: 'other', epoch: 9, seq: 1 } })
    holds(
      group('a', stranger, fed),
      'steady.elsewhere',
      /another server answers at 127\.0\.0\.1:7001, .* b is still fed by 10\.0\.0\.1:6379/,
    )
    holds(group('a', refused('a', 8_500), fed), 'steady.elsewhere', /nobody answers at 127\.0\.0\.1:7001/)
    // Nobody reaches it any more: replaced as a silent one, by its rules.
    const { watched } = group('a', alive('a'), alive('b')).memory
    const cut = remembered(group('a', stranger, alive('b', { of: { host: '10.0.0.1', port: 6379 }, linkUp: false })), { watched })
    const step = saves(cut, 'steady.lost/elect.inSync', { candidate: 'b', cause: 'silent' })
    assert.match(inEnglish(step.said), /^a is not at its address, where another server answers, .* Risk: a may still accept writes/)
    holds(withPolicy(cut, { acceptSplitRisk: 'never' }), 'steady.lost/elect.splitRisk', /a is not at its address/)
    // A person may have meant it.
    saves(remembered(group('a', stranger, fed), order('failover', 'b')), 'steady.orderFailover', { candidate: 'b' })
  })

  test('a replica only claims its link to a silent primary -> asked to prove it', () => {
    acts(group('a', silent('a', 8_500), alive('b'), alive('c', { linkUp: false })), 'steady.prove', ['b', { name: 'proveLink' }])
  })

  test('... and refuses to be made to -> holds and says what right is missing', () => {
    const trouble = { action: 'proveLink', code: 'NOPERM', message: 'no permission', times: 1, retryAt: now + 1 } as const
    const s = group('a', silent('a', 8_500), alive('b', { view: { troubles: [trouble] } }))
    holds(s, 'steady.unprovable', /b: no permission/)
    acts(at(s, now + 1), 'steady.prove', ['b', { name: 'proveLink' }])
    // Another one's proof may still tell.
    const proof = { proof: { since: 9_950, done: 9_960 } }
    const both = group('a', silent('a', 8_500), alive('b', { view: { troubles: [trouble] } }), alive('c', { linkUp: false, view: proof }))
    assert.equal(groupStep(both, 'steady.prove').kind, 'act')
  })

  test('P6: its position rose for as long as it was asked, and then for too long not -> the last word is one that was asked for after that', () => {
    const s = group('a', silent('a', now - 1_900, { replid: h1 }), alive('b', { replid: h1, mark: '1.9' }))
    const here = recorded({ ...s, can: pika }, { lineage: lineage.slice(0, 1), guard: 0 })
    const risen = (askedAt: number): Situation => viewed(here, 'b', { advancedAfter: now - 1_100, askedAt })
    waits(risen(now - 400), 'steady.suspect', /gathering evidence/)
    saves(risen(now - 50), 'steady.lost/elect.inSync', { candidate: 'b' })
  })
})

void describe('steady, the primary is lost', () => {
  test('dead, a replica in sync -> intent at the next epoch with the old set', () => {
    const s = group('a', refused('a', 9_900), alive('b', { linkUp: false }))
    const step = saves(s, 'steady.lost/elect.inSync', { phase: 'failover', epoch: 2, primary: 'a', candidate: 'b', cause: 'dead' })
    assert.ok(step.kind === 'save' && step.record.phase === 'failover')
    assert.equal(step.record.loss, null)
    assert.deepEqual(step.record.inSync, s.record?.inSync)
  })

  test('a replica bears a mark of a later epoch than the record -> the new epoch is above it', () => {
    saves(group('a', refused('a', 9_900), alive('b', { linkUp: false, mark: '9.1' })), 'steady.lost/elect.inSync', { epoch: 10 })
  })

  test('moved by hand, all agree -> the record follows', () => {
    const s = group('a', alive('a', { of: 'b' }), alive('b', { of: null, offset: 1010 }), alive('c', { of: 'b' }))
    saves(s, 'steady.moved', { phase: 'steady', epoch: 2, primary: 'b', fenced: false })
  })

  test('moved by hand to one that lacks data, or not all follow -> not adopted', () => {
    const behind = group('a', alive('a', { of: 'b' }), alive('b', { of: null, offset: 900 }))
    assert.notEqual(decide(behind).group.rule, 'steady.moved')
    const split = group('a', alive('a', { of: 'b' }), alive('b', { of: null }), alive('c', { of: 'a' }))
    assert.notEqual(decide(split).group.rule, 'steady.moved')
  })

  test('the primary follows a stranger -> holds and asks', () => {
    const s = group('a', alive('a', { of: { host: '10.0.0.9', port: 6379 } }), alive('b'))
    holds(s, 'steady.foreignUpstream', /follows 10\.0\.0\.9:6379/)
  })

  test('a ring -> waits a moment for an operator, then elects', () => {
    const ring = group('a', alive('a', { of: 'b', linkUp: true }), alive('b', { linkUp: true }))
    waits(ring, 'steady.handover', /waits a moment/)
    const later = remembered(ring, { lostAt: now - 3_000 })
    saves(later, 'steady.lost/elect.inSync', { cause: 'no primary', candidate: 'a' })
  })

  test('moved by hand to a node whose address is in the spec only now -> its first answer is waited for; none comes -> elects', () => {
    const moved = (b: Told): Situation =>
      remembered(group('a', alive('a', { of: 'b' }), b, alive('c', { of: 'b' })), { lostAt: now - 11_000 })
    waits(moved(unheard('b')), 'steady.handover', /waits a moment/)
    saves(moved(alive('b', { of: null, offset: 1010 })), 'steady.moved', { primary: 'b' })
    for (const gone of [mute('b', 9_000), mute('b', 9_990, 'refused')]) saves(moved(gone), 'steady.lost/elect.inSync', { candidate: 'a' })
    // Nobody was moved to a node that is new.
    const added = remembered(group('a', alive('a', { of: 'nowhere' }), unheard('b'), alive('c', { of: 'b' })), { lostAt: now - 11_000 })
    saves(added, 'steady.lost/elect.inSync', { candidate: 'a' })
  })

  test('restarted, no replica in sync, its disk vouches -> re-opened at a new epoch', () => {
    const s = recorded(group('a', alive('a', { ...returned, durable: true })), alone)
    saves(s, 'steady.lost/elect.returned', { phase: 'failover', epoch: 2, candidate: 'a', cause: 'restarted' })
  })

  test('it is back with less than was read of it, and nobody can be promoted -> that is kept once, and the next controller takes less for less', () => {
    const back = alive('a', { incarnation: 'a2', of: 'nowhere', offset: 900, mark: '1.9', durable: true })
    const s = remembered(group('a', back, mute('b', 5_000, 'refused')), { lostAt: now - 2_000 })
    const floor = { replid: 'R1', offset: 1000, markSeq: 10 }
    saves(s, 'steady.floor', { phase: 'steady', epoch: 1, primary: 'a', incarnation: 'a1', floor })
    holds(recorded(s, { floor }), 'steady.lost/elect.nobody', /a came back with less/)
    holds(recorded(s, { floor: { ...floor, offset: 1100, markSeq: 11 } }), 'steady.lost/elect.nobody', /a came back with less/)
    const next = (known: typeof floor): Situation => unwatched(recorded(s, { floor: known }))
    holds(next(floor), 'steady.lost/elect.nobody', /a came back with less/)
    saves(next({ ...floor, offset: 900, markSeq: 9 }), 'steady.lost/elect.returned', { candidate: 'a' })
  })

  test('it is silent and nobody can be promoted -> how far it was read is kept too, once', () => {
    const s = remembered(group('a', silent('a', 5_000), mute('b', 5_000, 'refused')), { lostAt: now - 2_000 })
    const floor = { replid: 'R1', offset: 1000, markSeq: 10 }
    saves(s, 'steady.floor', { phase: 'steady', epoch: 1, primary: 'a', incarnation: 'a1', floor })
    holds(recorded(s, { floor }), 'steady.lost/elect.nobody', /nobody can be promoted/)
  })

  test('... while others are still waited for, or when somebody can be promoted -> nothing but the election is saved', () => {
    const back = alive('a', { incarnation: 'a2', of: 'nowhere', offset: 900 })
    const lately = remembered(group('a', back, refused('b', 5_000)), { lostAt: now - 1_999 })
    holds(lately, 'steady.lost/elect.nobody', /a came back with less/)
    saves(remembered(group('a', back, alive('b')), { lostAt: now - 2_000 }), 'steady.lost/elect.inSync', { candidate: 'b' })
  })

  test('it says that it shuts down -> switchover at once; nobody in sync -> says so', () => {
    const going = { shuttingDown: true }
    saves(group('a', alive('a', going), alive('b')), 'steady.shuttingDown', { phase: 'switchover', candidate: 'b' })
    holds(recorded(group('a', alive('a', going), alive('b')), alone), 'steady.shuttingDown', /no replica is in sync/)
  })

  test('it answers but cannot write -> planned switchover first', () => {
    const s = group('a', alive('a', { writeProblem: 'MISCONF: disk' }), alive('b'))
    saves(s, 'steady.hung', { phase: 'switchover', candidate: 'b' })
  })

  test('... because writes wait, and a pause of ours may have come late -> that is lifted first, once', () => {
    const canary = { seq: 3, dueAt: now, inFlight: { id: 7, since: now - 5_100 }, problem: null, unprovenAt: null }
    const waiting = group('a', alive('a'), alive('b'))
    const doubted = (pauseInDoubt: 'open' | 'lifted' | null): Situation => remembered(waiting, { abortedAt: 5_000, canary, pauseInDoubt })
    acts(doubted('open'), 'steady.latePause', ['a', { name: 'resumeWrites' }])
    for (const known of ['lifted', null] as const)
      saves(doubted(known), 'steady.hungForced/elect.inSync', { candidate: 'b', cause: 'hung' })
    const broken = remembered(doubted('open'), { canary: { ...canary, inFlight: null, problem: 'MISCONF: disk' } })
    saves(broken, 'steady.hungForced/elect.inSync', { candidate: 'b' })
  })

  test('... which was given up -> by force, to another node', () => {
    const s = remembered(group('a', alive('a', { writeProblem: 'MISCONF: disk' }), alive('b')), { abortedAt: 9_000 })
    saves(s, 'steady.hungForced/elect.inSync', { phase: 'failover', candidate: 'b', cause: 'hung' })
  })
})

test('every row of the table -> was the decision in a test above', () => {
  // Who is in doubt: doubt.test.ts, copies.test.ts.
  everyRuleFired('steady', [...plannedRules, ...doubts, resolvedRule])
})
