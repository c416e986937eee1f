// What is under way in a group and shown as steps: nodes on their way back to in sync, and the change of primary. Or lately ended.
import type { GroupRecord, NodeId, NodeSpec, Topology } from '../core/model.ts'
import type { NodeView } from '../core/observe.ts'
import { type Passages, noPassages, pass, toldTo } from '../core/passage.ts'
import { type Tracked, track } from '../core/recovery.ts'
import type { Case } from '../core/rule.ts'
import type { Passage } from '../core/status.ts'

interface Kept {
  readonly tracked: Tracked | null
  /** What it was taken further by. */
  readonly node: NodeView
  readonly primary: NodeSpec
  readonly record: GroupRecord
}

export class Progress {
  readonly #kept = new Map<NodeId, Kept>()
  #passages: Passages = noPassages

  /** The last change of primary that an earlier process saw to its end. */
  recall(last: Passage | null): void {
    if (this.#passages.last === null) this.#passages = { ...this.#passages, last }
  }

  /** Takes each further by what is observed now; what is the same as before says nothing new. Gives the change of primary that ended with it. */
  remember(c: Case): Passage | null {
    const { last: before } = this.#passages
    this.#passages = pass(this.#passages, c)
    const { primary, record, s } = c
    for (const node of s.nodes.values()) {
      const last = this.#kept.get(node.spec.id)
      if (last !== undefined && last.node === node && last.primary === primary.spec && last.record === record) continue
      const tracked = track(last?.tracked ?? null, node, primary, record, s.now, s.wall)
      this.#kept.set(node.spec.id, { tracked, node, primary: primary.spec, record })
    }
    const { last } = this.#passages
    return last === before ? null : last
  }

  /** Clients are told this from now on. */
  told(topology: Topology, now: number): void {
    this.#passages = toldTo(this.#passages, topology, now)
  }

  shown(): { readonly tracked: readonly Tracked[]; readonly passages: Passages } {
    return { tracked: [...this.#kept.values()].flatMap(({ tracked }) => tracked ?? []), passages: this.#passages }
  }
}
