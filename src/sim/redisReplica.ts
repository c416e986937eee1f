// The replica's side of replication: connect, ask to continue, else be copied; acknowledge each second; keep what it has until a copy is loaded.
import type { Address } from '../core/model.ts'
import { formatAddress } from '../core/address.ts'
import type { Conn } from './net.ts'
import { type FromPrimary, type ToPrimary, becomePrimary, dropAttached, feed, replTimeoutMs, standsAt, trimBacklog } from './redisFeed.ts'
import { type Process, type RedisNode, noReplid } from './redisNode.ts'
import { emptyData, offsetOf } from './stream.ts'

/** How a replica stands to its primary. `cached`: it knows a history that it could go on with. */
export type Upstream =
  | { readonly kind: 'none' }
  | { readonly kind: 'connect'; readonly cached: boolean }
  | { readonly kind: 'asking'; readonly cached: boolean; readonly conn: Conn; readonly since: number }
  | { readonly kind: 'transfer'; readonly cached: boolean; readonly conn: Conn; readonly since: number }
  | { readonly kind: 'loading'; readonly conn: Conn }
  | { readonly kind: 'up'; readonly conn: Conn; heardAt: number; ackFrom: number }

/** After a full copy the first acknowledgement comes this late, at the next cycle of the cron. */
const firstAckMs = [500, 950] as const

function isFromPrimary(message: unknown): message is FromPrimary {
  return typeof message === 'object' && message !== null && 'kind' in message
}

/** REPLICAOF host port. */
export function becomeReplica(node: RedisNode, process: Process, of: Address): void {
  const { replicaof } = process.config
  if (replicaof !== null && replicaof.host === of.host && replicaof.port === of.port) return
  const cached = replicaof === null || knows(process)
  hangUp(process)
  process.config.replicaof = of
  process.upstream = { kind: 'connect', cached }
  releasePaused(node, process)
  connect(node, process)
}

/** REPLICAOF NO ONE: a copy that is still being received is forgotten, what the node had stays. */
export function becomeOwn(node: RedisNode, process: Process): void {
  if (process.config.replicaof === null) return
  hangUp(process)
  process.upstream = { kind: 'none' }
  becomePrimary(node, process)
}

/** CLIENT KILL TYPE master. */
export function dropLink(node: RedisNode, process: Process): boolean {
  if (process.upstream.kind !== 'up') return false
  hangUp(process)
  process.upstream = { kind: 'connect', cached: true }
  connect(node, process)
  return true
}

function knows(process: Process): boolean {
  const { upstream } = process
  return upstream.kind === 'up' || ('cached' in upstream && upstream.cached)
}

function hangUp(process: Process): void {
  if ('conn' in process.upstream) process.upstream.conn.closeHere()
}

/** Clients whose writes were paused get their answer at once: this node takes none any more. */
function releasePaused(node: RedisNode, process: Process): void {
  if (process.paused.length === 0) return
  for (const { conn, batch } of process.paused.splice(0)) if (conn.openThere) node.received(conn, batch)
}

function connect(node: RedisNode, process: Process): void {
  const of = process.config.replicaof
  const { upstream } = process
  if (of === null || upstream.kind !== 'connect' || node.now < process.loadingUntil) return
  // 127.0.0.1 is the node's own host.
  const host = of.host === '127.0.0.1' ? node.host : of.host
  const conn = node.net.connect(node, formatAddress({ host, port: of.port }))
  process.upstream = { kind: 'asking', cached: upstream.cached, conn, since: node.now }
}

/** The connection stands: ask to go on where it is. */
export function upstreamMade(node: RedisNode, process: Process, conn: Conn): void {
  const { upstream } = process
  if (upstream.kind !== 'asking' || upstream.conn !== conn) return
  const { host, port } = node.setup.address
  const replid = upstream.cached ? process.replid : null
  conn.ask({ kind: 'psync', replid, offset: offsetOf(process.data), host, port } satisfies ToPrimary)
}

/** The connection ended: try again, the first time at once when the link was up. */
export function upstreamLost(node: RedisNode, process: Process, conn: Conn): void {
  const { upstream } = process
  if (!('conn' in upstream) || upstream.conn !== conn) return
  const wasUp = upstream.kind === 'up'
  process.upstream = { kind: 'connect', cached: wasUp || ('cached' in upstream && upstream.cached) }
  if (wasUp) connect(node, process)
}

export function fromPrimary(node: RedisNode, process: Process, conn: Conn, message: unknown): void {
  const { upstream } = process
  if (!('conn' in upstream) || upstream.conn !== conn || !isFromPrimary(message)) return
  switch (message.kind) {
    case 'later':
      conn.closeHere()
      process.upstream = { kind: 'connect', cached: 'cached' in upstream && upstream.cached }
      return
    case 'continue':
      return continued(node, process, conn, message)
    case 'fullresync':
      process.upstream = { kind: 'transfer', cached: false, conn, since: node.now }
      return
    case 'getack':
      if (upstream.kind === 'up') conn.ask({ kind: 'ack', offset: offsetOf(process.data) } satisfies ToPrimary)
      return
    case 'payload':
      return load(node, process, conn, message)
    case 'feed':
      if (upstream.kind !== 'up') return
      upstream.heardAt = node.now
      if (offsetOf(message.upTo) < offsetOf(process.data)) return
      process.data = message.upTo
      trimBacklog(node, process)
      feed(node, process)
  }
}

function continued(node: RedisNode, process: Process, conn: Conn, message: Extract<FromPrimary, { kind: 'continue' }>): void {
  const stand = standsAt(message.upTo, message.from)
  if (stand === null) throw new Error(`the model is wrong: ${node.id} goes on at ${message.from}, which its primary does not have`)
  if (message.replid !== process.replid) {
    process.replid2 = process.replid
    process.second = message.from + 1
    process.replid = message.replid
    dropAttached(node, process)
  }
  process.backlogFrom ??= message.from + 1
  process.data = message.upTo
  trimBacklog(node, process)
  process.upstream = { kind: 'up', conn, heardAt: node.now, ackFrom: node.now }
  feed(node, process)
}

/** From here on the old data is gone. */
function load(node: RedisNode, process: Process, conn: Conn, message: Extract<FromPrimary, { kind: 'payload' }>): void {
  const held = process.data
  node.events.wiped(node, held, message.data)
  dropAttached(node, process)
  process.backlogFrom = null
  process.data = emptyData()
  process.upstream = { kind: 'loading', conn }
  const loadMs = node.setup.loadMs * (0.5 + node.dice.next())
  process.loadingUntil = node.now + loadMs
  node.net.timeline.after(loadMs, () => loaded(node, process, conn, message))
}

function loaded(node: RedisNode, process: Process, conn: Conn, message: Extract<FromPrimary, { kind: 'payload' }>): void {
  if (node.process !== process) return
  if (node.frozen) {
    node.net.timeline.after(50, () => loaded(node, process, conn, message))
    return
  }
  process.data = message.data
  process.replid = message.replid
  process.replid2 = noReplid
  process.second = -1
  process.backlogFrom = offsetOf(message.data) + 1
  node.replaced(process)
  node.events.tell(node, `holds a full copy up to ${offsetOf(message.data)}`)
  if (process.config.replicaof === null) return
  const { upstream } = process
  if (upstream.kind !== 'loading') {
    if ('cached' in upstream) process.upstream = { ...upstream, cached: true }
    return
  }
  process.upstream = { kind: 'up', conn, heardAt: node.now, ackFrom: node.now + node.dice.between(...firstAckMs) }
}

export function cronOfReplica(node: RedisNode, process: Process): void {
  const { upstream } = process
  switch (upstream.kind) {
    case 'none':
    case 'loading':
      return
    case 'connect':
      return connect(node, process)
    case 'asking':
    case 'transfer':
      if (node.now - upstream.since < replTimeoutMs) return
      upstream.conn.closeHere()
      process.upstream = { kind: 'connect', cached: upstream.cached }
      return
    case 'up':
      if (node.now - upstream.heardAt > replTimeoutMs) {
        upstream.conn.closeHere()
        process.upstream = { kind: 'connect', cached: true }
      } else if (node.now >= upstream.ackFrom) upstream.conn.ask({ kind: 'ack', offset: offsetOf(process.data) } satisfies ToPrimary)
  }
}
