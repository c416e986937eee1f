// The Sentinel protocol, read side, for clients that know no other way to find a primary. It decides nothing and commands nothing.
import { createHash } from 'node:crypto'
import { type Server, type Socket, createServer } from 'node:net'
import type { ControllerEvent, ControllerFacade } from '../controller/facade.ts'
import { formatAddress } from '../core/address.ts'
import type { Address, GroupId } from '../core/model.ts'
import { UserError } from '../errors.ts'
import type { Source } from './commands.ts'
import { type Heard, type Told, begin, onStatus, onTopology } from './news.ts'
import { Session } from './session.ts'

export interface SentinelOptions {
  readonly facade: ControllerFacade
  /** Port 0 takes a free one. Loopback only, which whoever starts this has checked. */
  readonly listen: Address
  /** Of the process, under every group's own policy. */
  readonly log: { info(event: string, facts: Readonly<Record<string, unknown>>): void }
}

export interface SentinelServer {
  /** host:port that is listened on. */
  readonly address: string
  readonly port: number
  close(): Promise<void>
}

/** As many as Redis itself takes; each client holds one or two connections. */
export const maxClients = 10_000
/** A client whose host vanished is found out by the kernel. */
const keepAliveMs = 60_000

/** Serves until closed. Throws LISTEN_REFUSED for an address that cannot be had. */
export async function startSentinel(options: SentinelOptions): Promise<SentinelServer> {
  const hub = new Hub(options)
  const server = createServer((socket) => hub.take(socket))
  await listening(server, options.listen)
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.listen.port
  hub.port = port
  const address = formatAddress({ host: options.listen.host, port })
  options.log.info('sentinel.listening', { address })
  return {
    address,
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      hub.close()
      await closed
    },
  }
}

function listening(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const place = formatAddress({ host, port })
      const reason =
        error.code === 'EADDRINUSE' ? 'is taken by another process; stop it or listen on another port' : `cannot be listened on`
      reject(new UserError('LISTEN_REFUSED', `${place} ${reason}${error.code === 'EADDRINUSE' ? '' : ` (${error.code})`}`))
    })
    server.listen({ host, port }, resolve)
  })
}

/** The connections, and what they are told. */
class Hub implements Source {
  readonly facade: ControllerFacade
  readonly id: string
  port = 0
  readonly #sockets = new Map<Socket, Session>()
  readonly #told = new Map<GroupId, Told>()
  #nextId = 1
  readonly #stop: () => void
  #unfollow: (() => void) | null = null

  constructor({ facade }: SentinelOptions) {
    this.facade = facade
    this.id = createHash('sha1').update(facade.installation).digest('hex')
    this.#stop = facade.subscribe((event) => this.#hear(event), ['topology', 'spec'])
    for (const status of facade.statuses()) this.#told.set(status.group, begin(facade.topology(status.group), status))
  }

  clients(): number {
    return this.#sockets.size
  }

  take(socket: Socket): void {
    // A client that is cut off ends with an error that tells us nothing new.
    socket.on('error', () => {})
    if (this.#sockets.size >= maxClients) {
      socket.end('-ERR max number of clients reached\r\n')
      return
    }
    socket.setKeepAlive(true, keepAliveMs)
    const session = new Session(this.#nextId++, socket, this, () => this.#follow())
    this.#sockets.set(socket, session)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      // Most clients only ask once and leave.
      if (session.subscriptions.wantsHealth) this.#follow()
    })
  }

  close(): void {
    this.#stop()
    this.#unfollow?.()
    for (const socket of this.#sockets.keys()) socket.destroy()
  }

  lastOpen(group: GroupId): Told['primary'] {
    return this.#told.get(group)?.primary ?? null
  }

  /** Asks for statuses while a client wants what is known by them only: they cost more than changes of a primary. */
  #follow(): void {
    const isWanted = [...this.#sockets.values()].some(({ subscriptions }) => subscriptions.wantsHealth)
    if (isWanted === (this.#unfollow !== null)) return
    this.#unfollow?.()
    this.#unfollow = null
    if (!isWanted) return
    // Who was down before anybody asked is no news.
    for (const status of this.facade.statuses()) {
      const told = this.#told.get(status.group)
      if (told !== undefined) this.#told.set(status.group, onStatus(told, status).told)
    }
    this.#unfollow = this.facade.subscribe((event) => this.#hear(event), ['status'])
  }

  #hear(event: ControllerEvent): void {
    if (event.kind === 'topology') {
      const { topology } = event
      const nodes = this.facade.spec().groups.find(({ id }) => id === topology.group)?.nodes ?? []
      const others = nodes.map(({ id, host, port }) => ({ node: id, host, port }))
      this.#take(topology.group, (told) => onTopology(told, topology, others))
    } else if (event.kind === 'status') {
      this.#take(event.status.group, (told) => onStatus(told, event.status))
    } else if (event.kind === 'spec') {
      const names = new Set(this.facade.spec().groups.map(({ id }) => id))
      for (const id of this.#told.keys()) if (!names.has(id)) this.#told.delete(id)
    }
  }

  #take(group: GroupId, hear: (told: Told) => Heard): void {
    const told = this.#told.get(group)
    if (told === undefined) {
      // A group that was added since; what it is now is where it begins.
      this.#told.set(group, begin(this.facade.topology(group), this.facade.status(group)))
      return
    }
    const heard = hear(told)
    this.#told.set(group, heard.told)
    for (const { channel, text } of heard.news) for (const session of this.#sockets.values()) session.tell(channel, text)
  }
}
