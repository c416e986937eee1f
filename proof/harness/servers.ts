// Replication groups of real redis-servers, as an operator would have set them up before regroup saw them: node n1 is the primary, the
// others name it in their files.
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineName, Policy } from '../../src/core/model.ts'
import { type PikaOptions, newPika } from '../../test/servers/pika.ts'
import { RedisServer, freePort } from '../../test/servers/redis.ts'
import type { GroupInput } from './api.ts'
import { type Address, ask, must, roleOf } from './client.ts'
import type { Host } from './network.ts'
import { found, instead, pass, until } from './wait.ts'
import type { Target } from './writers.ts'

/** aof: everysec, as Redis comes. rdb: a snapshot every second in which something changed. none: nothing is written by itself. */
export type Persistence = 'aof' | 'rdb' | 'none'
/** Seconds a primary waits for more replicas before a full sync; Redis comes with 5. */
export type Delay = 0 | 5

export interface GroupOptions {
  readonly persistence: Persistence
  readonly delay: Delay
  /** Given: the nodes are Pikas; what is said of Redis is passed over. */
  readonly pika?: PikaOptions
  /** One per node: where it runs. Default: this machine's loopback. */
  readonly hosts?: readonly Host[]
  /** More directives for every node. */
  readonly config?: Readonly<Record<string, string | number>>
}

const names = ['n1', 'n2', 'n3', 'n4', 'n5']
const firstSyncLimitMs = 10_000
/** A Pika may miss the answer of its primary, and waits for it for ever (docs/pika.md, P20): it is told anew, and anew. */
const pikaJoinLimitMs = 60_000
const pikaJoinAgainMs = 10_000
const pikaLeaveMs = 5_000

export class Node {
  readonly id: string
  readonly server: RedisServer
  readonly persistence: Persistence
  /** Null: it is a Redis. */
  readonly pika: PikaOptions | null

  constructor(id: string, server: RedisServer, persistence: Persistence, pika: PikaOptions | null = null) {
    this.pika = pika
    this.id = id
    this.server = server
    this.persistence = persistence
  }

  get address(): Address {
    return this.server.address
  }

  get target(): Target {
    return { node: this.id, address: this.address }
  }
}

export class Group {
  readonly id: string
  readonly engine: EngineName
  readonly nodes: readonly Node[]

  constructor(id: string, nodes: readonly Node[], engine: EngineName = 'redis') {
    this.id = id
    this.engine = engine
    this.nodes = nodes
  }

  node(id: string | null): Node {
    const node = this.nodes.find((one) => one.id === id)
    if (node === undefined) throw new Error(`group ${this.id} has no node ${id}`)
    return node
  }

  /** As the API takes it. */
  spec(policy: Partial<Policy> = {}, engine: EngineName = this.engine): GroupInput {
    const nodes = this.nodes.map((node) => ({ name: node.id, address: `${node.address.host}:${node.address.port}` }))
    return { name: this.id, engine, policy, nodes }
  }

  get targets(): Target[] {
    return this.nodes.map((node) => node.target)
  }

  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.server.remove()))
  }
}

/** Ends when every replica's link is up. */
export async function startGroup(id: string, count: number, options: GroupOptions): Promise<Group> {
  const nodes: Node[] = []
  for (const [at, name] of names.slice(0, count).entries()) {
    const host = options.hosts?.[at]
    const server =
      options.pika === undefined
        ? new RedisServer(await freePort(), {
            config: configOf(options, host),
            ...(host === undefined ? {} : { host: host.ip, launcher: host.launcher }),
          })
        : await newPika(options.pika)
    nodes.push(new Node(name, server, options.persistence, options.pika ?? null))
  }
  const group = new Group(id, nodes, options.pika === undefined ? 'redis' : 'pika')
  try {
    await Promise.all(nodes.map((node) => node.server.start()))
    await joined(group, options.delay)
    return group
  } catch (error) {
    await group.remove()
    throw error
  }
}

function configOf(options: GroupOptions, host: Host | undefined): Record<string, string | number> {
  return {
    bind: host === undefined ? '127.0.0.1' : host.ip,
    'protected-mode': 'no',
    'repl-diskless-sync-delay': options.delay,
    ...(options.persistence === 'aof' ? { appendonly: 'yes', appendfsync: 'everysec' } : {}),
    ...(options.persistence === 'rdb' ? { save: '1 1' } : {}),
    ...options.config,
  }
}

/**
 * The first full sync is not the subject: it is made without the delay, which is then set as asked, and on command: a server that finds
 * `replicaof` in its file makes its first attempt up to a second later.
 */
async function joined(group: Group, delay: Delay): Promise<void> {
  const [first, ...others] = group.nodes
  if (first === undefined) return
  const redis = group.engine === 'redis'
  if (redis && delay > 0) await must(first.address, 'CONFIG', 'SET', 'repl-diskless-sync-delay', '0')
  for (const node of others) {
    await must(node.address, redis ? 'REPLICAOF' : 'SLAVEOF', first.address.host, String(first.address.port))
    await must(node.address, 'CONFIG', 'REWRITE')
  }
  const toldAt = new Map(others.map((node) => [node, performance.now()]))
  await until(`the replicas of group ${group.id} have their links up`, redis ? firstSyncLimitMs : pikaJoinLimitMs, async () => {
    for (const node of others) {
      const role = await roleOf(node.address)
      if (role.role === 'replica' && role.linkUp) continue
      if (!redis && performance.now() - (toldAt.get(node) ?? 0) > pikaJoinAgainMs) {
        await must(node.address, 'SLAVEOF', 'NO', 'ONE')
        await pass(pikaLeaveMs)
        await must(node.address, 'SLAVEOF', first.address.host, String(first.address.port))
        await must(node.address, 'CONFIG', 'REWRITE')
        toldAt.set(node, performance.now())
      }
      return instead(`${node.id}: ${JSON.stringify(role)}`)
    }
    return found(true)
  })
  if (redis && delay > 0) await must(first.address, 'CONFIG', 'SET', 'repl-diskless-sync-delay', String(delay))
}

/**
 * What a stopped node would hold if it started now, by the writers' lists: its files are loaded by a scratch server that talks to nobody.
 * So it is known before regroup can change anything. Every list empty when there is no file.
 */
export async function heldByFiles(node: Node, keys: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
  if (node.server.isRunning) throw new Error(`node ${node.id} still runs`)
  const appending = node.persistence === 'aof'
  const scratch =
    node.pika !== null ? await newPika(node.pika) : new RedisServer(await freePort(), { config: { appendonly: appending ? 'yes' : 'no' } })
  try {
    for (const name of ['dump.rdb', 'appendonlydir', 'db']) {
      if (existsSync(join(node.server.dir, name))) cpSync(join(node.server.dir, name), join(scratch.dir, name), { recursive: true })
    }
    await scratch.start()
    return await heldBy(scratch.address, keys)
  } finally {
    await scratch.remove()
  }
}

/** The writers' lists on a running node. */
export async function heldBy(address: Address, keys: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
  const lists = new Map<string, readonly number[]>()
  for (const key of keys) {
    const called = await ask(address, ['LRANGE', key, '0', '-1'], 5_000)
    if (!called.ok) throw new Error(`LRANGE ${key} on port ${address.port}: ${called.message}`)
    lists.set(key, (called.value as readonly string[]).map(Number))
  }
  return lists
}
