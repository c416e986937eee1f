// How two positions in Redis' replication stream stand to each other.
import type { Comparison, Position } from '../core/model.ts'

type Stream = Extract<Position, { kind: 'stream' }>

/** How far `x` has the history `h`; null when it is not part of it. `second` is the first offset that is *not* of replid2. */
function upto(x: Stream, h: string): number | null {
  if (h === x.replid) return x.offset
  if (h === x.replid2 && x.second > 0 && !/^0*$/.test(h)) return x.second - 1
  return null
}

/**
 * Compares by the last point that both histories share; what each has past it is its tail.
 * Why not offsets alone: two primaries can reach the same offset with different writes.
 * Units: bytes of stream, pings and expiries included. Positions of unusable nodes must not be passed.
 */
export function compareStreams(a: Position, b: Position): Comparison {
  if (a.kind !== 'stream' || b.kind !== 'stream') return { order: 'incomparable', reason: 'unusable' }
  let shared: number | null = null
  for (const h of new Set([a.replid, a.replid2, b.replid, b.replid2])) {
    const mine = upto(a, h)
    const theirs = upto(b, h)
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
