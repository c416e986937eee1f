import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessUser, AttachedReplica, Load, Mark, Position, ProbeResult, Reading, Upstream } from '../core/model.ts'
import { sharedWith } from './share.ts'

const upstream: Required<Upstream> = { host: 'a', port: 1, linkUp: true, syncing: false, failed: true, waiting: true }
const replica: Required<AttachedReplica> = { host: 'b', port: 2, online: true, acked: 10 }
const position: Required<Extract<Position, { kind: 'stream' }>> = {
  kind: 'stream',
  replid: 'r1',
  replid2: 'r2',
  second: 5,
  offset: 10,
  parts: [1, 2],
  log: 'l 1',
}
const mark: Required<Mark> = { installation: 'i', group: 'g', epoch: 1, seq: 4, since: 7 }
const user: Required<AccessUser> = { name: 'u', rules: ['on', '+get'] }
const load: Required<Load> = { opsPerSec: 1, usedMemoryBytes: 2 }
/** With everything that a reading can have: one more in its type does not compile here, and is then tried below. */
const before: Required<Reading> = {
  engine: 'redis',
  version: '7.0.15',
  incarnation: 'p1',
  role: 'primary',
  upstream,
  replicas: [replica, { ...replica, host: 'c', acked: 9 }],
  position,
  usable: true,
  loading: false,
  partial: true,
  shuttingDown: false,
  durable: true,
  guard: 1,
  users: [user],
  unclosable: ['v'],
  keys: 3,
  mark,
  markUnread: true,
  writeProblem: 'MISCONF',
  load,
}

const result = (reading: Reading): ProbeResult => ({ ok: true, reading })
const shared = (last: Reading, is: Reading): Reading => {
  const made = sharedWith(result(last), result(structuredClone(is)))
  return made.ok ? made.reading : assert.fail('a reading is a reading')
}

/** The same with one thing in it that is something else, or not there; each with the path to it. */
function* others(value: unknown, path = ''): Generator<readonly [path: string, other: unknown]> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      for (const [at, other] of others(part, `${path}.${key}`))
        yield [at, Array.isArray(value) ? value.map((each, index) => (String(index) === key ? other : each)) : { ...value, [key]: other }]
    }
    if (Array.isArray(value)) yield* [[`${path} less`, value.slice(1)] as const, [`${path} more`, [...value, value[0]]] as const]
    return
  }
  yield [path, typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}!`]
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
