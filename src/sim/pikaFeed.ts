// A simulated Pika as a primary: who is attached, and what each of them is sent.
import type { Address } from '../core/model.ts'
import { type LogPosition, sumOf } from './pikaLog.ts'
import type { PikaNode } from './pikaNode.ts'
import { type PikaLink, type PikaMessage, pikaTimes } from './pikaReplica.ts'

export class Attached {
  readonly link: PikaLink
  readonly address: Address
  /** The first file descriptor that is free, as the list shows it. */
  readonly descriptor: number
  state: 'not syncing' | 'full syncing' | 'following' = 'not syncing'
  sent: LogPosition
  /** Sent and not answered; nothing more is sent before that. */
  inFlight = false
  /** Records leave from this instant on: a moment after the link is up [20 50]. */
  feedAt = 0
  /** Until then the list does not say yet that it follows. */
  shownAt = 0
  heardAt: number
  /** It came by a full copy. */
  copied = false

  constructor(link: PikaLink, address: Address, descriptor: number, sent: LogPosition, now: number) {
    this.link = link
    this.address = address
    this.descriptor = descriptor
    this.sent = sent
    this.heardAt = now
  }
}

/** A replica's message. The one that introduces itself enters the list. */
export function heardFromReplica(node: PikaNode, link: PikaLink, message: PikaMessage): void {
  if (message.kind === 'meta') return introduced(node, link, message)
  const attached = node.attached.find((one) => one.link === link)
  if (attached === undefined) return
  attached.heardAt = node.now()
  if (message.kind === 'try') node.host.after(pikaTimes.answerMs, () => tried(node, attached, message.position))
  else if (message.kind === 'copy') node.host.after(pikaTimes.answerMs, () => copied(node, attached))
  else if (message.kind === 'taken') {
    attached.inFlight = false
    feed(node)
  }
}

function introduced(node: PikaNode, link: PikaLink, message: Extract<PikaMessage, { kind: 'meta' }>): void {
  const { requirepass, replicationId } = node.config
  if (requirepass !== '' && message.password !== requirepass) {
    link.send({ kind: 'metaReply', ok: false, replicationId: '' })
    return
  }
  if (replicationId === '') node.setReplicationId(node.host.dice.hex(50))
  link.send({ kind: 'metaReply', ok: true, replicationId: node.config.replicationId })
  if (message.replicationId !== '' && message.replicationId !== node.config.replicationId) return
  node.detach(message.self)
  node.attached.push(new Attached(link, message.self, 72 + node.attached.length, node.log.end, node.now()))
}

function tried(node: PikaNode, attached: Attached, position: LogPosition): void {
  if (!node.attached.includes(attached)) return
  const records = node.log.after(position)
  if (records === 'purged') return attached.link.send({ kind: 'tryReply', result: 'full' })
  if (typeof records === 'string') return attached.link.send({ kind: 'tryReply', result: 'refused' })
  attached.shownAt = node.now() + (attached.state === 'full syncing' ? 1_500 : 400)
  attached.state = 'following'
  attached.sent = position
  attached.feedAt = node.now() + pikaTimes.feedAfterMs
  attached.inFlight = false
  attached.link.send({ kind: 'tryReply', result: 'ok' })
}

function copied(node: PikaNode, attached: Attached): void {
  if (!node.attached.includes(attached)) return
  attached.state = 'full syncing'
  attached.copied = true
  const [entries, at] = [node.keys.entries(), node.log.end]
  attached.link.send({ kind: 'copyBegun' })
  node.host.after(node.copyMs(entries), () => {
    if (node.attached.includes(attached)) attached.link.send({ kind: 'snapshot', entries, at })
  })
}

/** What everybody who follows has not been sent, as soon as what it was sent before is answered. */
export function feed(node: PikaNode): void {
  for (const attached of node.attached) {
    if (attached.state !== 'following' || attached.inFlight || node.now() < attached.feedAt) continue
    const records = node.log.after(attached.sent)
    if (typeof records === 'string' || records.length === 0) continue
    attached.sent = records.at(-1)?.end ?? attached.sent
    attached.inFlight = true
    attached.link.send({ kind: 'records', records })
  }
}

export function stepFeed(node: PikaNode): void {
  for (const { link, address } of node.attached.filter((one) => node.now() - one.heardAt > pikaTimes.forgottenMs)) {
    node.detach(address)
    link.close()
  }
  for (const attached of node.attached) {
    if (attached.state === 'not syncing') continue
    if (node.now() - attached.heardAt > pikaTimes.givenUpMs) attached.state = 'not syncing'
    else attached.link.send({ kind: 'alive' })
  }
}

/** `lag=(db0:N)`: bytes that were not sent. */
export function lagOf(node: PikaNode, attached: Attached): string {
  if (attached.state !== 'following') return attached.state
  if (node.now() < attached.shownAt) return attached.copied ? 'full syncing' : 'not syncing'
  const { fileBytes } = node.config
  return String(sumOf(node.log.end, fileBytes) - sumOf(attached.sent, fileBytes))
}
