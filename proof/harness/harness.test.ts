import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acknowledgedBy, judge, oneFamily } from './check.ts'
import { ask, must } from './client.ts'
import { dice, permutations, seedOf } from './dice.ts'
import { parseBlock } from './events.ts'
import { figures } from './report.ts'
import { type Persistence, heldBy, heldByFiles, startGroup } from './servers.ts'
import { Late, found, instead, until } from './wait.ts'
import { Writer, clinging, roaming } from './writers.ts'

const now = (): number => performance.now()

test('writers: the primary dies and the replica is promoted by hand -> the roaming writer goes on, the clinging one never', async (t) => {
  const group = await startGroup('g', 2, { persistence: 'none', delay: 0 })
  t.after(() => group.remove())
  const [a, b] = [group.node('n1'), group.node('n2')]
  assert.deepEqual(await oneFamily(group), { found: 'n1' })
  const roams = new Writer('roams', roaming(group.targets)).start()
  const clings = new Writer('clings', clinging(a.target)).start()
  const acked = (writer: Writer, since: number): Promise<unknown> =>
    until(`${writer.key} is acknowledged`, 5_000, () => (writer.between(since).length > 20 ? found(true) : instead('too few')))
  await Promise.all([acked(roams, 0), acked(clings, 0)])
  const dead = now()
  await a.server.kill9()
  await must(b.address, 'REPLICAOF', 'NO', 'ONE')
  const promoted = now()
  await acked(roams, promoted)
  assert.ok(roams.longestGap(dead) > 0)
  await Promise.all([roams.stop(), clings.stop()])
  assert.equal(clings.between(promoted).length, 0)
  assert.ok(clings.refusals.some((one) => one.kind === 'refused'))
  assert.deepEqual(acknowledgedBy([roams, clings], 'n1', promoted), [])
  const held = (await heldBy(b.address, ['roams'])).get('roams') ?? []
  const judged = judge(roams.acks, held)
  assert.deepEqual(judged.disorder, [])
  assert.equal(judged.highest, roams.lastAck?.n)
  assert.ok(
    judged.lost.every((ack) => ack.node === 'n1' && ack.at > dead - 500),
    'only what the replica had not received yet',
  )
  assert.match(JSON.stringify(await oneFamily(group)), /n1=refused.*n2=primary/)
})

test('client: it is to speak as somebody who is refused -> refused itself, and nothing is said as anybody else', async (t) => {
  const group = await startGroup('g', 1, { persistence: 'none', delay: 0 })
  t.after(() => group.remove())
  const { address, target } = group.node('n1')
  await must(address, 'ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all')
  const as = (password: string) => ({ as: { user: 'app', password } })
  assert.deepEqual(await ask(address, ['ACL', 'WHOAMI'], 2_000, as('secret')), { ok: true, value: 'app' })
  const refused = await ask(address, ['SET', 'k', 'v'], 2_000, as('wrong'))
  assert.ok(!refused.ok && refused.kind === 'error', JSON.stringify(refused))
  assert.match(refused.message, /^WRONGPASS/)
  assert.equal(await must(address, 'EXISTS', 'k'), 0)
  const writer = new Writer('w', clinging(target), as('wrong')).start()
  await until('the writer is refused', 5_000, () =>
    writer.refusals.some((one) => one.kind === 'error' && one.code === 'WRONGPASS') ? found(true) : instead('not yet'),
  )
  await writer.stop()
  assert.deepEqual(writer.acks, [])
})

test('check: acknowledged numbers are missing or out of order -> each is named', () => {
  const acks = [1, 2, 3, 4].map((n) => ({ n, at: n, node: 'a' }))
  assert.deepEqual(judge(acks, [1, 2, 3, 4]), { lost: [], disorder: [], highest: 4 })
  assert.deepEqual(judge(acks, [1, 3, 2, 5]), { lost: [{ n: 4, at: 4, node: 'a' }], disorder: ['2 after 3'], highest: 3 })
  assert.deepEqual(judge(acks, []).lost.length, 4)
})

test('check: two primaries -> not one family', async (t) => {
  const group = await startGroup('g', 2, { persistence: 'none', delay: 0 })
  t.after(() => group.remove())
  await must(group.node('n2').address, 'REPLICAOF', 'NO', 'ONE')
  assert.deepEqual(await oneFamily(group), { instead: 'n1=primary, n2=primary' })
})

for (const persistence of ['aof', 'rdb', 'none'] as Persistence[]) {
  test(`servers: a group with ${persistence} is stopped -> what its files hold is known and untouched`, async (t) => {
    const group = await startGroup('g', 2, { persistence, delay: 0 })
    t.after(() => group.remove())
    const a = group.node('n1')
    for (let n = 1; n <= 50; n++) await must(a.address, 'RPUSH', 'w', String(n))
    await a.server.stop('SIGTERM')
    const held = (await heldByFiles(a, ['w'])).get('w')
    assert.equal(held?.length, persistence === 'none' ? 0 : 50)
    await a.server.start()
    assert.deepEqual((await heldBy(a.address, ['w'])).get('w'), held)
  })
}

test('dice: the same seed -> the same throws; another case -> others', () => {
  const throws = (seed: number): number[] => {
    const one = dice(seed)
    return Array.from({ length: 5 }, () => one.next())
  }
  assert.deepEqual(throws(seedOf(7, 'abc')), throws(seedOf(7, 'abc')))
  assert.notDeepEqual(throws(seedOf(7, 'abc')), throws(seedOf(7, 'acb')))
  assert.ok(throws(1).every((one) => one >= 0 && one < 1))
  assert.equal(new Set(permutations(['a', 'b', 'c']).map((one) => one.join(''))).size, 6)
})

test('report: figures of an even number of values -> the lower middle', () => {
  assert.deepEqual(figures([4, 1, 3, 2]), { n: 4, min: 1, median: 2, max: 4 })
  assert.equal(figures([]), null)
})

test('events: a block of the stream -> an event; a heartbeat -> none', () => {
  assert.deepEqual(parseBlock('event: log\ndata: {"rule":"x"}', 5), { kind: 'log', at: 5, entry: { rule: 'x' } })
  assert.equal(parseBlock(': heartbeat', 5), null)
})

test('wait: what is waited for does not come -> Late with what was there instead', async () => {
  await assert.rejects(
    until('a thing', 20, () => instead('another thing')),
    (error: Error) => error instanceof Late && error.message === 'not within 20 ms: a thing; instead: another thing',
  )
})
