import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { live } from './life.ts'

/**
 * Violated a promise once: 243 gave up a switchover, and from then on nobody knew the primary's history. 1035, 1239 and 1415: FLUSHALL, and a
 * death before the next mark, made a node a stranger; 12707: all of them.
 */
const seeds = [1, 2, 3, 4, 20, 158, 243, 1035, 1239, 1415, 12707]

for (const seed of seeds) {
  test(`a random life of a Pika group, seed ${seed} -> one primary, everybody follows, every key equal`, () => {
    const { violations, log } = live(seed)
    assert.deepEqual(violations, [], log.slice(-40).join('\n'))
  })
}

test('P2 planted: the core takes histories for named -> some life ends with nodes that differ or never follow', () => {
  assert.ok([3, 4].some((seed) => live(seed, { namesHistories: true }).violations.length > 0))
})
