// A simulated machine with a Pika on it: its disk, its process and its sockets. What the process does is pikaNode.ts and the files beside it.
import { formatAddress } from '../core/address.ts'
import { closedGuard, nowhere } from '../core/limits.ts'
import type { Address } from '../core/model.ts'
import { RespError, type RespValue } from '../resp/value.ts'
import type { Recovers } from './appendFile.ts'
import { type Batch, type Replies, isBatch, markKey } from './batch.ts'
import { handName } from './deeds.ts'
import type { Dice } from './dice.ts'
import type { Conn, Ending, Listener, Net } from './net.ts'
import { type PikaClients, newPikaClient, pikaAnswer } from './pikaCommands.ts'
import { PikaHoldings } from './pikaHoldings.ts'
import { replicationPort } from './pikaPort.ts'
import { PikaProcess, type Dialed, type Said, isSaid } from './pikaProcess.ts'
import { type LogPosition, sumOf } from './pikaLog.ts'
import { type PikaConfig, type PikaHost, PikaNode, freshPikaConfig } from './pikaNode.ts'
import { type PikaLink, pikaTimes } from './pikaReplica.ts'
import { PikaStorage } from './pikaStorage.ts'
import { Machine, type Waiting } from './machine.ts'
import { type ServerEvents, unloggedKey } from './server.ts'
import { offsetOf } from './stream.ts'

interface PikaMachine {
  readonly address: Address
  readonly replicaof: Address | null
  /** A full copy takes so much longer than at least. */
  readonly transferMs: number
}

const replicationPorts = 2_000
const bootMs = [350, 500] as const
/** SIGTERM: clients are served until it ends. */
const leaveMs = [5_000, 8_000] as const
const tickMs = 50
const syncEveryMs = 1_000
/** How often a primary dies between the database and its log (docs/pika.md, P11). */
const unloggedShare = 0.2

export class PikaServer extends Machine<PikaProcess> {
  setup: { readonly address: Address; readonly persistence: 'aof' }
  readonly #transferMs: number
  #config: PikaConfig
  #fileIsOwn = true
  readonly #storage: PikaStorage
  /** Keys in no log of which regroup cannot know: they came with a copy, or a person had made this one a primary. */
  #untold = new Set<string>()
  /** Keys in no log, and since when. */
  readonly #unlogged = new Map<string, number>()
  /** It took writes as a primary that a person made; when a controller saw it as one, Infinity: none did. */
  #ledSeenAt: number | null = null
  #isStarting = false
  #starts = 0
  readonly #replication: Listener

  constructor(id: string, machine: PikaMachine, net: Net, dice: Dice, events: ServerEvents) {
    super(id, net, dice, events)
    this.setup = { address: machine.address, persistence: 'aof' }
    this.#transferMs = machine.transferMs
    this.#config = { ...freshPikaConfig, slaveof: machine.replicaof }
    this.#storage = new PikaStorage(this.#config.fileBytes)
    this.#replication = replicationPort(this)
    this.#listen()
  }

  /** Another one is in its place when it was lost, and says nothing until it was written. */
  get file(): { readonly replicaof: Address | null } | null {
    return this.#fileIsOwn ? { replicaof: this.#config.slaveof } : null
  }

  get linkedFor(): number {
    return this.running?.linkedMs ?? 0
  }

  get contents(): ReadonlyMap<string, string> {
    const entries = this.#storage.disk.keys.entries().filter(([key]) => key !== markKey)
    return new Map(entries.map(([key, value]) => [key, String(value)]))
  }

  get untold(): ReadonlySet<string> {
    return this.#untold
  }

  get ledUnseen(): boolean {
    return this.#ledSeenAt === Infinity
  }

  /** Which primary crashed, and who is in doubt, is in the record alone. */
  recordLost(since: number): void {
    if (this.#ledSeenAt !== null && this.#ledSeenAt >= since) this.#ledSeenAt = Infinity
    for (const [key, at] of this.#unlogged) if (at >= since) this.#untold.add(key)
  }

  seen(): void {
    if (this.running?.follows === null && this.running.ledByHand) this.#ledSeenAt = Math.min(this.#ledSeenAt ?? Infinity, this.now)
  }

  told(follows: Address | null): readonly string[] {
    return follows === null ? ['SLAVEOF', 'NO', 'ONE'] : ['SLAVEOF', follows.host, String(follows.port)]
  }

  describe(): string {
    const { running } = this
    if (running === null) return `${this.id} down`
    const { follows, link, guard, node } = running
    const role = follows === null ? `primary${guard === closedGuard ? ' closed' : ''}` : `replica of ${formatAddress(follows)} ${link}`
    const marks = `${node.eligible ? '' : ' half copied'}${this.frozen ? ' FROZEN' : ''}`
    return `${this.id} ${role} at ${node.config.replicationId.slice(0, 6)}:${this.#sum(node.log.end)} fed ${running.fed.length}${marks}`
  }

  // --------------------------------------------------------------------------------------- life and death

  start(recovers: Recovers, file: 'kept' | 'lost' = 'kept'): void {
    if (this.running !== null || this.#isStarting || this.net.isDown(this.host)) return
    // What runs when a history begins has been running.
    if (this.now === 0) return this.#boot(recovers, file)
    this.#isStarting = true
    this.net.timeline.after(this.dice.between(...bootMs), () => {
      this.#isStarting = false
      if (!this.net.isDown(this.host)) this.#boot(recovers, file)
    })
  }

  #boot(recovers: Recovers, file: 'kept' | 'lost'): void {
    if (file === 'lost') {
      this.#config = { ...freshPikaConfig }
      this.#fileIsOwn = false
      this.fileLostAt = this.now
    }
    this.#storage.recover(recovers)
    this.troubled()
    const holdings = new PikaHoldings()
    holdings.data = this.#storage.data
    const node: PikaNode = new PikaNode(
      this.#hostFor(() => running),
      {
        address: this.setup.address,
        version: '3.5.5',
        processId: 1_000 + this.#starts++,
        config: this.#config,
        disk: this.#storage.disk,
        copyMs: pikaTimes.copyMs + this.#transferMs,
      },
    )
    const running: PikaProcess = new PikaProcess(node, holdings)
    this.#config = { ...this.#config, runId: node.config.runId }
    this.running = running
    this.#noticed(running)
    const complete = this.found(this.#storage.data)
    this.events.tell(
      this,
      `starts at ${this.#sum(node.log.end)}, file says ${this.#config.slaveof === null ? 'primary' : formatAddress(this.#config.slaveof)}`,
    )
    this.events.booted(this, running, complete)
    this.#tick(running)
  }

  kill(quiet = false): void {
    const { running } = this
    if (running === null) return
    const takesWrites = running.follows === null && running.guard !== closedGuard
    if (takesWrites && this.dice.chance(unloggedShare)) {
      const key = `${unloggedKey}${this.id}:${this.#starts}`
      this.#storage.disk.keys.write('set', ['set', key, '1'])
      this.#unlogged.set(key, this.now)
      if (running.ledByHand) this.#untold.add(key)
    }
    this.#storage.data = running.data
    this.ends(running.data, quiet, [...running.clients.keys(), ...running.links.keys()], [...running.dialed.keys()])
  }

  terminate(): void {
    if (this.running !== null) this.running.leavesAt ??= this.now + this.dice.between(...leaveMs)
  }

  /** Each connection keeps its order; several threads read them, so whose turn is first is chance. */
  protected override inTurn(inbox: readonly Waiting[]): readonly Waiting[] {
    const turns = new Map([...new Set(inbox.map((one) => one.conn))].map((conn) => [conn, this.dice.next()]))
    const turn = (one: Waiting): number => turns.get(one.conn) ?? 0
    return inbox.toSorted((a, b) => turn(a) - turn(b))
  }

  // ------------------------------------------------------------------------------------------ the process

  #tick(running: PikaProcess): void {
    if (this.running !== running) return
    this.net.timeline.after(tickMs, () => this.#tick(running))
    if (this.frozen) return
    if (running.leavesAt !== null && this.now >= running.leavesAt) {
      this.#storage.sync(running.data)
      return this.kill()
    }
    running.node.tick()
    this.#pump(running)
    this.#noticed(running)
    if (Math.floor(this.now / syncEveryMs) === Math.floor((this.now - tickMs) / syncEveryMs)) return
    this.#storage.sync(running.data)
  }

  /** What others look at changes with what the process did. */
  #noticed(running: PikaProcess): void {
    const { node } = running
    const isPrimary = node.upstream === null
    if (isPrimary && !running.wasPrimary) running.holdings.lead(offsetOf(running.data))
    running.wasPrimary = isPrimary
    const isUp = node.upstream?.state === 'connected'
    if (isUp && !running.wasUp) {
      running.linkedSince = this.now
      this.events.linked(this, running)
    }
    running.wasUp = isUp
    if (isUp) running.linkedMs = this.now - running.linkedSince
  }

  override happens(running: PikaProcess | null, conn: Conn | null, happen: () => void): void {
    super.happens(running, conn, () => {
      happen()
      if (running !== null && this.running === running) this.#noticed(running)
    })
  }

  #hostFor(process: () => PikaProcess): PikaHost {
    return {
      now: () => this.now,
      dice: this.dice,
      after: (ms, run) => void this.net.timeline.after(ms, () => this.happens(process(), null, run)),
      dial: (to, on) => this.#dial(process(), to, on),
      saveConfig: (config) => {
        if (this.ailments.fileUnwritable) {
          this.unwrittenAt = this.now
          return false
        }
        this.#config = { ...config }
        this.#fileIsOwn = true
        if (config.slaveof !== null) this.declinedFence = false
        return true
      },
      appended: (record) => {
        const running = process()
        if (running.node.upstream !== null) running.takes()
        else if (running.ledByHand) this.#ledSeenAt ??= Infinity
        running.holdings.entered(record, this.#sum(record.end), running.writing, this.now)
      },
      replaced: (entries) => {
        const running = process()
        this.#untold = new Set(entries.flatMap(([key]) => (key.startsWith(unloggedKey) ? [key] : [])))
        this.#ledSeenAt = null
        this.lacks = false
        this.events.wiped(this, running.data, running.copied)
        running.holdings.replaced(running.copied)
        this.#storage.sync(running.data)
      },
      madeTooSoon: () => this.events.madeTooSoon(this),
    }
  }

  #sum(at: LogPosition): number {
    return sumOf(at, this.#config.fileBytes)
  }

  // ---------------------------------------------------------------------------------------------- sockets

  #listen(): void {
    const { host, port } = this.setup.address
    this.net.listen(formatAddress({ host, port }), this)
    this.net.listen(formatAddress({ host, port: port + replicationPorts }), this.#replication)
  }

  move(address: Address): void {
    const { host, port } = this.setup.address
    this.net.unlisten(formatAddress({ host, port }))
    this.net.unlisten(formatAddress({ host, port: port + replicationPorts }))
    this.setup = { ...this.setup, address }
    this.#listen()
  }

  accepted(conn: Conn): void {
    const { running } = this
    if (running === null) return
    // Closed without a word (docs/pika.md, P12).
    if (this.ailments.fullOfClients && !this.frozen) return conn.closeThere()
    running.clients.set(conn, newPikaClient(running.node, `${conn.fromHost}:${conn.id}`, conn.id))
  }

  /** As the one who dialed, or as the one who serves clients. */
  connected(conn: Conn): void {
    this.happens(this.running, conn, () => this.running?.dialed.get(conn)?.opened())
  }

  received(conn: Conn, message: unknown): void {
    const { running } = this
    this.happens(running, conn, () => {
      if (running === null) return
      if (isBatch(message)) {
        running.work.push({ conn, batch: message, values: [] })
        this.#pump(running)
      } else if (isSaid(message)) {
        if (message.data !== null) running.copied = message.data
        running.dialed.get(conn)?.heard(message.message)
      }
    })
  }

  ended(conn: Conn, _how: Ending): void {
    const { running } = this
    this.happens(running, conn, () => {
      running?.clients.delete(conn)
      const dialed = running?.dialed.get(conn)
      running?.dialed.delete(conn)
      dialed?.closed()
    })
  }

  #dial(running: PikaProcess, to: Address, on: Dialed): PikaLink {
    const conn = this.net.connect(this, formatAddress({ host: to.host, port: to.port + replicationPorts }))
    running.dialed.set(conn, on)
    return {
      send: (message) => conn.ask({ kind: 'pika', message, data: null } satisfies Said),
      close: () => {
        running.dialed.delete(conn)
        conn.closeHere()
      },
    }
  }

  resetClients(): void {
    const { running } = this
    if (running === null) return
    this.troubled()
    this.resetAt = this.now
    for (const conn of [...running.clients.keys(), ...running.links.keys()]) {
      conn.closeThere()
      if (running.clients.has(conn)) this.ended(conn, 'closed')
      else this.#replication.ended(conn, 'closed')
    }
  }

  // --------------------------------------------------------------------------------------------- commands

  /** One command after the other; while a role changes nobody is answered (docs/pika.md, P15). */
  #pump(running: PikaProcess): void {
    while (this.running === running && !this.frozen && !this.ailments.busy && running.node.busyUntil <= this.now) {
      const [first] = running.work
      if (first === undefined) return
      const { conn, batch, values } = first
      const command = batch.commands[values.length]
      if (command !== undefined) {
        values.push(this.#execute(running, conn, batch, command))
        continue
      }
      running.work.shift()
      this.leaves(() => conn.answer({ kind: 'replies', tag: batch.tag, values } satisfies Replies))
    }
  }

  #execute(running: PikaProcess, conn: Conn, batch: Batch, command: readonly string[]): RespValue {
    const client = running.clients.get(conn) ?? newPikaClient(running.node, `${conn.fromHost}:${conn.id}`, conn.id)
    const name = command[0]?.toLowerCase() ?? ''
    const sets = name === 'slaveof' || (name === 'config' && command[1] !== 'GET') || (name === 'acl' && command[1] === 'SETUSER')
    if (sets) this.events.told(this, conn.name)
    const { forbidden, misconf, outOfMemory } = this.ailments
    if ((name === 'slaveof' && forbidden.has('replicaof')) || (name === 'config' && sets && forbidden.has('config|set'))) {
      if (command[1] === 'REWRITE') this.unwrittenAt = this.now
      return new RespError(`NOPERM this user has no permissions to run the '${name}' command`)
    }
    running.node.isFull = misconf || outOfMemory
    running.writing = command[1] === markKey ? null : batch.write
    const answer = pikaAnswer(running.node, clientsOf(running), client, command)
    running.writing = null
    if (name === 'slaveof' && !(answer instanceof RespError)) running.ledByHand = conn.name === handName
    if (name === 'slaveof' && answer instanceof RespError && isNowhere(command) && running.node.attached.length > 0)
      this.declinedFence = true
    if (name === 'slaveof')
      this.events.tell(this, `is told ${command.join(' ')}${answer instanceof RespError ? `: ${answer.message}` : ''}`)
    this.#noticed(running)
    return answer
  }
}

function isNowhere([, host, port]: readonly string[]): boolean {
  return host === nowhere.host && port === String(nowhere.port)
}

/** Nobody here lists or ends the connections of others. */
function clientsOf(running: PikaProcess): PikaClients {
  return { all: () => [...running.clients.values()], kill: () => undefined, publish: () => 0 }
}
