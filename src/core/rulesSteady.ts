// A group whose record names its primary and nothing is under way.
import { doubts } from './copies.ts'
import { flapping, handoverGrace, latePause, lost, type Verdict } from './diagnose.ts'
import { resolvedRule } from './doubt.ts'
import { amended, failover, floored, moved, rerooted } from './draft.ts'
import { type Election, elect, electByOrder } from './elect.ts'
import { elsewhere, foreignUpstream, ledToUnheard, movedTo } from './handMove.ts'
import { knowsMore } from './holdings.ts'
import { guardToSet, toGrow, toShrink } from './inSync.ts'
import { closedGuard, guardWanted, halfClosedGuard } from './limits.ts'
import type { FailoverCause } from './model.ts'
import { type NodeView, answers, freshSince, refuses, troubleOf } from './observe.ts'
import { bootFenceRules, fencedRule, unfencedRule } from './rulesFile.ts'
import { beginSwitchover, plannedRules } from './rulesPlanned.ts'
import { outdatedRule } from './rulesRestored.ts'
import { type Case, type Decision, type Rule, type Step, act, hold, rest as resting, save, wait } from './rule.ts'
import { type Said, say } from './said.ts'
import { nodeOf, paused, quote } from './situation.ts'

const alive = (c: Case): boolean => c.verdict.kind === 'alive'

/** Since when the primary is suspected; readings from before say nothing. */
export function suspectedAt(c: Case): number {
  if (c.verdict.kind === 'hung') return c.s.now - c.s.policy.silentAfterMs
  return c.primary.failingSince ?? c.s.memory.lostAt ?? c.s.now
}

const causes: Partial<Record<Verdict['kind'], FailoverCause>> = {
  dead: 'dead',
  silent: 'silent',
  restarted: 'restarted',
  'not primary': 'no primary',
  hung: 'hung',
  'shutting down': 'dead',
}

const situations = {
  dead: 'lost.dead',
  silent: 'lost.silent',
  restarted: 'lost.restarted',
  'not primary': 'lost.notPrimary',
} as const

const orderedBy = (c: Case): Said => say('steady.orderedBy', { by: c.s.memory.order?.by ?? null })

/** Elects and writes the intent, or says for whom the group waits. */
export function electNow(c: Case): Decision {
  const { s, record, verdict, primary } = c
  const cause = causes[verdict.kind] ?? 'dead'
  const election = elect(s, record, cause, suspectedAt(c))
  const situation = lost(verdict) ? situations[verdict.kind] : 'lost.lost'
  // Somebody else answers for a silent one.
  const lead = say(verdict.kind === 'silent' && answers(primary) ? 'lost.stranger' : situation, { primary: primary.spec.id })
  return { rule: election.rule, step: stepOf(c, election, cause, lead) }
}

function stepOf(c: Case, election: Election, cause: FailoverCause, lead: Said): Step {
  const evidence = { ...c.verdict.evidence, ...election.evidence }
  const why = election.said
  if (election.kind === 'wait') return wait(say('lost.elects', { lead, why }), evidence)
  if (election.kind === 'hold') return hold(say('lost.elects', { lead, why }), evidence)
  const code = election.node === c.record.primary ? 'lost.reopen' : 'lost.promote'
  const said = say(code, { lead, node: election.node, why, risk: election.risk })
  return save(said, failover(c.s, c.record, election, cause), evidence)
}

/** Nobody can be promoted, and whoever else is here was waited for. */
export const floorRule: Rule<Case> = {
  id: 'steady.floor',
  why: 'nobody can be promoted yet, and only this process knows how far the primary was read: whoever goes on later must not take less for all',
  gives: 'save -> steady',
  when: (c) => {
    const { memory, now, policy } = c.s
    if (!lost(c.verdict) || c.verdict.kind === 'not primary' || !knowsMore(c.s, c.record)) return false
    return now - (memory.lostAt ?? now) >= policy.betterCandidateMs && electNow(c).step.kind === 'hold'
  },
  then: (c) => {
    const record = floored(c.s, c.record)
    return save(say('steady.floor', { primary: c.record.primary }), record, { offset: record.floor?.offset ?? null })
  },
}

// --------------------------------------------------------------------------------------------- the rows

/** Before anything about the primary. */
const beforehand: readonly Rule<Case>[] = [
  {
    id: 'steady.orderFailover',
    why: 'an operator accepts the loss; what a person decides is not refused for caution',
    gives: 'save -> failover',
    when: (c) => c.s.memory.order?.name === 'failover',
    then: (c) => stepOf(c, electByOrder(c.s, c.s.memory.order?.to ?? null), 'operator', orderedBy(c)),
  },
  {
    id: 'steady.orderSwitchover',
    why: 'an operator moves the primary in a planned way',
    gives: 'save -> switchover',
    when: (c) => c.s.memory.order?.name === 'switchover',
    then: (c) => beginSwitchover(c, c.s.memory.order?.to ?? null, orderedBy(c)),
  },
  outdatedRule,
  ...doubts,
  unfencedRule,
]

export const proveRule: Rule<Case> = {
  id: 'steady.prove',
  why: 'a link that only claims to be up may belong to a frozen primary: the replica drops it and must make it again',
  gives: 'act proveLink',
  when: (c) => c.verdict.kind === 'unproven',
  then: (c) => {
    const [ask, again] = c.verdict.kind === 'unproven' ? [c.verdict.ask, c.verdict.again] : [[], false]
    const said = say('steady.prove', { primary: c.primary.spec.id, nodes: ask })
    const step = act(
      said,
      ask.map((node) => ({ node, action: { name: 'proveLink' } })),
      c.verdict.evidence,
    )
    return { ...step, again }
  },
}

const waits: readonly Rule<Case>[] = [
  {
    id: 'steady.paused',
    why: 'an operator paused the group: it is watched and nothing is changed, whatever happens',
    gives: 'hold',
    when: (c) => paused(c.s) && !alive(c),
    then: (c) =>
      hold(
        say('steady.paused', {
          by: c.s.spec.pause?.by ?? '',
          why: c.s.spec.pause?.why ?? '',
          verdict: c.verdict.kind,
          group: c.s.spec.id,
        }),
        c.verdict.evidence,
      ),
  },
  {
    id: 'steady.unheard',
    why: 'a controller that has just started has heard nobody; it must wait, not fail over',
    gives: 'wait',
    when: (c) => c.verdict.kind === 'unheard',
    then: (c) => wait(say('steady.unheard', { primary: c.primary.spec.id }), c.verdict.evidence),
  },
  {
    id: 'steady.suspect',
    why: 'one missing answer is no death; the node and its replicas are asked at once and again',
    gives: 'wait',
    when: (c) => c.verdict.kind === 'suspect',
    then: (c) =>
      wait(
        flapping(c.s)
          ? say('steady.suspectFlapping', {
              primary: c.primary.spec.id,
              failovers: c.s.policy.flapFailovers,
              minutes: c.s.policy.flapWindowMs / 60_000,
            })
          : say('steady.suspect', { primary: c.primary.spec.id }),
        { primary: c.primary.spec.id, failure: c.primary.failure?.kind ?? null },
      ),
  },
  {
    id: 'steady.unreadable',
    why: 'an error is an answer: the node lives, and a verdict needs more than our not being allowed to look',
    gives: 'hold',
    when: (c) => c.verdict.kind === 'unreadable',
    then: (c) => {
      const [error, message] = c.verdict.kind === 'unreadable' ? [c.verdict.code, c.verdict.message] : ['', '']
      return hold(say('steady.unreadable', { primary: c.primary.spec.id, error, message }), c.verdict.evidence)
    },
  },
  {
    id: 'steady.unasked',
    why: 'when we cannot even ask, the trouble is ours',
    gives: 'hold',
    when: (c) => c.verdict.kind === 'unasked',
    then: (c) => {
      const message = c.verdict.kind === 'unasked' ? c.verdict.message : ''
      return hold(say('steady.unasked', { primary: c.primary.spec.id, message }), c.verdict.evidence)
    },
  },
  {
    id: 'steady.selfSuspect',
    why: 'when most hosts fall silent at once it is rather our own network than theirs',
    gives: 'hold',
    when: (c) => c.verdict.kind === 'self-suspect',
    then: (c) => hold(say('steady.selfSuspect', { primary: c.primary.spec.id }), c.verdict.evidence),
  },
  {
    id: 'steady.elsewhere',
    why: 'the spec gives the primary an address that is not its own: it lives where its replicas are fed, and replacing it would leave it to its clients',
    gives: 'hold',
    when: (c) => elsewhere(c) !== null,
    then: (c) => hold(elsewhere(c) ?? say('steady.suspect', { primary: c.primary.spec.id }), c.verdict.evidence),
  },
  {
    id: 'steady.contested',
    why: 'we cannot reach the primary but a replica can: it lives, and its clients may too',
    gives: 'hold',
    when: (c) => c.verdict.kind === 'contested',
    then: (c) =>
      hold(say('steady.contested', { primary: c.primary.spec.id, failure: c.primary.failure?.kind ?? null }), c.verdict.evidence),
  },
  {
    id: 'steady.unprovable',
    why: 'a replica that we cannot make prove its link gives no testimony either way',
    gives: 'hold',
    when: (c) => unprovable(c).length > 0,
    then: (c) => {
      const why = unprovable(c).map((node) =>
        say('steady.unprovableNode', { node: node.spec.id, message: troubleOf(node, 'proveLink')?.message ?? '' }),
      )
      return hold(say('steady.unprovable', { primary: c.primary.spec.id, why }), c.verdict.evidence)
    },
  },
  proveRule,
]

const losses: readonly Rule<Case>[] = [
  {
    id: 'steady.moved',
    why: 'an operator moved the primary by hand and every node agrees: the record follows',
    gives: 'save -> steady',
    when: (c) => movedTo(c, suspectedAt(c)) !== null,
    then: (c) => {
      const to = movedTo(c, suspectedAt(c))
      if (to === null) return hold(say('new.nobody'))
      const { id: primary } = to.spec
      return save(say(c.s.can.namesHistories ? 'steady.moved' : 'steady.movedInDoubt', { primary }), moved(c.s, primary, to.reading), {
        primary,
      })
    },
  },
  {
    id: 'steady.foreignUpstream',
    why: 'somebody attached the primary to a node outside the group; undoing that could be wrong',
    gives: 'hold',
    when: (c) => foreignUpstream(c) !== null,
    then: (c) =>
      hold(
        say('steady.foreignUpstream', { primary: c.primary.spec.id, address: foreignUpstream(c) ?? '', group: c.s.spec.id }),
        c.verdict.evidence,
      ),
  },
  {
    id: 'steady.handover',
    why: 'moving a primary by hand takes two commands; between them the group looks broken and is not; nor before the new one was asked',
    gives: 'wait',
    when: (c) => (c.verdict.kind === 'not primary' && handoverGrace(c.s)) || ledToUnheard(c),
    then: (c) => wait(say('steady.handover', { primary: c.primary.spec.id }), c.verdict.evidence),
  },
  floorRule,
  {
    id: 'steady.lost',
    why: 'the recorded primary is gone: elect from wherever the group is',
    gives: 'save -> failover, or hold',
    when: (c) => lost(c.verdict),
    then: electNow,
  },
  {
    id: 'steady.shuttingDown',
    why: 'it says that it is going: move now, while it can still hand over',
    gives: 'save -> switchover',
    when: (c) => c.verdict.kind === 'shutting down',
    then: (c) => beginSwitchover(c, null, say('steady.shuttingDown', { primary: c.primary.spec.id })),
  },
  {
    id: 'steady.latePause',
    why: 'a write pause of ours that nobody saw arrive may have arrived late: it is lifted before unanswered writes count against the primary',
    gives: 'act resumeWrites',
    when: (c) => c.verdict.kind === 'hung' && latePause(c.s, c.primary) && !refuses(c.primary, 'resumeWrites', c.s.now),
    then: (c) =>
      act(say('steady.latePause', { primary: c.primary.spec.id }), [{ node: c.primary.spec.id, action: { name: 'resumeWrites' } }]),
  },
  {
    id: 'steady.hungForced',
    why: 'it answers, its writes fail and it could not hand over: replace it by force',
    gives: 'save -> failover',
    when: (c) => c.verdict.kind === 'hung' && c.s.memory.abortedAt !== null && c.s.now - c.s.memory.abortedAt < 60_000,
    then: electNow,
  },
  {
    id: 'steady.hung',
    why: 'it answers but its writes do not end: hand over in a planned way first, nothing is lost then',
    gives: 'save -> switchover',
    when: (c) => c.verdict.kind === 'hung',
    then: (c) => {
      const why = c.verdict.kind === 'hung' ? c.verdict.why : ''
      return beginSwitchover(c, null, say('steady.hung', { primary: c.primary.spec.id, why }))
    },
  },
]

const upkeep: readonly Rule<Case>[] = [
  {
    id: 'steady.stale',
    why: 'after an action the node is asked again before anything else is decided about it',
    gives: 'rest',
    when: (c) => !freshSince(c.primary, c.s.memory.loadedAt),
    then: (c) => resting(say('steady.stale', { primary: c.primary.spec.id })),
  },
  {
    id: 'steady.resumeWrites',
    why: 'a switchover was given up, by us or by a controller before us: writes that it paused shall not wait for the pause to end by itself',
    gives: 'act resumeWrites',
    when: (c) => c.s.can.canPauseWrites && pauseLeft(c) && !refuses(c.primary, 'resumeWrites', c.s.now),
    then: (c) =>
      act(say('steady.resumeWrites', { primary: c.primary.spec.id }), [{ node: c.primary.spec.id, action: { name: 'resumeWrites' } }]),
  },
  fencedRule,
  {
    id: 'steady.rerooted',
    why: 'the primary has a new replication id: the lineage must know it, or its replicas look like strangers',
    gives: 'save -> steady',
    when: (c) => {
      const position = c.primary.reading?.position
      return c.s.can.namesHistories && position?.kind === 'stream' && position.replid !== c.record.lineage.at(-1)?.replid
    },
    then: (c) => {
      const lineage = c.primary.reading === null ? c.record.lineage : rerooted(c.s, c.record, c.primary.reading)
      return save(say('steady.rerooted', { primary: c.primary.spec.id }), amended(c.s, c.record, { lineage }))
    },
  },
  {
    id: 'steady.shrink',
    why: 'the primary itself says that a replica is not keeping up: it must not be promoted until it has caught up again',
    gives: 'save -> steady',
    when: (c) => toShrink(c).length > 0,
    then: (c) => {
      const out = toShrink(c).map((m) => m.node)
      const inSync = c.record.inSync.filter((m) => !out.includes(m.node))
      return save(say('steady.shrink', { primary: c.primary.spec.id, out }), amended(c.s, c.record, { inSync }), {
        out: quote(out),
        inSync: quote(inSync.map((m) => m.node)),
      })
    },
  },
  {
    id: 'steady.relax',
    why: 'no replica is left in sync, so a guard would only refuse every write; policy `guard: on` would rather refuse',
    gives: 'save -> steady',
    when: (c) => guardWanted(c.s.spec, c.s.policy, c.record) < c.record.guard,
    then: (c) =>
      save(
        say('steady.relax', { primary: c.primary.spec.id }),
        amended(c.s, c.record, { guard: guardWanted(c.s.spec, c.s.policy, c.record) }),
      ),
  },
  {
    id: 'steady.open',
    why: 'the record names this process as the primary: let it write, with the guard that is recorded or being tightened',
    gives: 'act open',
    when: (c) =>
      c.s.memory.tuned !== c.record.incarnation ||
      (c.s.can.canClose && (c.primary.reading?.guard === closedGuard || c.primary.reading?.guard === halfClosedGuard)) ||
      (c.s.can.canGuard && c.primary.reading?.guard !== guardToSet(c) && c.primary.reading?.guard !== c.record.guard),
    then: (c) =>
      act(
        say('steady.open', { primary: c.primary.spec.id }),
        [{ node: c.primary.spec.id, action: { name: 'open', guard: guardToSet(c), bootFenced: c.record.fenced } }],
        { guard: guardToSet(c) },
      ),
  },
  ...bootFenceRules,
  {
    id: 'steady.hasData',
    why: 'from now on an empty node is known to lack data',
    gives: 'save -> steady',
    when: (c) => !c.record.hasData && (c.primary.reading?.keys ?? 0) > 0,
    then: (c) => save(say('steady.hasData'), amended(c.s, c.record, { hasData: true })),
  },
  {
    id: 'steady.tighten',
    why: 'the guard is on the node before the record counts on it',
    gives: 'act guard',
    when: (c) => c.s.can.canGuard && guardToSet(c) > (c.primary.reading?.guard ?? 0),
    then: (c) =>
      act(say('steady.tighten', { primary: c.primary.spec.id, guard: guardToSet(c) }), [
        { node: c.primary.spec.id, action: { name: 'guard', guard: guardToSet(c) } },
      ]),
  },
  {
    id: 'steady.guarded',
    why: 'the node was read back with its guard: now the record may count on it',
    gives: 'save -> steady',
    when: (c) =>
      guardWanted(c.s.spec, c.s.policy, c.record) > c.record.guard &&
      guardToSet(c) > c.record.guard &&
      c.primary.reading?.guard === guardToSet(c),
    then: (c) =>
      save(say('steady.guarded', { primary: c.primary.spec.id }), amended(c.s, c.record, { guard: guardToSet(c) }), {
        guard: guardToSet(c),
      }),
  },
  resolvedRule,
  {
    id: 'steady.grow',
    why: 'a replica acknowledged what the primary had after the link was up: it lacks nothing and may be promoted',
    gives: 'save -> steady',
    when: (c) => toGrow(c).length > 0 && (!c.s.can.canGuard || (c.primary.reading?.guard ?? 0) >= guardToSet(c)),
    then: (c) => {
      const added = toGrow(c)
      const guard = guardToSet(c)
      const inSync = [...c.record.inSync, ...added]
      return save(say('steady.grow', { nodes: added.map((m) => m.node) }), amended(c.s, c.record, { inSync, guard }), {
        inSync: quote(inSync.map((m) => m.node)),
        guard,
      })
    },
  },
]

const rest: readonly Rule<Case>[] = [
  {
    id: 'steady.healthy',
    why: 'all is as it should be',
    gives: 'rest',
    when: () => true,
    then: (c) => resting(say('steady.healthy', { primary: c.primary.spec.id, epoch: c.record.epoch })),
  },
]

/** A switchover was given up since the writes were last told to go on, or this very process was paused and is the primary again. */
function pauseLeft(c: Case): boolean {
  const { abortedAt, writesResumedAt } = c.s.memory
  return c.primary.paused === c.record.incarnation || (abortedAt !== null && (writesResumedAt === null || writesResumedAt < abortedAt))
}

/** Replicas that claim a link and refuse to be made to prove it, when nobody else's proof is waited for. */
export function unprovable(c: Case): NodeView[] {
  if (c.verdict.kind !== 'unproven' || c.verdict.pending) return []
  const asked = c.verdict.ask.map((id) => nodeOf(c.s, id))
  return asked.every((node) => refuses(node, 'proveLink', c.s.now)) ? asked : []
}

export const steadyRules: readonly Rule<Case>[] = [...beforehand, ...waits, ...losses, ...upkeep, ...plannedRules, ...rest]
