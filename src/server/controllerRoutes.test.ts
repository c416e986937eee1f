import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Static } from 'typebox'
import { apiServer, ask, assertShape } from '../../test/api.ts'
import { testTime } from '../../test/samples.ts'
import { Controllers, windowMs } from './controllerRoutes.ts'

test('controllers: asked -> the one that decides, with what it hears', async (t) => {
  const { url } = await apiServer(t)
  const { controllers } = assertShape(await ask(`${url}/api/v1/controllers`), Controllers) as Static<typeof Controllers>
  assert.deepEqual(
    controllers.map(({ groups, nodes, heard, votes, startedAt }) => ({ groups, nodes, heard, votes, startedAt })),
    [{ groups: 2, nodes: 5, heard: 5, votes: '1 of 1', startedAt: testTime }],
  )
})

test('controllers: a window is over -> what the process needed in it; before that nothing is said', async (t) => {
  let [cpuSeconds, at] = [3, testTime]
  const loopDelay = { p50: 0.0101, p99: 0.0123, max: 0.25 }
  const recent = () => ({ cpuSeconds, residentBytes: 90_000_000, heapBytes: 30_000_000, startedAt: 0, loopDelay })
  const { url, timers } = await apiServer(t, { vitals: { read: recent, recent }, wall: () => at })
  const load = async () =>
    (assertShape(await ask(`${url}/api/v1/controllers`), Controllers) as Static<typeof Controllers>).controllers[0]?.load
  assert.equal(await load(), null)
  cpuSeconds += 2.5
  at += windowMs
  for (const { ms, run } of timers) if (ms === windowMs) run()
  assert.deepEqual(await load(), {
    cpu: 0.25,
    residentBytes: 90_000_000,
    heapBytes: 30_000_000,
    loopDelay: { p50: 10.1, p99: 12.3, max: 250 },
  })
})
