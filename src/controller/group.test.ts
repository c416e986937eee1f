import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { golden } from '../../test/golden.ts'
import { epochStart, readingOf } from '../../test/situations.ts'
import { Tape } from '../../test/tape.ts'
import type { GroupRecord } from '../core/model.ts'
import type { Input } from '../ports.ts'

/** A group that was adopted and is at rest, between two turns at which nodes are asked. What led there is in the story `adoption`. */
function settled(ids: readonly string[], policy: ConstructorParameters<typeof Tape>[1] = {}): Tape {
  const tape = new Tape(ids, policy)
  tape.run(5_005)
  assert.equal(tape.group.record?.inSync.length, ids.length, tape.text)
  tape.lines.length = 0
  return tape
}

const status = (tape: Tape): string => {
  const { state, primary, epoch, nodes } = tape.group.status({ now: tape.now, wall: tape.now })
  return `${state}: ${primary} at epoch ${epoch}, ${nodes.map((n) => `${n.id} ${n.role} ${n.health}`).join(', ')}`
}

/** At the end of a story all is well: one says it in every status, and nothing is done any more. */
function endsWell(tape: Tape, primary: string): void {
  const before = tape.lines.length
  tape.run(5_000)
  assert.deepEqual(tape.lines.slice(before), [], 'a group at rest is quiet')
  assert.match(status(tape), new RegExp(`^healthy: ${primary} `))
}

void describe('stories, each with its transcript in test/transcripts/group', () => {
  test('a working 1+2 is found -> adopted, boot-fenced, guarded, in sync', () => {
    const tape = new Tape(['a', 'b', 'c'])
    tape.run(5_000)
    golden('group/adoption', tape.text)
    endsWell(tape, 'a')
  })

  test('the primary is killed and comes back -> a replica is primary, the old one follows', () => {
    const tape = settled(['a', 'b', 'c'])
    tape.kill('a')
    tape.run(3_000)
    tape.start('a')
    tape.run(4_000)
    golden('group/crash', tape.text)
    endsWell(tape, 'b')
  })

  test('the primary freezes and wakes -> replicas detached first, its demotion waits in its sockets', () => {
    const tape = settled(['a', 'b', 'c'])
    tape.freeze('a')
    tape.run(6_000)
    tape.write('a', 500)
    tape.thaw('a')
    tape.run(4_000)
    golden('group/freeze', tape.text)
    endsWell(tape, 'b')
  })

  test('an operator switches over -> demoted first, then promoted', () => {
    const tape = settled(['a', 'b'])
    tape.command({ name: 'switchover', to: 'b', by: 'anna', dryRun: false })
    tape.run(4_000)
    golden('group/switchover', tape.text)
    endsWell(tape, 'b')
  })

  test('the preferred primary is killed twice -> becomes primary again when it was in sync long enough, later the second time', () => {
    const tape = new Tape(['a', 'b'], { failback: 'atOnce', failbackAfterMs: 20_000 })
    tape.step({
      kind: 'spec',
      spec: { ...tape.spec, nodes: tape.spec.nodes.map((node) => (node.id === 'a' ? { ...node, priority: 10 } : node)) },
      revision: 2,
    })
    tape.run(5_000)
    tape.lines.length = 0
    for (const waitMs of [20_000, 40_000]) {
      tape.kill('a')
      tape.run(3_000)
      tape.start('a')
      tape.run(waitMs - 2_000)
      assert.match(status(tape), /^healthy: b /)
      tape.run(6_000)
      assert.match(status(tape), /^healthy: a /)
    }
    golden('group/failback', tape.text)
    endsWell(tape, 'a')
  })

  test('a switchover is scheduled -> made at its time, and not again when somebody moves the primary back', () => {
    const first = settled(['a', 'b'])
    const at = first.now + epochStart + 10_000
    const scheduled = { at, to: 'b', by: 'ann', why: '' }
    first.step({ kind: 'spec', spec: { ...first.spec, scheduled }, revision: 2 })
    first.run(20_000)
    assert.match(status(first), /^healthy: b at epoch 2/)
    assert.equal(first.group.record?.answered, at)
    first.command({ name: 'switchover', to: 'a', by: 'anna', dryRun: false })
    first.run(120_000)
    assert.match(status(first), /^healthy: a at epoch 3/)
  })

  test('everybody is stopped, the replica first, then only the primary is started -> it is primary again', () => {
    const tape = settled(['a', 'b'])
    tape.kill('b')
    tape.run(2_000)
    tape.kill('a')
    tape.run(60_000)
    tape.start('a')
    tape.run(3_000)
    golden('group/stuck-group', tape.text)
    assert.match(status(tape), /^degraded: a /)
    tape.start('b')
    tape.run(4_000)
    endsWell(tape, 'a')
  })

  test('the primary restarts alone -> closed by its file, re-opened at a new epoch', () => {
    const tape = settled(['a'])
    tape.kill('a')
    tape.run(500)
    tape.start('a')
    tape.run(3_000)
    golden('group/restart', tape.text)
    endsWell(tape, 'a')
  })
})

/** Until the record is on its way to the store. */
function untilSaving(tape: Tape): void {
  for (let ms = 0; ms < 100 && !tape.lines.some((line) => line.startsWith('save')); ms++) tape.run(1)
}

void describe('the save', () => {
  test('somebody else wrote first -> nothing is done before it is read, then his record counts', () => {
    const tape = settled(['a', 'b'])
    const { record } = tape.group
    assert.ok(record !== null && tape.stored !== null)
    const other: GroupRecord = {
      ...record,
      epoch: 9,
      primary: 'b',
      incarnation: 'b1',
      writer: 'w2',
      inSync: [{ node: 'b', incarnation: 'b1' }],
    }
    tape.stored = { value: other, version: tape.stored.version + 1 }
    tape.kill('a')
    tape.run(100)
    golden('group/conflict', tape.text)
    assert.equal(tape.group.record?.epoch, 9)
    assert.equal(
      tape.lines.some((line) => line.startsWith('act b promote')),
      false,
    )
  })

  test('its outcome is lost but it was written -> read again, then carried out once', () => {
    const tape = settled(['a', 'b'])
    tape.saving = 'unknown'
    tape.kill('a')
    untilSaving(tape)
    tape.saving = 'ok'
    tape.run(3_000)
    golden('group/unknown', tape.text)
    assert.equal(tape.lines.filter((line) => line.startsWith('act b promote')).length, 1)
    assert.deepEqual([tape.group.record?.primary, tape.group.record?.epoch], ['b', 2])
  })

  test('it could not be stored, and nothing is to be stored since -> the warning goes by itself', () => {
    const tape = settled(['a', 'b'])
    const warned = (): string => tape.group.status({ now: tape.now, wall: tape.now }).warnings.join(' ')
    tape.saving = 'lost'
    tape.command({ name: 'switchover', to: 'b', by: 'anna', dryRun: false })
    tape.run(200)
    assert.match(warned(), /decisions cannot be stored/)
    tape.saving = 'ok'
    tape.run(4_000)
    assert.equal(warned(), '')
    endsWell(tape, 'a')
  })

  test('its outcome is lost and it was not written -> decided anew, at the same epoch', () => {
    const tape = settled(['a', 'b'])
    tape.saving = 'lost'
    tape.kill('a')
    untilSaving(tape)
    tape.saving = 'ok'
    tape.run(3_000)
    assert.equal(tape.lines.filter((line) => line.startsWith('save steady.lost')).length, 2, tape.text)
    assert.deepEqual([tape.group.record?.primary, tape.group.record?.epoch], ['b', 2])
  })

  test('it does not end -> nobody is told anything on its account', () => {
    const tape = settled(['a', 'b'])
    tape.saving = 'never'
    tape.kill('a')
    tape.run(5_000)
    assert.equal(tape.lines.filter((line) => line.startsWith('save')).length, 1, tape.text)
    assert.deepEqual(
      tape.lines.filter((line) => line.startsWith('act')),
      [],
    )
    assert.equal(tape.group.record?.epoch, 1)
  })

  test('another candidate is being saved -> the one before is not promoted meanwhile', () => {
    const tape = settled(['a', 'b', 'c'])
    tape.kill('a')
    for (let time = 0; time < 200 && tape.group.record?.phase !== 'failover'; time++) tape.run(1)
    tape.saving = 'never'
    tape.command({ name: 'failover', to: 'c', by: 'anna', dryRun: false })
    tape.run(3_000)
    assert.match(tape.text, /save failover\.order/)
    assert.doesNotMatch(tape.text, /act . promote/)
  })
})

void describe('inputs that come late or from nowhere', () => {
  const acted = { kind: 'acted', node: 'b', sentAt: 0, result: { ok: true, persisted: true, note: null } } as const

  test('the end of an action that is not under way -> nothing changes', () => {
    const tape = settled(['a', 'b'])
    const before = tape.group.view.get('b')
    tape.step({ ...acted, id: 4711 })
    assert.equal(tape.group.view.get('b'), before)
    assert.deepEqual(tape.lines, [])
  })

  test('the end of a save that is not under way -> nothing changes', () => {
    const tape = settled(['a', 'b'])
    tape.step({ kind: 'saved', id: 4711, result: { ok: false, reason: 'conflict', message: '' } })
    assert.deepEqual([tape.group.record?.epoch, tape.lines], [1, []])
  })

  test('an answer of a node that was removed -> nothing; the removed node is out of the set', () => {
    const tape = settled(['a', 'b', 'c'])
    const spec = { ...tape.spec, nodes: tape.spec.nodes.filter((node) => node.id !== 'c') }
    tape.step({ kind: 'spec', spec, revision: 2 })
    tape.step({ kind: 'probed', node: 'c', sentAt: tape.now, result: { ok: true, reading: readingOf('c', 'a') } })
    tape.step({ kind: 'disconnected', node: 'c' })
    tape.step({ ...acted, id: 1, node: 'c' })
    tape.run(1_000)
    assert.deepEqual([...tape.group.view.keys()], ['a', 'b'])
    assert.deepEqual(
      tape.group.record?.inSync.map((m) => m.node),
      ['a', 'b'],
    )
    assert.equal(tape.group.record?.specRevision, 2)
  })

  test('a node moves to another address -> it begins anew, unheard', () => {
    const tape = settled(['a', 'b'])
    const spec = { ...tape.spec, nodes: tape.spec.nodes.map((node) => (node.id === 'b' ? { ...node, port: 7_009 } : node)) }
    tape.step({ kind: 'spec', spec, revision: 2 })
    assert.equal(tape.group.view.get('b')?.reading, null)
    assert.notEqual(tape.group.view.get('a')?.reading, null)
  })

  test('before the record is read -> it is read once, and nothing else is done', () => {
    const tape = new Tape(['a', 'b'])
    for (let time = 0; time < 3; time++) tape.step({ kind: 'tick', silentHosts: 0, hosts: 0, stalledMs: 0, hurryEveryMs: 0 })
    tape.command({ name: 'failover', to: 'b', by: 'anna', dryRun: false })
    assert.deepEqual(tape.lines, ['load', '> an operator: failover to b', 'reply NOT_NOW: the record is being read; try again'])
  })
})

void describe('orders', () => {
  test('a dry run -> the answer and nothing else', () => {
    const tape = settled(['a', 'b'])
    tape.command({ name: 'switchover', to: 'b', by: 'anna', dryRun: true })
    tape.run(1_000)
    assert.equal(tape.lines.length, 2, tape.text)
    assert.match(tape.lines[1] ?? '', /^reply ok: switch over from a to b/)
  })

  test('to nobody known, or to the primary itself -> refused, nothing is done', () => {
    const tape = settled(['a', 'b'])
    tape.command({ name: 'switchover', to: 'z', by: 'anna', dryRun: false })
    tape.command({ name: 'switchover', to: 'a', by: 'anna', dryRun: false })
    tape.run(1_000)
    assert.match(tape.text, /reply UNKNOWN_NODE: group g has no node z; it has a, b/)
    assert.match(tape.text, /reply NOT_NOW: a is the primary already/)
    assert.equal(tape.lines.length, 4)
  })

  test('by force, the primary alive -> it is fenced and follows', () => {
    const tape = settled(['a', 'b'])
    tape.command({ name: 'failover', to: 'b', by: 'anna', dryRun: false })
    tape.run(4_000)
    golden('group/forced', tape.text)
    endsWell(tape, 'b')
  })
})

void describe('an order that the store does not take', () => {
  const order = { name: 'switchover', to: 'b', by: 'anna', dryRun: false } as const
  const replies = (tape: Tape): string[] => tape.lines.filter((line) => line.startsWith('reply'))

  test('nothing was written -> he is told so, and nothing follows when the store works again', () => {
    const tape = settled(['a', 'b'])
    tape.saving = 'lost'
    tape.command(order)
    assert.deepEqual(replies(tape), [], 'it is not known yet')
    tape.run(100)
    assert.deepEqual(replies(tape), ['reply STORE_BROKEN: this was not stored, and nothing was begun: the outcome was lost'])
    tape.saving = 'ok'
    endsWell(tape, 'a')
  })

  test('it was written and its outcome is lost -> he is told that it is begun, once, and it is', () => {
    const tape = settled(['a', 'b'])
    tape.saving = 'unknown'
    tape.command(order)
    tape.saving = 'ok'
    tape.run(4_000)
    assert.deepEqual(replies(tape), ['reply ok: switch over from a to b; writes pause for a moment, nothing is lost'])
    endsWell(tape, 'b')
  })

  test('somebody else wrote first -> not now, with what came in between', () => {
    const tape = settled(['a', 'b'])
    tape.saving = 'conflict'
    tape.command(order)
    tape.run(100)
    assert.deepEqual(replies(tape), ['reply NOT_NOW: this was not stored, and nothing was begun: somebody else wrote'])
  })

  test('the disk hangs -> told after 5 s that nobody knows; another order meanwhile is refused, a dry run is not', () => {
    const tape = settled(['a', 'b'])
    tape.saving = 'never'
    tape.command(order)
    tape.command(order)
    tape.command({ ...order, dryRun: true })
    tape.run(4_900)
    assert.match(
      replies(tape).join('|'),
      /^reply NOT_NOW: another order is just being stored[^|]*\|reply ok: switch over from a to b[^|]*$/,
    )
    tape.run(200)
    assert.match(replies(tape).slice(2).join('|'), /^reply STORE_BROKEN: the store has not said within 5 s whether this is stored[^|]*$/)
  })

  test('it hangs with another decision -> told after 5 s that nothing was begun, and so it stays', () => {
    const tape = settled(['a', 'b', 'c'])
    tape.saving = 'never'
    tape.kill('a')
    tape.run(1_000)
    tape.command({ name: 'failover', to: 'b', by: 'anna', dryRun: false })
    tape.run(5_100)
    assert.match(replies(tape).join('|'), /^reply STORE_BROKEN: the store has taken nothing for 5 s, so nothing was begun[^|]*$/)
    tape.saving = 'ok'
    tape.run(5_000)
    assert.equal(tape.text.includes('order'), false, tape.text)
  })
})

test('a second controller takes over in the middle of a failover -> it finishes it', () => {
  const first = settled(['a', 'b'])
  first.kill('a')
  for (let time = 0; time < 200 && first.stored?.value.phase !== 'failover'; time++) first.run(1)
  assert.equal(first.stored?.value.phase, 'failover', first.text)
  const second = new Tape(['a', 'b'], {}, first.stored)
  for (const [id, node] of first.nodes) Object.assign(second.node(id), { ...node })
  second.run(3_000)
  golden('group/takeover', second.text)
  assert.deepEqual([second.group.record?.primary, second.group.record?.epoch, second.node('b').of], ['b', 2, null])
})

test('a group at rest, one that holds, and one that waits for its record -> is woken no more often than it asks', () => {
  const woken = (tape: Tape, ms: number): number => {
    const before = tape.ticks
    tape.run(ms)
    return tape.ticks - before
  }
  const rest = settled(['a', 'b'])
  // Its nodes are asked together four times a second, and the mark leaves with one of these questions.
  assert.ok(woken(rest, 10_000) <= 10 * 4 + 5, 'at rest')
  const held = settled(['a', 'b'])
  held.kill('b')
  held.run(2_000)
  held.kill('a')
  held.run(20_000)
  // Two dead nodes, each knocked at ten times a second and a little more, spread.
  assert.ok(woken(held, 10_000) <= 10 * (2 * 15), 'held')
  const unread = new Tape(['a', 'b'])
  unread.step({ kind: 'tick', silentHosts: 0, hosts: 0, stalledMs: 0, hurryEveryMs: 0 })
  assert.equal(unread.group.wakeAt(), Infinity, 'the answer of the store wakes it')
})

test('at rest, an answer is read when the next question is due already -> the tick asks it, so that a late loop does more than read answers', () => {
  const { group } = settled(['a', 'b'])
  const asked = (input: Input, now: number): string[] =>
    group.step(input, { now, wall: now }).flatMap((effect) => (effect.kind === 'probe' ? [effect.target.node] : []))
  const tick = { kind: 'tick', silentHosts: 0, hosts: 0, stalledMs: 0, hurryEveryMs: 0 } as const
  const turn = group.wakeAt()
  assert.deepEqual(asked(tick, turn), ['a', 'b'])
  const reading = group.view.get('b')?.reading ?? assert.fail('b was read')
  const late = turn + 260
  assert.deepEqual(asked({ kind: 'probed', node: 'b', sentAt: turn, result: { ok: true, reading } }, late), [])
  assert.ok(group.wakeAt() <= late, 'it wants to be woken at once')
  assert.deepEqual(asked(tick, late), ['b'])
})

test('the same inputs at the same times -> the same effects', () => {
  const story = (): string => {
    const tape = new Tape(['a', 'b', 'c'])
    tape.run(3_000)
    tape.kill('a')
    tape.run(2_000)
    return tape.text
  }
  assert.equal(story(), story())
})
