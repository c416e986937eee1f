import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullReading as before, others, position } from '../../test/readings.ts'
import type { ProbeResult, Reading } from '../core/model.ts'
import { sharedWith } from './share.ts'

const result = (reading: Reading): ProbeResult => ({ ok: true, reading })
const shared = (last: Reading, is: Reading): Reading => {
  const made = sharedWith(result(last), result(structuredClone(is)))
  return made.ok ? made.reading : assert.fail('a reading is a reading')
}

test('an answer like the one before -> the one before', () => {
  const last = result(before)
  assert.equal(sharedWith(last, result(structuredClone(before))), last)
})

test('an answer that differs in any one thing -> what it says; everything else is that of the one before', () => {
  // Another kind of position has other fields; see below.
  const tried = ([...others(before)] as [string, Reading][]).filter(([path]) => path !== '.position.kind')
  assert.ok(tried.length > 40)
  for (const [path, is] of tried) {
    const kept = structuredClone(before)
    const made = shared(kept, is)
    assert.deepEqual(made, is, path)
    assert.deepEqual(kept, before, `${path}: the one before is left as it was`)
    const parts = ['upstream', 'replicas', 'position', 'users', 'unclosable', 'mark'] as const
    for (const part of parts) assert.equal(made[part] === kept[part], path.split(/[. ]/)[1] !== part, `${path}: ${part}`)
  }
})

test('something is not there any more, or not yet -> what the answer says', () => {
  const { partial: _p, users: _u, unclosable: _c, markUnread: _m, load: _l, ...plain } = before
  const bare: Reading = { ...plain, upstream: null, replicas: [], position: { kind: 'none' }, mark: null, writeProblem: null, guard: null }
  const { parts: _parts, log: _log, ...place } = position
  const all: readonly Reading[] = [
    before,
    plain,
    bare,
    { ...plain, position: place },
    { ...before, replicas: before.replicas.toReversed() },
  ]
  for (const last of all) for (const is of all) assert.deepEqual(shared(last, is), is)
})

test('no answer before, or no reading now -> what it says', () => {
  const silent: ProbeResult = { ok: false, failure: { kind: 'silent' } }
  const reading = result(before)
  assert.equal(sharedWith(null, reading), reading)
  assert.equal(sharedWith(silent, reading), reading)
  assert.equal(sharedWith(reading, silent), silent)
})
