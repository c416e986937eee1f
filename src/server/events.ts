// The event stream: one subscription to the controller, written to every reader. A reader that does not keep up is cut off.
import type { ServerResponse } from 'node:http'
import type { ControllerEvent, ControllerFacade } from '../controller/facade.ts'
import { UserError } from '../errors.ts'
import type { Who } from './access.ts'
import { concerns } from './narrowed.ts'

/** Proxies and browsers take a stream that is silent for longer than this for dead. */
export const heartbeatMs = 15_000
/** What may wait for one reader: about 200 statuses. It may reconnect and read the groups anew; memory does not come back. */
export const maxBacklogBytes = 1_048_576
/** Each holds a socket and a backlog; people and pages do not come in hundreds. */
export const maxReaders = 100

export interface EventStream {
  /** Takes the response over, for what `who` may see. Throws NOT_NOW when there are too many readers. */
  attach(response: ServerResponse, who: Who): void
  close(): void
}

/** Starts to listen to the controller. `every` runs something each so many milliseconds and returns how to stop. */
export function startEvents(facade: ControllerFacade, every: (ms: number, run: () => void) => () => void): EventStream {
  const readers = new Map<ServerResponse, Who>()
  const unsubscribe = facade.subscribe((event) => {
    const text = eventText(event)
    for (const [reader, who] of readers) if (concerns(who, event)) write(reader, text)
  })
  const stopHeart = every(heartbeatMs, () => {
    for (const reader of readers.keys()) write(reader, ': still here\n\n')
  })
  return {
    attach(response, who) {
      if (readers.size >= maxReaders) throw new UserError('NOT_NOW', `${maxReaders} readers follow the events already; close one first`)
      readers.set(response, who)
      response.on('close', () => readers.delete(response))
      // A reader that is cut off ends with an error that tells us nothing new.
      response.on('error', () => readers.delete(response))
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      response.write('retry: 1000\n: regroup events\n\n')
    },
    close() {
      unsubscribe()
      stopHeart()
      for (const reader of readers.keys()) reader.end()
      readers.clear()
    },
  }
}

function write(reader: ServerResponse, text: string): void {
  if (reader.writableLength + text.length > maxBacklogBytes) reader.destroy()
  else reader.write(text)
}

function eventText(event: ControllerEvent): string {
  switch (event.kind) {
    case 'log':
      return framed('log', event.entry)
    case 'status':
      return framed('status', event.status)
    case 'spec':
      return framed('spec', { revision: event.revision })
    case 'topology':
      return framed('topology', event.topology)
    default:
      throw new Error(`no such event: ${JSON.stringify(event satisfies never)}`)
  }
}

function framed(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
