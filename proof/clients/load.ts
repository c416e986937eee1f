// One application that writes without end through a client library, and what happens to its primary.
import { ask } from '../harness/client.ts'
import type { Address } from '../harness/client.ts'
import { found, instead, pass, until } from '../harness/wait.ts'

interface Ack {
  readonly key: string
  readonly startedAt: number
  readonly at: number
}

export interface Gap {
  readonly ms: number
  readonly errors: number
  /** The different errors, in short. */
  readonly words: string
}

const limitMs = 30_000
const perSecond = 200

export class Load {
  readonly acks: Ack[] = []
  readonly errors: { readonly at: number; readonly message: string }[] = []
  readonly #set: (key: string, value: string) => Promise<unknown>
  readonly name = `load:${Math.random().toString(36).slice(2, 8)}`
  #stopped = false
  #done: Promise<void> = Promise.resolve()

  constructor(set: (key: string, value: string) => Promise<unknown>) {
    this.#set = set
  }

  start(): this {
    this.#done = this.#loop()
    return this
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  /** Ends when so many writes were confirmed that were begun after an instant. */
  goesOn(since: number, count = 20): Promise<number> {
    return until('the client writes', limitMs, () => {
      const later = this.acks.filter((ack) => ack.startedAt >= since)
      return later.length >= count ? found(later.length) : instead(`${later.length} writes; ${this.errors.at(-1)?.message ?? 'no error'}`)
    })
  }

  /** The longest time between two confirmed writes after an instant, and what was thrown meanwhile. */
  gap(since: number): Gap {
    let longest = 0
    let last = since
    for (const { at } of this.acks.filter((ack) => ack.at >= since)) {
      longest = Math.max(longest, at - last)
      last = at
    }
    const errors = this.errors.filter(({ at }) => at >= since)
    return {
      ms: Math.round(longest),
      errors: errors.length,
      words: [...new Set(errors.map(({ message }) => message.slice(0, 60)))].join('; '),
    }
  }

  /** Confirmed keys that a node does not hold; `from`: only those begun after an instant. */
  async missing(address: Address, from = 0): Promise<readonly string[]> {
    const missing: string[] = []
    for (const { key } of this.acks.filter(({ startedAt }) => startedAt >= from)) {
      const called = await ask(address, ['EXISTS', key], 5_000)
      if (!called.ok || called.value !== 1) missing.push(key)
    }
    return missing
  }

  async #loop(): Promise<void> {
    for (let n = 1; !this.#stopped; n++) {
      const startedAt = performance.now()
      const key = `${this.name}:${n}`
      try {
        await this.#set(key, String(n))
        this.acks.push({ key, startedAt, at: performance.now() })
      } catch (error) {
        this.errors.push({ at: performance.now(), message: error instanceof Error ? error.message : String(error) })
      }
      await pass(1000 / perSecond)
    }
  }
}
