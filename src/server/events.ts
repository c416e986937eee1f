// The event stream: one subscription to the controller, written to every reader. A reader that does not keep up is cut off;
// one that comes back goes on where it was, or is told the whole state.
import type { ServerResponse } from 'node:http'
import type { ControllerEvent, ControllerFacade } from '../controller/facade.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { Who } from './access.ts'
import { concerns } from './narrowed.ts'

/** Proxies and browsers take a stream that is silent for longer than this for dead. */
export const heartbeatMs = 15_000
/** What may wait for one reader: about 200 statuses. It may come back and go on; memory does not come back. */
export const maxBacklogBytes = 1_048_576
/** Each holds a socket and a backlog; people and pages do not come in hundreds. */
export const maxReaders = 100
/** What is kept for those who come back: minutes of a busy installation, days of a calm one. */
export const maxKeptBytes = 4_194_304

export interface Reader {
  readonly who: Who
  /** Who it is by now: a token may have been revoked. Without a role it is cut off at the next heartbeat. */
  readonly whoNow: () => Who
  /** The controller as it may see it. */
  readonly controller: ControllerFacade
  /** The last event that it has; null when it begins. */
  readonly lastId: string | null
  /** It wants to begin with the whole state. */
  readonly wantsState: boolean
}

export interface EventStream {
  /** Takes the response over. Throws NOT_NOW when there are too many readers. */
  attach(response: ServerResponse, reader: Reader): void
  close(): void
}

interface Kept {
  readonly number: number
  readonly event: ControllerEvent
  readonly text: string
}

/**
 * Listens to the controller while there are readers, and a heartbeat longer for those who come back: statuses cost time. `run` names this process, so that an id of another one is never taken for ours.
 * `every` runs something each so many milliseconds and returns how to stop.
 */
export function startEvents(facade: ControllerFacade, run: string, every: (ms: number, then: () => void) => () => void): EventStream {
  const readers = new Map<ServerResponse, Reader>()
  const kept = keeping()
  let unsubscribe: (() => void) | null = null
  let wasRead = false
  const hear = (event: ControllerEvent): void => {
    const text = kept.add(event, (number) => framed(idOf(run, number), event.kind, dataOf(event)))
    for (const [response, reader] of readers) if (concerns(reader.who, event)) write(response, text)
  }
  const stop = (): void => {
    unsubscribe?.()
    unsubscribe = null
    kept.forget()
  }
  const stopHeart = every(heartbeatMs, () => {
    if (!wasRead && readers.size === 0 && unsubscribe !== null) stop()
    wasRead = readers.size > 0
    for (const [response, reader] of readers) {
      const who = reader.whoNow()
      if (who.role === null) response.end()
      else readers.set(response, { ...reader, who })
      write(response, 'event: beat\ndata: {}\n\n')
    }
  })
  return {
    attach(response, reader) {
      if (readers.size >= maxReaders) throw new UserError('NOT_NOW', say('refusal.readersFull', { most: maxReaders }))
      readers.set(response, reader)
      wasRead = true
      unsubscribe ??= facade.subscribe(hear)
      response.on('close', () => readers.delete(response))
      // A reader that is cut off ends with an error that tells us nothing new.
      response.on('error', () => readers.delete(response))
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
      response.write(`retry: 1000\n: regroup events\n${beginning(reader, run, kept)}`)
    },
    close() {
      stop()
      stopHeart()
      for (const reader of readers.keys()) reader.end()
      readers.clear()
    },
  }
}

type Keeping = ReturnType<typeof keeping>

function keeping() {
  let events: Kept[] = []
  let bytes = 0
  let last = 0
  return {
    get last(): number {
      return last
    },
    add(event: ControllerEvent, textOf: (number: number) => string): string {
      const text = textOf(++last)
      events.push({ number: last, event, text })
      bytes += text.length
      // Cut in large steps: an array is not shortened for every event.
      if (bytes > maxKeptBytes) {
        const half = events.slice(Math.ceil(events.length / 2))
        events = half
        bytes = half.reduce((sum, one) => sum + one.text.length, 0)
      }
      return text
    },
    /** From now on nothing is added until somebody reads again: who has an older id has missed something. */
    forget(): void {
      events = []
      bytes = 0
      last++
    },
    /** What came after this one; null when it is not all here any more. */
    after(number: number): readonly Kept[] | null {
      const first = events[0]?.number ?? last + 1
      return number > last || number < first - 1 ? null : events.slice(number - first + 1)
    },
  }
}

/** What a reader missed, or the whole state when that is not known any more. */
function beginning({ who, controller, lastId, wantsState }: Reader, run: string, kept: Keeping): string {
  const now = idOf(run, kept.last)
  if (lastId === null && !wantsState) return `id: ${now}\n\n`
  const missed = lastId === null ? null : kept.after(numberIn(lastId, run))
  if (missed !== null) {
    const texts = missed.filter(({ event }) => concerns(who, event)).map(({ text }) => text)
    return `\n${texts.join('')}id: ${now}\n\n`
  }
  const state = { why: lastId === null ? 'begins' : 'missed', revision: controller.spec().revision, groups: controller.statuses() }
  return `\n${framed(now, 'state', state)}`
}

function idOf(run: string, number: number): string {
  return `${run}-${number}`
}

/** -1 for an id of another process. */
function numberIn(id: string, run: string): number {
  const number = id.startsWith(`${run}-`) ? Number(id.slice(run.length + 1)) : -1
  return Number.isSafeInteger(number) ? number : -1
}

function write(reader: ServerResponse, text: string): void {
  if (reader.writableEnded) return
  if (reader.writableLength + text.length > maxBacklogBytes) reader.destroy()
  else reader.write(text)
}

function dataOf(event: ControllerEvent): unknown {
  switch (event.kind) {
    case 'log':
      return event.entry
    case 'status':
      return event.status
    case 'spec':
      return { revision: event.revision }
    case 'topology':
      return event.topology
    default:
      throw new Error(`no such event: ${JSON.stringify(event satisfies never)}`)
  }
}

function framed(id: string, name: string, data: unknown): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
