import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Server, type Socket, connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCertificates } from '../../test/servers/certificates.ts'
import { type RedisOptions, type RedisServer, freePort, startRedis } from '../../test/servers/redis.ts'
import { Relay } from '../../test/servers/relay.ts'
import type { Script } from '../engines/engine.ts'
import { RespError, isArray } from '../resp/value.ts'
import type { Credential } from './connection.ts'
import { NodeLink, type NodeLinkOptions } from './nodeLink.ts'
import type { Outcome } from './outcome.ts'

const ping: Script['commands'] = [['PING']]
const clock = { now: () => performance.now(), wall: () => Date.now() }
/** Long enough for a busy machine; a passing test never waits for it. */
const patience = 10_000

interface Watched {
  readonly link: NodeLink
  disconnects: number
}

async function redisFor(t: TestContext, options: RedisOptions = {}): Promise<RedisServer> {
  const redis = await startRedis(options)
  t.after(() => redis.remove())
  return redis
}

function linkTo(t: TestContext, port: number, options: Partial<NodeLinkOptions> = {}): Watched {
  const link = new NodeLink({
    address: { host: '127.0.0.1', port },
    tls: null,
    credentials: () => [],
    name: 'regroup-test',
    clock,
    onDisconnected: () => {
      watched.disconnects += 1
    },
    ...options,
  })
  const watched: Watched = { link, disconnects: 0 }
  t.after(() => link.close())
  return watched
}

/** The list, read again at every connect, in the order in which they are tried. */
function keys(...list: readonly Credential[]): () => readonly Credential[] {
  return () => list
}

/** An outcome as one word or two: `ok`, `refused`, `answered NOAUTH` ... */
function word(outcome: Outcome): string {
  if (outcome.ok) return 'ok'
  return 'code' in outcome.failure ? `${outcome.failure.kind} ${outcome.failure.code}` : outcome.failure.kind
}

function message(outcome: Outcome): string {
  return !outcome.ok && 'message' in outcome.failure ? outcome.failure.message : ''
}

function script(...commands: readonly (readonly string[])[]): Script {
  return { commands, transaction: false }
}

function transaction(...commands: readonly (readonly string[])[]): Script {
  return { commands, transaction: true }
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + patience
  while (!(await holds())) {
    assert.ok(Date.now() < end, `not within ${patience} ms: ${what}`)
    await sleep(5)
  }
}

async function listening(t: TestContext, onConnection: (socket: Socket) => void): Promise<number> {
  const port = await freePort()
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return port
}

async function countOf(redis: RedisServer, name: string): Promise<number> {
  const list = await redis.ask('CLIENT', 'LIST')
  assert.ok(typeof list === 'string')
  return list.split(` name=${name} `).length - 1
}

/** Every socket that this process begins to connect from now on. */
function socketsMade(t: TestContext): readonly Socket[] {
  const made: Socket[] = []
  const hear = (told: unknown): void => {
    if (typeof told === 'object' && told !== null && 'socket' in told) made.push(told.socket as Socket)
  }
  subscribe('net.client.socket', hear)
  t.after(() => unsubscribe('net.client.socket', hear))
  return made
}

test('link: a healthy node -> the replies of the batch in order, errors among them', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  for (let i = 0; i < 3; i++) {
    const outcome = await link.probe([['PING'], ['NOSUCH'], ['CONFIG', 'GET', 'port']], patience)
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
  assert.equal(word(await watched.link.probe(ping, patience)), 'ok')
  await redis.kill9()
  await until('the disconnect is told', () => watched.disconnects === 1)
  assert.equal(word(await watched.link.probe(ping, patience)), 'refused')
  assert.equal(watched.link.queue(script(['PING'])), false, 'nothing is open that could carry it')
  await redis.start()
  assert.equal(word(await watched.link.probe(ping, patience)), 'ok')
  assert.equal(watched.disconnects, 1)
})

test('link: the node is killed while it is asked -> closed at once, told once, although a challenger asks too', async (t) => {
  const redis = await redisFor(t)
  const watched = linkTo(t, redis.port)
  await watched.link.probe(ping, patience)
  await redis.freeze()
  assert.equal(word(await watched.link.probe(ping, 20)), 'silent')
  const asked = watched.link.probe(ping, 60_000)
  await redis.kill9()
  assert.equal(word(await asked), 'closed')
  await until('the disconnect is told', () => watched.disconnects > 0)
  assert.equal(word(await watched.link.probe(ping, patience)), 'refused')
  assert.equal(watched.disconnects, 1)
})

test('link: frozen, then thawed -> silent, and the late answer of the old question counts', async (t) => {
  const redis = await redisFor(t)
  const watched = linkTo(t, redis.port)
  await watched.link.probe(ping, patience)
  await redis.freeze()
  const first = await watched.link.probe([['INCR', 'asked']], 30)
  assert.equal(word(first), 'silent')
  for (let i = 0; i < 5; i++) assert.equal(word(await watched.link.probe([['INCRBY', 'asked', '100']], 10)), 'silent')
  const waking = watched.link.probe([['INCRBY', 'asked', '100']], patience)
  redis.thaw()
  const outcome = await waking
  assert.ok(outcome.ok)
  assert.deepEqual(outcome.replies, [1])
  assert.equal(outcome.sentAt, first.sentAt, 'it answers the question of then')
  assert.equal(watched.disconnects, 0)
  // The one challenger may have asked its one question too; no probe piled up another.
  assert.ok(Number(await redis.ask('GET', 'asked')) <= 101)
  assert.equal(word(await watched.link.probe(ping, patience)), 'ok')
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
  await link.probe(ping, patience)

  await redis.freeze()
  assert.equal(word(await link.probe(ping, 20)), 'silent')
  const demotion = transaction(['REPLICAOF', '127.0.0.1', '1'], ['CONFIG', 'REWRITE'], ['CLIENT', 'KILL', 'TYPE', 'normal'])
  assert.equal(link.queue(demotion), true)
  assert.equal(link.queue(demotion), false, 'one per connection')
  await new Promise<void>((resolve) => client.write('SET k v\r\n', () => resolve()))
  const waking = link.probe(ping, patience)
  redis.thaw()

  assert.deepEqual((await waking).ok && (await waking), { ok: true, replies: ['PONG'], sentAt: (await waking).sentAt })
  await cut
  assert.equal(heard, '+PONG\r\n', 'the clinging client got no acknowledgement')
  assert.equal(await redis.ask('EXISTS', 'k'), 0)
  assert.match(redis.config, /^replicaof 127\.0\.0\.1 1$/m)
  // The replies to the queued commands are dropped and the connection is in step.
  const after = await link.probe([['ECHO', 'in step']], patience)
  assert.deepEqual(after.ok && after.replies, ['in step'])
  assert.equal(link.queue(script(['PING'])), true, 'the connection can carry another one')
})

test('link: the old connection hangs in the network -> the challenger answers and becomes the warm one', async (t) => {
  const redis = await redisFor(t)
  const relay = new Relay(await freePort(), redis.port)
  await relay.listen()
  t.after(() => relay.close())
  const watched = linkTo(t, relay.port)
  await watched.link.probe(ping, patience)
  relay.hold()
  assert.equal(word(await watched.link.probe(ping, 20)), 'silent')
  assert.equal(word(await watched.link.probe(ping, patience)), 'ok')
  relay.release()
  await until('the old connection is closed', () => relay.connections === 1)
  assert.equal(word(await watched.link.probe(ping, patience)), 'ok')
  assert.equal(relay.connections, 1)
  assert.equal(watched.disconnects, 0)
})

test('link: the replaced connection carries a queued script -> kept until the script is delivered, then closed', async (t) => {
  const redis = await redisFor(t)
  const relay = new Relay(await freePort(), redis.port)
  await relay.listen()
  t.after(() => relay.close())
  const watched = linkTo(t, relay.port)
  await watched.link.probe(ping, patience)
  relay.hold()
  await watched.link.probe(ping, 20)
  assert.equal(watched.link.queue(transaction(['SET', 'delivered', 'yes'])), true)
  assert.equal(word(await watched.link.probe(ping, patience)), 'ok')
  assert.equal(relay.connections, 2)
  assert.equal(await redis.ask('EXISTS', 'delivered'), 0)
  relay.release()
  await until('the script is delivered', async () => (await redis.ask('GET', 'delivered')) === 'yes')
  await until('the old connection is closed', () => relay.connections === 1)
  assert.equal(watched.disconnects, 0)
})

test('link: the replaced connection never delivers its queued script -> closed after a minute', async (t) => {
  const redis = await redisFor(t)
  const relay = new Relay(await freePort(), redis.port)
  await relay.listen()
  t.after(() => relay.close())
  const watched = linkTo(t, relay.port)
  const made = socketsMade(t)
  await watched.link.probe(ping, patience)
  const [old] = made
  relay.hold()
  await watched.link.probe(ping, 20)
  watched.link.queue(script(['PING']))
  t.mock.timers.enable({ apis: ['setTimeout'] })
  assert.equal(word(await watched.link.probe(ping, patience)), 'ok')
  t.mock.timers.tick(59_999)
  assert.equal(old?.destroyed, false)
  t.mock.timers.tick(1)
  assert.equal(old.destroyed, true)
  assert.equal(watched.disconnects, 0)
})

test('link: the late answer comes while the challenger hangs -> it counts, and the challenger is given up', async (t) => {
  const redis = await redisFor(t)
  const relay = new Relay(await freePort(), redis.port)
  await relay.listen()
  t.after(() => relay.close())
  const { link } = linkTo(t, relay.port)
  await link.probe(ping, patience)
  await redis.freeze()
  await link.probe([['ECHO', 'old']], 20)
  const made = socketsMade(t)
  const waking = link.probe([['ECHO', 'new']], patience)
  await until('the challenger is accepted', () => relay.connections === 2)
  relay.hold(1)
  redis.thaw()
  const outcome = await waking
  assert.deepEqual(outcome.ok && outcome.replies, ['old'])
  assert.equal(made[0]?.destroyed, true)
})

test('link: the warm connection is cut while a challenger is silent too -> closed, and the next probe asks anew', async (t) => {
  const redis = await redisFor(t)
  const relay = new Relay(await freePort(), redis.port)
  await relay.listen()
  t.after(() => relay.close())
  const watched = linkTo(t, relay.port)
  await watched.link.probe(ping, patience)
  await redis.freeze()
  await watched.link.probe(ping, 20)
  const asked = watched.link.probe(ping, patience)
  await until('the challenger is accepted', () => relay.connections === 2)
  relay.hold(1)
  relay.cut(0)
  assert.equal(word(await asked), 'closed')
  await until('the disconnect is told', () => watched.disconnects === 1)
  redis.thaw()
  const outcome = await watched.link.probe([['ECHO', 'anew']], patience)
  assert.deepEqual(outcome.ok && outcome.replies, ['anew'])
  assert.equal(watched.disconnects, 1)
})

test('link: asked while it is being asked -> the second question is not put', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  const first = link.probe(ping, patience)
  assert.equal(word(await link.probe(ping, patience)), 'unasked IN_FLIGHT')
  assert.equal(word(await first), 'ok')
})

test('link: the challenger is refused while the warm connection hangs -> refused, and the warm connection stays', async (t) => {
  const redis = await redisFor(t)
  const relay = new Relay(await freePort(), redis.port)
  await relay.listen()
  t.after(() => relay.close())
  const watched = linkTo(t, relay.port)
  await watched.link.probe(ping, patience)
  relay.hold()
  await watched.link.probe(ping, 20)
  relay.refuse()
  const outcome = await watched.link.probe(ping, patience)
  assert.deepEqual(!outcome.ok && outcome.failure, { kind: 'refused', standing: true })
  assert.equal(watched.disconnects, 0)
  assert.equal(watched.link.queue(script(['SET', 'k', 'v'])), true)
  relay.release()
  await until('the warm connection delivers', async () => (await redis.ask('GET', 'k')) === 'v')
  await until('the warm connection answers', async () => word(await watched.link.probe(ping, patience)) === 'ok')
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
  assert.equal(word(await link.probe(ping, 50)), 'silent')
  assert.equal(word(await link.probe(ping, 50)), 'silent')
  const [first, second] = made
  assert.equal(made.length, 2)
  assert.deepEqual([first?.destroyed, second?.connecting], [true, true])
  for (const socket of fillers) socket.destroy()
  redis.thaw()
  await until('it answers', async () => word(await link.probe(ping, 300)) === 'ok')
})

test('link: a challenger that was accepted and not answered -> the same one for five seconds, then another', async (t) => {
  const redis = await redisFor(t)
  let ahead = 0
  const { link } = linkTo(t, redis.port, { clock: { now: () => performance.now() + ahead, wall: () => 0 } })
  await link.probe(ping, patience)
  await redis.freeze()
  const made = socketsMade(t)
  await link.probe(ping, 10)
  for (let i = 0; i < 4; i++) await link.probe(ping, 30)
  assert.equal(made.length, 1)
  ahead = 5_001
  await link.probe(ping, 30)
  assert.equal(made.length, 2)
  assert.equal(made[0]?.destroyed, true)
})

test('link: our own process was paused past the deadline while the answer arrived -> the answer counts', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  await link.probe(ping, patience)
  const asked = link.probe(ping, 50)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  assert.equal(word(await asked), 'ok')
})

test('link: password and ACL user -> let in; wrong, missing or without rights -> answered with the code, never with the secret', async (t) => {
  const secret = 'correct-horse-7'
  const redis = await redisFor(t, {
    config: {
      requirepass: secret,
      user: [`ops on >${secret} ~* &* +@all`, `weak on >${secret} ~* &* +@all -config`, `single on >${secret} ~* &* +@all -multi`],
    },
  })
  const as = (username: string | null, password: string): NodeLink =>
    linkTo(t, redis.port, { credentials: keys({ username, password }) }).link
  assert.equal(word(await as(null, secret).probe(ping, patience)), 'ok')
  assert.equal(word(await as('ops', secret).probe(ping, patience)), 'ok')
  const wrong = [
    await as(null, `${secret}x`).probe(ping, patience),
    await as('nobody', `${secret}x`).probe(ping, patience),
    await as('ops', `${secret}x`).run('act', script(['SET', 'k', 'v']), patience),
  ]
  assert.deepEqual(wrong.map(word), ['answered WRONGPASS', 'answered WRONGPASS', 'answered WRONGPASS'])
  assert.equal(JSON.stringify(wrong).includes(secret), false)
  assert.equal(word(await linkTo(t, redis.port).link.probe(ping, patience)), 'answered NOAUTH')

  const weak = as('weak', secret)
  const refused = await weak.run('act', transaction(['SET', 'k', 'v'], ['CONFIG', 'SET', 'masterauth', secret]), patience)
  assert.equal(word(refused), 'answered NOPERM')
  assert.match(message(refused), /^CONFIG SET was refused: NOPERM/)
  assert.equal(JSON.stringify(refused).includes(secret), false)
  assert.equal(await redis.ask('AUTH', secret, 'THEN', 'EXISTS', 'k'), 0, 'nothing of the transaction was done')
  const single = await as('single', secret).run('act', transaction(['SET', 'k', 'v']), patience)
  assert.match(message(single), /^MULTI was refused: NOPERM.* ran outside a transaction$/)
  const alone = await weak.run('act', script(['CONFIG', 'REWRITE']), patience)
  assert.ok(alone.ok && alone.replies[0] instanceof RespError && alone.replies[0].code === 'NOPERM')
})

test('link: the first credential is refused -> the next answers the same question and says the same order; it is remembered', async (t) => {
  const redis = await redisFor(t, { config: { requirepass: 'second' } })
  const [old, next] = [
    { username: null, password: 'first' },
    { username: null, password: 'second' },
  ]
  const { link } = linkTo(t, redis.port, { credentials: keys(old, next) })
  assert.equal(word(await link.probe(ping, patience)), 'ok')
  assert.equal(link.credential, next)
  const fresh = linkTo(t, redis.port, { credentials: keys(old, next) }).link
  assert.equal(word(await fresh.run('act', script(['INCR', 'n']), patience)), 'ok')
  assert.equal(await redis.ask('AUTH', 'second', 'THEN', 'GET', 'n'), '1')
  assert.equal(word(await fresh.probe(ping, patience)), 'ok')
  const refusals = await redis.ask('AUTH', 'second', 'THEN', 'ACL', 'LOG')
  assert.equal(Array.isArray(refusals) && refusals.length, 1, 'refused once per link at most; entries that are alike count as one')
})

test('link: every credential is refused -> WRONGPASS; the list is another then -> the next question is answered', async (t) => {
  const redis = await redisFor(t, { config: { requirepass: 'third' } })
  const as = (...passwords: string[]): Credential[] => passwords.map((password) => ({ username: null, password }))
  let list = as('first', 'second')
  const { link } = linkTo(t, redis.port, { credentials: () => list })
  assert.equal(word(await link.probe(ping, patience)), 'answered WRONGPASS')
  assert.equal(word(await link.run('act', script(['SET', 'k', 'v']), patience)), 'answered WRONGPASS')
  list = as('third')
  assert.deepEqual([word(await link.probe(ping, patience)), word(await link.run('act', script(['PING']), patience))], ['ok', 'ok'])
  // What was let in stays in, whatever the list says.
  list = as('fourth')
  assert.equal(word(await link.probe(ping, patience)), 'ok')
})

test('link: the password is changed and the connections are cut -> not one question is answered with a refusal', async (t) => {
  const redis = await redisFor(t, { config: { requirepass: 'first' } })
  const watched = linkTo(t, redis.port, {
    credentials: keys({ username: null, password: 'first' }, { username: null, password: 'second' }),
  })
  assert.equal(word(await watched.link.probe(ping, patience)), 'ok')
  await redis.ask('AUTH', 'first', 'THEN', 'CONFIG', 'SET', 'requirepass', 'second')
  await redis.ask('AUTH', 'second', 'THEN', 'CLIENT', 'KILL', 'TYPE', 'normal')
  await until('the cut is noticed', () => watched.disconnects === 1)
  assert.equal(word(await watched.link.probe(ping, patience)), 'ok')
})

test('link: a node that lets everybody in, but not our user -> no role command is executed under another name', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port, { credentials: keys({ username: 'ops', password: 'x' }) })
  assert.equal(word(await link.run('act', script(['SET', 'k', 'v']), patience)), 'answered WRONGPASS')
  assert.equal(await redis.ask('EXISTS', 'k'), 0)
})

test('link: a second role change while the first waits for the greeting -> both wait', async (t) => {
  let heard = ''
  const sockets: Socket[] = []
  const port = await listening(t, (socket) => {
    sockets.push(socket)
    socket.on('data', (bytes) => (heard += bytes.toString()))
  })
  const { link } = linkTo(t, port)
  const calls = [link.run('act', script(['FIRST']), patience)]
  await until('the greeting is there', () => heard.includes('regroup-test\r\n'))
  const [greeted] = sockets
  calls.push(link.run('act', script(['SECOND']), patience))
  const barrier = connect(port, '127.0.0.1', () => barrier.write('barrier'))
  t.after(() => barrier.destroy())
  await until('something sent later is there', () => heard.includes('barrier'))
  assert.doesNotMatch(heard, /FIRST|SECOND/)
  greeted?.write('+OK\r\n')
  await until('both are there', () => /FIRST[^]*SECOND/.test(heard))
  greeted?.write('+one\r\n+two\r\n')
  assert.deepEqual(
    (await Promise.all(calls)).map((outcome) => outcome.ok && outcome.replies),
    [['one'], ['two']],
  )
})

test('link: a node that repeats what it does not know -> the password is in no message', async (t) => {
  const redis = await redisFor(t, { config: { 'rename-command': 'AUTH ""' } })
  const { link } = linkTo(t, redis.port, { credentials: keys({ username: null, password: 'hunter2' }) })
  const outcomes = [await link.probe(ping, patience), await link.run('act', script(['PING']), patience)]
  assert.deepEqual(outcomes.map(word), ['answered ERR', 'answered ERR'])
  assert.equal(JSON.stringify(outcomes).includes('hunter2'), false)
})

test('link: a node without a password and a credential for it -> spoken to without one', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port, { credentials: keys({ username: null, password: 'x' }) })
  assert.equal(word(await link.probe(ping, patience)), 'ok')
  assert.equal(word(await link.run('act', script(['PING']), patience)), 'ok')
})

test('link: no room for another client -> the warm connection works, also for role changes; a new link says MAXCLIENTS every time', async (t) => {
  const redis = await redisFor(t, { config: { maxclients: 5 } })
  const { link } = linkTo(t, redis.port)
  await link.probe(ping, patience)
  let open = 0
  const fillers = Array.from({ length: 4 }, () => connect(redis.port, '127.0.0.1').on('connect', () => (open += 1)))
  for (const socket of fillers) socket.on('error', () => {})
  t.after(() => fillers.map((socket) => socket.destroy()))
  await until('it is full', async () => {
    const clients = await link.probe([['INFO', 'clients']], patience)
    return open === 4 && clients.ok && /^connected_clients:5\r$/m.test(JSON.stringify(clients.replies[0]).replaceAll('\\r\\n', '\r\n'))
  })
  for (let i = 0; i < 100; i++) {
    const late = linkTo(t, redis.port)
    assert.equal(word(await late.link.probe(ping, patience)), 'answered MAXCLIENTS')
    late.link.close()
  }
  assert.equal(word(await link.probe(ping, patience)), 'ok')
  const act = await link.run('act', transaction(['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']), patience)
  assert.deepEqual(act.ok && act.replies, ['OK', 'OK'])
  assert.equal(word(await link.run('mark', script(['PING']), patience)), 'answered MAXCLIENTS')
})

test('link: a port that speaks something else -> PROTOCOL; one that closes -> closed; one that says nothing -> silent', async (t) => {
  const ssh = await listening(t, (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'))
  const http = await listening(t, (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
  const unasked = await listening(t, (socket) => socket.once('data', () => socket.write('+OK\r\n+PONG\r\n+more\r\n')))
  const closing = await listening(t, (socket) => socket.end())
  const resetting = await listening(t, (socket) => socket.resetAndDestroy())
  const mute = await listening(t, () => {})
  const probe = async (port: number, timeoutMs = patience): Promise<string> => word(await linkTo(t, port).link.probe(ping, timeoutMs))
  assert.equal(await probe(ssh), 'answered PROTOCOL')
  assert.equal(await probe(http), 'answered PROTOCOL')
  assert.equal(await probe(closing), 'closed')
  assert.equal(await probe(resetting), 'closed')
  assert.equal(await probe(mute, 30), 'silent')
  const { link } = linkTo(t, unasked)
  assert.equal(word(await link.probe(ping, patience)), 'ok', 'the batch itself was answered')
  assert.equal(link.queue(script(['PING'])), false, 'a connection out of step is given up')
})

test('link: a name that does not resolve, a port that is none -> not asked', async (t) => {
  const { link } = linkTo(t, 6379, { address: { host: 'no-such-host.invalid', port: 6379 } })
  assert.equal(word(await link.probe(ping, patience)), 'unasked DNS')
  assert.equal(word(await linkTo(t, 70_000).link.probe(ping, patience)), 'unasked ERR_SOCKET_BAD_PORT')
})

test('link: TLS -> trusted: asked; of a stranger: answered TLS; plain on one side only: no reading; frozen: silent, then late', async (t) => {
  const certificates = makeCertificates()
  t.after(() => certificates.remove())
  const redis = await redisFor(t, { tls: certificates })
  const { link } = linkTo(t, redis.port, { tls: { ca: certificates.ca } })
  assert.equal(word(await link.probe(ping, patience)), 'ok')
  assert.equal(word(await link.run('act', transaction(['SET', 'k', 'v']), patience)), 'ok')
  const stranger = await linkTo(t, redis.port, { tls: {} }).link.probe(ping, patience)
  assert.equal(word(stranger), 'answered TLS')
  const named = await linkTo(t, redis.port, { tls: { ca: certificates.ca, servername: 'other.example' } }).link.probe(ping, patience)
  assert.equal(word(named), 'answered TLS')
  assert.match(message(named), /other\.example/)
  const plain = await redisFor(t)
  const toPlain = word(await linkTo(t, plain.port, { tls: { ca: certificates.ca } }).link.probe(ping, 100))
  // Redis waits for the end of a line that a greeting of TLS rarely holds.
  assert.ok(['answered TLS', 'silent'].includes(toPlain), toPlain)
  assert.equal(word(await linkTo(t, redis.port).link.probe(ping, patience)), 'closed')
  const bad = await linkTo(t, redis.port, { tls: { ca: certificates.ca, cert: 'no certificate', key: 'no key' } }).link.probe(
    ping,
    patience,
  )
  assert.match(word(bad), /^(unasked|answered) /)

  await redis.freeze()
  assert.equal(word(await link.probe(ping, 20)), 'silent')
  const waking = link.probe([['ECHO', 'new']], patience)
  redis.thaw()
  const outcome = await waking
  assert.ok(outcome.ok)
  assert.equal(word(await link.probe(ping, patience)), 'ok')
  const disconnected = linkTo(t, redis.port, { tls: { ca: certificates.ca } })
  await disconnected.link.probe(ping, patience)
  await redis.kill9()
  await until('the disconnect is told over TLS too', () => disconnected.disconnects === 1)
})

test('link: a write pause -> blocks the mark lane only', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  await link.probe(ping, patience)
  assert.equal(await redis.ask('CLIENT', 'PAUSE', '60000', 'WRITE'), 'OK')
  let marked: Outcome | null = null
  const mark = link.run('mark', script(['SET', 'regroup:mark', '1']), patience).then((outcome) => (marked = outcome))
  for (let i = 0; i < 3; i++) assert.equal(word(await link.probe([['INFO', 'replication']], patience)), 'ok')
  assert.equal(marked, null)
  const resumed = await link.run('act', transaction(['CONFIG', 'SET', 'min-replicas-max-lag', '2'], ['CLIENT', 'UNPAUSE']), patience)
  assert.deepEqual(resumed.ok && resumed.replies, ['OK', 'OK'])
  assert.equal(word(await mark), 'ok')

  assert.equal(await redis.ask('CLIENT', 'PAUSE', '60000', 'WRITE'), 'OK')
  const calls = [link.run('mark', script(['SET', 'a', '1']), 40), link.run('mark', script(['SET', 'b', '1']), 60_000)]
  assert.deepEqual((await Promise.all(calls)).map(word), ['silent', 'silent'], 'the lane is closed for both')
  await until('the closed lane is gone', async () => (await countOf(redis, 'regroup-test')) === 2)
  await redis.ask('CLIENT', 'UNPAUSE')
  assert.equal(word(await link.run('mark', script(['SET', 'c', '1']), patience)), 'ok')
})

test('link: too many calls on a lane that does not answer -> refused by us, not piled up', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  await link.run('mark', script(['PING']), patience)
  await redis.ask('CLIENT', 'PAUSE', '60000', 'WRITE')
  const calls = Array.from({ length: 20 }, () => link.run('mark', script(['SET', 'k', 'v']), patience))
  assert.deepEqual((await Promise.all(calls.slice(16))).map(word), [
    'unasked LANE_FULL',
    'unasked LANE_FULL',
    'unasked LANE_FULL',
    'unasked LANE_FULL',
  ])
  await redis.ask('CLIENT', 'UNPAUSE')
  assert.deepEqual(
    (await Promise.all(calls.slice(0, 16))).map(word),
    Array.from({ length: 16 }, () => 'ok'),
  )
})

test('link: a transaction -> the elements of EXEC; refused while queued -> nothing done, the command named', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  const done = await link.run('act', transaction(['SET', 'k', 'v'], ['INCR', 'k'], ['LRANGE', 'none', '0', '-1']), patience)
  assert.ok(done.ok)
  const [set, incr, range] = done.replies
  assert.equal(set, 'OK')
  assert.ok(incr instanceof RespError && incr.code === 'ERR', 'an error while it ran is an element')
  assert.ok(isArray(range) && range.length === 0)
  const refused = await link.run('act', transaction(['SET', 'k', 'changed'], ['NOSUCH'], ['SET', 'k', 'again']), patience)
  assert.equal(word(refused), 'answered ERR')
  assert.match(message(refused), /^NOSUCH was refused: ERR unknown command/)
  assert.equal(await redis.ask('GET', 'k'), 'v')
})

test('link: a role change that cuts clients -> done, told as a disconnect of the probing connection, and all lanes work again', async (t) => {
  const redis = await redisFor(t)
  const watched = linkTo(t, redis.port)
  await watched.link.probe(ping, patience)
  await watched.link.run('mark', script(['PING']), patience)
  const cut = await watched.link.run('act', transaction(['REPLICAOF', '127.0.0.1', '1'], ['CLIENT', 'KILL', 'TYPE', 'normal']), patience)
  assert.deepEqual(cut.ok && cut.replies, ['OK', 2])
  await until('the disconnect is told', () => watched.disconnects === 1)
  assert.equal(word(await watched.link.probe(ping, patience)), 'ok')
  assert.equal(word(await watched.link.run('act', script(['PING']), patience)), 'ok')
  await until('the mark lane noticed', async () => word(await watched.link.run('mark', script(['PING']), patience)) === 'ok')
})

test('link: closed while everything is in flight -> every call ends, and the process has nothing left to wait for', async (t) => {
  const redis = await redisFor(t)
  const source = `
    import { NodeLink } from ${JSON.stringify(new URL('nodeLink.ts', import.meta.url).href)}
    const address = { host: '127.0.0.1', port: ${redis.port} }
    const clock = { now: () => performance.now(), wall: () => Date.now() }
    const link = new NodeLink({ address, tls: null, credentials: () => [], name: 'x', clock, onDisconnected: () => console.log('told') })
    const script = { commands: [['SET', 'k', 'v']], transaction: true }
    console.log((await link.probe([['PING']], 60000)).ok)
    await link.run('mark', script, 60000)
    process.kill(${redis.pid}, 'SIGSTOP')
    await link.probe([['PING']], 20)
    link.queue(script)
    const calls = [link.probe([['PING']], 60000), link.run('act', script, 60000), link.run('mark', script, 60000)]
    link.close()
    for (const outcome of await Promise.all(calls)) console.log(outcome.failure.code)
    console.log((await link.probe([['PING']], 60000)).failure.code)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  child.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()))
  const exit = await Promise.race([
    new Promise<number | null>((resolve) => child.once('close', resolve)),
    sleep(patience, 'still running', { ref: false }),
  ])
  assert.equal(exit, 0)
  assert.deepEqual(printed.trim().split('\n'), ['true', 'LINK_CLOSED', 'LINK_CLOSED', 'LINK_CLOSED', 'LINK_CLOSED'])
})
