// A running redis-server: everything that dies with its process.
import type { Address } from '../core/model.ts'
import type { Batch } from './batch.ts'
import type { Dice } from './dice.ts'
import type { Conn } from './net.ts'
import type { Attached } from './redisFeed.ts'
import type { Upstream } from './redisReplica.ts'
import type { Running } from './server.ts'
import type { Data } from './stream.ts'

export const noReplid = '0'.repeat(40)

/** What CONFIG SET changes and CONFIG REWRITE writes. */
export interface RedisConfig {
  replicaof: Address | null
  guard: number
  maxLag: number
  syncDelayS: number
  pingPeriodS: number
}

export const freshConfig: RedisConfig = { replicaof: null, guard: 0, maxLag: 10, syncDelayS: 5, pingPeriodS: 10 }

/** The running process. Everything here dies with it. */
export class Process implements Running {
  readonly runId: string
  readonly startedAt: number
  config: RedisConfig
  data: Data
  replid: string
  replid2 = noReplid
  second = -1
  /** The first byte of the backlog; null: there is none. */
  backlogFrom: number | null = null
  /** The next write tells its database first. */
  selectDue = true
  readonly attached: Attached[] = []
  upstream: Upstream = { kind: 'none' }
  goodReplicas = 0
  readonly clients = new Set<Conn>()
  /** Commands of clients that wait for the end of a write pause. */
  pausedUntil = 0
  readonly paused: { readonly conn: Conn; readonly batch: Batch }[] = []
  loadingUntil = 0
  shutdown: { readonly until: number; readonly save: boolean } | null = null
  noReplicasSince: number
  cronAt: number
  /** Cycles of the cron. */
  cycles = 0
  snapshotAt: number
  /** The length of its latest link. */
  linkedMs = 0
  linkedSince: number | null = null

  readonly countsGoneUntil = -Infinity
  readonly isChangingRole = false
  /** A copy that breaks off leaves the old data (M8). */
  readonly isPartial = false

  constructor(dice: Dice, now: number, config: RedisConfig, data: Data, snapshotEveryMs: number) {
    this.runId = dice.hex(40)
    this.replid = dice.hex(40)
    this.startedAt = now
    this.config = config
    this.data = data
    this.noReplicasSince = now
    this.cronAt = now + dice.next() * 1000
    this.snapshotAt = now + snapshotEveryMs
  }

  get follows(): Address | null {
    return this.config.replicaof
  }

  get guard(): number {
    return this.config.guard
  }

  get link(): string {
    return this.upstream.kind
  }

  get isLeaving(): boolean {
    return this.shutdown !== null
  }

  took(): null {
    return null
  }

  get fed(): readonly string[] {
    return this.attached.filter((one) => one.state === 'online').map((one) => one.host)
  }
}
