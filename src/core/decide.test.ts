import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  able,
  alive,
  answering,
  at,
  epochStart,
  failingOver,
  group,
  lists,
  mute,
  now,
  recorded,
  refused,
  remembered,
  silent,
  switching,
  unasked,
  unheard,
  unwatched,
  viewed,
  withPolicy,
  withSpec,
} from '../../test/situations.ts'
import { decide, tables } from './decide.ts'
import type { Action, GroupRecord } from './model.ts'
import type { Step } from './rule.ts'
import type { Situation } from './situation.ts'

const fired = new Set<string>()

/** The group's decision. An election's finer rule stands behind a slash. */
function groupStep(s: Situation, rule: string): Step {
  const { group: decision, nodes } = decide(s)
  for (const each of [decision, ...nodes]) fired.add(each.rule.split('/')[0] ?? '')
  assert.equal(decision.rule, rule, decision.step.sentence)
  return decision.step
}

function holds(s: Situation, rule: string, sentence: RegExp): void {
  const step = groupStep(s, rule)
  assert.equal(step.kind, 'hold')
  assert.match(step.sentence, sentence)
}

function waits(s: Situation, rule: string, sentence: RegExp): void {
  const step = groupStep(s, rule)
  assert.equal(step.kind, 'wait')
  assert.match(step.sentence, sentence)
}

function saves(s: Situation, rule: string, expected: Partial<GroupRecord> & { candidate?: string; cause?: string }): Step {
  const step = groupStep(s, rule)
  assert.ok(step.kind === 'save', step.kind)
  assert.partialDeepStrictEqual(step.record, expected)
  return step
}

function acts(s: Situation, rule: string, ...expected: (readonly [node: string, action: Partial<Action>])[]): void {
  const step = groupStep(s, rule)
  assert.ok(step.kind === 'act', step.kind)
  assert.equal(step.acts.length, expected.length)
  for (const [index, [node, action]] of expected.entries()) {
    assert.equal(step.acts[index]?.node, node)
    assert.partialDeepStrictEqual(step.acts[index]?.action, action)
  }
}

/** What one node is told, or why it is not. */
function nodeStep(s: Situation, node: string, rule: string): Step {
  const { nodes } = decide(s)
  for (const each of nodes) fired.add(each.rule)
  const index = [...s.nodes.keys()].indexOf(node)
  const decision = nodes[index]
  assert.equal(decision?.rule, rule, decision?.step.sentence)
  return decision?.step ?? assert.fail('no decision about the node')
}

function told(s: Situation, node: string, rule: string, action: Partial<Action>): void {
  const step = nodeStep(s, node, rule)
  assert.ok(step.kind === 'act')
  assert.partialDeepStrictEqual(step.acts, [{ node, action }])
}

const pause = { until: epochStart + now + 1, by: 'anna', why: 'maintenance' }
const order = (name: 'failover' | 'switchover', to: string | null): Partial<Situation['memory']> => ({ order: { name, to, by: 'anna' } })
const foreignMark = { installation: 'other', group: 'h', epoch: 1, seq: 1 }
const alone = { inSync: [{ node: 'a', incarnation: 'a1' }] }
/** The recorded primary restarted: another process that boots as a replica of nowhere. */
const returned = { incarnation: 'a2', of: 'nowhere', replid: 'R7', offset: 0 } as const

void describe('no record', () => {
  const fresh = (id: string): ReturnType<typeof alive> => alive(id, { of: null, keys: 0, mark: null })

  test('one primary that all others follow -> adopted at epoch 1, alone in sync', () => {
    const s = group(null, alive('a', { of: null, mark: null, lists: [lists('b')] }), alive('b', { of: 'a', mark: null }))
    saves(s, 'new.adopt', { phase: 'steady', epoch: 1, primary: 'a', inSync: alone.inSync, fenced: false, hasData: true, guard: 0 })
  })

  test('marks of this group from an earlier life -> adopted above their epoch', () => {
    const s = group(null, alive('a', { of: null, mark: '7.3' }), alive('b', { of: 'a', mark: '6.9' }))
    saves(s, 'new.adopt', { epoch: 8 })
  })

  test('fresh nodes, one with data -> that one becomes the primary', () => {
    saves(group(null, fresh('a'), alive('b', { of: null, mark: null })), 'new.form', { primary: 'b', hasData: true })
    saves(group(null, fresh('a'), fresh('b')), 'new.form', { primary: 'a', hasData: false })
  })

  test('a node that was not heard yet -> waits; silent or refused for long -> holds and names it', () => {
    waits(group(null, fresh('a'), mute('b', now - 999)), 'new.waiting', /hear from b/)
    holds(group(null, fresh('a'), mute('b', now - 1000)), 'new.unreachable', /missing: b: silent/)
    holds(group(null, fresh('a'), mute('b', now - 1000, 'refused')), 'new.unreachable', /b: refused.*--accept-loss --to NODE/)
    waits(group(null, unheard('a')), 'new.waiting', /hear from a/)
  })

  test("a node with another group's mark -> holds; with --overwrite -> adopted", () => {
    const nodes = (overwrite: boolean): Situation =>
      group(null, alive('a', { of: null, mark: null }), alive('b', { of: 'a', mark: foreignMark, spec: { overwrite } }))
    holds(nodes(false), 'new.foreign', /b bears the mark of another group/)
    saves(nodes(true), 'new.adopt', { primary: 'a' })
  })

  test('two primaries with data -> holds: different histories', () => {
    holds(group(null, alive('a', { of: null, mark: null }), alive('b', { of: null, mark: null })), 'new.histories', /different histories/)
  })

  test('nobody is a primary -> holds until a person chooses; he does -> the intent names him', () => {
    const s = group(null, alive('a', { of: 'nowhere', mark: '3.5' }), alive('b', { of: 'nowhere', mark: '3.4' }))
    holds(s, 'new.noPrimary', /nothing is recorded/)
    saves(remembered(s, order('failover', 'b')), 'new.order', { phase: 'failover', candidate: 'b', cause: 'operator', epoch: 4 })
  })

  test('paused -> only watched', () => {
    holds(withSpec(group(null, fresh('a')), { pause }), 'new.paused', /paused/)
    saves(at(withSpec(group(null, fresh('a')), { pause }), now + 1), 'new.adopt', { primary: 'a' })
  })
})

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

  test('paused and a node would be told something -> holds and says what it would do', () => {
    const s = withSpec(remembered(pair, { tuned: null }), { pause })
    holds(s, 'steady.paused', /would do: a is opened/)
    assert.deepEqual(decide(s).nodes, [])
  })

  test('an action on the primary has ended after its last reading -> asks again first', () => {
    assert.equal(groupStep(viewed(pair, 'a', { actedAt: now }), 'steady.stale').kind, 'rest')
  })

  test('a switchover was given up -> the writes that it paused go on', () => {
    acts(remembered(pair, { abortedAt: 9_000 }), 'steady.resumeWrites', ['a', { name: 'resumeWrites' }])
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
    assert.equal(groupStep(able(s, { canBootFence: false }), 'steady.healthy').kind, 'rest')
    const written = recorded(group('a', alive('a', { replid: 'R2', replid2: 'R1', second: 1001 }), alive('b')), { fenced: false })
    const step = saves(written, 'steady.fenced', { fenced: true, epoch: 1, phase: 'steady' })
    assert.ok(step.kind === 'save' && step.record.lineage.at(-1)?.replid === 'R2')
  })

  test('the boot fence could not be written -> not tried again at once', () => {
    const trouble = { action: 'bootFence', code: 'NOT_PERSISTED', message: 'no file', times: 1, retryAt: now + 1 } as const
    const s = recorded(viewed(pair, 'a', { persisted: null, trouble }), { fenced: false })
    assert.equal(groupStep(s, 'steady.healthy').kind, 'rest')
    acts(at(s, now + 1), 'steady.bootFence', ['a', { name: 'bootFence' }])
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
    const caughtUp = { targets: new Map([['b', { link: 'b1 a1', offset: 900 }]]) }
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
    holds(group('a', refused('a', 9_900), alive('b')), 'steady.contested', /b proves by its link/)
    const moving = group('a', silent('a', 5_000), alive('b', { view: { advancedAfter: 9_900 } }))
    holds(moving, 'steady.contested', /b proves by its advancing position/)
  })

  test('a replica only claims its link to a silent primary -> asked to prove it', () => {
    acts(group('a', silent('a', 8_500), alive('b'), alive('c', { linkUp: false })), 'steady.prove', ['b', { name: 'proveLink' }])
  })

  test('... and refuses to be made to -> holds and says what right is missing', () => {
    const trouble = { action: 'proveLink', code: 'NOPERM', message: 'no permission', times: 1, retryAt: now + 1 } as const
    holds(group('a', silent('a', 8_500), alive('b', { view: { trouble } })), 'steady.unprovable', /b: no permission/)
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

  test('restarted, no replica in sync, its disk vouches -> re-opened at a new epoch', () => {
    const s = recorded(group('a', alive('a', { ...returned, durable: true })), alone)
    saves(s, 'steady.lost/elect.returned', { phase: 'failover', epoch: 2, candidate: 'a', cause: 'restarted' })
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

  test('... which was given up -> by force', () => {
    const s = remembered(group('a', alive('a', { writeProblem: 'MISCONF: disk' }), alive('b')), { abortedAt: 9_000 })
    assert.match(decide(s).group.rule, /^steady\.hungForced\//)
    fired.add('steady.hungForced')
  })
})

void describe('a failover is under way', () => {
  const dead = group('a', refused('a', 8_500), alive('b', { linkUp: false }), alive('c', { linkUp: false }))

  test('the candidate is a replica -> promoted, closed', () => {
    acts(failingOver(dead, 'b'), 'failover.promote', ['b', { name: 'promote', bootFence: true }])
    acts(withPolicy(failingOver(dead, 'b'), { bootFence: false }), 'failover.promote', ['b', { bootFence: false }])
  })

  test('its last reading is older than the intent -> waits for a newer one', () => {
    waits(remembered(failingOver(dead, 'b'), { recordAt: now }), 'failover.waiting', /waits for b/)
  })

  test('the candidate is seen as a closed primary -> it is the primary, alone in sync', () => {
    const promoted = { of: null, guard: 9999, replid: 'R2', replid2: 'R1', second: 1001 } as const
    const s = failingOver(group('a', refused('a', 8_500), alive('b', promoted), alive('c', { linkUp: false })), 'b')
    const step = saves(s, 'failover.seen', {
      phase: 'steady',
      epoch: 2,
      primary: 'b',
      guard: 0,
      fenced: true,
      inSync: [{ node: 'b', incarnation: 'b1' }],
      failovers: [epochStart + now],
    })
    assert.ok(step.kind === 'save')
    assert.equal(step.record.lineage.at(-1)?.replid, 'R2')
  })

  test('the candidate was wiped before the promotion reached it -> not crowned, elected again', () => {
    const wiped = { of: null, keys: 0, mark: null, guard: 9999, replid: 'R9', offset: 0 } as const
    const s = failingOver(group('a', refused('a', 8_500), alive('b', wiped), alive('c', { linkUp: false })), 'b')
    saves(s, 'failover.again/elect.inSync', { candidate: 'c', epoch: 3 })
    holds(failingOver(group('a', refused('a', 8_500), alive('b', wiped)), 'b'), 'failover.again/elect.nobody', /b is empty/)
  })

  test('the candidate holds the history of a stranger -> not crowned', () => {
    const stranger = { of: null, guard: 9999, replid: 'R9', replid2: 'R8', second: 11, mark: null } as const
    const s = failingOver(group('a', refused('a', 8_500), alive('b', stranger), alive('c', { linkUp: false })), 'b')
    saves(s, 'failover.again/elect.inSync', { candidate: 'c' })
  })

  test('promoted twice unseen, its mark says whose data it holds -> crowned; an older mark -> not', () => {
    const twice = (mark: string): Situation =>
      failingOver(
        group('a', refused('a', 8_500), alive('b', { of: null, guard: 9999, replid: 'R3', replid2: 'R2', second: 1001, mark })),
        'b',
      )
    saves(twice('1.10'), 'failover.seen', { primary: 'b' })
    assert.notEqual(decide(twice('1.9')).group.rule, 'failover.seen')
  })

  test('an open node that is not ours -> left alone', () => {
    const stranger = alive('c', { of: null, replid: 'Z', mark: foreignMark })
    acts(failingOver(group('a', refused('a', 8_500), alive('b', { linkUp: false }), stranger), 'b'), 'failover.promote', ['b', {}])
  })

  test('the spec does not name the candidate any more -> elected again', () => {
    saves(failingOver(dead, 'x'), 'failover.again/elect.inSync', { candidate: 'b', epoch: 3 })
  })

  test('silent, and a replica that was to be taken away fell silent too -> holds; told already -> goes on', () => {
    const s = failingOver(group('a', silent('a', 8_500), alive('b', { of: 'nowhere' }), silent('c', 8_600)), 'b', 'silent')
    holds(s, 'failover.consent', /together with c/)
    acts(remembered(s, { promotedIn: 2 }), 'failover.promote', ['b', { name: 'promote' }])
  })

  test('the candidate is a primary that was opened by somebody -> not believed', () => {
    const s = failingOver(group('a', refused('a', 8_500), alive('b', { of: null, guard: 0 })), 'b')
    acts(s, 'failover.promote', ['b', { name: 'promote' }])
  })

  test('the old primary is back before anybody was promoted -> it stays', () => {
    const s = failingOver(group('a', alive('a'), alive('b')), 'b', 'silent')
    saves(s, 'failover.recovered', { phase: 'steady', epoch: 2, primary: 'a', incarnation: 'a1' })
  })

  test('... after we told the candidate -> fenced, the failover goes on', () => {
    const s = remembered(failingOver(group('a', alive('a'), alive('b')), 'b', 'silent'), { promotedIn: 2 })
    acts(s, 'failover.fence', ['a', { name: 'fence', cutClients: true }])
  })

  test('the candidate died, restarted or refuses -> another is elected at the next epoch', () => {
    const gone = failingOver(group('a', refused('a', 8_500), refused('b', 9_500), alive('c', { linkUp: false })), 'b')
    saves(gone, 'failover.again/elect.inSync', { candidate: 'c', epoch: 3, cause: 'dead' })
    const restarted = failingOver(group('a', refused('a', 8_500), alive('b', { incarnation: 'b2' }), alive('c', { linkUp: false })), 'b')
    saves(restarted, 'failover.again/elect.inSync', { candidate: 'c', epoch: 3 })
    const trouble = { action: 'promote', code: 'NOPERM', message: 'no', times: 3, retryAt: now + 1 } as const
    const refuses = viewed(failingOver(dead, 'b'), 'b', { trouble })
    const step = saves(refuses, 'failover.again/elect.inSync', { candidate: 'c' })
    assert.match(step.sentence, /b refuses to be promoted \(no\)/)
  })

  test('the candidate died and nobody is left -> holds', () => {
    const s = failingOver(group('a', refused('a', 8_500), refused('b', 9_500)), 'b')
    holds(s, 'failover.again/elect.nobody', /the candidate b is gone; .*a is down; b is down/)
  })

  test('a refusal to promote is not repeated before its time', () => {
    const trouble = { action: 'promote', code: 'ERR', message: 'not now', times: 1, retryAt: now + 1 } as const
    waits(viewed(failingOver(dead, 'b'), 'b', { trouble }), 'failover.waiting', /b \(not now\)/)
    acts(at(viewed(failingOver(dead, 'b'), 'b', { trouble }), now + 1), 'failover.promote', ['b', { name: 'promote' }])
  })

  test('an operator names another candidate -> intent for that one', () => {
    saves(remembered(failingOver(dead, 'b'), order('failover', 'c')), 'failover.order', { candidate: 'c', epoch: 3, cause: 'operator' })
  })

  test('the old primary is silent -> its other replicas are taken away first, and seen to be', () => {
    const s = group('a', silent('a', 8_500), alive('b', { linkUp: false }), alive('c', { linkUp: false }))
    acts(failingOver(s, 'b', 'silent'), 'failover.detach', ['c', { name: 'fence', cutClients: false }])
    const asked = viewed(failingOver(s, 'b', 'silent'), 'c', {
      acting: { id: 1, action: { name: 'fence', cutClients: false }, since: now - 1 },
    })
    waits(asked, 'failover.detaching', /c left the silent primary/)
    const left = group('a', silent('a', 8_500), alive('b', { linkUp: false }), alive('c', { of: 'nowhere' }))
    acts(failingOver(left, 'b', 'silent'), 'failover.promote', ['b', { name: 'promote' }])
  })
})

void describe('a switchover is under way', () => {
  const s = switching(group('a', alive('a'), alive('b'), alive('c')), 'b')
  const pausedAt = { writesPausedAt: 9_500 }

  test('nothing done yet -> the writes are paused for the deadline and two actions', () => {
    acts(s, 'switchover.pause', ['a', { name: 'pauseWrites', forMs: 7_000 }])
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

  test('the old primary dies on the way -> a failover', () => {
    const died = switching(group('a', refused('a', 9_900), alive('b', { linkUp: false })), 'b')
    saves(died, 'switchover.lost/elect.inSync', { phase: 'failover', candidate: 'b', epoch: 3, cause: 'dead' })
  })

  test('demoted and the candidate is gone -> elects, the old primary has everything', () => {
    const gone = switching(group('a', alive('a', { of: 'b', linkUp: false }), refused('b', 9_900)), 'b')
    saves(gone, 'switchover.back/elect.inSync', { candidate: 'a', epoch: 3 })
  })

  test('an operator wants another by force meanwhile -> intent for that one', () => {
    saves(remembered(s, order('failover', 'c')), 'switchover.order', { phase: 'failover', candidate: 'c', epoch: 3, cause: 'operator' })
  })

  test('overdue, without its candidate, or begun by another controller -> the old primary stays', () => {
    for (const [each, why] of [
      [at(s, 12_001), /took too long/],
      [switching(group('a', alive('a'), refused('b', 9_900)), 'b'), /lost its candidate/],
      [remembered(s, { ownSwitchover: null }), /begun by a controller that is gone/],
    ] as const) {
      assert.match(saves(each, 'switchover.abort', { phase: 'steady', primary: 'a', epoch: 2 }).sentence, why)
    }
  })
})

void describe('the nodes of a steady group', () => {
  test('the recorded primary is back as another process and open -> fenced', () => {
    told(group('a', alive('a', { incarnation: 'a2', of: null }), alive('b')), 'a', 'node.fenceReturned', {
      name: 'fence',
      cutClients: true,
    })
  })

  test('the recorded primary in order -> nothing', () => {
    assert.equal(nodeStep(group('a', alive('a'), alive('b')), 'a', 'node.primary').kind, 'rest')
  })

  test('a former primary is silent -> its demotion waits in its sockets, once per epoch', () => {
    const s = group('b', silent('a', 5_000, { of: null }), alive('b'))
    const step = nodeStep(s, 'a', 'node.queueDemotion')
    assert.ok(step.kind === 'act' && step.acts[0]?.queued === true)
    assert.partialDeepStrictEqual(step.acts[0].action, { name: 'demote', cutClients: true, target: { host: '127.0.0.1', port: 7_002 } })
    assert.equal(nodeStep(viewed(s, 'a', { queuedEpoch: 1 }), 'a', 'node.unheard').kind, 'rest')
  })

  test('a node that does not answer -> nothing', () => {
    assert.equal(nodeStep(group('a', alive('a'), refused('b', 5_000)), 'b', 'node.unheard').kind, 'rest')
  })

  test('a mark of a later epoch than the record -> holds', () => {
    const s = group('a', alive('a'), alive('b', { of: null, mark: '4.1' }))
    assert.match(nodeStep(s, 'b', 'node.newer').sentence, /bears epoch 4, the record only 1/)
  })

  test('data that is not this group -> holds; with --overwrite -> demoted', () => {
    const nodes = (overwrite: boolean): Situation =>
      group('a', alive('a'), alive('b', { of: null, mark: foreignMark, replid: 'Z', spec: { overwrite } }))
    assert.match(nodeStep(nodes(false), 'b', 'node.foreign').sentence, /holds data of its own/)
    told(nodes(true), 'b', 'node.demote', { name: 'demote' })
  })

  test('an open stranger to the record while the primary is not alive -> fenced', () => {
    const s = group('a', silent('a', 9_500), alive('b', { of: null }))
    told(s, 'b', 'node.fence', { name: 'fence', cutClients: true })
  })

  test('another primary while the recorded one lives -> becomes its replica, and what that discards is said', () => {
    const s = group('a', alive('a'), alive('b', { of: null, replid: 'R2', replid2: 'R1', second: 901, offset: 950 }))
    told(s, 'b', 'node.demote', { name: 'demote', target: { host: '127.0.0.1', port: 7_001 }, persist: true })
    assert.equal(nodeStep(s, 'b', 'node.demote').evidence['discards'], '50 bytes of its stream')
  })

  test('a replica of somebody else -> follows the primary', () => {
    told(group('a', alive('a'), alive('b', { of: 'nowhere' })), 'b', 'node.follow', {
      name: 'follow',
      target: { host: '127.0.0.1', port: 7_001 },
    })
  })

  test('a cascade that an operator put into maintenance -> left alone; without maintenance -> follows', () => {
    const nodes = (maintenanceUntil: number | null): Situation =>
      group('a', alive('a'), alive('b'), alive('c', { of: 'b', spec: { maintenanceUntil } }))
    assert.equal(nodeStep(nodes(epochStart + now + 1), 'c', 'node.settled').kind, 'rest')
    told(nodes(epochStart + now), 'c', 'node.follow', { name: 'follow' })
  })

  test('a full copy is under way -> the next one that needs one waits for its turn, one that shares the history does not', () => {
    const stranger = { of: 'nowhere', replid: 'Z', keys: 0, mark: null } as const
    const s = group('a', alive('a'), alive('b', { syncing: true, linkUp: false }), alive('c', stranger), alive('d', { of: 'nowhere' }))
    assert.equal(nodeStep(s, 'c', 'node.settled').kind, 'rest')
    told(s, 'd', 'node.follow', { name: 'follow' })
    told(withPolicy(s, { parallelSyncs: 2 }), 'c', 'node.follow', { name: 'follow' })
  })

  test('its role is not known to be in its file -> persisted', () => {
    told(viewed(group('a', alive('a'), alive('b')), 'b', { persisted: null }), 'b', 'node.persist', { name: 'persist' })
  })

  test('an action is under way, or was refused just now -> not told again', () => {
    const s = group('a', alive('a'), alive('b', { of: 'nowhere' }))
    const busy = viewed(s, 'b', { acting: { id: 1, action: { name: 'persist' }, since: 1 } })
    assert.equal(nodeStep(busy, 'b', 'node.settled').kind, 'rest')
    const trouble = { action: 'follow', code: 'NOPERM', message: 'no', times: 1, retryAt: now + 1 } as const
    assert.equal(nodeStep(viewed(s, 'b', { trouble }), 'b', 'node.settled').kind, 'rest')
    told(at(viewed(s, 'b', { trouble }), now + 1), 'b', 'node.follow', { name: 'follow' })
  })

  test('while a failover or a switchover is under way, or in a pause -> no node is told anything by these rows', () => {
    const s = group('a', alive('a'), alive('b', { of: 'nowhere' }))
    for (const each of [failingOver(s, 'b'), switching(s, 'b'), withSpec(s, { pause })]) assert.deepEqual(decide(each).nodes, [])
  })
})

test('every rule of every table -> fired in a test above', () => {
  const ids = tables.flatMap((table) => table.rules.map((rule) => rule.id))
  assert.deepEqual(
    ids.filter((id) => !fired.has(id)),
    [],
    'these rules fired in no test',
  )
})
