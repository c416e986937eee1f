// A simulated redis-server: its disk, its process and its sockets. What it does with commands and with replication is in the files beside.
import type { Address } from '../core/model.ts'
import { formatAddress } from '../core/address.ts'
import type { Dice } from './dice.ts'
import { AppendFile, type Recovers } from './appendFile.ts'
import type { Conn, Ending, Net } from './net.ts'
import { RespError } from '../resp/value.ts'
import { type Replies, isBatch } from './batch.ts'
import type { Persistence } from './plan.ts'
import { runBatch } from './redisCommands.ts'
import { askForAcks, attachedHeard, attachedLost, cronOfFeeding, isToPrimary } from './redisFeed.ts'
import { Process, type RedisConfig, freshConfig } from './redisProcess.ts'
import { cronOfReplica, fromPrimary, upstreamLost, upstreamMade } from './redisReplica.ts'
import { describe } from './redisInfo.ts'
import { Machine } from './machine.ts'
import type { ServerEvents } from './server.ts'
import { type Data, Stream, emptyData, keysOf, offsetOf } from './stream.ts'

export interface RedisSetup {
  readonly address: Address
  readonly persistence: Persistence
  readonly replicaof: Address | null
  /** Without a file CONFIG REWRITE fails, and a restart has the initial role. */
  readonly hasFile: boolean
  readonly backlogBytes: number
  readonly snapshotEveryMs: number
  readonly transferMs: number
  readonly loadMs: number
}

interface Snapshot {
  readonly data: Data
  /** The replication position, when there was one to save. */
  readonly replid: string | null
}

const cronMs = 1000
const shutdownWaitMs = 10_000

export class RedisNode extends Machine<Process> {
  setup: RedisSetup
  #file: RedisConfig | null
  readonly #appended = new AppendFile()
  #rdb: Snapshot | null = null
  /** When its host lost its power. */
  #offAt: number | null = null

  constructor(id: string, setup: RedisSetup, net: Net, dice: Dice, events: ServerEvents) {
    super(id, net, dice, events)
    this.setup = setup
    this.#file = setup.hasFile ? { ...freshConfig, replicaof: setup.replicaof } : null
    net.listen(formatAddress(setup.address), this)
  }

  get file(): Readonly<RedisConfig> | null {
    return this.#file
  }

  /** How long its link to its primary stood, or had stood when it was last lost. */
  get linkedFor(): number {
    return this.running === null ? 0 : this.running.linkedMs
  }

  // --------------------------------------------------------------------------------------- life and death

  start(recovers: Recovers, file: 'kept' | 'lost' = 'kept'): void {
    if (this.running !== null || this.net.isDown(this.host)) return
    if (file === 'lost') {
      this.#file = null
      this.fileLostAt = this.now
    }
    const config = this.#file ?? { ...freshConfig, replicaof: this.setup.hasFile ? null : this.setup.replicaof }
    const restored = this.#restored(recovers)
    if (recovers === 'nothing') this.#rdb = null
    this.troubled()
    const running = new Process(this.dice, this.now, { ...config }, restored?.data ?? emptyData(), this.setup.snapshotEveryMs)
    this.running = running
    this.#boot(running, restored)
    this.events.booted(this, running, this.found(restored?.data ?? null))
    if (this.setup.persistence === 'aof') this.#appended.goOn(running.data)
    const keys = keysOf(running.data)
    if (keys > 0) running.loadingUntil = this.now + this.setup.loadMs
    this.net.timeline.at(running.cronAt, () => this.#cron(running))
    this.events.tell(this, `starts with ${keys} keys, file says ${config.replicaof === null ? 'primary' : formatAddress(config.replicaof)}`)
  }

  /** A position survives in a snapshot only; a primary's becomes its second history. */
  #boot(running: Process, restored: Snapshot | null): void {
    const isReplica = running.config.replicaof !== null
    if (isReplica) running.upstream = { kind: 'connect', cached: restored?.replid != null }
    const offset = restored === null ? 0 : offsetOf(restored.data)
    if (restored?.replid == null) {
      // An append-only file has the data and no position.
      running.data = { stream: new Stream(restored?.data ?? null, 0), length: 0 }
    } else if (isReplica) {
      running.replid = restored.replid
    } else {
      running.replid2 = restored.replid
      running.second = offset + 1
      running.data = { stream: new Stream(restored.data, offset), length: 0 }
      running.backlogFrom = offset + 1
    }
  }

  #restored(recovers: Recovers): Snapshot | null {
    if (this.setup.persistence === 'rdb') return this.#rdb
    if (this.setup.persistence === 'none') return null
    const data = this.#appended.found(recovers, this.#offAt ?? this.now)
    this.#offAt = null
    return data === null ? null : { data, replid: null }
  }

  /** kill -9: the kernel closes its sockets. `quiet`: the host died with it, nobody is told. */
  kill(quiet = false): void {
    const running = this.running
    if (running === null) return
    const served = [...running.clients, ...running.attached.map((one) => one.conn)]
    const lastAt = this.ends(running.data, quiet, served, 'conn' in running.upstream ? [running.upstream.conn] : [])
    // While a copy is loaded the file still has what was there before.
    if (this.setup.persistence === 'aof' && lastAt >= running.loadingUntil) this.#appended.write(running.data, lastAt)
    this.#offAt = quiet ? this.now : null
  }

  /** SIGTERM: a primary waits for replicas that lag, then saves and ends. */
  terminate(): void {
    const running = this.running
    if (running === null || running.shutdown !== null) return
    running.shutdown = { until: this.now + shutdownWaitMs, save: this.setup.persistence === 'rdb' }
    this.#shutdownStep(running)
  }

  #shutdownStep(running: Process): void {
    if (running.shutdown === null || this.frozen || this.running !== running) return
    const offset = offsetOf(running.data)
    const lagging = running.config.replicaof === null && running.attached.some((one) => one.state === 'online' && one.acked < offset)
    if (lagging && this.now < running.shutdown.until) {
      running.pausedUntil = Math.max(running.pausedUntil, running.shutdown.until)
      askForAcks(this, running)
      this.net.timeline.after(100, () => this.#shutdownStep(running))
      return
    }
    if (running.shutdown.save && this.now >= running.loadingUntil) this.snapshot(running)
    if (this.now >= running.loadingUntil) this.#appended.sync(running.data)
    this.kill()
  }

  protected override woke(running: Process): void {
    this.#cronNow(running)
    this.#shutdownStep(running)
  }

  // ---------------------------------------------------------------------------------------------- sockets

  accepted(conn: Conn): void {
    const running = this.running
    if (running === null) return
    if (this.ailments.fullOfClients && !this.frozen) {
      conn.answer({ kind: 'replies', tag: null, values: [new RespError('ERR max number of clients reached')] } satisfies Replies)
      conn.closeThere()
      return
    }
    running.clients.add(conn)
  }

  connected(conn: Conn): void {
    if (this.running !== null) this.#enter(conn, 'connected')
  }

  received(conn: Conn, message: unknown): void {
    if (this.running !== null) this.#enter(conn, message)
  }

  ended(conn: Conn, how: Ending): void {
    if (this.running !== null) this.#enter(conn, how === 'refused' ? 'refused' : null)
  }

  #enter(conn: Conn, message: unknown): void {
    const { running } = this
    this.happens(running, conn, () => {
      if (running === null) return
      if (message === null) this.#closed(running, conn)
      else if (!conn.killed) this.#take(running, conn, message)
    })
  }

  #take(running: Process, conn: Conn, message: unknown): void {
    if (conn.from === this) {
      if (message === 'connected') upstreamMade(this, running, conn)
      else if (message === 'refused') upstreamLost(this, running, conn)
      else fromPrimary(this, running, conn, message)
    } else if (isBatch(message)) runBatch(this, running, conn, message)
    else if (isToPrimary(message)) attachedHeard(this, running, conn, message)
  }

  #closed(running: Process, conn: Conn): void {
    if (conn.from === this) return upstreamLost(this, running, conn)
    running.clients.delete(conn)
    attachedLost(this, running, conn)
  }

  reply(conn: Conn, message: unknown): void {
    this.leaves(() => conn.answer(message))
  }

  /** Something between cuts every connection. */
  resetClients(): void {
    const running = this.running
    if (running === null) return
    this.troubled()
    this.resetAt = this.now
    for (const conn of [...running.clients, ...running.attached.map((one) => one.conn)]) {
      conn.closeThere()
      this.#enter(conn, null)
    }
  }

  /** Another address, for its next start. */
  move(address: Address): void {
    this.net.unlisten(formatAddress(this.setup.address))
    this.setup = { ...this.setup, address }
    this.net.listen(formatAddress(address), this)
  }

  // ------------------------------------------------------------------------------------------------- cron

  #cron(running: Process): void {
    if (this.running !== running) return
    if (!this.frozen) this.#cronNow(running)
    running.cronAt = this.now + cronMs
    this.net.timeline.at(running.cronAt, () => this.#cron(running))
  }

  #cronNow(running: Process): void {
    running.cycles++
    if (running.upstream.kind === 'up') {
      running.linkedSince ??= this.now
      running.linkedMs = this.now - running.linkedSince
    } else running.linkedSince = null
    cronOfReplica(this, running)
    cronOfFeeding(this, running)
    if (this.setup.persistence === 'aof' && this.now >= running.loadingUntil) this.#appended.sync(running.data)
    if (this.setup.persistence === 'rdb' && this.now >= running.snapshotAt && this.now >= running.loadingUntil) this.snapshot(running)
  }

  // ------------------------------------------------------------------------------------------------- disk

  snapshot(running: Process): void {
    running.snapshotAt = this.now + this.setup.snapshotEveryMs
    const { upstream } = running
    const knows =
      running.config.replicaof === null ? running.backlogFrom !== null : upstream.kind === 'up' || ('cached' in upstream && upstream.cached)
    this.#rdb = { data: running.data, replid: knows ? running.replid : null }
  }

  /** Writes directives into its file, for its next start. */
  configure(directives: Partial<RedisConfig>): void {
    if (this.#file !== null) this.#file = { ...this.#file, ...directives }
  }

  readonly ledUnseen = false

  /** Its histories have names. */
  recordLost(): void {}

  seen(): void {}

  get contents(): null {
    return null
  }

  get untold(): ReadonlySet<string> {
    return new Set()
  }

  told(follows: Address | null): readonly string[] {
    return follows === null ? ['REPLICAOF', 'NO', 'ONE'] : ['REPLICAOF', follows.host, String(follows.port)]
  }

  describe(): string {
    return describe(this)
  }

  /** CONFIG REWRITE; gives why it failed. */
  rewrite(running: Process): string | null {
    if (this.#file === null || this.ailments.fileUnwritable) this.unwrittenAt = this.now
    if (this.#file === null) return 'ERR The server is running without a config file'
    if (this.ailments.fileUnwritable) return 'ERR Rewriting config file: Read-only file system'
    this.#file = { ...running.config }
    return null
  }

  /** The whole data set was replaced by a copy; a node that saves snapshots got it as one. */
  replaced(running: Process): void {
    this.lacks = false
    this.#appended.write(running.data, this.now)
    if (this.setup.persistence === 'rdb') this.#rdb = { data: running.data, replid: running.replid }
  }
}
