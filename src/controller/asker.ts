// When each node of a group is asked next, and that it is asked one question at a time.
import { type GroupId, type Instant, type NodeId, type NodeSpec, type Policy, assert } from '../core/model.ts'
import type { NodeView } from '../core/observe.ts'
import type { NodeTarget } from '../ports.ts'
import { isHurried, phaseOf, probeGap, probeTimeout, spread, turnAfter } from './cadence.ts'

interface Asking {
  /** One object as long as the spec stands: the world knows the node again by it. */
  readonly target: NodeTarget
  dueAt: Instant
  /** Sent and not ended. */
  sentAt: Instant | null
  lastAt: Instant
  /** Questions without an answer in a row. */
  misses: number
}

/** The first questions of a new group are spread over this long. */
const firstWithinMs = 20

export class Asker {
  #asking = new Map<NodeId, Asking>()
  readonly #group: GroupId
  /** Of the group, not of each node: what is asked together wakes this process once, and is answered together. */
  readonly #phase: number
  /** When something was last seen to change while something is wrong or changing; null: all is settled. */
  #stirredAt: Instant | null = null
  /** Nodes whose last question had no answer. */
  #missed = 0

  constructor(group: GroupId) {
    this.#group = group
    this.#phase = phaseOf(group)
  }

  /** Keeps what is known of nodes that stay; `fresh` names those that begin anew. */
  takeNodes(nodes: readonly NodeSpec[], fresh: ReadonlySet<NodeId>, now: Instant): void {
    const first: Omit<Asking, 'target'> = { dueAt: now + this.#phase * firstWithinMs, sentAt: null, lastAt: -Infinity, misses: 0 }
    const of = ({ id, host, port }: NodeSpec): Asking => {
      const known = fresh.has(id) ? undefined : this.#asking.get(id)
      return { ...(known ?? first), target: { group: this.#group, node: id, address: { host, port } } }
    }
    this.#asking = new Map(nodes.map((node) => [node.id, of(node)]))
    this.#missed = [...this.#asking.values()].filter(({ misses }) => misses > 0).length
  }

  /** Where a node of the group is. */
  target(id: NodeId): NodeTarget {
    const asking = this.#asking.get(id)
    assert(asking !== undefined, `${id} is a node of the group`)
    return asking.target
  }

  ended(id: NodeId, heard: boolean): void {
    const asking = this.#asking.get(id)
    if (asking === undefined) return
    const misses = heard ? 0 : asking.misses + 1
    this.#missed += Math.sign(misses) - Math.sign(asking.misses)
    asking.sentAt = null
    asking.misses = misses
  }

  /** Every node answered its last question that ended. */
  get allHeard(): boolean {
    return this.#missed === 0
  }

  /** Nothing is wrong and nothing changes. */
  get isSettled(): boolean {
    return this.#stirredAt === null
  }

  /** How many nodes are asked in a hurry: all, when something changed lately while things are unsettled. */
  hurried(now: Instant): number {
    return isHurried(this.#stirredAt, now) ? this.#asking.size : 0
  }

  /** Nothing is wrong and nothing changes: nodes are asked at their pace. */
  settle(): void {
    this.#stirredAt = null
  }

  /** Something is wrong or changing. */
  unsettle(now: Instant): void {
    this.#stirredAt ??= now
  }

  /** Something changed: while things are unsettled, more may follow at once. */
  stir(now: Instant): void {
    if (this.#stirredAt !== null) this.#stirredAt = now
  }

  /** Ask these at once. */
  hurry(ids: Iterable<NodeId>, now: Instant): void {
    for (const id of ids) {
      const asking = this.#asking.get(id)
      if (asking !== undefined) asking.dueAt = Math.min(asking.dueAt, now)
    }
  }

  hurryAll(now: Instant): void {
    this.hurry(this.#asking.keys(), now)
  }

  /** Those whose question is due now; they count as asked. `hurryEveryMs`: as for `probeGap`. */
  due(nodes: ReadonlyMap<NodeId, NodeView>, policy: Policy, hurryEveryMs: number, now: Instant): NodeView[] {
    const asked: NodeView[] = []
    for (const asking of this.#asking.values()) {
      const node = nodes.get(asking.target.node)
      if (node === undefined || asking.sentAt !== null) continue
      const gap = probeGap(policy, node, this.#stirredAt, hurryEveryMs, now)
      asking.dueAt = Math.min(asking.dueAt, asking.lastAt + gap)
      if (asking.dueAt > now) continue
      asking.dueAt = gap === policy.probeEveryMs ? turnAfter(now, gap, this.#phase) : now + spread(gap, asking.misses)
      asking.sentAt = asking.lastAt = now
      asked.push(node)
    }
    return asked
  }

  /** When the group does again what it does every so often, and did now: at a turn of its own, at which its nodes are asked too. */
  turn(everyMs: number, now: Instant): Instant {
    return turnAfter(now + everyMs / 2, everyMs, this.#phase)
  }

  /** When the next question is due; Infinity while all are on their way. */
  nextAt(): Instant {
    let at = Infinity
    for (const asking of this.#asking.values()) if (asking.sentAt === null) at = Math.min(at, asking.dueAt)
    return at
  }

  /** When the first of the questions that are on their way ends, answered or not, unless we stand still; Infinity while none is. */
  endsBy(policy: Policy): Instant {
    let at = Infinity
    for (const { sentAt } of this.#asking.values()) if (sentAt !== null) at = Math.min(at, sentAt + probeTimeout(policy))
    return at
  }

  sentAt(id: NodeId): Instant | null {
    return this.#asking.get(id)?.sentAt ?? null
  }

  /**
   * The next instant, later than `after`, at which the silence of a node means something new while a question to it is open. Before `judgesFrom`
   * none does.
   */
  silenceAt(nodes: ReadonlyMap<NodeId, NodeView>, { silentAfterMs }: Policy, judgesFrom: Instant, after: Instant): Instant {
    let at = Infinity
    for (const node of nodes.values()) {
      if (node.failure === null || node.failure.kind === 'answered' || node.heardAt === null) continue
      const silentAt = Math.max(node.heardAt + silentAfterMs, judgesFrom)
      if (silentAt > after && silentAt > (this.sentAt(node.spec.id) ?? Infinity)) at = Math.min(at, silentAt)
    }
    return at
  }
}
