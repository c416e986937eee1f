// A simulated Pika as a replica: the states of its link, what moves them, and the ways in which they stick.
import type { Address } from '../core/model.ts'
import type { PikaValue } from './pikaKeys.ts'
import type { LogPosition, LogRecord } from './pikaLog.ts'
import type { PikaNode } from './pikaNode.ts'

export type LinkState = 'noConnect' | 'tryFull' | 'tryIncremental' | 'waitReply' | 'copying' | 'connected' | 'error'

/** What two servers say to each other on the replication port. */
export type PikaMessage =
  | { readonly kind: 'meta'; readonly self: Address; readonly password: string; readonly replicationId: string }
  | { readonly kind: 'metaReply'; readonly ok: boolean; readonly replicationId: string }
  | { readonly kind: 'try'; readonly position: LogPosition }
  | { readonly kind: 'tryReply'; readonly result: 'ok' | 'full' | 'refused' }
  | { readonly kind: 'copy' }
  | { readonly kind: 'copyBegun' }
  | { readonly kind: 'snapshot'; readonly entries: readonly (readonly [string, PikaValue])[]; readonly at: LogPosition }
  | { readonly kind: 'records'; readonly records: readonly LogRecord[] }
  /** The records before were applied. */
  | { readonly kind: 'taken' }
  /** Once a second each way: what a frozen server misses. */
  | { readonly kind: 'alive' }

export interface PikaLink {
  send(message: PikaMessage): void
  close(): void
}

/** Measured on 3.5.5; docs/pika.md and the transcripts say where. */
export const pikaTimes = {
  /** Between two steps of the thread that moves the states [10 12]. */
  stepMs: 100,
  /** Until a primary answers an attempt. */
  answerMs: 50,
  metaAgainMs: 10_000,
  /** From the end of a connection until the state says so [20]. */
  noticedMs: 1_800,
  /** A frozen primary is noticed when nothing was heard for this long, by who follows [40] and by who is copied. */
  unheardMs: 17_000,
  /** A connection on which nothing is said is closed: the question that nobody answers is asked on another one. */
  idleMs: 61_500,
  /** A primary gives a replica up that says nothing [54]. */
  givenUpMs: 25_000,
  /** ... and closes its connection, so that it no longer counts: until then nothing but NO ONE is taken (`set_keepalive_timeout` of its sources). */
  forgottenMs: 180_000,
  /** The late close of a connection that had failed [22 57]. */
  lateCloseMs: 2_000,
  /** When a link in `error` was left just before, the next attempt at the same primary begins this late [22 31]. */
  lateBeginMs: 10_300,
  copyMs: 300,
  feedAfterMs: 300,
  blockMostMs: 2_900,
} as const

export class Upstream {
  readonly address: Address
  state: LinkState = 'noConnect'
  /** The next step of the state, and whether an answer is outstanding. */
  nextAt: number
  force: boolean
  link: PikaLink | null = null
  heardAt = 0
  askedAt = 0
  /** The primary said no for good: another replication id, or a wrong password. */
  rejected = false
  /** It ended at this instant and the state does not say so yet. */
  lostAt: number | null = null
  /** A connection from before closes late and takes the new one with it. */
  abortAt: number | null = null

  constructor(address: Address, force: boolean, nextAt: number) {
    this.address = address
    this.force = force
    this.nextAt = nextAt
  }
}

/** Was there a connection whose end is still to come when this upstream is left? How it sticks differs by state. */
export function leaves(upstream: Upstream): 'error' | 'rejected' | null {
  return upstream.state === 'error' ? 'error' : upstream.rejected ? 'rejected' : null
}

/** One step of the auxiliary thread. */
export function stepReplica(node: PikaNode, up: Upstream): void {
  const now = node.now()
  if (up.abortAt !== null && now >= up.abortAt) return aborted(node, up)
  if (up.lostAt !== null && now >= up.lostAt + pikaTimes.noticedMs) return back(up, up.lostAt + pikaTimes.noticedMs + pikaTimes.metaAgainMs)
  // It keeps its connection and asks again on it.
  if ((up.state === 'connected' || up.state === 'copying') && now - up.heardAt >= pikaTimes.unheardMs) return asks(node, up, 'try')
  if (up.state === 'waitReply' && now - Math.max(up.heardAt, up.askedAt) >= pikaTimes.idleMs) return back(up, now + pikaTimes.metaAgainMs)
  if (now < up.nextAt || up.rejected) return
  if (up.state === 'noConnect') return dial(node, up)
  if (up.state === 'tryFull') asks(node, up, 'copy')
  else if (up.state === 'tryIncremental') asks(node, up, 'try')
}

function asks(node: PikaNode, up: Upstream, what: 'try' | 'copy'): void {
  up.link?.send(what === 'copy' ? { kind: 'copy' } : { kind: 'try', position: node.log.end })
  up.state = 'waitReply'
  up.askedAt = node.now()
}

function dial(node: PikaNode, up: Upstream): void {
  const now = node.now()
  up.nextAt = now + pikaTimes.metaAgainMs
  up.heardAt = now
  up.link?.close()
  up.link = node.host.dial(up.address, {
    opened: () =>
      up.link?.send({ kind: 'meta', self: node.address, password: node.config.masterauth, replicationId: node.config.replicationId }),
    heard: (message) => {
      if (node.upstream === up) heardFromPrimary(node, up, message)
    },
    closed: () => {
      if (node.upstream !== up || up.link === null) return
      up.link = null
      if (up.state === 'noConnect') return
      up.lostAt ??= node.now()
    },
  })
}

/** The old connection's late close ends what the new one had begun; what was not begun yet begins late (docs/pika.md, P13). */
function aborted(node: PikaNode, up: Upstream): void {
  up.abortAt = null
  back(up, node.now() + pikaTimes.metaAgainMs)
  node.host.madeTooSoon()
}

function back(up: Upstream, nextAt: number): void {
  up.link?.close()
  up.link = null
  up.lostAt = null
  up.state = 'noConnect'
  up.nextAt = nextAt
}

function heardFromPrimary(node: PikaNode, up: Upstream, message: PikaMessage): void {
  const now = node.now()
  up.heardAt = now
  switch (message.kind) {
    case 'metaReply':
      return metaReplied(node, up, message.ok, message.replicationId)
    case 'tryReply':
      return node.missesAnswer() ? undefined : tryReplied(node, up, message.result)
    case 'copyBegun':
      if (node.missesAnswer()) return
      up.state = 'copying'
      node.beginCopy()
      return
    case 'snapshot':
      if (up.state !== 'copying') return
      node.endCopy(message.entries, message.at)
      up.state = 'tryIncremental'
      up.nextAt = now + pikaTimes.stepMs
      return
    case 'records':
      if (up.state !== 'connected') return
      for (const record of message.records) node.apply(record)
      up.link?.send({ kind: 'taken' })
      return
    case 'alive':
      if (up.state !== 'waitReply') up.link?.send({ kind: 'alive' })
      return
    // What only a replica says.
    case 'meta':
    case 'try':
    case 'copy':
    case 'taken':
      return
  }
}

function metaReplied(node: PikaNode, up: Upstream, ok: boolean, replicationId: string): void {
  const own = node.config.replicationId
  if (!ok || (own !== '' && own !== replicationId)) {
    up.rejected = true
    up.link?.close()
    up.link = null
    return
  }
  const isNew = own === ''
  if (isNew) node.setReplicationId(replicationId)
  up.state = isNew || up.force ? 'tryFull' : 'tryIncremental'
  // A copy that is broken off is not begun anew by itself.
  up.force = false
  up.nextAt = node.now() + pikaTimes.stepMs
}

function tryReplied(node: PikaNode, up: Upstream, result: 'ok' | 'full' | 'refused'): void {
  if (result === 'ok') up.state = 'connected'
  else if (result === 'refused') up.state = 'error'
  else {
    up.state = 'tryFull'
    up.nextAt = node.now() + pikaTimes.stepMs
  }
}
