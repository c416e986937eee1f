// What a page that is out of date may do, and what a dry run leaves as it was.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { apiServer } from '../../test/api.ts'
import { testFacade } from '../../test/facade.ts'
import { logEntry, ordersSpec, ordersStatus } from '../../test/samples.ts'
import { say, worded } from '../core/said.ts'

async function served(t: TestContext) {
  const facade = testFacade()
  const plain = testFacade()
  facade.history = async (group, limit, before) => {
    const news = [
      logEntry(63, { epoch: 6, sentence: 'c is primary at epoch 6' }),
      logEntry(62, { epoch: 5, kind: 'event', sentence: 'b is opened to writes' }),
      logEntry(61, { epoch: 5, sentence: 'b is primary at epoch 5' }),
    ]
    return [...(facade.status(group).epoch > 4 ? news : []), ...(await plain.history(group, limit, before))]
  }
  const { url } = await apiServer(t, { facade })
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
    const response = await fetch(`${url}/api/v1${path}`, init)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const tagOf = async (path: string) => (await fetch(`${url}/api/v1${path}`)).headers.get('etag') ?? ''
  return { facade, post, tagOf }
}

test('If-Match: the epoch that was read is still the epoch -> done; another by now -> 412 with what was decided since', async (t) => {
  const { facade, post, tagOf } = await served(t)
  const tag = await tagOf('/groups/orders')
  assert.equal(tag, '"epoch-4"')
  assert.equal((await post('/groups/orders/switchover', {}, { 'if-match': tag })).status, 200)
  facade.put({ ...ordersStatus, epoch: 6, primary: 'c', ...worded(say('steady.healthy', { primary: 'c', epoch: 6 })) })
  const stale = await post('/groups/orders/switchover', {}, { 'if-match': tag })
  assert.deepEqual([stale.status, stale.body['code']], [412, 'STALE'])
  assert.match(String(stale.body['detail']), /orders is at epoch 6, not 4 as you know it: c is primary at epoch 6; look again/)
  assert.deepEqual(stale.body['details'], ['epoch 5: b is primary at epoch 5', 'epoch 6: c is primary at epoch 6'])
  assert.equal((await post('/groups/orders/pause', {}, { 'if-match': tag })).status, 412)
  assert.equal(facade.commands.length, 1)
  assert.equal(facade.applied.length, 0)
})

test('If-Match: a revision -> holds for every change of the spec, also when somebody writes at the last moment', async (t) => {
  const { facade, post, tagOf } = await served(t)
  const tag = await tagOf('/spec')
  assert.equal(tag, '"revision-3"')
  facade.overtake()
  for (const [path, body] of [
    ['/spec', { remove: ['orders'] }],
    ['/groups/orders/pause', {}],
    ['/groups/orders/switchover', {}],
  ] as const) {
    const { status, body: problem } = await post(path, body, { 'if-match': tag })
    assert.deepEqual([status, problem['code']], [412, 'STALE'], path)
    assert.match(String(problem['detail']), /the spec is at revision 4, not 3 as you know it/)
  }
  assert.equal(facade.applied.length + facade.commands.length, 0)
  // Between the comparison and the writing: without If-Match it is read and tried again, with it it is not.
  facade.beforeApply = () => {
    facade.beforeApply = () => {}
    facade.overtake()
  }
  assert.equal((await post('/groups/orders/pause', {}, { 'if-match': await tagOf('/spec') })).status, 412)
  assert.equal(facade.spec().groups[0]?.pause, null)
})

test('If-Match: a tag of something else -> BAD_INPUT, and nothing is done', async (t) => {
  const { facade, post } = await served(t)
  for (const tag of ['4', '"4"', 'W/"epoch-4"', '"epoch-4", "epoch-5"', '"epoch--1"'])
    assert.match(
      String((await post('/groups/orders/switchover', {}, { 'if-match': tag })).body['detail']),
      /must be "epoch-N" or "revision-N"/,
      tag,
    )
  assert.match(String((await post('/spec', {}, { 'if-match': '"epoch-4"' })).body['detail']), /must be "revision-N"/)
  assert.equal((await post('/groups/orders/switchover', {}, { 'if-match': '*' })).status, 200)
  assert.equal(facade.commands.length, 1)
})

test('dryRun: in the query or in the body -> what would be done, and nothing is', async (t) => {
  const { facade, post } = await served(t)
  await post('/groups/orders/switchover?dryRun=true', { to: 'b' })
  await post('/groups/orders/failover', { acceptLoss: true, dryRun: true })
  assert.deepEqual(
    facade.commands.map(({ command }) => command.dryRun),
    [true, true],
  )
  assert.equal((await post('/groups/orders/pause?dryRun=true', { forMs: 60_000 })).status, 200)
  const applied = await post('/spec?dryRun=true', { remove: ['orders'] })
  assert.equal(applied.body['dryRun'], true)
  assert.deepEqual(facade.spec().groups, [ordersSpec])
  assert.equal(facade.spec().revision, 3)
  assert.match(
    String((await post('/groups/orders/switchover?dryRun=maybe', {})).body['detail']),
    /dryRun: is "maybe"; it must be true or false/,
  )
  await post('/groups/orders/switchover?dryRun=false', {})
  assert.equal(facade.commands[2]?.command.dryRun, false)
})
