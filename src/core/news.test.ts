import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullReading, others } from '../../test/readings.ts'
import { type Says, alive, group, lists, markOf, recorded, refused } from '../../test/situations.ts'
import type { AttachedReplica, GroupRecord, Reading } from './model.ts'
import { onlyMoved, onlyWroteOn } from './news.ts'
import type { NodeView } from './observe.ts'
import type { Situation } from './situation.ts'

const mark = markOf('1.7')
const says: Says = { offset: 100, mark, keys: 5 }
const calm = group('a', alive('a', says), alive('b', says), refused('c', 5_000))
const record = recordOf()

function recordOf(): GroupRecord {
  assert.ok(calm.record !== null)
  return calm.record
}

function view(id: string, change: Says = {}): NodeView {
  const node = group('a', alive('a', says), alive('b', says), refused('c', 5_000)).nodes.get(id)
  const next = group(
    'a',
    alive('a', { ...says, ...(id === 'a' ? change : {}) }),
    alive('b', { ...says, ...(id === 'b' ? change : {}) }),
  ).nodes.get(id)
  return next ?? node ?? assert.fail(`no node ${id}`)
}

/** The replica b, when it answered so. */
const told = (reading: Reading): NodeView => ({ ...view('b'), reading: { ...reading, incarnation: view('b').reading?.incarnation ?? '' } })
const moved = (id: string, change: Says): boolean => onlyMoved(record, view(id), view(id, change))

/** Of two nodes, both in sync. */
const healthy = (change: Says = {}): Situation => group('a', alive('a', { ...says, ...change }), alive('b', says))
const wroteOn = (change: Says, replicas?: readonly AttachedReplica[]): boolean => {
  const s = healthy()
  return onlyWroteOn(s, s.nodes.get('a'), healthy({ ...change, ...(replicas === undefined ? {} : { lists: replicas }) }).nodes.get('a'))
}

test('news: an in-sync replica answers as before, only further on -> none', () => {
  assert.ok(record.inSync.some(({ node }) => node === 'b'))
  assert.equal(moved('b', {}), true)
  assert.equal(moved('b', { offset: 5_000, keys: 6, mark: { ...mark, seq: mark.seq + 1 } }), true)
})

test('news: further on in each database -> none', () => {
  const at = (part: number): NodeView => {
    const node = view('b', { offset: 2 * part })
    const { reading } = node
    if (reading?.position.kind !== 'stream') return assert.fail('b has a position')
    return { ...node, reading: { ...reading, position: { ...reading.position, parts: [part, part] } } }
  }
  assert.equal(onlyMoved(record, at(100), at(120)), true)
})

test('news: anything else of a replica -> news', () => {
  const changes: readonly Says[] = [
    { offset: 99 },
    { keys: 0 },
    { incarnation: 'another' },
    { role: 'primary' },
    { loading: true },
    { usable: false },
    { shuttingDown: true },
    { guard: 3 },
    { mark: null },
    { mark: { ...mark, epoch: mark.epoch + 1 } },
    { mark: { ...mark, group: 'other' } },
    { markUnread: true },
    { writeProblem: 'MISCONF' },
    { durable: true },
  ]
  for (const change of changes) assert.equal(moved('b', change), false, JSON.stringify(change))
})

test('news: a reading that differs in any one thing but a counter -> news', () => {
  const counters = /\.(?:offset|parts.*|acked|seq|keys)$|^\.load\b/
  const tried = ([...others(fullReading)] as [string, Reading][]).filter(([path]) => !['.incarnation', '.position.kind'].includes(path))
  assert.ok(tried.length > 40)
  for (const [path, is] of tried) assert.equal(onlyMoved(record, told(fullReading), told(is)), counters.test(path), path)
  assert.equal(onlyMoved(record, told(fullReading), told({ ...fullReading, position: { kind: 'none' } })), false)
})

test('news: something is not there any more, or not yet -> news', () => {
  const { partial: _p, users: _u, unclosable: _c, markUnread: _m, load: _l, ...plain } = fullReading
  const less: readonly Reading[] = [
    { ...plain, markUnread: true, partial: true, users: fullReading.users },
    { ...fullReading, upstream: null },
    { ...fullReading, mark: null },
    { ...fullReading, guard: null },
    { ...fullReading, writeProblem: null },
  ]
  for (const other of less) {
    assert.equal(onlyMoved(record, told(fullReading), told(other)), false)
    assert.equal(onlyMoved(record, told(other), told(fullReading)), false)
  }
})

test('news: the primary, a replica that is not in sync, one that failed or was not heard before -> always news', () => {
  const b = view('b')
  assert.equal(moved('a', {}), false)
  assert.equal(onlyMoved({ ...record, inSync: record.inSync.filter(({ node }) => node !== 'b') }, b, b), false)
  assert.equal(onlyMoved(record, { ...b, failure: { kind: 'silent' } }, b), false)
  assert.equal(onlyMoved(record, b, { ...b, failure: { kind: 'silent' } }), false)
  assert.equal(onlyMoved(record, undefined, b), false)
  assert.equal(onlyMoved(null, b, b), false)
})

test('news: the primary of a healthy group wrote on -> none', () => {
  assert.equal(wroteOn({}), true)
  assert.equal(wroteOn({ offset: 5_000, keys: 6, mark: { ...mark, seq: mark.seq + 1 } }, [lists('b', { acked: 4_900 })]), true)
})

test('news: the primary says anything else -> news', () => {
  const changes: readonly Says[] = [
    { offset: 99 },
    { keys: 0 },
    { incarnation: 'another' },
    { role: 'replica' },
    { guard: 3 },
    { writeProblem: 'MISCONF' },
  ]
  for (const change of changes) assert.equal(wroteOn(change), false, JSON.stringify(change))
  assert.equal(wroteOn({}, []), false, 'nobody follows')
  assert.equal(wroteOn({}, [lists('b', { online: false })]), false)
  assert.equal(wroteOn({ offset: 2_000_000 }, [lists('b', { acked: 100 })]), false, 'one might lag')
})

test('news: the primary wrote on, and somebody may join the in-sync set, or it is another one -> news', () => {
  const s = healthy()
  const a = s.nodes.get('a')
  assert.equal(onlyWroteOn(recorded(s, { inSync: s.record?.inSync.slice(0, 1) ?? [] }), a, a), false)
  assert.equal(onlyWroteOn(recorded(s, { incarnation: 'another' }), a, a), false)
  assert.equal(onlyWroteOn(s, s.nodes.get('b'), s.nodes.get('b')), false, 'a replica')
  assert.equal(onlyWroteOn(s, undefined, a), false)
  assert.equal(onlyWroteOn({ ...s, record: null }, a, a), false)
})
