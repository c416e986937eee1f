// A failover whose intent is saved. It is finished from wherever it stands, by whoever reads the record.
import { type Consent, consentToSilence, ledBack } from './consent.ts'
import { doubtedRule, misledRule } from './doubt.ts'
import { crowned, failover, kept, riskier } from './draft.ts'
import { feedsOn, lost } from './diagnose.ts'
import { type Election, elect, electByOrder, refusesPromotion } from './elect.ts'
import { closedGuard } from './limits.ts'
import { fellShort, fellShortOfClosed, names, takenOpen, together } from './loss.ts'
import { type FailoverCause, type Instant, type Moving, type NodeId, type Reading, assert, isMoving } from './model.ts'
import { type NodeView, answers, freshSince, openedSince, refused, refuses, silent, troubleOf } from './observe.ts'
import { type Act, type Case, type Decision, type Rule, act, hold, save, wait } from './rule.ts'
import { outdatedRule } from './rulesRestored.ts'
import { type Said, say } from './said.ts'
import { isRival, nodeOf, others, ours } from './situation.ts'
import { heldElsewhere, surpassing } from './surpassed.ts'

export function moving(c: Case): Moving {
  assert(isMoving(c.record), 'these rules need a record that is under way')
  return c.record
}

export function candidateOf(c: Case): NodeView {
  return nodeOf(c.s, moving(c).candidate)
}

/** The candidate was seen, after the intent was saved, as a primary that nobody may write to, and still holds what it was chosen for. */
export function seenClosed(c: Case): boolean {
  const candidate = candidateOf(c)
  if (!freshSince(candidate, c.s.memory.recordAt) || !isStill(c, candidate.reading)) return false
  return candidate.reading.role === 'primary' && isClosed(c, candidate.reading)
}

/** Nobody may write to it, or it is as closed as it can be: a guard that is null means that this version of its server cannot be. */
function isClosed({ s }: Case, { guard }: Reading): boolean {
  return !s.can.canClose || guard === closedGuard || (guard === null && !s.can.canGuard)
}

/** The same process with the same history: not wiped by a full sync that began before the promotion reached it. */
function isStill(c: Case, reading: Reading): boolean {
  const { incarnation, replid, mark } = moving(c).candidateIs
  if (reading.incarnation !== incarnation) return false
  if (c.record.hasData && reading.keys === 0 && !byOrder(c)) return false
  // Ordered to begin with nothing: it has no history to lose, and its first replica gives it another one.
  if (mark === null && reading.keys === 0 && byOrder(c)) return true
  const { position } = reading
  if (replid === null || position.kind !== 'stream' || position.replid === replid || position.replid2 === replid) return true
  // Promoted twice without being seen in between: its mark tells whose data it holds.
  return mark !== null && reading.mark !== null && (reading.mark.epoch - mark.epoch || reading.mark.seq - mark.seq) >= 0
}

/** Somebody opened the candidate before a switchover told it anything: what it took since lies where the old primary has something else. */
export function openedBefore(c: Case): boolean {
  return c.record.phase === 'switchover' && c.s.memory.promotedIn !== c.record.epoch && isRival(c.s, c.record, candidateOf(c))
}

/** It does not answer, is another process, lost its data, refuses, or was opened by somebody else: this candidate will not become primary. */
export function candidateLost(c: Case): boolean {
  const candidate = candidateOf(c)
  if (refused(candidate) || silent(candidate, c.s.now, c.s.policy.silentAfterMs) || refusesPromotion(c.s, candidate)) return true
  if (!c.s.nodes.has(moving(c).candidate)) return true
  if (openedBefore(c)) return true
  return answers(candidate) && !isStill(c, candidate.reading)
}

function byOrder(c: Case): boolean {
  return c.record.phase === 'failover' && c.record.cause === 'operator'
}

/** An answering primary, other than the candidate, that somebody could write to. */
function openOthers(c: Case): Act[] {
  return [...others(c.s, moving(c).candidate).flatMap((node) => toFence(c, node)), ...openAgain(c)]
}

/** The candidate was restarted, and its file let it boot open: it holds what its disk held, perhaps nothing, and would give that to whoever follows it. */
export function openAgain(c: Case): Act[] {
  const candidate = candidateOf(c)
  return candidate.reading?.incarnation === moving(c).candidateIs.incarnation ? [] : toFence(c, candidate)
}

function toFence({ s }: Case, node: NodeView): Act[] {
  if (refuses(node, 'fence', s.now) || !freshSince(node, s.memory.loadedAt) || !ours(s, node)) return []
  const { role, guard } = node.reading
  if (role !== 'primary' || guard === closedGuard) return []
  return [{ node: node.spec.id, action: { name: 'fence', cutClients: true } }]
}

/** The old primary, the very process, answers and is open by its last word, and the candidate was not told anything yet. */
function isBack(c: Case): boolean {
  const { record, primary, s } = c
  if (record.phase !== 'failover' || record.candidate === record.primary || s.memory.promotedIn === record.epoch) return false
  if (record.cause !== 'dead' && record.cause !== 'silent') return false
  if (!answers(primary) || primary.reading.incarnation !== record.incarnation) return false
  const candidate = candidateOf(c)
  const open = primary.reading.role === 'primary' && primary.reading.guard !== closedGuard
  return open && answers(candidate) && candidate.reading.role === 'replica'
}

/** Both have said so since the intent was saved. */
function recovered(c: Case): boolean {
  const { recordAt } = c.s.memory
  return isBack(c) && freshSince(c.primary, recordAt) && freshSince(candidateOf(c), recordAt)
}

/** They have not yet; an answer takes no longer than silence. */
function isAskedAgain(c: Case): boolean {
  return isBack(c) && c.s.now - c.s.memory.recordAt <= c.s.policy.silentAfterMs
}

/** A hung primary that answers and is still open: the same process, told to close or refusing to. */
function stillOpen(c: Case): (NodeView & { readonly reading: Reading }) | null {
  const { record, primary, s } = c
  if (record.phase !== 'failover' || record.cause !== 'hung' || record.candidate === record.primary) return null
  if (s.memory.promotedIn === record.epoch || !answers(primary) || primary.reading.incarnation !== record.incarnation) return null
  return primary.reading.role === 'primary' && !isClosed(c, primary.reading) ? primary : null
}

/** Replicas, other than the candidate, that would still feed on the old primary when it wakes. */
function toDetach(c: Case): NodeView[] {
  // Without a guard it takes writes with or without replicas.
  if (c.record.phase !== 'failover' || c.record.cause !== 'silent' || !c.s.can.canGuard) return []
  return others(c.s, c.record.candidate).filter(
    (node) => answers(node) && node.spec.id !== c.record.primary && feedsOn(c.s, node, c.primary),
  )
}

/** May the silent primary be replaced as things are now? Null when nobody has to be asked, or nobody can be called back. */
function consentNow({ record, s, verdict }: Case): Consent | null {
  if (record.phase !== 'failover' || record.cause !== 'silent' || s.memory.promotedIn === record.epoch) return null
  // It is seen again: its process ended, or it was closed. Nothing writes on unseen.
  if (lost(verdict) && verdict.kind !== 'silent') return null
  return consentToSilence(s, record, s.memory.recordAt)
}

/** Why a silent primary may not be replaced any more, although it could when the intent was saved. */
function unconsented(c: Case): Said | null {
  const consent = consentNow(c)
  return consent === null || consent.ok ? null : consent.said
}

function causeOf({ record }: Case): FailoverCause {
  return record.phase === 'failover' ? record.cause : 'dead'
}

/**
 * What was said of the candidate that is gone, and is as true of the next one. After a restore nobody vouches for him either, be he its own next process;
 * and what the primary took while it was back open goes, though it was restarted, or is asked at another place, since.
 */
function stillRisked({ s, record }: Case, node: NodeId, risk: Said | null): Said | null {
  if (record.phase !== 'failover') return risk
  const { primary } = record
  const unvouched = record.incarnation === '' && names(record.lossSaid, 'loss.incomplete') && !names(risk, 'loss.incomplete')
  const open = !s.can.namesHistories && node !== primary && names(record.lossSaid, 'loss.open') && !names(risk, 'loss.open')
  return together([unvouched ? say('loss.incomplete', { primary }) : null, risk, open ? say('loss.open', { primary }) : null])
}

function electedAgain(c: Case, chosen: Election, lead: Said): Decision {
  const election = chosen.kind === 'candidate' ? { ...chosen, risk: stillRisked(c, chosen.node, chosen.risk) } : chosen
  const { rule, said: why, evidence } = election
  if (election.kind === 'wait') return { rule, step: wait(say('lost.elects', { lead, why }), evidence) }
  if (election.kind === 'hold') return { rule, step: hold(say('lost.elects', { lead, why }), evidence) }
  const said = say('lost.promote', { lead, node: election.node, why, risk: election.risk })
  return { rule, step: save(said, failover(c.s, c.record, election, causeOf(c)), evidence) }
}

/** What it may cost now, when the intent was saved without a risk. */
function newRisk(c: Case): Said | null {
  if (c.record.phase !== 'failover' || c.record.loss !== null) return null
  const consent = consentNow(c)
  return together([consent?.ok === true ? consent.risk : shortOfHung(c), heldElsewhere(c)])
}

/** What the candidate never got from a hung primary: it fed its replicas until it was closed, so before that nobody could say. */
function shortOfHung(c: Case): Said | null {
  const { record, primary, s } = c
  if (record.phase !== 'failover' || record.cause !== 'hung' || s.memory.promotedIn === record.epoch) return null
  const candidate = nodeOf(s, record.candidate)
  if (!freshSince(candidate, askedAfter(c)) || candidate.reading.role !== 'replica') return null
  if (!answers(primary) || primary.reading.incarnation !== record.incarnation) return fellShort(s, record, candidate)
  return stillOpen(c) === null ? fellShortOfClosed(s, record, candidate, primary) : null
}

/** When the candidate must be asked before it is promoted: when its primary was closed just now, that tells what it got of it. */
function askedAfter({ record, primary, s }: Case): Instant {
  const isHung = record.phase === 'failover' && record.cause === 'hung' && s.memory.promotedIn !== record.epoch
  return isHung ? Math.max(s.memory.recordAt, primary.actedAt ?? -Infinity) : s.memory.recordAt
}

/** What showed only after the decision: the new primary's file may lead it back, or the old one came back open before it was replaced. */
function seenSince({ record, primary, s }: Case, candidate: NodeView): Said | null {
  if (record.phase !== 'failover' || record.candidate === record.primary || record.cause === 'operator') return ledBack(record, candidate)
  const open = takenOpen(s, record, primary)
  return together([ledBack(record, candidate), open === null || names(record.lossSaid, open.code) ? null : open])
}

/** A replica is only being asked again, after it was told something. */
function answering(c: Case): boolean {
  return others(c.s, c.record.primary).some((node) => answers(node) && !freshSince(node, c.s.memory.recordAt))
}

/** An operator's order while something is under way: another candidate, by force. */
export const orderRule: Rule<Case> = {
  id: 'failover.order',
  why: 'an operator names another candidate while this is under way',
  gives: 'save -> failover',
  when: (c) => c.s.memory.order?.name === 'failover',
  then: (c) => {
    const choice = electByOrder(c.s, c.s.memory.order?.to ?? null)
    if (choice.kind !== 'candidate') return hold(choice.said, choice.evidence)
    return save(choice.said, failover(c.s, c.record, choice, 'operator'), choice.evidence)
  },
}

export const failoverRules: readonly Rule<Case>[] = [
  orderRule,
  { ...outdatedRule, id: 'failover.outdated' },
  { ...doubtedRule, id: 'failover.doubted', gives: 'save -> failover' },
  { ...misledRule, id: 'failover.misled', gives: 'save -> failover' },
  {
    id: 'failover.seen',
    why: 'believe the node, not the reply to our command: it now reports the primary role and nobody has written to it',
    gives: 'save -> steady',
    when: seenClosed,
    then: (c) => {
      const candidate = candidateOf(c)
      if (candidate.reading === null) return hold(say('failover.unread'))
      const draft = crowned(c.s, moving(c), candidate.reading, candidate.persisted?.as === 'nowhere')
      const said = say('failover.done', { node: candidate.spec.id, epoch: c.record.epoch, risk: seenSince(c, candidate) })
      return save(said, draft, {
        primary: candidate.spec.id,
        before: c.record.primary,
      })
    },
  },
  {
    id: 'failover.recovered',
    why: 'the old primary is back as it was and nobody was promoted yet: keeping it loses nothing',
    gives: 'save -> steady',
    when: recovered,
    then: (c) => save(say('failover.recovered', { primary: c.record.primary }), kept(c.s, c.record), c.verdict.evidence),
  },
  {
    id: 'failover.returning',
    why: 'the old primary answers again and nobody was promoted yet: it and the candidate are asked once more before it is closed',
    gives: 'wait',
    when: isAskedAgain,
    then: (c) => wait(say('failover.returning', { primary: c.record.primary })),
  },
  {
    id: 'failover.fence',
    why: 'whoever is not the candidate, or is its next process, must not accept writes, nor feed anybody',
    gives: 'act fence',
    when: (c) => openOthers(c).length > 0,
    then: (c) => act(say('failover.fence'), openOthers(c)),
  },
  {
    id: 'failover.unfenced',
    why: 'a hung primary answers, so it can be closed first; one that refuses would write beside the new one as soon as it can',
    gives: 'wait, or hold',
    when: (c) => stillOpen(c) !== null,
    then: (c) => {
      const node = c.primary.spec.id
      const trouble = troubleOf(c.primary, 'fence')
      if (trouble === null || openedSince(c.primary)) return wait(say('failover.closing', { node }))
      // Where there is no guard the access list closes it.
      const code = c.s.can.canGuard ? 'failover.unfenced' : 'failover.unfencedByAccess'
      return hold(say(code, { node, message: trouble.message, group: c.s.spec.id }))
    },
  },
  {
    id: 'failover.again',
    why: 'the candidate is gone or refuses: elect again, from wherever the group is now',
    gives: 'save -> failover, or hold',
    when: candidateLost,
    then: (c) => {
      const candidate = candidateOf(c)
      const { id: node } = candidate.spec
      const lead = refusesPromotion(c.s, candidate)
        ? say('failover.refuses', { node, message: troubleOf(candidate, 'promote')?.message ?? '' })
        : say('failover.candidateGone', { node })
      return electedAgain(c, elect(c.s, c.record, causeOf(c), c.s.memory.recordAt), lead)
    },
  },
  {
    id: 'failover.detach',
    why: 'a silent primary may wake; without its replicas a guarded one cannot accept a write then',
    gives: 'act fence',
    when: (c) => toDetach(c).some((node) => node.acting === null && freshSince(node, c.s.memory.loadedAt)),
    then: (c) =>
      act(
        say('failover.detach'),
        toDetach(c)
          .filter((node) => node.acting === null && freshSince(node, c.s.memory.loadedAt))
          .map((node) => ({ node: node.spec.id, action: { name: 'fence', cutClients: false } })),
      ),
  },
  {
    id: 'failover.detaching',
    why: 'the detachment must be seen before anybody is promoted',
    gives: 'wait',
    when: (c) => toDetach(c).length > 0,
    then: (c) => wait(say('failover.detaching', { nodes: toDetach(c).map((node) => node.spec.id) })),
  },
  {
    id: 'failover.consent',
    why: 'a replica fell silent after the election: the silent primary may wake together with it',
    gives: 'hold',
    when: (c) => unconsented(c) !== null,
    then: (c) => {
      const refusal = unconsented(c)
      return answering(c) || refusal === null ? wait(say('failover.consent')) : hold(refusal)
    },
  },
  {
    id: 'failover.ahead',
    why: 'since the decision somebody answered who holds more than the candidate, which was told nothing yet: elect again',
    gives: 'save -> failover, or hold',
    when: (c) => surpassing(c) !== null,
    then: (c) => {
      const lead = say('failover.surpassed', { node: moving(c).candidate })
      const election = surpassing(c)
      return election === null ? wait(lead) : electedAgain(c, election, lead)
    },
  },
  {
    id: 'failover.risk',
    why: 'since the decision a replica went down that may be led back to the silent primary, a hung one was closed before the candidate got all of it, or somebody holds more who must not be promoted or is gone again: what may be lost is said before it is done',
    gives: 'save -> failover',
    when: (c) => newRisk(c) !== null,
    then: (c) => {
      const risk = newRisk(c)
      const { record } = c
      if (risk === null || record.phase !== 'failover') return wait(say('failover.consent'))
      return save(say('failover.risk', { node: record.candidate, risk }), riskier(c.s, record, risk))
    },
  },
  {
    id: 'failover.promote',
    why: 'closed: no write exists at this epoch before the record says who is primary',
    gives: 'act promote',
    when: (c) => freshSince(candidateOf(c), askedAfter(c)) && !refuses(candidateOf(c), 'promote', c.s.now),
    then: (c) =>
      act(say('failover.promote', { node: candidateOf(c).spec.id }), [
        { node: candidateOf(c).spec.id, action: { name: 'promote', bootFence: c.s.policy.bootFence && c.s.can.canBootFence } },
      ]),
  },
  {
    id: 'failover.waiting',
    why: 'the candidate was asked and has not answered yet',
    gives: 'wait',
    when: () => true,
    then: (c) => {
      const { id: node } = candidateOf(c).spec
      const trouble = troubleOf(candidateOf(c), 'promote')
      return wait(trouble === null ? say('failover.waiting', { node }) : say('failover.waitingRefused', { node, message: trouble.message }))
    },
  },
]
