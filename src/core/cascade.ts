// A replica behind another replica, and what comes of that.
import { nowhere } from './limits.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers, follows, hasReplicas, troubleOf } from './observe.ts'
import { orderOf } from './order.ts'
import type { Case } from './rule.ts'
import { empty, inMaintenance, others } from './situation.ts'

/** The node of the group, not the recorded primary, that it follows. */
export function upstreamNode(c: Case, node: NodeView): NodeView | null {
  return others(c.s, c.record.primary).find((other) => other !== node && follows(node, other.spec)) ?? null
}

/**
 * Its own chain ends at the primary by way of another replica: an operator's cascade, left alone only when he put it into maintenance.
 * Behind the primary of before it is none: it only was not told yet where the new one is.
 */
export function chained(c: Case, node: NodeView): boolean {
  const upstream = node.reading?.upstream ?? null
  if (upstream === null || !inMaintenance(c.s, node)) return false
  const before = c.record.lineage.at(-2)?.node
  return [...c.s.nodes.values()].some(
    (other) => other.spec.id !== before && sameAddress(other.spec, upstream) && follows(other, c.primary.spec),
  )
}

/**
 * Replicas that follow each other: none of them can be led away, since each has a replica (docs/pika.md, P21). The first by name leaves, and then
 * the others can. Known from the refusal: a ring whose links are down has no replicas, and dissolves without it.
 */
export function breaksRing(c: Case, node: NodeView): boolean {
  if (troubleOf(node, 'fence')?.code !== hasReplicas) return false
  const ring = new Set<NodeView>()
  for (let at: NodeView | null = node; at !== null && answers(at); at = upstreamNode(c, at)) {
    if (ring.has(at)) return at === node && [...ring].every((one) => node.spec.id <= one.spec.id)
    ring.add(at)
  }
  return false
}

/**
 * The recorded primary came back as another process that follows somebody else and holds less than this replica of it. While it has no link it feeds nobody;
 * once it is linked it copies what it was given over this one.
 */
export function outlives({ s, verdict, primary }: Case, node: NodeView): boolean {
  if (verdict.kind !== 'restarted' || !answers(node) || !answers(primary) || empty(node)) return false
  if (!follows(node, primary.spec) || node.reading.upstream?.linkUp !== false) return false
  const { upstream } = primary.reading
  if (upstream === null || sameAddress(upstream, nowhere)) return false
  return empty(primary) || ['ahead', 'diverged'].includes(orderOf(s, node, primary))
}
