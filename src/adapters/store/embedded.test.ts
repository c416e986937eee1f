import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeContract } from './contract.ts'
import { openEmbeddedStore } from './embedded.ts'
import { storePath } from './file.ts'

storeContract('embedded', async ({ keepEntries }) => {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-store-'))
  let store = await openEmbeddedStore({ dir, keepEntries })
  return {
    store,
    other: store,
    async reopen() {
      await store.close()
      store = await openEmbeddedStore({ dir, keepEntries })
      return store
    },
    async openCopy(bytes) {
      const copyDir = mkdtempSync(join(dir, 'opened-'))
      writeFileSync(storePath(copyDir), bytes)
      return await openEmbeddedStore({ dir: copyDir, keepEntries })
    },
    async end() {
      await store.close()
      assert.deepEqual(
        readdirSync(dir).filter((name) => name.startsWith('copy-')),
        [],
        'a copy was left behind',
      )
      rmSync(dir, { recursive: true })
    },
  }
})
