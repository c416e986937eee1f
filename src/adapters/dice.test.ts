import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemDice } from './dice.ts'

test('many throws -> in [0, 1), spread evenly, none twice', () => {
  const throws = Array.from({ length: 10_000 }, () => systemDice.next())
  assert.ok(throws.every((value) => value >= 0 && value < 1))
  assert.equal(new Set(throws).size, throws.length)
  // Ten buckets of 1000 +- 30 each; ten deviations away is a broken generator, not bad luck.
  for (let bucket = 0; bucket < 10; bucket++) {
    const inside = throws.filter((value) => Math.floor(value * 10) === bucket).length
    assert.ok(Math.abs(inside - 1000) < 300, `${inside} in bucket ${bucket}`)
  }
})

test('many identifiers -> letters and digits only, every one of them used, none twice', () => {
  const ids = Array.from({ length: 2000 }, () => systemDice.id())
  assert.ok(ids.every((id) => /^[a-z0-9]{20}$/.test(id)))
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(new Set(ids.join('')).size, 36)
})
