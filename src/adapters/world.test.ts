// The world of a group: which connections it holds to its nodes, and when it makes them.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { countOf, redisFor } from '../../test/link.ts'
import type { RedisServer } from '../../test/servers/redis.ts'
import { alive, group } from '../../test/situations.ts'
import { patience, until } from '../../test/until.ts'
import { redis as engine } from '../engines/redis.ts'
import type { Passage } from '../core/status.ts'
import type { Input, NodeTarget, World, WorldEffect } from '../ports.ts'
import { openEmbeddedStore } from './store/embedded.ts'
import { createWorld } from './world.ts'

const name = 'regroup:i:p'
const clock = { now: () => performance.now(), wall: () => Date.now() }

interface Bed {
  readonly nodes: readonly RedisServer[]
  /** Carries an effect out; gives how it ended. */
  readonly run: (effect: WorldEffect) => Promise<Input>
  readonly ask: (node: number) => Promise<Input>
  /** Connections of ours that may change a role, at each node. */
  readonly named: () => Promise<number[]>
}

async function bed(t: TestContext): Promise<Bed> {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-world-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const store = await openEmbeddedStore({ dir })
  t.after(() => store.close())
  const nodes = [await redisFor(t), await redisFor(t)]
  const tell = (): void => undefined
  const access = () => ({ engine, credentials: [], tls: null })
  const world: World = createWorld({ store, clock, connectionName: () => name, access, log: tell, trouble: tell })
  t.after(() => world.keep([]))
  const targets: NodeTarget[] = nodes.map(({ port }, index) => ({ group: 'g', node: `n${index}`, address: { host: '127.0.0.1', port } }))
  const run = (effect: WorldEffect): Promise<Input> => new Promise((ended) => world.run(effect, ended))
  return {
    nodes,
    run,
    ask: (node) => {
      const target = targets[node] ?? assert.fail('no such node')
      return run({ kind: 'probe', target, timeoutMs: patience, withLoad: false })
    },
    named: () => Promise.all(nodes.map((node) => countOf(node, name))),
  }
}

const { record } = group('n0', alive('n0'), alive('n1'))
const entry = { group: 'g', kind: 'decision', epoch: 1, rule: 'r', sentence: 's', evidence: {}, at: 0 } as const

test('world: nodes are only asked -> one connection to a replica, two to a primary', async (t) => {
  const { ask, named } = await bed(t)
  for (const node of [0, 1]) assert.equal((await ask(node)).kind, 'probed')
  await until('the marks have their connection', async () => (await named()).every((count) => count === 2))
  for (const node of [0, 1]) await ask(node)
  assert.deepEqual(await named(), [2, 2], 'both are primaries here: one for questions, one for marks')
})

test('world: a decision is saved -> meanwhile the connections are made on which the nodes are told', async (t) => {
  const { ask, run, named } = await bed(t)
  for (const node of [0, 1]) await ask(node)
  const saved = await run({ kind: 'save', id: 1, expected: 0, record: record ?? assert.fail('no record'), entry })
  assert.deepEqual(saved, { kind: 'saved', id: 1, result: { ok: true, version: 1 } })
  await until('each node has one more', async () => (await named()).every((count) => count === 3))
})

test('world: a change of primary ended -> kept with its entry, the next one in its place, and read with the record', async (t) => {
  const { run } = await bed(t)
  const passage: Passage = { kind: 'failover', epoch: 2, from: 'n0', to: 'n1', startedAt: 1, endedAt: 2, steps: [] }
  assert.deepEqual(await run({ kind: 'load', group: 'g' }), { kind: 'loaded', stored: null, passage: null })
  for (const epoch of [2, 3]) await run({ kind: 'note', entry, passage: { ...passage, epoch } })
  assert.deepEqual(await run({ kind: 'load', group: 'g' }), { kind: 'loaded', stored: null, passage: { ...passage, epoch: 3 } })
})

test('world: a node dies -> the connections to the others are made before anything is decided', async (t) => {
  const { nodes, ask, named } = await bed(t)
  for (const node of [0, 1]) await ask(node)
  await until('the marks have their connection', async () => (await named()).every((count) => count === 2))
  await nodes[0]?.kill9()
  const other = nodes[1] ?? assert.fail('no node')
  await until('the other has one more', async () => (await countOf(other, name)) === 3)
})
