// Writers in a closed loop: each appends 1, 2, 3 ... to a list of its own and remembers every number that was acknowledged, when and by
// which node. What a node holds of a writer is then one LRANGE, and nothing can hide in it: no loss, no fork, no repetition.
import type { Api } from './api.ts'
import { type Address, type Called, Client, type ClientOptions } from './client.ts'
import { pass } from './wait.ts'

export interface Ack {
  readonly n: number
  /** performance.now() when the answer arrived. */
  readonly at: number
  readonly node: string
}

export interface Refusal {
  readonly at: number
  readonly node: string
  readonly kind: 'error' | 'refused' | 'closed' | 'silent'
  /** The first word of an error reply, else empty. */
  readonly code: string
}

export interface Target {
  readonly node: string
  readonly address: Address
}

/** Where to write next: asked at the start and after every failure. `failures` counts those in a row. Null: nowhere now. */
export type Chooser = (failed: Target | null, failures: number) => Promise<Target | null>

export interface WriterOptions extends ClientOptions {
  /** 0: as fast as the answers come. */
  readonly perSecond?: number
  readonly operationLimitMs?: number
}

/** Between two attempts after a failure; short, so that it does not hide how fast a group comes back. */
const retryMs = 2
/** A test of minutes at full speed; a writer that goes on longer drops the oldest. */
const keptRefusals = 200_000

export class Writer {
  readonly key: string
  readonly acks: Ack[] = []
  readonly refusals: Refusal[] = []
  readonly #choose: Chooser
  readonly #options: WriterOptions
  #n = 0
  #stopped = false
  #waiting = false
  #paused = false
  #client: Client | null = null
  #target: Target | null = null
  #done: Promise<void> = Promise.resolve()

  constructor(key: string, choose: Chooser, options: WriterOptions = {}) {
    this.key = key
    this.#choose = choose
    this.#options = options
  }

  start(): this {
    this.#done = this.#loop()
    return this
  }

  /** The last number that was sent, acknowledged or not. */
  get sent(): number {
    return this.#n
  }

  /** A write was sent and not answered. */
  get isWaiting(): boolean {
    return this.#waiting
  }

  /** Where it writes, or wrote last. */
  get lastTarget(): Target | null {
    return this.#target
  }

  get lastAck(): Ack | null {
    return this.acks.at(-1) ?? null
  }

  pause(paused: boolean): void {
    this.#paused = paused
  }

  /** Ends when the operation in flight ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
    this.#client?.close()
  }

  /** Stops without waiting for the operation in flight: its outcome stays unknown. */
  abandon(): void {
    this.#stopped = true
    this.#client?.close()
  }

  /** Acknowledgements in [from, to). */
  between(from: number, to = Infinity): Ack[] {
    return this.acks.filter((ack) => ack.at >= from && ack.at < to)
  }

  /** The longest time without an acknowledgement that ended after `since`, in ms; open gaps count up to `now`. */
  longestGap(since: number, now = performance.now()): number {
    let longest = 0
    let last = since
    for (const ack of this.acks) {
      if (ack.at < since) last = ack.at
      else {
        longest = Math.max(longest, ack.at - last)
        last = ack.at
      }
    }
    return Math.max(longest, now - last)
  }

  async #loop(): Promise<void> {
    let failures = 0
    while (!this.#stopped) {
      if (this.#paused) {
        await pass(retryMs)
        continue
      }
      if (this.#client === null || this.#client.closed) {
        this.#target = await this.#choose(this.#target, failures)
        if (this.#stopped) return
        const target = this.#target
        const opened: Client | Called = target === null ? refusedNowhere : await Client.connect(target.address, this.#options)
        if (!(opened instanceof Client)) {
          failures += 1
          if (target !== null && !opened.ok) this.#refused(target, opened)
          await pass(retryMs)
          continue
        }
        this.#client = opened
      }
      const target = this.#target
      if (target === null) throw new Error('a writer has a connection but no target')
      const started = performance.now()
      failures = (await this.#write(this.#client, target)) ? 0 : failures + 1
      if (failures > 0) await pass(retryMs)
      const { perSecond = 0 } = this.#options
      if (perSecond > 0) await pass(1000 / perSecond - (performance.now() - started))
    }
  }

  async #write(client: Client, target: Target): Promise<boolean> {
    const n = ++this.#n
    this.#waiting = true
    const called = await client.call(['RPUSH', this.key, String(n)], this.#options.operationLimitMs ?? 500)
    this.#waiting = false
    if (called.ok) {
      this.acks.push({ n, at: performance.now(), node: target.node })
      return true
    }
    this.#refused(target, called)
    client.close()
    return false
  }

  #refused(target: Target, called: Extract<Called, { ok: false }>): void {
    if (this.refusals.length >= keptRefusals) this.refusals.splice(0, keptRefusals / 2)
    const code = called.kind === 'error' ? (called.message.split(' ')[0] ?? '') : ''
    this.refusals.push({ at: performance.now(), node: target.node, kind: called.kind, code })
  }
}

const refusedNowhere: Called = { ok: false, kind: 'refused', message: 'nobody to write to' }

/** Asks regroup who is primary at the start and after every failure; stays with the last answer while regroup is silent. */
export function following(api: Api, group: string): Chooser {
  return async (failed) => {
    const status = await api.group(group, 1_000)
    if (status === null) return failed
    const node = status.nodes.find((one) => one.id === status.primary)
    return node === undefined ? null : { node: node.id, address: node.address }
  }
}

/** Stays with one address whatever happens: the client that nobody told. */
export function clinging(target: Target): Chooser {
  return () => Promise.resolve(target)
}

/** Tries every node in turn until one takes the write: whatever is writable is written to. */
export function roaming(targets: readonly Target[]): Chooser {
  let at = 0
  return () => Promise.resolve(targets[at++ % targets.length] ?? null)
}
