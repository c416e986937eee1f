// The canary: a small mark that the open primary writes about once a second. Whether one may be written, and what it says.
import { closedGuard } from './limits.ts'
import type { Memory } from './memory.ts'
import type { Action } from './action.ts'
import { type Capabilities, type GroupId, type GroupRecord, type Instant, type NodeId, type Reading, historyOf } from './model.ts'
import { type NodeView, answers } from './observe.ts'

/** A primary that may be given its next mark, and who wrote the record that says so. */
export interface Markable {
  readonly record: GroupRecord
  readonly primary: NodeView & { readonly reading: Reading }
}

/** The recorded primary, when it is open, tuned by this process, no mark is under way, and a connection for one may be proven by now. */
export function markable(record: GroupRecord | null, nodes: ReadonlyMap<NodeId, NodeView>, memory: Memory): Markable | null {
  if (record?.phase !== 'steady' || memory.canary.inFlight !== null || memory.tuned !== record.incarnation) return null
  const primary = nodes.get(record.primary)
  if (primary === undefined || !answers(primary) || primary.reading.incarnation !== record.incarnation) return null
  if (memory.canary.unprovenAt !== null && primary.askedAt < memory.canary.unprovenAt) return null
  return primary.reading.role === 'primary' && primary.reading.guard !== closedGuard ? { record, primary } : null
}

/** The number after every one that is known: of this process, on the node, in the record. */
export function nextSeq({ record, primary }: Markable, memory: Memory): number {
  return Math.max(memory.canary.seq, primary.reading.mark?.seq ?? 0, record.floor?.markSeq ?? 0) + 1
}

/** Whose marks they are. */
interface Marker {
  readonly can: Capabilities
  readonly installation: string
  readonly spec: { readonly id: GroupId }
}

/**
 * The mark to write. It bears the record's epoch; where it names the history, the epoch at which that began: a move that was given up used an
 * epoch and began none. That epoch is named beside it: clients were told it, and an old copy of the store knows nothing of it.
 */
export function markAction(record: GroupRecord, { can, installation, spec }: Marker, seq: number): Action {
  const mark = { installation, group: spec.id, epoch: record.epoch, seq }
  const last = record.lineage.at(-1)
  if (can.namesHistories || last === undefined) return { name: 'mark', mark }
  const named = { ...mark, epoch: last.epoch, since: last.at }
  const given = record.epoch > last.epoch ? { given: record.epoch } : {}
  // Histories that an earlier version began have their epoch alone for a name.
  return { name: 'mark', mark: { ...(historyOf(named) === last.replid ? named : { ...mark, epoch: last.epoch }), ...given } }
}

/** A mark leaves now, as the action of that id; the next one is due then. */
export function marking(memory: Memory, id: number, seq: number, now: Instant, dueAt: Instant): Memory {
  return { ...memory, canary: { ...memory.canary, seq, dueAt, inFlight: { id, since: now }, unprovenAt: null } }
}
