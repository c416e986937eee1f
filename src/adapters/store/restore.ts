// Puts a copy in the place of a store that nobody has open. The store that was there is kept beside it.
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type CopyNote, copyKey } from '../../controller/restoredStore.ts'
import { UserError } from '../../errors.ts'
import { storePath, syncDirectory } from './file.ts'
import { mark } from './fileCopy.ts'
import { messageOf, openProblem } from './fileProblem.ts'
import { lockHolder } from './lockHolder.ts'
import { checkSchema, migrations, pragma } from './schema.ts'

export interface CopyFacts {
  /** When it was made, in ms since 1970; null when it does not say: a file that was copied by hand. */
  readonly at: number | null
  readonly revision: number
  readonly groups: number
}

export interface Restored extends CopyFacts {
  readonly path: string
  /** Where the store that was there is now, null when there was none. */
  readonly kept: string | null
}

/**
 * Looks into a copy without changing a byte beside it. The file must be nobody's: closing it here would drop the lock that this process has.
 * Throws STORE_LOCKED, STORE_NEWER or STORE_BROKEN.
 */
export function inspectCopy(path: string): CopyFacts {
  let db: DatabaseSync | null = null
  try {
    if (!existsSync(path)) throw new UserError('STORE_BROKEN', `there is no ${path}`)
    db = new DatabaseSync(path, { readOnly: true, timeout: 0 })
    return factsOf(db, path)
  } catch (error) {
    throw openProblem(error, path)
  } finally {
    db?.close()
  }
}

function factsOf(db: DatabaseSync, path: string): CopyFacts {
  checkSchema(db, path, migrations.length)
  if (Number(pragma(db, 'user_version')) === 0) throw new UserError('STORE_BROKEN', `${path} is empty: no store was ever written to it`)
  const damage = pragma(db, 'quick_check(1)')
  if (damage !== 'ok') throw new UserError('STORE_BROKEN', `${path} is damaged (${damage}); take another copy`)
  const note = valueOf(db, copyKey) as CopyNote | null
  const head = valueOf(db, 'spec/head') as { readonly revision: number } | null
  const groups = db.prepare("SELECT count(*) AS n FROM pair WHERE key >= 'spec/group/' AND key < 'spec/group0'").get()
  return { at: note?.at ?? null, revision: head?.revision ?? 0, groups: Number(groups?.['n']) }
}

function valueOf(db: DatabaseSync, key: string): unknown {
  const row = db.prepare('SELECT value FROM pair WHERE key = ?').get(key)
  return row === undefined ? null : JSON.parse(String(row['value']))
}

/** `stamp`: names what is kept aside. Nothing is changed when it throws: STORE_LOCKED, STORE_NEWER or STORE_BROKEN. */
export function restoreStore(from: string, dir: string, stamp: string): Restored {
  const path = storePath(dir)
  const part = `${path}.restoring`
  const holder = existsSync(from) ? lockHolder(from) : null
  if (holder !== null) {
    throw new UserError(
      'STORE_LOCKED',
      `${from} is open in another process (pid ${holder}), so it is no copy; make one with \`regroup backup\``,
    )
  }
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  try {
    const facts = bring(from, part)
    const old = existsSync(path) ? lockOld(path) : null
    try {
      const kept = existsSync(path) ? `${path}.before-${stamp}` : null
      if (kept !== null) setAside(path, kept)
      // Not a rename: it must not replace the store of a server that was just started.
      linkSync(part, path)
      return { ...facts, path, kept }
    } finally {
      old?.close()
    }
  } catch (error) {
    throw error instanceof UserError ? error : new UserError('STORE_BROKEN', `${path} cannot be restored: ${messageOf(error)}`)
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(part + suffix, { force: true })
    syncDirectory(dir)
  }
}

/** Copies the file beside the store, judges it there, and has it say that it is a copy. */
function bring(from: string, part: string): CopyFacts {
  if (!existsSync(from)) throw new UserError('STORE_BROKEN', `there is no ${from}`)
  closeSync(openSync(part, 'w', 0o600))
  copyFileSync(from, part)
  chmodSync(part, 0o600)
  // Of a directory that was copied while no server ran on it.
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${part}-wal`)
  let db: DatabaseSync | null = null
  let facts: CopyFacts
  try {
    db = new DatabaseSync(part)
    facts = factsOf(db, from)
  } catch (error) {
    throw openProblem(error, from)
  } finally {
    db?.close()
  }
  mark(part, [{ key: copyKey, text: JSON.stringify({ at: facts.at } satisfies CopyNote) }])
  const { uid, gid } = statSync(dirname(part))
  // Restored by root, opened by the user whose directory it is.
  if (process.getuid?.() === 0) chownSync(part, uid, gid)
  return facts
}

/** Holds the lock of the store that is there until the copy has taken its place; null when it is too broken to be locked, and nobody has it. */
function lockOld(path: string): DatabaseSync | null {
  let db: DatabaseSync | null = null
  try {
    db = new DatabaseSync(path, { timeout: 0 })
    // What lies in its write-ahead log comes into the file, so that one file is kept.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
    return db
  } catch (error) {
    const problem = openProblem(error, path)
    db?.close()
    const holder = lockHolder(path)
    if (problem.code === 'STORE_LOCKED') throw problem
    if (holder !== null) throw new UserError('STORE_LOCKED', `another process (pid ${holder}) has the store ${path} open; stop it first`)
    return null
  }
}

function setAside(path: string, kept: string): void {
  for (const suffix of ['-wal', '-shm', '']) if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix)
  const descriptor = openSync(dirname(path), 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
