// What promoting somebody may lose, in words for people.
import { watchedClosely } from './consent.ts'
import type { GroupRecord } from './model.ts'
import type { NodeView } from './observe.ts'
import { type Answering, comparable } from './order.ts'
import { type Situation, empty, quote } from './situation.ts'

/** All of them as one; null when there is none. */
export function said(losses: readonly (string | null)[]): string | null {
  const texts = losses.filter((text) => text !== null)
  return texts.length === 0 ? null : texts.join('; ')
}

/** Nodes that hold more than whoever is promoted, and that an operator keeps from being promoted. */
export function heldBack(ahead: readonly NodeView[]): string | null {
  return ahead.length === 0
    ? null
    : `${quote(ahead.map((node) => node.spec.id))} holds more but must not be promoted (priority 0 or maintenance)`
}

/** Nodes with data whose positions cannot be compared with this one's, so that only their marks order them. */
export function blindness(s: Situation, record: GroupRecord, best: Answering, holders: readonly Answering[]): string | null {
  const alike = holders.filter((node) => node !== best && !empty(node) && !comparable(s, record, node, best)).map((node) => node.spec.id)
  if (alike.length === 0) return null
  return `the positions of ${best.spec.id} and ${quote(alike)} cannot be compared, their marks only to about a second`
}

/**
 * What the recorded primary may have taken unseen and lost, when it or the best of everybody is promoted; null when its own memory or its
 * append-only file is here.
 */
export function takenUnseen(s: Situation, record: GroupRecord, here: readonly Answering[]): string | null {
  const primary = here.find((node) => node.spec.id === record.primary)?.reading
  if (watchedClosely(s) || primary?.incarnation === record.incarnation || primary?.durable === true) return null
  return `nobody watched ${record.primary} until it stopped: what it took last may be lost`
}
