// One application that writes without end through a client library, and what happens to its primary.
import { ask } from '../harness/client.ts'
import type { Address } from '../harness/client.ts'
import type { Controller } from '../harness/controller.ts'
import type { Group } from '../harness/servers.ts'
import { found, instead, pass, until } from '../harness/wait.ts'
import { healthy, otherPrimary } from '../stories/waits.ts'

interface Ack {
  readonly key: string
  readonly startedAt: number
  readonly at: number
}

const limitMs = 15_000
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
  gap(since: number): { readonly ms: number; readonly errors: number; readonly words: string } {
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

type Play = (controller: Controller, group: Group, load: Load) => Promise<ReturnType<Load['gap']>>

/** What happens to the primary. Each ends when the client writes to the next one, and the old one is back. */
export const played: Readonly<Record<'crash' | 'freeze' | 'switchover', Play>> = {
  crash: async (controller, group, load) => {
    const old = group.node(await healthy(controller, group))
    await load.goesOn(0)
    const at = performance.now()
    await old.server.kill9()
    await moved(controller, group, load, old.id)
    const gap = load.gap(at)
    await old.server.start()
    await healthy(controller, group)
    return gap
  },
  freeze: async (controller, group, load) => {
    const old = group.node(await healthy(controller, group))
    await load.goesOn(0)
    const at = performance.now()
    await old.server.freeze()
    try {
      await moved(controller, group, load, old.id)
    } finally {
      old.server.thaw()
    }
    const gap = load.gap(at)
    await healthy(controller, group)
    return gap
  },
  switchover: async (controller, group, load) => {
    const old = await healthy(controller, group)
    await load.goesOn(0)
    const at = performance.now()
    const answer = await controller.api.switchover(group.id)
    if (!answer.ok) throw new Error(`switchover refused: ${answer.detail}`)
    await moved(controller, group, load, old)
    return load.gap(at)
  },
}

async function moved(controller: Controller, group: Group, load: Load, old: string): Promise<void> {
  await otherPrimary(controller, group, old)
  await load.goesOn(performance.now())
}
