import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { adminSecret, apiServer } from '../../test/api.ts'
import { plainly, testTime } from '../../test/samples.ts'
import { keptMs, maxKept } from './idempotency.ts'

async function served(t: TestContext) {
  let now = testTime
  const running = await apiServer(t, { wall: () => now })
  const post = async (key: string | null, body: unknown = {}, path = 'groups/orders/switchover', more: Record<string, string> = {}) => {
    const headers = { 'content-type': 'application/json', ...(key === null ? {} : { 'idempotency-key': key }), ...more }
    const response = await fetch(`${running.url}/api/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    const { code } = JSON.parse(text) as { code?: string }
    return { status: response.status, text, code, replayed: response.headers.get('idempotency-replayed') === 'true' }
  }
  return { ...running, post, pass: (ms: number) => (now += ms) }
}

test('Idempotency-Key: the same command again -> the same answer, done once, one entry in the audit', async (t) => {
  const { url, facade, post } = await served(t)
  const first = await post('k1', { to: 'b' })
  facade.answer = { ok: false, code: 'NOT_NOW', ...plainly('a move is under way') }
  const again = await post('k1', { to: 'b' })
  assert.deepEqual([again.text, again.status, again.replayed, first.replayed], [first.text, 200, true, false])
  assert.equal(facade.commands.length, 1)
  const refused = await post('k2')
  facade.answer = { ok: true, epoch: 9, candidate: 'c', ...plainly(''), steps: [], stepsSaid: [], loss: null, lossSaid: null }
  assert.deepEqual([(await post('k2')).text, refused.status], [refused.text, 409])
  assert.equal((await post(null)).status, 200)
  assert.equal(facade.commands.length, 3)
  const { entries } = (await (await fetch(`${url}/api/v1/audit`)).json()) as { entries: unknown[] }
  assert.equal(entries.length, 3)
})

test('Idempotency-Key: another command, another asker, a key that is none -> refused, done, refused', async (t) => {
  const { facade, post } = await served(t)
  await post('k', { to: 'b' })
  assert.equal((await post('k', { to: 'c' })).code, 'BAD_INPUT')
  assert.equal((await post('k', { to: 'b' }, 'groups/orders/switchover?dryRun=true')).code, 'BAD_INPUT')
  assert.equal((await post('two words')).code, 'BAD_INPUT')
  assert.equal(facade.commands.length, 1)
  const other = await post('k', { to: 'b' }, undefined, { authorization: `Bearer ${adminSecret}` })
  assert.deepEqual([other.replayed, facade.commands.length], [false, 2])
})

test('Idempotency-Key: the first is still under way -> told so; ten minutes later, or after a thousand others -> done again', async (t) => {
  const { facade, post, pass } = await served(t)
  const free = Promise.withResolvers<void>()
  const { answer } = facade
  facade.command = async (group, command) => {
    facade.commands.push({ group, command })
    await free.promise
    return answer
  }
  const slow = post('k')
  while (facade.commands.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await post('k')).code, 'NOT_NOW')
  free.resolve()
  assert.equal((await slow).status, 200)
  assert.equal((await post('k')).replayed, true)
  pass(keptMs)
  assert.equal((await post('k')).replayed, false)
  for (let count = 0; count < maxKept; count++) await post(`other-${count}`, { dryRun: true })
  assert.equal((await post('k')).replayed, false)
})
