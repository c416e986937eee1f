// A running Pika in the simulator: everything that dies with its process, and what is looked at of it.
import { closedGuard } from '../core/limits.ts'
import type { Address } from '../core/model.ts'
import type { RespValue } from '../resp/value.ts'
import type { Batch } from './batch.ts'
import type { Conn } from './net.ts'
import type { PikaClient } from './pikaCommands.ts'
import type { PikaHoldings } from './pikaHoldings.ts'
import type { PikaNode } from './pikaNode.ts'
import { type PikaLink, type PikaMessage, pikaTimes } from './pikaReplica.ts'
import type { Running } from './server.ts'
import { type Data, emptyData } from './stream.ts'

/** What one server says to another. `data`: with a copy, whose writes are in it. */
export interface Said {
  readonly kind: 'pika'
  readonly message: PikaMessage
  readonly data: Data | null
}

interface Work {
  readonly conn: Conn
  readonly batch: Batch
  readonly values: RespValue[]
}

export interface Dialed {
  opened(): void
  heard(message: PikaMessage): void
  closed(): void
}

/** A replica says something once a second. */
const muteMs = 3_000
const takenStepMs = 10
const takenKept = 4_096

/** The running process, with its connections. */
export class PikaProcess implements Running {
  readonly node: PikaNode
  readonly holdings: PikaHoldings
  readonly clients = new Map<Conn, PikaClient>()
  readonly links = new Map<Conn, PikaLink>()
  readonly dialed = new Map<Conn, Dialed>()
  readonly work: Work[] = []
  readonly pausedUntil = 0
  readonly replid = null
  leavesAt: number | null = null
  /** When it took something from its primary, in steps of `takenStepMs`, lately. */
  readonly #taken: number[] = []
  /** Whose writes are in the copy that is being taken over. */
  copied: Data = emptyData()
  /** Of the command that is being executed. */
  writing: Batch['write'] = null
  /** A person gave it its role. */
  ledByHand = false
  wasPrimary = false
  wasUp = false
  linkedSince = 0
  linkedMs = 0

  constructor(node: PikaNode, holdings: PikaHoldings) {
    this.node = node
    this.holdings = holdings
  }

  takes(): void {
    const now = this.node.now()
    if (now - (this.#taken.at(-1) ?? -Infinity) < takenStepMs) return
    this.#taken.push(now)
    if (this.#taken.length > takenKept) this.#taken.splice(0, takenKept / 2)
  }

  took(from: number, to: number): boolean {
    return this.#taken.some((at) => at >= from && at <= to)
  }

  get runId(): string {
    return `${this.node.processId}.${this.node.config.runId}`
  }

  get follows(): Address | null {
    return this.node.upstream?.address ?? null
  }

  get guard(): number {
    return this.node.users.may('default', 'set', 'write') ? 0 : closedGuard
  }

  get link(): string {
    const { upstream } = this.node
    return upstream === null ? 'none' : upstream.state === 'connected' ? 'up' : upstream.state
  }

  get data(): Data {
    return this.holdings.data
  }

  get isLeaving(): boolean {
    return this.leavesAt !== null
  }

  get isPartial(): boolean {
    return !this.node.eligible
  }

  get isChangingRole(): boolean {
    return this.node.busyUntil > this.node.now()
  }

  get fed(): readonly string[] {
    return this.node.attached.filter((one) => one.state === 'following').map((one) => one.address.host)
  }

  get countsGoneUntil(): number {
    const mute = this.node.attached.filter((one) => this.node.now() - one.heardAt > muteMs)
    return Math.max(-Infinity, ...mute.map((one) => one.heardAt + pikaTimes.forgottenMs))
  }
}

export function isSaid(message: unknown): message is Said {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'pika'
}
