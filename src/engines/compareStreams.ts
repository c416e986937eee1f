// How two positions in Redis' replication stream stand to each other.
import type { Comparison, LineageEntry, Position } from '../core/model.ts'

type Stream = Extract<Position, { kind: 'stream' }>

/** How far `x` has the history `h`; null when it is not part of it. `second` is the first offset that is *not* of replid2. */
function upto(x: Stream, h: string, lineage: readonly LineageEntry[]): number | null {
  if (h === x.replid) return x.offset
  if (h === x.replid2 && x.second > 0 && !/^0*$/.test(h)) return Math.min(x.offset, x.second - 1)
  return uptoByLineage(x, h, lineage)
}

/**
 * The same by what the record knows: a node that was saved to disk forgets the history before its last one.
 * `x` has `h` as far as every later history that `x` has grew out of it.
 */
function uptoByLineage(x: Stream, h: string, lineage: readonly LineageEntry[]): number | null {
  const last = lineage.findLastIndex((entry) => entry.replid === x.replid)
  const first = lineage.findLastIndex((entry) => entry.replid === h)
  if (first === -1 || last <= first) return null
  let reach = x.offset
  for (const entry of lineage.slice(first + 1, last + 1)) {
    if (!entry.continues || entry.start === null) return null
    reach = Math.min(reach, entry.start)
  }
  return reach
}

/**
 * Compares by the last point that both histories share; what each has past it is its tail.
 * Why not offsets alone: two primaries can reach the same offset with different writes.
 * Units: bytes of stream, pings and expiries included. Positions of unusable nodes must not be passed.
 */
export function compareStreams(a: Position, b: Position, lineage: readonly LineageEntry[] = []): Comparison {
  if (a.kind !== 'stream' || b.kind !== 'stream') return { order: 'incomparable', reason: 'unusable' }
  let shared: number | null = null
  for (const h of new Set([a.replid, a.replid2, b.replid, b.replid2])) {
    const mine = upto(a, h, lineage)
    const theirs = upto(b, h, lineage)
    if (mine === null || theirs === null) continue
    shared = Math.max(shared ?? 0, Math.min(mine, theirs))
  }
  if (shared === null) return { order: 'incomparable', reason: 'no shared history' }
  const tail = a.offset - shared
  const otherTail = b.offset - shared
  if (tail === 0 && otherTail === 0) return { order: 'equal' }
  if (tail === 0) return { order: 'behind', tail: otherTail }
  if (otherTail === 0) return { order: 'ahead', tail }
  return { order: 'diverged', tail, otherTail }
}
