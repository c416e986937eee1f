// What people did to the group behind regroup's back or by its commands, and when last.
/** Names an operator's own connection. */
export const handName = 'hand'

export class Deeds {
  /** When a person last told each node anything. */
  readonly #handOn = new Map<string, number>()
  /** Nodes that nobody told anything since their process began. */
  readonly #untold = new Set<string>()
  /** The name of the connection on which each was told anything last. */
  readonly #toldBy = new Map<string, string>()
  orderedAt = -Infinity
  restoredAt = -Infinity
  /** The last primary that was replaced because somebody asked for another. */
  movedOn: { readonly from: string; readonly at: number } | null = null

  byHand(node: string, at: number): void {
    this.#handOn.set(node, at)
  }

  began(node: string): void {
    this.#untold.add(node)
  }

  told(node: string, by: string): void {
    this.#untold.delete(node)
    this.#toldBy.set(node, by)
  }

  toldBy(node: string): string | null {
    return this.#toldBy.get(node) ?? null
  }

  /** Whom it follows only its own file says. */
  followsItsFile(node: string): boolean {
    return this.#untold.has(node)
  }

  /** When a person last told any node anything. */
  get handAt(): number {
    return Math.max(...this.#handOn.values())
  }

  handOn(...nodes: readonly string[]): number {
    return Math.max(...nodes.map((node) => this.#handOn.get(node) ?? -Infinity))
  }
}
