import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Comparison, LineageEntry, Position } from '../core/model.ts'
import { compareStreams } from './compareStreams.ts'

const zeros = '0'.repeat(40)
const at = (replid: string, offset: number, replid2 = zeros, second = -1): Position => ({ kind: 'stream', replid, replid2, second, offset })
const grown = (replid: string, start: number | null, continues = true): LineageEntry => ({
  epoch: 1,
  node: 'a',
  at: 0,
  replid,
  start,
  continues,
})

function says(a: Position, b: Position, expected: Comparison, lineage: readonly LineageEntry[] = []): void {
  assert.deepEqual(compareStreams(a, b, lineage), expected)
}

void describe('one history', () => {
  test('the same offset -> equal; fewer or more bytes -> behind or ahead by them', () => {
    says(at('A', 10), at('A', 10), { order: 'equal' })
    says(at('A', 7), at('A', 10), { order: 'behind', tail: 3 })
    says(at('A', 10), at('A', 7), { order: 'ahead', tail: 3 })
  })
})

void describe('one was promoted', () => {
  const promoted = at('B', 15, 'A', 11)

  test('the old primary stopped where the new one began -> behind by what was written since', () => {
    says(at('A', 10), promoted, { order: 'behind', tail: 5 })
    says(promoted, at('A', 9), { order: 'ahead', tail: 6 })
  })

  test('the old primary wrote on -> diverged, each with its tail', () => {
    says(at('A', 12), promoted, { order: 'diverged', tail: 2, otherTail: 5 })
  })

  test('nothing written since, the old one has one byte more -> the old one is ahead', () => {
    says(at('A', 11), at('B', 10, 'A', 11), { order: 'ahead', tail: 1 })
  })

  test('the same offset with different writes -> diverged, not equal', () => {
    says(at('B', 20, 'A', 11), at('C', 20, 'A', 11), { order: 'diverged', tail: 10, otherTail: 10 })
  })

  test('two were promoted from one, at different places -> diverged from the earlier', () => {
    says(at('B', 20, 'A', 11), at('C', 20, 'A', 16), { order: 'diverged', tail: 10, otherTail: 10 })
  })
})

void describe('no shared history', () => {
  test('different ids -> incomparable, whatever the offsets', () => {
    says(at('A', 10), at('B', 10), { order: 'incomparable', reason: 'no shared history' })
  })

  test('two fresh nodes whose second ids are all zeros -> not related by them', () => {
    says(at('A', 10, zeros, 5), at('B', 10, zeros, 5), { order: 'incomparable', reason: 'no shared history' })
    says(at('A', 10, '', 5), at('B', 10, '', 5), { order: 'incomparable', reason: 'no shared history' })
  })

  test('a second id without its offset -> says nothing', () => {
    says(at('B', 10, 'A', -1), at('A', 10), { order: 'incomparable', reason: 'no shared history' })
  })

  test('nothing to compare -> unusable', () => {
    says({ kind: 'none' }, at('A', 1), { order: 'incomparable', reason: 'unusable' })
    says(at('A', 1), { kind: 'none' }, { order: 'incomparable', reason: 'unusable' })
  })
})

void describe('the record knows more than the nodes', () => {
  const lineage = [grown('A', 1, false), grown('B', 100), grown('C', 200)]

  test('two primaries on -> a node of the first history is behind by the rest', () => {
    says(at('A', 90), at('C', 230), { order: 'incomparable', reason: 'no shared history' })
    says(at('A', 90), at('C', 230), { order: 'behind', tail: 140 }, lineage)
    says(at('C', 230), at('A', 90), { order: 'ahead', tail: 140 }, lineage)
  })

  test('a node of the first history wrote on -> diverged from where the second began', () => {
    says(at('A', 130), at('C', 230), { order: 'diverged', tail: 30, otherTail: 130 }, lineage)
  })

  test('a history that began anew, or from an unknown place, in between -> not shared', () => {
    const anew = [grown('A', 1, false), grown('B', 0, false), grown('C', 200)]
    says(at('A', 90), at('C', 230), { order: 'incomparable', reason: 'no shared history' }, anew)
    says(at('A', 90), at('C', 230), { order: 'incomparable', reason: 'no shared history' }, [grown('A', 1), grown('C', null)])
    says(at('B', 150), at('C', 230), { order: 'behind', tail: 80 }, anew)
  })
})

void describe('whatever the nodes say', () => {
  const id = fc.constantFrom('A', 'B', 'C', zeros, '')
  const offset = fc.oneof(fc.nat(30), fc.constantFrom(0, 1, 2 ** 53 - 2))
  const number = fc.oneof(fc.integer({ min: -2, max: 30 }), fc.constantFrom(NaN, Infinity, 2 ** 53 - 1))
  /** As a server says it: the history before ends within its own. */
  const position = fc
    .tuple(id, offset, id, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean())
    .map(([a, end, b, share, promoted]) => at(a, end, b, promoted ? 1 + Math.floor(share * end) : -1))
  /** As nobody should say it. */
  const broken = fc.oneof(
    fc.constant<Position>({ kind: 'none' }),
    fc.tuple(id, number, id, number).map(([a, end, b, second]) => at(a, end, b, second)),
  )
  const entry = fc.tuple(id, fc.option(offset), fc.boolean()).map(([replid, start, continues]) => grown(replid, start, continues))
  const lineages = fc.oneof(fc.constant([]), fc.array(entry, { maxLength: 5 }))

  test('nonsense -> never throws; a history said to end beyond its own end -> no negative tail', () => {
    fc.assert(fc.property(broken, broken, lineages, (a, b, lineage) => void compareStreams(a, b, lineage)))
    says(at('B', 10, 'A', 50), at('A', 10), { order: 'equal' })
  })

  test('a tail is a number of bytes, at most all there are', () => {
    fc.assert(
      fc.property(position, position, lineages, (a, b, lineage) => {
        const comparison = compareStreams(a, b, lineage)
        for (const tail of ['tail' in comparison ? comparison.tail : 1, 'otherTail' in comparison ? comparison.otherTail : 1]) {
          assert.ok(tail > 0 && Number.isSafeInteger(tail), JSON.stringify(comparison))
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('a position is equal to itself', () => {
    fc.assert(
      fc.property(position, lineages, (a, lineage) => {
        assert.deepEqual(compareStreams(a, a, lineage), { order: 'equal' })
      }),
    )
  })

  test('the other way round -> the opposite', () => {
    const opposite = (c: Comparison): Comparison => {
      if (c.order === 'behind') return { order: 'ahead', tail: c.tail }
      if (c.order === 'ahead') return { order: 'behind', tail: c.tail }
      return c.order === 'diverged' ? { order: 'diverged', tail: c.otherTail, otherTail: c.tail } : c
    }
    fc.assert(
      fc.property(position, position, lineages, (a, b, lineage) => {
        assert.deepEqual(compareStreams(b, a, lineage), opposite(compareStreams(a, b, lineage)))
      }),
      { numRuns: 3000 },
    )
  })
})
