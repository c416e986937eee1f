import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, failingOver, group } from '../../test/situations.ts'
import { say } from '../core/said.ts'
import type { Effect } from '../ports.ts'
import { Ordered } from './ordered.ts'

const said = say('command.noPrimary')

/** A switchover was ordered and is not begun yet. */
function given(): { readonly ordered: Ordered; readonly replies: () => string[]; readonly effects: Effect[] } {
  const s = group('a', alive('a'), alive('b'))
  const [ordered, effects] = [new Ordered(), [] as Effect[]]
  const input = { kind: 'command', id: 7, command: { name: 'switchover', to: 'b', by: 'anna', dryRun: false } } as const
  assert.deepEqual(ordered.take(input, s, s.memory, effects).order, { name: 'switchover', to: 'b', by: 'anna' }, JSON.stringify(effects))
  const replies = (): string[] =>
    effects.map((effect) =>
      effect.kind === 'reply' && !effect.answer.ok ? `${effect.id} ${effect.answer.code} ${effect.answer.said.code}` : effect.kind,
    )
  return { ordered, replies, effects }
}

test('ordered: another decision comes first -> not now, with that decision', () => {
  const { ordered, replies, effects } = given()
  const { record } = group('a', alive('a'), alive('b'))
  assert(record !== null)
  ordered.saving(record, said, effects)
  assert.deepEqual(replies(), ['7 NOT_NOW command.noPrimary'])
  ordered.saved(record.nonce, { ok: true, version: 2 }, effects)
  assert.equal(replies().length, 1, 'he is told once')
})

test('ordered: it cannot be begun any more -> not now; once it is being stored, only the store tells', () => {
  const { ordered, replies, effects } = given()
  ordered.refused(said, effects)
  assert.deepEqual(replies(), ['7 NOT_NOW command.noPrimary'])
  const other = given()
  const { record } = failingOver(group('a', alive('a'), alive('b')), 'b', 'operator')
  assert(record !== null)
  other.ordered.saving(record, said, other.effects)
  other.ordered.refused(said, other.effects)
  assert.deepEqual(other.replies(), [])
  other.ordered.saved(record.nonce, { ok: true, version: 2 }, other.effects)
  assert.deepEqual(other.replies(), ['reply'])
})
