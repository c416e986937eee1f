// What the situation of a group's primary is called. It gets its name before anything is done about it.
import { formatAddress, sameAddress } from './address.ts'
import { claimMs, closedGuard, flapSilenceFactor, handoverGraceMs, nowhere, proveAgainMs, proveWithinMs, relinkMs } from './limits.ts'
import type { Address, Evidence, Instant, NodeId } from './model.ts'
import { type NodeView, answers, follows, freshSince, quietSince, refused, unheard } from './observe.ts'
import { type Situation, isBeingAsked, keptItsData, nodeOf, others, ours } from './situation.ts'

export type Verdict =
  /** Nothing known yet. Unknown is not down. */
  | { readonly kind: 'unheard'; readonly evidence: Evidence }
  | { readonly kind: 'alive'; readonly evidence: Evidence }
  /** Something is wrong; evidence is still coming in. */
  | { readonly kind: 'suspect'; readonly evidence: Evidence }
  /** It answers, but what it says is no reading: alive. */
  | { readonly kind: 'unreadable'; readonly code: string; readonly message: string; readonly evidence: Evidence }
  /** We cannot even ask. Our trouble, not the node's. */
  | { readonly kind: 'unasked'; readonly message: string; readonly evidence: Evidence }
  /** We cannot reach it, a replica can. `elsewhere`: at an address that the spec does not name, so that is where it lives. */
  | { readonly kind: 'contested'; readonly witness: NodeId; readonly elsewhere: string | null; readonly evidence: Evidence }
  /** Silent, and these replicas claim a link that they have not proven. `again`: not lately. `pending`: another's proof is under way. */
  | {
      readonly kind: 'unproven'
      readonly ask: readonly NodeId[]
      readonly again: boolean
      readonly pending: boolean
      readonly evidence: Evidence
    }
  /** Silent, but so are most hosts: rather our own fault. */
  | { readonly kind: 'self-suspect'; readonly evidence: Evidence }
  /** Gone, as far as is known. `asking`: a replica of it is only being asked again, and what it says may change that. */
  | { readonly kind: 'dead' | 'silent'; readonly asking: boolean; readonly evidence: Evidence }
  /** Another process at its address. */
  | { readonly kind: 'restarted'; readonly evidence: Evidence }
  /** The same process, but no longer a primary. */
  | { readonly kind: 'not primary'; readonly evidence: Evidence }
  | { readonly kind: 'hung'; readonly why: string; readonly evidence: Evidence }
  | { readonly kind: 'shutting down'; readonly evidence: Evidence }

type Testimony = { readonly node: NodeId; readonly says: 'down' | 'pending' | 'ask' | 'again' | 'link' | 'advance' }

/**
 * What one replica of the primary can say about it.
 * Why it is asked to prove: the age of a link is no witness (a frozen primary's replica says `up` for a minute).
 * Source: docs/protocol.md, M2, M3, A4.
 */
function testimonyOf(s: Situation, replica: NodeView, suspectedAt: number, byRefusal: boolean): Testimony | null {
  const node = replica.spec.id
  if (!answers(replica)) return null
  if (!freshSince(replica, suspectedAt)) return s.now - suspectedAt < s.policy.silentAfterMs ? { node, says: 'pending' } : null
  if (!s.can.canProveLink) return { node, says: signOfLife(s, replica, suspectedAt) }
  const proof = replica.proof !== null && replica.proof.since >= suspectedAt ? replica.proof : null
  const moved =
    replica.advancedAfter !== null && s.now - roseAt(replica, replica.advancedAfter) < (byRefusal ? claimMs : s.policy.silentAfterMs)
  if (!replica.reading.upstream?.linkUp) {
    // Whatever cut the connections of a living primary, its replica is making a new one.
    if (proof === null) return { node, says: replica.askedAt - (replica.unlinkedSince ?? -Infinity) >= relinkMs ? 'down' : 'pending' }
    return { node, says: proof.done !== null && replica.askedAt >= proof.done + proveWithinMs ? 'down' : 'pending' }
  }
  if (moved) return { node, says: 'advance' }
  if (byRefusal && s.now - suspectedAt < claimMs) return { node, says: 'link' }
  if (proof === null) return { node, says: 'ask' }
  if (proof.done === null || replica.askedAt < proof.done) return { node, says: 'pending' }
  return { node, says: s.now - proof.done < proveAgainMs ? 'link' : 'again' }
}

/** Our own pauses since are not counted: while we stood still it may have risen again and again, and was not asked. */
function roseAt({ stoodSinceRiseMs }: NodeView, after: Instant): Instant {
  return after + stoodSinceRiseMs
}

/**
 * Where a link claims to be up for as long as it likes, only a position that rose since then speaks for the primary (docs/pika.md, P6).
 * What was on its way when the primary died is applied within moments, so the last word is waited for: one that was asked for when the time was over.
 */
function signOfLife(s: Situation, replica: NodeView, suspectedAt: number): Testimony['says'] {
  if (!replica.reading?.upstream?.linkUp) return 'down'
  const after = replica.advancedAfter
  const rose = after !== null && after >= suspectedAt ? roseAt(replica, after) : null
  if (rose !== null && s.now - rose < s.policy.silentAfterMs) return 'advance'
  return replica.askedAt - (rose ?? suspectedAt) < s.policy.silentAfterMs ? 'pending' : 'down'
}

/**
 * Where an in-sync replica is fed in the very history of the record, when no node of the spec has that address: the recorded primary lives there,
 * and the spec calls another place by its name. Null when it is not.
 */
function fedElsewhere(s: Situation, node: NodeView): Address | null {
  const { reading } = node
  const upstream = reading?.upstream ?? null
  if (s.record === null || reading === null || upstream === null || sameAddress(upstream, nowhere)) return null
  if ([...s.nodes.values()].some((one) => sameAddress(one.spec, upstream))) return null
  const { position } = reading
  const same = position.kind === 'stream' && position.replid === s.record.lineage.at(-1)?.replid
  return same && keptItsData(s.record, node) ? upstream : null
}

/** It is fed by the recorded primary, wherever that lives. */
export function feedsOn(s: Situation, node: NodeView, primary: NodeView): boolean {
  return follows(node, primary.spec) || fedElsewhere(s, node) !== null
}

/** The verdict by its replicas' testimony on the recorded primary, which itself is silent, refuses, or is not at its address. */
function verdictOfLost(s: Situation, primary: NodeView, facts: Evidence, kind: 'dead' | 'silent' | 'restarted'): Verdict {
  const byRefusal = kind === 'dead'
  // Whom another process feeds at its address says nothing of it.
  const isOther = answers(primary)
  const suspectedAt = (isOther ? primary.firstAskedAt : primary.failingSince) ?? s.now
  const direct = others(s, primary.spec.id).filter((node) => (isOther ? fedElsewhere(s, node) !== null : feedsOn(s, node, primary)))
  const testimonies = direct.flatMap((node) => testimonyOf(s, node, suspectedAt, byRefusal) ?? [])
  const said = (...kinds: Testimony['says'][]): NodeId[] => testimonies.filter((t) => kinds.includes(t.says)).map((t) => t.node)
  const evidence: Evidence = {
    ...facts,
    linkDownAt: said('down').join(' ') || null,
    linkUpAt: said('link', 'advance').join(' ') || null,
    votes: '1 of 1',
  }
  const witness = testimonies.find((t) => t.says === 'link' || t.says === 'advance')
  if (witness !== undefined) {
    const address = fedElsewhere(s, nodeOf(s, witness.node))
    const elsewhere = address === null ? null : formatAddress(address)
    return { kind: 'contested', witness: witness.node, elsewhere, evidence: elsewhere === null ? evidence : { ...evidence, elsewhere } }
  }
  const ask = said('ask', 'again')
  const asking = direct.some((node) => isBeingAsked(s, node, suspectedAt))
  const pending = said('pending').length > 0
  if (ask.length > 0) return { kind: 'unproven', ask, again: said('ask').length === 0, pending: pending || asking, evidence }
  if (pending) return { kind: 'suspect', evidence }
  return { kind, asking, evidence }
}

/** Some replica knows the recorded primary at an address that is not the spec's: what happens there says nothing of it. */
function livesElsewhere(s: Situation, primary: NodeView): boolean {
  return others(s, primary.spec.id).some((node) => fedElsewhere(s, node) !== null)
}

/** Another process at its address: it was restarted, or the address is not its own. */
function verdictOfOther(s: Situation, primary: NodeView, facts: Evidence): Verdict {
  if (!livesElsewhere(s, primary)) return { kind: 'restarted', evidence: facts }
  // A stranger there is no sign that the recorded process ended.
  if (!ours(s, primary)) return verdictOfSilence(s, primary, facts, quietMs(s, primary.firstAskedAt))
  // Where the same history goes on under the same name after a restart, only a stranger shows that the address is wrong.
  return s.can.namesHistories ? verdictOfLost(s, primary, facts, 'restarted') : { kind: 'restarted', evidence: facts }
}

function verdictOfFailing(s: Situation, primary: NodeView): Verdict {
  const { failure } = primary
  const quiet = quietMs(s, quietSince(primary))
  const facts: Evidence = { primary: primary.spec.id, failure: failure?.kind ?? null, quietMs: Math.round(quiet) }
  if (failure?.kind === 'answered') {
    return { kind: 'unreadable', code: failure.code, message: failure.message, evidence: { ...facts, code: failure.code } }
  }
  if (failure?.kind === 'unasked') return { kind: 'unasked', message: failure.message, evidence: { ...facts, code: failure.code } }
  if (refused(primary) && !livesElsewhere(s, primary)) return verdictOfLost(s, primary, facts, 'dead')
  return verdictOfSilence(s, primary, facts, quiet)
}

function quietMs(s: Situation, since: Instant | null): number {
  return s.now - Math.max(since ?? s.now, s.memory.namedAt)
}

/** Nothing was heard of the recorded process for so long. */
function verdictOfSilence(s: Situation, primary: NodeView, facts: Evidence, quiet: number): Verdict {
  const silenceMs = s.policy.silentAfterMs * (flapping(s) ? flapSilenceFactor : 1)
  // We stood still just now: what waited for us was read, and what is asked since has not had its time.
  if (quiet < silenceMs || s.now < s.memory.judgesFrom) return { kind: 'suspect', evidence: { ...facts, silentAfterMs: silenceMs } }
  if (s.memory.frozen !== null) return { kind: 'self-suspect', evidence: { ...facts, ...s.memory.frozen } }
  return verdictOfLost(s, primary, { ...facts, silentAfterMs: silenceMs }, 'silent')
}

/** Too many forced failovers lately: silence must last longer. Never blocks a death that is proven. */
export function flapping(s: Situation): boolean {
  const recent = s.record?.failovers.filter((at) => s.wall - at < s.policy.flapWindowMs) ?? []
  return recent.length >= s.policy.flapFailovers
}

/** Why the primary's writes fail although it answers and is open; null when they do not. */
export function writeTrouble(s: Situation, primary: NodeView): string | null {
  const { canary } = s.memory
  if (primary.reading?.writeProblem) return primary.reading.writeProblem
  // A closed one is sent no marks: it is opened first, and then written to.
  if (primary.reading?.guard === closedGuard) return null
  if (canary.problem !== null) return canary.problem
  // It answered a question that left when the write was overdue already: what came while we stood still ourselves says nothing.
  if (canary.inFlight !== null && !canary.inFlight.unheard && primary.askedAt - canary.inFlight.since >= s.policy.canaryTimeoutMs) {
    return `a write was not answered within ${s.policy.canaryTimeoutMs} ms although the node answers questions`
  }
  return null
}

/** Its writes are not answered, and a pause of ours whose outcome nobody learned may be the reason. */
export function latePause(s: Situation, primary: NodeView): boolean {
  const { canary, pauseInDoubt } = s.memory
  const unanswered = canary.problem?.startsWith('SILENT') ?? canary.inFlight !== null
  const noOther = primary.reading?.writeProblem === null && writeTrouble(s, primary) !== null
  return pauseInDoubt === 'open' && unanswered && noOther
}

/** Names the situation of the recorded primary. Pure; errors: none. */
export function verdictOf(s: Situation): Verdict {
  if (s.record === null) return { kind: 'unheard', evidence: {} }
  const primary = nodeOf(s, s.record.primary)
  const facts: Evidence = { primary: primary.spec.id }
  if (unheard(primary)) return { kind: 'unheard', evidence: facts }
  if (!answers(primary)) return verdictOfFailing(s, primary)
  const { reading } = primary
  if (reading.incarnation !== s.record.incarnation) {
    const [process, recorded] = [reading.incarnation.slice(0, 8), s.record.incarnation.slice(0, 8)]
    return verdictOfOther(s, primary, { ...facts, process, recorded })
  }
  if (reading.role !== 'primary') {
    const upstream = reading.upstream
    return { kind: 'not primary', evidence: { ...facts, follows: upstream === null ? null : `${upstream.host}:${upstream.port}` } }
  }
  if (reading.shuttingDown) return { kind: 'shutting down', evidence: facts }
  const trouble = writeTrouble(s, primary)
  if (trouble !== null && s.record.phase === 'steady') return { kind: 'hung', why: trouble, evidence: { ...facts, writes: trouble } }
  return { kind: 'alive', evidence: facts }
}

/** The primary is gone for good as far as this process can know: somebody must be elected. */
export function lost(verdict: Verdict): verdict is Extract<Verdict, { kind: 'dead' | 'silent' | 'restarted' | 'not primary' }> {
  return verdict.kind === 'dead' || verdict.kind === 'silent' || verdict.kind === 'restarted' || verdict.kind === 'not primary'
}

/** An operator may be in the middle of moving the primary by hand. */
export function handoverGrace(s: Situation): boolean {
  return s.memory.lostAt !== null && s.now - s.memory.lostAt < handoverGraceMs
}
