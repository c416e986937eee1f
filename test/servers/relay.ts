// A TCP relay between a client and a server whose network can be hurt: held bytes, refused connections.
import { type Server, type Socket, connect, createServer } from 'node:net'

export class Relay {
  readonly port: number
  readonly #target: number
  #server: Server | null = null
  readonly #pairs: { readonly client: Socket; readonly server: Socket; held: boolean }[] = []

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

  /** Passes nothing more on, in both directions, on the connections that stand now. New ones pass. */
  hold(): void {
    for (const pair of this.#pairs) {
      pair.held = true
      pair.client.pause()
      pair.server.pause()
    }
  }

  release(): void {
    for (const pair of this.#pairs) {
      pair.held = false
      pair.client.resume()
      pair.server.resume()
    }
  }

  close(): void {
    this.refuse()
    for (const { client, server } of this.#pairs) {
      client.destroy()
      server.destroy()
    }
  }

  #join(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1')
    const pair = { client, server, held: false }
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
