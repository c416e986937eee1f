// When each node of a group is asked next, and that it is asked one question at a time.
import type { GroupId, Instant, NodeId, NodeSpec, Policy } from '../core/model.ts'
import type { NodeView } from '../core/observe.ts'
import { phaseOf, probeGap, spread } from './cadence.ts'

interface Asking {
  readonly dueAt: Instant
  /** Sent and not ended. */
  readonly sentAt: Instant | null
  readonly lastAt: Instant
  /** Questions without an answer in a row. */
  readonly misses: number
}

/** The first questions of a new group are spread over this long. */
const firstWithinMs = 20

export class Asker {
  #asking = new Map<NodeId, Asking>()

  /** Keeps what is known of nodes that stay; `fresh` names those that begin anew. */
  takeNodes(group: GroupId, nodes: readonly NodeSpec[], fresh: ReadonlySet<NodeId>, now: Instant): void {
    const first = (id: NodeId): Asking => ({
      dueAt: now + phaseOf(`${group}/${id}`) * firstWithinMs,
      sentAt: null,
      lastAt: -Infinity,
      misses: 0,
    })
    this.#asking = new Map(nodes.map(({ id }) => [id, fresh.has(id) ? first(id) : (this.#asking.get(id) ?? first(id))]))
  }

  ended(id: NodeId, heard: boolean): void {
    const asking = this.#asking.get(id)
    if (asking !== undefined) this.#asking.set(id, { ...asking, sentAt: null, misses: heard ? 0 : asking.misses + 1 })
  }

  /** Ask these at once. */
  hurry(ids: Iterable<NodeId>, now: Instant): void {
    for (const id of ids) {
      const asking = this.#asking.get(id)
      if (asking !== undefined) this.#asking.set(id, { ...asking, dueAt: Math.min(asking.dueAt, now) })
    }
  }

  hurryAll(now: Instant): void {
    this.hurry(this.#asking.keys(), now)
  }

  /** Those whose question is due now; they count as asked. */
  due(nodes: ReadonlyMap<NodeId, NodeView>, policy: Policy, unsettledSince: Instant | null, now: Instant): NodeView[] {
    const asked: NodeView[] = []
    for (const [id, asking] of this.#asking) {
      const node = nodes.get(id)
      if (node === undefined || asking.sentAt !== null) continue
      const gap = probeGap(policy, node, unsettledSince, now)
      const dueAt = Math.min(asking.dueAt, asking.lastAt + gap)
      if (dueAt > now) {
        if (dueAt !== asking.dueAt) this.#asking.set(id, { ...asking, dueAt })
        continue
      }
      this.#asking.set(id, { dueAt: now + spread(gap, asking.misses), sentAt: now, lastAt: now, misses: asking.misses })
      asked.push(node)
    }
    return asked
  }

  /** When the next question is due; Infinity while all are on their way. */
  nextAt(): Instant {
    let at = Infinity
    for (const asking of this.#asking.values()) if (asking.sentAt === null) at = Math.min(at, asking.dueAt)
    return at
  }

  sentAt(id: NodeId): Instant | null {
    return this.#asking.get(id)?.sentAt ?? null
  }
}
