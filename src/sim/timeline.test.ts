import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dice } from './dice.ts'
import { Timeline } from './timeline.ts'

test('timeline: events in any order -> they happen by time, those of one instant as arranged', () => {
  const timeline = new Timeline()
  const dice = Dice.of(3)
  const expected: { at: number; n: number }[] = []
  const happened: { at: number; n: number }[] = []
  for (let n = 0; n < 500; n++) {
    const at = dice.below(50)
    expected.push({ at, n })
    timeline.at(at, () => happened.push({ at: timeline.now, n }))
  }
  while (timeline.step(1000)) assert.ok(timeline.now < 50)
  assert.deepEqual(
    happened,
    expected.toSorted((a, b) => a.at - b.at || a.n - b.n),
  )
  assert.equal(timeline.now, 1000)
})

test('timeline: a cancelled event -> does not happen; one arranged for the past -> happens now', () => {
  const timeline = new Timeline()
  const happened: string[] = []
  timeline.at(5, () => happened.push('cancelled')).cancelled = true
  timeline.at(10, () => timeline.at(3, () => happened.push(`late at ${timeline.now}`)))
  while (timeline.step(20));
  assert.deepEqual(happened, ['late at 10'])
})

test('timeline: an event after the end -> stays for later', () => {
  const timeline = new Timeline()
  timeline.at(30, () => undefined)
  assert.equal(timeline.step(20), false)
  assert.equal(timeline.now, 20)
  assert.equal(timeline.size, 1)
})
