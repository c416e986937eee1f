import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testFacade } from '../../test/facade.ts'
import { billingStatus, ordersSpec, ordersStatus, testVitals } from '../../test/samples.ts'
import { UserError } from '../errors.ts'
import { metricsPage } from './metrics.ts'
import { Turns } from './turns.ts'

const calm = (): Turns => new Turns(() => performance.now())

/** Each series with its value. */
async function read(facade = testFacade([ordersSpec, { ...ordersSpec, id: 'billing' }])): Promise<ReadonlyMap<string, number>> {
  const lines = (await metricsPage(facade, testVitals, '0.1.0', calm())).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

test('metrics: a healthy group and one in trouble -> state, epoch, hold and moves of each; role, lag and answer time of each node', async () => {
  const held = { ...billingStatus, verdict: { ...billingStatus.verdict, kind: 'hold' as const } }
  const facade = testFacade([ordersSpec, { ...ordersSpec, id: 'billing' }], [ordersStatus, held])
  const found = await read(facade)
  const expected = {
    'regroup_group_state{group="orders",state="healthy"}': 1,
    'regroup_group_state{group="billing",state="degraded"}': 1,
    'regroup_group_writable{group="orders"}': 1,
    'regroup_group_held{group="orders"}': 0,
    'regroup_group_held{group="billing"}': 1,
    'regroup_group_epoch{group="billing"}': 7,
    'regroup_group_failovers_total{group="orders"}': 0,
    'regroup_group_failovers_total{group="billing"}': 2,
    'regroup_group_switchovers_total{group="billing"}': 1,
    'regroup_node_up{group="orders",node="a"}': 1,
    'regroup_node_role{group="orders",node="a",role="primary"}': 1,
    'regroup_node_role{group="orders",node="b",role="replica"}': 1,
    'regroup_node_in_sync{group="billing",node="a"}': 0,
    'regroup_node_lag_bytes{group="orders",node="b"}': 0,
    'regroup_node_probe_seconds{group="orders",node="b"}': 0.0005,
    'regroup_probes_total{result="reading"}': 900,
    'regroup_probes_total{result="refused"}': 3,
    'regroup_loop_delay_seconds{quantile="0.99"}': 0.0125,
    'regroup_info{version="0.1.0"}': 1,
    process_resident_memory_bytes: 98_000_000,
    process_cpu_seconds_total: 12.5,
  }
  for (const [series, value] of Object.entries(expected)) assert.equal(found.get(series), value, series)
  assert.equal(found.has('regroup_group_state{group="orders",state="degraded"}'), false, 'a group has one state')
  assert.equal(found.has('regroup_node_lag_bytes{group="orders",node="a"}'), false, 'what cannot be known is left out')
})

test('metrics: hundreds of groups more -> as many series more as they have, each family named once, its series together', async () => {
  const many = Array.from({ length: 450 }, (_, index) => `g${index}`)
  const facade = testFacade(
    many.map((id) => ({ ...ordersSpec, id })),
    many.map((group) => ({ ...ordersStatus, group })),
  )
  const alone = await read(testFacade([ordersSpec], [ordersStatus]))
  const found = await read(facade)
  const ofOne = [...alone.keys()].filter((series) => series.includes('group=')).length
  assert.equal(found.size, alone.size + 449 * ofOne)
  const names = (await metricsPage(facade, testVitals, '0.1.0', calm()))
    .trimEnd()
    .split('\n')
    .map((line) => /^(?:# TYPE )?(\w+)/.exec(line)?.[1])
  const runs = names.filter((name, at) => name !== undefined && name !== names[at - 1])
  assert.equal(new Set(runs).size, runs.length)
  assert.equal(names.filter((name) => name === 'regroup_group_epoch').length, 451, 'its head and a line for each')
})

test('metrics: 2,000 groups while a turn of the loop takes a second -> made within a few turns, each in bounds', async () => {
  const many = Array.from({ length: 2000 }, (_, index) => `g${index}`)
  const facade = testFacade(
    many.map((id) => ({ ...ordersSpec, id })),
    many.map((group) => ({ ...ordersStatus, group })),
  )
  let [now, turns] = [0, 0]
  const slow = new Turns(
    () => (now += 0.5),
    () => {
      turns++
      now += 1000
      return Promise.resolve()
    },
  )
  await metricsPage(facade, testVitals, '0.1.0', slow)
  assert.ok(turns > 1 && turns < 10, `${turns} turns`)
})

test('metrics: a group is removed while the page is made -> the page of the others', async () => {
  const gone = { ...ordersSpec, id: 'gone' }
  const facade = testFacade([gone, ordersSpec], [ordersStatus])
  assert.throws(() => facade.status('gone'), UserError)
  const found = await read(facade)
  assert.equal(found.get('regroup_group_epoch{group="orders"}'), ordersStatus.epoch)
  assert.equal(
    [...found.keys()].some((series) => series.includes('gone')),
    false,
  )
})
