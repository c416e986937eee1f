// The groups as the server tells them, kept current by its event stream. One stream for the whole page; components subscribe to what they show.
import { Refusal, ask, serverNow } from '../api/ask.ts'
import type { GroupStatus, LogEntry } from '../api/types.ts'

export type Link =
  /** Nothing was heard yet. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** What is shown was true at `since` and may be old. */
  | { readonly kind: 'cut'; readonly since: number; readonly why: string }

type Listener = () => void

/** No word for so long although the server says something every 15 s: the line is cut without anybody having told us. */
const silenceMs = 35_000
/** A stream that has not begun after so long is none: some proxies take the question and keep the answer to themselves. */
const beginMs = 8_000
/** After a stream that was refused; the browser itself retries one that broke. */
const againMs = 1000

/** The first change is drawn at once, those that follow it together. */
const drawEveryMs = 50

export class Live {
  link: Link = { kind: 'connecting' }
  /** Null: not known yet. A new map whenever a group comes, goes or changes. */
  groups: ReadonlyMap<string, GroupStatus> | null = null
  /** Why the groups could not be read. */
  refusal: Refusal | null = null
  readonly #listeners = new Set<Listener>()
  readonly #entryListeners = new Set<(entry: LogEntry) => void>()
  readonly #connectListeners = new Set<Listener>()
  readonly #refusedListeners = new Set<Listener>()
  /** Statuses that came since the last drawing: many changes are one drawing. */
  #changed = new Map<string, GroupStatus>()
  #drawing = false
  /** By the clock of the tab. */
  #drawnAt = -Infinity
  #stream: EventSource | null = null
  #watch: ReturnType<typeof setTimeout> | undefined
  #later: ReturnType<typeof setTimeout> | undefined
  #loading = 0
  /** Questions for all groups that are on their way. */
  #asking = 0
  /** The last word of the stream; before the first, when it was asked for. */
  #heardAt = 0

  start(): () => void {
    this.#heardAt = serverNow()
    this.#open()
    return () => {
      this.#stream?.close()
      clearTimeout(this.#watch)
      clearTimeout(this.#later)
    }
  }

  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onEntry(listener: (entry: LogEntry) => void): () => void {
    this.#entryListeners.add(listener)
    return () => this.#entryListeners.delete(listener)
  }

  /** Again live after it was cut: what happened meanwhile was not told. */
  onConnect(listener: Listener): () => void {
    this.#connectListeners.add(listener)
    return () => this.#connectListeners.delete(listener)
  }

  /** The groups could not be read: perhaps a login ended. */
  onRefused(listener: Listener): () => void {
    this.#refusedListeners.add(listener)
    return () => this.#refusedListeners.delete(listener)
  }

  #open(): void {
    this.#stream?.close()
    this.#awaitBeginning()
    const stream = new EventSource('/events')
    this.#stream = stream
    stream.addEventListener('open', () => {
      this.#heard()
      void this.#load()
    })
    stream.addEventListener('status', ({ data }) => this.#put(JSON.parse(data as string) as GroupStatus))
    stream.addEventListener('log', ({ data }) => this.#entry(JSON.parse(data as string) as LogEntry))
    stream.addEventListener('spec', () => {
      this.#heard()
      void this.#load()
    })
    stream.addEventListener('beat', () => this.#heard())
    stream.addEventListener('error', () => {
      this.#cut('the event stream broke', this.link.kind === 'live' ? serverNow() : this.#heardAt)
      // Old news are better than none.
      if (this.groups === null) this.#loadUnlessAsked()
      if (stream.readyState === EventSource.CLOSED) this.#again()
      else this.#awaitBeginning()
    })
  }

  /** From now on the stream must begin, by itself or when the browser tries again. */
  #awaitBeginning(): void {
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => {
      this.#cut('the event stream does not begin', this.#heardAt)
      this.#again()
    }, beginMs)
  }

  /** The browser gave up: the stream was refused. Asking for the groups says why. */
  #again(): void {
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => {
      this.#loadUnlessAsked()
      this.#open()
    }, againMs)
  }

  #heard(): void {
    this.#heardAt = serverNow()
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => {
      this.#cut('the server has been silent', this.#heardAt)
      this.#open()
    }, silenceMs)
    if (this.link.kind === 'live') return
    if (this.link.kind === 'cut') for (const listener of this.#connectListeners) listener()
    this.link = { kind: 'live' }
    this.#draw()
  }

  #cut(why: string, since: number): void {
    if (this.link.kind === 'cut') return
    this.link = { kind: 'cut', since, why }
    this.#draw()
  }

  /** A question that is on its way is not overtaken by the next: where answers are slow, none would ever come. */
  #loadUnlessAsked(): void {
    if (this.#asking === 0) void this.#load()
  }

  /** Everything anew: after a connect nobody knows what was missed. What the stream said meanwhile is newer than the answer. */
  async #load(): Promise<void> {
    const mine = ++this.#loading
    clearTimeout(this.#later)
    this.#changed = new Map()
    this.#asking++
    try {
      const { groups } = await ask<{ readonly groups: readonly GroupStatus[] }>('/api/v1/groups')
      if (mine !== this.#loading) return
      const known = this.groups
      const next = groups.map(
        (status) => [status.group, this.#changed.get(status.group) ?? same(known?.get(status.group), status)] as const,
      )
      this.groups = new Map(next)
      this.refusal = null
    } catch (error) {
      if (mine !== this.#loading || !(error instanceof Refusal)) return
      this.refusal = error
      // A stream that lives tells nobody that this failed.
      if (this.link.kind === 'live') this.#later = setTimeout(() => this.#loadUnlessAsked(), againMs)
      for (const listener of this.#refusedListeners) listener()
    } finally {
      this.#asking--
    }
    this.#draw()
  }

  #put(status: GroupStatus): void {
    this.#heard()
    this.#changed.set(status.group, status)
    this.#draw()
  }

  #entry(entry: LogEntry): void {
    this.#heard()
    for (const listener of this.#entryListeners) listener(entry)
  }

  #draw(): void {
    if (this.#drawing) return
    this.#drawing = true
    const waitMs = Math.max(0, this.#drawnAt + drawEveryMs - performance.now())
    // A timer and not an animation frame: a hidden tab has no frames, and must not collect changes for hours.
    setTimeout(() => {
      this.#drawing = false
      this.#drawnAt = performance.now()
      if (this.groups !== null && this.#changed.size > 0) {
        // Who comes or goes is told by the spec's event: a late word about a group that was removed must not bring it back.
        const known = this.groups
        this.groups = new Map([...known, ...[...this.#changed].filter(([group]) => known.has(group))])
        this.#changed = new Map()
      }
      for (const listener of this.#listeners) listener()
    }, waitMs)
  }
}

/** The old object when nothing changed, so that its tile is not drawn again. */
function same(known: GroupStatus | undefined, status: GroupStatus): GroupStatus {
  return known !== undefined && JSON.stringify(known) === JSON.stringify(status) ? known : status
}

export const live = new Live()
