// Applications with their own client libraries find the primary through regroup and follow it by themselves.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Bed, startBed } from '../bench/beds.ts'
import { libraries } from './libraries.ts'
import { plays } from './plays.ts'

for (const [name, begin] of Object.entries(libraries)) {
  void describe(name, () => {
    let bed: Bed
    before(async () => {
      bed = await startBed('regroup', 'shop', { persistence: 'aof' })
    })
    after(() => bed.close())

    for (const [what, play] of Object.entries(plays)) {
      test(`${what} of the primary -> it writes to the next one, and nothing that was confirmed there is missing`, async (t) => {
        await bed.ready()
        const application = await begin(bed.sentinels, 'shop')
        try {
          const gap = await play(bed, application.load)
          t.diagnostic(`gap ${gap.ms} ms, ${gap.errors} errors (${gap.words}) ${application.remark()}`)
        } finally {
          await application.stop()
        }
        const primary = await bed.ready()
        assert.deepEqual(await application.load.missing(bed.group.node(primary).address), [])
      })
    }
  })
}
