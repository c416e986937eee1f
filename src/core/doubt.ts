// Whose data may differ from the primary's although no position shows it, where the server tells no history from another (docs/pika.md, P2).
import { chained, upstreamNode } from './cascade.ts'
import { amended, questioned } from './draft.ts'
import { type NodeId, isMoving } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers, follows, freshSince, troubleOf } from './observe.ts'
import { type Case, type Rule, save } from './rule.ts'
import { say } from './said.ts'
import { empty, isRival, nodeOf, others, quote } from './situation.ts'

export function inDoubt(c: Case, node: NodeView): boolean {
  return (c.record.inDoubt?.includes(node.spec.id) ?? false) || isRival(c.s, c.record, node)
}

/** Those in doubt leave the primary only when they can be copied: what they hold may be read until then. Who refuses to be told holds up nobody. */
export function mayBeCopied(c: Case, node: NodeView): boolean {
  const refuses = (other: NodeView): boolean => (troubleOf(other, 'follow') ?? troubleOf(other, 'demote')) !== null
  const waiting = [...c.s.nodes.values()].filter(
    (other) => answers(other) && inDoubt(c, other) && !copiedAnew(c, other) && (other === node || !refuses(other)),
  )
  return waiting.indexOf(node) < c.s.policy.parallelSyncs
}

/** It follows the recorded primary because it was told to by force, since that is the primary, and the copy was not missed; and it was not opened since. */
export function forcedTo(c: Case, node: NodeView): boolean {
  const since = c.s.memory.inSyncSince.get(c.record.primary)?.at ?? c.s.now
  const { forced } = node
  if (!follows(node, c.primary.spec) || forced === null || forced.copied === false) return false
  return sameAddress(forced.to, c.primary.spec) && forced.at >= since && !isRival(c.s, c.record, node)
}

/** ... and the copy ended. */
function copiedAnew(c: Case, node: NodeView): boolean {
  if (!forcedTo(c, node) || !answers(node) || node.askedAt < (node.forced?.at ?? Infinity)) return false
  return node.reading.upstream?.linkUp === true && !node.reading.partial
}

/** Those in doubt that were copied anew. Who is not listed stays in doubt: it may be listed again, and holds what it held. */
function resolved(c: Case): NodeId[] {
  return (c.record.inDoubt ?? []).filter((id) => c.s.nodes.has(id) && copiedAnew(c, nodeOf(c.s, id)))
}

/** It died, and came back with more than it was last read with, while one of these was open: who gave it that nobody saw. */
function perhapsFed({ grew }: NodeView, open: readonly NodeView[]): boolean {
  return grew !== null && open.some(({ openIn }) => openIn !== null && openIn.from <= grew.to && grew.from <= openIn.to)
}

/** Rivals, and whoever one of them feeds, or may have fed, that the record does not know yet; the candidate is becoming the primary. */
function rivals(c: Case): NodeId[] {
  // Asked at every answer of every group.
  if (c.s.can.namesHistories) return []
  const candidate = isMoving(c.record) ? c.record.candidate : null
  const here = others(c.s, c.record.primary).filter(({ spec }) => spec.id !== candidate)
  const open = here.filter((node) => isRival(c.s, c.record, node))
  const feeding = open.filter(({ reading }) => reading?.role === 'primary')
  const fed = (node: NodeView): boolean =>
    answers(node) && node.reading.upstream?.linkUp === true && feeding.some(({ spec }) => follows(node, spec))
  const differs = (node: NodeView): boolean => open.includes(node) || fed(node) || perhapsFed(node, open)
  return here.filter((node) => !c.record.inDoubt?.includes(node.spec.id) && differs(node)).map(({ spec }) => spec.id)
}

/** A primary that crashed was opened again: what it holds, and whoever was copied from it since, may be in no log (docs/pika.md, P11). */
function mayBeUnlogged({ record: { lineage } }: Case): boolean {
  return lineage.some(({ node, incarnation }, at) => {
    const before = lineage[at - 1]
    return before?.node === node && before.incarnation !== undefined && before.incarnation !== incarnation
  })
}

/** They lost data and follow by themselves: a log gives them back only what it knows. */
function replaying(c: Case): NodeId[] {
  if (c.s.can.namesHistories || !mayBeUnlogged(c)) return []
  return others(c.s, c.record.primary)
    .filter((node) => answers(node) && node.fellBack && follows(node, c.primary.spec) && !forcedTo(c, node) && !inDoubt(c, node))
    .map((node) => node.spec.id)
}

/**
 * It goes on following the recorded primary by itself, and holds what that one lacks. Its link may be a claim; as soon as the primary has
 * written past its position it may be let in, and nobody would notice (docs/pika.md, P2).
 */
export function strayed(c: Case, node: NodeView): boolean {
  if (c.s.can.namesHistories || !answers(node) || !follows(node, c.primary.spec)) return false
  const { upstream, position, partial } = node.reading
  if (upstream === null || upstream.syncing || partial || c.primary.reading === null || forcedTo(c, node)) return false
  return c.s.can.comparePositions(position, c.primary.reading.position, c.record.lineage).order === 'diverged'
}

/**
 * ... for certain: what a new primary took before its first mark reaches a replica before that mark too, so one that has a link may only not
 * bear it yet, unless it is past the place of the mark.
 */
function straying(c: Case): NodeId[] {
  if (c.s.can.namesHistories) return []
  const its = c.primary.reading?.position
  if (its?.kind !== 'stream' || its.replid !== c.record.lineage.at(-1)?.replid) return []
  const isCertain = ({ reading }: NodeView): boolean =>
    reading?.upstream?.linkUp === false || (reading?.position.kind === 'stream' && reading.position.offset >= its.offset)
  return others(c.s, c.record.primary)
    .filter((node) => strayed(c, node) && isCertain(node) && !inDoubt(c, node))
    .map((node) => node.spec.id)
}

/** They came to the group after a restore and follow by themselves: what the lost record said of them, or of whom they followed, nobody knows. */
function newcomers(c: Case): NodeId[] {
  const { known } = c.record
  if (known === undefined) return []
  return others(c.s, c.record.primary)
    .filter((node) => !known.includes(node.spec.id) && answers(node) && follows(node, c.primary.spec))
    .filter((node) => !empty(node) && !forcedTo(c, node) && !inDoubt(c, node))
    .map((node) => node.spec.id)
}

/** Those that were to be copied and follow without. */
function uncopied(c: Case): NodeId[] {
  return others(c.s, c.record.primary)
    .filter((node) => node.forced?.copied === false && follows(node, c.primary.spec) && !inDoubt(c, node))
    .map((node) => node.spec.id)
}

/**
 * It is fed by a node whose data are not the primary's, or that was told to take over the primary's while this one may have had those that it held before.
 * What it holds is of both then, at positions that fit by chance, and its mark is that of the last (P2).
 */
function isMisled(c: Case, node: NodeView): boolean {
  const feeder = upstreamNode(c, node)
  if (feeder === null || !answers(node) || inDoubt(c, node) || chained(c, node)) return false
  // Rivals that the record does not know yet: the rule before this.
  const known = c.record.inDoubt?.includes(feeder.spec.id) ?? false
  return (known && node.reading.upstream?.linkUp === true) || (feeder.forced !== null && freshSince(node, feeder.forced.at))
}

function misled(c: Case): NodeId[] {
  if (c.s.can.namesHistories) return []
  return others(c.s, c.record.primary)
    .filter((node) => isMisled(c, node))
    .map((node) => node.spec.id)
}

/** Whomever it finds is in doubt from now on, whatever else is under way. */
export function doubtRule(
  id: 'steady.copies' | 'steady.doubted' | 'steady.misled' | 'steady.newcomer' | 'steady.replayed' | 'steady.strayed' | 'steady.uncopied',
  why: string,
  find: (c: Case) => readonly NodeId[],
): Rule<Case> {
  return {
    id,
    why,
    gives: 'save -> steady',
    when: (c) => find(c).length > 0,
    then: (c) => {
      const nodes = find(c)
      const inDoubt = [...(c.record.inDoubt ?? []), ...nodes]
      return save(say(id, { nodes, primary: c.record.primary }), questioned(c.s, c.record, inDoubt), { inDoubt: quote(inDoubt) })
    },
  }
}

/** Before anything is done about the primary: whoever was closed shows nothing to a controller that comes after this one. */
export const doubtedRule = doubtRule(
  'steady.doubted',
  'somebody made a replica a primary: what it writes, and feeds to others, lies at the same places and bears the same name, so no position will show it',
  rivals,
)

export const misledRule = doubtRule(
  'steady.misled',
  'a replica follows one that holds something else than the primary, or did until it was copied anew: what reached it may be of both, under the mark of the last',
  misled,
)

export const doubtRules: readonly Rule<Case>[] = [
  doubtedRule,
  misledRule,
  doubtRule(
    'steady.replayed',
    'a replica lost data and is given it back from a log, which does not know what a primary of before held when it crashed',
    replaying,
  ),
  doubtRule(
    'steady.strayed',
    'a replica follows by itself and holds what the primary lacks: as soon as it is let in, its mark says the same as the others, and nothing shows it any more',
    straying,
  ),
  doubtRule(
    'steady.newcomer',
    'who comes to the group after a restore, and follows its primary, was led there by somebody whom the copy of the store knows nothing of',
    newcomers,
  ),
  doubtRule(
    'steady.uncopied',
    'the primary went away before a copy by force began, and the next attempt is a plain one: what was to be replaced is still there',
    uncopied,
  ),
]

export const resolvedRule: Rule<Case> = {
  id: 'steady.resolved',
  why: 'who was in doubt was copied anew from this primary: it holds what that one holds',
  gives: 'save -> steady',
  when: (c) => resolved(c).length > 0,
  then: (c) => {
    const nodes = resolved(c)
    const inDoubt = c.record.inDoubt?.filter((id) => !nodes.includes(id)) ?? []
    return save(say('steady.resolved', { nodes }), amended(c.s, c.record, { inDoubt }), { inDoubt: quote(inDoubt) })
  },
}
