// A client that writes a counter: one that follows what regroup publishes, or one that clings to the node it once knew.
import { formatAddress } from '../core/address.ts'
import type { Address, Topology } from '../core/model.ts'
import { RespError } from '../resp/value.ts'
import type { Dice } from './dice.ts'
import { type Conn, type Net, type Order, type Peer, newOrder } from './net.ts'
import { type Batch, isReplies } from './batch.ts'
import { controllerName } from './plan.ts'
import type { Write } from './stream.ts'

export interface ClientEvents {
  acked(write: Write): void
}

export interface ClientSetup {
  readonly name: string
  readonly host: string
  readonly follows: boolean
  /** Mean time between two writes, in ms. */
  readonly gapMs: number
  /** What a client that clings knows. */
  readonly clingsTo: { readonly node: string; readonly address: Address } | null
  readonly valueBytes: number
}

interface Place {
  readonly node: string
  readonly address: string
  readonly epoch: number
}

const timeoutMs = 1000
const againMs = [50, 400] as const

export class Client implements Peer {
  readonly name: string
  readonly host: string
  readonly follows: boolean
  readonly #net: Net
  readonly #dice: Dice
  readonly #setup: ClientSetup
  readonly #events: ClientEvents
  readonly #padding: string
  #place: Place | null
  #conn: Conn | null = null
  #connected = false
  #write: Write | null = null
  /** Names the attempt: what belongs to an older one is passed over. */
  #attempt = 0
  #n = 0
  acks = 0
  /** Its last write was answered, and it has not begun another: the time between two writes has no bound. */
  rests = false
  stopped = false
  /** The order in which it hears of regroup. */
  readonly hears: Order

  constructor(setup: ClientSetup, net: Net, dice: Dice, events: ClientEvents) {
    this.name = setup.name
    this.host = setup.host
    this.follows = setup.follows
    this.hears = newOrder(controllerName, setup.host)
    this.#setup = setup
    this.#net = net
    this.#dice = dice
    this.#events = events
    this.#padding = 'x'.repeat(setup.valueBytes)
    const { clingsTo } = setup
    this.#place = clingsTo === null ? null : { node: clingsTo.node, address: formatAddress(clingsTo.address), epoch: 0 }
    this.#later(dice.next() * setup.gapMs)
  }

  /** What regroup says, when it has come to this client. */
  told(topology: Topology): void {
    if (!this.follows) return
    const { primary, epoch } = topology
    const next = primary === null ? null : { node: primary.node, address: formatAddress(primary), epoch }
    const moved = next?.address !== this.#place?.address
    this.#place = next
    if (moved) this.#give()
  }

  /** Ends the attempt; another comes later. */
  #give(): void {
    this.#conn?.closeHere()
    this.#conn = null
    this.#connected = false
    this.#write = null
    this.#attempt++
    this.#later(this.#dice.between(...againMs))
  }

  #later(ms: number): void {
    const attempt = this.#attempt
    this.#net.timeline.after(ms, () => {
      if (attempt === this.#attempt && !this.stopped) this.#begin()
    })
  }

  #begin(): void {
    this.rests = false
    const place = this.#place
    if (place === null) return
    this.#n++
    const { name, follows } = this
    this.#write = {
      client: name,
      n: this.#n,
      epoch: place.epoch,
      node: place.node,
      follows,
      sentAt: this.#net.timeline.now,
      at: null,
      ackedAt: null,
      lost: null,
    }
    const attempt = ++this.#attempt
    this.#net.timeline.after(timeoutMs, () => {
      if (attempt === this.#attempt) this.#give()
    })
    if (this.#conn !== null && this.#connected) this.#send()
    else if (this.#conn === null) this.#conn = this.#net.connect(this, place.address)
  }

  #send(): void {
    const write = this.#write
    if (write === null) return
    const value = `${write.n}${this.#padding}`
    this.#conn?.ask({ kind: 'batch', tag: this.#attempt, commands: [['SET', write.client, value]], write } satisfies Batch)
  }

  connected(conn: Conn): void {
    if (conn !== this.#conn) return
    this.#connected = true
    this.#send()
  }

  received(conn: Conn, message: unknown): void {
    if (conn !== this.#conn || !isReplies(message) || message.tag !== this.#attempt || this.#write === null) return
    const write = this.#write
    if (message.values[0] instanceof RespError) return this.#give()
    this.#write = null
    this.#attempt++
    this.acks++
    this.rests = true
    this.#events.acked(write)
    this.#later(this.#dice.gap(this.#setup.gapMs))
  }

  ended(conn: Conn): void {
    if (conn === this.#conn) this.#give()
  }
}
