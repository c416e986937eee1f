// The file admin.token beside the store: who may read it may change the store itself, so it grants nothing that he has not.
import { randomBytes } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const name = 'admin.token'

/** Makes a new one for this run, readable by this user alone, and gives what it holds. */
export function writeAdminToken(dir: string): string {
  const secret = `rga.${randomBytes(32).toString('base64url')}`
  const path = join(dir, name)
  const fresh = `${path}.new`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, `${secret}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(fresh, path)
  return secret
}

export function removeAdminToken(dir: string): void {
  rmSync(join(dir, name), { force: true })
}
