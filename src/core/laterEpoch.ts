// Who bears a mark of a later epoch than the record: the record is old, and what that node holds may be newer than all the record speaks of.
import { type GroupRecord, isMoving, latestEpoch } from './model.ts'
import { type NodeView, answers, follows, refused } from './observe.ts'
import { type Situation, isOurs, others } from './situation.ts'

/** By what it said last, so asked of a node that is silent too. A person's `overwrite` lifts it. */
export function bearsLater(s: Situation, record: GroupRecord, { reading, spec }: NodeView): boolean {
  const mark = reading?.mark ?? null
  if (mark === null || spec.overwrite) return false
  return isOurs(s, mark) && latestEpoch(mark) > record.epoch
}

/**
 * It bears the epoch of a change of primary that the record calls under way: marks of that epoch are written only under the record that ends it.
 * Or it is the candidate, still the process that the record read, and was given a mark of a later epoch since.
 */
export function bearsItsEnd(s: Situation, record: GroupRecord, { reading, spec }: NodeView): boolean {
  const mark = reading?.mark ?? null
  if (mark === null || spec.overwrite || !isMoving(record) || !isOurs(s, mark)) return false
  const isCandidate = spec.id === record.candidate && reading?.incarnation === record.candidateIs.incarnation
  return latestEpoch(mark) === record.epoch || (isCandidate && latestEpoch(mark) > record.epoch)
}

/** A replica of this node that bears a later epoch. When this one gets other data, that one gets them at once, through the chain. */
export function laterFedBy(s: Situation, record: GroupRecord, node: NodeView): NodeView | null {
  return others(s, node.spec.id).find((other) => bearsLater(s, record, other) && follows(other, node.spec)) ?? null
}

/**
 * Whom it follows, when that node can only wipe it: it answers and bears no later epoch itself, or it is dead and may come back with less.
 * One that we merely do not hear may be the primary of today: its replica stays with it.
 */
export function feederOf(s: Situation, record: GroupRecord, node: NodeView): NodeView | null {
  const dead = (other: NodeView): boolean => refused(other) && node.reading?.upstream?.linkUp === false
  const older = (other: NodeView): boolean => answers(other) && !bearsLater(s, record, other)
  return others(s, node.spec.id).find((other) => follows(node, other.spec) && (older(other) || dead(other))) ?? null
}
