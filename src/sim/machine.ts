// What the machines of all simulated servers share: a process that begins, stands still, wakes and ends, with its sockets.
import type { Address } from '../core/model.ts'
import { ails, healthy } from './ailments.ts'
import type { Recovers } from './appendFile.ts'
import type { Dice } from './dice.ts'
import type { Conn, Ending, Net } from './net.ts'
import type { Running, Server, ServerEvents } from './server.ts'
import { type Data, within } from './stream.ts'

/** What came for a process that stands still. */
export interface Waiting {
  /** Null: its own timers. */
  readonly conn: Conn | null
  readonly happen: () => void
}

export abstract class Machine<Process extends Running> implements Server {
  readonly id: string
  readonly net: Net
  readonly dice: Dice
  readonly events: ServerEvents
  readonly ailments = healthy()
  abstract setup: Server['setup']
  running: Process | null = null
  frozeAt = -Infinity
  thawedAt = -Infinity
  fileLostAt = -Infinity
  unwrittenAt = -Infinity
  resetAt = -Infinity
  declinedFence = false
  /** A start found less than was there, and nobody gave it back since. */
  protected lacks = false
  /** What its last process held when it ended. */
  #held: Data | null = null
  /** null: runs. Else what came since it stands still, in order of arrival. */
  #inbox: Waiting[] | null = null
  /** What leaves when all of that is done. */
  #outbox: (() => void)[] | null = null
  #troubledAt = -Infinity
  /** When its processes did anything last. */
  readonly #ends: number[] = []

  abstract readonly file: Server['file']
  abstract readonly linkedFor: number
  abstract readonly contents: Server['contents']
  abstract readonly untold: Server['untold']
  abstract readonly ledUnseen: boolean
  abstract recordLost(since: number): void
  abstract seen(): void
  abstract start(recovers: Recovers, file?: 'kept' | 'lost'): void
  abstract kill(quiet?: boolean): void
  abstract terminate(): void
  abstract resetClients(): void
  abstract move(address: Address): void
  abstract told(follows: Address | null): readonly string[]
  abstract describe(): string
  abstract accepted(conn: Conn): void
  abstract connected(conn: Conn): void
  abstract received(conn: Conn, message: unknown): void
  abstract ended(conn: Conn, how: Ending): void

  constructor(id: string, net: Net, dice: Dice, events: ServerEvents) {
    this.id = id
    this.net = net
    this.dice = dice
    this.events = events
  }

  get host(): string {
    return this.setup.address.host
  }

  get now(): number {
    return this.net.timeline.now
  }

  get listening(): boolean {
    return this.running !== null
  }

  get frozen(): boolean {
    return this.#inbox !== null
  }

  get awake(): boolean {
    return this.running !== null && !this.frozen
  }

  get calmSince(): number {
    return ails(this.ailments) || !this.awake ? this.now : this.#troubledAt
  }

  endAfter(then: number): number {
    return this.#ends.find((end) => end >= then) ?? Infinity
  }

  troubled(): void {
    this.#troubledAt = this.now
  }

  /** A process began and found this on its disk. Gives whether it is all that was there. */
  protected found(data: Data | null): boolean {
    this.lacks ||= this.#held !== null && (data === null || !within(this.#held, data))
    return !this.lacks
  }

  /** The process ends; gives when it did anything last. `quiet`: the host died with it, nobody is told. */
  protected ends(data: Data, quiet: boolean, served: readonly Conn[], dialed: readonly Conn[]): number {
    const lastAt = this.frozen ? this.frozeAt : this.now
    this.#held = data
    this.#ends.push(lastAt)
    this.running = this.#inbox = this.#outbox = null
    for (const conn of served) {
      if (quiet) conn.openThere = false
      else conn.closeThere()
    }
    for (const conn of dialed) {
      if (quiet) conn.openHere = false
      else conn.closeHere()
    }
    this.events.tell(this, 'dies')
    return lastAt
  }

  freeze(): void {
    if (this.running === null || this.frozen) return
    this.#inbox = []
    this.frozeAt = this.now
  }

  thaw(): void {
    const inbox = this.#inbox
    const { running } = this
    if (inbox === null || running === null) return
    this.troubled()
    this.thawedAt = this.now
    this.events.tell(this, `wakes with ${inbox.length} messages in its sockets`)
    this.#inbox = null
    // Replies leave after the batch: a connection that was cut in it gets none.
    const outbox: (() => void)[] = (this.#outbox = [])
    for (const { happen } of this.inTurn(inbox)) happen()
    this.#outbox = null
    for (const leave of outbox) leave()
    this.woke(running)
  }

  /** In which order it takes what came meanwhile. */
  protected inTurn(inbox: readonly Waiting[]): readonly Waiting[] {
    return inbox
  }

  /** It has taken what came meanwhile. */
  protected woke(_running: Process): void {
    return undefined
  }

  /** Of this process, when it can: at once, or when it wakes. */
  happens(running: Process | null, conn: Conn | null, happen: () => void): void {
    if (running === null || this.running !== running) return
    if (this.#inbox === null) return happen()
    this.#inbox.push({
      conn,
      happen: () => {
        if (this.running === running) happen()
      },
    })
  }

  /** It is sent when all that waited in the sockets is done. */
  leaves(send: () => void): void {
    if (this.#outbox === null) send()
    else this.#outbox.push(send)
  }
}
