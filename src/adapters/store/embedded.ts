// The embedded store: one file, one process, one fsync for all commits of a turn.
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { assert } from '../../core/model.ts'
import type { GroupId, LogEntry } from '../../core/model.ts'
import { UserError } from '../../errors.ts'
import type { Change, NewLogEntry, SaveResult, Store, Stored } from '../../ports.ts'
import type { Applied, TextCommit, TextPair } from './file.ts'
import { messageOf } from './fileProblem.ts'
import { maxValueBytes } from './limits.ts'
import { StoreThread } from './thread.ts'

export interface EmbeddedSettings {
  /** Made with mode 0700 when it does not exist; the file in it is `regroup.db`. */
  readonly dir: string
  /** Log entries kept per group; older ones go. */
  readonly keepEntries?: number
  /** The file never grows past this. */
  readonly maxBytes?: number
  /** How long a commit or a read may take before its promise ends as unknown or STORE_BROKEN. */
  readonly answerWithinMs?: number
}

const defaults = {
  /** About a year of one decision every eight hours, and a page that a person can scroll. */
  keepEntries: 1000,
  /** A thousand groups with a thousand entries of 1 KiB are 1 GiB. */
  maxBytes: 4 * 1024 ** 3,
  /** A disk that stands still for ten seconds is broken for a failover; the outcome is then read again. */
  answerWithinMs: 10_000,
} as const

/** Commits that wait behind a slow disk: a thousand groups save about 4 MiB in their worst turn. */
const maxQueuedBytes = 64 * 1024 * 1024

/** Opens the store in `dir` and locks it for the life of this process. Throws STORE_LOCKED, STORE_NEWER or STORE_BROKEN. */
export async function openEmbeddedStore(settings: EmbeddedSettings): Promise<Store> {
  const { dir, keepEntries, maxBytes, answerWithinMs } = { ...defaults, ...settings }
  const thread = new StoreThread()
  try {
    await thread.ask({ op: 'open', settings: { dir, keepEntries, maxBytes } })
  } catch (error) {
    await thread.end()
    throw error
  }
  return new EmbeddedStore(thread, answerWithinMs)
}

interface Queued {
  readonly commit: TextCommit
  readonly bytes: number
  readonly settle: (result: SaveResult) => void
}

class EmbeddedStore implements Store {
  readonly #thread: StoreThread
  readonly #answerWithinMs: number
  readonly #watchers = new Set<{ readonly prefix: string; readonly changed: (key: string) => void }>()
  #queue: Queued[] = []
  #queuedBytes = 0
  /** Set while a batch is on its way to the disk: what is asked for meanwhile makes the next one. */
  #writing: Promise<void> | null = null
  #closing: Promise<void> | null = null

  constructor(thread: StoreThread, answerWithinMs: number) {
    this.#thread = thread
    this.#answerWithinMs = answerWithinMs
  }

  async get<T>(key: string): Promise<Stored<T> | null> {
    const pair = await this.#soon(this.#thread.ask({ op: 'get', key }))
    return pair === null ? null : { value: valueOf(pair) as T, version: pair.version }
  }

  async list<T>(prefix: string): Promise<readonly (Stored<T> & { readonly key: string })[]> {
    const pairs = await this.#soon(this.#thread.ask({ op: 'list', prefix }))
    return pairs.map((pair) => ({ key: pair.key, value: valueOf(pair) as T, version: pair.version }))
  }

  async history(group: GroupId, limit: number, before?: number): Promise<readonly LogEntry[]> {
    const entries = await this.#soon(this.#thread.ask({ op: 'history', group, limit, before: before ?? null }))
    return entries.map(({ seq, text }) => ({ seq, ...(JSON.parse(text) as NewLogEntry) }))
  }

  /** Rejects only for what the caller must mend: BAD_INPUT for a value over 1 MiB. */
  async commit(changes: readonly Change[], entries: readonly NewLogEntry[]): Promise<SaveResult> {
    const commit = textOf(changes, entries)
    if (this.#closing !== null) return unknown('the store is closed')
    const bytes = bytesOf(commit)
    // An empty queue takes one commit of any size, so that a large spec is never refused for ever.
    if (this.#queue.length > 0 && this.#queuedBytes + bytes > maxQueuedBytes) return unknown('too many commits wait for the disk')
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(unknown(`the disk did not answer for ${this.#answerWithinMs} ms`)), this.#answerWithinMs)
      const settle = (result: SaveResult): void => {
        clearTimeout(late)
        resolve(result)
      }
      this.#queue.push({ commit, bytes, settle })
      this.#queuedBytes += bytes
      // The end of the turn: everything that this round of sockets and timers asks for goes into one transaction.
      if (this.#queue.length === 1 && this.#writing === null) setImmediate(() => this.#write())
    })
  }

  async *copy(marked: readonly Pick<Change, 'key' | 'value'>[]): AsyncIterable<Uint8Array> {
    const texts = marked.map(({ key, value }) => ({ key, text: json(value, `the value of "${key}"`) }))
    const path = await this.#thread.ask({ op: 'copy', marked: texts })
    try {
      for await (const piece of createReadStream(path)) yield piece as Buffer
    } finally {
      await rm(dirname(path), { recursive: true, force: true })
    }
  }

  watch(prefix: string, changed: (key: string) => void): () => void {
    const watcher = { prefix, changed }
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  #write(): void {
    if (this.#writing !== null || this.#queue.length === 0) return
    const batch = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    this.#writing = this.#send(batch).finally(() => {
      this.#writing = null
      this.#write()
    })
  }

  async #send(batch: readonly Queued[]): Promise<void> {
    let results: readonly Applied[]
    try {
      results = await this.#thread.ask({ op: 'apply', commits: batch.map((queued) => queued.commit) })
    } catch (error) {
      for (const queued of batch) queued.settle(unknown(messageOf(error)))
      return
    }
    for (const [index, queued] of batch.entries()) {
      const result = results[index]
      assert(result !== undefined, 'the store answers every commit of a batch')
      queued.settle(result.ok ? { ok: true, version: result.version } : result)
      if (result.ok) for (const key of result.touched) this.#announce(key)
    }
  }

  #announce(key: string): void {
    for (const { prefix, changed } of this.#watchers) {
      if (!key.startsWith(prefix)) continue
      try {
        changed(key)
      } catch (error) {
        // A watcher that throws is our bug and may end the process, but not the announcements of the others.
        process.nextTick(() => {
          throw error
        })
      }
    }
  }

  /** Waits for an answer no longer than a person or a group should. */
  async #soon<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      const message = `the store's disk did not answer for ${this.#answerWithinMs} ms`
      timer = setTimeout(() => reject(new UserError('STORE_BROKEN', message)), this.#answerWithinMs)
    })
    return Promise.race([answer, late]).finally(() => clearTimeout(timer))
  }

  async #end(): Promise<void> {
    this.#write()
    try {
      while (this.#writing !== null) await this.#soon(this.#writing)
      await this.#soon(this.#thread.ask({ op: 'close' }))
    } catch {
      // Nothing is lost by leaving: what was acknowledged is on disk, and the lock goes with the thread's file.
    } finally {
      for (const queued of this.#queue.splice(0)) queued.settle(unknown('the store was closed'))
      // A thread that sits in an fsync cannot be ended; the process can.
      await this.#soon(this.#thread.end()).catch(() => {})
    }
  }
}

function unknown(message: string): SaveResult {
  return { ok: false, reason: 'unknown', message }
}

function valueOf(pair: TextPair): unknown {
  try {
    return JSON.parse(pair.text)
  } catch (error) {
    throw new UserError('STORE_BROKEN', `the value of "${pair.key}" is damaged: ${messageOf(error)}`)
  }
}

function textOf(changes: readonly Change[], entries: readonly NewLogEntry[]): TextCommit {
  assert(new Set(changes.map((change) => change.key)).size === changes.length, 'a commit names a key once')
  return {
    changes: changes.map(({ key, expected, value }) => {
      assert(key !== '' && key.isWellFormed() && !key.includes('\0'), 'a key is text')
      return { key, expected, text: value === null ? null : json(value, `the value of "${key}"`) }
    }),
    entries: entries.map((entry) => ({ group: entry.group, text: json(entry, `a log entry of group "${entry.group}"`) })),
  }
}

function json(value: unknown, what: string): string {
  const text = JSON.stringify(value) as string | undefined
  assert(text !== undefined, `${what} is JSON`)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxValueBytes) throw new UserError('BAD_INPUT', `${what} is ${bytes} bytes long; at most ${maxValueBytes} can be stored`)
  return text
}

function bytesOf(commit: TextCommit): number {
  let bytes = 0
  for (const { text } of commit.changes) bytes += text?.length ?? 0
  for (const { text } of commit.entries) bytes += text.length
  return bytes
}
