// A process whose files may not grow past a soft limit: writes new keys until even reading is refused, and again once the limit is gone.
// Usage: node squeezed.ts DIR. Prints "stored KEY" and "unknown KEY" for every commit, "refused CODE" when a read fails, "done" after the recovery.
import { writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { openEmbeddedStore } from '../../src/adapters/store/embedded.ts'
import { UserError } from '../../src/errors.ts'

const store = await openEmbeddedStore({ dir: process.argv[2] ?? '' })
const value = 'x'.repeat(40_000)
let refused = false

for (let count = 0, after = 0; after < 3; count++) {
  const key = `k${String(count).padStart(5, '0')}`
  const result = await store.commit([{ key, expected: 0, value }], [])
  writeSync(1, `${result.ok ? 'stored' : result.reason} ${key}\n`)
  if (result.ok && refused) after++
  if (result.ok) continue
  try {
    await store.get(key)
  } catch (error) {
    writeSync(1, `refused ${error instanceof UserError ? error.code : String(error)}\n`)
    refused = true
  }
  await delay(20)
}
await store.close()
writeSync(1, 'done\n')
