// The ways back to in sync that are under way in a group, or lately ended.
import type { NodeId } from '../core/model.ts'
import type { NodeView } from '../core/observe.ts'
import { type Tracked, track } from '../core/recovery.ts'
import type { Case } from '../core/rule.ts'

export class Recoveries {
  readonly #tracked = new Map<NodeId, Tracked>()

  /** Takes each node's recovery further by what is observed now. */
  remember(c: Case, nodes: Iterable<NodeView>): void {
    for (const node of nodes) {
      const last = this.#tracked.get(node.spec.id) ?? null
      const next = track(last, node, c.primary, c.record, c.s.now, c.s.wall)
      if (next === last) continue
      if (next === null) this.#tracked.delete(node.spec.id)
      else this.#tracked.set(node.spec.id, next)
    }
  }

  all(): Tracked[] {
    return [...this.#tracked.values()]
  }
}
