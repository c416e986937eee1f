// What no position shows, where the server tells no history from another: who is in doubt, until he was copied anew.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupStep, nodeStep, saves, told, wereFired } from '../../test/decisions.ts'
import {
  type Says,
  alive,
  epochStart,
  failingOver,
  group,
  now,
  recorded,
  refused,
  remembered,
  silent,
  switching,
  viewed,
  withPolicy,
} from '../../test/situations.ts'
import { alone, h1, h2, lineage, linked, nobodyInDoubt } from '../../test/succession.ts'
import { pika } from '../engines/pika.ts'
import { redis } from '../engines/redis.ts'
import { decide } from './decide.ts'
import { doubtRules, resolvedRule } from './doubt.ts'
import { closedGuard } from './limits.ts'
import type { LineageEntry, NodeId } from './model.ts'
import type { Situation } from './situation.ts'
import { inEnglish } from './said.ts'

const b = { host: '127.0.0.1', port: 7_002 }

/** b is primary at epoch 2 since instant 5,000, and these are in doubt. */
function doubted(inDoubt: readonly NodeId[], a: Says = linked, c: Says = linked): Situation {
  const s = group('b', alive('a', a), alive('b', { ...linked, offset: 1200 }), alive('c', c))
  const here = remembered({ ...s, can: pika }, { loadedAt: 0, inSyncSince: new Map([['b', { incarnation: 'b1', at: 5_000 }]]) })
  return recorded(here, { epoch: 2, lineage, guard: 0, inSync: alone, inDoubt })
}

test('P2: the primary was moved by hand -> everybody else is in doubt; where the server would notice, nobody is', () => {
  const s = group('a', alive('a', { of: 'b' }), alive('b', { of: null, offset: 1010 }), alive('c', { of: 'b' }))
  saves({ ...s, can: pika }, 'steady.doubted', { primary: 'a', inDoubt: ['b', 'c'] })
  const step = saves(recorded({ ...s, can: pika }, { inDoubt: ['b', 'c'] }), 'steady.moved', { primary: 'b', inDoubt: ['a', 'c'] })
  assert.match(inEnglish(step.said), /the others are copied anew/)
  nobodyInDoubt(s, 'steady.moved')
})

test('P2: a replica is fed by a primary that somebody made -> in doubt with it; while it has no link to that one, or that one is the candidate, not', () => {
  const s = (c: Says): Situation => ({ ...group('a', alive('a'), alive('b', { of: null, offset: 1010 }), alive('c', c)), can: pika })
  saves(s({ of: 'b' }), 'steady.doubted', { inDoubt: ['b', 'c'] })
  saves(s({ of: 'b', linkUp: false }), 'steady.doubted', { inDoubt: ['b'] })
  assert.notEqual(decide(failingOver(s({ of: 'b' }), 'b')).group.rule, 'failover.doubted')
})

test('P2: it died and came back with more while a primary that somebody made was open -> in doubt, whomever it follows; with more before or after that, or as the same process, not', () => {
  const rival: Says = { ...linked, of: null, view: { openIn: { history: h2, from: 4_000, to: 6_000 } } }
  const s = (from: number, to: number): Situation => doubted(['a'], rival, { ...linked, view: { grew: { from, to } } })
  for (const [from, to] of [
    [3_000, 4_000],
    [5_000, 5_100],
    [6_000, 9_000],
  ] as const)
    saves(s(from, to), 'steady.doubted', { primary: 'b', inDoubt: ['a', 'c'] })
  for (const rests of [s(3_000, 3_999), s(6_001, 9_000), doubted(['a'], rival, linked)])
    assert.notEqual(decide(rests).group.rule, 'steady.doubted')
})

test('P11: a replica came back with less and follows by itself, and a primary that crashed was opened again before -> copied anew, once', () => {
  const crashed = lineage.map((entry) => ({ ...entry, node: 'b', incarnation: entry.epoch === 1 ? 'b0' : 'b1' }))
  const s = (view: NonNullable<Says['view']>, entries: readonly LineageEntry[] = crashed): Situation =>
    recorded(doubted([], { ...linked, view }), { lineage: entries })
  const step = saves(s({ fellBack: true }), 'steady.replayed', { primary: 'b', inDoubt: ['a'] })
  assert.match(inEnglish(step.said), /^a came back with less than it held/)
  assert.equal(groupStep(s({ fellBack: false }), 'steady.healthy').kind, 'rest')
  // No primary was opened again after a crash: its log has everything.
  assert.equal(groupStep(s({ fellBack: true }, lineage), 'steady.healthy').kind, 'rest')
  // We copied it anew ourselves.
  assert.equal(groupStep(s({ fellBack: true, forced: { to: b, at: 6_000, copied: true } }), 'steady.healthy').kind, 'rest')
  assert.equal(groupStep(recorded(s({ fellBack: true }), { inDoubt: ['a'] }), 'steady.healthy').kind, 'rest')
})

test('somebody makes a replica a primary, beside the recorded one -> in doubt; not one that is closed, or of a history that it wrote itself', () => {
  saves(doubted([], { ...linked, of: null }), 'steady.doubted', { primary: 'b', inDoubt: ['a'] })
  for (const says of [
    { ...linked, of: null, guard: closedGuard },
    { replid: h1, mark: '1.9', of: null },
  ])
    assert.equal(groupStep(doubted([], says), 'steady.healthy').kind, 'rest')
  assert.equal(groupStep(doubted(['a'], { ...linked, of: null }), 'steady.healthy').kind, 'rest')
  saves(doubted([], linked, { replid: h1, mark: '1.9', of: null }), 'steady.doubted', { inDoubt: ['c'] })
})

/** a was an open primary in b's history; it was closed since, and b is what is said. */
function closedSince(primary: ReturnType<typeof alive>): Situation {
  const view = { openIn: { history: h2, from: 3_000, to: 3_500 }, left: [{ from: null, at: now - 6_000 }] }
  const nowhere: Says = { ...linked, of: 'nowhere', guard: closedGuard, offset: 990, view }
  const s = group('b', alive('a', nowhere), primary, alive('c', { ...linked, view: { advancedAfter: now - 100 } }))
  return recorded({ ...s, can: pika }, { epoch: 2, lineage, guard: 0, inSync: alone })
}

const writing = alive('b', { ...linked, offset: 1200 })

test('P2: it was closed before the doubt was written -> in doubt all the same, and copied anew', () => {
  saves(closedSince(writing), 'steady.doubted', { inDoubt: ['a'] })
  told(recorded(closedSince(writing), { inDoubt: ['a'] }), 'a', 'node.follow', { name: 'follow', force: true })
  // Its own history, or one that it became the primary of since, is no doubt.
  const later = { epoch: 3, node: 'a', at: epochStart, replid: 'inst/g/3', start: 1200, continues: true, incarnation: 'a1' }
  const since = { epoch: 4, node: 'b', at: epochStart, replid: 'inst/g/4', start: 1300, continues: true, incarnation: 'b1' }
  const reigned = recorded(closedSince(alive('b', { ...linked, mark: '4.1', replid: since.replid, offset: 1400 })), {
    epoch: 4,
    lineage: [...lineage, later, since],
  })
  const step = nodeStep(reigned, 'a', 'node.follow')
  assert.ok(step.kind === 'act')
  assert.deepEqual(step.acts, [{ node: 'a', action: { name: 'follow', target: b } }])
})

test('P2: beside a primary that only others reach, or that is gone -> the doubt is written first; then what is to be done about that one', () => {
  const unreached = closedSince(silent('b', 5_000, linked))
  saves(unreached, 'steady.doubted', { phase: 'steady', inDoubt: ['a'] })
  assert.equal(groupStep(recorded(unreached, { inDoubt: ['a'] }), 'steady.contested').kind, 'hold')
  const dead = closedSince(refused('b', 5_000, linked))
  saves(failingOver(dead, 'c', 'dead', { replid: h2 }), 'failover.doubted', { phase: 'failover', candidate: 'c', inDoubt: ['a'] })
  saves(switching(closedSince(writing), 'c'), 'switchover.doubted', { phase: 'switchover', candidate: 'c', inDoubt: ['a'] })
  // The candidate is becoming the primary.
  const candidate = switching(closedSince(writing), 'a')
  assert.notEqual(decide(candidate).group.rule, 'switchover.doubted')
})

test('P2: it follows one in doubt -> in doubt as well, whatever is under way', () => {
  const led = doubted(['a'], { ...linked, of: null, guard: closedGuard }, { ...linked, of: 'a' })
  assert.match(inEnglish(saves(led, 'steady.misled', { primary: 'b', inDoubt: ['a', 'c'] }).said), /^c follows a node that does not hold/)
  assert.equal(groupStep({ ...led, can: redis }, 'steady.healthy').kind, 'rest')
  const gone = recorded(
    {
      ...group(
        'b',
        alive('a', { ...linked, of: null, guard: closedGuard }),
        refused('b', 5_000, linked),
        alive('c', { ...linked, of: 'a' }),
      ),
      can: pika,
    },
    { epoch: 2, lineage, guard: 0, inSync: alone, inDoubt: ['a'] },
  )
  saves(failingOver(gone, 'c', 'dead', { replid: h2 }), 'failover.misled', { phase: 'failover', inDoubt: ['a', 'c'] })
  saves(switching(led, 'c'), 'switchover.misled', { phase: 'switchover', inDoubt: ['a', 'c'] })
})

test('P2: it follows one that was told to be copied anew -> in doubt; read before that, or behind one attached plainly, or a cascade -> measured as ever', () => {
  const forced = { to: b, at: 8_000, copied: true }
  const behind = (view: NonNullable<Says['view']>, its: NonNullable<Says['view']> = {}): Situation =>
    doubted([], { ...linked, view }, { ...linked, of: 'a', view: its })
  saves(behind({ forced }), 'steady.misled', { primary: 'b', inDoubt: ['c'] })
  for (const s of [behind({ forced: null }), behind({ forced }, { askedAt: 7_990 })]) {
    assert.notEqual(decide(s).group.rule, 'steady.misled')
    told(s, 'c', 'node.still', { name: 'fence' })
  }
  const cascade = recorded(behind({ forced }), { lineage: lineage.map((entry) => ({ ...entry, node: 'b' })) })
  assert.equal(decide(cascade).group.rule, 'steady.misled')
  const nodes = new Map(cascade.nodes)
  const c = nodes.get('c')
  assert.ok(c !== undefined)
  nodes.set('c', { ...c, spec: { ...c.spec, maintenanceUntil: cascade.wall + 60_000 } })
  assert.notEqual(decide({ ...cascade, nodes }).group.rule, 'steady.misled')
})

test('in doubt and linked, lag 0 -> detached and copied anew, one after the other as the policy says', () => {
  told(doubted(['a', 'c']), 'a', 'node.still', { name: 'fence' })
  assert.equal(nodeStep(doubted(['a', 'c']), 'c', 'node.settled').kind, 'rest')
  told(withPolicy(doubted(['a', 'c']), { parallelSyncs: 2 }), 'c', 'node.still', { name: 'fence' })
  const left = viewed(doubted(['a'], { ...linked, of: 'nowhere' }), 'a', { left: [{ from: b, at: now - 5_250 }] })
  told(left, 'a', 'node.follow', { name: 'follow', force: true })
})

const fed = { replica: 'a1', primary: 'b1', replid: h2, offset: 950 } as const

test('in doubt -> not in sync, whatever its position says', () => {
  const targets = new Map([['a', fed]])
  assert.equal(groupStep(remembered(doubted(['a']), { targets }), 'steady.healthy').kind, 'rest')
  saves(remembered(doubted([]), { targets }), 'steady.grow', { inSync: [...alone, { node: 'a', incarnation: 'a1' }] })
})

test('P3: its link is up and the copy by force never began -> in doubt, and told again; not while that is open, nor when the copy was seen', () => {
  const ordered = (copied: boolean | null, inDoubt: readonly NodeId[] = []): Situation =>
    viewed(doubted(inDoubt, linked), 'a', { forced: { to: b, at: 6_000, copied } })
  const step = saves(ordered(false), 'steady.uncopied', { inDoubt: ['a'] })
  assert.match(inEnglish(step.said), /^a follows b without the full copy/)
  told(ordered(false, ['a']), 'a', 'node.still', { name: 'fence' })
  for (const rests of [ordered(null), ordered(true), viewed(ordered(false), 'a', { forced: null })])
    assert.equal(groupStep(rests, 'steady.healthy').kind, 'rest')
})

test('the copy by force ended -> in doubt no more; not while it lasts, nor when it was ordered before this one was the primary', () => {
  const ordered = (instant: number, says: Says = {}): Situation =>
    viewed(doubted(['a', 'c'], { ...linked, ...says }), 'a', { forced: { to: b, at: instant, copied: true } })
  saves(ordered(6_000), 'steady.resolved', { inDoubt: ['c'] })
  assert.equal(groupStep(ordered(6_000, { partial: true }), 'steady.healthy').kind, 'rest')
  assert.equal(groupStep(ordered(6_000, { linkUp: false, syncing: true }), 'steady.healthy').kind, 'rest')
  told(ordered(4_000), 'a', 'node.still', { name: 'fence' })
})

test('P2: it was opened by somebody after it was copied, and led back -> in doubt, and copied again: no copy of before resolves that', () => {
  const forced = { to: b, at: 6_000, copied: true }
  const again = (inDoubt: readonly NodeId[]): Situation =>
    viewed(doubted(inDoubt, linked), 'a', { forced, openIn: { history: h2, from: 7_000, to: 7_500 } })
  saves(again([]), 'steady.doubted', { inDoubt: ['a'] })
  assert.equal(groupStep(again(['a']), 'steady.healthy').kind, 'rest')
  told(again(['a']), 'a', 'node.still', { name: 'fence' })
})

test('after a restore who comes to the group and follows its primary by itself is in doubt, and known from then on; not who holds nothing, was led there by us, or was known', () => {
  const come = (known: readonly NodeId[] | undefined, c: Says = linked): Situation =>
    recorded(doubted([], linked, c), known === undefined ? {} : { known })
  const step = saves(come(['a', 'b']), 'steady.newcomer', { inDoubt: ['c'], known: ['a', 'b', 'c'] })
  assert.match(inEnglish(step.said), /^c came to the group after a restore and follows b by itself/)
  const led = viewed(come(['a', 'b']), 'c', { forced: { to: b, at: 6_000, copied: true } })
  for (const rests of [come(undefined), come(['a', 'b', 'c']), come(['a', 'b'], { ...linked, keys: 0 }), led])
    assert.equal(groupStep(rests, 'steady.healthy').kind, 'rest')
  saves(remembered(led, { targets: new Map([['c', { ...fed, replica: 'c1' }]]) }), 'steady.grow', { known: ['a', 'b', 'c'] })
})

test('nobody is in doubt any more -> the next record says nothing of it; one of an earlier version says it by an empty list', () => {
  const copied = { forced: { to: b, at: 6_000, copied: true } }
  const next = groupStep(viewed(doubted(['a']), 'a', copied), 'steady.resolved')
  assert.ok(next.kind === 'save')
  assert.equal('inDoubt' in next.record, false)
  assert.equal(groupStep(doubted([]), 'steady.healthy').kind, 'rest')
  const grown = groupStep(remembered(doubted([]), { targets: new Map([['a', fed]]) }), 'steady.grow')
  assert.ok(grown.kind === 'save')
  assert.equal('inDoubt' in grown.record, false)
})

test('one in doubt is listed no more -> it stays in doubt, whatever becomes of the others: listed again it holds what it held', () => {
  assert.equal(groupStep(doubted(['z']), 'steady.healthy').kind, 'rest')
  saves(viewed(doubted(['a', 'z']), 'a', { forced: { to: b, at: 6_000, copied: true } }), 'steady.resolved', { inDoubt: ['z'] })
  const byHand = group('a', alive('a', { of: 'b' }), alive('b', { of: null, offset: 1010 }), alive('c', { of: 'b' }))
  saves(recorded({ ...byHand, can: pika }, { inDoubt: ['z'] }), 'steady.doubted', { primary: 'a', inDoubt: ['z', 'b', 'c'] })
})

test('P2: it follows by itself without a link and holds what the primary lacks -> in doubt; with one, only past the place at which the primary bears its mark', () => {
  const ahead: Says = { replid: h1, mark: '1.9', offset: 1100 }
  const s = (says: Says): Situation => doubted([], { ...ahead, ...says })
  const step = saves(s({ linkUp: false }), 'steady.strayed', { primary: 'b', inDoubt: ['a'] })
  assert.match(inEnglish(step.said), /^a follows b by itself and holds what that one lacks/)
  saves(s({ offset: 1200 }), 'steady.strayed', { inDoubt: ['a'] })
  const unnamed = alive('b', { replid: h1, mark: '1.9', offset: 1200 })
  const early = recorded({ ...group('b', alive('a', { ...ahead, linkUp: false }), unnamed), can: pika }, { epoch: 2, lineage, guard: 0 })
  for (const certain of [s({}), s({ offset: 900, linkUp: false }), s({ linkUp: false, syncing: true }), early])
    assert.notEqual(decide(certain).group.rule, 'steady.strayed')
})

test('P2: it follows the primary by itself and holds what that one lacks -> detached before it is let in; its link, up or not, says nothing', () => {
  const ahead: Says = { replid: h1, mark: '1.9', offset: 1100 }
  const s = (says: Says): Situation => doubted([], { ...ahead, ...says })
  told(s({}), 'a', 'node.still', { name: 'fence' })
  told(s({ linkUp: false }), 'a', 'node.still', { name: 'fence' })
  for (const rests of [
    s({ offset: 900 }),
    s({ linkUp: false, syncing: true }),
    viewed(s({}), 'a', { forced: { to: b, at: 6_000, copied: true } }),
  ])
    assert.equal(nodeStep(rests, 'a', 'node.settled').kind, 'rest')
})

test('the rules of this page -> each fired above', () => {
  wereFired([
    ...doubtRules,
    resolvedRule,
    { id: 'failover.doubted' },
    { id: 'switchover.doubted' },
    { id: 'failover.misled' },
    { id: 'switchover.misled' },
  ])
})
