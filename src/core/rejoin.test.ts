// Groups whose server tells no history from another: what is asked of a node before it follows, and when it is copied anew.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acts, copied, groupStep, holds, nodeStep, saves, told, waits, wereFired } from '../../test/decisions.ts'
import {
  type Says,
  able,
  alive,
  answering,
  epochStart,
  failingOver,
  group,
  now,
  recorded,
  refused,
  remembered,
  riskSaid,
  silent,
  specOf,
  switching,
  unasked,
  viewed,
} from '../../test/situations.ts'
import { h1, h2, lineage } from '../../test/succession.ts'
import { pika } from '../engines/pika.ts'
import { decide } from './decide.ts'
import { closedGuard, halfClosedGuard } from './limits.ts'
import type { Instant, LineageEntry } from './model.ts'
import type { Situation } from './situation.ts'
import { hasReplicas } from './observe.ts'
import { inEnglish } from './said.ts'

/** b took over from a at 1000 and has written 200 bytes since; `a` is told where it is. */
function returning(says: Says, of: Partial<Says> = {}): Situation {
  const s = group('b', alive('a', { mark: '1.9', replid: h1, ...says }), alive('b', { mark: '2.1', replid: h2, offset: 1200, ...of }))
  return recorded({ ...s, can: pika, memory: { ...s.memory, loadedAt: 0 } }, { epoch: 2, lineage, guard: 0 })
}

const closed: Says = { of: null, guard: closedGuard }

test('P1: an old primary comes back open -> closed before it is measured', () => {
  told(returning({ of: null, offset: 1000 }), 'a', 'node.still', { name: 'fence' })
})

test('P22: it is closed and lists a replica, be it gone -> it is not told to follow, which it would refuse and write its role over its fence', () => {
  const says: Says = { ...closed, offset: 1000 }
  const listed = { host: specOf('c').host, port: 6379, online: false, acked: 0 }
  const step = nodeStep(returning({ ...says, lists: [listed] }), 'a', 'node.fed')
  assert.equal(step.kind, 'wait')
  assert.match(inEnglish(step.said), /when its own replicas have left/)
  told(returning(says), 'a', 'node.demote', { name: 'demote' })
})

test('P2: it is open and its fence was lost -> waits for the next one, and does not follow unmeasured', () => {
  const lost = { action: 'fence', code: 'CLOSED', message: '', times: 1, retryAt: now + 50 } as const
  const s = viewed(returning({ of: null, offset: 900 }), 'a', { troubles: [lost] })
  assert.match(inEnglish(nodeStep(s, 'a', 'node.measure').said), /asked again to be closed/)
})

test('a replica that somebody else feeds -> detached before it is measured', () => {
  const s = group(
    'b',
    alive('a', { ...closed, replid: h1, mark: '1.9' }),
    alive('b', { replid: h2, mark: '2.1' }),
    alive('c', { of: 'a', replid: h1, mark: '1.9' }),
  )
  told(recorded({ ...s, can: pika }, { epoch: 2, lineage }), 'c', 'node.still', { name: 'fence' })
})

test('P3: the last answer of the primary, or its own, was asked for longer ago than silence may last -> both are asked again, and nothing is copied by force', () => {
  const s = returning({ ...closed, offset: 1300 })
  copied(s, 'a', 'node.demote', { name: 'demote' })
  for (const id of ['a', 'b']) {
    copied(viewed(s, id, { askedAt: now - 1_000 }), 'a', 'node.demote', { name: 'demote' })
    assert.match(inEnglish(nodeStep(viewed(s, id, { askedAt: now - 1_001 }), 'a', 'node.measure').said), /waits for an answer of a, b/)
  }
})

test('P2: closed, with nothing past the place where its successor began -> attached as it is', () => {
  const step = nodeStep(returning({ ...closed, offset: 1000 }), 'a', 'node.demote')
  assert.ok(step.kind === 'act' && step.acts[0]?.action.name === 'demote')
  assert.equal(step.acts[0].action.force, undefined)
  assert.equal(step.evidence['discards'], null)
})

test('P2: closed, with writes past that place -> copied anew, and what is discarded is said', () => {
  const s = returning({ ...closed, offset: 1080 })
  const known = copied(s, 'a', 'node.demote', { name: 'demote' })
  assert.equal(nodeStep(known, 'a', 'node.demote').evidence['discards'], '80 bytes of its log')
})

test('P11: it crashed as the primary -> copied anew although its log fits', () => {
  const s = returning({ ...closed, offset: 900, incarnation: 'a2' })
  copied(s, 'a', 'node.demote', { name: 'demote' })
})

test('P11: it crashed as the primary, was opened again and is replaced as that process -> copied anew, its log never knew', () => {
  const h3 = 'inst/g/3'
  const reigns: readonly LineageEntry[] = [
    { epoch: 1, node: 'a', at: epochStart, replid: h1, start: 0, continues: false, incarnation: 'a1' },
    { epoch: 2, node: 'a', at: epochStart, replid: h2, start: 700, continues: true, incarnation: 'a2' },
    { epoch: 3, node: 'b', at: epochStart, replid: h3, start: 1000, continues: true, incarnation: 'b1' },
  ]
  const back = (first: string): Situation => {
    const s = returning({ ...closed, offset: 900, incarnation: 'a2', replid: h2, mark: '2.1' }, { replid: h3, mark: '3.1' })
    return recorded(s, { epoch: 3, lineage: reigns.map((entry) => (entry.epoch === 1 ? { ...entry, node: first } : entry)) })
  }
  copied(back('a'), 'a', 'node.demote', { name: 'demote' })
  // Somebody else reigned before: it followed that one, and was measured then.
  const step = nodeStep(back('b'), 'a', 'node.demote')
  assert.ok(step.kind === 'act' && step.acts[0]?.action.name === 'demote')
  assert.equal(step.acts[0].action.force, undefined)
})

test('P11: it crashed as the primary, was opened again, and then promoted over a successor of whom it never got anything -> copied anew', () => {
  const [h3, h4, h5] = ['inst/g/3', 'inst/g/4', 'inst/g/5']
  const s = (continues: boolean): Situation => {
    const reigns: readonly LineageEntry[] = [
      { epoch: 1, node: 'a', at: epochStart, replid: h1, start: 0, continues: false, incarnation: 'a1' },
      { epoch: 2, node: 'a', at: epochStart, replid: h2, start: 700, continues: true, incarnation: 'a2' },
      { epoch: 3, node: 'b', at: epochStart, replid: h3, start: 800, continues: true, incarnation: 'b1' },
      { epoch: 4, node: 'a', at: epochStart, replid: h4, start: 850, continues, incarnation: 'a2' },
      { epoch: 5, node: 'b', at: epochStart, replid: h5, start: 1000, continues: true, incarnation: 'b1' },
    ]
    const back = returning({ ...closed, offset: 900, incarnation: 'a2', replid: h4, mark: '4.1' }, { replid: h5, mark: '5.1' })
    return recorded(back, { epoch: 5, lineage: reigns })
  }
  copied(s(false), 'a', 'node.demote', { name: 'demote' })
  // It held the history of the one in between: it was copied from that one, or the same was asked then.
  const step = nodeStep(s(true), 'a', 'node.demote')
  assert.ok(step.kind === 'act' && step.acts[0]?.action.name === 'demote')
  assert.equal(step.acts[0].action.force, undefined)
})

test('P10: its position cannot be compared -> copied anew, an unknown amount is discarded', () => {
  const s = recorded(returning({ ...closed, offset: 900 }), { lineage: lineage.map((entry) => ({ ...entry, continues: false })) })
  const known = copied(s, 'a', 'node.demote', { name: 'demote' })
  assert.match(String(nodeStep(known, 'a', 'node.demote').evidence['discards']), /unknown amount/)
})

test('a store that was set back began another history at the same epoch -> its nodes cannot be compared, and are copied anew', () => {
  const [first, second] = [`${h2}/1700000000001`, `${h2}/1700000000002`]
  const two = lineage.map((entry) => (entry.epoch === 2 ? { ...entry, replid: second } : entry))
  const s = recorded(returning({ ...closed, replid: first, mark: '2.1', offset: 900 }, { replid: second }), { lineage: two })
  const known = copied(s, 'a', 'node.demote', { name: 'demote' })
  assert.match(String(nodeStep(known, 'a', 'node.demote').evidence['discards']), /unknown amount/)
})

test('P3: the primary is empty, half copied, or does not bear its mark yet -> nobody is copied from it', () => {
  const from = (says: Says): string => nodeStep(returning({ ...closed, offset: 1080 }, says), 'a', 'node.measure').kind
  assert.equal(from({ keys: 0 }), 'hold')
  assert.equal(from({ partial: true }), 'hold')
  assert.equal(from({ replid: h1, mark: '1.9' }), 'wait')
})

test('the primary is half copied, as a person ordered -> whoever holds nothing, or may be overwritten, is copied from it; who else holds more follows nobody', () => {
  const from = (says: Says): Situation => returning({ ...closed, ...says }, { partial: true })
  assert.match(
    inEnglish(nodeStep(from({ offset: 1080 }), 'a', 'node.measure').said),
    /b holds only a part of a copy, and a may hold what it lacks\. Choose: `regroup failover g .* --to a`/,
  )
  told(from({ keys: 0 }), 'a', 'node.demote', { name: 'demote', force: true })
  copied(from({ offset: 1080, spec: { overwrite: true } }), 'a', 'node.demote', { name: 'demote' })
})

test('FLUSHALL took its mark, and it died before the next -> known by the id of its log, and copied anew', () => {
  const of = (id: string): Situation => {
    let s = returning({ ...closed, replid: '', mark: null, offset: 1080 })
    for (const [node, log] of [
      ['a', `${id} 100`],
      ['b', 'X 100'],
    ] as const) {
      const reading = s.nodes.get(node)?.reading
      if (reading?.position.kind === 'stream') s = viewed(s, node, { reading: { ...reading, position: { ...reading.position, log } } })
    }
    return recorded(s, { floor: { replid: h2, offset: 1200, markSeq: 9 } })
  }
  copied(of('X'), 'a', 'node.demote', { name: 'demote' })
  assert.equal(nodeStep(of(''), 'a', 'node.foreign').kind, 'hold')
})

test('it lost its data but not its file, and clients write to it -> known by the id of its log, and closed', () => {
  const s = returning({ of: null, replid: '', mark: null, offset: 80, incarnation: 'a2' })
  const known = {
    ...s.record,
    lineage: lineage.map((entry) => ({ ...entry, logId: 'X' })),
    floor: { replid: h2, offset: 1200, markSeq: 9 },
  }
  const wiped = (id: string): Situation => {
    const reading = s.nodes.get('a')?.reading
    assert.ok(reading?.position.kind === 'stream')
    return recorded(viewed(s, 'a', { reading: { ...reading, position: { ...reading.position, log: `${id} 100` } } }), known)
  }
  told(wiped('X'), 'a', 'node.still', { name: 'fence' })
  assert.match(inEnglish(nodeStep(wiped('Y'), 'a', 'node.foreign').said), /takes writes/, 'another server at its address')
})

test('it holds more of the same history than the primary -> never copied over', () => {
  const s = returning({ ...closed, replid: h2, mark: '2.1', offset: 1300 })
  assert.match(inEnglish(nodeStep(viewed(s, 'b', { askedAt: now }), 'a', 'node.measure').said), /holds 100 bytes more/)
  assert.equal(nodeStep(viewed(s, 'b', { askedAt: now - 100 }), 'a', 'node.measure').kind, 'wait')
  const given = returning({ ...closed, replid: h2, mark: '2.1', offset: 1300, spec: { overwrite: true } })
  copied(viewed(given, 'b', { askedAt: now }), 'a', 'node.demote', { name: 'demote' })
})

test('P9: another replication id -> it forgets its own before it is copied anew; with its link still tried, it is detached first', () => {
  const s = returning({ of: 'nowhere', offset: 900 })
  const withLog = (id: string, log: string) => (of: Situation) => {
    const reading = of.nodes.get(id)?.reading
    if (reading?.position.kind !== 'stream') return of
    return viewed(of, id, { reading: { ...reading, position: { ...reading.position, log } } })
  }
  const two = withLog('b', 'Y 100')(withLog('a', 'X 100')(s))
  copied(two, 'a', 'node.follow', { name: 'follow', forget: true })
  copied(withLog('b', 'X 100')(withLog('a', 'X 100')(returning({ ...closed, offset: 1100 }))), 'a', 'node.demote', { name: 'demote' })
  const unlet = withLog('b', 'Y 100')(withLog('a', 'X 100')(returning({ of: 'b', linkUp: false, offset: 900 })))
  told(unlet, 'a', 'node.mend', { name: 'fence' })
})

test('P2, P16: its link is in error, or up without the copy -> detached', () => {
  const failing = (says: Says): Situation => {
    const s = returning({ of: 'b', offset: 900, ...says })
    const node = s.nodes.get('a')
    const upstream = node?.reading?.upstream
    if (!node?.reading || !upstream) throw new Error('a follows b')
    return viewed(s, 'a', { reading: { ...node.reading, upstream: { ...upstream, ...(says.linkUp === false ? { failed: true } : {}) } } })
  }
  told(failing({ linkUp: false }), 'a', 'node.mend', { name: 'fence' })
  told(failing({ partial: true }), 'a', 'node.mend', { name: 'fence' })
  assert.equal(nodeStep(failing({}), 'a', 'node.settled').kind, 'rest')
})

test('P8, P9: its link is down for as long as its own attempts take -> left alone, then detached', () => {
  const s = viewed(returning({ of: 'b', linkUp: false, offset: 900 }), 'a', { unlinkedSince: now - 12_000 })
  assert.equal(nodeStep(s, 'a', 'node.settled').kind, 'rest')
  told(viewed(remembered(s, {}), 'a', { unlinkedSince: now - 30_000 }), 'a', 'node.mend', { name: 'fence' })
})

test('P20: it has waited to be answered for as long as a role change takes -> left alone; longer, while the primary lives -> detached', () => {
  const s = viewed(returning({ of: 'b', linkUp: false, offset: 900 }), 'a', { unlinkedSince: now - 9_000, unansweredSince: now - 4_000 })
  assert.equal(nodeStep(s, 'a', 'node.settled').kind, 'rest')
  told(viewed(remembered(s, {}), 'a', { unansweredSince: now - 9_000 }), 'a', 'node.mend', { name: 'fence' })
})

test('P13: it left this primary a moment ago -> waits; later, what its position did not fit is copied anew', () => {
  const b = { host: '127.0.0.1', port: 7_002 }
  const s = viewed(returning({ of: 'nowhere', offset: 900 }), 'a', { left: [{ from: b, at: now - 1_000 }], unfit: b })
  assert.equal(nodeStep(s, 'a', 'node.measure').kind, 'wait')
  told(viewed(s, 'a', { left: [{ from: b, at: now - 5_250 }] }), 'a', 'node.follow', { name: 'follow', force: true })
  // Since then it followed another, and left that one too.
  const between = (at: Instant): Situation =>
    viewed(s, 'a', {
      left: [
        { from: b, at },
        { from: { ...b, port: 7_003 }, at: now - 500 },
      ],
    })
  assert.equal(nodeStep(between(now - 5_249), 'a', 'node.measure').kind, 'wait')
  told(between(now - 5_250), 'a', 'node.follow', { name: 'follow', force: true })
})

test('P14: a copy under way -> its role is written when it ended, not before', () => {
  const s = viewed(returning({ of: 'b', offset: 900, linkUp: false, syncing: true, partial: true }), 'a', { persisted: null })
  assert.equal(nodeStep(s, 'a', 'node.settled').kind, 'rest')
  told(viewed(returning({ of: 'b', replid: h2, mark: '2.1', offset: 1200 }), 'a', { persisted: null }), 'a', 'node.persist', {
    name: 'persist',
  })
})

test('P7: the old primary is silent -> closing it waits in its sockets, and following does not', () => {
  const users = [{ name: 'ops', rules: ['+@all'] }]
  const s = group('b', silent('a', 5_000, { of: null, replid: h1, mark: '1.9', users }), alive('b', { replid: h2, mark: '2.1' }))
  told(recorded({ ...s, can: pika }, { epoch: 2, lineage }), 'a', 'node.queueDemotion', {})
  const step = nodeStep(recorded({ ...s, can: pika }, { epoch: 2, lineage }), 'a', 'node.queueDemotion')
  assert.ok(step.kind === 'act')
  assert.deepEqual(step.acts[0]?.action, { name: 'fence', cutClients: true, users })
})

test('some users of an old primary are closed and others are not -> closed again before it is measured', () => {
  told(returning({ of: null, guard: halfClosedGuard, offset: 1000 }), 'a', 'node.still', { name: 'fence' })
})

test('some users of a replica are still closed -> given back what they had when its role is written', () => {
  const follows: Says = { of: 'b', replid: h2, mark: '2.1', offset: 1200 }
  const target = specOf('b')
  const of = (guard: number): Situation =>
    viewed(returning({ ...follows, guard }), 'a', {
      persisted: { incarnation: 'a1', as: 'replica', target: { host: target.host, port: target.port } },
    })
  told(of(halfClosedGuard), 'a', 'node.persist', { name: 'persist' })
  nodeStep(of(0), 'a', 'node.settled')
})

test('some users of the recorded primary are closed and others are not -> opened', () => {
  const s = pair(alive('a', { replid: h1, mark: '1.9', guard: halfClosedGuard }), {})
  acts(remembered(s, { tuned: 'a1' }), 'steady.open', ['a', { name: 'open' }])
  groupStep(remembered(pair(alive('a', { replid: h1, mark: '1.9', guard: 0 }), {}), { tuned: 'a1' }), 'steady.healthy')
})

test('a server that names its histories -> follows at once, and is never told to copy', () => {
  const s = able(returning({ of: null, offset: 1080 }), { namesHistories: true, rejoinAfterMs: 0 })
  const step = nodeStep(s, 'a', 'node.demote')
  assert.ok(step.kind === 'act' && step.acts[0]?.action.name === 'demote')
  assert.equal(step.acts[0].action.force, undefined)
})

// ------------------------------------------------------------------------------- the primary, on Pika

function pair(primary: Parameters<typeof group>[1], replica: Says): Situation {
  const s = group('a', primary, alive('b', { replid: h1, mark: '1.9', ...replica }))
  return recorded({ ...s, can: pika }, { lineage: lineage.slice(0, 1), guard: 0 })
}

test('P6: refused, its replica says up -> for a second a rising position would speak for it, then it is dead', () => {
  waits(pair(refused('a', now - 500, { replid: h1 }), {}), 'steady.suspect', /gathering evidence/)
  saves(pair(refused('a', now - 1_500, { replid: h1 }), {}), 'steady.lost/elect.inSync', { phase: 'failover', candidate: 'b' })
})

test('P6: silent, and a position rises since -> contested, whatever the link says', () => {
  const s = viewed(pair(silent('a', now - 1_500, { replid: h1 }), { linkUp: true }), 'b', { advancedAfter: now - 400 })
  assert.equal(groupStep(s, 'steady.contested').kind, 'hold')
  saves(viewed(s, 'b', { advancedAfter: now - 2_000 }), 'steady.lost/elect.inSync', { candidate: 'b' })
  // Of these 1.2 s we stood still for half a second, and asked nobody.
  const late = (stoodSinceRiseMs: number): Situation => viewed(s, 'b', { advancedAfter: now - 1_200, stoodSinceRiseMs })
  assert.equal(groupStep(late(500), 'steady.contested').kind, 'hold')
  saves(late(0), 'steady.lost/elect.inSync', { candidate: 'b' })
})

test('P5: the only replica is in the middle of a copy -> not promoted', () => {
  const s = pair(refused('a', now - 1_500, { replid: h1 }), { partial: true, usable: false, syncing: true, linkUp: false })
  assert.equal(groupStep(s, 'steady.lost/elect.nobody').kind, 'hold')
})

test('P4: two replicas were in sync, one holds less -> the one that holds more is promoted', () => {
  const s = group('a', refused('a', now - 1_500, { replid: h1 }), alive('b', { replid: h1, offset: 900 }), alive('c', { replid: h1 }))
  saves(recorded({ ...s, can: pika }, { lineage: lineage.slice(0, 1), guard: 0 }), 'steady.lost/elect.inSync', { candidate: 'c' })
})

test("promotion of a silent primary's replica -> nobody is detached first: there is no guard to feed", () => {
  const s = group('a', silent('a', 5_000, { replid: h1 }), alive('b', { replid: h1 }), alive('c', { replid: h1 }))
  const under = failingOver(recorded({ ...s, can: pika }, { lineage: lineage.slice(0, 1), guard: 0 }), 'b', 'silent', { replid: h1 })
  acts(riskSaid(under), 'failover.promote', ['b', { name: 'promote', bootFence: true }])
})

test('a hung primary was fenced, its file not written, and opened again -> closed anew before another is promoted', () => {
  const hung = (guard: number | null, view: Says['view'] = {}): Situation => {
    const s = group('a', alive('a', { guard, replid: h1, view }), alive('b', { replid: h1 }))
    return failingOver(recorded({ ...s, can: pika }, { lineage: lineage.slice(0, 1), guard: 0 }), 'b', 'hung', { replid: h1 })
  }
  const unwritten = { action: 'fence', code: 'NOT_PERSISTED', message: 'it has replicas', times: 1, retryAt: now + 50_000 } as const
  acts(hung(0, { troubles: [unwritten] }), 'failover.fence', ['a', { name: 'fence', cutClients: true }])
  const acting = { id: 1, action: { name: 'fence', cutClients: true }, since: now - 1 } as const
  waits(hung(0, { troubles: [unwritten], acting }), 'failover.unfenced', /until a is closed/)
  const noRight = { action: 'fence', code: 'NOPERM', message: 'no right', times: 1, retryAt: now + 1 } as const
  holds(
    hung(0, { troubles: [noRight] }),
    'failover.unfenced',
    /refuses to be closed \(no right\).*Give regroup the right to `ACL` and to change its role, stop a/,
  )
  acts(hung(closedGuard, { troubles: [unwritten] }), 'failover.promote', ['b', { name: 'promote', bootFence: true }])
  // A version without an access list cannot be closed: nobody waits for that.
  acts(hung(null, { acting }), 'failover.promote', ['b', { name: 'promote', bootFence: true }])
})

test('a planned switchover -> the old primary stays one, closed, until the candidate has taken over', () => {
  const moving = (guard: number): Situation => {
    const s = group('a', alive('a', { guard, replid: h1 }), alive('b', { replid: h1 }))
    const under = switching(recorded({ ...s, can: pika }, { lineage: lineage.slice(0, 1), guard: 0 }), 'b')
    return viewed(remembered(under, { writesPausedAt: now - 30 }), 'b', { askedAt: now })
  }
  acts(moving(closedGuard), 'switchover.promote', ['b', { name: 'promote' }])
  waits(moving(0), 'switchover.waiting', /waits for it to have everything/)
  // Another process would be promoted again and again, and never believed.
  const restarted = moving(closedGuard).nodes.get('b')?.reading
  assert.ok(restarted)
  const other = viewed(moving(closedGuard), 'b', { reading: { ...restarted, incarnation: 'b2' } })
  saves(other, 'switchover.abort', { phase: 'steady', primary: 'a' })
})

test('a primary that is found closed -> opened, and its mark names the history from then on', () => {
  const s = group('a', alive('a', { guard: closedGuard, replid: '', mark: null }), alive('b', { replid: '', mark: null }))
  acts(recorded({ ...s, can: pika }, { lineage: lineage.slice(0, 1), guard: 0 }), 'steady.open', ['a', { name: 'open', guard: 0 }])
})

test('a replica that was only sent everything -> in sync when it says itself that it has it', () => {
  const targets = new Map([['b', { replica: 'b1', primary: 'a1', replid: h1, offset: 950 }]])
  const s = pair(alive('a', { replid: h1, offset: 1000 }), { offset: 900 })
  const alone = remembered(recorded(s, { inSync: [{ node: 'a', incarnation: 'a1' }] }), {
    targets,
  })
  assert.equal(groupStep(alone, 'steady.healthy').kind, 'rest')
  const there = pair(alive('a', { replid: h1, offset: 1000 }), { offset: 960 })
  saves(remembered(recorded(there, { inSync: [{ node: 'a', incarnation: 'a1' }] }), { targets }), 'steady.grow', { guard: 0 })
})

test('P3: the primary is gone before a node was copied from it -> detached, or what comes back there empty would wipe it', () => {
  const s = (says: Says, primary = refused('b', 8_000, { replid: h2, mark: '2.1' })): Situation => {
    const here = group('b', alive('a', { of: 'b', linkUp: false, replid: h1, mark: '1.9', ...says }), primary)
    const inSync = [{ node: 'b', incarnation: 'b1' }]
    return recorded({ ...here, can: pika, memory: { ...here.memory, loadedAt: 0 } }, { epoch: 2, lineage, guard: 0, inSync })
  }
  told(s({}), 'a', 'node.awaitsCopy', { name: 'fence', cutClients: false })
  told(s({ syncing: true }), 'a', 'node.awaitsCopy', { name: 'fence' })
  told(s({}, alive('b', { of: 'nowhere', incarnation: 'b2', replid: '', mark: null, keys: 0 })), 'a', 'node.awaitsCopy', { name: 'fence' })
  // It may have ended, and be back with nothing, before we can ask it again.
  for (const unread of [unasked('b', 1_000), answering('b', 1_000, 'NOAUTH')])
    told(s({}, unread), 'a', 'node.awaitsCopy', { name: 'fence' })
  const member = recorded(s({}), { inSync: ['a', 'b'].map((node) => ({ node, incarnation: `${node}1` })) })
  for (const stays of [s({ partial: true }), s({ linkUp: true }), s({ of: 'nowhere' }), member, able(s({}), { namesHistories: true })])
    assert.notEqual(decide(stays).nodes.find(({ node }) => node === 'a')?.rule, 'node.awaitsCopy')
})

test('P21: two replicas follow each other and cannot be detached -> the first of them follows nobody; outside a ring, or before the refusal, neither', () => {
  const trouble = { action: 'fence', code: hasReplicas, message: '', times: 1, retryAt: now - 1 } as const
  const s = (ofB: string, code: string): Situation => {
    const says = { guard: closedGuard, replid: h1, mark: '1.9' }
    const here = group('c', alive('a', { ...says, of: 'b' }), alive('b', { ...says, of: ofB }), alive('c', { replid: h2, mark: '2.1' }))
    const troubled = viewed(viewed(here, 'a', { troubles: [{ ...trouble, code }] }), 'b', { troubles: [{ ...trouble, code }] })
    return recorded({ ...troubled, can: pika, memory: { ...troubled.memory, loadedAt: 0 } }, { epoch: 2, lineage })
  }
  told(s('a', hasReplicas), 'a', 'node.ring', { name: 'fence', breaksRing: true })
  told(s('a', hasReplicas), 'b', 'node.still', { name: 'fence' })
  told(s('c', hasReplicas), 'a', 'node.still', { name: 'fence' })
  told(s('a', 'NOPERM'), 'a', 'node.still', { name: 'fence' })
})

test('the rules of this page -> each fired above', () => {
  wereFired([
    { id: 'node.ring' },
    { id: 'node.fed' },
    { id: 'node.still' },
    { id: 'node.awaitsCopy' },
    { id: 'node.mend' },
    { id: 'node.measure' },
  ])
})
