// The tables of the embedded store, and how an older file becomes a newer one.
import type { DatabaseSync } from 'node:sqlite'
import { UserError } from '../../errors.ts'

/** Written into the file's header, so that another program's database is never taken for a store ("rgrp"). */
const applicationId = 0x72677270

/** One script per schema version, oldest first. Never edit one that was released: append. */
export const migrations: readonly string[] = [
  `CREATE TABLE revision (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL, starts INTEGER NOT NULL) STRICT;
   INSERT INTO revision VALUES (1, 0, 0);
   CREATE TABLE pair (key TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL) STRICT;
   CREATE TABLE log (grp TEXT NOT NULL, seq INTEGER NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (grp, seq)) STRICT, WITHOUT ROWID;
   CREATE TABLE log_end (grp TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
]

/** The one number a pragma answers with. */
export function pragma(db: DatabaseSync, name: string): string | number {
  const row = db.prepare(`PRAGMA ${name}`).get()
  const value = row === undefined ? undefined : Object.values(row)[0]
  if (typeof value !== 'number' && typeof value !== 'string') throw new Error(`SQLite gave no answer to PRAGMA ${name}`)
  return value
}

/** Throws STORE_NEWER or STORE_BROKEN when the file is not one that this program may open. */
export function checkSchema(db: DatabaseSync, path: string, known: number): void {
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()
  const fresh = tables?.['n'] === 0
  const owner = pragma(db, 'application_id')
  if (fresh && owner === 0) return
  if (owner !== applicationId) {
    throw new UserError('STORE_BROKEN', `${path} is a database of another program; give regroup a directory of its own`)
  }
  const version = Number(pragma(db, 'user_version'))
  if (version > known) {
    throw new UserError(
      'STORE_NEWER',
      `${path} was written by a newer regroup (schema ${version}, this one knows ${known}); start the newer one. Nothing was changed`,
    )
  }
}

/** Brings the schema up to date in one transaction: all scripts that are missing, or none. Returns whether anything was done. */
export function migrate(db: DatabaseSync, scripts: readonly string[]): boolean {
  const from = Number(pragma(db, 'user_version'))
  if (from >= scripts.length) return false
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const script of scripts.slice(from)) db.exec(script)
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${scripts.length}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
  return true
}
