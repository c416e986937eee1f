// The next record, made from the one in force. No decision here: only what a decision means in writing.
import { againstFloor, floorOf, seenBeyond } from './holdings.ts'
import { lineageKept, staleLinkMs } from './limits.ts'
import { lossOf } from './loss.ts'
import {
  type CandidateIdentity,
  type Comparison,
  type Epoch,
  type FailoverCause,
  type GroupRecord,
  type Moving,
  type NodeId,
  type Reading,
  historyOf,
  latestEpoch,
  logIdOf,
} from './model.ts'
import type { Said } from './said.ts'
import type { RecordDraft } from './rule.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers } from './observe.ts'
import { type Situation, empty, isRival, nodeOf, others } from './situation.ts'

type Fixed = Omit<GroupRecord, 'phase' | 'writer' | 'nonce' | 'at' | 'specRevision'>

function fixedOf(s: Situation, record: GroupRecord): Fixed {
  const { epoch, primary, incarnation, inSync, guard, hasData, fenced, lineage, failovers } = record
  const fixed = { epoch, primary, incarnation, inSync, guard, hasData, fenced, floor: floorOf(s, record), lineage, failovers }
  return { ...fixed, ...doubtsOf(record.inDoubt), ...knownBy(record), ...answeredBy(record) }
}

function doubtsOf(inDoubt: GroupRecord['inDoubt']): Pick<GroupRecord, 'inDoubt'> {
  return inDoubt === undefined || inDoubt.length === 0 ? {} : { inDoubt }
}

/** Whoever was in doubt, or in sync, was a node of the group. */
function knownBy(record: Pick<GroupRecord, 'inDoubt' | 'inSync' | 'known'> | null): Pick<GroupRecord, 'known'> {
  if (record?.known === undefined) return {}
  return { known: [...new Set([...record.known, ...(record.inDoubt ?? []), ...record.inSync.map(({ node }) => node)])] }
}

/**
 * They were read to hold what the primary lacks: it goes on at those places, and whoever leads them there plainly, or their own old file, lets them in. Of
 * one that is opened again so are also those who do not answer, and may have what it lost when it was restarted, be they in sync or not, or it is known to
 * lack something; or of whom nothing says how they stand to it, since they bear another history's mark or none (docs/pika.md, P17).
 */
function holdingMore(s: Situation, record: GroupRecord, primary: NodeId, reading: Reading): NodeId[] {
  if (s.can.namesHistories) return []
  const isAgain = primary === record.primary
  const isOther = isAgain && reading.incarnation !== record.incarnation
  const lacks = isAgain && isBelow(againstFloor(s, record, { ...nodeOf(s, primary), reading }))
  const holdsMore = (node: NodeView): boolean => {
    if ((lacks || isOther) && !answers(node)) return true
    if (node.reading === null) return false
    const order = s.can.comparePositions(reading.position, node.reading.position, record.lineage)
    return isBelow(order) || (isOther && order.order === 'incomparable' && !empty(node))
  }
  return others(s, primary)
    .filter(holdsMore)
    .map((node) => node.spec.id)
}

function isBelow({ order }: Comparison): boolean {
  return order === 'behind' || order === 'diverged'
}

/** The recorded primary as another process that nothing kept closed, where a history keeps its name. */
function isReborn(s: Situation, record: GroupRecord, { incarnation }: Reading): boolean {
  return !s.can.namesHistories && !record.fenced && !['', incarnation].includes(record.incarnation)
}

/**
 * It came back so, and somebody has a link that cannot be the one to its process of before, or was given something since: who was fed by it and who
 * was not may hold something else at the same places.
 */
function fedReborn(s: Situation, record: GroupRecord): boolean {
  const primary = s.nodes.get(record.primary)
  if (primary === undefined || primary.reading === null || !isReborn(s, record, primary.reading)) return false
  const watchedAt = s.memory.watched?.at ?? -Infinity
  // Only of who was in sync, and goes on as the same process, is it known that it has a link of before.
  const wasLinked = ({ spec, reading }: NodeView): boolean =>
    record.inSync.some(({ node, incarnation }) => node === spec.id && incarnation === reading?.incarnation)
  const isFed = (node: NodeView): boolean => {
    const since = watchedAt + (wasLinked(node) ? staleLinkMs : 0)
    const upstream = node.reading?.upstream ?? null
    const linked = upstream?.linkUp === true && sameAddress(upstream, primary.spec) && node.askedAt >= since
    return linked || (node.advancedAfter ?? -Infinity) >= since || (node.grew?.to ?? -Infinity) >= since
  }
  return others(s, record.primary).some(isFed)
}

/**
 * Of a node in doubt as the primary all others are: they agreed with the one before. So they are of one that comes back without a boot fence, or
 * takes over from such a one that fed somebody: it was open, and what it wrote at places where they hold something else, after a loss of power, nothing tells.
 * And of one that somebody opened before it was told to be the primary.
 */
function doubtsUnder(s: Situation, record: GroupRecord, primary: NodeId, reading: Reading): Pick<GroupRecord, 'inDoubt'> {
  const reborn = primary === record.primary ? isReborn(s, record, reading) : fedReborn(s, record) || isRival(s, record, nodeOf(s, primary))
  if (reborn || record.inDoubt?.includes(primary) || doubtsAll(s, record, primary, reading)) return doubtsOf(othersThan(s, primary))
  return doubtsOf([...new Set([...(record.inDoubt ?? []), ...holdingMore(s, record, primary, reading), ...crashed(s, record)])])
}

/**
 * The primary that died, or came back as another process, and is replaced, when its file need not keep it at nowhere: what it wrote before its log knew
 * of it (docs/pika.md, P11) nothing shows once its own old file led it to its successor.
 */
function crashed(s: Situation, record: GroupRecord): NodeId[] {
  if (s.can.namesHistories || record.fenced || record.phase !== 'failover' || record.candidate === record.primary) return []
  const now = s.nodes.get(record.primary)?.reading?.incarnation ?? record.incarnation
  const isOther = !['', now].includes(record.incarnation)
  return record.cause === 'dead' || record.cause === 'restarted' || isOther ? [record.primary] : []
}

/**
 * After a restore, when the reign does not go on that the copy names last: who was put in doubt since is not known, nor what was moved by hand
 * and who wrote meanwhile. Only this process under this mark is known to be where the others, too, got what they hold.
 */
export function doubtsAll(s: Situation, record: GroupRecord, primary: NodeId, { incarnation, position }: Reading): boolean {
  if (s.can.namesHistories || record.phase !== 'restored') return false
  const reign = record.lineage.at(-1)
  const goesOn = reign?.node === primary && reign.incarnation === incarnation
  return !goesOn || position.kind !== 'stream' || position.replid !== reign.replid
}

/** Who is in doubt and not listed may be listed again. */
function othersThan(s: Situation, id: NodeId): NodeId[] {
  return [...new Set([...s.nodes.keys(), ...(s.record?.inDoubt ?? [])])].filter((other) => other !== id)
}

/** A scheduled switchover stays answered whatever becomes of the primary. */
function answeredBy(record: GroupRecord | null): Pick<GroupRecord, 'answered'> {
  return record?.answered === undefined ? {} : { answered: record.answered }
}

/** The newest epoch that any node's mark or the record bears. */
export function newestEpoch(s: Situation): Epoch {
  const marks = [...s.nodes.values()].map((node) => (node.reading?.mark?.group === s.spec.id ? latestEpoch(node.reading.mark) : 0))
  return Math.max(0, s.record?.epoch ?? 0, ...marks)
}

/** A reading's history as the newest entry of a lineage. */
function entered(s: Situation, lineage: GroupRecord['lineage'], epoch: Epoch, node: NodeId, reading: Reading): GroupRecord['lineage'] {
  const { position } = reading
  const at = { epoch, node, at: s.wall }
  if (position.kind !== 'stream') return [...lineage, { ...at, replid: '', start: null, continues: false }].slice(-lineageKept)
  const before = lineage.at(-1)?.replid
  if (!s.can.namesHistories) {
    const replid = historyOf({ installation: s.installation, group: s.spec.id, epoch, since: s.wall })
    const { offset: start, parts } = position
    const continues = before !== undefined && before === position.replid
    const entry = {
      ...at,
      replid,
      start,
      continues,
      incarnation: reading.incarnation,
      logId: logIdOf(position),
      ...(parts === undefined ? {} : { parts }),
      ...(reading.partial ? { partial: reading.partial } : {}),
    }
    return [...lineage, entry].slice(-lineageKept)
  }
  const continues = before !== undefined && before === position.replid2 && position.second > 0
  const start = continues ? position.second - 1 : position.offset
  return [...lineage, { ...at, replid: position.replid, start, continues }].slice(-lineageKept)
}

/** What the candidate is known by until it is seen as the new primary. */
export function identityOf(reading: Reading): CandidateIdentity {
  const { incarnation, position, mark } = reading
  return {
    incarnation,
    replid: position.kind === 'stream' ? position.replid : null,
    mark: mark === null ? null : { epoch: mark.epoch, seq: mark.seq },
  }
}

/** The first record of a group: `primary` is taken as it is found. */
export function adopted(s: Situation, primary: NodeId, reading: Reading, epoch: Epoch): RecordDraft {
  return {
    phase: 'steady',
    epoch,
    primary,
    incarnation: reading.incarnation,
    inSync: [{ node: primary, incarnation: reading.incarnation }],
    guard: 0,
    hasData: reading.keys > 0,
    fenced: false,
    floor: null,
    lineage: entered(s, s.record?.lineage ?? [], epoch, primary, reading),
    failovers: s.record?.failovers ?? [],
    ...knownBy(s.record),
    ...answeredBy(s.record),
  }
}

/** Somebody made another node the primary by hand. Where the server would not notice, nobody knows who wrote or received what meanwhile. */
export function moved(s: Situation, primary: NodeId, reading: Reading): RecordDraft {
  const inDoubt = s.can.namesHistories ? [] : othersThan(s, primary)
  return { ...adopted(s, primary, reading, newestEpoch(s) + 1), ...doubtsOf(inDoubt) }
}

/**
 * A record that was read from a copy of the store. Who is primary and at which epoch is only where the search begins; who is in sync, in
 * which process, is forgotten: a replica that was in sync then may lack everything since. How far the primary was still shows who lacks something.
 */
export function restored(record: GroupRecord): GroupRecord {
  const { specRevision, writer, nonce, at } = record
  return { ...doubted(record), specRevision, writer, nonce, at }
}

/**
 * The same with what the nodes were seen to bear since: the next process may not see it any more, gives no epoch again that clients were told,
 * and knows who lost what was seen.
 */
export function outdated(s: Situation, record: GroupRecord): RecordDraft {
  return { ...doubted(record), epoch: newestEpoch(s), floor: seenBeyond(s, record) ?? record.floor }
}

function doubted(record: GroupRecord): RecordDraft {
  const { epoch, primary, hasData, floor, lineage, failovers } = record
  const unknown = {
    incarnation: '',
    inSync: [],
    guard: 0,
    fenced: false,
    ...doubtsOf(record.inDoubt),
    ...knownBy(record),
    ...answeredBy(record),
  }
  return { phase: 'restored', epoch, primary, hasData, floor, lineage, failovers, ...unknown }
}

/** A restored group whose primary everybody follows: as a new one, but what the copy knew of its data still holds. */
export function readopted(s: Situation, record: GroupRecord, primary: NodeId, reading: Reading): RecordDraft {
  const found = adopted(s, primary, reading, newestEpoch(s) + 1)
  const known = doubtsAll(s, record, primary, reading) ? { known: [...s.nodes.keys()] } : {}
  return { ...found, ...doubtsUnder(s, record, primary, reading), ...known, hasData: record.hasData || reading.keys > 0 }
}

/** The intent of a failover. The old in-sync set stands until the new primary is seen. */
export function failover(
  s: Situation,
  record: GroupRecord,
  choice: { node: NodeId; reading: Reading; risk: Said | null },
  cause: FailoverCause,
): RecordDraft {
  const restored = doubtsAll(s, record, choice.node, choice.reading)
  const doubts = restored || (choice.node !== record.primary && fedReborn(s, record)) ? doubtsOf(othersThan(s, choice.node)) : {}
  return {
    ...fixedOf(s, record),
    ...doubts,
    ...(restored ? { known: [...s.nodes.keys()] } : {}),
    phase: 'failover',
    epoch: newestEpoch(s) + 1,
    candidate: choice.node,
    candidateIs: identityOf(choice.reading),
    cause,
    ...lossOf(choice.risk),
  }
}

/** The same intent, with what is known by now that it may cost. */
export function riskier(s: Situation, record: Extract<GroupRecord, { readonly phase: 'failover' }>, risk: Said): RecordDraft {
  const { epoch, candidate, candidateIs, cause } = record
  return { ...fixedOf(s, record), phase: 'failover', epoch, candidate, candidateIs, cause, ...lossOf(risk) }
}

export function switchover(s: Situation, record: GroupRecord, candidate: NodeId, reading: Reading): RecordDraft {
  return {
    ...fixedOf(s, record),
    phase: 'switchover',
    epoch: newestEpoch(s) + 1,
    candidate,
    candidateIs: identityOf(reading),
    deadline: s.wall + s.policy.switchoverDeadlineMs + s.can.roleChangeMs,
  }
}

/** The candidate was seen as a closed primary: from now on it is the primary, alone in sync, and may be opened. */
export function crowned(s: Situation, record: Moving, reading: Reading, fenced: boolean): RecordDraft {
  const forced = record.phase === 'failover' && record.candidate !== record.primary
  return {
    phase: 'steady',
    epoch: record.epoch,
    primary: record.candidate,
    incarnation: reading.incarnation,
    inSync: [{ node: record.candidate, incarnation: reading.incarnation }],
    guard: 0,
    hasData: record.hasData || reading.keys > 0,
    fenced,
    floor: null,
    lineage: entered(s, record.lineage, record.epoch, record.candidate, reading),
    failovers: forced ? [...record.failovers, s.wall].slice(-lineageKept) : record.failovers,
    ...doubtsUnder(s, record, record.candidate, reading),
    ...knownBy(record),
    ...answeredBy(record),
  }
}

/** Back to steady with the primary that was never replaced; the epoch stays used. */
export function kept(s: Situation, record: GroupRecord): RecordDraft {
  // A fence that it refused may have written over the boot fence (docs/pika.md, P22).
  const fenced = record.fenced && s.nodes.get(record.primary)?.persisted?.as !== 'primary'
  return { ...fixedOf(s, { ...record, fenced }), phase: 'steady' }
}

/** The steady record with some facts changed. */
export function amended(
  s: Situation,
  record: GroupRecord,
  change: Partial<Pick<Fixed, 'inSync' | 'guard' | 'hasData' | 'fenced' | 'lineage' | 'inDoubt' | 'answered'>>,
): RecordDraft {
  return { ...fixedOf(s, { ...record, ...change }), phase: 'steady' }
}

/** Whatever is under way goes on, and what this process read of the primary is known. */
export function floored(s: Situation, record: GroupRecord): RecordDraft {
  const same: RecordDraft = record
  return { ...same, floor: floorOf(s, record) }
}

/** ... and these are known to be in doubt. */
export function questioned(s: Situation, record: GroupRecord, inDoubt: readonly NodeId[]): RecordDraft {
  return { ...floored(s, record), inDoubt, ...knownBy({ ...record, inDoubt }) }
}

/** The same primary under a new replication id: its lineage entry names the new one and keeps the old for those who have it as their second. */
export function rerooted(s: Situation, record: GroupRecord, reading: Reading): GroupRecord['lineage'] {
  return s.can.namesHistories ? entered(s, record.lineage, record.epoch, record.primary, reading) : record.lineage
}
