// What a situation leads to, asserted in one line per rule; and which rules a test file has seen fire.
import assert from 'node:assert/strict'
import { decide, tables } from '../src/core/decide.ts'
import type { Action } from '../src/core/action.ts'
import type { GroupRecord } from '../src/core/model.ts'
import type { Step } from '../src/core/rule.ts'
import type { Situation } from '../src/core/situation.ts'
import { epochStart, now, recorded } from './situations.ts'
import { inEnglish } from '../src/core/said.ts'

const fired = new Set<string>()

/** Every row of this phase's table was the decision of some situation in this test file. `but`: rows that another file tests. */
export function everyRuleFired(phase: string, but: readonly { readonly id: string }[] = []): void {
  const rules = tables.find((table) => table.phase === phase)?.rules ?? []
  assert.ok(rules.length > 0, `no table ${phase}`)
  wereFired(rules.filter((rule) => !but.some(({ id }) => id === rule.id)))
}

export function wereFired(rules: readonly { readonly id: string }[]): void {
  const ids = rules.map((rule) => rule.id)
  assert.deepEqual(
    ids.filter((id) => !fired.has(id)),
    [],
    'these rules fired in no test',
  )
}

/** The group's decision. An election's finer rule stands behind a slash. */
export function groupStep(s: Situation, rule: string): Step {
  const { group: decision, nodes } = decide(s)
  for (const each of [decision, ...nodes]) fired.add(each.rule.split('/')[0] ?? '')
  assert.equal(decision.rule, rule, inEnglish(decision.step.said))
  return decision.step
}

export function holds(s: Situation, rule: string, sentence: RegExp): void {
  const step = groupStep(s, rule)
  assert.equal(step.kind, 'hold')
  assert.match(inEnglish(step.said), sentence)
}

export function waits(s: Situation, rule: string, sentence: RegExp): void {
  const step = groupStep(s, rule)
  assert.equal(step.kind, 'wait')
  assert.match(inEnglish(step.said), sentence)
}

export function saves(s: Situation, rule: string, expected: Partial<GroupRecord> & { candidate?: string; cause?: string }): Step {
  const step = groupStep(s, rule)
  assert.ok(step.kind === 'save', step.kind)
  assert.partialDeepStrictEqual(step.record, expected)
  return step
}

export function acts(s: Situation, rule: string, ...expected: (readonly [node: string, action: Partial<Action>])[]): void {
  const step = groupStep(s, rule)
  assert.ok(step.kind === 'act', step.kind)
  assert.equal(step.acts.length, expected.length)
  for (const [index, [node, action]] of expected.entries()) {
    assert.equal(step.acts[index]?.node, node)
    assert.partialDeepStrictEqual(step.acts[index]?.action, action)
  }
}

/** What one node is told, or why it is not. */
export function nodeStep(s: Situation, node: string, rule: string): Step {
  const { nodes } = decide(s)
  for (const each of nodes) fired.add(each.rule)
  const decision = nodes.find((each) => each.node === node)
  assert.equal(decision?.rule, rule, decision === undefined ? '' : inEnglish(decision.step.said))
  return decision?.step ?? assert.fail('no decision about the node')
}

export function told(s: Situation, node: string, rule: string, action: Partial<Action>): void {
  const step = nodeStep(s, node, rule)
  assert.ok(step.kind === 'act')
  assert.partialDeepStrictEqual(step.acts, [{ node, action }])
}

/** It is to be copied by force: that is saved first, and then it is told. Gives the group as it is then. */
export function copied(s: Situation, node: string, rule: string, action: Partial<Action>): Situation {
  assert.equal(nodeStep(s, node, 'node.unrecorded').kind, 'wait')
  const inDoubt = [...(s.record?.inDoubt ?? []), node]
  saves(s, 'steady.copies', { inDoubt })
  const known = recorded(s, { inDoubt })
  told(known, node, rule, { ...action, force: true })
  assert.notEqual(decide(known).group.rule, 'steady.copies')
  return known
}

export const pause = { until: epochStart + now + 1, by: 'anna', why: 'maintenance' }
export const order = (name: 'failover' | 'switchover', to: string | null): Partial<Situation['memory']> => ({
  order: { name, to, by: 'anna' },
})
export const foreignMark = { installation: 'other', group: 'h', epoch: 1, seq: 1 }
export const alone = { inSync: [{ node: 'a', incarnation: 'a1' }] }
/** The recorded primary restarted: another process that boots as a replica of nowhere. */
export const returned = { incarnation: 'a2', of: 'nowhere', replid: 'R7', offset: 0 } as const
