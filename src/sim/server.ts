// What a simulated server of any engine is to the history, its faults and its checks.
import type { Address } from '../core/model.ts'
import type { Ailments } from './ailments.ts'
import type { Recovers } from './appendFile.ts'
import type { Listener } from './net.ts'
import type { Persistence } from './plan.ts'
import type { Data } from './stream.ts'

/** The running process. */
export interface Running {
  /** As the engine names the process. */
  readonly runId: string
  /** The replication id of its data; null where histories have no names. */
  readonly replid: string | null
  /** Null: it is a primary. */
  readonly follows: Address | null
  /** As the engine reads it; `closedGuard` when it takes no writes. */
  readonly guard: number
  /** `up`, or what else its link is. */
  readonly link: string
  readonly data: Data
  /** Writes wait until then. */
  readonly pausedUntil: number
  /** It was told to end. */
  readonly isLeaving: boolean
  /** It took something from its primary between these; null: its link can be made to prove that it stands. */
  took(from: number, to: number): boolean | null
  /** A part of a copy, whose rest never came. */
  readonly isPartial: boolean
  /** It answers nobody while its role changes. */
  readonly isChangingRole: boolean
  /** Who follows it with a link that stands, by host. */
  readonly fed: readonly string[]
  /** Until then it counts somebody as its replica who is gone without a word. */
  readonly countsGoneUntil: number
}

export interface Server extends Listener {
  readonly id: string
  readonly setup: { readonly address: Address; readonly persistence: Persistence }
  readonly ailments: Ailments
  readonly running: Running | null
  /** What its next start begins with; null: it has no file. */
  readonly file: { readonly replicaof: Address | null } | null
  readonly frozen: boolean
  /** It runs and reads its sockets. */
  readonly awake: boolean
  /** Since then it did what it was asked: it ran, was awake, and nothing ailed it. */
  readonly calmSince: number
  /** When one of its processes last froze, and last woke. */
  readonly thawedAt: number
  readonly frozeAt: number
  /** When all its connections were ended last. */
  readonly resetAt: number
  /** When it was last started without its file. */
  readonly fileLostAt: number
  /** When its file last could not be written. */
  readonly unwrittenAt: number
  /** It would not follow nowhere, since it had replicas, so no promotion left a fence in its file; until a file of it names whom it follows. */
  readonly declinedFence: boolean
  /** How long its link to its primary stood, or had stood when it was last lost. */
  readonly linkedFor: number
  /**
   * Every key with its value, the mark left out; null: this engine's data are known by who wrote them only. A key that begins with
   * `unloggedKey` no log ever knew.
   */
  readonly contents: ReadonlyMap<string, string> | null
  /** Those of them that no log ever knew, and of which nothing could have told that this node has them. */
  readonly untold: ReadonlySet<string>
  /** When the process that ran then did anything last before it ended; Infinity while it runs. */
  endAfter(then: number): number
  /** Something was done to it, or ends now. */
  troubled(): void
  start(recovers: Recovers, file?: 'kept' | 'lost'): void
  /** kill -9: the kernel closes its sockets. `quiet`: the host died with it, nobody is told. */
  kill(quiet?: boolean): void
  /** SIGTERM. */
  terminate(): void
  /** The process stands still; its kernel takes what comes. */
  freeze(): void
  thaw(): void
  /** Something between cuts every connection of clients and replicas. */
  resetClients(): void
  /** Another address, for its next start. */
  move(address: Address): void
  /** The command with which a person makes it follow somebody, or nobody. */
  told(follows: Address | null): readonly string[]
  /** What the group's record knew since then is forgotten. */
  recordLost(since: number): void
  /** A controller read it in the role that it has. */
  seen(): void
  /** It took writes as a primary that a person made, which no controller saw, and was not copied since: nothing tells of them (docs/pika.md, P2). */
  readonly ledUnseen: boolean
  /** For people. */
  describe(): string
}

export const unloggedKey = 'unlogged:'

/** What a simulated server tells its observers. */
export interface ServerEvents {
  /** A full copy replaces what the node held. */
  wiped(node: Server, held: Data, by: Data): void
  /** A process began; its data are what it found on its disk. `complete`: all that the one before held. */
  booted(node: Server, running: Running, complete: boolean): void
  /** It is linked to its primary, by a partial or a full copy. */
  linked(node: Server, running: Running): void
  /** A role or a setting is about to be changed by what came from this connection. */
  told(node: Server, by: string): void
  /** It was led to a primary again before its failed link to it had closed: the real server may crash. */
  madeTooSoon(node: Server): void
  tell(node: Server, text: string): void
}

/** For whoever only wants the servers. */
export const nobodyListens: ServerEvents = {
  wiped: () => undefined,
  booted: () => undefined,
  linked: () => undefined,
  told: () => undefined,
  madeTooSoon: () => undefined,
  tell: () => undefined,
}
