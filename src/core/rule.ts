// What a rule is: a row with a name and a reason. Grouped by phase; the first match within a phase wins.
import type { Verdict } from './diagnose.ts'
import type { Action, Evidence, GroupRecord, NodeId } from './model.ts'
import type { NodeView } from './observe.ts'
import type { Situation } from './situation.ts'

export interface Act {
  readonly node: NodeId
  readonly action: Action
  /** Written onto the connection that was open before the node fell silent (protocol A14). */
  readonly queued?: true
}

/** A record as a rule wants it; who wrote it, when and its nonce are added where it is saved. */
export type RecordDraft = GroupRecord extends infer R
  ? R extends GroupRecord
    ? Omit<R, 'writer' | 'nonce' | 'at' | 'specRevision'>
    : never
  : never

export type Step =
  /** Nothing is done, and this is why. Stored when it changes. */
  | { readonly kind: 'hold'; readonly sentence: string; readonly evidence: Evidence }
  /** Part of the work: an answer is outstanding. Stored only when it lasts. */
  | { readonly kind: 'wait'; readonly sentence: string; readonly evidence: Evidence }
  /** All is as it should be. */
  | { readonly kind: 'rest'; readonly sentence: string; readonly evidence: Evidence }
  | { readonly kind: 'save'; readonly sentence: string; readonly evidence: Evidence; readonly record: RecordDraft }
  /** Enforces the saved record; needs no save. */
  | { readonly kind: 'act'; readonly sentence: string; readonly evidence: Evidence; readonly acts: readonly Act[] }

export interface Decision {
  readonly rule: string
  readonly step: Step
}

export interface Rule<Context> {
  readonly id: string
  readonly why: string
  /** What it leads to, for docs/fsm.md: `hold`, `save -> failover`, `act promote` ... */
  readonly gives: string
  readonly when: (c: Context) => boolean
  /** May name a finer rule of its own (an election does). */
  readonly then: (c: Context) => Step | Decision
}

/** What the rules of a group that has a record look at. */
export interface Case {
  readonly s: Situation
  readonly record: GroupRecord
  readonly verdict: Verdict
  readonly primary: NodeView
}

export function firstMatch<Context>(rules: readonly Rule<Context>[], context: Context): Decision | null {
  for (const rule of rules) {
    if (!rule.when(context)) continue
    const result = rule.then(context)
    return 'step' in result ? { rule: `${rule.id}/${result.rule}`, step: result.step } : { rule: rule.id, step: result }
  }
  return null
}

/** The end of a sentence that says what a decision may lose. */
export function riskOf(loss: string | null): string {
  return loss === null ? '' : `. Risk: ${loss}`
}

export function hold(sentence: string, evidence: Evidence = {}): Step {
  return { kind: 'hold', sentence, evidence }
}

export function wait(sentence: string, evidence: Evidence = {}): Step {
  return { kind: 'wait', sentence, evidence }
}

export function act(sentence: string, acts: readonly Act[], evidence: Evidence = {}): Step {
  return { kind: 'act', sentence, acts, evidence }
}

export function save(sentence: string, record: RecordDraft, evidence: Evidence = {}): Step {
  return { kind: 'save', sentence, record, evidence }
}
