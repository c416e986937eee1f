// What a link says about a node that lives, dies, freezes, or hides behind a network.
import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { countOf, linkTo, ping, probed, redisFor, relayedFor, script, socketsMade, transaction, word } from '../../test/link.ts'
import { patience, until } from '../../test/until.ts'
import { RespError } from '../resp/value.ts'

test('link: a healthy node -> the replies of the batch in order, errors among them', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  for (let i = 0; i < 3; i++) {
    const outcome = await probed(link, [['PING'], ['NOSUCH'], ['CONFIG', 'GET', 'port']], patience)
    assert.ok(outcome.ok)
    const [pong, error, port] = outcome.replies
    assert.equal(pong, 'PONG')
    assert.ok(error instanceof RespError && error.code === 'ERR')
    assert.deepEqual(port, ['port', String(redis.port)])
  }
  assert.equal(await countOf(redis, 'regroup-test'), 1, 'one warm connection, named')
})

test('link: the idle node is killed -> disconnected at once, the next probe refused, back when it is back', async (t) => {
  const redis = await redisFor(t)
  const watched = linkTo(t, redis.port)
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
  await redis.kill9()
  await until('the disconnect is told', () => watched.disconnects === 1)
  assert.equal(word(await probed(watched.link, ping, patience)), 'refused')
  assert.equal(watched.link.queue(script(['PING'])), false, 'nothing is open that could carry it')
  await redis.start()
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
  assert.equal(watched.disconnects, 1)
})

test('link: the node is killed while it is asked -> closed at once, told once, although a challenger asks too', async (t) => {
  const redis = await redisFor(t)
  const watched = linkTo(t, redis.port)
  await probed(watched.link, ping, patience)
  await redis.freeze()
  assert.equal(word(await probed(watched.link, ping, 20)), 'silent')
  const asked = probed(watched.link, ping, 60_000)
  await redis.kill9()
  assert.equal(word(await asked), 'closed')
  await until('the disconnect is told', () => watched.disconnects > 0)
  assert.equal(word(await probed(watched.link, ping, patience)), 'refused')
  assert.equal(watched.disconnects, 1)
})

test('link: frozen, then thawed -> silent, and the late answer of the old question counts', async (t) => {
  const redis = await redisFor(t)
  const watched = linkTo(t, redis.port)
  await probed(watched.link, ping, patience)
  await redis.freeze()
  const first = await probed(watched.link, [['INCR', 'asked']], 30)
  assert.equal(word(first), 'silent')
  for (let i = 0; i < 5; i++) assert.equal(word(await probed(watched.link, [['INCRBY', 'asked', '100']], 10)), 'silent')
  const waking = probed(watched.link, [['INCRBY', 'asked', '100']], patience)
  redis.thaw()
  const outcome = await waking
  assert.ok(outcome.ok)
  assert.deepEqual(outcome.replies, [1])
  assert.equal(outcome.sentAt, first.sentAt, 'it answers the question of then')
  assert.equal(watched.disconnects, 0)
  // The one challenger may have asked its one question too; no probe piled up another.
  assert.ok(Number(await redis.ask('GET', 'asked')) <= 101)
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
  await until('the challenger is gone', async () => (await countOf(redis, 'regroup-test')) === 1)
})

test('link: a demotion queued on a frozen node -> executed on waking before what its clients had buffered', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  const client = connect(redis.port, '127.0.0.1')
  t.after(() => client.destroy())
  let heard = ''
  client.on('data', (bytes) => (heard += bytes.toString()))
  const cut = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.on('error', () => {})
  client.write('PING\r\n')
  await until('the client is served', () => heard === '+PONG\r\n')
  await probed(link, ping, patience)

  await redis.freeze()
  assert.equal(word(await probed(link, ping, 20)), 'silent')
  const demotion = transaction(['REPLICAOF', '127.0.0.1', '1'], ['CONFIG', 'REWRITE'], ['CLIENT', 'KILL', 'TYPE', 'normal'])
  assert.equal(link.queue(demotion), true)
  assert.equal(link.queue(demotion), false, 'one per connection')
  await new Promise<void>((resolve) => client.write('SET k v\r\n', () => resolve()))
  const waking = probed(link, ping, patience)
  redis.thaw()

  assert.deepEqual((await waking).ok && (await waking), { ok: true, replies: ['PONG'], sentAt: (await waking).sentAt })
  await cut
  assert.equal(heard, '+PONG\r\n', 'the clinging client got no acknowledgement')
  assert.equal(await redis.ask('EXISTS', 'k'), 0)
  assert.match(redis.config, /^replicaof 127\.0\.0\.1 1$/m)
  // The replies to the queued commands are dropped and the connection is in step.
  const after = await probed(link, [['ECHO', 'in step']], patience)
  assert.deepEqual(after.ok && after.replies, ['in step'])
  assert.equal(link.queue(script(['PING'])), true, 'the connection can carry another one')
})

test('link: the old connection hangs in the network -> the challenger answers and becomes the warm one', async (t) => {
  const { relay, watched } = await relayedFor(t)
  await probed(watched.link, ping, patience)
  relay.hold()
  assert.equal(word(await probed(watched.link, ping, 20)), 'silent')
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
  relay.release()
  await until('the old connection is closed', () => relay.connections === 1)
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
  assert.equal(relay.connections, 1)
  assert.equal(watched.disconnects, 0)
})

test('link: the replaced connection carries a queued script -> kept until the script is delivered, then closed', async (t) => {
  const { redis, relay, watched } = await relayedFor(t)
  await probed(watched.link, ping, patience)
  relay.hold()
  await probed(watched.link, ping, 20)
  assert.equal(watched.link.queue(transaction(['SET', 'delivered', 'yes'])), true)
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
  assert.equal(relay.connections, 2)
  assert.equal(await redis.ask('EXISTS', 'delivered'), 0)
  relay.release()
  await until('the script is delivered', async () => (await redis.ask('GET', 'delivered')) === 'yes')
  await until('the old connection is closed', () => relay.connections === 1)
  assert.equal(watched.disconnects, 0)
})

test('link: the replaced connection never delivers its queued script -> closed after a minute', async (t) => {
  const { relay, watched } = await relayedFor(t)
  const made = socketsMade(t)
  await probed(watched.link, ping, patience)
  const [old] = made
  relay.hold()
  await probed(watched.link, ping, 20)
  watched.link.queue(script(['PING']))
  t.mock.timers.enable({ apis: ['setTimeout'] })
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
  t.mock.timers.tick(59_999)
  assert.equal(old?.destroyed, false)
  t.mock.timers.tick(1)
  assert.equal(old.destroyed, true)
  assert.equal(watched.disconnects, 0)
})

test('link: something else is told to a node that answered on another connection -> what was queued for it is withdrawn', async (t) => {
  const { redis, relay, watched } = await relayedFor(t)
  const made = socketsMade(t)
  await probed(watched.link, ping, patience)
  const [old] = made
  relay.hold()
  await probed(watched.link, ping, 20)
  watched.link.queue(script(['SET', 'late', 'yes']))
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
  assert.equal(old?.destroyed, false)
  assert.equal(word(await watched.link.run('act', script(['SET', 'told', 'yes']), patience)), 'ok')
  assert.equal(old.destroyed, true)
  assert.equal(await redis.ask('GET', 'told'), 'yes')
  assert.equal(watched.disconnects, 0)
})

test('link: closed while a question is open -> its connection is reset, so that nothing of it is sent again; with all answered -> closed', async (t) => {
  const ends: string[] = []
  const server = createServer((socket) => {
    socket.once('end', () => ends.push('end'))
    socket.once('error', (error) => ends.push(error.message))
    socket.on('data', (bytes) => {
      if (bytes.includes('PING')) socket.write('+OK\r\n+PONG\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  for (const [question, end] of [
    ['PING', 'end'],
    ['ECHO', 'read ECONNRESET'],
  ] as const) {
    const { link } = linkTo(t, port)
    const answer = await probed(link, [[question]], question === 'PING' ? patience : 50)
    assert.equal(answer.ok, question === 'PING')
    link.close()
    await until(`the end of ${question}`, () => ends.at(-1) === end)
  }
  assert.deepEqual(ends, ['end', 'read ECONNRESET'])
})

test('link: the late answer comes while the challenger hangs -> it counts, and the challenger is given up', async (t) => {
  const { redis, relay, watched } = await relayedFor(t)
  const { link } = watched
  await probed(link, ping, patience)
  await redis.freeze()
  await probed(link, [['ECHO', 'old']], 20)
  const made = socketsMade(t)
  const waking = probed(link, [['ECHO', 'new']], patience)
  await until('the challenger is accepted', () => relay.connections === 2)
  relay.hold(1)
  redis.thaw()
  const outcome = await waking
  assert.deepEqual(outcome.ok && outcome.replies, ['old'])
  assert.equal(made[0]?.destroyed, true)
})

test('link: the warm connection is cut while a challenger is silent too -> closed, and the next probe asks anew', async (t) => {
  const { redis, relay, watched } = await relayedFor(t)
  await probed(watched.link, ping, patience)
  await redis.freeze()
  await probed(watched.link, ping, 20)
  const asked = probed(watched.link, ping, patience)
  await until('the challenger is accepted', () => relay.connections === 2)
  relay.hold(1)
  relay.cut(0)
  assert.equal(word(await asked), 'closed')
  await until('the disconnect is told', () => watched.disconnects === 1)
  redis.thaw()
  const outcome = await probed(watched.link, [['ECHO', 'anew']], patience)
  assert.deepEqual(outcome.ok && outcome.replies, ['anew'])
  assert.equal(watched.disconnects, 1)
})

test('link: asked while it is being asked -> the second question is not put', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  const first = probed(link, ping, patience)
  assert.equal(word(await probed(link, ping, patience)), 'unasked IN_FLIGHT')
  assert.equal(word(await first), 'ok')
})

test('link: the challenger is refused while the warm connection hangs -> refused, and the warm connection stays', async (t) => {
  const { redis, relay, watched } = await relayedFor(t)
  await probed(watched.link, ping, patience)
  relay.hold()
  await probed(watched.link, ping, 20)
  relay.refuse()
  const outcome = await probed(watched.link, ping, patience)
  assert.deepEqual(!outcome.ok && outcome.failure, { kind: 'refused', standing: true })
  assert.equal(watched.disconnects, 0)
  assert.equal(watched.link.queue(script(['SET', 'k', 'v'])), true)
  relay.release()
  await until('the warm connection delivers', async () => (await redis.ask('GET', 'k')) === 'v')
  await until('the warm connection answers', async () => word(await probed(watched.link, ping, patience)) === 'ok')
  assert.equal(watched.disconnects, 0)
})

test('link: connects are dropped -> silent at the deadline, and the next probe connects anew', async (t) => {
  const redis = await redisFor(t, { config: { 'tcp-backlog': 1 } })
  await redis.freeze()
  const fillers = Array.from({ length: 4 }, () => connect(redis.port, '127.0.0.1').on('error', () => {}))
  t.after(() => fillers.map((socket) => socket.destroy()))
  const { link } = linkTo(t, redis.port)
  await until('the accept queue is full', async () => {
    const extra = connect(redis.port, '127.0.0.1').on('error', () => {})
    const connected = await Promise.race([new Promise<boolean>((resolve) => extra.once('connect', () => resolve(true))), sleep(50, false)])
    if (connected) fillers.push(extra)
    else extra.destroy()
    return !connected
  })
  const made = socketsMade(t)
  assert.equal(word(await probed(link, ping, 50)), 'silent')
  assert.equal(word(await probed(link, ping, 50)), 'silent')
  const [first, second] = made
  assert.equal(made.length, 2)
  assert.deepEqual([first?.destroyed, second?.connecting], [true, true])
  for (const socket of fillers) socket.destroy()
  redis.thaw()
  await until('it answers', async () => word(await probed(link, ping, 300)) === 'ok')
})

test('link: a challenger that was accepted and not answered -> the same one for five seconds, then another', async (t) => {
  const redis = await redisFor(t)
  let ahead = 0
  const { link } = linkTo(t, redis.port, { clock: { now: () => performance.now() + ahead, wall: () => 0 } })
  await probed(link, ping, patience)
  await redis.freeze()
  const made = socketsMade(t)
  await probed(link, ping, 10)
  for (let i = 0; i < 4; i++) await probed(link, ping, 30)
  assert.equal(made.length, 1)
  ahead = 5_001
  await probed(link, ping, 30)
  assert.equal(made.length, 2)
  assert.equal(made[0]?.destroyed, true)
})

test('link: our own process was paused past the deadline while the answer arrived -> the answer counts', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  await probed(link, ping, patience)
  const asked = probed(link, ping, 50)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  assert.equal(word(await asked), 'ok')
})
