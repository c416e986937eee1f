// The store's file: SQLite in WAL mode, one process, synchronous. embedded.ts runs it in a thread of its own.
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { UserError } from '../../errors.ts'
import { type CopyMark, copyOf, dropCopies } from './fileCopy.ts'
import { messageOf, openProblem, resultCode, sqlite } from './fileProblem.ts'
import { expiredAtOnce, isJournal, journal } from './limits.ts'
import { checkSchema, migrate, migrations, pragma } from './schema.ts'

export interface FileSettings {
  readonly dir: string
  /** Entries kept per group. */
  readonly keepEntries: number
  /** The file never grows past this, so that a runaway log cannot fill the disk that the nodes may share. */
  readonly maxBytes: number
}

export interface TextChange {
  readonly key: string
  readonly expected: number
  /** JSON text; null deletes. */
  readonly text: string | null
}

export interface TextEntry {
  readonly group: string
  /** JSON text of an entry without its seq. */
  readonly text: string
}

export interface TextCommit {
  readonly changes: readonly TextChange[]
  readonly entries: readonly TextEntry[]
}

export interface TextPair {
  readonly key: string
  readonly version: number
  readonly text: string
}

export type Applied =
  | { readonly ok: true; readonly version: number; readonly touched: readonly string[] }
  | { readonly ok: false; readonly reason: 'conflict' | 'unknown'; readonly message: string }

const pageBytes = 4096
/** The write-ahead log is cut back to this after a checkpoint; one turn of a thousand groups is about as large. */
const walBytes = 8 * 1024 * 1024

/** The store's file in a directory. Beware: POSIX drops a file's locks when *any* descriptor of it is closed in this process, so open it here only. */
export function storePath(dir: string): string {
  return join(resolve(dir), 'regroup.db')
}

/** Opens, locks, checks and migrates. Throws STORE_LOCKED, STORE_NEWER or STORE_BROKEN. */
export function openStoreFile(settings: FileSettings): StoreFile {
  const path = storePath(settings.dir)
  let db: DatabaseSync | null = null
  try {
    prepare(path)
    refuseNewer(path)
    db = new DatabaseSync(path, { timeout: 0 })
    ready(db, path, settings)
    dropCopies(path)
    return new StoreFile(db, path, settings.keepEntries)
  } catch (error) {
    // The reason first: closing gives the lock back, and then its holder can no longer be told from us.
    const problem = openProblem(error, path)
    db?.close()
    throw problem
  }
}

/** The directory 0700 and the file 0600, both on disk under their names before anything is promised. */
function prepare(path: string): void {
  const dir = dirname(path)
  const made = mkdirSync(dir, { recursive: true, mode: 0o700 })
  try {
    // `wx` never opens a file that exists: closing it would drop the lock that this very process may hold.
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
  syncDirectory(dir)
  if (made !== undefined) syncDirectory(dirname(made))
}

export function syncDirectory(dir: string): void {
  const descriptor = openSync(dir, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Looks at the header without a lock and without the write-ahead log, so that a newer file is refused before a byte beside it changes. */
function refuseNewer(path: string): void {
  const url = pathToFileURL(path)
  url.searchParams.set('immutable', '1')
  let db: DatabaseSync | null = null
  try {
    db = new DatabaseSync(url, { readOnly: true })
    checkSchema(db, path, migrations.length)
  } catch (error) {
    // Anything else (locked, damaged, in the middle of a checkpoint) is told apart under the lock.
    if (error instanceof UserError && error.code === 'STORE_NEWER') throw error
  } finally {
    db?.close()
  }
}

function ready(db: DatabaseSync, path: string, settings: FileSettings): void {
  // The lock mode comes first: WAL then keeps its index in this process and holds the lock until the process ends.
  db.exec('PRAGMA locking_mode = EXCLUSIVE')
  checkSchema(db, path, migrations.length)
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1;
    PRAGMA journal_size_limit = ${walBytes}; PRAGMA max_page_count = ${Math.floor(settings.maxBytes / pageBytes)}`)
  const modes = [pragma(db, 'locking_mode'), pragma(db, 'journal_mode'), pragma(db, 'synchronous')].join(' ')
  if (modes !== 'exclusive wal 2') {
    throw new UserError('STORE_BROKEN', `the disk of ${path} does not allow a durable store (${modes}); use a local file system`)
  }
  const damage = pragma(db, 'quick_check(1)')
  if (damage !== 'ok') throw new UserError('STORE_BROKEN', `${path} is damaged (${damage}); restore a backup or move the file away`)
  const migrated = migrate(db, migrations)
  // One durable write at start: a disk that cannot hold a commit is found now, not at the first failover.
  db.exec('UPDATE revision SET starts = starts + 1')
  // The header then carries the schema version, which is where refuseNewer looks.
  if (migrated) db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

/** One open file. Every method answers from what is durable or throws; none waits. */
export class StoreFile {
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #keepEntries: number
  readonly #sql: Statements
  #copying = false
  /** Why the outcome of an earlier commit is not known yet; while it is not, nothing is read or written. */
  #doubt: string | null = null

  constructor(db: DatabaseSync, path: string, keepEntries: number) {
    this.#db = db
    this.#path = path
    this.#keepEntries = keepEntries
    this.#sql = statements(db)
  }

  get(key: string): TextPair | null {
    return this.#read(() => {
      const row = this.#sql.get.get(key)
      return row === undefined ? null : pairOf(row)
    })
  }

  list(prefix: string): TextPair[] {
    return this.#read(() => {
      const found: TextPair[] = []
      // Keys are in byte order, so those that share a prefix stand together.
      for (const row of this.#sql.from.iterate(prefix)) {
        const pair = pairOf(row)
        if (!pair.key.startsWith(prefix)) break
        found.push(pair)
      }
      return found
    })
  }

  /** Newest first. */
  history(group: string, limit: number, before: number | null): { seq: number; text: string }[] {
    return this.#read(() =>
      this.#sql.history
        .all(group, before ?? Number.MAX_SAFE_INTEGER, Math.max(0, Math.floor(limit)))
        .map((row) => ({ seq: Number(row['seq']), text: String(row['entry']) })),
    )
  }

  /** Applies commits in order in one transaction with one fsync; each is all or nothing, and a conflict harms only its own commit. */
  apply(commits: readonly TextCommit[]): Applied[] {
    if (!this.#settle()) return commits.map(() => this.#unknown())
    try {
      return this.#transaction(commits)
    } catch (error) {
      this.#rollBack(error)
      if (resultCode(error) !== sqlite.full) return commits.map(() => this.#unknown())
      // One commit too large for what is left must not take the others with it; and the write-ahead log can be emptied.
      this.#makeRoom()
      return commits.flatMap((commit) => this.#alone(commit))
    }
  }

  /** A copy of what is on disk now, with these keys in it; commits go on meanwhile. Gives its path. Throws NOT_NOW or STORE_BROKEN. */
  async copy(marked: readonly CopyMark[]): Promise<string> {
    if (!this.#settle()) throw new UserError('STORE_BROKEN', this.#unknown().message)
    if (this.#copying) throw new UserError('NOT_NOW', 'a copy of the store is being made already; wait for it to end')
    this.#copying = true
    try {
      return await copyOf(this.#db, this.#path, marked)
    } finally {
      this.#copying = false
    }
  }

  close(): void {
    this.#db.close()
  }

  #alone(commit: TextCommit): Applied[] {
    if (!this.#settle()) return [this.#unknown()]
    try {
      return this.#transaction([commit])
    } catch (error) {
      this.#rollBack(error)
      if (resultCode(error) !== sqlite.full) return [this.#unknown()]
      return [{ ok: false, reason: 'unknown', message: `no space left for ${this.#path}: ${messageOf(error)}` }]
    }
  }

  #transaction(commits: readonly TextCommit[]): Applied[] {
    this.#db.exec('BEGIN IMMEDIATE')
    const results = commits.map((commit) => this.#one(commit))
    this.#db.exec('COMMIT')
    return results
  }

  /** Compares everything before it writes anything, so that a conflict leaves nothing to undo. */
  #one(commit: TextCommit): Applied {
    for (const change of commit.changes) {
      const version = this.#versionOf(change.key)
      if (version === change.expected) continue
      const message = `"${change.key}" is at version ${version}, not ${change.expected}`
      return { ok: false, reason: 'conflict', message }
    }
    // One revision for all keys of a commit. It never falls, so a key that was deleted and made again never meets an old version.
    const version = commit.changes.length === 0 ? 0 : Number(this.#sql.revise.get()?.['last'])
    const touched: string[] = []
    for (const { key, text } of commit.changes) {
      const done = text === null ? this.#sql.remove.run(key) : this.#sql.put.run(key, version, text)
      if (done.changes !== 0) touched.push(key)
    }
    for (const entry of commit.entries) {
      const seq = Number(this.#sql.nextSeq.get(entry.group)?.['seq'])
      this.#sql.append.run(entry.group, seq, entry.text)
      this.#sql.drop.run(entry.group, seq - (isJournal(entry.group) ? journal.entries : this.#keepEntries))
      if (isJournal(entry.group)) this.#sql.expire.run(entry.group, entry.group, expiredAtOnce, entry.text, journal.ms)
    }
    return { ok: true, version, touched }
  }

  #versionOf(key: string): number {
    const row = this.#sql.version.get(key)
    return row === undefined ? 0 : Number(row['version'])
  }

  #read<T>(query: () => T): T {
    if (!this.#settle()) throw new UserError('STORE_BROKEN', this.#unknown().message)
    try {
      return query()
    } catch (error) {
      throw new UserError('STORE_BROKEN', `cannot read ${this.#path}: ${messageOf(error)}`)
    }
  }

  #rollBack(error: unknown): void {
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      // A full disk leaves no doubt: the frame that would have made the commit was never written.
      if (resultCode(error) !== sqlite.full) this.#doubt = messageOf(error)
    } catch (second) {
      this.#doubt = messageOf(second)
    }
  }

  #makeRoom(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // Then there is no room to make; the commits will say so.
    }
  }

  /**
   * Ends a doubt: true when what can be read is what is on disk.
   * Why: after a failed write or fsync the commit may lie whole in the write-ahead log and come alive at the next start, and the kernel
   * may have forgotten pages it could not write. Copying the log into the file and cutting it to nothing leaves neither.
   */
  #settle(): boolean {
    if (this.#doubt === null) return true
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      const row = this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
      if (row?.['busy'] === 0) this.#doubt = null
    } catch (error) {
      this.#doubt = messageOf(error)
    }
    return this.#doubt === null
  }

  #unknown(): { ok: false; reason: 'unknown'; message: string } {
    return { ok: false, reason: 'unknown', message: `${this.#path} cannot be written: ${this.#doubt}` }
  }
}

type Statements = ReturnType<typeof statements>

function statements(db: DatabaseSync) {
  const prepare = (sql: string): StatementSync => db.prepare(sql)
  return {
    get: prepare('SELECT key, version, value FROM pair WHERE key = ?'),
    from: prepare('SELECT key, version, value FROM pair WHERE key >= ? ORDER BY key'),
    version: prepare('SELECT version FROM pair WHERE key = ?'),
    revise: prepare('UPDATE revision SET last = last + 1 RETURNING last'),
    put: prepare(
      'INSERT INTO pair (key, version, value) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET version = excluded.version, value = excluded.value',
    ),
    remove: prepare('DELETE FROM pair WHERE key = ?'),
    nextSeq: prepare('INSERT INTO log_end (grp, seq) VALUES (?, 1) ON CONFLICT (grp) DO UPDATE SET seq = seq + 1 RETURNING seq'),
    append: prepare('INSERT INTO log (grp, seq, entry) VALUES (?, ?, ?)'),
    drop: prepare('DELETE FROM log WHERE grp = ? AND seq <= ?'),
    // Only the oldest few are looked at: each entry takes some with it, so that no commit waits for all of them.
    expire: prepare(
      `DELETE FROM log WHERE grp = ? AND seq IN (
         SELECT seq FROM (SELECT seq, entry FROM log WHERE grp = ? ORDER BY seq LIMIT ?)
         WHERE json_extract(entry, '$.at') < json_extract(?, '$.at') - ?)`,
    ),
    history: prepare('SELECT seq, entry FROM log WHERE grp = ? AND seq < ? ORDER BY seq DESC LIMIT ?'),
  }
}

function pairOf(row: Record<string, unknown>): TextPair {
  return { key: String(row['key']), version: Number(row['version']), text: String(row['value']) }
}
