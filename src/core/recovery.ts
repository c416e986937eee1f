// A node's way back to in sync, as steps with times: what `explain` and the page show of it.
import { closedGuard, recoveryKeptMs } from './limits.ts'
import type { GroupRecord, Instant, NodeId, WallTime } from './model.ts'
import { type NodeView, answers, follows } from './observe.ts'
import { type Said, inEnglish, say } from './said.ts'
import { keptItsData } from './situation.ts'
import { type Recovery, type RecoveryStep, type RecoveryStepName, recoverySteps } from './status.ts'

/** A recovery under way or lately ended; `reached` holds when each step was first seen. */
export interface Tracked {
  readonly node: NodeId
  readonly since: Instant
  readonly startedAt: WallTime
  readonly endedAt: WallTime | null
  readonly reached: Partial<Record<RecoveryStepName, Instant>>
}

/** Which steps hold now. Later ones may hold before earlier ones: a boot-fenced node is fenced when it is first seen. */
function holds(node: NodeView, primary: NodeView, record: GroupRecord): Record<RecoveryStepName, boolean> {
  if (!answers(node)) return { seen: false, fenced: false, demoted: false, 'role persisted': false, 'link up': false, 'in sync': false }
  const replica = node.reading.role === 'replica'
  const demoted = replica && follows(node, primary.spec)
  return {
    seen: true,
    fenced: replica || node.reading.guard === closedGuard,
    demoted,
    'role persisted': demoted && node.persisted?.as === 'replica',
    'link up': demoted && (node.reading.upstream?.linkUp ?? false),
    'in sync': keptItsData(record, node),
  }
}

/**
 * Takes one node's recovery further, starts one when the node is here but not in sync, ends it when it is.
 * A node that vanishes keeps its steps; when it comes back as another process, a new recovery begins.
 */
export function track(
  last: Tracked | null,
  node: NodeView,
  primary: NodeView,
  record: GroupRecord,
  now: Instant,
  wall: WallTime,
): Tracked | null {
  if (node.spec.id === record.primary) return null
  const open = last !== null && last.endedAt === null
  // Most nodes have been in sync for long, and are looked at whenever something is decided.
  if (!open && (!answers(node) || keptItsData(record, node)))
    return last !== null && wall - (last.endedAt ?? wall) > recoveryKeptMs ? null : last
  const state = holds(node, primary, record)
  if (!open) {
    return { node: node.spec.id, since: now, startedAt: wall, endedAt: null, reached: reachedNow({}, state, now) }
  }
  if (!state.seen) return last.reached['in sync'] === undefined && Object.keys(last.reached).length > 1 ? { ...last, endedAt: wall } : last
  const reached = reachedNow(last.reached, state, now)
  const ended = state['in sync'] && state['role persisted']
  if (!ended && Object.keys(reached).length === Object.keys(last.reached).length) return last
  return { ...last, reached, endedAt: ended ? wall : null }
}

function reachedNow(before: Tracked['reached'], state: Record<RecoveryStepName, boolean>, now: Instant): Tracked['reached'] {
  const reached = { ...before }
  for (const step of recoverySteps) if (state[step]) reached[step] ??= now
  return reached
}

/** The steps as a person reads them: done with their time, one that is under way, the rest waiting. */
export function shown(tracked: Tracked, node: NodeView): Recovery {
  let under = true
  const steps = recoverySteps.map((name): RecoveryStep => {
    const at = tracked.reached[name]
    if (at !== undefined) return { name, state: 'done', afterMs: Math.round(at - tracked.since), note: null, noteSaid: null }
    const now = under && tracked.endedAt === null
    under = false
    const failed = now && name === 'role persisted' && node.persistProblem !== null
    const noteSaid = now ? noteOf(name, node) : null
    return {
      name,
      state: tracked.endedAt !== null || failed ? 'failed' : now ? 'now' : 'waiting',
      afterMs: null,
      note: noteSaid === null ? null : inEnglish(noteSaid),
      noteSaid,
    }
  })
  return { node: tracked.node, startedAt: tracked.startedAt, endedAt: tracked.endedAt, steps }
}

function noteOf(name: RecoveryStepName, node: NodeView): Said | null {
  if (name === 'role persisted') return node.persistProblem === null ? null : say('text', { text: node.persistProblem })
  if (name === 'link up' && node.reading?.upstream?.syncing) return say('recovery.copying')
  const trouble = node.troubles.at(-1)
  if (trouble !== undefined) return say('problem.answered', { error: trouble.code, message: trouble.message })
  return name === 'in sync' ? say('recovery.acknowledges') : null
}
