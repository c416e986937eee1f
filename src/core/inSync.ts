// Who may be promoted, and how many replicas must keep up: what the primary's own word changes of both.
import { lags, mayLag } from './lag.ts'
import { guardWanted } from './limits.ts'
import { targetOf } from './memory.ts'
import type { InSyncMember, Reading } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers } from './observe.ts'
import type { Case } from './rule.ts'
import { nodeOf, others } from './situation.ts'

/** Members that the primary's own word, or another process at their address, puts out of the set. */
export function toShrink(c: Case): InSyncMember[] {
  const { reading } = c.primary
  if (reading === null) return []
  return c.record.inSync.filter((member) => {
    if (member.node === c.record.primary) return false
    const node = nodeOf(c.s, member.node)
    if (answers(node) && node.reading.incarnation !== member.incarnation) return true
    const entry = reading.replicas.find((replica) => sameAddress(replica, node.spec))
    return (
      entry === undefined ||
      !entry.online ||
      lags(c.s, node, { reading, askedAt: c.primary.askedAt, before: c.primary.before }, entry.acked)
    )
  })
}

/** Replicas that acknowledged an offset which the primary had after their link was up (protocol M9). */
export function toGrow(c: Case): InSyncMember[] {
  const { reading } = c.primary
  if (reading === null) return []
  return others(c.s, c.record.primary).flatMap((node) => {
    const id = node.spec.id
    if (!answers(node) || c.record.inSync.some((member) => member.node === id) || c.record.inDoubt?.includes(id)) return []
    const target = targetOf(c.s.memory, id, node.reading, reading)
    const entry = reading.replicas.find((replica) => sameAddress(replica, node.spec))
    // Its data must be known as this group's by itself, or nobody could tell after a restart.
    if (reading.mark !== null && node.reading.mark === null) return []
    if (target === null || entry === undefined || !entry.online || !node.reading.upstream?.linkUp) return []
    const caughtUp =
      (c.s.can.listsAcknowledged || hasByItsOwnWord(node, reading, target)) &&
      entry.acked >= Math.max(1, target) &&
      !mayLag(c.s, node, { reading, askedAt: c.primary.askedAt, before: c.primary.before }, entry.acked)
    return caughtUp ? [{ node: id, incarnation: node.reading.incarnation }] : []
  })
}

/** It says itself that it holds the primary's history up to there, whole. */
function hasByItsOwnWord(node: NodeView, primary: Reading, offset: number): boolean {
  const [own, its] = [node.reading?.position, primary.position]
  if (own?.kind !== 'stream' || its.kind !== 'stream' || node.reading?.partial) return false
  return own.replid === its.replid && own.offset >= offset
}

/** Replicas that the primary counts as good. */
function good(c: Case): number {
  return c.primary.reading?.replicas.filter((replica) => replica.online).length ?? 0
}

/** The guard to enforce on the primary now. While it is being tightened the node is ahead of the record. */
export function guardToSet(c: Case): number {
  if (!c.s.can.canGuard) return 0
  const wanted = guardWanted(c.s.spec, c.s.policy, { inSync: [...c.record.inSync, ...toGrow(c)] })
  const strict = c.s.policy.guard === 'on'
  return wanted > c.record.guard && (strict || good(c) >= wanted) ? wanted : c.record.guard
}
