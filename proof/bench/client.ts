// The client that both systems are measured with: it knows Sentinels and nothing else. It asks them after every error and obeys
// +switch-master at once.
import { connect, type Socket } from 'node:net'
import { Decoder } from '../../src/resp/decode.ts'
import { encodeCommands } from '../../src/resp/encode.ts'
import { isArray } from '../../src/resp/value.ts'
import { type Address, type Called, Client } from '../harness/client.ts'
import { pass } from '../harness/wait.ts'

const operationLimitMs = 500
/** Between two attempts after a failure. */
const retryMs = 2
const askLimitMs = 500

export interface Ack {
  readonly key: string
  readonly at: number
  readonly port: number
}

/** Where the primary is, by the Sentinels' word. */
export class Finder {
  readonly #name: string
  readonly #sentinels: readonly Address[]
  readonly #sockets: Socket[] = []
  readonly #clients = new Map<Address, Client>()
  readonly #listeners = new Set<(to: Address) => void>()
  /** Each +switch-master that arrived. */
  readonly switches: { readonly at: number; readonly to: Address }[] = []

  constructor(name: string, sentinels: readonly Address[]) {
    this.#name = name
    this.#sentinels = sentinels
    for (const address of sentinels) this.#listen(address)
  }

  /** The first answer of the Sentinels in their order; null when none names a primary. */
  async find(): Promise<Address | null> {
    for (const address of this.#sentinels) {
      const known = this.#clients.get(address)
      const client = known === undefined || known.closed ? await Client.connect(address) : known
      if (!(client instanceof Client)) continue
      this.#clients.set(address, client)
      const called = await client.call(['SENTINEL', 'get-master-addr-by-name', this.#name], askLimitMs)
      if (!called.ok || !isArray(called.value)) continue
      const [host, port] = called.value
      if (typeof host === 'string' && typeof port === 'string') return { host, port: Number(port) }
    }
    return null
  }

  onSwitch(listener: (to: Address) => void): void {
    this.#listeners.add(listener)
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    for (const client of this.#clients.values()) client.close()
  }

  #listen(address: Address): void {
    const socket = connect(address)
    const decoder = new Decoder()
    this.#sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      for (const value of decoder.push(bytes)) {
        const [kind, , text] = isArray(value) ? value : []
        if (kind !== 'message' || typeof text !== 'string') continue
        const [name, , , host = '', port] = text.split(' ')
        if (name !== this.#name) continue
        const to = { host, port: Number(port) }
        this.switches.push({ at: performance.now(), to })
        for (const listener of this.#listeners) listener(to)
      }
    })
    socket.write(encodeCommands([['SUBSCRIBE', '+switch-master']]))
  }
}

/** A closed loop of SETs of unique keys at a steady pace. */
export class SetWriter {
  readonly acks: Ack[] = []
  readonly errors = new Map<string, number>()
  readonly #key: string
  readonly #finder: Finder
  readonly #everyMs: number
  #n = 0
  #client: Client | null = null
  #address: Address | null = null
  #stopped = false
  #done: Promise<void> = Promise.resolve()
  /** Ends an attempt to connect to somebody who is not the primary any more. */
  #giveUp: () => void = () => undefined

  constructor(key: string, finder: Finder, perSecond: number) {
    this.#key = key
    this.#finder = finder
    this.#everyMs = 1000 / perSecond
    finder.onSwitch((to) => {
      if (this.#address === null || (this.#address.port === to.port && this.#address.host === to.host)) return
      this.#client?.close()
      this.#giveUp()
    })
  }

  start(): this {
    this.#done = this.#loop()
    return this
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
    this.#client?.close()
  }

  /** The longest time without an acknowledgement after an instant, up to `now`. */
  longestGap(since: number, now: number): number {
    const before = this.acks.findLast((ack) => ack.at < since)?.at ?? since
    let [longest, last] = [0, before]
    for (const { at } of this.acks) {
      if (at < since || at > now) continue
      longest = Math.max(longest, at - last)
      last = at
    }
    return Math.max(longest, now - last)
  }

  async #loop(): Promise<void> {
    let due = performance.now()
    while (!this.#stopped) {
      const client = this.#client === null || this.#client.closed ? await this.#connect() : this.#client
      if (client === null) {
        await pass(retryMs)
        continue
      }
      const key = `${this.#key}:${++this.#n}`
      const called = await client.call(['SET', key, 'x'], operationLimitMs)
      if (called.ok) this.acks.push({ key, at: performance.now(), port: this.#address?.port ?? 0 })
      else {
        this.#failed(called)
        client.close()
      }
      // A pace that catches up a little, never a burst after a gap.
      due = Math.max(due + this.#everyMs, performance.now() - 10)
      await pass(due - performance.now())
    }
  }

  async #connect(): Promise<Client | null> {
    const address = await this.#finder.find()
    if (address === null || this.#stopped) return null
    this.#address = address
    const connecting = Client.connect(address, { connectLimitMs: operationLimitMs })
    const givenUp = new Promise<null>((resolve) => (this.#giveUp = () => resolve(null)))
    const opened = await Promise.race([connecting, givenUp])
    if (opened === null) {
      void connecting.then((late) => (late instanceof Client ? late.close() : undefined))
      return null
    }
    if (!(opened instanceof Client)) {
      this.#failed(opened)
      return null
    }
    this.#client = opened
    return opened
  }

  #failed(called: Extract<Called, { ok: false }>): void {
    const what = called.kind === 'error' ? (called.message.split(' ')[0] ?? '') : called.kind
    this.errors.set(what, (this.errors.get(what) ?? 0) + 1)
  }
}

/** Four of them make the load of about 2,000 SET/s. */
export class Load {
  readonly finder: Finder
  readonly writers: readonly SetWriter[]

  constructor(name: string, sentinels: readonly Address[], run: string) {
    this.finder = new Finder(name, sentinels)
    this.writers = [1, 2, 3, 4].map((n) => new SetWriter(`${run}:${n}`, this.finder, 500).start())
  }

  get acks(): Ack[] {
    return this.writers.flatMap((writer) => writer.acks)
  }

  /** What the client that waited longest saw. */
  gap(since: number, now = performance.now()): number {
    return Math.max(...this.writers.map((writer) => writer.longestGap(since, now)))
  }

  /** Every writer was acknowledged by another node than this after an instant. */
  movedFrom(port: number, since: number): boolean {
    return this.writers.every(({ acks }) => {
      const last = acks.at(-1)
      return last !== undefined && last.at >= since && last.port !== port
    })
  }

  /** Acknowledgements by a node after another one had acknowledged: it did not know that it was deposed. */
  stale(port: number, since: number): number {
    const { acks } = this
    const first = Math.min(...acks.filter((ack) => ack.at >= since && ack.port !== port).map(({ at }) => at))
    return acks.filter((ack) => ack.port === port && ack.at > first).length
  }

  async stop(): Promise<void> {
    await Promise.all(this.writers.map((writer) => writer.stop()))
    this.finder.close()
  }
}

const batch = 500

/** How many of the acknowledged keys a node does not hold. */
export async function missing(acks: readonly Ack[], address: Address): Promise<number> {
  const client = await Client.connect(address, { connectLimitMs: 5_000 })
  if (!(client instanceof Client)) throw new Error(`the last primary does not answer: ${client.message}`)
  let held = 0
  for (let at = 0; at < acks.length; at += batch) {
    const called = await client.call(['EXISTS', ...acks.slice(at, at + batch).map(({ key }) => key)], 5_000)
    if (!called.ok || typeof called.value !== 'number') throw new Error('EXISTS was refused')
    held += called.value
  }
  client.close()
  return acks.length - held
}
