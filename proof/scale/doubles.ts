// A process full of doubles: groups of one primary and two replicas on real ports, replication as the simulator models it, in real time.
import { formatAddress } from '../../src/core/address.ts'
import { Dice } from '../../src/sim/dice.ts'
import { type Conn, Net, type Peer } from '../../src/sim/net.ts'
import type { Batch } from '../../src/sim/batch.ts'
import { nobodyListens } from '../../src/sim/server.ts'
import { RedisNode } from '../../src/sim/redisNode.ts'
import type { Write } from '../../src/sim/stream.ts'
import { Timeline } from '../../src/sim/timeline.ts'
import { Double } from './double.ts'
import type { GroupPlan, Order, Told } from './messages.ts'

/** The model's network takes up to 0.4 ms each way; an answer leaves in the turn in which its question was read. */
const aheadMs = 1
const turnMs = 2
const sliceMs = 10
/** A few questions' worth of a real one's memory would be the subject of another proof. */
const backlogBytes = 65_536

interface Group {
  readonly id: string
  readonly nodes: readonly Double[]
  /** When its primary vanished, while nobody else takes writes. */
  vanishedAt: number | null
}

const timeline = new Timeline()
const net = new Net(timeline, Dice.of(process.pid))
const groups = new Map<string, Group>()
const began = performance.now()
let slices: number[] = []
let countedSince = began

const world = {
  advance(): void {
    const until = performance.now() - began + aheadMs
    while (timeline.step(until));
  },
  asked(): void {
    const slice = Math.floor((performance.now() - countedSince) / sliceMs)
    slices[slice] = (slices[slice] ?? 0) + 1
  },
}

function tell(told: Told): void {
  process.send?.(told)
}

/** It would take a write now. */
function takesWrites({ node }: Double): boolean {
  const { running } = node
  return node.awake && running !== null && running.config.replicaof === null && running.goodReplicas >= running.config.guard
}

/** A client that writes to whoever takes writes, so that positions advance. */
class Client implements Peer {
  readonly host = 'client'
  readonly #group: Group
  #to: Double | null = null
  #conn: Conn | null = null
  #n = 0

  constructor(group: Group) {
    this.#group = group
  }

  write(): void {
    const to = this.#group.nodes.find(takesWrites)
    if (to === undefined) return
    if (to !== this.#to || this.#conn === null) {
      this.#conn?.closeHere()
      this.#to = to
      this.#conn = net.connect(this, formatAddress(to.node.setup.address))
    }
    const write: Write = {
      client: 'c',
      n: this.#n++,
      epoch: 0,
      node: to.node.id,
      follows: true,
      sentAt: 0,
      at: null,
      ackedAt: null,
      lost: null,
    }
    this.#conn.ask({ kind: 'batch', tag: null, commands: [['SET', 'key', String(this.#n)]], write } satisfies Batch)
  }

  connected(): void {}
  received(): void {}
  ended(): void {
    this.#conn = null
  }
}

function create(plan: GroupPlan, port: number, dice: Dice): Group {
  const first = { host: plan.hosts[0] ?? '', port }
  const nodes = plan.hosts.map((host, index) => {
    const setup = {
      address: { host, port },
      persistence: 'aof' as const,
      replicaof: index === 0 ? null : first,
      hasFile: true,
      backlogBytes,
      snapshotEveryMs: Infinity,
      transferMs: 2,
      loadMs: 1,
    }
    const node = new RedisNode(host, setup, net, dice.fork(), nobodyListens)
    node.configure({ syncDelayS: 0 })
    return new Double(node, world)
  })
  return { id: plan.id, nodes, vanishedAt: null }
}

async function start({ port, groups: plans, writeEveryMs }: Extract<Order, { kind: 'start' }>): Promise<void> {
  const dice = Dice.of(process.pid)
  for (const plan of plans) {
    const group = create(plan, port, dice)
    groups.set(plan.id, group)
    for (const double of group.nodes) {
      await double.listen(double.node.setup.address)
      double.node.start('all')
    }
    const client = new Client(group)
    const again = (): void => {
      client.write()
      timeline.after(writeEveryMs, again)
    }
    timeline.after(dice.next() * writeEveryMs, again)
  }
}

function replicate(): boolean {
  return [...groups.values()].every(({ nodes }) => nodes.slice(1).every(({ node }) => node.running?.upstream.kind === 'up'))
}

function look(): void {
  world.advance()
  for (const group of groups.values()) {
    if (group.vanishedAt === null || !group.nodes.some(takesWrites)) continue
    tell({ kind: 'healed', group: group.id, ms: performance.now() - group.vanishedAt })
    group.vanishedAt = null
  }
}

async function follow(order: Order): Promise<void> {
  switch (order.kind) {
    case 'start': {
      await start(order)
      const waiting = setInterval(() => {
        if (!replicate()) return
        clearInterval(waiting)
        tell({ kind: 'ready' })
      }, turnMs)
      return
    }
    case 'vanish':
      for (const id of order.groups) {
        const group = groups.get(id)
        const primary = group?.nodes.find(takesWrites)
        if (group === undefined || primary === undefined) throw new Error(`group ${id} has no primary that takes writes`)
        group.vanishedAt = performance.now()
        primary.vanish()
      }
      return tell({ kind: 'ready' })
    case 'count':
      tell({ kind: 'counted', slices: Array.from({ length: slices.length }, (_, index) => slices[index] ?? 0) })
      slices = []
      countedSince = performance.now()
  }
}

process.on('message', (order: Order) => {
  follow(order).catch((error: unknown) => tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }))
})
process.once('disconnect', () => process.exit(0))
setInterval(look, turnMs)
