// What happens in one history, said before it begins, so that a part of it can be left out and the rest stays the same.
import type { EngineName, Policy } from '../core/model.ts'
import type { Recovers } from './appendFile.ts'

export type Persistence = 'aof' | 'rdb' | 'none'

export interface PlannedNode {
  readonly id: string
  readonly host: string
  readonly persistence: Persistence
  readonly hasFile: boolean
  readonly priority: number
  readonly transferMs: number
  readonly loadMs: number
  readonly backlogBytes: number
  readonly snapshotEveryMs: number
}

export type Ailment = 'misconf' | 'outOfMemory' | 'busy' | 'fullOfClients' | 'fileUnwritable' | 'noKill' | 'noReplicaof' | 'noConfig'

/** Something that is done to the group. Whatever lasts ends by itself, or when the faults end. Who is meant may be said as in roles.ts. */
export type Op = { readonly at: number } & (
  | {
      readonly kind: 'stop'
      readonly node: string
      readonly how: 'kill' | 'term' | 'power'
      readonly downMs: number
      readonly recovers: Recovers
      readonly file: 'kept' | 'lost'
    }
  | { readonly kind: 'freeze'; readonly node: string; readonly ms: number }
  | { readonly kind: 'isolate'; readonly hosts: readonly string[]; readonly ms: number; readonly way: 'both' | 'in' | 'out' }
  | { readonly kind: 'cut'; readonly from: string; readonly to: string; readonly ms: number }
  | { readonly kind: 'slow'; readonly host: string; readonly ms: number; readonly extraMs: number; readonly loss: number }
  | { readonly kind: 'refuse'; readonly node: string; readonly ms: number; readonly whom: 'all' | 'controller' }
  | { readonly kind: 'reset'; readonly node: string }
  | { readonly kind: 'ail'; readonly node: string; readonly what: Ailment; readonly ms: number }
  | { readonly kind: 'controllerCrash'; readonly downMs: number }
  | { readonly kind: 'controllerStall'; readonly ms: number }
  /** It stands still for a moment, again and again; how long each time comes from `seed`. */
  | { readonly kind: 'controllerStarved'; readonly ms: number; readonly seed: number }
  | { readonly kind: 'storeTrouble'; readonly ms: number; readonly slowMs: number; readonly unsure: number }
  | { readonly kind: 'wallJump'; readonly ms: number }
  | { readonly kind: 'backUp' }
  /** `lacks`: a node that was added after the copy was made, so that the restored spec does not know it for `ms`. */
  | { readonly kind: 'restore'; readonly told?: boolean; readonly lacks?: string; readonly ms?: number }
  /** `inMs`: scheduled for then, when somebody else may run. */
  | { readonly kind: 'switchover'; readonly to: string | null; readonly inMs?: number }
  | { readonly kind: 'failover'; readonly to: string | null }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'maintain'; readonly node: string; readonly ms: number }
  | { readonly kind: 'priority'; readonly node: string; readonly priority: number }
  | { readonly kind: 'handReplicaof'; readonly node: string; readonly of: string | null }
  | { readonly kind: 'handMove'; readonly to: string; readonly gapMs: number }
  | { readonly kind: 'readdress'; readonly node: string }
  | { readonly kind: 'wrongAddress'; readonly node: string; readonly ms: number }
  | { readonly kind: 'noDescriptors'; readonly ms: number }
  /** Waits for the next moment of that kind, then strikes a few ms later. */
  | { readonly kind: 'ambush'; readonly moment: Moment; readonly deed: Deed; readonly delayMs: number; readonly ms: number }
)

/** An intent is saved; a new primary is recorded. */
export type Moment = 'intent' | 'crown'
export type Deed =
  | 'killCandidate'
  | 'freezeCandidate'
  | 'killController'
  | 'cutCandidate'
  | 'killOther'
  | 'cutOtherWakePrimary'
  | 'startPrimary'
  | 'wakePrimary'
  | 'killControllerWakePrimary'
  | 'orderOther'
  | 'backUp'

export type OpKind = Op['kind']

/**
 * How the nodes are found. led: one leads the others. fresh: each is alone and empty. full: two are alone with data of their own.
 * nowhere: each is a replica of nowhere. down: the last one does not run. stranger: the last address is a node of somebody else.
 * paused: one leads the others, and an operator paused the group before it was adopted.
 * What regroup may not decide by itself an operator decides after some seconds.
 */
export type Found = 'led' | 'fresh' | 'full' | 'nowhere' | 'down' | 'stranger' | 'paused'

export interface Plan {
  readonly seed: number
  /** Left out: redis. */
  readonly engine?: Extract<EngineName, 'redis' | 'pika'>
  readonly nodes: readonly PlannedNode[]
  readonly policy: Partial<Policy>
  readonly found: Found
  /** Nodes of another group under the same controller: quiet, and hosts to count. */
  readonly neighbours: number
  readonly clients: readonly { readonly follows: boolean; readonly gapMs: number; readonly node: string; readonly valueBytes: number }[]
  readonly pace: number
  /** The controller is so far from everybody else, in ms each way; left out: next to them. */
  readonly farMs?: number
  /** Faults happen until then. */
  readonly faultsMs: number
  readonly ops: readonly Op[]
}

export const controllerName = 'ctl'
/** Somebody else's server, with data and another group's mark. */
export const strangerName = 'x1'
export const strangerHost = '10.0.9.1'
export const clientHosts = ['app1', 'app2'] as const
/** A starved controller stands still for so long at a time, and goes on for so long in between. */
export const starvedMs = { stands: [250, 600], goes: [150, 600] } as const
/** The group forms and its clients write before anything happens to it. */
export const quietMs = 8_000

export function hostOf(index: number): string {
  return `10.0.0.${index + 1}`
}
