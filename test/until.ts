// The wait of the tests: polling with a deadline, never a fixed sleep.
import assert from 'node:assert/strict'
import { setTimeout as later } from 'node:timers/promises'

/** Long enough for a busy machine; a passing test never waits for it. */
export const patience = 60_000

/** Gives what was found: the first answer that is neither false nor nothing. */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + patience
  for (;;) {
    const found = await look()
    if (found !== false && found !== null && found !== undefined) return found as Exclude<T, false | null | undefined>
    assert.ok(performance.now() < deadline, `not within ${patience} ms: ${what}`)
    await later(5)
  }
}
