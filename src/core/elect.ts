// Who may become primary. Never a node that is known to lack acknowledged data; a refusal says for whom the group waits.
import { consentToSilence, consentToUnwatched, deathWatched } from './consent.ts'
import { feedsOn, verdictOf } from './diagnose.ts'
import { heldBy } from './holdings.ts'
import { mayLag } from './lag.ts'
import { bearsLater } from './laterEpoch.ts'
import { blindness, declined, fellShort, heldBack, partOf, takenOpen, takenUnseen, together } from './loss.ts'
import { type Answering, bestOf, holdsAsMember, inCurrentLineage, orderOf, orderOfMarks, reignsAsPart, standing } from './order.ts'
import { closedGuard } from './limits.ts'
import { type Evidence, type FailoverCause, type GroupRecord, type Instant, type NodeId, type Reading, isMoving } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers, freshSince, refused, refuses, troubleOf } from './observe.ts'
import { type Said, say } from './said.ts'
import { type Situation, empty, inMaintenance, isBeingAsked, keptItsData, nodeOf, others, ours, quote } from './situation.ts'

/** `said` is put into words only where somebody reads them: while a group waits for a node it elects at every answer. */
export type Election = { readonly said: Said; readonly rule: string; readonly evidence: Evidence } & (
  | { readonly kind: 'candidate'; readonly node: NodeId; readonly reading: Reading; readonly risk: Said | null }
  | { readonly kind: 'hold' }
  /** Answers are on their way. */
  | { readonly kind: 'wait' }
)

// --------------------------------------------------------------------------------------- what is known

function loaded(s: Situation, since: Instant): Answering[] {
  return [...s.nodes.values()].filter((node): node is Answering => freshSince(node, since) && !node.reading.loading)
}

/** Answered after the suspicion began, loaded, its position means something. */
function reachable(s: Situation, since: Instant): Answering[] {
  return loaded(s, since).filter((node) => ours(s, node))
}

/** It was told to become primary several times and said no each time (rights, renamed commands): another one is tried, for a while. */
export function refusesPromotion(s: Situation, node: NodeView): boolean {
  return (troubleOf(node, 'promote')?.times ?? 0) >= 3 && refuses(node, 'promote', s.now)
}

/** Not absent, and may hold more. */
function beingAsked(s: Situation, since: Instant): NodeView[] {
  return [...s.nodes.values()].filter((node) => isBeingAsked(s, node, since))
}

/** It may be promoted as it is. */
export function allowed(s: Situation, node: NodeView): boolean {
  return node.spec.priority !== 0 && !inMaintenance(s, node) && !isPart(s, node)
}

/** It holds a part of a copy, and nobody made it the primary as it is. */
function isPart({ record }: Situation, node: NodeView): boolean {
  return node.reading?.partial === true && (record === null || !reignsAsPart(record, node))
}

/** The primary's last word on it was good: listed, online, within the lag policy. */
function lastListedWell(s: Situation, node: NodeView): boolean {
  const { watched } = s.memory
  if (watched === null) return true
  const entry = watched.reading.replicas.find((replica) => sameAddress(replica, node.spec))
  const primary = s.record === null ? null : nodeOf(s, s.record.primary)
  const before = primary?.reading === watched.reading ? primary.before : null
  return entry !== undefined && entry.online && !mayLag(s, node, { reading: watched.reading, askedAt: watched.at, before }, entry.acked)
}

/** In the recorded set, still the same process, still this history, and nothing since says otherwise. */
function inSyncStill(s: Situation, record: GroupRecord, node: Answering): boolean {
  if (!node.reading.usable || !holdsAsMember(record, node)) return false
  return node.spec.id === record.primary || lastListedWell(s, node)
}

// ------------------------------------------------------------------------------------------ elections

/** A replica that was in sync when the primary was lost. The quick way: nothing acknowledged is known to be missing from it. */
function electInSync(s: Situation, record: GroupRecord, cause: FailoverCause, here: readonly Answering[], since: Instant): Election | null {
  const primary = nodeOf(s, record.primary)
  const members = here.filter((node) => allowed(s, node) && inSyncStill(s, record, node))
  const settled = members.filter(
    (node) =>
      node.before !== null &&
      (cause === 'restarted' || cause === 'hung' || !s.can.canProveLink || !feedsOn(s, node, primary) || !node.reading.upstream?.linkUp),
  )
  const best = bestOf(s, settled)
  if (best === null) return null
  // The primary itself needs nobody's consent: it lacks nothing that it acknowledged.
  const consents =
    best.spec.id === record.primary
      ? []
      : [...(cause === 'silent' ? [consentToSilence(s, record, since)] : []), consentToUnwatched(s, record, since)]
  const refusal = consents.find((consent) => !consent.ok)
  if (refusal?.ok === false) return { kind: 'hold', rule: refusal.rule, said: refusal.said, evidence: evidenceOf(s, best) }
  const better = absentBetter(s, record, best, here)
  if (better !== null && s.now - (s.memory.lostAt ?? s.now) < s.policy.betterCandidateMs) {
    return {
      kind: 'hold',
      rule: 'elect.better',
      said: say('elect.better', { better, node: best.spec.id, ms: s.policy.betterCandidateMs }),
      evidence: evidenceOf(s, best),
    }
  }
  const rival = divergedFrom(
    s,
    record,
    here.filter((node) => node.spec.id !== record.primary),
    best,
  )
  if (rival !== null) return holdDiverged(s, best, rival)
  const ahead = furtherThan(s, record, best, here)
  const furthest = bestOf(
    s,
    ahead.filter((node) => allowed(s, node)),
  )
  const consented = consents.map((consent) => (consent.ok ? consent.risk : null))
  // A hung primary still feeds its replicas: what they lack is known when it is closed.
  const short = cause === 'hung' ? null : fellShort(s, record, furthest ?? best)
  const open = takenOpen(s, record, primary)
  const no = unwilling(s, record, furthest ?? best, since)
  if (furthest !== null) {
    const unseen = furthest.spec.id === record.primary ? takenUnseen(s, record, here) : open
    return aheadOf(
      s,
      best,
      furthest,
      together([partOf(furthest), ...consented, short, unseen, declined(no), blindness(s, record, furthest, [best])]),
    )
  }
  const gone = better === null || no.includes(better) ? null : say('loss.better', { node: better })
  const risks = [...consented, short, gone, open, heldBack(ahead), declined(no)]
  return {
    kind: 'candidate',
    rule: 'elect.inSync',
    node: best.spec.id,
    reading: best.reading,
    said: say(ahead.length + no.length === 0 ? 'elect.inSync' : 'elect.inSyncBehind', { node: best.spec.id }),
    risk: together(risks),
    evidence: evidenceOf(s, best),
  }
}

/** Who of these holds more. */
export function furtherThan(s: Situation, record: GroupRecord, best: Answering, here: readonly Answering[]): Answering[] {
  return here.filter((node) => node !== best && !empty(node) && standing(s, node, best) === 'ahead' && !reborn(s, record, node, best))
}

/** Who answers and holds more, and says no to being made the primary. */
function unwilling(s: Situation, record: GroupRecord, than: Answering, since: Instant): NodeId[] {
  const refusing = reachable(s, since).filter((node) => refusesPromotion(s, node))
  return furtherThan(s, record, than, refusing).map((node) => node.spec.id)
}

/**
 * Where a history keeps its name: the recorded primary as another process that nothing kept closed may have lost its last writes and taken others at
 * the same places, so that its position, and that of whoever it may have fed since, says nothing of what a replica holds. A mark that the replica
 * lacks does: only the process before was given one. One that lacks a mark of the replica is not ahead of it at all.
 */
function reborn(s: Situation, record: GroupRecord, node: Answering, than: Answering): boolean {
  if (record.fenced || s.can.namesHistories) return false
  const order = orderOfMarks(node.reading.mark, than.reading.mark)
  const { reading } = nodeOf(s, record.primary)
  const isOther = reading !== null && reading.incarnation !== record.incarnation
  return order === 'behind' || (isOther && !keptItsData(record, node) && order !== 'ahead')
}

/** Whoever holds more than an in-sync replica, the primary come back for example, lacks nothing either. */
function aheadOf(s: Situation, best: NodeView, ahead: Answering, risk: Said | null): Election {
  return {
    kind: 'candidate',
    rule: 'elect.ahead',
    node: ahead.spec.id,
    reading: ahead.reading,
    said: say('elect.ahead', { best: best.spec.id, node: ahead.spec.id }),
    risk,
    evidence: evidenceOf(s, ahead),
  }
}

/**
 * A node of the current history with writes that the best lacks. What an older primary held beyond its end was given up when it was replaced. Or one
 * of a later epoch than the record knows, whether it answers or not.
 */
function divergedFrom(s: Situation, record: GroupRecord, here: readonly Answering[], best: Answering): Answering | null {
  const isMember = ({ spec }: Answering): boolean => record.inSync.some((m) => m.node === spec.id)
  const current = here.filter((node) => inCurrentLineage(record, node.reading) || isMember(node))
  const later = others(s, record.primary).filter((node): node is Answering => node.reading !== null && bearsLater(s, record, node))
  return [...current, ...later].find((node) => node.spec.id !== best.spec.id && standing(s, node, best) === 'diverged') ?? null
}

function holdDiverged(s: Situation, best: NodeView, rival: NodeView): Election {
  const said = say('elect.diverged', { node: best.spec.id, rival: rival.spec.id, group: s.spec.id })
  return { kind: 'hold', rule: 'elect.diverged', said, evidence: evidenceOf(s, best) }
}

/** A replica that does not answer now and that this process read further than `best` in the same history. */
export function absentBetter(s: Situation, record: GroupRecord, best: Answering, here: readonly Answering[]): NodeId | null {
  for (const node of others(s, record.primary)) {
    if (here.some((h) => h.spec.id === node.spec.id) || node.reading === null || !node.reading.usable) continue
    const comparison = s.can.comparePositions(node.reading.position, best.reading.position, record.lineage)
    if (comparison.order === 'ahead') return node.spec.id
  }
  return null
}

/** The recorded primary itself, come back as another process, when its own disk vouches for what it held. */
function electReturned(s: Situation, record: GroupRecord, here: readonly Answering[], since: Instant): Election | null {
  const primary = here.find((node) => node.spec.id === record.primary)
  if (primary === undefined || !allowed(s, primary)) return null
  const held = heldBy(s, record, primary)
  if (held === 'less' || (held === 'unknown' && !s.policy.acceptStaleRisk)) return null
  const members = record.inSync.filter((m) => m.node !== record.primary).map((m) => nodeOf(s, m.node))
  const ahead = here.find((node) => node !== primary && standing(s, node, primary) === 'ahead' && !empty(node))
  if (ahead !== undefined) return null
  const rival = divergedFrom(s, record, here, primary)
  if (rival !== null) return holdDiverged(s, primary, rival)
  const further = absentBetter(s, record, primary, here)
  const gone = members.filter((node) => !here.some((h) => h.spec.id === node.spec.id)).map((node) => node.spec.id)
  const absent = [...new Set([...gone, ...(further === null ? [] : [further])])]
  const seenAt = Math.max(s.memory.lostAt ?? s.now, s.memory.recordAt)
  if (absent.length > 0 && s.now - seenAt < s.policy.betterCandidateMs) {
    return {
      kind: 'hold',
      rule: 'elect.members',
      said: say('elect.members', { primary: record.primary, ms: s.policy.betterCandidateMs, nodes: absent }),
      evidence: evidenceOf(s, primary),
    }
  }
  const no = unwilling(s, record, primary, since)
  const away = absent.filter((node) => !no.includes(node))
  return {
    kind: 'candidate',
    rule: 'elect.returned',
    node: record.primary,
    reading: primary.reading,
    said: say('elect.returned', { primary: record.primary }),
    risk: together([
      partOf(primary),
      away.length === 0 ? null : say('loss.absent', { nodes: away }),
      primary.reading.durable || primary.reading.incarnation === record.incarnation ? null : blindness(s, record, primary, here),
      takenUnseen(s, record, here),
      declined(no),
    ]),
    evidence: evidenceOf(s, primary),
  }
}

/** Everybody is here and nobody is known to be complete: the best there is, its loss reported. */
function electByRollCall(s: Situation, record: GroupRecord, here: readonly Answering[]): Election | null {
  if (here.length < s.nodes.size) return null
  const holders = here.filter((node) => allowed(s, node) && (!record.hasData || !empty(node)))
  if (holders.length === 0) return holdForHolders(s, record, here)
  const best = bestOf(s, holders)
  if (best === null) return null
  const rival = divergedFrom(s, record, here, best)
  if (rival !== null) return holdDiverged(s, best, rival)
  return {
    kind: 'candidate',
    rule: 'elect.rollCall',
    node: best.spec.id,
    reading: best.reading,
    said: say('elect.rollCall', { node: best.spec.id }),
    risk: lossOfRollCall(s, record, best, here),
    evidence: evidenceOf(s, best),
  }
}

/** Everybody is here, and nobody who holds data may be promoted; or nobody holds any. A part of a copy is data, whatever is counted of it. */
function holdForHolders(s: Situation, record: GroupRecord, here: readonly Answering[]): Election {
  const barred = here.filter((node) => !record.hasData || !empty(node) || node.reading.partial)
  if (barred.length === 0) {
    const said = say('elect.allEmpty', { group: s.spec.id })
    return { kind: 'hold', rule: 'elect.allEmpty', said, evidence: evidenceOf(s, null) }
  }
  const why = barred.map((node) => whyNot(s, record, node, true))
  const said = say('elect.barred', { why, group: s.spec.id })
  return { kind: 'hold', rule: 'elect.barred', said, evidence: evidenceOf(s, null) }
}

/** What promoting the best of those who may be may lose: what is known to be gone, or lies with others or with nodes that nobody can compare. */
function lossOfRollCall(s: Situation, record: GroupRecord, best: Answering, here: readonly Answering[]): Said | null {
  // All that the primary was read to hold is not all that it acknowledged since, unless it is here itself or called this one in sync.
  // Of a record that is not verified nobody knows who held what.
  const verified = record.phase !== 'restored'
  const vouched = verified && (best.spec.id === record.primary || keptItsData(record, best) || empty(best))
  const incomplete = vouched && heldBy(s, record, best) === 'all' ? null : say('loss.incomplete', { primary: record.primary })
  const ahead = here.filter((node) => node !== best && !empty(node) && standing(s, node, best) === 'ahead')
  // What nobody is known to hold covers what nobody saw.
  const unseen = incomplete === null ? takenUnseen(s, record, here) : null
  const open = best.spec.id === record.primary || incomplete !== null ? null : takenOpen(s, record, nodeOf(s, record.primary))
  return together([partOf(best), incomplete, unseen, open, heldBack(ahead), blindness(s, record, best, here)])
}

/** After a restore nobody's word of before counts: only everybody's presence does, and the best of them all. Errors: none; a hold is an answer. */
export function electRestored(s: Situation, record: GroupRecord): Election {
  const here = reachable(s, s.memory.loadedAt).filter((node) => !refusesPromotion(s, node))
  return electByRollCall(s, record, here) ?? holdForAbsent(s, record, here)
}

/**
 * Elects from wherever the group is: a live in-sync replica, else the returned primary, else the best of everybody.
 * `since`: when the suspicion began; older readings prove nothing. Errors: none; a hold is an answer.
 */
export function elect(s: Situation, record: GroupRecord, cause: FailoverCause, since: Instant): Election {
  const asked = beingAsked(s, since)
  if (asked.length > 0) {
    const said = say('elect.asking', { nodes: asked.map((node) => node.spec.id) })
    return { kind: 'wait', rule: 'elect.asking', said, evidence: evidenceOf(s, null) }
  }
  // A hung primary is what must be got rid of; the process that took its place is another.
  const hung = (node: Answering): boolean =>
    cause === 'hung' && node.spec.id === record.primary && node.reading.incarnation === record.incarnation
  const able = reachable(s, since).filter((node) => !refusesPromotion(s, node))
  const quick = electInSync(
    s,
    record,
    cause,
    able.filter((node) => !hung(node)),
    since,
  )
  if (quick?.kind === 'candidate') return quick
  // Closed to give way to another that is gone since: it has all its data, and nobody else is known to.
  const gaveWay = ({ reading }: Answering): boolean => isMoving(record) && (reading.role === 'replica' || reading.guard === closedGuard)
  const here = able.filter((node) => !hung(node) || gaveWay(node))
  const slow = electReturned(s, record, here, since) ?? electByRollCall(s, record, here) ?? quick
  if (slow !== null) return slow
  return holdForAbsent(s, record, here)
}

/** Why this node cannot become primary by itself now, in words. */
function whyNot(s: Situation, record: GroupRecord, view: NodeView, here: boolean): Said {
  const node = view.spec.id
  if (refused(view)) return say('whyNot.down', { node })
  if (!answers(view)) return say('whyNot.mute', { node })
  if (!ours(s, view)) return say('whyNot.foreign', { node })
  if (view.reading.loading) return say('whyNot.loading', { node })
  if (!here) return say(refusesPromotion(s, view) ? 'whyNot.refuses' : 'whyNot.asked', { node })
  if (isPart(s, view)) return say('whyNot.partial', { node })
  if (view.spec.priority === 0) return say('whyNot.priority', { node })
  if (inMaintenance(s, view)) return say('whyNot.maintenance', { node, group: s.spec.id })
  if (record.hasData && empty(view)) return say('whyNot.empty', { node })
  if (!record.inSync.some((m) => m.node === node)) return say('whyNot.notInSync', { node })
  if (node !== record.primary) return say('whyNot.restarted', { node })
  return say(heldBy(s, record, view) === 'unknown' ? 'whyNot.snapshot' : 'whyNot.less', { node })
}

function holdForAbsent(s: Situation, record: GroupRecord, here: readonly Answering[]): Election {
  const members = record.inSync.map((m) => m.node)
  const absent = [...s.nodes.values()].filter((node) => !here.some((h) => h.spec.id === node.spec.id)).map((node) => node.spec.id)
  const wait = members.filter((id) => absent.includes(id))
  const why = [...s.nodes.values()].map((node) => whyNot(s, record, node, !absent.includes(node.spec.id)))
  const nodes = wait.length > 0 ? wait : absent
  const said =
    here.length === 0
      ? say('elect.nobodyHere', { why, nodes })
      : say('elect.nobody', { why, nodes, primary: record.primary, group: s.spec.id })
  return {
    kind: 'hold',
    rule: 'elect.nobody',
    said,
    evidence: { ...evidenceOf(s, null), inSync: quote(members), absent: quote(absent) },
  }
}

/** An operator accepts a loss: the best that is here, or the node named, unless it is empty while another is not. */
export function electByOrder(s: Situation, to: NodeId | null): Election {
  // A new group's primary may be named by a person whatever mark it bears: a lost store, another name.
  const since = s.now - s.policy.silentAfterMs
  const here = s.record === null && to !== null ? loaded(s, since) : reachable(s, since)
  // Nobody orders a failover to the primary that lives.
  const living = s.record !== null && verdictOf(s).kind === 'alive' ? s.record.primary : null
  const named = here.filter((node) => (to === null ? node.spec.id !== living && allowed(s, node) : node.spec.id === to))
  const best = bestOf(s, named)
  if (best === null) {
    return {
      kind: 'hold',
      rule: 'elect.order',
      said: to === null ? say('elect.noneByOrder') : say('elect.namedAbsent', { node: to }),
      evidence: evidenceOf(s, null),
    }
  }
  const fuller = here.find((node) => node !== best && !empty(node))
  if (empty(best) && fuller !== undefined) {
    return {
      kind: 'hold',
      rule: 'elect.orderEmpty',
      said: say('elect.orderEmpty', { node: best.spec.id, fuller: fuller.spec.id }),
      evidence: evidenceOf(s, best),
    }
  }
  const behind = here
    .filter((node) => node !== best && ['ahead', 'diverged', 'unknown'].includes(orderOf(s, node, best)))
    .map((node) => node.spec.id)
  const losers = [...new Set([...behind, ...(s.record === null ? [] : [s.record.primary])])].filter((id) => id !== best.spec.id)
  return {
    kind: 'candidate',
    rule: 'elect.order',
    node: best.spec.id,
    reading: best.reading,
    said: say(to === null ? 'elect.orderBest' : 'elect.orderNamed', { node: best.spec.id }),
    risk: together([partOf(best), losers.length === 0 ? null : say('loss.discarded', { nodes: losers, node: best.spec.id })]),
    evidence: evidenceOf(s, best),
  }
}

/** Each node's offset and mark, and who was chosen, flat for people. */
function evidenceOf(s: Situation, best: NodeView | null): Evidence {
  const evidence: Record<string, string | number | boolean | null> = { candidate: best?.spec.id ?? null, watched: deathWatched(s) }
  for (const node of s.nodes.values()) {
    const { position, mark } = node.reading ?? {}
    evidence[`offset ${node.spec.id}`] = position?.kind === 'stream' ? position.offset : null
    evidence[`mark ${node.spec.id}`] = mark === null || mark === undefined ? null : `${mark.epoch}.${mark.seq}`
  }
  return evidence
}
