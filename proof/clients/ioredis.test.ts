// ioredis, as applications use it, finds the primary through regroup and follows it by itself.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Redis } from 'ioredis'
import { Controller } from '../harness/controller.ts'
import type { Group } from '../harness/servers.ts'
import { dismiss, startWatched } from '../harness/watched.ts'
import { healthy } from '../stories/waits.ts'
import { Load, played } from './load.ts'

void describe('ioredis', () => {
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

  for (const protocol of [2, 3] as const) {
    for (const [what, play] of Object.entries(played)) {
      test(`RESP${protocol}: ${what} of the primary -> it writes to the next one, and nothing that was confirmed there is missing`, async (t) => {
        const sentinels = [{ host: '127.0.0.1', port: controller.sentinelPort }]
        const redis = new Redis({
          sentinels,
          name: 'shop',
          protocol,
          maxRetriesPerRequest: null,
          commandTimeout: 1_000,
          // Without its detector it does not listen to Sentinels, and waits for a frozen primary for ever.
          failoverDetector: true,
          disconnectTimeout: 100,
          lazyConnect: true,
        })
        redis.on('error', () => undefined)
        // ioredis 6.0.0 ends for good when it hears of the next primary in the few milliseconds in which it asks for an address, also with
        // Redis Sentinel. An application must begin anew then; how often it was so is told.
        let ends = 0
        const again = (): void => {
          ends += 1
          redis.connect().catch(() => undefined)
        }
        redis.on('end', again)
        await redis.connect()
        const load = new Load((key, value) => redis.set(key, value)).start()
        try {
          const gap = await play(controller, group, load)
          t.diagnostic(`gap ${gap.ms} ms, ${gap.errors} errors (${gap.words}), ended ${ends} times`)
        } finally {
          await load.stop()
          redis.off('end', again)
          redis.disconnect()
        }
        const primary = await healthy(controller, group)
        assert.deepEqual(await load.missing(group.node(primary).address), [])
      })
    }
  }
})
