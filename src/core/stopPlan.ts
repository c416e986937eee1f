// Before somebody stops something: is it safe, what would the rules do, what comes first, and in which order. Computes nothing that decides.
import { caseOf } from './decide.ts'
import type { GroupId, NodeId } from './model.ts'
import { type NodeView, answers } from './observe.ts'
import { lossOf } from './loss.ts'
import { type Said, type Worded, inEnglish, say, worded } from './said.ts'
import { type Situation, nodeOf } from './situation.ts'
import { planSwitchover } from './switchoverPlan.ts'
import { type Foreseen, back, foresee, inWork, movedTo, without } from './whatIf.ts'

/** What somebody asks about: these nodes fail by themselves, or are stopped on purpose. */
export interface Question {
  readonly what: 'dies' | 'stops'
  readonly nodes: readonly NodeId[]
}

/**
 * safe: writes go on, and a primary that dies meanwhile is replaced without known loss. prepare: so after what `first` says.
 * outage: nobody can write until it is back, nothing is lost in this order. risk: somebody must look at `reasons` first.
 */
export type Safety = 'safe' | 'prepare' | 'outage' | 'risk'

/** One thing that would happen, by the rule that would decide it. */
export interface Outcome extends Worded {
  readonly when: string
  readonly whenSaid: Said
  readonly rule: string
  readonly primary: NodeId | null
  /** What is known to be lost or risked; null when nothing is. */
  readonly loss: string | null
  readonly lossSaid: Said | null
  /**
   * no: writes go on. moment: they stop for `waitsMs` that the rules wait, and the work of promoting. until: nobody can write until a person acts or
   * a node is back.
   */
  readonly writes: { readonly stop: 'no' } | { readonly stop: 'moment'; readonly waitsMs: number } | { readonly stop: 'until' }
}

export interface StopPlan extends Worded {
  readonly group: GroupId
  readonly what: Question['what']
  readonly nodes: readonly NodeId[]
  readonly safety: Safety
  readonly outcomes: readonly Outcome[]
  /** Why it is not simply safe. */
  readonly reasons: readonly string[]
  readonly reasonsSaid: readonly Said[]
  /** Commands to give before. */
  readonly first: readonly string[]
  readonly stop: readonly NodeId[]
  readonly start: readonly NodeId[]
}

interface Draft {
  readonly safety: Safety
  readonly said: Said
  readonly outcomes: readonly Outcome[]
  readonly reasons?: readonly Said[]
  readonly first?: readonly string[]
}

/** Answers from the record and the views of now. Pure; errors: none, what cannot be known is a reason. */
export function stopPlan(s: Situation, question: Question): StopPlan {
  const { what, nodes } = question
  const { safety, said, outcomes, reasons = [], first = [] } = draftOf(s, question)
  const stop = what === 'stops' ? stopOrder(s, nodes) : []
  const why = { reasons: reasons.map(inEnglish), reasonsSaid: reasons }
  return { group: s.spec.id, what, nodes, safety, ...worded(said), outcomes, ...why, first, stop, start: stop.toReversed() }
}

function draftOf(s: Situation, { what, nodes }: Question): Draft {
  const trouble = troubleNow(s)
  if (s.record === null) {
    return { safety: 'risk', said: say('ifStops.nothingRecorded'), outcomes: [], reasons: trouble === null ? [] : [trouble] }
  }
  const draft = what === 'dies' ? ifDies(s, s.record.primary, nodes) : ifStops(s, s.record.primary, nodes)
  if (trouble === null) return draft
  return { ...draft, safety: 'risk', reasons: [trouble, ...(draft.reasons ?? [])] }
}

/** The group is not in an order from which anything should be taken away. */
function troubleNow(s: Situation): Said | null {
  const c = caseOf(s)
  const now = foresee(inWork(s, []))
  if (c === null || c.record.phase !== 'steady' || c.verdict.kind !== 'alive' || now.kind === 'held')
    return say('ifStops.now', { what: now.said })
  return null
}

// --------------------------------------------------------------------------------------- it fails by itself

function ifDies(s: Situation, primary: NodeId, nodes: readonly NodeId[]): Draft {
  if (!nodes.includes(primary)) return replicasGone(s, nodes, 'dies')
  const dead = outcome(say('when.processEnds', { nodes }), foresee(without(s, nodes, 'dies')))
  const silent = outcome(say('when.fallsSilent', { nodes }), foresee(without(s, nodes, 'falls silent')))
  const outcomes = [dead, silent]
  const bad = outcomes.filter((each) => each.primary === null || each.loss !== null)
  const reasons = bad.map((each) => say('ifStops.because', { when: each.whenSaid, what: each.lossSaid ?? each.said }))
  if (bad.length > 0) return { safety: 'risk', said: say('ifDies.notHealed', { primary }), outcomes, reasons }
  return {
    safety: 'safe',
    said: say('ifDies.takesOver', { node: dead.primary ?? '', primary }),
    outcomes,
  }
}

/** Replicas are away, for whatever reason: may the primary write, and what if it dies meanwhile? */
function replicasGone(s: Situation, nodes: readonly NodeId[], what: Question['what']): Draft {
  const gone = foresee(without(s, nodes, 'dies'))
  const after = gone.then
  const primary = after.record?.primary ?? ''
  const first = outcome(say(what === 'dies' ? 'when.die' : 'when.stopped', { nodes }), gone, refusesWrites(after))
  const then = outcome(say('when.diesMeanwhile', { primary }), foresee(without(after, [primary], 'dies')))
  const outcomes = [first, then]
  if (first.writes.stop === 'until') {
    const reasons = [say('ifStops.guard', { primary })]
    return { safety: 'outage', said: say('ifStops.untilBack'), outcomes, reasons }
  }
  if (then.primary === null || then.loss !== null) {
    const reasons = [say('ifStops.meanwhile', { primary, what: then.lossSaid ?? then.said })]
    return { safety: 'risk', said: say('ifStops.nobodyMeanwhile', { primary }), outcomes, reasons }
  }
  return { safety: 'safe', said: say('ifStops.goesOn', { primary, node: then.primary }), outcomes }
}

/** The guard that is in force when all has settled asks for more replicas than are left. */
function refusesWrites(s: Situation): boolean {
  const primary = s.record === null ? null : nodeOf(s, s.record.primary).reading
  return primary !== null && s.can.canGuard && (s.record?.guard ?? 0) > primary.replicas.filter((replica) => replica.online).length
}

function outcome(when: Said, seen: Foreseen, refused = false): Outcome {
  const { rule, sentence, said, elected, risk, waitedMs, kind, then } = seen
  const writes: Outcome['writes'] =
    kind === 'held' || refused ? { stop: 'until' } : kind === 'calm' ? { stop: 'no' } : { stop: 'moment', waitsMs: waitedMs }
  const primary = kind === 'calm' ? (then.record?.primary ?? null) : elected
  return { when: inEnglish(when), whenSaid: when, rule, sentence, said, primary, ...lossOf(risk), writes }
}

// ----------------------------------------------------------------------------------------- it is stopped

function ifStops(s: Situation, primary: NodeId, nodes: readonly NodeId[]): Draft {
  if (nodes.length === s.nodes.size) return allStop(s, primary, nodes)
  const commands = nodes.map((id) => `regroup maintain ${s.spec.id}/${id} --for 30m`)
  if (!nodes.includes(primary)) {
    const draft = replicasGone(inWork(s, nodes), nodes, 'stops')
    return { ...draft, first: commands }
  }
  const straight = outcome(say('when.stoppedAsItIs', { nodes }), foresee(without(s, nodes, 'dies')))
  // The rule itself says who takes over from a primary that is in maintenance.
  const worked = inWork(s, nodes)
  const handover = foresee(worked)
  if (handover.elected === null) {
    const c = caseOf(worked)
    const plan = c === null ? null : planSwitchover(c, null)
    const why = plan === null || plan.ok ? handover.said : plan.said
    return {
      safety: 'risk',
      said: say('ifStops.cannotHandOver', { primary }),
      outcomes: [straight],
      reasons: [say('ifStops.nobodyElse', { why })],
    }
  }
  const moved = outcome(say('when.handsOver', { primary }), handover)
  const rest = replicasGone(movedTo(worked, handover.elected), nodes, 'stops')
  const outcomes = [{ ...moved, writes: { stop: 'moment', waitsMs: 0 } } as const, ...rest.outcomes]
  // Itself first: its switchover is refused once the others are in maintenance and down.
  const first = [primary, ...nodes.filter((id) => id !== primary)].map((id) => `regroup maintain ${s.spec.id}/${id} --for 30m`)
  if (rest.safety !== 'safe') return { ...rest, outcomes, first }
  return {
    safety: 'prepare',
    said: say('ifStops.handsOver', { primary, node: handover.elected }),
    outcomes,
    first,
  }
}

/** Replicas first: each leaves the in-sync set, so that the primary alone is known to have everything, and is not replaced when it goes. */
function allStop(s: Situation, primary: NodeId, nodes: readonly NodeId[]): Draft {
  const replicas = nodes.filter((id) => id !== primary)
  const alone = replicas.length === 0 ? s : foresee(without(s, replicas, 'dies')).then
  const stopped = foresee(without(alone, nodes, 'dies'))
  const started = outcome(say('when.started', { primary }), foresee(back(stopped.then, primary)))
  const outcomes = [outcome(say('when.allStopped', { primary }), stopped, true), started]
  const { reading } = nodeOf(s, primary)
  const durable = reading?.durable ?? false
  const reasons = durable ? [] : [say('ifStops.saveFirst', { primary })]
  if (started.primary !== primary || started.loss !== null) {
    const why = say('ifStops.startedAgain', { primary, what: started.lossSaid ?? started.said })
    return { safety: 'risk', said: say('ifStops.notGoOn'), outcomes, reasons: [...reasons, why] }
  }
  return {
    safety: 'outage',
    said: say('ifStops.outage', { primary }),
    outcomes,
    reasons,
  }
}

/** Who knows least goes first, a primary last: whoever hands over before is a replica then. */
function stopOrder(s: Situation, nodes: readonly NodeId[]): NodeId[] {
  const members = new Set(s.record?.inSync.map((m) => m.node))
  const rank = (node: NodeView): readonly number[] => [
    node.spec.id === s.record?.primary ? 1 : 0,
    members.has(node.spec.id) ? 1 : 0,
    answers(node) ? 1 : 0,
    -node.spec.priority,
  ]
  const compare = (a: readonly number[], b: readonly number[]): number =>
    a.map((value, at) => value - (b[at] ?? 0)).find((difference) => difference !== 0) ?? 0
  return nodes
    .map((id) => nodeOf(s, id))
    .toSorted((a, b) => compare(rank(a), rank(b)))
    .map((node) => node.spec.id)
}
