// node-redis, as applications use it, finds the primary through regroup and follows it by itself.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createSentinel } from 'redis'
import { Controller } from '../harness/controller.ts'
import type { Group } from '../harness/servers.ts'
import { dismiss, startWatched } from '../harness/watched.ts'
import { healthy } from '../stories/waits.ts'
import { Load, played } from './load.ts'

void describe('node-redis', () => {
  let controller: Controller
  let group: Group
  before(async () => {
    controller = await Controller.start({ sentinel: true })
    group = await startWatched(controller, 'shop', 3, { persistence: 'aof', delay: 0, policy: { flapFailovers: 100 } })
  })
  after(async () => {
    await dismiss(controller, group)
    await controller.remove()
  })

  for (const [what, play] of Object.entries(played)) {
    test(`${what} of the primary -> it writes to the next one, and nothing that was confirmed there is missing`, async (t) => {
      const sentinel = await createSentinel({
        name: 'shop',
        sentinelRootNodes: [{ host: '127.0.0.1', port: controller.sentinelPort }],
        // It looks by itself this often; what it is told makes it look at once.
        scanInterval: 10_000,
      })
        .on('error', () => undefined)
        .connect()
      const load = new Load((key, value) => withinSecond(sentinel.set(key, value))).start()
      try {
        const gap = await play(controller, group, load)
        t.diagnostic(`gap ${gap.ms} ms, ${gap.errors} errors (${gap.words})`)
      } finally {
        await load.stop()
        await sentinel.destroy()
      }
      const primary = await healthy(controller, group)
      assert.deepEqual(await load.missing(group.node(primary).address), [])
    })
  }
})

/** It has no deadline of its own for a command. */
function withinSecond<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within 1 s')), 1_000)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
