import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ordersSpec } from '../../test/samples.ts'
import { UserError } from '../errors.ts'
import { fewAtATime, nodesMeant } from './stopQuestion.ts'

const elsewhere = ordersSpec.nodes.map((node, at) => ({ ...node, host: at === 0 ? 'localhost' : '10.0.0.9', port: node.port + 1000 }))
const other = { ...ordersSpec, id: 'cart', nodes: elsewhere }
const meant = (whom: string): Record<string, readonly string[]> => Object.fromEntries(nodesMeant([ordersSpec, other], other, whom))

test('whom: a node, all, a host -> the nodes of the group, or those there in every group', () => {
  assert.deepEqual(meant('b'), { cart: ['b'] })
  assert.deepEqual(meant('all'), { cart: ['a', 'b', 'c'] })
  assert.deepEqual(meant('10.0.0.9'), { cart: ['b', 'c'] })
  assert.deepEqual(meant('127.0.0.1'), { orders: ['a', 'b', 'c'], cart: ['a'] })
})

test('whom: nothing of all that -> refused with what there is', () => {
  assert.throws(
    () => meant('x'),
    (error) =>
      error instanceof UserError && error.code === 'UNKNOWN_NODE' && /"x" is no node of group cart \(it has a, b, c\)/.test(error.message),
  )
})

test('a host with a node of sixty groups -> each is looked at in order, others have their turn in between', async () => {
  const done: string[] = []
  const all = Array.from({ length: 60 }, (_, at) => at)
  const seen = await fewAtATime(
    all,
    (at) => {
      done.push('look')
      return at * 2
    },
    () => Promise.resolve(void done.push('rest')),
  )
  assert.deepEqual(
    seen,
    all.map((at) => at * 2),
  )
  assert.deepEqual(
    done.flatMap((what, at) => (what === 'rest' ? [at] : [])),
    [25, 51],
  )
})
