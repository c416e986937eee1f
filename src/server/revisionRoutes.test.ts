import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { apiServer } from '../../test/api.ts'
import { ordersSpec, testTime } from '../../test/samples.ts'
import type { TestFacade } from '../../test/facade.ts'
import type { ApplyResult } from '../controller/facade.ts'
import type { GroupSpec } from '../core/model.ts'
import { say } from '../core/said.ts'
import { problemsOf } from './problems.ts'
import * as r from './revisionSchemas.ts'
import { Applied, type Problem } from './schemas.ts'

interface Running {
  readonly facade: TestFacade
  readonly get: (path: string) => Promise<unknown>
  readonly post: (path: string, body: unknown) => Promise<unknown>
}

async function running(t: TestContext): Promise<Running> {
  const { facade, url } = await apiServer(t)
  const at = (path: string): string => `${url}/api/v1/spec${path}`
  const headers = { 'content-type': 'application/json', 'x-regroup-by': 'ann' }
  return {
    facade,
    get: async (path) => await (await fetch(at(path))).json(),
    post: async (path, body) => await (await fetch(at(path), { method: 'POST', headers, body: JSON.stringify(body) })).json(),
  }
}

const extra: GroupSpec = {
  ...ordersSpec,
  id: 'extra',
  policy: {},
  nodes: ordersSpec.nodes.map((node) => ({ ...node, port: node.port + 1000 })),
}
const put = async (facade: TestFacade, groups: readonly GroupSpec[], why: string): Promise<unknown> =>
  await facade.apply({ put: groups, remove: [], by: 'bob', why, dryRun: false, ifRevision: null })

test('spec revisions: three of them -> a page, the next page, one in full, and their difference', async (t) => {
  const { facade, get } = await running(t)
  await put(facade, [extra], 'one more')
  await put(facade, [{ ...extra, policy: { guard: 'on' } }], 'guarded')
  const page = (await get('/revisions?limit=2')) as r.Revisions
  assert.deepEqual(problemsOf(r.Revisions, page), [])
  assert.deepEqual(
    page.revisions.map(({ revision, by, why, changed }) => [revision, by, why, changed]),
    [
      [5, 'bob', 'guarded', 1],
      [4, 'bob', 'one more', 1],
    ],
  )
  assert.equal(page.next, 4)
  const last = (await get('/revisions?before=4')) as r.Revisions
  assert.deepEqual([last.revisions.length, last.next], [1, null])
  const one = (await get('/revisions/4')) as r.Revision
  assert.deepEqual(problemsOf(r.Revision, one), [])
  assert.deepEqual([one.groups.map(({ name }) => name), one.changes[0]?.change], [['orders', 'extra'], 'add'])
  const back = (await get('/diff?from=5&to=4')) as r.Difference
  assert.deepEqual(problemsOf(r.Difference, back), [])
  assert.deepEqual(back.changes, [
    {
      group: 'extra',
      change: 'change',
      what: ['guard on -> default'],
      whatSaid: [say('diff.policy', { key: 'guard', from: 'on', to: null })],
    },
  ])
  assert.deepEqual(await get('/diff?from=3'), {
    from: 3,
    to: 5,
    changes: ((await get('/diff?from=3&to=5')) as r.Difference).changes,
  })
  for (const path of ['/revisions/9', '/diff?from=9', '/diff?from=3&to=9'])
    assert.equal(((await get(path)) as Problem).code, 'UNKNOWN_REVISION')
  for (const path of ['/revisions/x', '/diff', '/diff?from=-1', '/revisions?limit=0'])
    assert.equal(((await get(path)) as Problem).code, 'BAD_INPUT')
})

test('spec restore: an earlier revision -> a new one that asks for the same; a pause of today stays', async (t) => {
  const { facade, post } = await running(t)
  const pause = { until: testTime + 60_000, by: 'eve', why: 'rack' }
  await put(facade, [{ ...ordersSpec, policy: { guard: 'off' }, pause }], 'a mistake')
  const dry = (await post('/restore', { revision: 3, dryRun: true })) as ApplyResult
  assert.deepEqual([dry.dryRun, dry.revision, facade.spec().revision], [true, 4, 4])
  const done = (await post('/restore', { revision: 3, why: 'undo' })) as ApplyResult
  assert.deepEqual(problemsOf(Applied, done), [])
  assert.deepEqual(done.changes, dry.changes)
  assert.deepEqual([done.revision, facade.spec().why, facade.spec().by], [5, 'undo', 'ann'])
  assert.deepEqual(facade.spec().groups, [{ ...ordersSpec, pause }])
  assert.equal(((await post('/restore', { revision: 3, ifRevision: 4 })) as Problem).code, 'REVISION_CONFLICT')
  assert.equal(((await post('/restore', { revision: 9 })) as Problem).code, 'UNKNOWN_REVISION')
  assert.equal(((await post('/restore', {})) as Problem).code, 'BAD_INPUT')
})

test('spec restore: a group that was not there then -> refused with its name, also as a dry run; removed when that is said', async (t) => {
  const { facade, post } = await running(t)
  await put(facade, [extra], 'one more')
  for (const dryRun of [false, true]) {
    const refused = (await post('/restore', { revision: 3, dryRun })) as Problem
    assert.equal(refused.code, 'WOULD_REMOVE_GROUPS')
    assert.match(refused.detail, /revision 3 does not have extra: nobody would watch it.*--remove-groups/)
  }
  assert.equal(facade.spec().revision, 4)
  const done = (await post('/restore', { revision: 3, removeGroups: true })) as ApplyResult
  assert.deepEqual(
    done.changes.map(({ group, change }) => [group, change]),
    [['extra', 'remove']],
  )
  assert.deepEqual(facade.spec().groups, [ordersSpec])
})
