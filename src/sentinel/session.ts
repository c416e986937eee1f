// One connection: reads commands, answers in order, sends events. A client that does not read is waited for, then cut off.
import type { Socket } from 'node:net'
import { type Connection, type Source, answerTo, fullName, wrongNumber } from './commands.ts'
import { type Reply, encodeReply, ok, refusal, value } from './reply.ts'
import { RequestReader } from './request.ts'
import { Subscriptions } from './subscriptions.ts'

/** With this much unread no further command is answered until the client has read. */
const highWaterBytes = 65_536
/** Events that a client leaves unread: tens of thousands. It may connect and ask anew; memory does not come back. */
export const maxBacklogBytes = 1_048_576
/** In RESP2 a subscriber's replies could not be told from its messages. */
const allowedToSubscribers = new Set(['subscribe', 'unsubscribe', 'psubscribe', 'punsubscribe', 'ping', 'quit'])

export class Session implements Connection {
  readonly id: number
  protocol: 2 | 3 = 2
  name: string | null = null
  readonly subscriptions = new Subscriptions()
  readonly #socket: Socket
  readonly #source: Source
  readonly #changed: () => void
  readonly #reader = new RequestReader()
  #waiting: readonly (readonly string[])[] = []

  /** `changed`: told when its subscriptions did. */
  constructor(id: number, socket: Socket, source: Source, changed: () => void) {
    this.id = id
    this.#socket = socket
    this.#source = source
    this.#changed = changed
    socket.setNoDelay(true)
    socket.on('data', (bytes) => {
      this.#waiting = [...this.#waiting, ...this.#reader.push(bytes)]
      this.#work()
    })
    socket.on('drain', () => this.#work())
  }

  tell(channel: string, text: string): void {
    const messages = this.subscriptions.messages(channel, text)
    if (messages.length === 0) return
    if (this.#socket.writableLength > maxBacklogBytes) this.#socket.destroy()
    else this.#write(messages)
  }

  end(): void {
    this.#socket.end()
  }

  #work(): void {
    const waiting = this.#waiting
    let at = 0
    while (at < waiting.length && this.#socket.writable && this.#socket.writableLength < highWaterBytes) {
      this.#write(this.#execute(waiting[at] ?? []))
      at += 1
    }
    this.#waiting = waiting.slice(at)
    if (this.#waiting.length > 0) {
      this.#socket.pause()
      return
    }
    this.#socket.resume()
    const { violation } = this.#reader
    if (violation === null || !this.#socket.writable) return
    this.#write([refusal(`ERR Protocol error: ${violation}`)])
    this.#socket.end()
  }

  #execute(words: readonly string[]): readonly Reply[] {
    const name = (words[0] ?? '').toLowerCase()
    const names = words.slice(1)
    const isSubscriber = this.protocol === 2 && this.subscriptions.count > 0
    if (isSubscriber && !allowedToSubscribers.has(name)) {
      const allowed = '(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET'
      return [refusal(`ERR Can't execute '${fullName(words)}': only ${allowed} are allowed in this context`)]
    }
    // What is left to a subscriber by default is PING.
    switch (name) {
      case 'subscribe':
      case 'psubscribe':
        return names.length === 0 ? [wrongNumber(name)] : this.#subscribed(this.subscriptions.add(name, names))
      case 'unsubscribe':
      case 'punsubscribe':
        return this.#subscribed(this.subscriptions.remove(name, names))
      case 'quit':
        this.#write([ok])
        this.#socket.end()
        return []
      default:
        if (isSubscriber && names.length < 2) return [value(['pong', names[0] ?? ''])]
        return [answerTo(words, this.#source, this)]
    }
  }

  #subscribed(replies: readonly Reply[]): readonly Reply[] {
    this.#changed()
    return replies
  }

  #write(replies: readonly Reply[]): void {
    if (replies.length > 0 && this.#socket.writable)
      this.#socket.write(Buffer.concat(replies.map((reply) => encodeReply(reply, this.protocol))))
  }
}
