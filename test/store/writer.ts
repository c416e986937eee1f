// A process that commits as fast as it can and says on stdout what was acknowledged; tests kill it at any instant.
// Usage: node writer.ts DIR LANES. Prints "open", then "LANE COUNT VERSION" after every acknowledged commit, "ERROR code message" when it cannot open.
import { writeSync } from 'node:fs'
import { openEmbeddedStore } from '../../src/adapters/store/embedded.ts'
import { UserError } from '../../src/errors.ts'
import type { Store } from '../../src/ports.ts'

const [dir = '', lanes = '1'] = process.argv.slice(2)

/** Each commit writes the same count under three keys and into the log, so that half of one would show. */
async function lane(store: Store, name: string): Promise<never> {
  const keys = ['a', 'b', 'c'].map((part) => `${name}/${part}`)
  const found = await Promise.all(keys.map((key) => store.get<number>(key)))
  let version = found[0]?.version ?? 0
  for (let count = (found[0]?.value ?? 0) + 1; ; count++) {
    const changes = keys.map((key) => ({ key, expected: version, value: count }))
    const entry = { at: count, group: name, epoch: count, kind: 'event' as const, rule: 'write', sentence: 'x'.repeat(200), evidence: {} }
    const result = await store.commit(changes, [entry])
    if (!result.ok) throw new Error(result.message)
    version = result.version
    // Synchronous: a line that left is a promise that was made.
    writeSync(1, `${name} ${count} ${version}\n`)
  }
}

try {
  const store = await openEmbeddedStore({ dir, keepEntries: 50 })
  writeSync(1, 'open\n')
  await Promise.all(Array.from({ length: Number(lanes) }, (_, index) => lane(store, `lane${index}`)))
} catch (error) {
  if (!(error instanceof UserError)) throw error
  writeSync(1, `ERROR ${error.code} ${error.message}\n`)
  process.exitCode = error.exitCode
}
