// How far a replica is behind its primary, by readings that were not asked for at the same instant.
import type { Instant, Reading } from './model.ts'
import { type NodeView, answers } from './observe.ts'
import type { Situation } from './situation.ts'

/** A primary's reading and when it was asked for; `before`: the one before it. */
interface Heard {
  readonly reading: Reading
  readonly askedAt: Instant
  readonly before: { readonly reading: Reading; readonly askedAt: Instant } | null
}

/** Surely more than the policy's bytes behind. */
export function lags(s: Situation, node: NodeView, primary: Heard, acked: number): boolean {
  return lagOf(s, node, primary, acked).least > s.policy.inSyncMaxLagBytes
}

/** Not known to be within the policy's bytes. */
export function mayLag(s: Situation, node: NodeView, primary: Heard, acked: number): boolean {
  return lagOf(s, node, primary, acked).most > s.policy.inSyncMaxLagBytes
}

/**
 * In bytes.
 * Why by a reading of the replica that was asked for after the primary's: an older one, or an acknowledgement of up to a second ago, tells its
 * age and no lag; on a busy primary that alone would be megabytes. A replica that does not answer us is judged by its acknowledgements. So is, at
 * most, one that was read between two readings of the primary with a gap between them, or before both: nobody knows how far the primary was then.
 */
function lagOf(s: Situation, node: NodeView, primary: Heard, acked: number): { readonly least: number; readonly most: number } {
  const { reading, askedAt, before } = primary
  if (reading.position.kind !== 'stream') return exactly(0)
  const { offset, replid } = reading.position
  const own =
    answers(node) && node.reading.position.kind === 'stream' && node.reading.position.replid === replid ? node.reading.position : null
  if (own === null) return exactly(offset - acked)
  if (node.askedAt >= askedAt) return exactly(offset - own.offset)
  const earlier = before?.reading.position
  const most = offset - Math.max(own.offset, acked)
  if (before === null || earlier?.kind !== 'stream' || node.askedAt < before.askedAt) return { least: 0, most }
  const then = earlier.offset - own.offset
  const closeBy = node.askedAt - before.askedAt <= s.policy.silentAfterMs
  return closeBy ? exactly(then) : { least: then, most }
}

function exactly(bytes: number): { readonly least: number; readonly most: number } {
  return { least: bytes, most: bytes }
}
