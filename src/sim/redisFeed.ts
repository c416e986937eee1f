// The primary's side of replication: who is attached, what each was sent, full and partial copies.
import type { Conn } from './net.ts'
import type { RedisNode } from './redisNode.ts'
import { type Process, noReplid } from './redisProcess.ts'
import { type Data, Stream, type Write, dataAt, offsetOf } from './stream.ts'

/** What a replica says to its primary. */
export type ToPrimary =
  | { readonly kind: 'psync'; readonly replid: string | null; readonly offset: number; readonly port: number; readonly host: string }
  | { readonly kind: 'ack'; readonly offset: number }

/** What a primary says to its replica. */
export type FromPrimary =
  | { readonly kind: 'continue'; readonly replid: string; readonly from: number; readonly upTo: Data }
  | { readonly kind: 'fullresync'; readonly replid: string }
  | { readonly kind: 'payload'; readonly replid: string; readonly data: Data }
  | { readonly kind: 'feed'; readonly upTo: Data }
  | { readonly kind: 'getack' }
  /** Not now. */
  | { readonly kind: 'later'; readonly message: string }

export interface Attached {
  readonly conn: Conn
  readonly host: string
  readonly port: number
  state: 'wait_bgsave' | 'send_bulk' | 'online'
  readonly since: number
  acked: number
  ackAt: number
  /** The stream begins at its first acknowledgement. */
  startOnAck: boolean
}

export const replTimeoutMs = 60_000
const pingBytes = 14
const selectBytes = 23
const backlogTtlMs = 3_600_000

export function isToPrimary(message: unknown): message is ToPrimary {
  return typeof message === 'object' && message !== null && 'kind' in message && (message.kind === 'psync' || message.kind === 'ack')
}

/** Appends to what this primary wrote and sends it on. */
export function append(node: RedisNode, running: Process, bytes: number, write: Write | null, mark: string | null): void {
  const { stream, length } = running.data
  if (stream.entries.length !== length) throw new Error(`the model is wrong: ${node.id} writes into another's stream`)
  const counts = running.backlogFrom !== null || running.attached.length > 0
  const isData = write !== null || mark !== null
  const select = isData && running.selectDue && counts ? selectBytes : 0
  if (isData && counts) running.selectDue = false
  stream.append(counts ? bytes + select : 0, write, mark)
  if (write !== null) write.at = { stream, index: length, when: node.now }
  running.data = { stream, length: length + 1 }
  trimBacklog(node, running)
  feed(node, running)
}

export function trimBacklog(node: RedisNode, running: Process): void {
  if (running.backlogFrom === null) return
  running.backlogFrom = Math.max(running.backlogFrom, offsetOf(running.data) + 1 - node.setup.backlogBytes)
}

export function feed(node: RedisNode, running: Process): void {
  for (const one of running.attached) {
    if (one.state === 'online' && !one.startOnAck) node.reply(one.conn, { kind: 'feed', upTo: running.data } satisfies FromPrimary)
  }
}

export function attachedHeard(node: RedisNode, running: Process, conn: Conn, message: ToPrimary): void {
  if (message.kind === 'psync') return psync(node, running, conn, message)
  const one = running.attached.find((attached) => attached.conn === conn)
  if (one === undefined) return
  one.acked = Math.max(one.acked, message.offset)
  one.ackAt = node.now
  if (!one.startOnAck || one.state !== 'online') return
  one.startOnAck = false
  node.reply(conn, { kind: 'feed', upTo: running.data } satisfies FromPrimary)
}

export function askForAcks(node: RedisNode, running: Process): void {
  for (const one of running.attached)
    if (one.state === 'online' && !one.startOnAck) node.reply(one.conn, { kind: 'getack' } satisfies FromPrimary)
}

function later(node: RedisNode, conn: Conn, message: string): void {
  node.reply(conn, { kind: 'later', message } satisfies FromPrimary)
}

function psync(node: RedisNode, running: Process, conn: Conn, asked: Extract<ToPrimary, { kind: 'psync' }>): void {
  if (node.now < running.loadingUntil) return later(node, conn, 'LOADING Redis is loading the dataset in memory')
  if (node.ailments.busy) return later(node, conn, 'BUSY Redis is busy running a script')
  if (running.config.replicaof !== null && running.upstream.kind !== 'up') {
    return later(node, conn, "NOMASTERLINK Can't SYNC while not connected with my master")
  }
  running.clients.delete(conn)
  const { host, port } = asked
  const one = { conn, host, port, since: node.now, acked: 0, ackAt: node.now }
  if (canContinue(running, asked.replid, asked.offset)) {
    running.attached.push({ ...one, state: 'online', startOnAck: false })
    node.reply(conn, { kind: 'continue', replid: running.replid, from: asked.offset, upTo: running.data } satisfies FromPrimary)
    countGood(node, running)
    return
  }
  running.attached.push({ ...one, state: 'wait_bgsave', startOnAck: true })
  if (running.attached.length === 1 && running.backlogFrom === null) {
    running.replid = node.dice.hex(40)
    running.replid2 = noReplid
    running.second = -1
    running.backlogFrom = offsetOf(running.data) + 1
  }
  if (running.config.syncDelayS === 0) copyToWaiting(node, running)
}

function canContinue(running: Process, replid: string | null, offset: number): boolean {
  const known = replid === running.replid || (replid === running.replid2 && offset + 1 <= running.second)
  if (!known || replid === null || running.backlogFrom === null) return false
  return offset + 1 >= running.backlogFrom && offset <= offsetOf(running.data)
}

/** One copy at a time serves all who wait. */
function copyToWaiting(node: RedisNode, running: Process): void {
  if (running.attached.some((one) => one.state === 'send_bulk')) return
  const waiting = running.attached.filter((one) => one.state === 'wait_bgsave')
  if (waiting.length === 0) return
  running.selectDue = true
  const { data, replid } = running
  for (const one of waiting) {
    one.state = 'send_bulk'
    node.reply(one.conn, { kind: 'fullresync', replid } satisfies FromPrimary)
  }
  const transferMs = node.setup.transferMs * (0.5 + node.dice.next())
  node.net.timeline.after(transferMs, () => copied(node, running, waiting, data, replid))
}

function copied(node: RedisNode, running: Process, waiting: readonly Attached[], data: Data, replid: string): void {
  if (node.running !== running) return
  if (node.frozen) {
    node.net.timeline.after(100, () => copied(node, running, waiting, data, replid))
    return
  }
  for (const one of waiting) {
    if (!running.attached.includes(one)) continue
    one.state = 'online'
    one.ackAt = node.now
    node.reply(one.conn, { kind: 'payload', replid, data } satisfies FromPrimary)
  }
  countGood(node, running)
}

/** Where a replica stands in this primary's history, for what it is sent from `offset` on. */
export function standsAt(upTo: Data, offset: number): Data | null {
  return dataAt(upTo, offset)
}

export function attachedLost(node: RedisNode, running: Process, conn: Conn): void {
  const place = running.attached.findIndex((one) => one.conn === conn)
  if (place < 0) return
  running.attached.splice(place, 1)
  if (running.attached.length === 0) running.noReplicasSince = node.now
  countGood(node, running)
}

export function dropAttached(node: RedisNode, running: Process): void {
  for (const one of running.attached.splice(0)) one.conn.closeThere()
  running.noReplicasSince = node.now
  running.goodReplicas = 0
}

function countGood(node: RedisNode, running: Process): void {
  const lag = (one: Attached): number => Math.floor(node.now / 1000) - Math.floor(one.ackAt / 1000)
  running.goodReplicas = running.attached.filter((one) => one.state === 'online' && lag(one) <= running.config.maxLag).length
}

/** A replica became a primary: what it has is its own history's beginning. */
export function becomePrimary(node: RedisNode, running: Process): void {
  running.config.replicaof = null
  const offset = offsetOf(running.data)
  running.replid2 = running.replid
  running.second = offset + 1
  running.replid = node.dice.hex(40)
  dropAttached(node, running)
  running.selectDue = true
  running.data = { stream: new Stream(running.data, offset), length: 0 }
}

export function cronOfFeeding(node: RedisNode, running: Process): void {
  const { attached, config } = running
  if (config.replicaof === null && attached.length > 0 && running.cycles % config.pingPeriodS === 0)
    append(node, running, pingBytes, null, null)
  for (const one of attached.filter((each) => each.state === 'online' && node.now - each.ackAt > replTimeoutMs)) {
    one.conn.closeThere()
    attachedLost(node, running, one.conn)
  }
  const waiting = attached.filter((one) => one.state === 'wait_bgsave')
  if (waiting.some((one) => node.now - one.since >= config.syncDelayS * 1000)) copyToWaiting(node, running)
  countGood(node, running)
  const idle = attached.length === 0 && config.replicaof === null && running.backlogFrom !== null
  if (!idle || node.now - running.noReplicasSince < backlogTtlMs) return
  running.replid = node.dice.hex(40)
  running.replid2 = noReplid
  running.second = -1
  running.backlogFrom = null
}
