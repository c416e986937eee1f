// One TCP or TLS connection to a node: greeting, pipelined batches, and every way it can end as a value.
import { type Socket, connect, isIP } from 'node:net'
import { type ConnectionOptions as NodeTlsOptions, connect as connectTls } from 'node:tls'
import type { Address, ProbeFailure } from '../core/model.ts'
import { Decoder } from '../resp/decode.ts'
import { encodeCommands } from '../resp/encode.ts'
import { RespError, RespPush, type RespValue } from '../resp/value.ts'
import { deadline } from './deadline.ts'
import {
  type Answer,
  closed,
  failed,
  failureOfSocket,
  noDescriptor,
  refusalOfAuth,
  refusalOfConnection,
  silent,
  unasked,
} from './outcome.ts'
import type { Room } from './room.ts'

/** `username` null: the old AUTH with a password only, for the default user. */
export interface Credential {
  readonly username: string | null
  readonly password: string
}

/** Given as they are to node:tls. A shared `secureContext` saves parsing the certificates once per connection. */
export type TlsOptions = Pick<
  NodeTlsOptions,
  'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'rejectUnauthorized' | 'minVersion' | 'secureContext'
>

export interface ConnectionOptions {
  readonly address: Address
  readonly tls: TlsOptions | null
  readonly credential: Credential | null
  /** Whom a password without a name is tried for as well: a server that lets in whoever errs refuses it only then. Default: nobody. */
  readonly defaultUser?: string | null
  /** CLIENT SETNAME, by which a later leader finds and cuts this connection; null: none. */
  readonly name: string | null
  /**
   * false: the first batch leaves together with the greeting; for questions only.
   * true: it leaves after the greeting was accepted, and a refused name ends the connection; for whatever changes a role: a server that
   * refuses our user but lets everybody in would execute it all the same.
   */
  readonly greetFirst: boolean
  /** Where its descriptor is counted; null: nowhere. */
  readonly room?: Room | null
  /** The connection ended by itself, once, after every batch on it was answered with the same failure. Not called after `destroy`. */
  readonly onEnd?: (failure: ProbeFailure) => void
}

type Stage = 'resolving' | 'connecting' | 'handshake' | 'greeting' | 'ready' | 'ended'

interface Batch {
  readonly count: number
  readonly replies: RespValue[]
  readonly settle: (answer: Answer) => void
}

/** What a plain socket has for us is read into here and taken in before anything else is read: a buffer for each read would be garbage. */
const arrived = Buffer.allocUnsafeSlow(65_536)
/** The kernel asks an idle peer after this, so that a connection to a vanished host ends some day. */
const keepAliveMs = 10_000

export class Connection {
  readonly #options: ConnectionOptions
  readonly #socket: Socket | null
  /** Below TLS, when there is any. */
  #tcp: Socket | null = null
  readonly #hasRoom: boolean
  readonly #decoder = new Decoder()
  /** Asked and not answered, oldest first. Its callers bound it. */
  readonly #batches: Batch[] = []
  /** What waits for the connect, or for the greeting. */
  #unsent: Buffer[] = []
  #stage: Stage
  #named = false
  #answered = false

  /** Begins to connect at once. Throws nothing: what node refuses to try ends the connection in a later turn. */
  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#stage = isIP(options.address.host) === 0 ? 'resolving' : 'connecting'
    this.#hasRoom = options.room?.take() ?? true
    this.#socket = this.#hasRoom ? this.#opened() : this.#refused(noDescriptor)
  }

  get isOpen(): boolean {
    return this.#stage !== 'ended'
  }

  get isResolving(): boolean {
    return this.#stage === 'resolving'
  }

  /** The TCP connection stands: the host took it. Whether a process reads it is another question. */
  get isConnected(): boolean {
    return this.#stage === 'handshake' || this.#stage === 'greeting' || this.#stage === 'ready'
  }

  /** The greeting was answered. */
  get isReady(): boolean {
    return this.#stage === 'ready'
  }

  /** The server knows it by its name. */
  get isNamed(): boolean {
    return this.#named
  }

  /** Batches asked and not answered. */
  get outstanding(): number {
    return this.#batches.length
  }

  /**
   * Sends the commands in one write, behind what was sent before. `settle` is called exactly once, in a later turn or within `destroy`:
   * with one reply per command, or with why the connection ended. No deadline. `bytes`: the commands as they leave, when they are known.
   */
  send(commands: readonly (readonly string[])[], settle: (answer: Answer) => void, bytes = encodeCommands(commands)): void {
    if (this.#stage === 'ended') {
      setImmediate(settle, failed(unasked('ENDED', 'the connection has ended')))
      return
    }
    this.#batches.push({ count: commands.length, replies: [], settle })
    if (this.#stage === 'ready' || (this.#stage === 'greeting' && !this.#options.greetFirst)) this.#socket?.write(bytes)
    else this.#unsent.push(bytes)
  }

  /**
   * As `send`, with a deadline in ms that covers the connect: `silent` when it passes, DNS when no address was found by then.
   * The connection stays and still waits for the replies: the commands may yet be executed. Whoever will not wait destroys it.
   */
  ask(commands: readonly (readonly string[])[], timeoutMs: number, settle: (answer: Answer) => void): void {
    let isOpen = true
    const end = (answer: Answer): void => {
      if (!isOpen) return
      isOpen = false
      cancel()
      settle(answer)
    }
    const cancel = deadline(timeoutMs, () => end(failed(this.lateness())))
    this.send(commands, end)
  }

  /** As `ask`, to be awaited. */
  answer(commands: readonly (readonly string[])[], timeoutMs: number): Promise<Answer> {
    return new Promise((resolve) => this.ask(commands, timeoutMs, resolve))
  }

  /** What it means that nothing was answered until now. */
  lateness(): ProbeFailure {
    return this.isResolving ? unasked('DNS', 'name resolution did not answer in time') : silent
  }

  /**
   * Closes at once; batches in flight are answered with `failure`. What of them the node's kernel has not acknowledged is given up: a plain close would have
   * ours repeat it for minutes, and a role that was told in vain would come long after another.
   */
  destroy(failure: ProbeFailure): void {
    const tcp = this.#tcp
    // Before it is connected nothing has left.
    if (this.isOpen && this.outstanding > 0 && tcp?.connecting === false && !tcp.destroyed) tcp.resetAndDestroy()
    this.#finish(failure)
  }

  #opened(): Socket | null {
    try {
      return this.#open()
    } catch (error) {
      return this.#refused(failureOfSocket(error as Error))
    }
  }

  #refused(failure: ProbeFailure): null {
    setImmediate(() => this.#end(failure))
    return null
  }

  #open(): Socket {
    const { address, tls } = this.#options
    const tcp = { host: address.host, port: address.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs }
    const onread = { buffer: arrived, callback: (length: number) => this.#arrived(length) }
    const carrier = tls === null ? connect({ ...tcp, onread }) : connect(tcp)
    this.#tcp = carrier
    carrier.once('lookup', () => {
      if (this.#stage === 'resolving') this.#stage = 'connecting'
    })
    carrier.once('connect', () => {
      if (tls === null) this.#greet()
      else if (this.#stage === 'connecting') this.#stage = 'handshake'
    })
    this.#watch(carrier)
    return tls === null ? carrier : this.#secured(carrier, { host: address.host, ...tls })
  }

  #secured(carrier: Socket, options: NodeTlsOptions): Socket {
    const socket = connectTls({ ...options, socket: carrier })
    socket.once('secureConnect', () => this.#greet())
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    this.#watch(socket)
    return socket
  }

  #watch(socket: Socket): void {
    socket.once('end', () => this.#end(closed))
    socket.once('close', () => this.#end(closed))
    // Stays for good: a destroyed socket may still fail.
    socket.on('error', (error) => this.#end(failureOfSocket(error)))
  }

  #greet(): void {
    if (this.#stage === 'ended') return
    const { credential, name, greetFirst } = this.#options
    const greeting = credential === null ? [] : this.#logins(credential)
    if (name !== null) greeting.push(['CLIENT', 'SETNAME', name])
    this.#stage = greeting.length === 0 ? 'ready' : 'greeting'
    if (greeting.length > 0) {
      this.#batches.unshift({ count: greeting.length, replies: [], settle: (answer) => this.#greeted(answer) })
      const bytes = encodeCommands(greeting)
      if (greetFirst) {
        this.#socket?.write(bytes)
        return
      }
      this.#unsent.unshift(bytes)
    }
    this.#flush()
  }

  #logins({ username, password }: Credential): string[][] {
    if (username !== null) return [['AUTH', username, password]]
    const { defaultUser = null } = this.#options
    return [['AUTH', password], ...(defaultUser === null ? [] : [['AUTH', defaultUser, password]])]
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#unsent)
    this.#unsent = []
    if (bytes.length > 0) this.#socket?.write(bytes)
  }

  #greeted(answer: Answer): void {
    if (!answer.ok) return
    const { credential, name, greetFirst } = this.#options
    const logins = credential === null ? [] : answer.replies.slice(0, this.#logins(credential).length)
    // The last one counts, unless the server is so old that it knows no users.
    const auth = logins.findLast((reply, at) => at === 0 || !(reply instanceof RespError && /number of arguments/.test(reply.message)))
    const refusal = auth instanceof RespError ? refusalOfAuth(auth) : null
    if (refusal !== null) return this.#end(refusal)
    const naming = name === null ? null : answer.replies.at(-1)
    this.#named = name !== null && !(naming instanceof RespError)
    if (naming instanceof RespError && (greetFirst || naming.code === 'NOAUTH')) {
      return this.#end({ kind: 'answered', code: naming.code, message: `CLIENT SETNAME was refused: ${naming.message}` })
    }
    this.#stage = 'ready'
    if (greetFirst) this.#flush()
  }

  #arrived(length: number): boolean {
    this.#read(arrived.subarray(0, length))
    return true
  }

  #read(bytes: Buffer): void {
    for (const value of this.#decoder.push(bytes)) {
      if (this.#stage === 'ended') return
      this.#hear(value)
    }
    const { violation } = this.#decoder
    if (violation === null) return
    this.#end({ kind: 'answered', code: 'PROTOCOL', message: `the port does not speak the Redis protocol: ${violation.message}` })
  }

  #hear(value: RespValue): void {
    if (value instanceof RespPush) return
    if (!this.#answered && value instanceof RespError) {
      const refusal = refusalOfConnection(value)
      if (refusal !== null) return this.#end(refusal)
    }
    const batch = this.#batches[0]
    if (batch === undefined) {
      // Nothing that follows could be told apart from an answer.
      this.#end({ kind: 'answered', code: 'PROTOCOL', message: 'the node sent a reply that nobody asked for' })
      return
    }
    batch.replies.push(value)
    if (batch.replies.length < batch.count) return
    this.#batches.shift()
    this.#answered = true
    batch.settle({ ok: true, replies: batch.replies })
  }

  #end(failure: ProbeFailure): void {
    if (this.#finish(failure)) this.#options.onEnd?.(failure)
  }

  /** Gives whether it was this call that ended it. */
  #finish(failure: ProbeFailure): boolean {
    if (this.#stage === 'ended') return false
    this.#stage = 'ended'
    this.#unsent = []
    this.#socket?.destroy()
    if (this.#hasRoom) this.#options.room?.give()
    for (const batch of this.#batches.splice(0)) batch.settle(failed(failure))
    return true
  }
}
