// The simulator's redis-server under the same cases.
import { formatAddress } from '../../src/core/address.ts'
import type { RespValue } from '../../src/resp/value.ts'
import { Dice } from '../../src/sim/dice.ts'
import { type Conn, Net, type Peer } from '../../src/sim/net.ts'
import { type Batch, isReplies } from '../../src/sim/batch.ts'
import { nobodyListens } from '../../src/sim/server.ts'
import { RedisNode } from '../../src/sim/redisNode.ts'
import type { Write } from '../../src/sim/stream.ts'
import { Timeline } from '../../src/sim/timeline.ts'
import type { Bench, Line, Sent, Server, Settings } from './bench.ts'

class ModelLine implements Line, Peer {
  readonly host = 'tester'
  readonly #conn: Conn
  readonly #waiting: { commands: readonly (readonly string[])[]; replies: readonly RespValue[] | null; sent: boolean }[] = []
  #connected = false
  isOpen = true

  constructor(net: Net, address: string) {
    this.#conn = net.connect(this, address)
  }

  send(commands: readonly (readonly string[])[]): Sent {
    const sent = { commands, replies: null, sent: false }
    this.#waiting.push(sent)
    this.#flush()
    return sent
  }

  #flush(): void {
    if (!this.#connected) return
    for (const one of this.#waiting) {
      if (one.sent) continue
      one.sent = true
      const write: Write = { client: 'tester', n: 1, epoch: 0, node: '', follows: false, sentAt: 0, at: null, ackedAt: null, lost: null }
      this.#conn.ask({ kind: 'batch', tag: one, commands: one.commands, write } satisfies Batch)
    }
  }

  connected(): void {
    this.#connected = true
    this.#flush()
  }

  received(_conn: Conn, message: unknown): void {
    if (!isReplies(message)) return
    const one = this.#waiting.find((each) => each === message.tag)
    if (one !== undefined) one.replies = message.values
  }

  ended(): void {
    this.isOpen = false
  }
}

export function modelBench(): Bench {
  const timeline = new Timeline()
  const dice = Dice.of(1)
  const net = new Net(timeline, dice)
  let count = 0
  const run = (until: number): void => {
    while (timeline.step(until));
  }
  const settle = (holds: () => boolean, ms: number): void => {
    const deadline = timeline.now + ms
    while (!holds() && timeline.now < deadline) run(timeline.now + 1)
  }
  return {
    name: 'model',
    server: ({ persistence, syncDelayS, loadMs = 1 }: Settings): Promise<Server> => {
      const address = { host: `10.0.0.${++count}`, port: 6379 }
      const setup = {
        address,
        persistence,
        replicaof: null,
        hasFile: true,
        backlogBytes: 1_048_576,
        transferMs: 2,
        loadMs,
        snapshotEveryMs: 1e9,
      }
      const node = new RedisNode(`n${count}`, setup, net, dice.fork(), nobodyListens)
      if (syncDelayS !== undefined) node.configure({ syncDelayS })
      node.start('all')
      return Promise.resolve({
        ...address,
        connect: () => new ModelLine(net, formatAddress(address)),
        kill: () => Promise.resolve(node.kill()),
        terminate: () => {
          node.terminate()
          settle(() => node.running === null, 20_000)
          return Promise.resolve()
        },
        start: () => {
          node.start('all')
          run(timeline.now + 5)
          return Promise.resolve()
        },
        freeze: () => Promise.resolve(node.freeze()),
        thaw: () => node.thaw(),
        fileSays: () => (node.file?.replicaof == null ? null : `${node.file.replicaof.host} ${node.file.replicaof.port}`),
      })
    },
    until: async (what, holds, ms = 10_000) => {
      const deadline = timeline.now + ms
      for (;;) {
        // A question inside `holds` lets time pass by itself.
        if (await holds()) return
        if (timeline.now >= deadline) throw new Error(`not within ${ms} ms: ${what}`)
        run(timeline.now + 1)
      }
    },
    pass: (ms) => {
      run(timeline.now + ms)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
