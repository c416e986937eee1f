import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharedWith } from './share.ts'

const before = {
  role: 'primary',
  upstream: null,
  replicas: [
    { host: 'b', acked: 10 },
    { host: 'c', acked: 9 },
  ],
  mark: { group: 'g', seq: 4 },
  keys: 3,
}

test('an answer like the one before -> the one before', () => {
  assert.equal(sharedWith(before, structuredClone(before)), before)
})

test('an answer that differs in a part -> what it says, made of the old parts where they agree', () => {
  const now = { ...structuredClone(before), mark: { group: 'g', seq: 5 } }
  const made = sharedWith(before, now)
  assert.deepEqual(made, { ...before, mark: { group: 'g', seq: 5 } })
  assert.equal(made, now)
  assert.equal(made.replicas, before.replicas)
  assert.deepEqual(before.mark, { group: 'g', seq: 4 }, 'the one before is left as it was')
})

test('one replica fewer, one more, another order, a field more or fewer, null for something -> what the answer says', () => {
  const [b, c] = before.replicas
  const answers = [
    { ...before, replicas: [b] },
    { ...before, replicas: [c, b] },
    { ...before, replicas: [b, c, { host: 'd', acked: 0 }] },
    { ...before, replicas: [] },
    { ...before, mark: null },
    { ...before, load: { ops: 1 } },
    { role: 'primary', upstream: null },
    { ...before, upstream: { host: 'a' } },
    { ...before, load: undefined },
  ]
  for (const answer of answers) {
    const wanted = structuredClone(answer)
    assert.deepEqual(sharedWith<unknown>(before, structuredClone(answer)), wanted)
    assert.deepEqual(sharedWith<unknown>(wanted, structuredClone(before)), before)
  }
  assert.equal(sharedWith<unknown>(null, before), before)
})
