// The event stream of a regroup server, with the moment each event arrived. It connects again by itself: proofs kill the server.
import type { LogEntry } from '../../src/core/model.ts'
import type { GroupStatus } from '../../src/core/status.ts'
import { found, instead, pass, until } from './wait.ts'

export type Event =
  | { readonly kind: 'log'; readonly at: number; readonly entry: LogEntry }
  | { readonly kind: 'status'; readonly at: number; readonly status: GroupStatus }

/** More than the longest story makes; older events are dropped. */
const keptEvents = 50_000
const retryMs = 20

export class Follower {
  readonly #url: string
  readonly #abort = new AbortController()
  readonly #done: Promise<void>
  #events: Event[] = []
  #connected = false

  constructor(url: string) {
    this.#url = `${url}/events`
    this.#done = this.#follow()
  }

  get connected(): boolean {
    return this.#connected
  }

  /** In order of arrival; `at` is performance.now() of this process. */
  get events(): readonly Event[] {
    return this.#events
  }

  /** The first event after `since` that matches. */
  wait(what: string, limitMs: number, since: number, matches: (event: Event) => boolean): Promise<Event> {
    return until(what, limitMs, () => {
      const event = this.#events.find((one) => one.at >= since && matches(one))
      return event === undefined ? instead(`${this.#events.length} other events`) : found(event)
    })
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await this.#done
  }

  async #follow(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        const response = await fetch(this.#url, { signal: this.#abort.signal })
        if (!response.ok || response.body === null) throw new Error(`status ${response.status}`)
        this.#connected = true
        let rest = ''
        for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
          const blocks = (rest + text).split('\n\n')
          rest = blocks.pop() ?? ''
          for (const block of blocks) this.#take(block)
        }
      } catch {
        // Killed, or not there yet: tried again below.
      }
      this.#connected = false
      await pass(retryMs)
    }
  }

  #take(block: string): void {
    const event = parseBlock(block, performance.now())
    if (event !== null) this.#events.push(event)
    if (this.#events.length > keptEvents) this.#events = this.#events.slice(-keptEvents / 2)
  }
}

/** One block of a text/event-stream; null for heartbeats and kinds that proofs do not use. */
export function parseBlock(block: string, at: number): Event | null {
  const field = (name: string): string =>
    block
      .split('\n')
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trimStart())
      .join('\n')
  const kind = field('event')
  if (kind !== 'log' && kind !== 'status') return null
  const data = JSON.parse(field('data')) as { entry?: LogEntry; status?: GroupStatus } & LogEntry & GroupStatus
  return kind === 'log' ? { kind, at, entry: data.entry ?? data } : { kind, at, status: data.status ?? data }
}
