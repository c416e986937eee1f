// The wait of the tests: polling with a deadline, never a fixed sleep.
import assert from 'node:assert/strict'
import { setTimeout as later } from 'node:timers/promises'

/** Long enough for a busy machine; a passing test never waits for it. */
export const patience = 60_000

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `not within ${patience} ms: ${what}`)
    await later(5)
  }
}
