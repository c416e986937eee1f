// What a rule is: a row with a name and a reason. Grouped by phase; the first match within a phase wins.
import type { Verdict } from './diagnose.ts'
import type { Action } from './action.ts'
import type { Evidence, GroupRecord, NodeId } from './model.ts'
import type { NodeView } from './observe.ts'
import type { Said } from './said.ts'
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

/** `said` is put into words only where somebody reads them. */
export type Step = { readonly said: Said; readonly evidence: Evidence } & (
  | /** Nothing is done, and this is why. Stored when it changes. */ { readonly kind: 'hold' }
  /** Part of the work: an answer is outstanding. Stored only when it lasts. */
  | { readonly kind: 'wait' }
  /** All is as it should be. */
  | { readonly kind: 'rest' }
  | { readonly kind: 'save'; readonly record: RecordDraft }
  /** Enforces the saved record; needs no save. */
  | /** `again`: what was done for the same reason before, and is no news. */ {
      readonly kind: 'act'
      readonly acts: readonly Act[]
      readonly again?: boolean
    }
)

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

export function hold(said: Said, evidence: Evidence = {}): Step {
  return { kind: 'hold', said, evidence }
}

export function wait(said: Said, evidence: Evidence = {}): Step {
  return { kind: 'wait', said, evidence }
}

export function rest(said: Said): Step {
  return { kind: 'rest', said, evidence: {} }
}

export function act(said: Said, acts: readonly Act[], evidence: Evidence = {}): Step {
  return { kind: 'act', said, acts, evidence }
}

export function save(said: Said, record: RecordDraft, evidence: Evidence = {}): Step {
  return { kind: 'save', said, record, evidence }
}
