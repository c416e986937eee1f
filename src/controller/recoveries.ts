// The ways back to in sync that are under way in a group, or lately ended.
import type { GroupRecord, NodeId, NodeSpec } from '../core/model.ts'
import type { NodeView } from '../core/observe.ts'
import { type Tracked, track } from '../core/recovery.ts'
import type { Case } from '../core/rule.ts'

interface Kept {
  readonly tracked: Tracked | null
  /** What it was taken further by. */
  readonly node: NodeView
  readonly primary: NodeSpec
  readonly record: GroupRecord
}

export class Recoveries {
  readonly #kept = new Map<NodeId, Kept>()

  /** Takes each node's recovery further by what is observed now; what is the same as before says nothing new. */
  remember({ primary, record, s }: Case, nodes: Iterable<NodeView>): void {
    for (const node of nodes) {
      const last = this.#kept.get(node.spec.id)
      if (last !== undefined && last.node === node && last.primary === primary.spec && last.record === record) continue
      const tracked = track(last?.tracked ?? null, node, primary, record, s.now, s.wall)
      this.#kept.set(node.spec.id, { tracked, node, primary: primary.spec, record })
    }
  }

  all(): Tracked[] {
    return [...this.#kept.values()].flatMap(({ tracked }) => tracked ?? [])
  }
}
