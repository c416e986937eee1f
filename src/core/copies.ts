// Who is about to be copied by force is in doubt before it is told: whether that copy was made nothing on a server shows afterwards (docs/pika.md, P2, P3).
import { upstreamNode } from './cascade.ts'
import { doubtRule, doubtRules } from './doubt.ts'
import type { NodeId } from './model.ts'
import { answers } from './observe.ts'
import { type Case, type Rule, firstMatch } from './rule.ts'
import { nodeRules, unrecordedRule } from './rulesNode.ts'
import { others } from './situation.ts'

/** Those who wait for nothing but that. Not whoever feeds another: it could not be led away, and the other would be called misled (`steady.misled`). */
function unrecorded(c: Case): NodeId[] {
  // Asked at every answer of every group.
  if (c.s.can.namesHistories) return []
  const here = others(c.s, c.record.primary)
  const feeds = new Set(here.filter((node) => answers(node) && node.reading.upstream?.linkUp === true).map((node) => upstreamNode(c, node)))
  return here
    .filter((node) => !feeds.has(node) && firstMatch(nodeRules, { ...c, node })?.rule === unrecordedRule.id)
    .map((node) => node.spec.id)
}

/** All that put somebody in doubt, before anything is done about the primary. */
export const doubts: readonly Rule<Case>[] = [
  ...doubtRules,
  doubtRule(
    'steady.copies',
    'a node is to be copied by force: until that ended it is in doubt, since the first change of primary, or a controller that starts, would attach it plainly',
    unrecorded,
  ),
]
