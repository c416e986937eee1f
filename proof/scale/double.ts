// A double of a redis-server: a real port in front of the simulator's model. What the model does not know of connections is answered here.
import { type Server, type Socket, createServer } from 'node:net'
import { formatAddress } from '../../src/core/address.ts'
import type { Address } from '../../src/core/model.ts'
import { Decoder } from '../../src/resp/decode.ts'
import { encodeSimple, encodeValue } from '../../src/resp/encode.ts'
import { type RespValue, isArray } from '../../src/resp/value.ts'
import type { Conn, Peer } from '../../src/sim/net.ts'
import { type Batch, isReplies } from '../../src/sim/batch.ts'
import type { RedisNode } from '../../src/sim/redisNode.ts'

/** What the model runs in. */
export interface World {
  /** Lets everything happen that is due now. */
  advance(): void
  asked(): void
}

interface Asked {
  readonly replies: (RespValue | undefined)[]
  /** Which of them the model gives. */
  readonly open: readonly number[]
}

export class Double {
  readonly node: RedisNode
  readonly links = new Map<number, Link>()
  readonly #world: World
  readonly #server: Server
  #nextId = 1

  constructor(node: RedisNode, world: World) {
    this.node = node
    this.#world = world
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  listen({ host, port }: Address): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen({ host, port, backlog: 128 }, resolve)
    })
  }

  /** kill -9: every connection is reset, nothing listens any more. */
  vanish(): void {
    this.#server.close()
    this.node.kill()
    for (const link of this.links.values()) link.reset()
    this.links.clear()
  }

  #accept(socket: Socket): void {
    const id = this.#nextId++
    this.links.set(id, new Link(id, this, this.#world, socket, () => this.links.delete(id)))
  }
}

/** One connection, its own end in the model's network. */
class Link implements Peer {
  readonly host = 'outside'
  name = ''
  readonly #id: number
  readonly #double: Double
  readonly #world: World
  readonly #socket: Socket
  readonly #conn: Conn
  readonly #decoder = new Decoder()
  /** Read, and not asked yet: the connection is still made, or a transaction is not complete. */
  #commands: string[][] = []
  #connected = false

  constructor(id: number, double: Double, world: World, socket: Socket, gone: () => void) {
    this.#id = id
    this.#double = double
    this.#world = world
    this.#socket = socket
    this.#conn = double.node.net.connect(this, formatAddress(double.node.setup.address))
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.#conn.closeHere()
      gone()
    })
    world.advance()
  }

  reset(): void {
    this.#socket.resetAndDestroy()
  }

  close(): void {
    this.#socket.destroy()
  }

  connected(): void {
    this.#connected = true
    this.#ask()
  }

  received(_conn: Conn, message: unknown): void {
    if (!isReplies(message)) return
    const asked = message.tag as Asked
    for (const [index, place] of asked.open.entries()) asked.replies[place] = message.values[index] ?? null
    this.#socket.write(Buffer.concat(asked.replies.map((reply) => encodeReply(reply ?? null))))
  }

  ended(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    for (const value of this.#decoder.push(bytes)) {
      if (isArray(value)) this.#commands.push(value.map(String))
    }
    if (this.#decoder.violation !== null) return this.close()
    this.#ask()
    this.#world.advance()
  }

  #ask(): void {
    const named = (name: string): number => this.#commands.filter((command) => command[0] === name).length
    if (!this.#connected || this.#commands.length === 0 || named('MULTI') > named('EXEC')) return
    const replies = this.#commands.map((command) => this.#answer(command))
    const open = replies.flatMap((reply, place) => (reply === undefined ? [place] : []))
    const commands = this.#commands.filter((_, place) => replies[place] === undefined)
    if (named('INFO') > 0) this.#world.asked()
    this.#commands = []
    this.#conn.ask({ kind: 'batch', tag: { replies, open } satisfies Asked, commands, write: null } satisfies Batch)
  }

  /** What is about connections; undefined: the model's. */
  #answer([name, sub, first, second]: readonly string[]): RespValue | undefined {
    if (name !== 'CLIENT') return undefined
    const { links } = this.#double
    if (sub === 'SETNAME') {
      this.name = first ?? ''
      return 'OK'
    }
    if (sub === 'LIST') return [...links.values()].map((link) => `id=${link.#id} name=${link.name}\n`).join('')
    if (sub !== 'KILL' || first !== 'ID') return undefined
    const link = links.get(Number(second))
    link?.close()
    return link === undefined ? 0 : 1
  }
}

const statuses = new Set(['OK', 'QUEUED', 'PONG'])

function encodeReply(value: RespValue): Buffer {
  if (typeof value === 'string' && statuses.has(value)) return encodeSimple(value)
  if (!isArray(value)) return encodeValue(value, 2)
  return Buffer.concat([Buffer.from(`*${value.length}\r\n`), ...value.map(encodeReply)])
}
