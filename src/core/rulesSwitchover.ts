// A planned switchover whose intent is saved: pause the writes, wait for the candidate, demote first, then promote.
import { flapping } from './diagnose.ts'
import { doubtedRule, misledRule } from './doubt.ts'
import { crowned, kept } from './draft.ts'
import { orderOf } from './order.ts'
import { closedGuard } from './limits.ts'
import { answers, freshSince, refused, refuses } from './observe.ts'
import { outdatedRule } from './rulesRestored.ts'
import { type Case, type Rule, act, hold, save, wait } from './rule.ts'
import { candidateLost, candidateOf, moving, openAgain, openedBefore, orderRule, seenClosed } from './rulesFailover.ts'
import { electNow, floorRule, proveRule, unprovable } from './rulesSteady.ts'
import { say } from './said.ts'

const isPrimary = (c: Case): boolean => c.verdict.kind === 'alive' || c.verdict.kind === 'shutting down' || c.verdict.kind === 'hung'
const demoted = (c: Case): boolean => c.verdict.kind === 'not primary'
/** After too many failovers its silence must last for long: clients may be told of it meanwhile, as they are while nothing is under way. */
const longSuspected = (c: Case): boolean => c.verdict.kind === 'suspect' && flapping(c.s) && !refused(c.primary)
/**
 * It cannot be read, but a replica feeds on it or cannot be made to prove that, it answers with an error, what fails is our own, or its silence
 * must last; and the candidate was told nothing.
 */
const goesOn = (c: Case): boolean =>
  (['contested', 'unreadable', 'unasked', 'self-suspect'].includes(c.verdict.kind) || unprovable(c).length > 0 || longSuspected(c)) &&
  c.s.memory.promotedIn !== c.record.epoch
const overdue = (c: Case): boolean => c.record.phase === 'switchover' && c.s.wall > c.record.deadline

/** The candidate has everything the old primary has, by readings asked for after `since`. */
function caughtUp(c: Case, since: number): boolean {
  const candidate = candidateOf(c)
  if (!freshSince(c.primary, since) || !freshSince(candidate, c.primary.askedAt)) return false
  const order = orderOf(c.s, candidate, c.primary)
  return order === 'equal' || order === 'ahead'
}

/** It cannot follow the candidate while its replicas are with it: instead it was read closed to every write. */
function closedInstead(c: Case): boolean {
  const { writesPausedAt } = c.s.memory
  if (c.s.can.canFollowOwnReplica || !isPrimary(c) || writesPausedAt === null) return false
  return c.primary.reading?.guard === closedGuard && caughtUp(c, writesPausedAt) && !overdue(c)
}

/**
 * It was told to take over in this very switchover, or holds all that the old primary does, which takes no writes any more. What it was told in one
 * that was given up may be done only now, and it lacks what was written since.
 */
function hasAll(c: Case): boolean {
  if (c.s.memory.promotedIn === c.record.epoch) return true
  return !openedBefore(c) && (demoted(c) || c.primary.reading?.guard === closedGuard) && caughtUp(c, c.s.memory.recordAt)
}

/** ... and nothing will bring it that: it follows nobody. */
function promotedBefore(c: Case): boolean {
  const candidate = candidateOf(c)
  if (!seenClosed(c) || hasAll(c) || !answers(candidate) || !freshSince(c.primary, c.s.memory.recordAt)) return false
  const order = orderOf(c.s, candidate, c.primary)
  return c.primary.reading.guard !== closedGuard || (order !== 'equal' && order !== 'ahead')
}

export const switchoverRules: readonly Rule<Case>[] = [
  { ...orderRule, id: 'switchover.order' },
  { ...outdatedRule, id: 'switchover.outdated' },
  { ...doubtedRule, id: 'switchover.doubted', gives: 'save -> switchover' },
  { ...misledRule, id: 'switchover.misled', gives: 'save -> switchover' },
  {
    id: 'switchover.seen',
    why: 'the candidate reports the primary role, has all that the old primary had and nobody has written to it: the record may name it',
    gives: 'save -> steady',
    when: (c) => seenClosed(c) && hasAll(c),
    then: (c) => {
      const candidate = candidateOf(c)
      if (candidate.reading === null) return hold(say('failover.unread'))
      return save(
        say('switchover.done', { node: candidate.spec.id, before: c.record.primary }),
        crowned(c.s, moving(c), candidate.reading, candidate.persisted?.as === 'nowhere'),
        {
          primary: candidate.spec.id,
          before: c.record.primary,
        },
      )
    },
  },
  {
    id: 'switchover.fence',
    why: 'the candidate was restarted and is open: the old primary may have been led to it already, and would be given what its disk held, perhaps nothing',
    gives: 'act fence',
    when: (c) => openAgain(c).length > 0,
    then: (c) => act(say('switchover.fence', { node: candidateOf(c).spec.id }), openAgain(c)),
  },
  { ...floorRule, id: 'switchover.floor', gives: 'save -> switchover' },
  {
    id: 'switchover.lost',
    why: 'the old primary died on the way: this is a failover now',
    gives: 'save -> failover, or hold',
    when: (c) => c.verdict.kind === 'dead' || c.verdict.kind === 'silent' || c.verdict.kind === 'restarted',
    then: electNow,
  },
  {
    id: 'switchover.back',
    why: 'the old primary is demoted and the candidate is gone: elect again, the old one has everything',
    gives: 'save -> failover, or hold',
    when: (c) => demoted(c) && (candidateLost(c) || (overdue(c) && !caughtUp(c, c.s.memory.loadedAt))),
    then: electNow,
  },
  {
    id: 'switchover.promote',
    why: 'the old primary accepts no writes any more and the candidate has all it had: promote it, closed',
    gives: 'act promote',
    when: (c) =>
      ((demoted(c) && caughtUp(c, c.s.memory.loadedAt)) || closedInstead(c)) && candidateOf(c).acting === null && !candidateLost(c),
    then: (c) =>
      act(say('failover.promote', { node: candidateOf(c).spec.id }), [
        { node: candidateOf(c).spec.id, action: { name: 'promote', bootFence: c.s.policy.bootFence && c.s.can.canBootFence } },
      ]),
  },
  {
    id: 'switchover.abort',
    why: 'it took too long or lost its candidate: the old primary stays. A controller that comes after the one that began it goes on until then',
    gives: 'save -> steady',
    when: (c) => (isPrimary(c) && (overdue(c) || candidateLost(c) || promotedBefore(c))) || (goesOn(c) && overdue(c)),
    then: (c) => {
      const code = overdue(c) ? 'switchover.tooLong' : 'switchover.noCandidate'
      const said = say(code, { node: candidateOf(c).spec.id, primary: c.record.primary })
      return save(said, kept(c.s, c.record), c.verdict.evidence)
    },
  },
  { ...proveRule, id: 'switchover.prove' },
  {
    id: 'switchover.pause',
    why: 'writes wait for a moment instead of failing, and what is acknowledged is finite',
    gives: 'act pauseWrites',
    when: (c) => isPrimary(c) && c.s.can.canPauseWrites && c.s.memory.writesPausedAt === null && c.primary.acting === null && !troubled(c),
    then: (c) => {
      const forMs = c.s.policy.switchoverDeadlineMs + 2 * c.s.policy.actionTimeoutMs
      return act(
        say('switchover.pause', { primary: c.primary.spec.id }),
        [{ node: c.primary.spec.id, action: { name: 'pauseWrites', forMs } }],
        {
          forMs,
        },
      )
    },
  },
  {
    id: 'switchover.demote',
    why: 'demote first: at no moment may two nodes accept writes, and the candidate has everything',
    gives: 'act demote',
    when: (c) =>
      c.s.can.canFollowOwnReplica &&
      isPrimary(c) &&
      c.s.memory.writesPausedAt !== null &&
      caughtUp(c, c.s.memory.writesPausedAt) &&
      !troubled(c),
    then: (c) => {
      const { host, port } = candidateOf(c).spec
      return act(say('switchover.demote', { primary: c.primary.spec.id }), [
        {
          node: c.primary.spec.id,
          action: { name: 'demote', target: { host, port }, cutClients: !c.record.fenced, resumeWrites: true, persist: !c.record.fenced },
        },
      ])
    },
  },
  {
    id: 'switchover.waiting',
    why: 'the candidate is still receiving, or an answer is outstanding',
    gives: 'wait',
    when: () => true,
    then: (c) => wait(say('switchover.waiting', { node: candidateOf(c).spec.id, primary: c.record.primary })),
  },
]

/** It said no to what a switchover tells it. That its file could not be written holds up nothing: it may be tried again each minute, for ever. */
function troubled({ primary, s }: Case): boolean {
  return refuses(primary, 'pauseWrites', s.now) || refuses(primary, 'demote', s.now) || refuses(primary, 'cutOlder', s.now)
}
