import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GroupStatus } from '../api/types.ts'
import { byNeed, choicesOf, filterOf, matching, noChoices } from './filter.ts'

function group(
  name: string,
  state: GroupStatus['state'],
  host: string,
  site: string | null,
  engine: GroupStatus['engine'] = 'redis',
): GroupStatus {
  return { group: name, state, engine, nodes: [{ id: 'a', site, address: { host, port: 6379 } }] } as unknown as GroupStatus
}

const groups = [
  group('orders-10', 'healthy', '10.0.0.1', 's1'),
  group('orders-9', 'healthy', '10.0.0.2', 's2', 'valkey'),
  group('cart', 'down', '10.0.0.3', null),
  group('queue', 'degraded', '10.0.0.3', 's1'),
]
const found = (query: string): string[] => matching(groups, filterOf(new URLSearchParams(query))).map((one) => one.group)

test('filter: text, engine, site and host -> only what matches all of them', () => {
  assert.deepEqual(found('q=ORDERS'), ['orders-10', 'orders-9'])
  assert.deepEqual(found('q=10.0.0.3:6379'), ['cart', 'queue'])
  assert.deepEqual(found('q=orders 0.2'), ['orders-9'])
  assert.deepEqual(found('engine=valkey'), ['orders-9'])
  assert.deepEqual(found('site=s1&host=10.0.0.3'), ['queue'])
  assert.deepEqual(found('q=nothing'), [])
})

test('filter: the counts by state -> say what the other filters leave', () => {
  assert.equal(found('state=down').length, groups.length)
})

test('order: what needs a person stands first, then names as people count', () => {
  assert.deepEqual(
    [...groups].sort(byNeed).map((one) => one.group),
    ['cart', 'queue', 'orders-9', 'orders-10'],
  )
})

test('choices: what there is to choose -> each once, in order', () => {
  assert.deepEqual(choicesOf(groups, noChoices), {
    engines: ['redis', 'valkey'],
    sites: ['s1', 's2'],
    hosts: ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  })
})

test('choices: a group is down now and nothing else is another -> the very lists of before; a host is new -> its list alone is another', () => {
  const before = choicesOf(groups, noChoices)
  assert.equal(choicesOf([...groups.slice(1), group('orders-10', 'down', '10.0.0.1', 's1')], before), before)
  const after = choicesOf([...groups.slice(1), group('orders-10', 'down', '10.0.0.9', 's1')], before)
  assert.deepEqual(after.hosts, ['10.0.0.2', '10.0.0.3', '10.0.0.9'])
  assert.equal(after.sites, before.sites)
})
