// A group whose record names its primary and nothing is under way.
import { flapping, handoverGrace, latePause, lost, type Verdict } from './diagnose.ts'
import { adopted, amended, failover, newestEpoch, rerooted } from './draft.ts'
import { type Election, elect, electByOrder } from './elect.ts'
import { foreignUpstream, movedTo } from './handMove.ts'
import { guardToSet, toGrow, toShrink } from './inSync.ts'
import { closedGuard, guardWanted } from './limits.ts'
import type { FailoverCause } from './model.ts'
import { type NodeView, freshSince, refuses, troubleOf } from './observe.ts'
import { beginSwitchover, plannedRules } from './rulesPlanned.ts'
import { type Case, type Decision, type Rule, type Step, act, hold, riskOf, save, wait } from './rule.ts'
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

const situations: Partial<Record<Verdict['kind'], string>> = {
  dead: 'refuses connections and no replica has a link to it',
  silent: 'has been silent too long and no replica can prove a link to it',
  restarted: 'is another process than the recorded one',
  'not primary': 'is no longer a primary',
}

/** Elects and writes the intent, or says for whom the group waits. */
export function electNow(c: Case): Decision {
  const { s, record, verdict, primary } = c
  const cause = causes[verdict.kind] ?? 'dead'
  const election = elect(s, record, cause, suspectedAt(c))
  const lead = `${primary.spec.id} ${situations[verdict.kind] ?? 'is lost'}`
  return { rule: election.rule, step: stepOf(c, election, cause, lead) }
}

function stepOf(c: Case, election: Election, cause: FailoverCause, lead: string): Step {
  const evidence = { ...c.verdict.evidence, ...election.evidence }
  if (election.kind === 'wait') return wait(`${lead}; ${election.sentence}`, evidence)
  if (election.kind === 'hold') return hold(`${lead}; ${election.sentence}`, evidence)
  const verb = election.node === c.record.primary ? 're-open' : 'promote'
  return save(
    `${lead}; ${verb} ${election.node}: ${election.sentence}${riskOf(election.loss)}`,
    failover(c.s, c.record, election, cause),
    evidence,
  )
}

// --------------------------------------------------------------------------------------------- the rows

const orders: readonly Rule<Case>[] = [
  {
    id: 'steady.orderFailover',
    why: 'an operator accepts the loss; what a person decides is not refused for caution',
    gives: 'save -> failover',
    when: (c) => c.s.memory.order?.name === 'failover',
    then: (c) =>
      stepOf(c, electByOrder(c.s, c.s.memory.order?.to ?? null), 'operator', `ordered by ${c.s.memory.order?.by ?? 'an operator'}`),
  },
  {
    id: 'steady.orderSwitchover',
    why: 'an operator moves the primary in a planned way',
    gives: 'save -> switchover',
    when: (c) => c.s.memory.order?.name === 'switchover',
    then: (c) => beginSwitchover(c, c.s.memory.order?.to ?? null, `ordered by ${c.s.memory.order?.by ?? 'an operator'}`),
  },
  {
    id: 'steady.paused',
    why: 'an operator paused the group: it is watched and nothing is changed, whatever happens',
    gives: 'hold',
    when: (c) => paused(c.s) && !alive(c),
    then: (c) =>
      hold(
        `paused by ${c.s.spec.pause?.by} (${c.s.spec.pause?.why}); the primary is ${c.verdict.kind}. \`regroup resume ${c.s.spec.id}\` lets it act`,
        c.verdict.evidence,
      ),
  },
]

const waits: readonly Rule<Case>[] = [
  {
    id: 'steady.unheard',
    why: 'a controller that has just started has heard nobody; it must wait, not fail over',
    gives: 'wait',
    when: (c) => c.verdict.kind === 'unheard',
    then: (c) => wait(`${c.primary.spec.id} has not been heard yet`, c.verdict.evidence),
  },
  {
    id: 'steady.suspect',
    why: 'one missing answer is no death; the node and its replicas are asked at once and again',
    gives: 'wait',
    when: (c) => c.verdict.kind === 'suspect',
    then: (c) =>
      wait(
        flapping(c.s)
          ? `${c.primary.spec.id} does not answer; ${c.s.policy.flapFailovers} failovers within ${c.s.policy.flapWindowMs / 60_000} min, so silence must last longer before it counts`
          : `${c.primary.spec.id} does not answer; gathering evidence`,
        { primary: c.primary.spec.id, failure: c.primary.failure?.kind ?? null },
      ),
  },
  {
    id: 'steady.unreadable',
    why: 'an error is an answer: the node lives, and a verdict needs more than our not being allowed to look',
    gives: 'hold',
    when: (c) => c.verdict.kind === 'unreadable',
    then: (c) => {
      const [code, message] = c.verdict.kind === 'unreadable' ? [c.verdict.code, c.verdict.message] : ['', '']
      return hold(
        `${c.primary.spec.id} is alive but answers ${code}: ${message}. No failover for that; mend the node or regroup's rights`,
        c.verdict.evidence,
      )
    },
  },
  {
    id: 'steady.unasked',
    why: 'when we cannot even ask, the trouble is ours',
    gives: 'hold',
    when: (c) => c.verdict.kind === 'unasked',
    then: (c) => hold(`${c.primary.spec.id} cannot be asked: ${c.verdict.kind === 'unasked' ? c.verdict.message : ''}`, c.verdict.evidence),
  },
  {
    id: 'steady.selfSuspect',
    why: 'when most hosts fall silent at once it is rather our own network than theirs',
    gives: 'hold',
    when: (c) => c.verdict.kind === 'self-suspect',
    then: (c) => hold(`${c.primary.spec.id} is silent, but so are most hosts: no verdict by silence`, c.verdict.evidence),
  },
  {
    id: 'steady.contested',
    why: 'we cannot reach the primary but a replica can: it lives, and its clients may too',
    gives: 'hold',
    when: (c) => c.verdict.kind === 'contested',
    then: (c) => {
      const v = c.verdict
      const sign = v.kind === 'contested' ? `${v.witness} proves by ${v.sign} that it lives` : ''
      return hold(
        `regroup cannot reach ${c.primary.spec.id} (${c.primary.failure?.kind ?? 'no answer'}), but ${sign}: no failover. Mend the way from here to it`,
        v.evidence,
      )
    },
  },
  {
    id: 'steady.unprovable',
    why: 'a replica that we cannot make prove its link gives no testimony either way',
    gives: 'hold',
    when: (c) => unprovable(c).length > 0,
    then: (c) => {
      const why = unprovable(c).map((node) => `${node.spec.id}: ${troubleOf(node, 'proveLink')?.message ?? ''}`)
      return hold(
        `${c.primary.spec.id} is silent, and regroup cannot make its replicas prove their links (${why.join('; ')}). Give regroup the right to CLIENT KILL`,
        c.verdict.evidence,
      )
    },
  },
  {
    id: 'steady.prove',
    why: 'a link that only claims to be up may belong to a frozen primary: the replica drops it and must make it again',
    gives: 'act proveLink',
    when: (c) => c.verdict.kind === 'unproven',
    then: (c) => {
      const ask = c.verdict.kind === 'unproven' ? c.verdict.ask : []
      return act(
        `${c.primary.spec.id} is silent; ${quote(ask)} must prove the link to it`,
        ask.map((node) => ({ node, action: { name: 'proveLink' } })),
        c.verdict.evidence,
      )
    },
  },
]

const losses: readonly Rule<Case>[] = [
  {
    id: 'steady.moved',
    why: 'an operator moved the primary by hand and every node agrees: the record follows',
    gives: 'save -> steady',
    when: (c) => movedTo(c, suspectedAt(c)) !== null,
    then: (c) => {
      const to = movedTo(c, suspectedAt(c))
      if (to === null) return hold('nobody to adopt')
      return save(
        `the primary was moved by hand to ${to.spec.id} and every node that answers follows it`,
        adopted(c.s, to.spec.id, to.reading, newestEpoch(c.s) + 1),
        { primary: to.spec.id },
      )
    },
  },
  {
    id: 'steady.foreignUpstream',
    why: 'somebody attached the primary to a node outside the group; undoing that could be wrong',
    gives: 'hold',
    when: (c) => foreignUpstream(c) !== null,
    then: (c) =>
      hold(
        `${c.primary.spec.id} follows ${foreignUpstream(c)}, which is no node of this group. Add that node, or \`regroup failover ${c.s.spec.id} --accept-loss --to NODE\``,
        c.verdict.evidence,
      ),
  },
  {
    id: 'steady.handover',
    why: 'moving a primary by hand takes two commands; between them the group looks broken and is not',
    gives: 'wait',
    when: (c) => c.verdict.kind === 'not primary' && handoverGrace(c.s),
    then: (c) =>
      wait(`${c.primary.spec.id} was made a replica by somebody else; waits a moment for a new primary to appear`, c.verdict.evidence),
  },
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
    then: (c) => beginSwitchover(c, null, `${c.primary.spec.id} is shutting down`),
  },
  {
    id: 'steady.latePause',
    why: 'a write pause of ours that nobody saw arrive may have arrived late: it is lifted before unanswered writes count against the primary',
    gives: 'act resumeWrites',
    when: (c) => c.verdict.kind === 'hung' && latePause(c.s, c.primary) && !refuses(c.primary, 'resumeWrites', c.s.now),
    then: (c) =>
      act(`lifts a write pause that may have come late to ${c.primary.spec.id}`, [
        { node: c.primary.spec.id, action: { name: 'resumeWrites' } },
      ]),
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
    then: (c) =>
      beginSwitchover(c, null, `${c.primary.spec.id} answers but cannot write: ${c.verdict.kind === 'hung' ? c.verdict.why : ''}`),
  },
]

const upkeep: readonly Rule<Case>[] = [
  {
    id: 'steady.stale',
    why: 'after an action the node is asked again before anything else is decided about it',
    gives: 'rest',
    when: (c) => !freshSince(c.primary, c.s.memory.loadedAt),
    then: (c) => ({ kind: 'rest', sentence: `asks ${c.primary.spec.id} again after an action`, evidence: {} }),
  },
  {
    id: 'steady.resumeWrites',
    why: 'a switchover was given up, by us or by a controller before us: writes that it paused shall not wait for the pause to end by itself',
    gives: 'act resumeWrites',
    when: (c) => c.s.can.canPauseWrites && pauseLeft(c) && !refuses(c.primary, 'resumeWrites', c.s.now),
    then: (c) => act(`lets the writes of ${c.primary.spec.id} go on`, [{ node: c.primary.spec.id, action: { name: 'resumeWrites' } }]),
  },
  {
    id: 'steady.fenced',
    why: 'the file of the primary says "replica of nowhere" now; its history has a new name since',
    gives: 'save -> steady',
    when: (c) => !c.record.fenced && c.primary.persisted?.as === 'nowhere',
    then: (c) => {
      const lineage = c.primary.reading === null ? c.record.lineage : rerooted(c.s, c.record, c.primary.reading)
      return save(`${c.primary.spec.id} boots fenced from now on`, amended(c.s, c.record, { fenced: true, lineage }))
    },
  },
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
      return save(`the history of ${c.primary.spec.id} has a new replication id`, amended(c.s, c.record, { lineage }))
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
      return save(`out of sync by the word of ${c.primary.spec.id}: ${quote(out)}`, amended(c.s, c.record, { inSync }), {
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
        `no replica is in sync: ${c.primary.spec.id} may write without one`,
        amended(c.s, c.record, { guard: guardWanted(c.s.spec, c.s.policy, c.record) }),
      ),
  },
  {
    id: 'steady.open',
    why: 'the record names this process as the primary: let it write, with the guard that is recorded or being tightened',
    gives: 'act open',
    when: (c) =>
      c.s.memory.tuned !== c.record.incarnation ||
      (c.s.can.canClose && c.primary.reading?.guard === closedGuard) ||
      (c.s.can.canGuard && c.primary.reading?.guard !== guardToSet(c) && c.primary.reading?.guard !== c.record.guard),
    then: (c) =>
      act(
        `${c.primary.spec.id} is opened to writes`,
        [{ node: c.primary.spec.id, action: { name: 'open', guard: guardToSet(c), bootFenced: c.record.fenced } }],
        { guard: guardToSet(c) },
      ),
  },
  {
    id: 'steady.tryFile',
    why: 'the boot fence costs the replicas their links; a file that could not be written is tried alone first',
    gives: 'act persist',
    when: (c) =>
      fenceWanted(c) &&
      c.primary.persistProblem !== null &&
      !refuses(c.primary, 'bootFence', c.s.now) &&
      !refuses(c.primary, 'persist', c.s.now),
    then: (c) =>
      act(`tries whether the file of ${c.primary.spec.id} can be written now`, [{ node: c.primary.spec.id, action: { name: 'persist' } }]),
  },
  {
    id: 'steady.bootFence',
    why: 'a primary whose file says "primary" comes back writable and alone after any restart; its file shall say "replica of nowhere"',
    gives: 'act bootFence',
    when: (c) => fenceWanted(c) && c.primary.persistProblem === null && !refuses(c.primary, 'bootFence', c.s.now),
    then: (c) =>
      act(`writes the boot fence into the file of ${c.primary.spec.id}`, [{ node: c.primary.spec.id, action: { name: 'bootFence' } }]),
  },
  {
    id: 'steady.hasData',
    why: 'from now on an empty node is known to lack data',
    gives: 'save -> steady',
    when: (c) => !c.record.hasData && (c.primary.reading?.keys ?? 0) > 0,
    then: (c) => save('the group holds data now', amended(c.s, c.record, { hasData: true })),
  },
  {
    id: 'steady.tighten',
    why: 'the guard is on the node before the record counts on it',
    gives: 'act guard',
    when: (c) => c.s.can.canGuard && guardToSet(c) > (c.primary.reading?.guard ?? 0),
    then: (c) =>
      act(`${c.primary.spec.id} shall write only with ${guardToSet(c)} replica that keeps up`, [
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
    then: (c) => save(`${c.primary.spec.id} is guarded`, amended(c.s, c.record, { guard: guardToSet(c) }), { guard: guardToSet(c) }),
  },
  {
    id: 'steady.grow',
    why: 'a replica acknowledged what the primary had after the link was up: it lacks nothing and may be promoted',
    gives: 'save -> steady',
    when: (c) => toGrow(c).length > 0 && (!c.s.can.canGuard || (c.primary.reading?.guard ?? 0) >= guardToSet(c)),
    then: (c) => {
      const added = toGrow(c)
      const guard = guardToSet(c)
      const inSync = [...c.record.inSync, ...added]
      return save(`in sync: ${quote(added.map((m) => m.node))}`, amended(c.s, c.record, { inSync, guard }), {
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
    then: (c) => ({ kind: 'rest', sentence: `${c.primary.spec.id} is primary at epoch ${c.record.epoch}`, evidence: {} }),
  },
]

/** The primary's file does not say "replica of nowhere" yet, and it should. */
function fenceWanted(c: Case): boolean {
  return c.s.policy.bootFence && c.s.can.canBootFenceRunning && !c.record.fenced
}

/** A switchover was given up since the writes were last told to go on. */
function pauseLeft(c: Case): boolean {
  const { abortedAt, writesResumedAt } = c.s.memory
  return abortedAt !== null && (writesResumedAt === null || writesResumedAt < abortedAt)
}

/** Replicas that claim a link and refuse to be made to prove it. */
function unprovable(c: Case): NodeView[] {
  if (c.verdict.kind !== 'unproven') return []
  const asked = c.verdict.ask.map((id) => nodeOf(c.s, id))
  return asked.every((node) => refuses(node, 'proveLink', c.s.now)) ? asked : []
}

export const steadyRules: readonly Rule<Case>[] = [...orders, ...waits, ...losses, ...upkeep, ...plannedRules, ...rest]
