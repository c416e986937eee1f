import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPika } from '../test/servers/pika.ts'
import { notEmpty, runContract } from './contract/pika.ts'

const quick = { copyMs: 50, blockMostMs: 100, stopMs: 50 }

test('contract: three fresh test servers -> they do all that regroup takes for granted', async () => {
  await using a = await startPika(quick)
  await using b = await startPika(quick)
  await using c = await startPika(quick)
  const checked = await runContract([a.address, b.address, c.address], null)
  assert.deepEqual(
    checked.filter((one) => one.differs !== null),
    [],
  )
  assert.equal((await notEmpty([a.address, b.address, c.address], null)).length, 3)
})

test('contract: a server that is none of three fresh ones -> each check says what differs', async () => {
  await using a = await startPika(quick)
  await using b = await startPika({ ...quick, version: '3.5.4' })
  await b.kill9()
  const checked = await runContract([a.address, b.address, b.address], null)
  assert.ok(checked.some((one) => one.differs !== null && /refused/.test(one.differs)))
})
