// A copy of the store's file while it is open. Made through the connection that holds the lock: a second one would drop it.
import { closeSync, fsyncSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, statfsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync, backup } from 'node:sqlite'
import { UserError } from '../../errors.ts'
import { messageOf } from './fileProblem.ts'

/** A key that the copy has and the store has not. */
export interface CopyMark {
  readonly key: string
  /** JSON text. */
  readonly text: string
}

/** Pages copied between two commits: 1 MiB, some milliseconds. */
const pagesAtOnce = 256
/** Left free on the disk beside the copy, so that a copy never stops a failover from being written. */
const spareBytes = 64 * 1024 * 1024
const prefix = 'copy-'

/** Copies what is committed, in steps between commits. Gives the path of a file that is alone in a new directory. Throws STORE_BROKEN. */
export async function copyOf(db: DatabaseSync, path: string, marked: readonly CopyMark[]): Promise<string> {
  const dir = dirname(path)
  mustFit(path, dir)
  const copyDir = mkdtempSync(join(dir, prefix))
  const copy = join(copyDir, basename(path))
  try {
    closeSync(openSync(copy, 'wx', 0o600))
    await backup(db, copy, { rate: pagesAtOnce })
    mark(copy, marked)
    return copy
  } catch (error) {
    rmSync(copyDir, { recursive: true, force: true })
    throw error instanceof UserError ? error : new UserError('STORE_BROKEN', `the store could not be copied: ${messageOf(error)}`)
  }
}

function mustFit(path: string, dir: string): void {
  const { bavail, bsize } = statfsSync(dir)
  const needed = statSync(path).size + spareBytes
  if (bavail * bsize >= needed) return
  const mebibytes = (bytes: number): number => Math.ceil(bytes / 1_048_576)
  throw new UserError(
    'STORE_BROKEN',
    `a copy of the store needs ${mebibytes(needed)} MiB of free disk beside it, and ${dir} has ${mebibytes(bavail * bsize)} MiB; free some space. The store itself is well`,
  )
}

/** Makes one file of it, without a write-ahead log, and says in it that it is a copy. */
export function mark(copy: string, marked: readonly CopyMark[]): void {
  const db = new DatabaseSync(copy)
  try {
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; BEGIN IMMEDIATE')
    const version = Number(db.prepare('UPDATE revision SET last = last + 1 RETURNING last').get()?.['last'])
    const put = db.prepare('INSERT OR REPLACE INTO pair (key, version, value) VALUES (?, ?, ?)')
    for (const { key, text } of marked) put.run(key, version, text)
    db.exec('COMMIT')
  } finally {
    db.close()
  }
  const descriptor = openSync(copy, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** What a process that was killed while copying left behind. */
export function dropCopies(path: string): void {
  const dir = dirname(path)
  for (const name of readdirSync(dir)) if (name.startsWith(prefix)) rmSync(join(dir, name), { recursive: true, force: true })
}
