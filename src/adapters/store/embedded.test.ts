import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeContract } from './contract.ts'
import { openEmbeddedStore } from './embedded.ts'

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
    async end() {
      await store.close()
      rmSync(dir, { recursive: true })
    },
  }
})
