import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, at, group, remembered, withPolicy, withSpec } from '../../test/situations.ts'
import { decide } from '../core/decide.ts'
import { restMs } from '../core/limits.ts'
import type { Situation } from '../core/situation.ts'
import type { Input } from '../ports.ts'
import { Rest } from './rest.ts'

const s = group('a', alive('a', { offset: 100 }), alive('b', { offset: 100 }))
const [a, b] = [s.nodes.get('a'), s.nodes.get('b')]
const further = group('a', alive('a', { offset: 200 }), alive('b', { offset: 200 }))
const mark = { id: 7, since: s.now }

function rested(): Rest {
  const rest = new Rest()
  rest.decided(decide(s), s.now)
  assert.equal(rest.isRestful, true)
  return rest
}

function probed(node: string): Input {
  const reading = further.nodes.get(node)?.reading
  assert.ok(reading != null)
  return { kind: 'probed', node, sentAt: s.now, result: { ok: true, reading } }
}

function acted(ok: boolean): Input {
  const result = ok ? { ok, persisted: true, note: null } : { ok, code: 'SILENT', message: 'no answer' }
  return { kind: 'acted', id: mark.id, node: 'a', sentAt: s.now, result }
}

test('at rest: a tick, a mark that was written, a replica that moved on -> nothing new, however late', () => {
  const late = at(remembered(s, { canary: { ...s.memory.canary, inFlight: mark } }), s.now + 10 * restMs)
  const tick: Input = { kind: 'tick', silentHosts: 0, hosts: 2, stalledMs: 0, hurryEveryMs: 0 }
  assert.equal(rested().isNothingNew(tick, late, undefined, undefined), true)
  assert.equal(rested().isNothingNew(acted(true), late, a, a), true)
  assert.equal(rested().isNothingNew(acted(false), late, a, a), false)
  assert.equal(rested().isNothingNew(probed('b'), late, b, further.nodes.get('b')), true)
})

test('at rest: the primary wrote on -> nothing new until the rest is over', () => {
  const isNothingNew = (rest: Rest, now: Situation): boolean => rest.isNothingNew(probed('a'), now, a, further.nodes.get('a'))
  const rest = rested()
  assert.equal(isNothingNew(rest, at(s, s.now + restMs - 1)), true)
  assert.equal(isNothingNew(rest, at(s, s.now + restMs)), false)
  rest.decided(decide(s), s.now + restMs)
  assert.equal(isNothingNew(rest, at(s, s.now + restMs + 1)), true)
})

test('at rest, and something waits for its time -> each answer of the primary is decided about', () => {
  const until = s.wall + 60_000
  const waiting: readonly Situation[] = [
    withSpec(s, { pause: { until, by: 'ops', why: '' } }),
    withSpec(s, { scheduled: { at: until, to: null, by: 'ops', why: '' } }),
    withSpec(s, { nodes: s.spec.nodes.map((node) => ({ ...node, maintenanceUntil: until })) }),
    withPolicy(s, { failback: 'window' }),
  ]
  for (const one of waiting) assert.equal(rested().isNothingNew(probed('a'), one, a, further.nodes.get('a')), false)
})

test('at rest: nothing was decided yet -> no rest', () => {
  assert.equal(new Rest().isRestful, false)
})
