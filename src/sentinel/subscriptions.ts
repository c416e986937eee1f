// What one connection listens to, and what is said about it.
import { matches } from './glob.ts'
import { type Reply, push, refusal } from './reply.ts'

/** A client needs a handful; each costs us a comparison at every event. */
export const maxSubscriptions = 100
/** The channel of which every client that writes must hear. */
export const switchChannel = '+switch-master'

export class Subscriptions {
  readonly #channels = new Set<string>()
  readonly #patterns = new Set<string>()

  get count(): number {
    return this.#channels.size + this.#patterns.size
  }

  /** It listens to more than the change of a primary. */
  get wantsHealth(): boolean {
    return this.#patterns.size > 0 || [...this.#channels].some((channel) => channel !== switchChannel)
  }

  /** One reply for each name. */
  add(kind: 'subscribe' | 'psubscribe', names: readonly string[]): readonly Reply[] {
    const set = kind === 'subscribe' ? this.#channels : this.#patterns
    return names.map((name) => {
      if (!set.has(name) && this.count >= maxSubscriptions) return refusal(`ERR a client may have ${maxSubscriptions} subscriptions`)
      set.add(name)
      return push(kind, name, this.count)
    })
  }

  /** Without names: from all of its kind. */
  remove(kind: 'unsubscribe' | 'punsubscribe', names: readonly string[]): readonly Reply[] {
    const set = kind === 'unsubscribe' ? this.#channels : this.#patterns
    const all = names.length === 0 ? [...set] : names
    if (all.length === 0) return [push(kind, null, this.count)]
    return all.map((name) => {
      set.delete(name)
      return push(kind, name, this.count)
    })
  }

  /** What one event is to this connection: once for its channel, once for each pattern. */
  messages(channel: string, text: string): readonly Reply[] {
    const direct = this.#channels.has(channel) ? [push('message', channel, text)] : []
    const byPattern = [...this.#patterns].filter((pattern) => matches(pattern, channel))
    return [...direct, ...byPattern.map((pattern) => push('pmessage', pattern, channel, text))]
  }
}
