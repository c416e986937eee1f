// A TCP relay between a client and a server whose network can be hurt: held bytes, refused connections.
import { type Server, type Socket, connect, createServer } from 'node:net'

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

export class Relay {
  readonly port: number
  readonly #target: number
  #server: Server | null = null
  readonly #pairs: Pair[] = []

  constructor(port: number, target: number) {
    this.port = port
    this.#target = target
  }

  /** How many connections of clients it has now. */
  get connections(): number {
    return this.#pairs.length
  }

  listen(): Promise<void> {
    const server = createServer((client) => this.#join(client))
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, '127.0.0.1', resolve)
    })
  }

  /** New connections are refused; those that stand, stand. */
  refuse(): void {
    this.#server?.close()
    this.#server = null
  }

  /** Passes nothing more on, in both directions, on the connections that stand now, or on the nth of them (0 is the oldest). New ones pass. */
  hold(nth?: number): void {
    for (const { client, server } of this.#chosen(nth)) {
      client.pause()
      server.pause()
    }
  }

  release(): void {
    for (const { client, server } of this.#pairs) {
      client.resume()
      server.resume()
    }
  }

  /** Closes the nth connection (0 is the oldest) to both sides. */
  cut(nth: number): void {
    for (const { client, server } of this.#chosen(nth)) {
      client.destroy()
      server.destroy()
    }
  }

  close(): void {
    this.refuse()
    for (const { client, server } of this.#pairs) {
      client.destroy()
      server.destroy()
    }
  }

  #chosen(nth: number | undefined): readonly Pair[] {
    return nth === undefined ? this.#pairs : this.#pairs.slice(nth, nth + 1)
  }

  #join(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1')
    const pair = { client, server }
    this.#pairs.push(pair)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (bytes) => to.write(bytes))
      from.on('error', () => to.destroy())
      from.on('close', () => {
        to.destroy()
        const at = this.#pairs.indexOf(pair)
        if (at >= 0) this.#pairs.splice(at, 1)
      })
    }
  }
}
