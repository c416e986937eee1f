// Simulated Pikas on one virtual host, in virtual time: ports, disks, ends, freezes. What transcripts were recorded on, without the waiting.
import type { Address } from '../../src/core/model.ts'
import { Dice } from '../../src/sim/dice.ts'
import { type PikaClient, type PikaClients, newPikaClient, pikaReply } from '../../src/sim/pikaCommands.ts'
import { PikaKeys } from '../../src/sim/pikaKeys.ts'
import { Binlog } from '../../src/sim/pikaLog.ts'
import { type PikaConfig, type PikaDisk, type PikaHost, PikaNode, freshPikaConfig } from '../../src/sim/pikaNode.ts'
import { type PikaLink, pikaTimes } from '../../src/sim/pikaReplica.ts'
import { Timeline } from '../../src/sim/timeline.ts'

interface Place {
  disk: PikaDisk
  file: PikaConfig
  node: PikaNode | null
  frozen: boolean
  /** Waits in the sockets of a frozen process. */
  waiting: (() => void)[]
  readonly ends: (() => void)[]
  clients: PikaClient[]
  generation: number
}

export interface ClusterOptions {
  readonly version?: string
  readonly copyMs?: number
  readonly blockMostMs?: number
  readonly missedAnswers?: number
  readonly config?: Partial<PikaConfig>
  readonly seed?: number
}

const latencyMs = 1

export class PikaCluster {
  readonly time = new Timeline()
  /** Who was led to a primary again before its failed link to it had closed (docs/pika.md, P13). */
  readonly tooSoon: number[] = []
  readonly #places = new Map<number, Place>()
  readonly #options: ClusterOptions
  readonly #dice: Dice
  #pid = 20_000

  constructor(options: ClusterOptions = {}) {
    this.#options = { blockMostMs: 0, ...options }
    this.#dice = Dice.of(options.seed ?? 1)
  }

  /** Starts a server; the first time with an empty disk. */
  start(port: number): PikaNode {
    const config = { ...freshPikaConfig, ...this.#options.config }
    const place = this.#places.get(port) ?? {
      disk: { keys: new PikaKeys(), log: new Binlog(config.fileBytes) },
      file: config,
      node: null,
      frozen: false,
      waiting: [],
      ends: [],
      clients: [],
      generation: 0,
    }
    this.#places.set(port, place)
    place.generation++
    const { version = '3.5.5', copyMs, blockMostMs, missedAnswers } = this.#options
    const node = new PikaNode(this.#host(place), {
      address: { host: '127.0.0.1', port },
      version,
      processId: this.#pid++,
      config: place.file,
      disk: place.disk,
      ...(copyMs === undefined ? {} : { copyMs }),
      ...(blockMostMs === undefined ? {} : { blockMostMs }),
      ...(missedAnswers === undefined ? {} : { missedAnswers }),
    })
    place.node = node
    const { generation } = place
    const tick = (): void => {
      if (place.generation !== generation || place.node === null) return
      if (!place.frozen) node.tick()
      this.time.after(pikaTimes.stepMs / 2, tick)
    }
    tick()
    return node
  }

  node(port: number): PikaNode {
    const node = this.#places.get(port)?.node
    if (node === null || node === undefined) throw new Error(`nothing runs on port ${port}`)
    return node
  }

  kill(port: number): void {
    const place = this.#place(port)
    place.node = null
    place.frozen = false
    place.waiting = []
    place.clients = []
    for (const end of place.ends.splice(0)) end()
  }

  restart(port: number): PikaNode {
    this.kill(port)
    return this.start(port)
  }

  /** The data are gone, the file is not. */
  wipe(port: number): void {
    this.kill(port)
    const place = this.#place(port)
    place.disk = { keys: new PikaKeys(), log: new Binlog(place.file.fileBytes) }
  }

  runs(port: number): boolean {
    return (this.#places.get(port)?.node ?? null) !== null
  }

  isFrozen(port: number): boolean {
    return this.#places.get(port)?.frozen ?? false
  }

  /** One batch on a connection of its own, in the server's own time: when it is not frozen, command by command as it is not busy. Null: it died. */
  serve(port: number, commands: readonly (readonly string[])[], done: (replies: readonly Buffer[] | null) => void): void {
    const place = this.#place(port)
    const { node } = place
    if (node === null) return done(null)
    const client = newPikaClient(node, '127.0.0.1:40001', 74)
    const replies: Buffer[] = []
    const end = (): void => {
      const at = place.ends.indexOf(died)
      if (at >= 0) place.ends.splice(at, 1)
    }
    const died = (): void => done(null)
    place.ends.push(died)
    const next = (): void => {
      if (place.node !== node) return
      if (place.frozen) return void place.waiting.push(next)
      if (node.busyUntil > this.time.now) return void this.time.at(node.busyUntil, next)
      const command = commands[replies.length]
      if (command === undefined) {
        end()
        return void this.time.after(latencyMs, () => done(replies))
      }
      replies.push(pikaReply(node, this.#clients(port), client, command))
      next()
    }
    next()
  }

  freeze(port: number): void {
    this.#place(port).frozen = true
  }

  thaw(port: number): void {
    const place = this.#place(port)
    place.frozen = false
    for (const run of place.waiting.splice(0)) run()
  }

  /** What waits in the sockets of a frozen server is gone. */
  dropWaiting(port: number): void {
    this.#place(port).waiting = []
  }

  run(ms: number): void {
    const until = this.time.now + ms
    while (this.time.step(until));
  }

  /** Lets time pass until it holds; false when it does not within `ms`. */
  until(holds: () => boolean, ms: number): boolean {
    for (let left = ms; ; left -= 10) {
      if (holds()) return true
      if (left <= 0) return false
      this.run(10)
    }
  }

  /** The reply as bytes, when the server is not busy any more. */
  ask(port: number, client: PikaClient, command: readonly string[]): Buffer {
    this.until(() => this.time.now >= this.node(port).busyUntil, 10_000)
    const reply = pikaReply(this.node(port), this.#clients(port), client, command)
    this.until(() => this.time.now >= this.node(port).busyUntil, 10_000)
    return reply
  }

  client(port: number): PikaClient {
    const client = newPikaClient(this.node(port), '127.0.0.1:40000', 73)
    this.#place(port).clients.push(client)
    return client
  }

  /** The reply as text, on a connection of its own. */
  say(port: number, ...command: string[]): string {
    return this.ask(port, this.client(port), command).toString('utf8')
  }

  #clients(port: number): PikaClients {
    const { clients } = this.#place(port)
    return { all: () => clients, kill: () => undefined, publish: (channel) => clients.filter((one) => one.channels.has(channel)).length }
  }

  #place(port: number): Place {
    const place = this.#places.get(port)
    if (place === undefined) throw new Error(`there is no server on port ${port}`)
    return place
  }

  #host(place: Place): PikaHost {
    return {
      now: () => this.time.now,
      dice: this.#dice,
      after: (ms, run) => void this.time.after(ms, run),
      dial: (to, on) => this.#dial(place, to, on),
      saveConfig: (config) => {
        place.file = { ...config }
        return true
      },
      appended: () => undefined,
      replaced: () => undefined,
      madeTooSoon: () => void this.tooSoon.push(place.node?.address.port ?? 0),
    }
  }

  #dial(from: Place, to: Address, on: Parameters<PikaHost['dial']>[1]): PikaLink {
    const place = this.#places.get(to.port)
    let open = true
    const end = (): void => {
      if (!open) return
      open = false
      deliver(from, () => on.closed())
      deliver(place, () => place?.node?.ended(there))
    }
    const deliver = (where: Place | undefined, run: () => void): void => {
      this.time.after(latencyMs, () => {
        if (where?.frozen === true) where.waiting.push(run)
        else run()
      })
    }
    const peer = place?.node ?? null
    // What was sent before an end still arrives, unless the process is gone.
    const say = (where: Place | undefined, process: PikaNode | null, run: () => void): void => {
      if (open) deliver(where, () => (where?.node === process ? run() : undefined))
    }
    const self = from.node
    const there: PikaLink = { send: (message) => say(from, self, () => on.heard(message)), close: end }
    const here: PikaLink = { send: (message) => say(place, peer, () => peer?.heard(there, message)), close: end }
    if (place === undefined || place.node === null) deliver(from, () => on.closed())
    else {
      deliver(from, () => on.opened())
      place.ends.push(end)
      from.ends.push(end)
    }
    return here
  }
}
