// What a node holds, measured against all that is known of what the group acknowledged.
import { watchedClosely } from './consent.ts'
import { nowhere } from './limits.ts'
import { type Comparison, type GroupRecord, type Mark, type Reading, isMoving } from './model.ts'
import { sameAddress } from './address.ts'
import { type Answering, isPlaced, orderOfMarks } from './order.ts'
import { type Situation, empty, isOurs, sharesLineage } from './situation.ts'

/**
 * What a node holds of all that the group acknowledged. `unknown`: it holds what was seen last, but that was long before the end, and
 * a snapshot need not have the rest. Nothing proves that an empty node holds data which the group should have.
 */
export function heldBy(s: Situation, record: GroupRecord, node: Answering): 'all' | 'unknown' | 'less' {
  const { reading } = node
  if (empty(node)) return record.hasData ? 'less' : 'all'
  const floor = floorOf(s, record)
  if (reading.mark !== null && reading.mark.epoch < record.epoch && reading.mark.epoch < newestMarked(record)) return 'less'
  if (reading.mark !== null && seenMarks(s, record).some((mark) => orderOfMarks(mark, reading.mark) === 'ahead')) return 'less'
  const { order } = againstFloor(s, record, node)
  if (order === 'behind' || order === 'diverged') return 'less'
  // The very process that took it, closed meanwhile, has it in its memory.
  const itself = node.spec.id === record.primary && reading.incarnation === record.incarnation && !fedByAnother(reading)
  if (order !== 'incomparable' && (itself || watchedClosely(s))) return 'all'
  // Only the primary had everything, and an append-only file that survived says what it had.
  if (node.spec.id !== record.primary || reading.mark === null || reading.mark.seq < (floor?.markSeq ?? 0)) return 'less'
  if (!reading.durable) return 'unknown'
  return fedByAnother(reading) ? 'less' : 'all'
}

/**
 * Whether a primary that is taken as it is found shows that it holds what the record knew: by its position, or by a mark that is no older. Who
 * bears a later epoch was decided about since, and what that lost was said then.
 */
export function showsWhatWasKnown(s: Situation, record: GroupRecord, node: Answering): boolean {
  const { mark } = node.reading
  const known = knownMark(record)
  const stamp = mark !== null && isOurs(s, mark) ? orderOfMarks(mark, known) : 'behind'
  if (!record.hasData || (mark !== null && stamp === 'ahead' && mark.epoch > known.epoch)) return true
  const { order } = againstFloor(s, record, node)
  if (order !== 'incomparable') return order === 'equal' || order === 'ahead'
  return stamp !== 'behind' || (record.floor === null && sharesLineage(s, node))
}

/** The newest mark that the record speaks of. */
function knownMark(record: GroupRecord): Pick<Mark, 'epoch' | 'seq'> {
  return { epoch: record.floor?.markEpoch ?? newestMarked(record), seq: record.floor?.markSeq ?? 0 }
}

/**
 * What the newest mark of all nodes was read beside, when the record of a copy speaks of none as new: whoever leads later and holds less lacks
 * data. Of equal marks the primary's. A person's `overwrite` says that what a node bears is nothing.
 */
export function seenBeyond(s: Situation, record: GroupRecord): GroupRecord['floor'] {
  let newest = knownMark(record)
  let seen: GroupRecord['floor'] = null
  for (const { reading, spec } of s.nodes.values()) {
    if (reading === null || reading.mark === null || spec.overwrite || !isOurs(s, reading.mark)) continue
    const { mark, position, role } = reading
    if (!reading.usable || position.kind !== 'stream') continue
    const order = orderOfMarks(mark, newest)
    if (order !== 'ahead' && !(order === 'equal' && seen !== null && role === 'primary')) continue
    newest = mark
    seen = { replid: position.replid, offset: position.offset, markSeq: mark.seq, markEpoch: mark.epoch }
  }
  return seen
}

/** How a node stands to the highest position that the recorded primary was seen to hold. */
export function againstFloor(s: Situation, record: GroupRecord, node: Answering): Comparison {
  const floor = floorOf(s, record)
  if (floor === null || !isPlaced(record, node)) return { order: 'incomparable', reason: 'unusable' }
  const known = { kind: 'stream', replid: floor.replid, replid2: '', second: -1, offset: floor.offset } as const
  return s.can.comparePositions(node.reading.position, known, record.lineage)
}

/** A restart with an append-only file leaves offset 0 (docs/protocol.md, M1): what came since is another's, and may have replaced what its own disk had. */
function fedByAnother({ upstream, position }: Reading): boolean {
  if (upstream === null || sameAddress(upstream, nowhere)) return false
  return upstream.linkUp || (position.kind === 'stream' && position.offset > 0)
}

/** Marks of this group that were seen on any of its nodes, be they down by now, or that made a candidate worth promoting. */
function seenMarks(s: Situation, record: GroupRecord): Pick<Mark, 'epoch' | 'seq'>[] {
  const read = [...s.nodes.values()].map((node) => node.reading?.mark ?? null)
  const ours = read.filter((mark) => mark !== null && isOurs(s, mark))
  return [...ours, isMoving(record) ? record.candidateIs.mark : null].filter((mark) => mark !== null)
}

/** The newest epoch in which the group was open, so that a canary may have been written: the last lineage entry's. */
function newestMarked(record: GroupRecord): number {
  return record.lineage.at(-1)?.epoch ?? 0
}

/** The highest position the recorded primary was seen to hold. */
export function floorOf(s: Situation, record: GroupRecord): GroupRecord['floor'] {
  const seen = s.memory.watched?.reading
  if (seen === undefined || seen.incarnation !== record.incarnation || seen.position.kind !== 'stream') return record.floor
  return { replid: seen.position.replid, offset: seen.position.offset, markSeq: Math.max(seen.mark?.seq ?? 0, record.floor?.markSeq ?? 0) }
}

/** This process read the recorded primary further than the record says. */
export function knowsMore(s: Situation, record: GroupRecord): boolean {
  const [known, kept] = [floorOf(s, record), record.floor]
  if (known === null || known === kept) return false
  return kept === null || known.replid !== kept.replid || known.offset > kept.offset || known.markSeq > kept.markSeq
}
