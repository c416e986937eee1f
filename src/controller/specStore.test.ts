import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryStore } from '../../test/memoryStore.ts'
import { ordersSpec } from '../../test/samples.ts'
import type { GroupSpec } from '../core/model.ts'
import type { PolicyRule } from '../core/policyLayers.ts'
import { diffSpec, diffWhole } from '../core/spec.ts'
import { UserError } from '../errors.ts'
import { changesListed } from './specHistory.ts'
import { SpecStore } from './specStore.ts'

const group = (id: string, priority = 100): GroupSpec => ({
  ...ordersSpec,
  id,
  nodes: ordersSpec.nodes.map((node) => ({ ...node, priority })),
})

/** Makes the groups of the spec these, as one revision. */
async function write(specs: SpecStore, groups: readonly GroupSpec[], why = ''): Promise<number> {
  const before = specs.current
  const remove = before.groups.map(({ id }) => id).filter((id) => !groups.some((other) => other.id === id))
  const request = { put: groups, remove, by: 'ann', why, dryRun: false, ifRevision: null }
  return await specs.write(request, diffSpec(before.groups, groups), { groups, policies: before.policies }, 1000 + before.revision)
}

const unknown = (revision: number, rest: RegExp) => (error: unknown) =>
  error instanceof UserError &&
  error.code === 'UNKNOWN_REVISION' &&
  error.message.includes(`no revision ${revision};`) &&
  rest.test(error.message)

void describe('revisions of the spec', () => {
  test('groups added, changed, removed and added again -> each revision gives the spec of its time, and the beginning is empty', async () => {
    const specs = await SpecStore.read(new MemoryStore())
    const states = [
      [group('a')],
      [group('a'), group('b')],
      [group('a', 7), group('b')],
      [group('b')],
      [group('a', 9), group('b', 1), group('c')],
    ]
    for (const [index, groups] of states.entries()) assert.equal(await write(specs, groups, `step ${index + 1}`), index + 1)
    for (const [index, groups] of states.entries()) {
      const found = await specs.history.at(index + 1, specs.current)
      assert.deepEqual(found, { revision: index + 1, at: 1000 + index, by: 'ann', why: `step ${index + 1}`, groups, policies: [] })
    }
    assert.deepEqual((await specs.history.at(0, specs.current)).groups, [])
    assert.deepEqual(
      (await specs.history.list(2, 5)).map(({ revision, changed }) => [revision, changed]),
      [
        [4, 1],
        [3, 1],
      ],
    )
    const [added] = await specs.history.changes(2, 5)
    assert.deepEqual([added?.group, added?.change], ['b', 'add'])
    await assert.rejects(specs.history.at(6, specs.current), unknown(6, /the spec is at revision 5; kept are 1 to 5/))
    await assert.rejects(specs.history.changes(0, 5), unknown(0, /kept are 1 to 5/))
  })

  test('more revisions than are kept -> the oldest go with all their changes, the rest still give the spec of their time', async () => {
    const store = new MemoryStore()
    const specs = await SpecStore.read(store, 3)
    for (let priority = 1; priority <= 6; priority++) await write(specs, [group('a', priority), group('b', priority)])
    assert.deepEqual(
      (await specs.history.list(10)).map(({ revision }) => revision),
      [6, 5, 4],
    )
    for (const revision of [4, 5, 6]) {
      const found = await specs.history.at(revision, specs.current)
      assert.deepEqual(
        found.groups.map(({ nodes }) => nodes[0]?.priority),
        [revision, revision],
      )
    }
    for (const gone of [0, 3]) await assert.rejects(specs.history.at(gone, specs.current), unknown(gone, /kept are 4 to 6/))
    const left = [...store.values.keys()].filter((key) => /^spec\/(revision|change)\/0*[123](\/|$)/.test(key))
    assert.deepEqual(left, [])
  })

  test('a revision of many groups -> the list tells the first, the revision tells all', async () => {
    const specs = await SpecStore.read(new MemoryStore())
    const many = Array.from({ length: changesListed + 5 }, (_, index) => group(`g${String(index).padStart(3, '0')}`))
    await write(specs, many)
    const [entry] = await specs.history.list(1)
    assert.deepEqual([entry?.changed, entry?.changes.length], [many.length, changesListed])
    assert.equal((await specs.history.changes(1, 1)).length, many.length)
  })

  test('what 0.1.0 wrote -> told, compared and restored like today, once rewritten', async () => {
    const store = new MemoryStore()
    const head = (revision: number) => ({ revision, at: revision, by: 'bob', why: 'old' })
    const old = [
      { put: [group('a'), group('b')], remove: [], changes: diffSpec([], [group('a'), group('b')]) },
      { put: [group('a', 5)], remove: ['b'], changes: diffSpec([group('a'), group('b')], [group('a', 5)]) },
    ]
    await store.commit(
      [
        { key: 'spec/head', expected: 0, value: head(2) },
        { key: 'spec/group/a', expected: 0, value: group('a', 5) },
        ...old.map((value, index) => ({
          key: `spec/revision/000000000${index + 1}`,
          expected: 0,
          value: { ...head(index + 1), ...value },
        })),
      ],
      [],
    )
    const specs = await SpecStore.read(store)
    assert.deepEqual((await specs.history.at(1, specs.current)).groups, [group('a'), group('b')])
    assert.deepEqual((await specs.history.list(1))[0], { ...head(2), changed: 2, changes: old[1]?.changes })
    assert.deepEqual(await specs.history.changes(2, 2), old[1]?.changes)
    const rewritten = structuredClone([...store.values])
    await SpecStore.read(store)
    assert.deepEqual([...store.values], rewritten)
  })

  test('policies of many groups changed and changed back -> each revision gives those of its time, and tells the change', async () => {
    const store = new MemoryStore()
    const specs = await SpecStore.read(store)
    const lists: PolicyRule[][] = [[], [{ match: '*', policy: { guard: 'off' } }], [{ match: '*', policy: { guard: 'on' } }], []]
    await write(specs, [group('a')])
    for (const policies of lists.slice(1)) {
      const after = { groups: specs.current.groups, policies }
      await specs.write({ remove: [], by: 'ann', why: '' }, diffWhole(specs.current, after), after, 0)
    }
    for (const [index, policies] of lists.entries()) {
      const found = await specs.history.at(index + 1, specs.current)
      assert.deepEqual([found.policies, found.groups.length], [policies, 1])
    }
    assert.deepEqual(
      (await specs.history.changes(3, 4)).map(({ group, change, what }) => ({ group, change, what })),
      [{ group: null, change: 'change', what: ['*: guard off -> on'] }],
    )
    assert.deepEqual((await SpecStore.read(store)).current.policies, [])
  })
})
