// Who holds more than the candidate of a failover that is under way, while that one was told nothing yet.
import { type Election, absentBetter, allowed, elect, furtherThan } from './elect.ts'
import { heldBack, together } from './loss.ts'
import { answers, freshSince } from './observe.ts'
import type { Answering } from './order.ts'
import type { Case } from './rule.ts'
import { type Said, say } from './said.ts'
import { nodeOf, ours } from './situation.ts'

/** The candidate, while another may take its place. Null: it was told, is not heard, or a person named it. */
function replaceable({ record, s }: Case): Answering | null {
  if (record.phase !== 'failover' || record.cause === 'operator' || s.memory.promotedIn === record.epoch) return null
  const candidate = nodeOf(s, record.candidate)
  return answers(candidate) ? candidate : null
}

/** Who answers and may count beside the candidate. Not a hung primary: it is what must be got rid of, and what it holds is known when it is closed. */
function rivals({ record, s }: Case): Answering[] {
  const isHung = (node: Answering): boolean =>
    record.phase === 'failover' &&
    record.cause === 'hung' &&
    node.spec.id === record.primary &&
    node.reading.incarnation === record.incarnation
  return [...s.nodes.values()].filter((node): node is Answering => answers(node) && ours(s, node) && !isHung(node))
}

/**
 * Somebody who answers, and may be promoted, holds more: what an election of now says instead. Null when it says the same.
 * Why it ends: an election depends on what the nodes hold and on nothing that the decision before changed, so as long as nobody is given
 * anything the next one chooses the same node.
 */
export function surpassing(c: Case): Election | null {
  const { record, s } = c
  const candidate = replaceable(c)
  if (candidate === null || record.phase !== 'failover') return null
  if (!furtherThan(s, record, candidate, rivals(c)).some((node) => allowed(s, node))) return null
  const election = elect(s, record, record.cause, s.memory.recordAt)
  return election.kind === 'candidate' && election.node === candidate.spec.id ? null : election
}

/** What is known to be lost with it: what nodes hold that must not be promoted, or that were seen to hold it since the decision and are gone. */
export function heldElsewhere(c: Case): Said | null {
  const { record, s } = c
  const candidate = replaceable(c)
  // Older than theirs, its reading says nothing.
  if (candidate === null || !freshSince(candidate, s.memory.recordAt)) return null
  const better = absentBetter(s, record, candidate, rivals(c))
  const barred = furtherThan(s, record, candidate, rivals(c)).filter((node) => !allowed(s, node))
  return together([better === null ? null : say('loss.better', { node: better }), heldBack(barred)])
}
