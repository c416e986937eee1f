import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Comparison, LineageEntry, Position } from '../core/model.ts'
import { compareLogs } from './compareLogs.ts'

const at = (replid: string, ...parts: readonly number[]): Position => ({
  kind: 'stream',
  replid,
  replid2: '',
  second: -1,
  offset: parts.reduce((sum, part) => sum + part, 0),
  parts,
  log: 'X 100',
})
const began = (replid: string, start: number | null, continues = true, parts?: readonly number[]): LineageEntry => ({
  epoch: 1,
  node: 'a',
  at: 0,
  replid,
  start,
  continues,
  ...(parts === undefined ? {} : { parts }),
})
const lineage = [began('h1', 0, false), began('h2', 100), began('h3', 150)]

function says(a: Position, b: Position, expected: Comparison, of: readonly LineageEntry[] = lineage): void {
  assert.deepEqual(compareLogs(a, b, of), expected)
}

test('one history -> by its length', () => {
  says(at('h1', 10), at('h1', 10), { order: 'equal' })
  says(at('h1', 7), at('h1', 10), { order: 'behind', tail: 3 })
  says(at('h1', 10), at('h1', 7), { order: 'ahead', tail: 3 })
})

test('P2: an old primary that stopped where the new one began, or before -> behind', () => {
  says(at('h1', 100), at('h2', 140), { order: 'behind', tail: 40 })
  says(at('h1', 90), at('h2', 140), { order: 'behind', tail: 50 })
})

test('P2: an old primary with writes of its own at the same offsets -> diverged, not behind', () => {
  says(at('h1', 120), at('h2', 140), { order: 'diverged', tail: 20, otherTail: 40 })
  says(at('h1', 120), at('h2', 120), { order: 'diverged', tail: 20, otherTail: 20 })
  says(at('h1', 120), at('h3', 400), { order: 'diverged', tail: 20, otherTail: 300 })
})

test('a replica that has not heard its new primary yet -> behind', () => {
  says(at('h2', 150), at('h3', 170), { order: 'behind', tail: 20 })
})

test('P10: another replication id or file size, no mark, or a lineage with a gap -> incomparable, which is not behind', () => {
  const incomparable: Comparison = { order: 'incomparable', reason: 'no shared history' }
  const position = at('h1', 10)
  says(position.kind === 'stream' ? { ...position, log: 'Y 100' } : position, at('h1', 10), incomparable)
  says(at('', 10), at('h1', 10), incomparable)
  says(at('', 10), at('', 10), incomparable)
  says(at('h1', 10), at('h9', 10), incomparable)
  says(at('h1', 10), at('h2', 110), incomparable, [began('h1', 0, false), began('h2', null)])
  says(at('h1', 10), at('h2', 110), incomparable, [began('h1', 0, false), began('h2', 100, false)])
  says(at('h1', 10), at('h1', 5, 5), incomparable)
})

test('several databases -> each counts by itself, a sum proves nothing', () => {
  says(at('h1', 10, 20), at('h1', 12, 20), { order: 'behind', tail: 2 })
  says(at('h1', 10, 20), at('h1', 20, 10), { order: 'diverged', tail: 10, otherTail: 10 })
  const two = [began('h1', 0, false, [0, 0]), began('h2', 100, true, [60, 40])]
  says(at('h1', 70, 30), at('h2', 60, 50), { order: 'diverged', tail: 10, otherTail: 20 }, two)
})

test('whatever is compared -> the other way round says the same of it', () => {
  const history = fc.constantFrom('h1', 'h2', 'h3', 'h4')
  fc.assert(
    fc.property(history, history, fc.nat(300), fc.nat(300), (one, other, a, b) => {
      const opposite = { equal: 'equal', behind: 'ahead', ahead: 'behind', diverged: 'diverged', incomparable: 'incomparable' }
      assert.equal(compareLogs(at(other, b), at(one, a), lineage).order, opposite[compareLogs(at(one, a), at(other, b), lineage).order])
    }),
  )
})
