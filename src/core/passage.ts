// A change of primary as steps with times: what `explain` and the page show of the one under way and of the last one.
import { closedGuard } from './limits.ts'
import { type Epoch, type Evidence, type Instant, type NodeId, type Topology, type WallTime, isMoving } from './model.ts'
import { answers, follows } from './observe.ts'
import type { Case } from './rule.ts'
import { type Worded, say, worded } from './said.ts'
import { inMaintenance, others } from './situation.ts'
import { type Passage, type PassageStepName, passageSteps } from './status.ts'
import { lost } from './diagnose.ts'

/** One under way or ended; `reached` holds when each step was first seen. */
export interface Passing {
  readonly kind: Passage['kind']
  readonly epoch: Epoch
  readonly from: NodeId
  /** Null: nobody was elected yet. */
  readonly to: NodeId | null
  readonly since: Instant
  readonly startedAt: WallTime
  readonly endedAt: WallTime | null
  readonly reached: Partial<Record<PassageStepName, Instant>>
}

export interface Passages {
  readonly running: Passing | null
  /** As it is shown: it may have ended in an earlier process, with another clock. */
  readonly last: Passage | null
}

export const noPassages: Passages = { running: null, last: null }

/** The primary may live and nothing is decided: what began with a suspicion is over. */
const calm: readonly Case['verdict']['kind'][] = ['alive', 'unheard', 'unreadable', 'unasked']

/** Takes the passage further by what is recorded and observed now; begins one with a suspicion or a saved intent, ends it when clients and nodes are with the primary. */
export function pass(before: Passages, c: Case): Passages {
  const running = current(before.running, c)
  if (running === null) return before.running === null ? before : { ...before, running: null }
  const reached = reachedNow(running, c)
  const next = same(reached, running.reached) ? running : { ...running, reached }
  const over = c.record.phase === 'steady' && next.to !== null
  const givenUp = over && c.record.primary !== next.to
  const arrived = over && ['opened', 'told', 'attached'].every((step) => step in next.reached)
  if (givenUp || arrived) return { running: null, last: shownPassage({ ...next, endedAt: c.s.wall }) }
  return next === before.running ? before : { ...before, running: next }
}

/** Clients are told of the primary from now on. */
export function toldTo(before: Passages, topology: Topology, now: Instant): Passages {
  const { running } = before
  if (running === null || running.reached.told !== undefined) return before
  if (topology.primary?.node !== running.to || topology.epoch !== running.epoch) return before
  return { ...before, running: { ...running, reached: { ...running.reached, told: now } } }
}

/** The passage that the group is in. */
function current(running: Passing | null, c: Case): Passing | null {
  const { record, verdict, s } = c
  if (isMoving(record)) {
    const { epoch, candidate: to, phase: kind } = record
    if (running?.epoch === epoch && running.to === to) return running
    const elected = s.memory.recordAt
    if (running === null) return begun(c, kind, to, elected, { elected })
    // Elected again, or what began with a suspicion: the steps after the election are taken anew.
    const { suspected, proven } = running.reached
    const known = { ...(suspected === undefined ? {} : { suspected }), ...(proven === undefined ? {} : { proven }) }
    return { ...running, kind, epoch, from: record.primary, to, reached: { ...known, elected } }
  }
  if (running !== null) return running.to === null && calm.includes(verdict.kind) ? null : running
  if (record.phase !== 'steady' || calm.includes(verdict.kind)) return null
  const suspected = Math.min(s.now, c.primary.failingSince ?? s.memory.lostAt ?? s.now)
  return begun(c, 'failover', null, suspected, { suspected })
}

function begun(c: Case, kind: Passing['kind'], to: NodeId | null, since: Instant, reached: Passing['reached']): Passing {
  const { record, s } = c
  const epoch = isMoving(record) ? record.epoch : record.epoch + 1
  return { kind, epoch, from: record.primary, to, since, startedAt: Math.round(s.wall - (s.now - since)), endedAt: null, reached }
}

function reachedNow(running: Passing, c: Case): Passing['reached'] {
  const { record, verdict, s, primary } = c
  const reached: Partial<Record<PassageStepName, Instant>> = { ...running.reached }
  const reach = (step: PassageStepName, is: boolean, at: Instant = s.now): void => {
    if (is) reached[step] ??= Math.max(at, running.since)
  }
  if (running.to === null) {
    reach('proven', lost(verdict), s.memory.goneAt ?? s.memory.lostAt ?? s.now)
    return reached
  }
  if (running.kind === 'switchover') {
    reach('paused', s.memory.writesPausedAt !== null, s.memory.writesPausedAt ?? s.now)
    reach('demoted', isMoving(record) && verdict.kind === 'not primary')
  }
  reach('promoting', s.memory.promotedIn === running.epoch)
  if (record.phase !== 'steady' || record.primary !== running.to) return reached
  reach('confirmed', true, s.memory.recordAt)
  const { reading } = primary
  reach('opened', answers(primary) && reading?.role === 'primary' && reading.guard !== closedGuard)
  const here = others(s, record.primary).filter((node) => answers(node) && !inMaintenance(s, node))
  reach('attached', 'opened' in reached && here.every((node) => follows(node, primary.spec) && node.reading?.upstream?.linkUp === true))
  return reached
}

function same(a: Passing['reached'], b: Passing['reached']): boolean {
  return Object.keys(a).length === Object.keys(b).length
}

/** The steps as a person reads them: done with their time, one that is under way, the rest waiting. What was not seen of an ended one is left out. */
export function shownPassage({ kind, epoch, from, to, since, startedAt, endedAt, reached }: Passing): Passage {
  const names: readonly PassageStepName[] = passageSteps[kind]
  let under = true
  const steps = names.flatMap((name): Passage['steps'] => {
    const at = reached[name]
    if (at !== undefined) return [{ name, state: 'done', afterMs: Math.round(at - since) }]
    // Seen only by who was there: another process began it, or nobody had to wait.
    const past = names.slice(names.indexOf(name) + 1).some((later) => reached[later] !== undefined)
    if (past) return []
    const state = endedAt !== null ? 'skipped' : under ? 'now' : 'waiting'
    under = false
    return [{ name, state, afterMs: null }]
  })
  return { kind, epoch, from, to, startedAt, endedAt, steps }
}

/** One that ended, as the history keeps it: what came of it, and when each step was reached after the first. */
export function endedPassage({ kind, from, to, steps }: Passage): Worded & { readonly evidence: Evidence } {
  const times = new Map(steps.flatMap(({ name, afterMs }) => (afterMs === null ? [] : [[name, afterMs] as const])))
  const [opened, attached] = [times.get('opened'), times.get('attached')]
  const moved = { from, to: to ?? from }
  const done = opened === undefined || attached === undefined ? null : { opened, attached }
  const said =
    done === null
      ? say(kind === 'failover' ? 'passage.failoverGivenUp' : 'passage.switchoverGivenUp', moved)
      : from === to
        ? say('passage.returned', { primary: to, ...done })
        : say(kind === 'failover' ? 'passage.failover' : 'passage.switchover', { ...moved, ...done })
  return { ...worded(said), evidence: Object.fromEntries([...times].map(([name, ms]) => [name, `${ms} ms`])) }
}
