// Charts: what is kept of each node, for how long, and in how much memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiServer } from '../../test/api.ts'
import { nodeStatus, testTime } from '../../test/samples.ts'
import type { NodeFigures } from '../core/status.ts'
import { problemsOf } from './problems.ts'
import * as s from './schemas.ts'
import { Series, maxNodes, spans, tickMs } from './series.ts'

const rounds = 10

/** Ten ticks: every group had its turn. `lag`: what node b says. */
function round(series: Series, wall: number, lag: number | null, groups: readonly string[] = ['orders']): void {
  const figures = (): readonly NodeFigures[] => [nodeStatus('b', 6380, { lagBytes: lag, probeMs: 2 })]
  for (let tick = 0; tick < rounds; tick++) series.tick(groups, figures, wall)
}

const start = 1_800_000 * 1_000_000

test('series: an hour of points, then more -> the newest 360, oldest first, nothing where nothing was known', () => {
  const series = new Series()
  assert.equal(series.read('orders', 'hour'), null)
  for (let point = 0; point < 3; point++) round(series, start + point * 10_000, point * 100)
  const few = series.read('orders', 'hour')
  assert.equal(few?.endsAt, start + 20_000)
  assert.deepEqual(few.nodes['b']?.lagBytes.slice(-4), [null, 0, 100, 200])
  assert.equal(few.nodes['b']?.lagBytes.length, 360)
  for (let point = 3; point < 400; point++) round(series, start + point * 10_000, point === 399 ? null : point)
  const lags = series.read('orders', 'hour')?.nodes['b']?.lagBytes ?? []
  assert.deepEqual([lags.length, lags[0], lags.at(-2), lags.at(-1)], [360, 40, 398, null])
})

test('series: five minutes are over -> their mean is a point of the day, without what was not known', () => {
  const series = new Series()
  for (let point = 0; point < 60; point++) round(series, start + point * 10_000, point < 30 ? (point % 2 === 0 ? 10 : null) : 40)
  const day = series.read('orders', 'day')
  assert.equal(day?.endsAt, start + 300_000)
  assert.equal(day.everyMs, 300_000)
  assert.deepEqual(day.nodes['b']?.lagBytes.slice(-3), [null, 10, 40])
  assert.deepEqual(day.nodes['b']?.probeMs.slice(-2), [2, 2])
})

test('series: one late turn, an hour of standing still, a clock set back -> a full line, a hole, and no line into the past', () => {
  const series = new Series()
  round(series, start, 1)
  round(series, start + 20_000, 2)
  assert.deepEqual(series.read('orders', 'hour')?.nodes['b']?.lagBytes.slice(-3), [1, 2, 2])
  round(series, start + 60_000, 3)
  assert.deepEqual(series.read('orders', 'hour')?.nodes['b']?.lagBytes.slice(-5), [2, null, null, null, 3])
  round(series, start + 30_000, 9)
  assert.deepEqual(series.read('orders', 'hour')?.nodes['b']?.lagBytes.slice(-5), [2, null, null, null, 3])
  round(series, start + 60_000 + 2 * 3_600_000, 4)
  const lags = series.read('orders', 'hour')?.nodes['b']?.lagBytes ?? []
  assert.deepEqual([...new Set(lags)], [null, 4])
})

test('series: 1,000 groups of 5 nodes -> under 64 MB; removed groups and nodes give their room back; more nodes than allowed are left out', () => {
  const series = new Series()
  const names = (count: number) => Array.from({ length: count }, (_, index) => `g${index}`)
  const five = (): readonly NodeFigures[] => ['a', 'b', 'c', 'd', 'e'].map((id) => nodeStatus(id, 1))
  const take = (count: number, wall: number, figures = five) => {
    for (let tick = 0; tick < rounds; tick++) series.tick(names(count), figures, wall)
  }
  take(1000, start)
  assert.ok(series.bytes > 40_000_000 && series.bytes < 64_000_000, String(series.bytes))
  take(2000, start + 10_000)
  assert.ok(series.bytes < 64_000_000 * (maxNodes / 5000), String(series.bytes))
  take(10, start + 20_000)
  take(10, start + 30_000, () => [nodeStatus('a', 1)])
  assert.deepEqual(Object.keys(series.read('g3', 'day')?.nodes ?? {}), ['a'])
  assert.ok(series.bytes < 200_000, String(series.bytes))
  assert.equal(series.read('g700', 'hour'), null)
})

test('series route: a second after the start -> the points so far, as the schema says; an unknown group -> 404', async (t) => {
  const { url, timers } = await apiServer(t)
  const get = async (path: string) => {
    const response = await fetch(`${url}/api/v1/groups/${path}`)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const before = await get('orders/series')
  assert.deepEqual(before.body, { span: 'hour', endsAt: 0, everyMs: 10_000, nodes: {} })
  for (const timer of timers) if (timer.ms === tickMs) timer.run()
  const after = await get('orders/series?span=hour')
  assert.deepEqual(problemsOf(s.Series, after.body), [])
  assert.equal(after.body['endsAt'], Math.floor(testTime / 10_000) * 10_000)
  const { opsPerSec } = (after.body['nodes'] as Record<string, Record<string, unknown[]>>)['b'] ?? {}
  assert.deepEqual([opsPerSec?.length, opsPerSec?.at(-1)], [spans.hour.points, 1500])
  assert.equal((await get('orders/series?span=week')).status, 400)
  assert.equal((await get('nope/series')).status, 404)
})
