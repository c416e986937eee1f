// Some hundreds of generated requests in every run; `script/run fuzz` sends 10,000.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Bed } from './fuzz/bed.ts'
import { requests } from './fuzz/requests.ts'

test('requests out of the document, by everybody -> no 5xx, and a refused one changes nothing', async (t) => {
  const bed = await Bed.start()
  t.after(() => bed.close())
  const arbitrary = requests(await bed.document())
  await fc.assert(
    fc.asyncProperty(arbitrary, async (request) => await bed.judge(request)),
    { numRuns: 400, interruptAfterTimeLimit: 120_000, endOnFailure: true },
  )
  // It reaches handlers, not only refusals.
  for (const status of [200, 400, 401, 403, 404])
    assert.ok((bed.statuses.get(status) ?? 0) > 0, `no ${status}: ${JSON.stringify([...bed.statuses])}`)
})
