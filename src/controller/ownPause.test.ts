import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Input } from '../ports.ts'
import { OwnPause } from './ownPause.ts'

const tick = (stalledMs: number): Input => ({ kind: 'tick', silentHosts: 0, hosts: 0, stalledMs, hurryEveryMs: 0 })
const answer: Input = { kind: 'disconnected', node: 'a' }

test('a late tick -> so long we stood still, told once', () => {
  const pause = new OwnPause()
  pause.note(tick(400), 0, 1_000)
  assert.deepEqual([pause.isNew, pause.take(), pause.isNew, pause.take()], [true, 400, false, 0])
})

test('what our sockets had comes before the tick that is late -> the pause is seen with the first of it, and counted once', () => {
  const pause = new OwnPause()
  pause.note(answer, 600, 1_000)
  assert.equal(pause.take(), 400)
  pause.note(answer, 1_100, 1_001)
  pause.note(tick(400), 600, 1_001)
  assert.equal(pause.take(), 1)
})

test('an answer before the group wanted to be woken and its questions were to end, or soon after -> no pause', () => {
  const pause = new OwnPause()
  for (const wakeAt of [750, 1_000, 1_200, Infinity]) pause.note(answer, wakeAt, 1_000)
  pause.note(tick(0), 0, 1_000)
  assert.equal(pause.isNew, false)
  pause.note(answer, 749, 1_000)
  assert.equal(pause.take(), 251)
})
