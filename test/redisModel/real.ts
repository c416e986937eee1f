// A real redis-server under the same cases.
import { type Socket, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Decoder } from '../../src/resp/decode.ts'
import { encodeCommands } from '../../src/resp/encode.ts'
import type { RespValue } from '../../src/resp/value.ts'
import { RedisServer, freePort } from '../servers/redis.ts'
import type { Bench, Line, Sent, Server, Settings } from './bench.ts'

class RealLine implements Line {
  readonly #socket: Socket
  readonly #decoder = new Decoder()
  readonly #waiting: { readonly count: number; readonly got: RespValue[]; replies: readonly RespValue[] | null }[] = []
  isOpen = true

  constructor(port: number, lines: RealLine[]) {
    lines.push(this)
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('data', (bytes: Buffer) => {
      for (const value of this.#decoder.push(bytes)) this.#hear(value)
    })
    this.#socket.on('error', () => {
      this.isOpen = false
    })
    this.#socket.on('close', () => {
      this.isOpen = false
    })
  }

  #hear(value: RespValue): void {
    const one = this.#waiting.find((each) => each.replies === null)
    if (one === undefined) return
    one.got.push(value)
    if (one.got.length === one.count) one.replies = one.got
  }

  send(commands: readonly (readonly string[])[]): Sent {
    const sent = { count: commands.length, got: [], replies: null }
    this.#waiting.push(sent)
    this.#socket.write(encodeCommands(commands))
    return sent
  }

  close(): void {
    this.#socket.destroy()
  }
}

function configOf({ persistence, syncDelayS, loadMs }: Settings): Record<string, string | number> {
  return {
    appendonly: persistence === 'aof' ? 'yes' : 'no',
    // Never by itself: only when the server is told to end.
    save: persistence === 'rdb' ? '100000 1' : '',
    ...(syncDelayS === undefined ? {} : { 'repl-diskless-sync-delay': syncDelayS }),
    // In microseconds for each key; it looks at its sockets only so often.
    ...(loadMs === undefined ? {} : { 'key-load-delay': loadMs * 10, 'loading-process-events-interval-bytes': 1024 }),
  }
}

export function realBench(): Bench {
  const servers: RedisServer[] = []
  const lines: RealLine[] = []
  return {
    name: 'redis-server',
    server: async (settings): Promise<Server> => {
      const server = new RedisServer(await freePort(), { config: configOf(settings) })
      servers.push(server)
      await server.start()
      return {
        ...server.address,
        connect: () => new RealLine(server.port, lines),
        kill: () => server.kill9(),
        terminate: () => server.stop('SIGTERM'),
        start: () => server.start(),
        freeze: () => server.freeze(),
        thaw: () => server.thaw(),
        fileSays: () => /^replicaof (.*)$/m.exec(server.config)?.[1] ?? null,
      }
    },
    until: async (what, holds, ms = 10_000) => {
      const deadline = performance.now() + ms
      while (!(await holds())) {
        if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`)
        await sleep(2)
      }
    },
    pass: async (ms) => {
      await sleep(ms)
    },
    close: async () => {
      for (const line of lines) line.close()
      for (const server of servers) await server.remove()
    },
  }
}
