import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playOn } from './story.ts'

test('pika: a group does not start -> a violation of that run; the next is played all the same', async () => {
  const said: string[] = []
  const told = await playOn(
    { servers: { binary: '/bin/false' }, nodes: [2], runs: 2, say: (line) => said.push(line) },
    'none',
    'Nothing starts',
    () => assert.fail('no run has a group'),
  )
  assert.deepEqual(said, ['none, 1+1, run 1', 'none, 1+1, run 2'])
  assert.deepEqual(
    told.violations.map(({ where }) => where),
    said,
  )
  assert.match(told.violations[0]?.what ?? '', /^the group did not start: /)
})
