import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { everyRuleFired, foreignMark, nodeStep, pause, told } from '../../test/decisions.ts'
import {
  alive,
  at,
  epochStart,
  failingOver,
  group,
  now,
  recorded,
  refused,
  silent,
  type Says,
  switching,
  viewed,
  withPolicy,
  withSpec,
} from '../../test/situations.ts'
import { decide } from './decide.ts'
import { closedGuard } from './limits.ts'
import type { Situation } from './situation.ts'
import type { LineageEntry } from './model.ts'
import { inEnglish } from './said.ts'

void describe('the nodes of a steady group', () => {
  test('a controller before us may have left something in its sockets -> that is ended before anything is said', () => {
    const s = viewed(group('a', alive('a'), alive('b', { of: 'nowhere' })), 'b', { cleared: false })
    told(s, 'b', 'node.cutOlder', { name: 'cutOlder' })
    const asked = viewed(s, 'b', { acting: { id: 1, action: { name: 'cutOlder' }, since: now } })
    assert.equal(nodeStep(asked, 'b', 'node.settled').kind, 'rest')
    assert.equal(nodeStep(viewed(group('a', alive('a'), refused('b', 5_000)), 'b', { cleared: false }), 'b', 'node.unheard').kind, 'rest')
  })

  test('the recorded primary is back as another process and open -> fenced', () => {
    told(group('a', alive('a', { incarnation: 'a2', of: null }), alive('b')), 'a', 'node.fenceReturned', {
      name: 'fence',
      cutClients: true,
    })
  })

  test('the recorded primary is back as a replica of another, with less than its own replica has -> that one is detached; linked, holding as much, or from nowhere -> not', () => {
    const s = (back: Says = {}, b: Says = {}): Situation =>
      group(
        'a',
        alive('a', { incarnation: 'a2', of: 'c', linkUp: false, offset: 900, ...back }),
        alive('b', { linkUp: false, ...b }),
        silent('c', 9_000),
      )
    told(s(), 'b', 'node.outlives', { name: 'fence', cutClients: false })
    told(s({ keys: 0, replid: '', offset: 0, mark: null }), 'b', 'node.outlives', { name: 'fence' })
    for (const stays of [s({ offset: 1_000 }), s({ of: 'nowhere' }), s({ incarnation: 'a1' }), s({}, { linkUp: true }), s({}, { of: 'c' })])
      assert.notEqual(decide(stays).nodes.find(({ node }) => node === 'b')?.rule, 'node.outlives')
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
    const standing = viewed(s, 'a', { failure: { kind: 'refused', standing: true } })
    assert.equal(nodeStep(standing, 'a', 'node.queueDemotion').kind, 'act')
    assert.equal(nodeStep(viewed(s, 'a', { failure: { kind: 'refused' } }), 'a', 'node.unheard').kind, 'rest')
  })

  test('a silent primary with a mark of a later epoch, or of another group -> no demotion waits for it: it may hold what is newer', () => {
    for (const mark of ['4.1', foreignMark]) {
      const s = group('b', silent('a', 5_000, { of: null, mark }), alive('b'))
      assert.equal(nodeStep(s, 'a', 'node.unheard').kind, 'rest')
    }
    const free = group('b', silent('a', 5_000, { of: null, mark: '4.1', spec: { overwrite: true } }), alive('b'))
    assert.equal(nodeStep(free, 'a', 'node.queueDemotion').kind, 'act')
  })

  test('a node that does not answer -> nothing', () => {
    assert.equal(nodeStep(group('a', alive('a'), refused('b', 5_000)), 'b', 'node.unheard').kind, 'rest')
  })

  test('a mark of a later epoch than the record -> holds', () => {
    const s = group('a', alive('a'), alive('b', { of: null, mark: '4.1' }))
    assert.match(inEnglish(nodeStep(s, 'b', 'node.newer').said), /bears epoch 4, the record only 1/)
  })

  void describe('b, which bears a later epoch, follows c, which is to follow the primary', () => {
    const later = { of: 'c', mark: '4.1', linkUp: false } as const
    const chain = (says: Parameters<typeof alive>[1] = {}): Situation =>
      group('a', alive('a'), alive('b', { ...later, ...says }), alive('c', { of: 'nowhere' }))

    test('both answer -> b is detached, and c waits for that; then c follows', () => {
      told(chain(), 'b', 'node.newerLed', { name: 'fence', cutClients: false })
      assert.equal(nodeStep(chain(), 'c', 'node.feedsNewer').kind, 'wait')
      told(chain({ of: 'nowhere' }), 'c', 'node.follow', { name: 'follow' })
      assert.equal(nodeStep(chain({ of: 'nowhere' }), 'b', 'node.newer').kind, 'hold')
    })

    test('it follows the recorded primary itself, or c is dead -> it is detached too', () => {
      told(chain({ of: 'a' }), 'b', 'node.newerLed', { name: 'fence' })
      told(group('a', alive('a'), alive('b', later), refused('c', 5_000)), 'b', 'node.newerLed', { name: 'fence' })
    })

    test('c is not heard, or refuses us and feeds b -> it may be the primary of today, so b stays', () => {
      for (const c of [silent('c', 5_000), silent('c', 5_000, { of: null })])
        assert.equal(nodeStep(group('a', alive('a'), alive('b', later), c), 'b', 'node.newer').kind, 'hold')
      const fed = group('a', alive('a'), alive('b', { ...later, linkUp: true }), refused('c', 5_000))
      assert.equal(nodeStep(fed, 'b', 'node.newer').kind, 'hold')
    })

    test('c is still a primary -> closed at once, b silent or not; and not led to the primary sooner either', () => {
      for (const b of [alive('b', later), refused('b', 5_000, later)]) {
        const s = (guard: number): Situation => group('a', alive('a'), b, alive('c', { of: null, guard }))
        told(s(0), 'c', 'node.fenceMeanwhile', { name: 'fence', cutClients: true })
        nodeStep(s(closedGuard), 'c', 'node.feedsNewer')
      }
    })

    test('b may be overwritten, or bears what the record knows -> nobody waits', () => {
      for (const says of [{ spec: { overwrite: true } }, { mark: '1.1' }]) told(chain(says), 'c', 'node.follow', { name: 'follow' })
    })

    test('b has fallen silent -> c holds, and says what a person may do', () => {
      const s = group('a', alive('a'), refused('b', 5_000, later), alive('c', { of: 'nowhere' }))
      const step = nodeStep(s, 'c', 'node.feedsNewer')
      assert.equal(step.kind, 'hold')
      assert.match(inEnglish(step.said), /b does not answer and bears epoch 4, the record only 1; .* `regroup node remove g b`/)
    })

    test('c is a silent primary -> no demotion waits in its sockets', () => {
      const s = group('a', alive('a'), alive('b', later), silent('c', 5_000, { of: null }))
      assert.equal(nodeStep(s, 'c', 'node.unheard').kind, 'rest')
    })

    test('c bears that epoch too -> it is not led anywhere, so b stays', () => {
      const s = group('a', alive('a'), alive('b', later), alive('c', { of: 'nowhere', mark: '4.1' }))
      assert.equal(nodeStep(s, 'b', 'node.newer').kind, 'hold')
      assert.equal(nodeStep(s, 'c', 'node.newer').kind, 'hold')
    })
  })

  test('its mark cannot be read and the record knows it -> not called a stranger', () => {
    const stranger = { of: 'nowhere', mark: null, replid: 'Z' } as const
    const marked = (says: Parameters<typeof alive>[1]): Situation =>
      recorded(group('a', alive('a'), alive('b', { ...stranger, ...says })), { floor: { replid: 'R1', offset: 1000, markSeq: 10 } })
    told(marked({ markUnread: true }), 'b', 'node.follow', { name: 'follow' })
    assert.equal(nodeStep(marked({ loading: true }), 'b', 'node.settled').kind, 'rest')
    assert.match(inEnglish(nodeStep(marked({}), 'b', 'node.foreign').said), /^b holds data of its own/)
  })

  test('data that is not this group -> holds; with --overwrite -> demoted', () => {
    const nodes = (overwrite: boolean): Situation =>
      group('a', alive('a'), alive('b', { of: null, mark: foreignMark, replid: 'Z', spec: { overwrite } }))
    assert.match(inEnglish(nodeStep(nodes(false), 'b', 'node.foreign').said), /b takes writes and holds data of its own/)
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

  test('made a primary by hand a moment ago -> the other command is waited for, then it is demoted', () => {
    const s = viewed(group('a', alive('a'), alive('b', { of: null })), 'b', { movedSince: now - 100 })
    assert.equal(nodeStep(s, 'b', 'node.handover').kind, 'wait')
    told(viewed(s, 'b', { movedSince: now - 3_000 }), 'b', 'node.demote', { name: 'demote' })
  })

  test('led to another node by hand a moment ago -> what comes next is waited for, then it is led back; back by itself -> no wait', () => {
    const s = viewed(group('a', alive('a'), alive('b'), alive('c', { of: 'b' })), 'c', { movedSince: now - 100 })
    assert.equal(nodeStep(s, 'c', 'node.handover').kind, 'wait')
    told(viewed(s, 'c', { movedSince: now - 3_000 }), 'c', 'node.follow', { name: 'follow' })
    assert.equal(nodeStep(viewed(group('a', alive('a'), alive('b')), 'b', { movedSince: now - 100 }), 'b', 'node.settled').kind, 'rest')
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

  test('in maintenance and still behind the primary of before -> follows the new one: that is no cascade', () => {
    const s = group('a', alive('a'), alive('b'), alive('c', { of: 'b', spec: { maintenanceUntil: epochStart + now + 1 } }))
    const entry = { at: epochStart, replid: 'R0', start: 1, continues: true } as const
    const lineage = [
      { ...entry, epoch: 1, node: 'b' },
      { ...entry, epoch: 2, node: 'a', replid: 'R1' },
    ]
    told(recorded(s, { lineage }), 'c', 'node.follow', { name: 'follow' })
  })

  test('a full copy is under way -> the next one that needs one waits for its turn, one that shares the history does not', () => {
    const stranger = { of: 'nowhere', replid: 'Z', keys: 0, mark: null } as const
    const s = group('a', alive('a'), alive('b', { syncing: true, linkUp: false }), alive('c', stranger), alive('d', { of: 'nowhere' }))
    assert.equal(nodeStep(s, 'c', 'node.settled').kind, 'rest')
    told(s, 'd', 'node.follow', { name: 'follow' })
    told(withPolicy(s, { parallelSyncs: 2 }), 'c', 'node.follow', { name: 'follow' })
  })

  test('a full copy is under way, and another primary needs one too -> closed at once, copied when its turn comes, and what that discards is said', () => {
    const open = { of: null, replid: 'Z' } as const
    const busy = { syncing: true, linkUp: false } as const
    const s = (says: Parameters<typeof alive>[1], b: Parameters<typeof alive>[1] = busy): Situation =>
      group('a', alive('a'), alive('b', b), alive('c', says))
    told(s(open), 'c', 'node.fenceMeanwhile', { name: 'fence', cutClients: true })
    assert.equal(nodeStep(s({ ...open, guard: closedGuard }), 'c', 'node.settled').kind, 'rest')
    assert.equal(nodeStep(s({ ...open, of: 'nowhere' }), 'c', 'node.settled').kind, 'rest')
    told(s({ ...open, of: 'nowhere' }, {}), 'c', 'node.follow', { name: 'follow' })
    assert.match(inEnglish(nodeStep(s({ ...open, of: 'nowhere' }, {}), 'c', 'node.follow').said), /discards/)
    // Who shares the history, or whose turn it is, is made a replica and nothing else.
    told(s({ of: null }), 'c', 'node.demote', { name: 'demote' })
    told(s(open, {}), 'c', 'node.demote', { name: 'demote' })
  })

  test('its role is in its file and its guard is that of a closed primary (moved by hand in the middle of its promotion) -> not told again', () => {
    assert.equal(nodeStep(group('a', alive('a'), alive('b', { guard: 9999 })), 'b', 'node.settled').kind, 'rest')
  })

  test('its role is not known to be in its file -> persisted', () => {
    told(viewed(group('a', alive('a'), alive('b')), 'b', { persisted: null }), 'b', 'node.persist', { name: 'persist' })
  })

  test('it was the primary until a switchover a moment ago -> persisted, and its clients are cut', () => {
    const s = viewed(group('a', alive('a'), alive('b')), 'b', { persisted: null })
    const entry = (node: string, epoch: number, at: number): LineageEntry => ({ epoch, node, at, replid: 'R1', start: 0, continues: true })
    const since = (at: number): Situation => recorded(s, { epoch: 2, lineage: [entry('b', 1, 0), entry('a', 2, at)] })
    told(since(s.wall - 5_000), 'b', 'node.persist', { name: 'persist', cutClients: true })
    told(since(s.wall - 60_000), 'b', 'node.persist', { name: 'persist' })
  })

  test('an action is under way, or was refused just now -> not told again', () => {
    const s = group('a', alive('a'), alive('b', { of: 'nowhere' }))
    const busy = viewed(s, 'b', { acting: { id: 1, action: { name: 'persist' }, since: 1 } })
    assert.equal(nodeStep(busy, 'b', 'node.settled').kind, 'rest')
    const trouble = { action: 'follow', code: 'NOPERM', message: 'no', times: 1, retryAt: now + 1 } as const
    assert.equal(nodeStep(viewed(s, 'b', { troubles: [trouble] }), 'b', 'node.settled').kind, 'rest')
    told(at(viewed(s, 'b', { troubles: [trouble] }), now + 1), 'b', 'node.follow', { name: 'follow' })
  })

  test('while a failover or a switchover is under way, or in a pause -> no node is told anything by these rows', () => {
    const s = group('a', alive('a'), alive('b', { of: 'nowhere' }))
    for (const each of [failingOver(s, 'b'), switching(s, 'b'), withSpec(s, { pause })]) assert.deepEqual(decide(each).nodes, [])
  })
})

test('every row of the table -> was the decision in a test above', () => {
  everyRuleFired('node', [
    { id: 'node.ring' },
    { id: 'node.unrecorded' },
    { id: 'node.fed' },
    { id: 'node.still' },
    { id: 'node.awaitsCopy' },
    { id: 'node.mend' },
    { id: 'node.measure' },
  ])
})
