// The primary's side of replication: who is attached, what each was sent, full and partial copies.
import type { Conn } from './net.ts'
import { type Process, type RedisNode, noReplid } from './redisNode.ts'
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
export function append(node: RedisNode, process: Process, bytes: number, write: Write | null, mark: string | null): void {
  const { stream, length } = process.data
  if (stream.entries.length !== length) throw new Error(`the model is wrong: ${node.id} writes into another's stream`)
  const counts = process.backlogFrom !== null || process.attached.length > 0
  const isData = write !== null || mark !== null
  const select = isData && process.selectDue && counts ? selectBytes : 0
  if (isData && counts) process.selectDue = false
  stream.append(counts ? bytes + select : 0, write, mark)
  if (write !== null) write.at = { stream, index: length }
  process.data = { stream, length: length + 1 }
  trimBacklog(node, process)
  feed(node, process)
}

export function trimBacklog(node: RedisNode, process: Process): void {
  if (process.backlogFrom === null) return
  process.backlogFrom = Math.max(process.backlogFrom, offsetOf(process.data) + 1 - node.setup.backlogBytes)
}

export function feed(node: RedisNode, process: Process): void {
  for (const one of process.attached) {
    if (one.state === 'online' && !one.startOnAck) node.reply(one.conn, { kind: 'feed', upTo: process.data } satisfies FromPrimary)
  }
}

export function attachedHeard(node: RedisNode, process: Process, conn: Conn, message: ToPrimary): void {
  if (message.kind === 'psync') return psync(node, process, conn, message)
  const one = process.attached.find((attached) => attached.conn === conn)
  if (one === undefined) return
  one.acked = Math.max(one.acked, message.offset)
  one.ackAt = node.now
  if (!one.startOnAck || one.state !== 'online') return
  one.startOnAck = false
  node.reply(conn, { kind: 'feed', upTo: process.data } satisfies FromPrimary)
}

export function askForAcks(node: RedisNode, process: Process): void {
  for (const one of process.attached)
    if (one.state === 'online' && !one.startOnAck) node.reply(one.conn, { kind: 'getack' } satisfies FromPrimary)
}

function later(node: RedisNode, conn: Conn, message: string): void {
  node.reply(conn, { kind: 'later', message } satisfies FromPrimary)
}

function psync(node: RedisNode, process: Process, conn: Conn, asked: Extract<ToPrimary, { kind: 'psync' }>): void {
  if (node.now < process.loadingUntil) return later(node, conn, 'LOADING Redis is loading the dataset in memory')
  if (node.ailments.busy) return later(node, conn, 'BUSY Redis is busy running a script')
  if (process.config.replicaof !== null && process.upstream.kind !== 'up') {
    return later(node, conn, "NOMASTERLINK Can't SYNC while not connected with my master")
  }
  process.clients.delete(conn)
  const { host, port } = asked
  const one = { conn, host, port, since: node.now, acked: 0, ackAt: node.now }
  if (canContinue(process, asked.replid, asked.offset)) {
    process.attached.push({ ...one, state: 'online', startOnAck: false })
    node.reply(conn, { kind: 'continue', replid: process.replid, from: asked.offset, upTo: process.data } satisfies FromPrimary)
    countGood(node, process)
    return
  }
  process.attached.push({ ...one, state: 'wait_bgsave', startOnAck: true })
  if (process.attached.length === 1 && process.backlogFrom === null) {
    process.replid = node.dice.hex(40)
    process.replid2 = noReplid
    process.second = -1
    process.backlogFrom = offsetOf(process.data) + 1
  }
  if (process.config.syncDelayS === 0) copyToWaiting(node, process)
}

function canContinue(process: Process, replid: string | null, offset: number): boolean {
  const known = replid === process.replid || (replid === process.replid2 && offset + 1 <= process.second)
  if (!known || replid === null || process.backlogFrom === null) return false
  return offset + 1 >= process.backlogFrom && offset <= offsetOf(process.data)
}

/** One copy at a time serves all who wait. */
function copyToWaiting(node: RedisNode, process: Process): void {
  if (process.attached.some((one) => one.state === 'send_bulk')) return
  const waiting = process.attached.filter((one) => one.state === 'wait_bgsave')
  if (waiting.length === 0) return
  process.selectDue = true
  const { data, replid } = process
  for (const one of waiting) {
    one.state = 'send_bulk'
    node.reply(one.conn, { kind: 'fullresync', replid } satisfies FromPrimary)
  }
  const transferMs = node.setup.transferMs * (0.5 + node.dice.next())
  node.net.timeline.after(transferMs, () => copied(node, process, waiting, data, replid))
}

function copied(node: RedisNode, process: Process, waiting: readonly Attached[], data: Data, replid: string): void {
  if (node.process !== process) return
  if (node.frozen) {
    node.net.timeline.after(100, () => copied(node, process, waiting, data, replid))
    return
  }
  for (const one of waiting) {
    if (!process.attached.includes(one)) continue
    one.state = 'online'
    one.ackAt = node.now
    node.reply(one.conn, { kind: 'payload', replid, data } satisfies FromPrimary)
  }
  countGood(node, process)
}

/** Where a replica stands in this primary's history, for what it is sent from `offset` on. */
export function standsAt(upTo: Data, offset: number): Data | null {
  return dataAt(upTo, offset)
}

export function attachedLost(node: RedisNode, process: Process, conn: Conn): void {
  const place = process.attached.findIndex((one) => one.conn === conn)
  if (place < 0) return
  process.attached.splice(place, 1)
  if (process.attached.length === 0) process.noReplicasSince = node.now
  countGood(node, process)
}

export function dropAttached(node: RedisNode, process: Process): void {
  for (const one of process.attached.splice(0)) one.conn.closeThere()
  process.noReplicasSince = node.now
  process.goodReplicas = 0
}

function countGood(node: RedisNode, process: Process): void {
  const lag = (one: Attached): number => Math.floor(node.now / 1000) - Math.floor(one.ackAt / 1000)
  process.goodReplicas = process.attached.filter((one) => one.state === 'online' && lag(one) <= process.config.maxLag).length
}

/** A replica became a primary: what it has is its own history's beginning. */
export function becomePrimary(node: RedisNode, process: Process): void {
  process.config.replicaof = null
  const offset = offsetOf(process.data)
  process.replid2 = process.replid
  process.second = offset + 1
  process.replid = node.dice.hex(40)
  dropAttached(node, process)
  process.selectDue = true
  process.data = { stream: new Stream(process.data, offset), length: 0 }
}

export function cronOfFeeding(node: RedisNode, process: Process): void {
  const { attached, config } = process
  if (config.replicaof === null && attached.length > 0 && process.cycles % config.pingPeriodS === 0)
    append(node, process, pingBytes, null, null)
  for (const one of attached.filter((each) => each.state === 'online' && node.now - each.ackAt > replTimeoutMs)) {
    one.conn.closeThere()
    attachedLost(node, process, one.conn)
  }
  const waiting = attached.filter((one) => one.state === 'wait_bgsave')
  if (waiting.some((one) => node.now - one.since >= config.syncDelayS * 1000)) copyToWaiting(node, process)
  countGood(node, process)
  const idle = attached.length === 0 && config.replicaof === null && process.backlogFrom !== null
  if (!idle || node.now - process.noReplicasSince < backlogTtlMs) return
  process.replid = node.dice.hex(40)
  process.replid2 = noReplid
  process.second = -1
  process.backlogFrom = null
}
