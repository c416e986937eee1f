import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOpen, windowProblem } from './dailyWindow.ts'
import { inEnglish } from './said.ts'

const utc = (hour: number, minute: number): number => Date.UTC(2026, 0, 15, hour, minute)

test('a window -> open from its first minute to before its last, in UTC', () => {
  const open = (hour: number, minute: number): boolean => isOpen('02:00-04:30', utc(hour, minute))
  assert.deepEqual([open(1, 59), open(2, 0), open(4, 29), open(4, 30), open(14, 0)], [false, true, true, false, false])
})

test('a window over midnight -> open on both sides', () => {
  const open = (hour: number, minute: number): boolean => isOpen('22:00-02:00', utc(hour, minute))
  assert.deepEqual([open(21, 59), open(22, 0), open(0, 0), open(1, 59), open(2, 0)], [false, true, true, true, false])
})

test('a zone -> its own clock, in summer too', () => {
  assert.equal(isOpen('02:00-03:00 Asia/Shanghai', utc(18, 30)), true)
  assert.equal(isOpen('02:00-03:00 Asia/Shanghai', utc(2, 30)), false)
  assert.equal(isOpen('02:00-03:00 Europe/Berlin', utc(1, 30)), true)
  assert.equal(isOpen('02:00-03:00 Europe/Berlin', Date.UTC(2026, 6, 15, 0, 30)), true)
})

test('what is no window -> said what it must be, and never open', () => {
  for (const text of ['', '2-4', '02:00', '24:00-02:00', '02:00-02:60', '02:00-02:00', '02:00-04:00 Nowhere/Land', 7]) {
    const problem = windowProblem(text) ?? assert.fail(`${String(text)} is taken for a window`)
    assert.match(inEnglish(problem), /it must be a window of the day, as "02:00-04:00" \(UTC\)/, String(text))
    assert.equal(isOpen(String(text), utc(2, 0)), false)
  }
  assert.equal(windowProblem('22:00-02:00 Europe/Berlin'), null)
})
