// Planned moves of the primary that nobody has to be there for: what an operator asked for stands in the spec, and the record follows when it is safe.
import { isOpen } from './dailyWindow.ts'
import { amended, switchover } from './draft.ts'
import { failbackMaxMs, plannedRetryMs, scheduleGraceMs } from './limits.ts'
import type { Evidence, Instant, NodeId, Scheduled } from './model.ts'
import type { NodeView } from './observe.ts'
import { type Case, type Rule, type Step, hold, save } from './rule.ts'
import { type Said, say } from './said.ts'
import { type Situation, inMaintenance, others, paused } from './situation.ts'
import { type SwitchoverPlan, planSwitchover } from './switchoverPlan.ts'

type Ready = Extract<SwitchoverPlan, { ok: true }>

/** The intent of a planned switchover, or why it cannot begin. */
export function beginSwitchover(c: Case, to: NodeId | null, why: Said): Step {
  const plan = planSwitchover(c, to)
  return plan.ok ? begin(c, plan, why) : hold(say('switchover.cannot', { why, refusal: plan.said }), c.verdict.evidence)
}

function begin(c: Case, plan: Ready, why: Said, evidence: Evidence = {}): Step {
  return save(say('switchover.begin', { why, node: plan.node }), switchover(c.s, c.record, plan.node, plan.reading), {
    ...c.verdict.evidence,
    ...evidence,
    candidate: plan.node,
  })
}

/** Nobody waits for these: not in a pause, and not again right after one was given up, since each try holds up the writes. */
function mayMove(c: Case): boolean {
  const { abortedAt } = c.s.memory
  return !paused(c.s) && (abortedAt === null || c.s.now - abortedAt >= plannedRetryMs)
}

/** Whom the primary hands over to because it is in maintenance; null when it is not, or nobody can take over. */
function successor(c: Case): Ready | null {
  if (!inMaintenance(c.s, c.primary) || !mayMove(c)) return null
  const plan = planSwitchover(c, null)
  return plan.ok ? plan : null
}

// ------------------------------------------------------------------------------------------- scheduled

/** The scheduled switchover that was neither made nor refused yet. */
export function scheduledOf(s: Situation): Scheduled | null {
  const { scheduled } = s.spec
  return scheduled === undefined || scheduled.at === s.record?.answered ? null : scheduled
}

/** Why it is not made although its time has come; null when it may be. */
function refusal(c: Case, { at, to }: Scheduled): Said | null {
  const lateMs = c.s.wall - at
  if (lateMs > scheduleGraceMs) return say('planned.late', { minutes: Math.round(lateMs / 60_000) })
  if (paused(c.s)) return say('planned.paused', { by: c.s.spec.pause?.by ?? '' })
  const plan = planSwitchover(c, to)
  return plan.ok ? null : plan.said
}

/** Made or refused, and never looked at again: whoever wants it after a refusal asks for it. */
function answer(c: Case): Step {
  const asked = scheduledOf(c.s)
  if (asked === null) return hold(say('planned.nothing'))
  const why = say('planned.scheduled', { by: asked.by, why: asked.why })
  const refused = refusal(c, asked)
  const plan = planSwitchover(c, asked.to)
  const answered = { ...c.record, answered: asked.at }
  if (refused === null && plan.ok) return begin({ ...c, record: answered }, plan, why, { scheduled: asked.at })
  const evidence = { ...c.verdict.evidence, scheduled: asked.at, to: asked.to }
  return save(say('planned.refused', { asked: why, why: refused ?? '' }), amended(c.s, c.record, { answered: asked.at }), evidence)
}

// -------------------------------------------------------------------------------------------- failback

/** 0 is never promoted by itself, so everybody is rather the primary. */
function rankOf(node: NodeView): number {
  return node.spec.priority === 0 ? Infinity : node.spec.priority
}

/** Who is to be primary again by its priority, and when at the earliest; null when nobody is, or the policy does not ask for it. */
export function preferredOf(c: Case): { readonly node: NodeId; readonly at: Instant | null } | null {
  const { s, record } = c
  if (s.policy.failback === 'off' || record.phase !== 'steady') return null
  const fit = others(s, record.primary).filter((node) => rankOf(node) < rankOf(c.primary) && !inMaintenance(s, node))
  const best = fit.toSorted((a, b) => rankOf(a) - rankOf(b))[0]
  if (best === undefined) return null
  const since = s.memory.inSyncSince.get(best.spec.id)
  const member = since !== undefined && since.incarnation === best.reading?.incarnation
  return { node: best.spec.id, at: member ? since.at + failbackWaitMs(s) : null }
}

/** A node that keeps dying waits twice as long each time: what failed three times today will fail again. */
export function failbackWaitMs(s: Situation): number {
  const lately = s.record?.failovers.filter((at) => s.wall - at < failbackMaxMs).length ?? 0
  return Math.min(failbackMaxMs, s.policy.failbackAfterMs * 2 ** Math.max(0, lately - 1))
}

/** The preferred node may become primary again now. */
function failback(c: Case): Ready | null {
  const { s } = c
  // Most groups ask for none: looked at first, since this is asked at every step of a group at rest.
  if (s.policy.failback === 'off' || s.spec.roll !== undefined || !mayMove(c)) return null
  const preferred = preferredOf(c)
  if (preferred === null || preferred.at === null || s.now < preferred.at) return null
  if (s.policy.failback === 'window' && !isOpen(s.policy.failbackWindow, s.wall)) return null
  const plan = planSwitchover(c, preferred.node)
  return plan.ok ? plan : null
}

// --------------------------------------------------------------------------------------------- the rows

export const plannedRules: readonly Rule<Case>[] = [
  {
    id: 'steady.maintenance',
    why: 'the primary is going to be worked on: it hands over first, nothing is lost then',
    gives: 'save -> switchover',
    when: (c) => successor(c) !== null,
    then: (c) => {
      const plan = successor(c)
      return plan === null
        ? hold(say('planned.nobodyTakesOver'))
        : begin(c, plan, say('planned.maintenance', { primary: c.primary.spec.id }))
    },
  },
  {
    id: 'steady.scheduled',
    why: 'the instant came for which an operator asked for a switchover: it is made, or refused with the reason, once',
    gives: 'save -> switchover, or save -> steady',
    when: (c) => c.s.wall >= (scheduledOf(c.s)?.at ?? Infinity),
    then: answer,
  },
  {
    id: 'steady.failback',
    why: 'the node that is preferred by its priority has been in sync long enough: it becomes primary again, in a planned way and when the policy says so',
    gives: 'save -> switchover',
    when: (c) => failback(c) !== null,
    then: (c) => {
      const plan = failback(c)
      if (plan === null) return hold(say('planned.nobodyPreferred'))
      const waitedMs = failbackWaitMs(c.s)
      return begin(c, plan, say('planned.failback', { node: plan.node, seconds: Math.round(waitedMs / 1000) }), { waitedMs })
    },
  },
]
