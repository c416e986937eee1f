// A simulated Pika: its file, its data and the process that serves them. Replication is in the files beside, the words in pikaCommands.ts.
// The transcripts in test/pika/ are replayed against it, and the test server runs it as a process of its own.
import type { Address } from '../core/model.ts'
import type { Dice } from './dice.ts'
import { type Attached, feed, heardFromReplica, stepFeed } from './pikaFeed.ts'
import { type KeyReply, type PikaKeys, type PikaValue, isWrite, logged, ok } from './pikaKeys.ts'
import type { Binlog, LogPosition, LogRecord } from './pikaLog.ts'
import { type PikaLink, type PikaMessage, Upstream, leaves, pikaTimes, stepReplica } from './pikaReplica.ts'
import { PikaUsers } from './pikaUsers.ts'

/** What stands in pika.conf and matters here. */
export interface PikaConfig {
  slaveof: Address | null
  replicationId: string
  runId: string
  requirepass: string
  masterauth: string
  slavePriority: number
  timeout: number
  maxclients: number
  slotmigrate: boolean
  fileBytes: number
  keptFiles: number
  throttleBytes: number
  /** A full copy began and has not ended. */
  unfinishedCopy: boolean
}

export const freshPikaConfig: PikaConfig = {
  slaveof: null,
  replicationId: '',
  runId: '',
  requirepass: '',
  masterauth: '',
  slavePriority: 100,
  timeout: 60,
  maxclients: 1000,
  slotmigrate: false,
  fileBytes: 104_857_600,
  keptFiles: 10,
  throttleBytes: 207_200_000,
  unfinishedCopy: false,
}

/** The data as they lie on the disk: every acknowledged write is in both, whatever ends the process. */
export interface PikaDisk {
  readonly keys: PikaKeys
  readonly log: Binlog
}

/** What the model needs from where it runs. */
export interface PikaHost {
  now(): number
  readonly dice: Dice
  after(ms: number, run: () => void): void
  /** Opens a connection to the replication port of another server. */
  dial(to: Address, on: { opened(): void; heard(message: PikaMessage): void; closed(): void }): PikaLink
  /** Writes pika.conf; false when it cannot. */
  saveConfig(config: PikaConfig): boolean
  /** A record was written. */
  appended(record: LogRecord): void
  /** A full copy replaced everything. */
  replaced(entries: readonly (readonly [string, PikaValue])[], at: LogPosition): void
  /** A link that was made too soon is ended by the late close of the one before: the real one may crash (docs/pika.md, P13). */
  madeTooSoon(): void
}

interface PikaSetup {
  readonly address: Address
  readonly version: string
  readonly processId: number
  readonly config: PikaConfig
  readonly disk: PikaDisk
  /** How long a copy takes at least. */
  readonly copyMs?: number
  /** SLAVEOF takes up to this long when it must end a connection. */
  readonly blockMostMs?: number
  /** So many answers of a primary come before this one has noted that it asked: it goes on waiting for them (docs/pika.md, P20). */
  readonly missedAnswers?: number
}

export class PikaNode {
  readonly address: Address
  readonly version: string
  readonly processId: number
  readonly startedAt: number
  readonly host: PikaHost
  readonly config: PikaConfig
  readonly keys: PikaKeys
  readonly log: Binlog
  attached: Attached[] = []
  upstream: Upstream | null = null
  /** false: from the beginning of a full copy until one ended. */
  eligible: boolean
  readonly users = new PikaUsers()
  /** Its disk is full: it answers, and takes no writes (docs/pika.md, P12). */
  isFull = false
  /** Nothing is answered before this instant. */
  busyUntil = 0
  #forceNext = false
  /** A connection that had failed was left at this instant; it closes late. */
  #left: { readonly at: number; readonly how: 'error' | 'rejected'; readonly address: Address } | null = null
  #lostAt: number | null = null
  readonly #cache = new Map<string, string>()
  #aliveAt = 0
  readonly #copyMs: number
  readonly #blockMostMs: number
  #missedAnswers: number

  constructor(host: PikaHost, setup: PikaSetup) {
    this.host = host
    this.address = setup.address
    this.version = setup.version
    this.processId = setup.processId
    this.config = { ...setup.config, runId: setup.config.runId === '' ? host.dice.hex(40) : setup.config.runId }
    this.keys = setup.disk.keys
    this.log = setup.disk.log
    this.startedAt = host.now()
    this.eligible = !this.config.unfinishedCopy
    this.#copyMs = setup.copyMs ?? pikaTimes.copyMs
    this.#blockMostMs = setup.blockMostMs ?? pikaTimes.blockMostMs
    this.#missedAnswers = setup.missedAnswers ?? 0
    const { slaveof } = this.config
    if (slaveof !== null) this.upstream = new Upstream(slaveof, false, host.now() + pikaTimes.stepMs)
  }

  now(): number {
    return this.host.now()
  }

  /** To be called about every `pikaTimes.stepMs`. */
  tick(): void {
    feed(this)
    if (this.upstream !== null) stepReplica(this, this.upstream)
    if (this.now() - this.#aliveAt < 1_000) return
    this.#aliveAt = this.now()
    this.log.purge(this.config.keptFiles)
    stepFeed(this)
  }

  // ------------------------------------------------------------------------------------------- as a primary

  heard(link: PikaLink, message: PikaMessage): void {
    heardFromReplica(this, link, message)
  }

  /** A replica's connection ended: it stays in the list for a while. */
  ended(link: PikaLink): void {
    this.host.after(this.host.dice.between(1_000, 2_000), () => {
      this.attached = this.attached.filter((one) => one.link !== link)
    })
  }

  detach(address: Address): void {
    this.attached = this.attached.filter((one) => one.address.host !== address.host || one.address.port !== address.port)
  }

  copyMs(entries: readonly (readonly [string, PikaValue])[]): number {
    const bytes = entries.reduce((sum, [key, value]) => sum + key.length + (typeof value === 'string' ? value.length : value.length * 8), 0)
    return this.#copyMs + (bytes / this.config.throttleBytes) * 1000
  }

  /** A read of a client. What was read during a full copy is served from the cache afterwards (docs/pika.md, P17). */
  read(name: string, command: readonly string[]): KeyReply {
    const key = command[1] ?? ''
    const cached = name === 'get' ? this.#cache.get(key) : undefined
    if (cached !== undefined) return cached
    const value = this.keys.read(name, command)
    if (name === 'get' && typeof value === 'string' && this.upstream?.state === 'copying') this.#cache.set(key, value)
    return value
  }

  /** A write of a client. */
  write(name: string, command: readonly string[]): KeyReply {
    this.#cache.delete(command[1] ?? '')
    const reply = this.keys.write(name, command)
    if (name === 'clearreplicationid') this.setReplicationId('')
    if (reply === ok || typeof reply === 'number') {
      this.host.appended(this.log.append(logged(name, command)))
      feed(this)
    }
    return reply
  }

  /** Does it miss this answer? */
  missesAnswer(): boolean {
    return this.#missedAnswers > 0 && this.#missedAnswers-- > 0
  }

  setReplicationId(id: string): void {
    this.config.replicationId = id
    this.#saveAside()
  }

  // ------------------------------------------------------------------------------------------- as a replica

  apply(record: LogRecord): void {
    this.log.take(record)
    const name = record.command[0]?.toLowerCase() ?? ''
    this.#cache.delete(record.command[1] ?? '')
    if (isWrite(name)) this.keys.write(name, record.command)
    this.host.appended(record)
    feed(this)
  }

  /** The file is written now, with the primary in it [51]. */
  beginCopy(): void {
    this.eligible = false
    this.config.unfinishedCopy = true
    this.saveAll()
  }

  endCopy(entries: readonly (readonly [string, PikaValue])[], at: LogPosition): void {
    this.keys.replace(entries)
    this.log.restart(at)
    this.eligible = true
    this.config.unfinishedCopy = false
    this.host.replaced(entries, at)
    this.saveAll()
  }

  /** CONFIG REWRITE. */
  saveAll(): boolean {
    const next = { ...this.config }
    if (!this.host.saveConfig(next)) return false
    this.#file = next
    return true
  }

  /** The replication id is written by itself; the rest of the file stays as it is [10]. */
  #saveAside(): void {
    const { replicationId, runId } = this.config
    const next = { ...this.file, replicationId, runId }
    if (this.host.saveConfig(next)) this.#file = next
  }

  #file: PikaConfig | null = null

  /** What the file says, when it is another thing than what holds. */
  get file(): PikaConfig {
    return (this.#file ??= { ...this.config })
  }

  /** SLAVEOF HOST PORT [force]: false when nothing is to be done. Ends what was before. */
  follow(address: Address, force: boolean): boolean {
    const { upstream } = this
    // Its own host's name counts as the primary's [12].
    const same = address.host === upstream?.address.host || address.host === this.address.host
    if (upstream !== null && upstream.address.port === address.port && same) {
      if (force) this.#forceNext = true
      return false
    }
    this.#cache.clear()
    this.#leave()
    const left = this.#left
    const sticky = left !== null && this.now() - left.at < 5_000 && left.address.port === address.port && left.address.host === address.host
    const next = new Upstream(address, force || this.#forceNext, this.now() + pikaTimes.stepMs)
    // What had failed closes late: a new attempt begins only when it gave up, or is ended in the middle.
    if (sticky && left.how === 'error') next.nextAt = this.now() + pikaTimes.lateBeginMs
    if (sticky && left.how === 'rejected') next.abortAt = this.now() + pikaTimes.lateCloseMs
    this.#forceNext = false
    this.upstream = next
    this.config.slaveof = address
    return true
  }

  /** SLAVEOF NO ONE. */
  lead(): void {
    this.#leave()
    this.config.slaveof = null
  }

  #leave(): void {
    const { upstream } = this
    if (upstream === null) return
    const how = leaves(upstream)
    if (how !== null) this.#left = { at: this.now(), how, address: upstream.address }
    const linked = upstream.link !== null || upstream.lostAt !== null || (this.#lostAt !== null && this.now() - this.#lostAt < 3_000)
    if (upstream.lostAt !== null) this.#lostAt = upstream.lostAt
    // Ending a connection holds up everything else, often for seconds (docs/pika.md, P15).
    if (linked && this.host.dice.next() < 0.6) this.busyUntil = this.now() + this.host.dice.next() * this.#blockMostMs
    const { link } = upstream
    upstream.link = null
    this.upstream = null
    link?.close()
  }
}
