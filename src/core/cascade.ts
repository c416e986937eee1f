// A replica behind another replica.
import { type NodeView, follows, sameAddress } from './observe.ts'
import type { Case } from './rule.ts'
import { inMaintenance, others } from './situation.ts'

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
