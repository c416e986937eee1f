import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from './clock.ts'

test('two readings of the clock -> the second is not before the first, and the wall is of this century', () => {
  const first = systemClock.now()
  let second = systemClock.now()
  while (second === first) second = systemClock.now()
  assert.ok(second > first)
  assert.ok(systemClock.wall() > Date.UTC(2020))
  assert.ok(Number.isInteger(systemClock.wall()))
})
