// What people did to the group behind regroup's back or by its commands, and when last.
/** Names an operator's own connection. */
export const handName = 'hand'

export class Deeds {
  /** When a person last told any node anything, and each node. */
  handAt = -Infinity
  readonly #handOn = new Map<string, number>()
  orderedAt = -Infinity
  restoredAt = -Infinity
  /** The last primary that was replaced because somebody asked for another. */
  movedOn: { readonly from: string; readonly at: number } | null = null

  byHand(node: string, at: number): void {
    this.handAt = at
    this.#handOn.set(node, at)
  }

  handOn(...nodes: readonly string[]): number {
    return Math.max(...nodes.map((node) => this.#handOn.get(node) ?? -Infinity))
  }
}
