// What a node is told to do, and what came of it.
import type { AccessUser, Address, Mark } from './model.ts'

/** Where the server finds that out by itself, it is not asked for. */
export interface Replacing {
  /** What it holds is replaced by a copy. */
  readonly force?: true
  /** It forgets the id of its log first: with that it would not be let in (docs/pika.md, P9). */
  readonly forget?: true
}

/** What is done to a node. Data only; the engine turns it into commands. `epoch` says under which decision. */
export type Action =
  /** Become primary, closed to writes, with a file that says "replica of nowhere". */
  | { readonly name: 'promote'; readonly bootFence: boolean }
  /** Let a closed primary accept writes with this guard. */
  | { readonly name: 'open'; readonly guard: number; readonly bootFenced: boolean }
  | { readonly name: 'guard'; readonly guard: number }
  /** Become or stay a replica of `target`, and persist it. */
  | ({ readonly name: 'follow'; readonly target: Address } & Replacing)
  /** A primary becomes a replica of `target`; its clients are cut so that none clings to it. */
  | ({
      readonly name: 'demote'
      readonly target: Address
      readonly cutClients: boolean
      readonly resumeWrites: boolean
      /** false: its file says "replica of nowhere" already, so it may be written when nobody waits for it. */
      readonly persist: boolean
    } & Replacing)
  /**
   * A replica of nowhere: keeps its data, takes no writes, feeds nobody.
   * `users`: who was in its access list when it answered last, for one that cannot be asked.
   * `breaksRing`: a server that has replicas cannot be led away; it is closed and follows nobody, so that whom it followed is free.
   */
  | { readonly name: 'fence'; readonly cutClients: boolean; readonly users?: readonly AccessUser[]; readonly breaksRing?: true }
  /** Write the boot fence into an open primary's file without closing it. */
  | { readonly name: 'bootFence' }
  /**
   * Write the running role into the node's file. Never for a boot-fenced primary: its file says "replica of nowhere".
   * `cutClients`: a switchover left its clients connected so that nothing was interrupted; now they shall look for the new primary.
   */
  | { readonly name: 'persist'; readonly cutClients?: true }
  | { readonly name: 'pauseWrites'; readonly forMs: number }
  | { readonly name: 'resumeWrites' }
  /** Drop the replication link so that the node must prove that it can be made again. */
  | { readonly name: 'proveLink' }
  | { readonly name: 'mark'; readonly mark: Mark }
  /** End the connections of controllers before this one: what waits in their sockets must not be executed any more. */
  | { readonly name: 'cutOlder' }
  /** Leave regroup: no boot fence, no guard. */
  | { readonly name: 'release' }

export type ActionResult =
  | {
      readonly ok: true
      /** false: the role was changed but the file could not be written. */
      readonly persisted: boolean
      readonly note: string | null
      /** It was closed, but goes on following whom it did, if it follows anybody: replicas of its own have not left it. */
      readonly stays?: true
      /** Its role was not changed, and its file says so: what the file said before is gone. */
      readonly wrote?: true
    }
  | {
      readonly ok: false
      readonly code: string
      readonly message: string
      /** Its file was written all the same. */
      readonly wrote?: true
    }
