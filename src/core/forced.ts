// A copy by force that a node was told to take: what became of it no server says afterwards (docs/pika.md, P3).
import type { Action } from './action.ts'
import { sameAddress } from './address.ts'
import { copyBeginsMs } from './limits.ts'
import type { Address, Instant, Reading } from './model.ts'

/** `copied`: a copy began, or the link was up so soon that it cannot be another attempt's; false: it was up too late for that. Null: not known yet. */
export interface Forced {
  readonly to: Address
  readonly at: Instant
  readonly copied: boolean | null
}

/**
 * What became of the copy that it was told to take by force: an attempt that fails before it begins is followed by a plain one. Who follows somebody
 * else since, or nobody, was told so by somebody, and what he was given or took then is in no copy.
 */
export function copyOf(told: Forced | null, { upstream, partial }: Reading, sentAt: Instant): Forced | null {
  const isElsewhere = told !== null && sentAt >= told.at && (upstream === null || !sameAddress(upstream, told.to))
  const forced = isElsewhere ? null : told
  // A controller before us told it to.
  if (forced === null && partial && upstream?.syncing) return { to: upstream, at: sentAt, copied: true }
  if (forced === null || forced.copied !== null || sentAt < forced.at) return forced
  if (partial) return { ...forced, copied: true }
  return upstream?.linkUp ? { ...forced, copied: sentAt - forced.at < copyBeginsMs } : forced
}

/** Whom it follows by force once this action was taken; undefined: it follows whom it did. */
export function forcedBy(action: Action, now: Instant): Forced | null | undefined {
  if (action.name === 'demote' || action.name === 'follow') return action.force ? { to: action.target, at: now, copied: null } : null
  return action.name === 'fence' || action.name === 'promote' ? null : undefined
}
