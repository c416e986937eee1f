import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pause } from '../../test/decisions.ts'
import { alive, epochStart, group, now, recorded, refused, silent, switching, withPolicy, withSpec } from '../../test/situations.ts'
import { caseOf, decide } from './decide.ts'
import { elect } from './elect.ts'
import type { Roll } from './model.ts'
import { present } from './present.ts'
import { type RollView, rollView } from './roll.ts'
import type { Situation } from './situation.ts'
import { noPassages } from './passage.ts'
import { say, worded } from './said.ts'

const begun: Roll = {
  since: epochStart,
  by: 'ann',
  why: 'new kernel',
  was: ['a', 'b', 'c'].map((node) => ({ node, incarnation: `${node}1` })),
  turn: null,
}

function rolling(s: Situation, change: Partial<Roll> = {}): Situation {
  return withSpec(s, { roll: { ...begun, ...change } })
}

/** Another process, in sync again. */
const again = (id: string) => alive(id, { incarnation: `${id}2` })
const inSync = (s: Situation, ...ids: readonly string[]): Situation =>
  recorded(s, { inSync: ids.map((node) => ({ node, incarnation: s.nodes.get(node)?.reading?.incarnation ?? '' })) })
const turn = (node: string) => ({ turn: { node, epoch: 1, until: epochStart + now + 1_000 } })

function view(s: Situation): RollView {
  return rollView(s) ?? assert.fail('no roll')
}

function next(s: Situation): string {
  const { step } = view(s)
  return step.kind === 'restart' ? `restart ${step.node}` : step.kind === 'switchover' ? `switchover to ${step.to}` : step.kind
}

function says(s: Situation, kind: string, sentence: RegExp): void {
  const { step } = view(s)
  assert.equal(step.kind, kind, step.sentence)
  assert.match(step.sentence, sentence)
}

const trio = group('a', alive('a'), alive('b', { spec: { priority: 50 } }), alive('c'))

void describe('a rolling restart', () => {
  test('none was begun -> nothing is said', () => {
    assert.equal(rollView(trio), null)
  })

  test('nobody was restarted -> the replica that is least wanted as a primary', () => {
    assert.equal(next(rolling(trio)), 'restart c')
    assert.deepEqual([view(rolling(trio)).restarted, view(rolling(trio)).left], [[], ['a', 'b', 'c']])
  })

  test('its turn, and it still runs -> may be restarted; gone -> waits; back and not in sync -> waits; in sync -> the next one', () => {
    assert.equal(next(rolling(trio, turn('c'))), 'restart c')
    const gone = group('a', alive('a'), alive('b'), refused('c', 5_000))
    says(rolling(inSync(gone, 'a', 'b'), turn('c')), 'wait', /waits for c to come back/)
    const back = group('a', alive('a'), alive('b'), again('c'))
    says(rolling(inSync(back, 'a', 'b'), turn('c')), 'wait', /c is back; waits until it is in sync/)
    assert.equal(next(rolling(inSync(back, 'a', 'b', 'c'), turn('c'))), 'restart b')
    assert.deepEqual(view(rolling(inSync(back, 'a', 'b', 'c'), turn('c'))).restarted, ['c'])
  })

  test('only the primary is left -> it hands over, then it has its turn, then all is done', () => {
    const left = inSync(group('a', alive('a'), again('b'), again('c')), 'a', 'b', 'c')
    assert.equal(next(rolling(left, turn('b'))), 'switchover to b')
    const moved = inSync(group('b', alive('a'), again('b'), again('c')), 'b', 'a', 'c')
    assert.equal(next(rolling(recorded(moved, { incarnation: 'b2' }), turn('b'))), 'restart a')
    const done = inSync(group('b', again('a'), again('b'), again('c')), 'b', 'a', 'c')
    assert.equal(next(rolling(recorded(done, { incarnation: 'b2' }), turn('a'))), 'done')
  })

  test('who just handed over is not in sync yet -> waits, nobody else is taken away', () => {
    const moved = inSync(group('b', alive('a'), again('b'), again('c')), 'b')
    says(rolling(recorded(moved, { incarnation: 'b2' })), 'wait', /waits until a is in sync/)
  })

  test('a node that was added since -> needs no restart', () => {
    const four = group('a', alive('a'), again('b'), again('c'), alive('d'))
    assert.deepEqual(view(rolling(inSync(four, 'a', 'b', 'c', 'd'))).left, ['a'])
  })

  test('another node is down, in maintenance, or the group is paused -> a doubt', () => {
    const down = inSync(group('a', alive('a'), refused('b', 5_000), alive('c')), 'a', 'c')
    says(rolling(down), 'doubt', /b is down, and it is not its turn/)
    says(rolling(inSync(group('a', alive('a'), silent('b', 5_000), alive('c')), 'a', 'c')), 'doubt', /b is down/)
    const worked = group('a', alive('a'), alive('b', { spec: { maintenanceUntil: epochStart + now + 1 } }), alive('c'))
    says(rolling(worked), 'doubt', /b is in maintenance; `regroup maintain g\/b --end`/)
    says(rolling(withSpec(trio, { pause })), 'doubt', /paused by anna/)
  })

  test('a failover since it began -> a doubt; from before -> none', () => {
    says(rolling(recorded(trio, { failovers: [epochStart + 1] })), 'doubt', /a failover happened since it began/)
    assert.equal(next(rolling(recorded(trio, { failovers: [epochStart] }))), 'restart c')
  })

  test('the primary is gone, or not steady -> waits or doubts, restarts nobody', () => {
    says(rolling(group('a', refused('a', 9_900), alive('b', { linkUp: false }), alive('c', { linkUp: false }))), 'doubt', /a refuses/)
    says(rolling(group('a', silent('a', 9_900), alive('b'), alive('c'))), 'wait', /gathering evidence/)
    says(rolling(switching(trio, 'b')), 'wait', /switchover to b/)
  })

  test('a single node -> a doubt: writes would stop', () => {
    says(rolling(group('a', alive('a'))), 'doubt', /only node: its restart stops the writes/)
  })

  test('the replica of a 1+1 -> may be restarted; with guard on its restart stops the writes -> a doubt', () => {
    const pair = group('a', alive('a'), alive('b'))
    assert.equal(next(rolling(pair)), 'restart b')
    const on = recorded(withPolicy(group('a', alive('a', { guard: 1 }), alive('b')), { guard: 'on' }), { guard: 1 })
    says(rolling(on), 'doubt', /writes stop until a replica is back/)
  })

  test('nobody may take over from the primary that is left -> a doubt', () => {
    const pair = inSync(group('a', alive('a'), alive('b', { incarnation: 'b2', spec: { priority: 0 } })), 'a', 'b')
    says(rolling(pair), 'doubt', /a is left, and of those in sync \(b\) none may be promoted/)
  })

  test('its turn -> in maintenance until it is back in sync as another process, or its time is over', () => {
    const s = rolling(trio, turn('c'))
    const shown = (of: Situation) =>
      present(
        of,
        decide(of),
        { rule: '', kind: 'hold', ...worded(say('status.reads')), evidence: {}, at: 0 },
        { tracked: [], passages: noPassages },
      ).nodes[2]?.maintenance
    assert.deepEqual(shown(s), { until: epochStart + now + 1_000, by: 'ann', why: 'rolling restart' })
    const back = group('a', alive('a'), alive('b'), again('c'))
    assert.notEqual(shown(rolling(inSync(back, 'a', 'b'), turn('c'))), null)
    assert.equal(shown(rolling(inSync(back, 'a', 'b', 'c'), turn('c'))), null)
    assert.equal(shown({ ...s, wall: epochStart + now + 1_000 }), null)
    const elsewhere = recorded(rolling(inSync(back, 'a', 'b'), turn('c')), { epoch: 2 })
    assert.equal(shown(elsewhere), null, 'another primary is recorded since')
    const lost = rolling(
      group('a', refused('a', 9_900), alive('b', { linkUp: false, offset: 900 }), alive('c', { linkUp: false })),
      turn('c'),
    )
    const c = caseOf(lost)
    assert.ok(c !== null)
    const election = elect(lost, c.record, 'dead', 9_900)
    assert.ok(election.kind === 'candidate')
    assert.equal(election.node, 'b')
  })
})
