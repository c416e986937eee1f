// The rule tables as the simulator sees them: each row can be counted, and replaced for as long as a planted hole is looked for.
import { failoverRules } from '../core/rulesFailover.ts'
import { newRules } from '../core/rulesNew.ts'
import { nodeRules } from '../core/rulesNode.ts'
import { restoredRules } from '../core/rulesRestored.ts'
import { steadyRules } from '../core/rulesSteady.ts'
import { switchoverRules } from '../core/rulesSwitchover.ts'
import type { Decision, Step } from '../core/rule.ts'

/** A row whose functions can be exchanged. The context is whatever its table is asked with. */
export interface Row {
  readonly id: string
  when: (context: never) => boolean
  then: (context: never) => Step | Decision
}

export const rows: readonly Row[] = [
  ...newRules,
  ...restoredRules,
  ...steadyRules,
  ...failoverRules,
  ...switchoverRules,
  ...nodeRules,
] as readonly Row[]

/** Throws when there is no such row: a planted hole must not fall into nothing. */
export function rowOf(id: string): Row {
  const row = rows.find((one) => one.id === id)
  if (row === undefined) throw new Error(`no rule is called ${id}`)
  return row
}

/** Counts how often each row decides from now on. */
export function countRows(): Map<string, number> {
  const counts = new Map(rows.map((row) => [row.id, 0]))
  for (const row of rows) {
    const { then } = row
    row.then = (context) => {
      counts.set(row.id, (counts.get(row.id) ?? 0) + 1)
      return then(context)
    }
  }
  return counts
}
