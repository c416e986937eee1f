// One way from a situation to what is done next. The rows are in rules*.ts; docs/fsm.md is generated from them.
import { closedGuard } from './limits.ts'
import { type Verdict, verdictOf } from './diagnose.ts'
import type { NodeId } from './model.ts'
import type { NodeView } from './observe.ts'
import { type Case, type Decision, type Rule, firstMatch, hold } from './rule.ts'
import { failoverRules } from './rulesFailover.ts'
import { newRules } from './rulesNew.ts'
import { restoredRules } from './rulesRestored.ts'
import { type NodeCase, nodeRules } from './rulesNode.ts'
import { steadyRules } from './rulesSteady.ts'
import { say } from './said.ts'
import { switchoverRules } from './rulesSwitchover.ts'
import { type Situation, nodeOf, paused } from './situation.ts'

export interface Table {
  readonly phase: string
  readonly about: string
  readonly rules: readonly Pick<Rule<never>, 'id' | 'why' | 'gives'>[]
}

export const tables: readonly Table[] = [
  { phase: 'new', about: 'No record yet.', rules: newRules },
  { phase: 'restored', about: 'The record was read from a copy of the store and is not verified yet.', rules: restoredRules },
  { phase: 'steady', about: 'The record names the primary and nothing is under way.', rules: steadyRules },
  { phase: 'failover', about: 'The intent to promote a candidate by force is saved.', rules: failoverRules },
  { phase: 'switchover', about: 'The intent to move the primary in a planned way is saved.', rules: switchoverRules },
  { phase: 'node', about: 'For each node, while the group is steady, under the saved record.', rules: nodeRules },
]

export interface Decided {
  readonly verdict: Verdict
  readonly group: Decision
  /** One per node that is told something or for which something is refused. */
  readonly nodes: readonly (Decision & { readonly node: NodeId })[]
}

/** The group's case for the rules; null while nothing is recorded. */
export function caseOf(s: Situation): Case | null {
  if (s.record === null) return null
  return { s, record: s.record, verdict: verdictOf(s), primary: nodeOf(s, s.record.primary) }
}

export function decide(s: Situation, c: Case | null = caseOf(s)): Decided {
  if (c === null) {
    return { verdict: verdictOf(s), group: firstMatch(newRules, s) ?? noRule('new'), nodes: [] }
  }
  const rules = { restored: restoredRules, steady: steadyRules, failover: failoverRules, switchover: switchoverRules }[c.record.phase]
  const group = unlessPaused(c, firstMatch<Case>(rules, c) ?? noRule(c.record.phase))
  return {
    verdict: c.verdict,
    group,
    nodes: c.record.phase !== 'steady' || (paused(s) && !finishing(c)) ? [] : [...s.nodes.values()].flatMap((node) => ofNode(c, node)),
  }
}

function ofNode(c: Case, node: NodeView): Decided['nodes'] {
  const decision = firstMatch<NodeCase>(nodeRules, { ...c, node })
  return decision === null ? [] : [{ ...decision, node: node.spec.id }]
}

/** A change of primary younger than this is finished although the group was paused meanwhile: half of one is worse than either. */
const finishMs = 60_000

function finishing(c: Case): boolean {
  return c.s.wall - (c.record.lineage.at(-1)?.at ?? 0) < finishMs
}

/** A pause lets nothing be done to a node; what is already under way is finished all the same. */
function unlessPaused(c: Case, decision: Decision): Decision {
  if (c.record.phase !== 'steady' || !paused(c.s) || decision.step.kind !== 'act') return decision
  const closed = decision.rule === 'steady.open' && c.primary.reading?.guard === closedGuard
  // Its clients wait at our word.
  const waiting = decision.rule === 'steady.resumeWrites'
  if (closed || waiting || finishing(c)) return decision
  return {
    rule: 'steady.paused',
    step: hold(say('steady.wouldDo', { by: c.s.spec.pause?.by ?? '', what: decision.step.said }), decision.step.evidence),
  }
}

/** Nothing is wrong, changing or refused. */
export function atRest(decided: Decided): boolean {
  return decided.group.step.kind === 'rest' && decided.nodes.every((decision) => decision.step.kind === 'rest')
}

function noRule(phase: string): never {
  throw new Error(`assertion failed: the last rule of ${phase} matches always`)
}
