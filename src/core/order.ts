// How nodes stand to each other by what they hold, and which of them is the best.
import { nowhere } from './limits.ts'
import { type GroupRecord, type Mark, type Reading, latestEpoch } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView } from './observe.ts'
import { type Situation, empty, keptItsData } from './situation.ts'

export type Answering = NodeView & { readonly reading: Reading }
export type Order = 'ahead' | 'behind' | 'equal' | 'diverged' | 'unknown'

type Stamp = Pick<Mark, 'epoch' | 'seq'>

export function orderOfMarks(a: Stamp | null, b: Stamp | null): Order {
  if (a === null && b === null) return 'unknown'
  // Data without a mark is from before the group's first one.
  if (a === null || b === null) return a === null ? 'behind' : 'ahead'
  const difference = a.epoch - b.epoch || a.seq - b.seq
  return difference === 0 ? 'equal' : difference > 0 ? 'ahead' : 'behind'
}

/**
 * The recorded primary, that was a part of a copy when its reign began: it says so until it is copied, whatever it takes, and what it held then is the
 * group's history since. Not when another one feeds it, or when it bears neither a mark of such a reign nor what it held at its beginning.
 */
export function reignsAsPart({ primary, lineage }: GroupRecord, { spec, reading }: NodeView): boolean {
  if (spec.id !== primary || reading?.partial !== true || reading.position.kind !== 'stream') return false
  if (reading.upstream !== null && !sameAddress(reading.upstream, nowhere)) return false
  const before = lineage.findLastIndex(({ node, partial }) => node !== primary || partial !== true)
  const began = lineage[before + 1]
  const { replid } = reading.position
  return began !== undefined && lineage.slice(began.continues ? Math.max(before, 0) : before + 1).some((entry) => entry.replid === replid)
}

/** Its position says what it holds. */
export function isPlaced(record: GroupRecord | null, node: Answering): boolean {
  return node.reading.usable || (record !== null && reignsAsPart(record, node))
}

/** Who holds more: by position when the histories are shared, else by the marks, to the canary's period. */
export function orderOf(s: Situation, a: Answering, b: Answering): Order {
  if (isPlaced(s.record, a) && isPlaced(s.record, b)) {
    const comparison = s.can.comparePositions(a.reading.position, b.reading.position, s.record?.lineage ?? [])
    if (comparison.order !== 'incomparable') return comparison.order
  }
  return orderOfMarks(a.reading.mark, b.reading.mark)
}

/** Its history descends from the record's newest one: a replica that was wiped by a stranger does not. */
export function inCurrentLineage(record: GroupRecord, reading: Reading): boolean {
  const current = record.lineage.at(-1)?.replid
  const { position } = reading
  return position.kind === 'stream' && (position.replid === current || position.replid2 === current)
}

/** What it acknowledged as a member of the in-sync set it still holds: it is that process, and no copy of a stranger's data replaced them since. */
export function holdsAsMember(record: GroupRecord, node: Answering): boolean {
  const { reading } = node
  const gone = reading.loading || (record.hasData && empty(node))
  return keptItsData(record, node) && !gone && inCurrentLineage(record, reading)
}

/** The latest reign of the record whose history this is; -1: of none. */
function reignOf({ lineage }: GroupRecord, { position }: Reading): number {
  if (position.kind !== 'stream') return -1
  return lineage.findLastIndex(({ replid }) => replid !== '' && (position.replid === replid || position.replid2 === replid))
}

/**
 * The same for an election: of two that diverged, the one of the later reign is ahead. What the other wrote past the point where it was replaced was
 * given up then. Of a history that is in no reign, nobody knows when it was replaced: it is behind the newest one only. Not when the record may be the older one itself: read from a copy, or a node bears a later epoch.
 */
export function standing(s: Situation, a: Answering, b: Answering): Order {
  const order = orderOf(s, a, b)
  const { record } = s
  if (order !== 'diverged' || record === null || record.phase === 'restored') return order
  if ([a, b].some(({ reading }) => (reading.mark === null ? 0 : latestEpoch(reading.mark)) > record.epoch)) return order
  const [its, others] = [reignOf(record, a.reading), reignOf(record, b.reading)]
  const told = Math.min(its, others) !== -1 || Math.max(its, others) === record.lineage.length - 1
  return its === others || !told ? order : its > others ? 'ahead' : 'behind'
}

/** The best of them: nobody is ahead of it; ties go to the recorded primary, then the lowest priority number, then the spec's order. */
export function bestOf(s: Situation, nodes: readonly Answering[]): Answering | null {
  // Two may be apart, and only one of them behind a third: who is behind anybody is out before the others are told apart.
  const first = nodes.filter((node) => !nodes.some((other) => other !== node && standing(s, other, node) === 'ahead'))
  let best: Answering | null = null
  for (const node of first.length > 0 ? first : nodes) {
    if (best === null) {
      best = node
      continue
    }
    const order = standing(s, node, best)
    if (order === 'ahead' || (order !== 'behind' && preferred(s, node, best, order))) best = node
  }
  return best
}

/** Of two that are not known to be apart: the recorded primary, else, when nothing can compare them, the one with more keys, else by priority. */
function preferred(s: Situation, node: Answering, best: Answering, order: Order): boolean {
  const byRank = rank(s, node) - rank(s, best)
  const primary = rank(s, node) < 0 || rank(s, best) < 0
  const blind = order === 'unknown' || !(s.record !== null && comparable(s, s.record, node, best))
  return !primary && blind && node.reading.keys !== best.reading.keys ? node.reading.keys > best.reading.keys : byRank < 0
}

function rank(s: Situation, node: NodeView): number {
  return node.spec.id === s.record?.primary ? -1 : node.spec.priority
}

/** Their positions say how they stand to each other. */
export function comparable(s: Situation, record: GroupRecord, a: Answering, b: Answering): boolean {
  return (
    isPlaced(record, a) &&
    isPlaced(record, b) &&
    s.can.comparePositions(a.reading.position, b.reading.position, record.lineage).order !== 'incomparable'
  )
}
