// The network between hosts: delay, loss (as delay), cuts without a goodbye, refusals. Connections keep their order and may outlive a cut.
import type { Dice } from './dice.ts'
import type { Timeline } from './timeline.ts'

export type HostId = string

/** refused: nothing listens there. closed: the other side closed it or died. */
export type Ending = 'refused' | 'closed'

/** One end of a connection. */
export interface Peer {
  readonly host: HostId
  connected(conn: Conn): void
  received(conn: Conn, message: unknown): void
  ended(conn: Conn, how: Ending): void
}

/** What listens at an address. */
export interface Listener extends Peer {
  /** Something takes connections now, be it only the kernel of a frozen process. */
  readonly listening: boolean
  accepted(conn: Conn): void
}

interface Path {
  readonly from: HostId
  readonly to: HostId
  cut: boolean
  cutAt: number
  /** Added to every delay, and how often a message must be sent again. */
  extraMs: number
  loss: number
  /** What was sent and cannot arrive, by connection and direction: the sender's kernel repeats it. */
  readonly held: Map<Order, (() => void)[]>
  /** When the first of what is held was held. */
  heldSince: number
  /** When it was last cut, slow, or carried something late. */
  troubledAt: number
  /** The other direction, once it was asked for. */
  back: Path | null
}

/** A kernel repeats what was not acknowledged, each time after a wait twice as long: most connections come back at once ... */
const repeatsWithinMs = 1500
/** ... and some only after as long as they were cut off, up to this. */
const latestRepeatMs = 30_000
const lateShare = 0.25
/** A kernel waits about this long for an acknowledgement before it goes back to the first that is missing. */
const unansweredMs = 400
const lanMs = 0.15
const jitterMs = 0.25
const lossRepeatMs = 210

export class Net {
  readonly timeline: Timeline
  readonly #dice: Dice
  #conns = 0
  readonly #paths: Path[] = []
  readonly #pathsFrom = new Map<HostId, Map<HostId, Path>>()
  readonly #listeners = new Map<string, Listener>()
  readonly #down = new Set<HostId>()
  /** Destinations that answer every new connection with a refusal, for these askers. */
  readonly #rejects = new Map<HostId, (from: HostId) => boolean>()
  /** The latest time in which a host refused somebody. */
  readonly #refusals = new Map<HostId, { readonly from: number; readonly until: number }>()

  /** One host is `ms` away from all others. */
  readonly #far: { readonly host: HostId; readonly ms: number }

  constructor(timeline: Timeline, dice: Dice, far: { readonly host: HostId; readonly ms: number } = { host: '', ms: 0 }) {
    this.timeline = timeline
    this.#dice = dice
    this.#far = far
  }

  listen(address: string, listener: Listener): void {
    this.#listeners.set(address, listener)
  }

  unlisten(address: string): void {
    this.#listeners.delete(address)
  }

  path(from: HostId, to: HostId): Path {
    return this.#pathsFrom.get(from)?.get(to) ?? this.#newPath(from, to)
  }

  #newPath(from: HostId, to: HostId): Path {
    const path = { from, to, cut: false, cutAt: 0, extraMs: 0, loss: 0, held: new Map(), heldSince: 0, troubledAt: -Infinity, back: null }
    this.#paths.push(path)
    const paths = this.#pathsFrom.get(from) ?? new Map<HostId, Path>()
    this.#pathsFrom.set(from, paths.set(to, path))
    return path
  }

  cut(from: HostId, to: HostId): void {
    const path = this.path(from, to)
    if (!path.cut) path.cutAt = this.timeline.now
    path.cut = true
  }

  mend(from: HostId, to: HostId): void {
    const path = this.path(from, to)
    path.cut = false
    path.troubledAt = this.timeline.now
    this.#release(path)
    const back = this.path(to, from)
    if (!back.cut) this.#release(back)
  }

  /** Every delay of this path is longer, and a share of its messages is sent again; 0 and 0 is a good path. */
  slow(from: HostId, to: HostId, extraMs: number, loss: number): void {
    const path = this.path(from, to)
    path.extraMs = extraMs
    path.loss = loss
    path.troubledAt = this.timeline.now
  }

  /** Whatever these two sent each other since then arrived at once. */
  clearSince(a: HostId, b: HostId): number {
    return Math.max(this.#clearSince(a, b), this.#clearSince(b, a))
  }

  #clearSince(from: HostId, to: HostId): number {
    const path = this.path(from, to)
    const troubled = path.cut || path.extraMs > 0 || path.loss > 0 || path.held.size > 0
    return troubled || this.#down.has(from) || this.#down.has(to) || this.#rejects.has(to) ? this.timeline.now : path.troubledAt
  }

  /** Since when nothing of what one of these two sends reaches the other; Infinity while something does. */
  cutSince(a: HostId, b: HostId): number {
    return Math.min(...[this.path(a, b), this.path(b, a)].map((path) => (path.cut ? path.cutAt : Infinity)))
  }

  /** Something that was sent long ago may still arrive. A host that left its address never answers there again. */
  get isHolding(): boolean {
    return this.#paths.some((path) => path.held.size > 0 && !this.#down.has(path.from) && !this.#down.has(path.to))
  }

  /** The host vanishes without a word: power, kernel, cable. */
  hostDown(host: HostId): void {
    this.#down.add(host)
  }

  hostUp(host: HostId): void {
    this.#down.delete(host)
    for (const path of this.#paths) {
      if (path.from !== host && path.to !== host) continue
      path.troubledAt = this.timeline.now
      if (!path.cut) this.#release(path)
    }
  }

  isDown(host: HostId): boolean {
    return this.#down.has(host)
  }

  reject(host: HostId, whom: ((from: HostId) => boolean) | null): void {
    const { now } = this.timeline
    const from = this.#rejects.has(host) ? (this.#refusals.get(host)?.from ?? now) : now
    if (whom !== null) {
      this.#refusals.set(host, { from, until: Infinity })
      return void this.#rejects.set(host, whom)
    }
    if (!this.#rejects.delete(host)) return
    this.#refusals.set(host, { from, until: now })
    for (const path of this.#paths) if (path.to === host) path.troubledAt = now
  }

  /** It refused new connections then, and takes those of this one now: it never refused them, or does so no more. */
  refusedAt(host: HostId, then: number, from: HostId): boolean {
    const refusal = this.#refusals.get(host)
    const refuses = this.#rejects.get(host)?.(from) ?? false
    return refusal !== undefined && refusal.from <= then && then <= refusal.until && !refuses
  }

  /** Nothing of what is between these two can pass, in either direction. */
  apart(a: HostId, b: HostId): boolean {
    return this.path(a, b).cut || this.path(b, a).cut || this.#down.has(a) || this.#down.has(b)
  }

  connect(from: Peer, address: string): Conn {
    const conn = new Conn(this, ++this.#conns, from, address)
    this.carry(conn.forth, () => this.#arrived(conn, address))
    return conn
  }

  #arrived(conn: Conn, address: string): void {
    const listener = this.#listeners.get(address)
    const rejected = this.#rejects.get(conn.remoteHost)?.(conn.fromHost) ?? false
    if (listener === undefined || !listener.listening || rejected) return conn.refuse()
    conn.accept(listener)
  }

  /** Lets `arrive` happen at the other end, in order with what went before on `order`, or never. */
  carry(order: Order, arrive: () => void): void {
    const { from, to } = order
    const path = (order.path ??= this.path(from, to))
    const dice = this.#dice
    const far = from === this.#far.host || to === this.#far.host ? this.#far.ms : 0
    let ms = lanMs + far + dice.next() * jitterMs + path.extraMs
    if (path.loss > 0 && dice.chance(path.loss)) ms += lossRepeatMs * (1 + dice.below(3))
    order.queue.push(arrive)
    this.#at(path, order, this.timeline.now + ms)
  }

  /** Something may arrive then: whatever was sent first. */
  #at(path: Path, order: Order, at: number): void {
    const { from, to } = path
    order.last = Math.max(order.last, at)
    this.timeline.at(order.last, () => {
      const held = path.cut || this.#down.has(to) || order.held > 0 || this.#isUnanswered(path)
      if (this.#down.has(from) || (held && order.isReset)) {
        order.queue.shift()
        return
      }
      if (!held) {
        order.queue.shift()?.()
        return
      }
      order.held++
      if (path.held.size === 0) path.heldSince = this.timeline.now
      const waiting = path.held.get(order) ?? []
      if (waiting.length === 0) path.held.set(order, waiting)
      waiting.push(() => {
        order.held--
        if (order.isReset) order.queue.shift()
        else this.#at(path, order, this.timeline.now)
      })
    })
  }

  /** What is sent there is acknowledged by nobody: after a moment a kernel sends nothing new, it repeats. */
  #isUnanswered(path: Path): boolean {
    const back = (path.back ??= this.path(path.to, path.from))
    return back.cut && this.timeline.now - back.cutAt > unansweredMs
  }

  #release(path: Path): void {
    const heldMs = Math.min(this.timeline.now - path.heldSince, latestRepeatMs)
    for (const [order, waiting] of path.held) {
      const withinMs = this.#dice.chance(lateShare) ? Math.max(heldMs, repeatsWithinMs) : repeatsWithinMs
      this.timeline.after(this.#dice.next() * withinMs, () => {
        if (path.held.get(order) !== waiting) return
        path.held.delete(order)
        path.troubledAt = this.timeline.now
        // Cut again meanwhile: each holds itself anew when it is due.
        for (const again of waiting) again()
      })
    }
  }
}

/** The order of one direction of a connection. */
export interface Order {
  readonly from: HostId
  readonly to: HostId
  /** What carries it, once it carried something. */
  path: Path | null
  last: number
  readonly queue: (() => void)[]
  /** Messages that wait for the path: what follows them waits too. */
  held: number
  /** Given up by who sends: what the path does not carry is not repeated. */
  isReset: boolean
}

export function newOrder(from: HostId, to: HostId): Order {
  return { from, to, path: null, last: 0, queue: [], held: 0, isReset: false }
}

export class Conn {
  readonly net: Net
  readonly id: number
  readonly from: Peer
  /** Where it was made: a node that moves leaves its old connections behind. */
  readonly fromHost: HostId
  readonly remoteHost: HostId
  to: Listener | null = null
  /** Each end's own view: it has not closed it and was not told of its end. */
  openHere = true
  openThere = false
  /** CLIENT SETNAME. */
  name = ''
  /** The node ended it: what it has in its sockets for it is not executed. */
  killed = false
  readonly forth: Order
  readonly back: Order

  constructor(net: Net, id: number, from: Peer, address: string) {
    this.net = net
    this.id = id
    this.from = from
    this.fromHost = from.host
    this.remoteHost = address.slice(0, address.lastIndexOf(':'))
    this.forth = newOrder(this.fromHost, this.remoteHost)
    this.back = newOrder(this.remoteHost, this.fromHost)
  }

  refuse(): void {
    this.#toFrom(() => this.#endHere('refused'))
  }

  accept(listener: Listener): void {
    if (!this.openHere) return
    this.to = listener
    this.openThere = true
    this.#toFrom(() => {
      if (this.openHere) this.from.connected(this)
    })
    listener.accepted(this)
  }

  /** From the end that connected. */
  ask(message: unknown): void {
    if (!this.openHere) return
    this.net.carry(this.forth, () => {
      if (this.openThere) this.to?.received(this, message)
      else this.#toFrom(() => this.#endHere('closed'))
    })
  }

  /** From the end that accepted. */
  answer(message: unknown): void {
    if (!this.openThere) return
    this.#toFrom(() => {
      if (this.openHere) this.from.received(this, message)
      else this.#toThere(() => this.#endThere())
    })
  }

  /** `reset`: a kernel repeats nothing of it any more, not even this end. */
  closeHere(reset = false): void {
    if (!this.openHere) return
    this.openHere = false
    this.forth.isReset = reset
    this.#toThere(() => this.#endThere())
  }

  closeThere(): void {
    if (!this.openThere) return
    this.openThere = false
    this.#toFrom(() => this.#endHere('closed'))
  }

  #toFrom(arrive: () => void): void {
    this.net.carry(this.back, arrive)
  }

  #toThere(arrive: () => void): void {
    this.net.carry(this.forth, arrive)
  }

  #endHere(how: Ending): void {
    if (!this.openHere) return
    this.openHere = false
    this.from.ended(this, how)
  }

  #endThere(): void {
    if (!this.openThere) return
    this.openThere = false
    this.to?.ended(this, 'closed')
  }
}
