// How two positions in Pika's binlogs stand to each other. The server knows offsets only; the mark and the record's lineage know the histories.
import type { Comparison, LineageEntry, Position } from '../core/model.ts'

type InLog = Extract<Position, { kind: 'stream' }>
/** An offset for each database. */
type Parts = readonly number[]

function partsOf(position: { readonly parts?: Parts; readonly offset: number }): Parts {
  return position.parts ?? [position.offset]
}

function least(a: Parts, b: Parts): Parts {
  return a.map((part, index) => Math.min(part, b[index] ?? 0))
}

function sum(parts: Parts): number {
  return parts.reduce((total, part) => total + part, 0)
}

/** How far `x` has the history `h`; null when that is not known. */
function upto(x: InLog, h: string, lineage: readonly LineageEntry[]): Parts | null {
  if (h === x.replid) return partsOf(x)
  const last = lineage.findLastIndex((entry) => entry.replid === x.replid)
  const first = lineage.findLastIndex((entry) => entry.replid === h)
  if (first === -1 || last <= first) return null
  let reach = partsOf(x)
  for (const entry of lineage.slice(first + 1, last + 1)) {
    if (!entry.continues || entry.start === null) return null
    const start = partsOf({ offset: entry.start, ...(entry.parts === undefined ? {} : { parts: entry.parts }) })
    if (start.length !== reach.length) return null
    reach = least(reach, start)
  }
  return reach
}

/**
 * Compares by the last point that both histories share; what each has past it is its tail.
 * Why not offsets alone: an old primary's own writes lie at the same offsets as its successor's (docs/pika.md, P2).
 * Incomparable: no mark names the history, another log (P10), or histories that the record does not know to have grown out of each other.
 * Units: bytes of binlog, our marks included.
 */
export function compareLogs(a: Position, b: Position, lineage: readonly LineageEntry[] = []): Comparison {
  if (a.kind !== 'stream' || b.kind !== 'stream') return { order: 'incomparable', reason: 'unusable' }
  const otherLog = a.log !== undefined && b.log !== undefined && a.log !== b.log
  const otherShape = partsOf(a).length !== partsOf(b).length
  if (a.replid === '' || b.replid === '' || otherLog || otherShape) return { order: 'incomparable', reason: 'no shared history' }
  const reaches = [...new Set([a.replid, b.replid])].flatMap((h) => {
    const mine = upto(a, h, lineage)
    const theirs = upto(b, h, lineage)
    return mine === null || theirs === null ? [] : [least(mine, theirs)]
  })
  const [shared] = reaches.toSorted((one, other) => sum(other) - sum(one))
  if (shared === undefined) return { order: 'incomparable', reason: 'no shared history' }
  const tail = sum(partsOf(a)) - sum(shared)
  const otherTail = sum(partsOf(b)) - sum(shared)
  if (tail === 0 && otherTail === 0) return { order: 'equal' }
  if (tail === 0) return { order: 'behind', tail: otherTail }
  if (otherTail === 0) return { order: 'ahead', tail }
  return { order: 'diverged', tail, otherTail }
}
