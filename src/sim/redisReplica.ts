// The replica's side of replication: connect, ask to continue, else be copied; acknowledge each second; keep what it has until a copy is loaded.
import type { Address } from '../core/model.ts'
import { formatAddress } from '../core/address.ts'
import type { Conn } from './net.ts'
import { type FromPrimary, type ToPrimary, becomePrimary, dropAttached, feed, replTimeoutMs, standsAt, trimBacklog } from './redisFeed.ts'
import type { RedisNode } from './redisNode.ts'
import { type Process, noReplid } from './redisProcess.ts'
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
export function becomeReplica(node: RedisNode, running: Process, of: Address): void {
  const { replicaof } = running.config
  if (replicaof !== null && replicaof.host === of.host && replicaof.port === of.port) return
  const cached = replicaof === null || knows(running)
  hangUp(running)
  running.config.replicaof = of
  running.upstream = { kind: 'connect', cached }
  releasePaused(node, running)
  connect(node, running)
}

/** REPLICAOF NO ONE: a copy that is still being received is forgotten, what the node had stays. */
export function becomeOwn(node: RedisNode, running: Process): void {
  if (running.config.replicaof === null) return
  hangUp(running)
  running.upstream = { kind: 'none' }
  becomePrimary(node, running)
}

/** CLIENT KILL TYPE master. */
export function dropLink(node: RedisNode, running: Process): boolean {
  if (running.upstream.kind !== 'up') return false
  hangUp(running)
  running.upstream = { kind: 'connect', cached: true }
  connect(node, running)
  return true
}

function knows(running: Process): boolean {
  const { upstream } = running
  return upstream.kind === 'up' || ('cached' in upstream && upstream.cached)
}

function hangUp(running: Process): void {
  if ('conn' in running.upstream) running.upstream.conn.closeHere()
}

/** Clients whose writes were paused get their answer at once: this node takes none any more. */
function releasePaused(node: RedisNode, running: Process): void {
  if (running.paused.length === 0) return
  for (const { conn, batch } of running.paused.splice(0)) if (conn.openThere) node.received(conn, batch)
}

function connect(node: RedisNode, running: Process): void {
  const of = running.config.replicaof
  const { upstream } = running
  if (of === null || upstream.kind !== 'connect' || node.now < running.loadingUntil) return
  // 127.0.0.1 is the node's own host.
  const host = of.host === '127.0.0.1' ? node.host : of.host
  const conn = node.net.connect(node, formatAddress({ host, port: of.port }))
  running.upstream = { kind: 'asking', cached: upstream.cached, conn, since: node.now }
}

/** The connection stands: ask to go on where it is. */
export function upstreamMade(node: RedisNode, running: Process, conn: Conn): void {
  const { upstream } = running
  if (upstream.kind !== 'asking' || upstream.conn !== conn) return
  const { host, port } = node.setup.address
  const replid = upstream.cached ? running.replid : null
  conn.ask({ kind: 'psync', replid, offset: offsetOf(running.data), host, port } satisfies ToPrimary)
}

/** The connection ended: try again, the first time at once when the link was up. */
export function upstreamLost(node: RedisNode, running: Process, conn: Conn): void {
  const { upstream } = running
  if (!('conn' in upstream) || upstream.conn !== conn) return
  const wasUp = upstream.kind === 'up'
  running.upstream = { kind: 'connect', cached: wasUp || ('cached' in upstream && upstream.cached) }
  if (wasUp) connect(node, running)
}

export function fromPrimary(node: RedisNode, running: Process, conn: Conn, message: unknown): void {
  const { upstream } = running
  if (!('conn' in upstream) || upstream.conn !== conn || !isFromPrimary(message)) return
  switch (message.kind) {
    case 'later':
      conn.closeHere()
      running.upstream = { kind: 'connect', cached: 'cached' in upstream && upstream.cached }
      return
    case 'continue':
      return continued(node, running, conn, message)
    case 'fullresync':
      running.upstream = { kind: 'transfer', cached: false, conn, since: node.now }
      return
    case 'getack':
      if (upstream.kind === 'up') conn.ask({ kind: 'ack', offset: offsetOf(running.data) } satisfies ToPrimary)
      return
    case 'payload':
      return load(node, running, conn, message)
    case 'feed':
      if (upstream.kind !== 'up') return
      upstream.heardAt = node.now
      if (offsetOf(message.upTo) < offsetOf(running.data)) return
      running.data = message.upTo
      trimBacklog(node, running)
      feed(node, running)
  }
}

function continued(node: RedisNode, running: Process, conn: Conn, message: Extract<FromPrimary, { kind: 'continue' }>): void {
  const stand = standsAt(message.upTo, message.from)
  if (stand === null) throw new Error(`the model is wrong: ${node.id} goes on at ${message.from}, which its primary does not have`)
  if (message.replid !== running.replid) {
    running.replid2 = running.replid
    running.second = message.from + 1
    running.replid = message.replid
    dropAttached(node, running)
  }
  running.backlogFrom ??= message.from + 1
  running.data = message.upTo
  trimBacklog(node, running)
  running.upstream = { kind: 'up', conn, heardAt: node.now, ackFrom: node.now }
  node.events.linked(node, running)
  feed(node, running)
}

/** From here on the old data is gone. */
function load(node: RedisNode, running: Process, conn: Conn, message: Extract<FromPrimary, { kind: 'payload' }>): void {
  const held = running.data
  node.events.wiped(node, held, message.data)
  dropAttached(node, running)
  running.backlogFrom = null
  running.data = emptyData()
  running.upstream = { kind: 'loading', conn }
  const loadMs = node.setup.loadMs * (0.5 + node.dice.next())
  running.loadingUntil = node.now + loadMs
  node.net.timeline.after(loadMs, () => loaded(node, running, conn, message))
}

function loaded(node: RedisNode, running: Process, conn: Conn, message: Extract<FromPrimary, { kind: 'payload' }>): void {
  if (node.running !== running) return
  if (node.frozen) {
    // It goes on when the process does: what waits in its sockets meets a server that loads.
    running.loadingUntil = node.now + 50
    node.net.timeline.after(50, () => loaded(node, running, conn, message))
    return
  }
  running.data = message.data
  running.replid = message.replid
  running.replid2 = noReplid
  running.second = -1
  running.backlogFrom = offsetOf(message.data) + 1
  node.replaced(running)
  node.events.tell(node, `holds a full copy up to ${offsetOf(message.data)}`)
  if (running.config.replicaof === null) return
  const { upstream } = running
  if (upstream.kind !== 'loading') {
    if ('cached' in upstream) running.upstream = { ...upstream, cached: true }
    return
  }
  running.upstream = { kind: 'up', conn, heardAt: node.now, ackFrom: node.now + node.dice.between(...firstAckMs) }
  node.events.linked(node, running)
}

export function cronOfReplica(node: RedisNode, running: Process): void {
  const { upstream } = running
  switch (upstream.kind) {
    case 'none':
    case 'loading':
      return
    case 'connect':
      return connect(node, running)
    case 'asking':
    case 'transfer':
      if (node.now - upstream.since < replTimeoutMs) return
      upstream.conn.closeHere()
      running.upstream = { kind: 'connect', cached: upstream.cached }
      return
    case 'up':
      if (node.now - upstream.heardAt > replTimeoutMs) {
        upstream.conn.closeHere()
        running.upstream = { kind: 'connect', cached: true }
      } else if (node.now >= upstream.ackFrom) upstream.conn.ask({ kind: 'ack', offset: offsetOf(running.data) } satisfies ToPrimary)
  }
}
