// A rolling restart, step by step: what may be done next, from wherever the group is. regroup restarts nothing itself.
import { caseOf, decide } from './decide.ts'
import type { NodeId, Roll } from './model.ts'
import { type NodeView, answers, refused, silent } from './observe.ts'
import type { Case } from './rule.ts'
import { type Situation, inMaintenance, nodeOf, paused } from './situation.ts'
import { stopPlan } from './stopPlan.ts'
import { planSwitchover } from './switchoverPlan.ts'

export type RollStep =
  /** This node may be restarted now. */
  | { readonly kind: 'restart'; readonly node: NodeId; readonly sentence: string }
  /** Only the primary is left: it hands over first. */
  | { readonly kind: 'switchover'; readonly to: NodeId; readonly sentence: string }
  /** Something is under way and ends by itself. */
  | { readonly kind: 'wait'; readonly sentence: string }
  /** A person should look before it goes on. */
  | { readonly kind: 'doubt'; readonly sentence: string }
  | { readonly kind: 'done'; readonly sentence: string }

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
  if (left.length === 0) return { kind: 'done', sentence: 'every node was restarted and is in sync' }
  const next = nextReplica(c, left)
  return next === null ? primaryLeft(c) : mayRestart(c, next)
}

/** The group itself is not in an order in which anything may be taken away. */
function troubleOfGroup(c: Case, roll: Roll): RollStep | null {
  const { record, verdict, s } = c
  if (paused(s)) return doubt(`the group is paused by ${s.spec.pause?.by}; \`regroup resume ${s.spec.id}\` ends it`)
  if (record.phase === 'switchover') return wait(`a switchover to ${record.candidate} is under way`)
  if (record.phase !== 'steady') return doubt(`a ${record.phase} is under way: ${decide(s).group.step.sentence}`)
  const failovers = record.failovers.filter((at) => at > roll.since).length
  if (failovers > 0)
    return doubt(
      `${failovers === 1 ? 'a failover' : `${failovers} failovers`} happened since it began; look at \`regroup history ${s.spec.id}\``,
    )
  if (['unheard', 'suspect'].includes(verdict.kind)) return wait(decide(s).group.step.sentence)
  if (verdict.kind !== 'alive') return doubt(decide(s).group.step.sentence)
  return null
}

/** Every node but the one that is being restarted must be there and in sync before another one goes. */
function otherTrouble(c: Case, roll: Roll, left: readonly NodeId[]): RollStep | null {
  for (const node of c.s.nodes.values()) {
    const { id } = node.spec
    if (id === roll.turn?.node || id === c.record.primary) continue
    if (inMaintenance(c.s, node)) return doubt(`${id} is in maintenance; \`regroup maintain ${c.s.spec.id}/${id} --end\` ends it`)
    if (refused(node) || silent(node, c.s.now, c.s.policy.silentAfterMs)) return doubt(`${id} is down, and it is not its turn`)
    if (!answers(node)) return wait(`waits for an answer of ${id}`)
    if (!inSync(c, node)) return wait(`waits until ${id} is in sync${left.includes(id) ? '' : ' again'}`)
  }
  return null
}

function inSync(c: Case, node: NodeView): boolean {
  return c.record.inSync.some((member) => member.node === node.spec.id && member.incarnation === node.reading?.incarnation)
}

/** The node whose turn it is: not there yet, or not in sync yet. */
function underWay(c: Case, id: NodeId, left: readonly NodeId[]): RollStep | null {
  const node = nodeOf(c.s, id)
  if (!answers(node)) return wait(`waits for ${id} to come back`)
  if (left.includes(id)) return { kind: 'restart', node: id, sentence: `${id} may be restarted; it still runs as before` }
  if (!inSync(c, node)) return wait(`${id} is back; waits until it is in sync`)
  return null
}

/** Who is least wanted as a primary goes first. */
function nextReplica(c: Case, left: readonly NodeId[]): NodeId | null {
  const replicas = left.filter((id) => id !== c.record.primary).map((id) => nodeOf(c.s, id))
  return replicas.toSorted((a, b) => b.spec.priority - a.spec.priority)[0]?.spec.id ?? null
}

function mayRestart(c: Case, id: NodeId): RollStep {
  const plan = stopPlan(c.s, { what: 'stops', nodes: [id] })
  if (plan.safety === 'outage') return doubt(`without ${id}, ${plan.sentence}: ${plan.reasons.join('; ')}`)
  return { kind: 'restart', node: id, sentence: `${id} may be restarted: ${plan.sentence}` }
}

function primaryLeft(c: Case): RollStep {
  const { record, s } = c
  if (s.nodes.size === 1) return doubt(`${record.primary} is the only node: its restart stops the writes. Restart it by hand`)
  const plan = planSwitchover(c, null)
  if (!plan.ok) return doubt(`${record.primary} is left, and ${plan.sentence}`)
  return { kind: 'switchover', to: plan.node, sentence: `only the primary ${record.primary} is left: it hands over to ${plan.node} first` }
}

function wait(sentence: string): RollStep {
  return { kind: 'wait', sentence }
}

function doubt(sentence: string): RollStep {
  return { kind: 'doubt', sentence }
}

/** The roll of a group with its next step; null when none was begun. */
export interface RollView extends RollProgress, Roll {
  readonly step: RollStep
}

export function rollView(s: Situation): RollView | null {
  const { roll } = s.spec
  if (roll === undefined) return null
  const c = caseOf(s)
  const step: RollStep = c === null ? wait('the record is not known yet') : nextOfRoll(c, roll)
  return { ...roll, ...progressOf(roll, s.nodes.values()), step }
}
