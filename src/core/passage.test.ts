import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Tape } from '../../test/tape.ts'
import { endedPassage } from './passage.ts'
import type { Passage } from './status.ts'

function settled(ids: readonly string[]): Tape {
  const tape = new Tape(ids)
  tape.run(5_000)
  assert.equal(tape.group.record?.inSync.length, ids.length, tape.text)
  return tape
}

const of = (tape: Tape) => tape.group.status({ now: tape.now, wall: tape.now }).passage
const steps = (passage: Passage | null): string[] => passage?.steps.map(({ name, state }) => `${name} ${state}`) ?? []

/** No step before the one that stands before it. */
function inOrder(passage: Passage | null): void {
  const times = passage?.steps.flatMap(({ afterMs }) => afterMs ?? []) ?? []
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
    JSON.stringify(passage?.steps),
  )
}

void describe('a change of primary, as steps', () => {
  test('a group that is at rest -> none', () => assert.deepEqual(of(settled(['a', 'b'])), { running: null, last: null }))

  test('the primary is killed -> every step with its time, and it ends although the dead one follows nobody', () => {
    const tape = settled(['a', 'b', 'c'])
    tape.kill('a')
    tape.run(5_000)
    const { running, last } = of(tape)
    assert.equal(running, null)
    assert.deepEqual([last?.kind, last?.from, last?.to, last?.epoch], ['failover', 'a', 'b', 2])
    assert.deepEqual(
      steps(last),
      ['suspected', 'proven', 'elected', 'promoting', 'confirmed', 'opened', 'told', 'attached'].map((name) => `${name} done`),
    )
    inOrder(last)
    assert.equal(last?.steps[0]?.afterMs, 0)
    assert.ok((last?.endedAt ?? Infinity) - (last?.startedAt ?? 0) < 5_000)
  })

  test('while it is under way -> the steps that were taken, the one that is next, and those that wait', () => {
    const tape = settled(['a', 'b', 'c'])
    tape.kill('a')
    const seen = new Set<string>()
    for (let at = 0; at < 3_000 && of(tape).last === null; at++) {
      tape.run(1)
      const { running } = of(tape)
      if (running === null) continue
      inOrder(running)
      const states = running.steps.map(({ state }) => state)
      assert.deepEqual(
        states,
        states.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
      )
      seen.add(running.steps.find(({ state }) => state === 'now')?.name ?? 'none')
    }
    for (const name of ['elected', 'confirmed', 'opened']) assert.ok(seen.has(name), `${name} was never under way: ${[...seen].join(' ')}`)
  })

  test('the primary is suspected and answers again -> nothing is told of it any more', () => {
    const tape = settled(['a', 'b', 'c'])
    tape.freeze('a')
    for (let at = 0; at < 5_000 && of(tape).running === null; at++) tape.run(1)
    assert.deepEqual(steps(of(tape).running).slice(0, 2), ['suspected done', 'proven now'])
    tape.thaw('a')
    tape.run(1_000)
    assert.deepEqual(of(tape), { running: null, last: null })
  })

  test('an operator switches over -> writes wait, the old primary is demoted, then the same steps', () => {
    const tape = settled(['a', 'b'])
    tape.command({ name: 'switchover', to: 'b', by: 'ann', dryRun: false })
    tape.run(4_000)
    const { last } = of(tape)
    assert.equal(last?.kind, 'switchover')
    assert.deepEqual(
      steps(last),
      ['elected', 'paused', 'demoted', 'promoting', 'confirmed', 'opened', 'told', 'attached'].map((name) => `${name} done`),
    )
    inOrder(last)
  })

  test('a switchover whose candidate dies -> it ended, and the steps that were not taken say so', () => {
    const tape = settled(['a', 'b'])
    tape.command({ name: 'switchover', to: 'b', by: 'ann', dryRun: false })
    tape.kill('b')
    tape.run(10_000)
    const { running, last } = of(tape)
    assert.equal(running, null)
    assert.equal(last?.steps.at(-1)?.state, 'skipped', JSON.stringify(last))
    assert.equal(tape.group.record?.primary, 'a')
  })
})

void describe('a change of primary that ended', () => {
  test('the history -> has one entry of it, with the time of each step', () => {
    const tape = settled(['a', 'b', 'c'])
    tape.kill('a')
    tape.run(5_000)
    const told = tape.lines.filter((line) => line.includes('passage.ended'))
    assert.equal(told.length, 1, tape.text)
    assert.match(told[0] ?? '', /the failover from a to b is done: open to writes after \d+ ms, all others that answer follow after \d+ ms/)
    const { evidence, sentence } = endedPassage(tape.passage ?? assert.fail('nothing was kept'))
    assert.deepEqual(Object.keys(evidence), ['suspected', 'proven', 'elected', 'promoting', 'confirmed', 'opened', 'told', 'attached'])
    assert.ok(sentence.includes(String(evidence['opened'])))
  })

  test('the controller restarts -> the next process shows it as it was', () => {
    const tape = settled(['a', 'b', 'c'])
    tape.kill('a')
    tape.run(5_000)
    const { last } = of(tape)
    const next = new Tape(['a', 'b', 'c'], {}, tape.stored)
    next.passage = tape.passage
    next.run(3_000)
    assert.notEqual(last, null)
    assert.deepEqual(of(next).last, last)
  })

  test('a switchover that was given up -> said as such', () => {
    const tape = settled(['a', 'b'])
    tape.command({ name: 'switchover', to: 'b', by: 'ann', dryRun: false })
    tape.kill('b')
    tape.run(10_000)
    assert.equal(
      endedPassage(tape.passage ?? assert.fail('nothing was kept')).sentence,
      'the switchover from a to b was given up: a stays primary',
    )
  })
})

const order = ['done', 'now', 'waiting']
