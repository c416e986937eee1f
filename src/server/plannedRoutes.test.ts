import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiServer, ask, assertProblem, assertShape, post } from '../../test/api.ts'
import { ordersSpec, ordersStatus, plainly, riskyPlan, safePlan, testTime } from '../../test/samples.ts'
import { Maintained } from './maintenance.ts'
import { Rolling } from './roll.ts'
import { ScheduledAnswer, Spec } from './schemas.ts'
import { Plans } from './stopPlan.ts'

test('maintain: a replica -> its spec changes by one revision, kept by apply; ended -> as it was', async (t) => {
  const { facade, url } = await apiServer(t)
  const at = `${url}/api/v1/groups/orders/maintain`
  const maintenance = { until: testTime + 60_000, by: 'cli:ann', why: 'new kernel' }
  const asked = { node: 'b', forMs: 60_000, why: 'new kernel' }
  const dry = assertShape(await post(at, { ...asked, dryRun: true }), Maintained)
  assert.deepEqual(dry, { revision: 3, node: 'b', maintenance, handover: null })
  assert.deepEqual(facade.spec().groups, [ordersSpec])
  assert.deepEqual(assertShape(await post(at, asked), Maintained), { ...(dry as object), revision: 4 })
  assert.deepEqual(facade.commands, [], 'nobody is asked to hand over')
  const put = facade.spec().groups
  assert.deepEqual(put[0]?.nodes[1], {
    ...ordersSpec.nodes[1],
    maintenanceUntil: maintenance.until,
    maintenanceNote: { by: 'cli:ann', why: 'new kernel' },
  })
  const spec = assertShape(await ask(`${url}/api/v1/spec`), Spec) as Spec
  await post(`${url}/api/v1/spec`, { groups: spec.groups })
  assert.deepEqual(facade.spec().groups, put)
  for (const revision of [5, 5]) {
    assert.deepEqual(assertShape(await post(at, { node: 'b', end: true }), Maintained), {
      revision,
      node: 'b',
      maintenance: null,
      handover: null,
    })
  }
  assert.deepEqual(facade.spec().groups, [ordersSpec])
  assertProblem(await post(at, { node: 'x' }), 404, 'UNKNOWN_NODE', /no node "x"; it has a, b, c/)
  assertProblem(
    await post(at, { node: 'b', forMs: 8 * 86_400_000 }),
    400,
    'BAD_INPUT',
    /forMs: is 691200000; it must be 1000 to 604800000 ms/,
  )
})

test('maintain: the primary -> says who takes over first; nobody can -> refused with the reason, nothing changed', async (t) => {
  const { facade, url } = await apiServer(t)
  const at = `${url}/api/v1/groups/orders/maintain`
  const given = assertShape(await post(at, { node: 'a' }), Maintained) as Maintained
  assert.deepEqual([given.revision, given.handover?.candidate], [4, 'b'])
  assert.deepEqual(facade.commands, [{ group: 'orders', command: { name: 'switchover', to: null, by: 'cli:ann', dryRun: true } }])
  facade.answer = { ok: false, code: 'NOT_NOW', ...plainly('no replica is in sync') }
  assertProblem(
    await post(at, { node: 'a' }),
    409,
    'NOT_NOW',
    /^a is the primary of orders and nobody can take over: no replica is in sync$/,
  )
  facade.put({ ...ordersStatus, phase: 'switchover', candidate: 'b' })
  assertProblem(await post(at, { node: 'b' }), 409, 'NOT_NOW', /a switchover to b is under way/)
  assert.equal(facade.spec().revision, 4)
})

test('plan: either question -> asked as it is, every answer in the shape that is documented', async (t) => {
  const { facade, url } = await apiServer(t)
  facade.plans = [safePlan, riskyPlan]
  assert.deepEqual(assertShape(await ask(`${url}/api/v1/groups/orders/plan?ifDies=a`), Plans), { plans: [safePlan, riskyPlan] })
  await ask(`${url}/api/v1/groups/orders/plan?stop=10.0.0.1`)
  assert.deepEqual(facade.asked, ['orders: dies a', 'orders: stops 10.0.0.1'])
  for (const query of ['', '?ifDies=a&stop=b'])
    assertProblem(await ask(`${url}/api/v1/groups/orders/plan${query}`), 400, 'BAD_INPUT', /either ifDies=NODE or stop=NODE/)
  assertProblem(await ask(`${url}/api/v1/groups/nope/plan?stop=a`), 404, 'UNKNOWN_GROUP', /nope/)
  assert.equal(facade.spec().revision, 3)
})

test('roll: begun, a turn, gone on with, ended -> a revision each, kept by apply; out of turn -> refused, nothing changed', async (t) => {
  const { facade, url } = await apiServer(t)
  const at = `${url}/api/v1/groups/orders/roll`
  const rollIn = () => facade.spec().groups[0]?.roll
  assert.deepEqual(assertShape(await ask(at), Rolling), { roll: null })
  assertProblem(await post(at, { restart: 'b' }), 409, 'NOT_NOW', /no rolling restart of orders was begun/)
  await post(at, { dryRun: true })
  assert.equal(rollIn(), undefined)
  await post(at, { why: 'new kernel' })
  const was = ['a', 'b', 'c'].map((node) => ({ node, incarnation: `${node}-1` }))
  const begun = { since: testTime, by: 'cli:ann', why: 'new kernel', was, turn: null }
  assert.deepEqual(rollIn(), begun)
  facade.put({ ...ordersStatus, roll: { ...begun, restarted: [], left: ['a', 'b', 'c'] } })
  facade.rolling = {
    ...begun,
    restarted: [],
    left: ['a', 'b', 'c'],
    step: { kind: 'restart', node: 'b', ...plainly('b may be restarted') },
  }
  assert.deepEqual(assertShape(await ask(at), Rolling), { roll: facade.rolling })
  assertProblem(await post(at, { restart: 'c' }), 409, 'NOT_NOW', /c may not be restarted now: b may be restarted/)
  await post(at, { restart: 'b' })
  const turn = { node: 'b', epoch: 4, until: testTime + 30 * 60_000 }
  assert.deepEqual(rollIn(), { ...begun, turn })
  const spec = assertShape(await ask(`${url}/api/v1/spec`), Spec) as Spec
  await post(`${url}/api/v1/spec`, { groups: spec.groups })
  await post(at, { why: 'goes on' })
  assert.deepEqual(rollIn(), { ...begun, why: 'goes on', turn })
  await post(at, { end: true })
  assert.deepEqual(facade.spec().groups, [ordersSpec])
  assert.deepEqual(
    facade.applied.flatMap((request) => (request.dryRun ? [] : [request.why])),
    ['new kernel', 'b is restarted', '', 'goes on', 'the rolling restart ends'],
  )
})

test('roll: a node does not answer -> not begun', async (t) => {
  const { facade, url } = await apiServer(t)
  facade.put({ ...ordersStatus, nodes: ordersStatus.nodes.map((node) => (node.id === 'c' ? { ...node, health: 'refused' } : node)) })
  assertProblem(await post(`${url}/api/v1/groups/orders/roll`, {}), 409, 'NOT_NOW', /begins when every node answers; missing: c/)
  assert.equal(facade.spec().revision, 3)
})

test('schedule: asked for, kept by apply, taken back -> a revision each; past, too far, unknown node, nothing said -> refused', async (t) => {
  const { facade, url } = await apiServer(t)
  const at = `${url}/api/v1/groups/orders/schedule`
  const scheduled = { at: testTime + 1000, to: 'b', by: 'cli:ann', why: 'rack' }
  const asked = { at: scheduled.at, to: 'b', why: 'rack' }
  assert.deepEqual(assertShape(await post(at, { ...asked, dryRun: true }), ScheduledAnswer), { revision: 3, scheduled })
  assert.deepEqual(facade.spec().groups, [ordersSpec])
  assert.deepEqual(assertShape(await post(at, asked), ScheduledAnswer), { revision: 4, scheduled })
  assert.deepEqual(facade.spec().groups, [{ ...ordersSpec, scheduled }])
  const spec = assertShape(await ask(`${url}/api/v1/spec`), Spec) as Spec
  await post(`${url}/api/v1/spec`, { groups: spec.groups })
  assert.deepEqual(facade.spec().groups, [{ ...ordersSpec, scheduled }])
  assertProblem(await post(at, {}), 400, 'BAD_INPUT', /at: is missing; say when, or cancel/)
  assertProblem(await post(at, { at: testTime }), 400, 'BAD_INPUT', /is in the past/)
  assertProblem(await post(at, { at: testTime + 400 * 86_400_000 }), 400, 'BAD_INPUT', /more than a year ahead/)
  assertProblem(await post(at, { at: 9e15 }), 400, 'BAD_INPUT', /more than a year ahead/)
  assertProblem(await post(at, { ...asked, to: 'x' }), 404, 'UNKNOWN_NODE', /no node "x"; it has a, b, c/)
  assert.deepEqual(assertShape(await post(at, { cancel: true }), ScheduledAnswer), { revision: 5, scheduled: null })
  assert.deepEqual(facade.spec().groups, [ordersSpec])
})
