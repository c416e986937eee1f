// Whose data may differ from the primary's although no position shows it, where the server tells no history from another (docs/pika.md, P2).
import { amended } from './draft.ts'
import type { NodeId } from './model.ts'
import { type NodeView, answers, follows, sameAddress } from './observe.ts'
import { type Case, type Rule, save } from './rule.ts'
import { say } from './said.ts'
import { nodeOf, quote } from './situation.ts'

export function inDoubt(c: Case, node: NodeView): boolean {
  return c.record.inDoubt?.includes(node.spec.id) ?? false
}

/** Those in doubt leave the primary only when they can be copied: what they hold may be read until then. */
export function mayBeCopied(c: Case, node: NodeView): boolean {
  const waiting = [...c.s.nodes.values()].filter((other) => answers(other) && inDoubt(c, other) && !copiedAnew(c, other))
  return waiting.indexOf(node) < c.s.policy.parallelSyncs
}

/** It follows the recorded primary because it was told to by force, since that is the primary. */
export function forcedTo(c: Case, node: NodeView): boolean {
  const since = c.s.memory.inSyncSince.get(c.record.primary)?.at ?? c.s.now
  return follows(node, c.primary.spec) && node.forced !== null && sameAddress(node.forced.to, c.primary.spec) && node.forced.at >= since
}

/** ... and the copy ended. */
function copiedAnew(c: Case, node: NodeView): boolean {
  if (!forcedTo(c, node) || !answers(node) || node.askedAt < (node.forced?.at ?? Infinity)) return false
  return node.reading.upstream?.linkUp === true && !node.reading.partial
}

/** Those in doubt of whom there is none any more: copied anew, or no node of the group. */
function resolved(c: Case): NodeId[] {
  return (c.record.inDoubt ?? []).filter((id) => !c.s.nodes.has(id) || copiedAnew(c, nodeOf(c.s, id)))
}

export const resolvedRule: Rule<Case> = {
  id: 'steady.resolved',
  why: 'who was in doubt was copied anew from this primary: it holds what that one holds',
  gives: 'save -> steady',
  when: (c) => resolved(c).length > 0,
  then: (c) => {
    const nodes = resolved(c)
    const inDoubt = c.record.inDoubt?.filter((id) => !nodes.includes(id)) ?? []
    return save(say('steady.resolved', { nodes }), amended(c.s, c.record, { inDoubt }), { inDoubt: quote(inDoubt) })
  },
}
