// What the proof and the processes with the doubles tell each other.

export interface GroupPlan {
  readonly id: string
  /** One address of the loopback network for each node; all listen on the same port. */
  readonly hosts: readonly string[]
}

export type Order =
  | { readonly kind: 'start'; readonly port: number; readonly groups: readonly GroupPlan[]; readonly writeEveryMs: number }
  /** The primaries of these groups die: their connections are reset, their ports refuse from then on. */
  | { readonly kind: 'vanish'; readonly groups: readonly string[] }
  /** How many questions came since this was asked before. */
  | { readonly kind: 'count' }

export type Told =
  | { readonly kind: 'ready' }
  /** Another node of the group takes writes since so long after the primary vanished. */
  | { readonly kind: 'healed'; readonly group: string; readonly ms: number }
  /** Questions in slices of 10 ms. */
  | { readonly kind: 'counted'; readonly slices: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string }
