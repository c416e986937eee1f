// A mark says whose data a node holds, so it reaches the process that was read and no other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { probed, ranProven } from '../../test/link.ts'
import { startRedis } from '../../test/servers/redis.ts'
import { NodeLink } from './nodeLink.ts'

const patience = 10_000
const clock = { now: () => performance.now(), wall: () => Date.now() }
const mark = { commands: [['SET', 'mark', 'x']], transaction: false } as const

/** Asks the node and marks it, until the mark is taken. */
async function marked(link: NodeLink): Promise<void> {
  const end = Date.now() + patience
  for (;;) {
    await probed(link, [['PING']], patience)
    const outcome = await ranProven(link, mark, patience)
    if (outcome.ok) return
    assert.ok(Date.now() < end, JSON.stringify(outcome.failure))
    await sleep(5)
  }
}

test('the node is killed and starts again, empty -> no mark before it was asked again, and then one', async (t) => {
  const redis = await startRedis()
  t.after(() => redis.remove())
  const address = { host: '127.0.0.1', port: redis.port }
  const link = new NodeLink({ address, tls: null, credentials: () => [], name: 'marks', clock, onDisconnected: () => undefined })
  t.after(() => link.close())

  const first = await ranProven(link, mark, patience)
  assert.deepEqual([first.ok, !first.ok && 'code' in first.failure && first.failure.code], [false, 'NOT_PROVEN'], 'never asked')
  await marked(link)
  await redis.kill9()
  await redis.start()
  for (let tries = 0; tries < 5; tries++) assert.equal((await ranProven(link, mark, patience)).ok, false)
  assert.equal(await redis.ask('EXISTS', 'mark'), 0, 'nothing reached the new process')
  await marked(link)
  assert.equal(await redis.ask('EXISTS', 'mark'), 1)
})
