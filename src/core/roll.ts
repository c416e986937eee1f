// A rolling restart, step by step: what may be done next, from wherever the group is. regroup restarts nothing itself.
import { caseOf, decide } from './decide.ts'
import type { NodeId, Roll } from './model.ts'
import { type NodeView, answers, refused, silent } from './observe.ts'
import type { Case } from './rule.ts'
import { type Said, type Worded, say, worded } from './said.ts'
import { type Situation, inMaintenance, nodeOf, paused } from './situation.ts'
import { stopPlan } from './stopPlan.ts'
import { planSwitchover } from './switchoverPlan.ts'

export type RollStep = Worded &
  (
    | /** This node may be restarted now. */ { readonly kind: 'restart'; readonly node: NodeId }
    /** Only the primary is left: it hands over first. */
    | { readonly kind: 'switchover'; readonly to: NodeId }
    /** Something is under way and ends by itself. */
    | { readonly kind: 'wait' }
    /** A person should look before it goes on. */
    | { readonly kind: 'doubt' }
    | { readonly kind: 'done' }
  )

export interface RollProgress {
  readonly restarted: readonly NodeId[]
  readonly left: readonly NodeId[]
}

/** Who is another process than when it began. A node that was added since needs no restart. */
export function progressOf(roll: Roll, nodes: Iterable<NodeView>): RollProgress {
  const restarted: NodeId[] = []
  const left: NodeId[] = []
  for (const node of nodes) {
    const was = roll.was.find((member) => member.node === node.spec.id)
    if (was === undefined) continue
    if (node.reading === null || node.reading.incarnation === was.incarnation) left.push(node.spec.id)
    else restarted.push(node.spec.id)
  }
  return { restarted, left }
}

/** The next step, by the record and what is observed now; nothing is remembered of the steps before. Pure; errors: none, a doubt is an answer. */
export function nextOfRoll(c: Case, roll: Roll): RollStep {
  const trouble = troubleOfGroup(c, roll)
  if (trouble !== null) return trouble
  const { left } = progressOf(roll, c.s.nodes.values())
  const others = otherTrouble(c, roll, left)
  if (others !== null) return others
  const turn = roll.turn?.node ?? c.record.primary
  if (turn !== c.record.primary && c.s.nodes.has(turn)) {
    const under = underWay(c, turn, left)
    if (under !== null) return under
  }
  if (left.length === 0) return { kind: 'done', ...worded(say('roll.done')) }
  const next = nextReplica(c, left)
  return next === null ? primaryLeft(c) : mayRestart(c, next)
}

/** The group itself is not in an order in which anything may be taken away. */
function troubleOfGroup(c: Case, roll: Roll): RollStep | null {
  const { record, verdict, s } = c
  if (paused(s)) return doubt(say('roll.paused', { by: s.spec.pause?.by ?? '', group: s.spec.id }))
  if (record.phase === 'switchover') return wait(say('roll.switchover', { node: record.candidate }))
  if (record.phase !== 'steady') return doubt(say('roll.moving', { phase: record.phase, what: decide(s).group.step.said }))
  const failovers = record.failovers.filter((at) => at > roll.since).length
  if (failovers > 0) return doubt(say('roll.failovers', { failovers, group: s.spec.id }))
  if (['unheard', 'suspect'].includes(verdict.kind)) return wait(decide(s).group.step.said)
  if (verdict.kind !== 'alive') return doubt(decide(s).group.step.said)
  return null
}

/** Every node but the one that is being restarted must be there and in sync before another one goes. */
function otherTrouble(c: Case, roll: Roll, left: readonly NodeId[]): RollStep | null {
  for (const node of c.s.nodes.values()) {
    const { id } = node.spec
    if (id === roll.turn?.node || id === c.record.primary) continue
    if (inMaintenance(c.s, node)) return doubt(say('plan.inMaintenance', { node: id, group: c.s.spec.id }))
    if (refused(node) || silent(node, c.s.now, c.s.policy.silentAfterMs)) return doubt(say('roll.down', { node: id }))
    if (!answers(node)) return wait(say('roll.answer', { node: id }))
    if (!inSync(c, node)) return wait(say(left.includes(id) ? 'roll.inSync' : 'roll.inSyncAgain', { node: id }))
  }
  return null
}

function inSync(c: Case, node: NodeView): boolean {
  return c.record.inSync.some((member) => member.node === node.spec.id && member.incarnation === node.reading?.incarnation)
}

/** The node whose turn it is: not there yet, or not in sync yet. */
function underWay(c: Case, id: NodeId, left: readonly NodeId[]): RollStep | null {
  const node = nodeOf(c.s, id)
  if (!answers(node)) return wait(say('roll.comeBack', { node: id }))
  if (left.includes(id)) return { kind: 'restart', node: id, ...worded(say('roll.stillRuns', { node: id })) }
  if (!inSync(c, node)) return wait(say('roll.back', { node: id }))
  return null
}

/** Who is least wanted as a primary goes first. */
function nextReplica(c: Case, left: readonly NodeId[]): NodeId | null {
  const replicas = left.filter((id) => id !== c.record.primary).map((id) => nodeOf(c.s, id))
  return replicas.toSorted((a, b) => b.spec.priority - a.spec.priority)[0]?.spec.id ?? null
}

function mayRestart(c: Case, id: NodeId): RollStep {
  const plan = stopPlan(c.s, { what: 'stops', nodes: [id] })
  if (plan.safety === 'outage') return doubt(say('roll.without', { node: id, what: plan.said, why: plan.reasonsSaid }))
  return { kind: 'restart', node: id, ...worded(say('roll.may', { node: id, what: plan.said })) }
}

function primaryLeft(c: Case): RollStep {
  const { record, s } = c
  if (s.nodes.size === 1) return doubt(say('roll.onlyNode', { primary: record.primary }))
  const plan = planSwitchover(c, null)
  if (!plan.ok) return doubt(say('roll.left', { primary: record.primary, why: plan.said }))
  return { kind: 'switchover', to: plan.node, ...worded(say('roll.handsOver', { primary: record.primary, node: plan.node })) }
}

function wait(said: Said): RollStep {
  return { kind: 'wait', ...worded(said) }
}

function doubt(said: Said): RollStep {
  return { kind: 'doubt', ...worded(said) }
}

/** The roll of a group with its next step; null when none was begun. */
export interface RollView extends RollProgress, Roll {
  readonly step: RollStep
}

export function rollView(s: Situation): RollView | null {
  const { roll } = s.spec
  if (roll === undefined) return null
  const c = caseOf(s)
  const step: RollStep = c === null ? wait(say('roll.unknown')) : nextOfRoll(c, roll)
  return { ...roll, ...progressOf(roll, s.nodes.values()), step }
}
