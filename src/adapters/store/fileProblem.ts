// What SQLite and the file system say when a store cannot be opened, as an error that a person can act on.
import { dirname } from 'node:path'
import { UserError } from '../../errors.ts'
import { lockHolder } from './lockHolder.ts'

/** SQLite's primary result codes that mean something to us. Source: sqlite.org/rescode.html. */
export const sqlite = { busy: 5, locked: 6, readOnly: 8, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const

/** SQLite's primary result code, or null when the error is not SQLite's. */
export function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  return error.errcode & 0xff
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The file system's refusals under SQLite's names. */
function fromSystem(error: unknown): number | null {
  switch (error instanceof Error && 'code' in error ? error.code : null) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
      return sqlite.readOnly
    case 'ENOSPC':
    case 'EDQUOT':
      return sqlite.full
    default:
      return null
  }
}

/** STORE_LOCKED when another process has the file, STORE_BROKEN otherwise; what is a UserError already stays as it is. */
export function openProblem(error: unknown, path: string): UserError {
  if (error instanceof UserError) return error
  const said = messageOf(error)
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
    return new UserError('STORE_BROKEN', `there can be no ${path}: ${dirname(path)} is a file, and a store needs a directory`)
  switch (resultCode(error) ?? fromSystem(error)) {
    case sqlite.busy:
    case sqlite.locked: {
      const pid = lockHolder(path)
      const who = pid === null ? 'another process' : `another process (pid ${pid})`
      return new UserError('STORE_LOCKED', `${who} has the store ${path} open; stop it first, or give this one another directory`)
    }
    case sqlite.corrupt:
    case sqlite.notADatabase:
      return new UserError('STORE_BROKEN', `${path} is damaged or not a store (${said}); restore a backup or move the file away`)
    case sqlite.readOnly:
    case sqlite.cannotOpen:
      return new UserError('STORE_BROKEN', `${path} cannot be written (${said}); check its owner, its mode and how its disk is mounted`)
    case sqlite.full:
      return new UserError('STORE_BROKEN', `no space left for ${path} (${said}); free some space on its disk`)
    case null:
    default:
      return new UserError('STORE_BROKEN', `cannot open the store ${path}: ${said}`)
  }
}
