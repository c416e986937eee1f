// A raw client of one node: no retries, no discovery, a deadline on every call. What it says happened, happened.
import { type Socket, connect } from 'node:net'
import { Decoder } from '../../src/resp/decode.ts'
import { encodeCommands } from '../../src/resp/encode.ts'
import { type RespValue, isArray, isError } from '../../src/resp/value.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** `error`: the server answered no. The others: whether the command was executed is not known. */
export type Called =
  | { readonly ok: true; readonly value: RespValue }
  | { readonly ok: false; readonly kind: 'error' | 'refused' | 'closed' | 'silent'; readonly message: string }

type Failed = Extract<Called, { ok: false }>

interface Waiter {
  readonly resolve: (called: Called) => void
  readonly timer: NodeJS.Timeout
}

export interface ClientOptions {
  /** The address to speak from, for firewall rules. */
  readonly from?: string
  readonly connectLimitMs?: number
  /** Logs in as this user; who is refused has no connection. */
  readonly as?: { readonly user: string; readonly password: string }
}

export class Client {
  readonly #socket: Socket
  readonly #decoder = new Decoder()
  readonly #waiting: Waiter[] = []
  #ended: Called | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#take(bytes))
    socket.on('error', () => undefined)
    socket.on('close', () => this.#end({ ok: false, kind: 'closed', message: 'the connection ended' }))
  }

  static connect(address: Address, options: ClientOptions = {}): Promise<Client | Failed> {
    return new Promise((resolve) => {
      const socket = connect({ ...address, ...(options.from === undefined ? {} : { localAddress: options.from }) })
      const fail = (kind: 'refused' | 'silent', message: string): void => {
        clearTimeout(timer)
        socket.destroy()
        resolve({ ok: false, kind, message })
      }
      const timer = setTimeout(() => fail('silent', 'connect'), options.connectLimitMs ?? 500)
      socket.once('error', (error) => fail('refused', error.message))
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.removeAllListeners('error')
        const client = new Client(socket)
        resolve(options.as === undefined ? client : client.#loggedIn(options.as, options.connectLimitMs))
      })
    })
  }

  get closed(): boolean {
    return this.#ended !== null
  }

  /** A call that is silent ends the connection: a late reply must not be taken for the next one. */
  call(command: readonly string[], limitMs = 500): Promise<Called> {
    return new Promise((resolve) => {
      if (this.#ended !== null) return resolve(this.#ended)
      const timer = setTimeout(() => this.#end({ ok: false, kind: 'silent', message: `no answer in ${limitMs} ms` }), limitMs)
      this.#waiting.push({ resolve, timer })
      this.#socket.write(encodeCommands([command]))
    })
  }

  close(): void {
    this.#end({ ok: false, kind: 'closed', message: 'closed by us' })
  }

  async #loggedIn(as: { readonly user: string; readonly password: string }, limitMs?: number): Promise<Client | Failed> {
    const called = await this.call(['AUTH', as.user, as.password], limitMs)
    if (called.ok) return this
    this.close()
    return called
  }

  #take(bytes: Buffer): void {
    for (const value of this.#decoder.push(bytes)) {
      const waiter = this.#waiting.shift()
      if (waiter === undefined) continue
      clearTimeout(waiter.timer)
      waiter.resolve(isError(value) ? { ok: false, kind: 'error', message: value.message } : { ok: true, value })
    }
    if (this.#decoder.violation !== null) this.#end({ ok: false, kind: 'closed', message: this.#decoder.violation.message })
  }

  #end(why: Called): void {
    this.#ended ??= why
    for (const waiter of this.#waiting.splice(0)) {
      clearTimeout(waiter.timer)
      waiter.resolve(why)
    }
    this.#socket.destroy()
  }
}

/** One call on a connection of its own. */
export async function ask(address: Address, command: readonly string[], limitMs = 2_000, options: ClientOptions = {}): Promise<Called> {
  const client = await Client.connect(address, { connectLimitMs: limitMs, ...options })
  if (!(client instanceof Client)) return client
  const called = await client.call(command, limitMs)
  client.close()
  return called
}

/** As `ask`, for a node that must answer. */
export async function must(address: Address, ...command: string[]): Promise<RespValue> {
  const called = await ask(address, command, 5_000)
  if (!called.ok) throw new Error(`${command.join(' ')} on ${address.host}:${address.port}: ${called.kind} ${called.message}`)
  return called.value
}

/** INFO as a map of its fields, all sections together. */
export async function info(
  address: Address,
  section = 'everything',
  options: ClientOptions = {},
): Promise<ReadonlyMap<string, string> | null> {
  const called = await ask(address, ['INFO', section], 2_000, options)
  if (!called.ok || typeof called.value !== 'string') return null
  const lines = called.value.split('\r\n').filter((line) => line.includes(':'))
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}

/** What ROLE says, or INFO of a server that has no ROLE. */
export type Role =
  | { readonly role: 'primary'; readonly replicas: number }
  | { readonly role: 'replica'; readonly of: string; readonly linkUp: boolean }
  | { readonly role: 'none'; readonly why: string }

export async function roleOf(address: Address, options: ClientOptions = {}): Promise<Role> {
  const called = await ask(address, ['ROLE'], 1_000, options)
  if (!called.ok && /unknown command/.test(called.message)) return roleByInfo(address, options)
  if (!called.ok) return { role: 'none', why: `${called.kind}: ${called.message}` }
  const [name, second, third, state] = isArray(called.value) ? called.value : []
  if (name === 'master') return { role: 'primary', replicas: isArray(third) ? third.length : 0 }
  if (name === 'slave' && typeof second === 'string' && typeof third === 'number')
    return { role: 'replica', of: `${second}:${third}`, linkUp: state === 'connected' }
  return { role: 'none', why: 'no role' }
}

async function roleByInfo(address: Address, options: ClientOptions): Promise<Role> {
  const said = await info(address, 'replication', options)
  if (said === null) return { role: 'none', why: 'no INFO' }
  if (said.get('role') === 'master') return { role: 'primary', replicas: Number(said.get('connected_slaves')) }
  return { role: 'replica', of: `${said.get('master_host')}:${said.get('master_port')}`, linkUp: said.get('master_link_status') === 'up' }
}
