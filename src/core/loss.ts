// What promoting somebody may lose, in words for people.
import { watchedClosely } from './consent.ts'
import { againstFloor } from './holdings.ts'
import type { Comparison, GroupRecord, NodeId } from './model.ts'
import type { NodeView } from './observe.ts'
import { type Answering, comparable } from './order.ts'
import { type Code, type Said, inEnglish, say } from './said.ts'
import { type Situation, empty, isOurs } from './situation.ts'

/** All of them as one; null when there is none. */
export function together(losses: readonly (Said | null)[]): Said | null {
  const found = losses.filter((loss) => loss !== null)
  const [first] = found
  return first === undefined ? null : found.length === 1 ? first : say('loss.all', { losses: found })
}

/** It was said already. */
export function names(said: Said | null | undefined, code: Code): boolean {
  const losses = said?.values['losses']
  return said?.code === code || (Array.isArray(losses) && losses.some((each) => typeof each !== 'string' && names(each, code)))
}

/** A loss as it is recorded and shown. */
export function lossOf(said: Said | null): { readonly loss: string | null; readonly lossSaid: Said | null } {
  return { loss: said === null ? null : inEnglish(said), lossSaid: said }
}

/** It is promoted although its server says so: what it never got is not with it. */
export function partOf({ spec, reading }: NodeView): Said | null {
  return reading?.partial === true ? say('loss.partial', { node: spec.id }) : null
}

/** Nodes that hold more than whoever is promoted, and that must not be promoted. */
export function heldBack(ahead: readonly NodeView[]): Said | null {
  return ahead.length === 0 ? null : say('loss.heldBack', { nodes: ahead.map((node) => node.spec.id) })
}

/** Nodes that hold more and refuse to be promoted. */
export function declined(nodes: readonly NodeId[]): Said | null {
  return nodes.length === 0 ? null : say('loss.refuses', { nodes })
}

/** Nodes with data whose positions cannot be compared with this one's, so that only their marks order them. */
export function blindness(s: Situation, record: GroupRecord, best: Answering, holders: readonly Answering[]): Said | null {
  const alike = holders.filter((node) => node !== best && !empty(node) && !comparable(s, record, node, best)).map((node) => node.spec.id)
  return alike.length === 0 ? null : say('loss.blind', { node: best.spec.id, nodes: alike })
}

/**
 * What the primary was read to hold and this node does not: asynchronous replication had not brought it, or its own disk had not kept it.
 * Nothing more can come to a node whose primary is gone, so it goes with the promotion.
 */
export function fellShort(s: Situation, record: GroupRecord, node: Answering): Said | null {
  return shortBy(againstFloor(s, record, node), record, node)
}

/** The same of a primary that is closed and still says how far it is: what it took until the end is known. */
export function fellShortOfClosed(s: Situation, record: GroupRecord, node: Answering, primary: Answering): Said | null {
  return shortBy(s.can.comparePositions(node.reading.position, primary.reading.position, record.lineage), record, node)
}

function shortBy(comparison: Comparison, record: GroupRecord, node: Answering): Said | null {
  if (comparison.order !== 'behind' && comparison.order !== 'diverged') return null
  const bytes = 'otherTail' in comparison ? comparison.otherTail : comparison.tail
  const { primary } = record
  return node.spec.id === primary ? say('loss.shortItself', { primary, bytes }) : say('loss.short', { primary, node: node.spec.id, bytes })
}

/**
 * The recorded primary was read as another process that nothing kept closed, be it gone again by now: what that one took goes when another is
 * promoted. A server of others in its place took nothing of ours.
 */
export function takenOpen(s: Situation, record: GroupRecord, { wasOpen, reading }: NodeView): Said | null {
  if (wasOpen === null || reading === null || ['', wasOpen, reading.incarnation].includes(record.incarnation)) return null
  // What the process before it took its position shows, unless histories keep their names; and what it took as the recorded one counts as that.
  const isGone = wasOpen !== reading.incarnation
  if (isGone && (s.can.namesHistories || record.lineage.some(({ incarnation }) => incarnation === wasOpen))) return null
  return reading.mark === null || isOurs(s, reading.mark) ? say('loss.open', { primary: record.primary }) : null
}

/**
 * What the recorded primary may have taken unseen and lost, when it or the best of everybody is promoted; null when its own memory or its
 * append-only file is here.
 */
export function takenUnseen(s: Situation, record: GroupRecord, here: readonly Answering[]): Said | null {
  const primary = here.find((node) => node.spec.id === record.primary)?.reading
  if (watchedClosely(s) || primary?.incarnation === record.incarnation || primary?.durable === true) return null
  return say('loss.takenUnseen', { primary: record.primary })
}
