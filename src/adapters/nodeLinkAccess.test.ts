// Whom a node lets in, and what else may sit at its address.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { keys, linkTo, listening, message, ping, probed, redisFor, script, transaction, word } from '../../test/link.ts'
import { startPika } from '../../test/servers/pika.ts'
import { makeCertificates } from '../../test/servers/certificates.ts'
import { patience, until } from '../../test/until.ts'
import { RespError } from '../resp/value.ts'
import type { Credential } from './connection.ts'
import type { NodeLink } from './nodeLink.ts'

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
  assert.equal(word(await probed(as(null, secret), ping, patience)), 'ok')
  assert.equal(word(await probed(as('ops', secret), ping, patience)), 'ok')
  const wrong = [
    await probed(as(null, `${secret}x`), ping, patience),
    await probed(as('nobody', `${secret}x`), ping, patience),
    await as('ops', `${secret}x`).run('act', script(['SET', 'k', 'v']), patience),
  ]
  assert.deepEqual(wrong.map(word), ['answered WRONGPASS', 'answered WRONGPASS', 'answered WRONGPASS'])
  assert.equal(JSON.stringify(wrong).includes(secret), false)
  assert.equal(word(await probed(linkTo(t, redis.port).link, ping, patience)), 'answered NOAUTH')

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
  assert.equal(word(await probed(link, ping, patience)), 'ok')
  assert.equal(link.credential, next)
  const fresh = linkTo(t, redis.port, { credentials: keys(old, next) }).link
  assert.equal(word(await fresh.run('act', script(['INCR', 'n']), patience)), 'ok')
  assert.equal(await redis.ask('AUTH', 'second', 'THEN', 'GET', 'n'), '1')
  assert.equal(word(await probed(fresh, ping, patience)), 'ok')
  const refusals = await redis.ask('AUTH', 'second', 'THEN', 'ACL', 'LOG')
  assert.equal(Array.isArray(refusals) && refusals.length, 1, 'refused once per link at most; entries that are alike count as one')
})

test('link: a Pika, which lets in whoever errs -> a wrong password is refused all the same and the next one tried; before it knew users too', async (t) => {
  const [wrong, right] = ['first', 'second'].map((password): Credential => ({ username: null, password }))
  assert.ok(wrong !== undefined && right !== undefined)
  for (const version of ['3.5.5', '3.5.2']) {
    await using pika = await startPika({ version, config: { requirepass: 'second' } })
    const options = {
      defaultUser: 'default',
      ...(version === '3.5.2' ? { credentials: keys(right) } : { credentials: keys(wrong, right) }),
    }
    const { link } = linkTo(t, pika.port, options)
    assert.equal(word(await probed(link, [['GET', 'k']], patience)), 'ok')
    assert.equal(link.credential, right)
    assert.equal(word(await link.run('act', script(['SET', 'k', version]), patience)), 'ok')
    assert.equal(await pika.ask('AUTH', 'second', 'THEN', 'GET', 'k'), version)
  }
  await using open = await startPika()
  assert.equal(word(await probed(linkTo(t, open.port, { defaultUser: 'default', credentials: keys(right) }).link, ping, patience)), 'ok')
})

test('link: every credential is refused -> WRONGPASS; the list is another then -> the next question is answered', async (t) => {
  const redis = await redisFor(t, { config: { requirepass: 'third' } })
  const as = (...passwords: string[]): Credential[] => passwords.map((password) => ({ username: null, password }))
  let list = as('first', 'second')
  const { link } = linkTo(t, redis.port, { credentials: () => list })
  assert.equal(word(await probed(link, ping, patience)), 'answered WRONGPASS')
  assert.equal(word(await link.run('act', script(['SET', 'k', 'v']), patience)), 'answered WRONGPASS')
  list = as('third')
  assert.deepEqual([word(await probed(link, ping, patience)), word(await link.run('act', script(['PING']), patience))], ['ok', 'ok'])
  // What was let in stays in, whatever the list says.
  list = as('fourth')
  assert.equal(word(await probed(link, ping, patience)), 'ok')
})

test('link: the password is changed and the connections are cut -> not one question is answered with a refusal', async (t) => {
  const redis = await redisFor(t, { config: { requirepass: 'first' } })
  const watched = linkTo(t, redis.port, {
    credentials: keys({ username: null, password: 'first' }, { username: null, password: 'second' }),
  })
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
  await redis.ask('AUTH', 'first', 'THEN', 'CONFIG', 'SET', 'requirepass', 'second')
  await redis.ask('AUTH', 'second', 'THEN', 'CLIENT', 'KILL', 'TYPE', 'normal')
  await until('the cut is noticed', () => watched.disconnects === 1)
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
})

test('link: a node that lets everybody in, but not our user -> no role command is executed under another name', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port, { credentials: keys({ username: 'ops', password: 'x' }) })
  assert.equal(word(await link.run('act', script(['SET', 'k', 'v']), patience)), 'answered WRONGPASS')
  assert.equal(await redis.ask('EXISTS', 'k'), 0)
})

test('link: a node that repeats what it does not know -> the password is in no message', async (t) => {
  const redis = await redisFor(t, { config: { 'rename-command': 'AUTH ""' } })
  const { link } = linkTo(t, redis.port, { credentials: keys({ username: null, password: 'hunter2' }) })
  const outcomes = [await probed(link, ping, patience), await link.run('act', script(['PING']), patience)]
  assert.deepEqual(outcomes.map(word), ['answered ERR', 'answered ERR'])
  assert.equal(JSON.stringify(outcomes).includes('hunter2'), false)
})

test('link: a node without a password and a credential for it -> spoken to without one', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port, { credentials: keys({ username: null, password: 'x' }) })
  assert.equal(word(await probed(link, ping, patience)), 'ok')
  assert.equal(word(await link.run('act', script(['PING']), patience)), 'ok')
})

test('link: no room for another client -> the warm connection works, also for role changes; a new link says MAXCLIENTS every time', async (t) => {
  const redis = await redisFor(t, { config: { maxclients: 5 } })
  const { link } = linkTo(t, redis.port)
  await probed(link, ping, patience)
  let open = 0
  const fillers = Array.from({ length: 4 }, () => connect(redis.port, '127.0.0.1').on('connect', () => (open += 1)))
  for (const socket of fillers) socket.on('error', () => {})
  t.after(() => fillers.map((socket) => socket.destroy()))
  await until('it is full', async () => {
    const clients = await probed(link, [['INFO', 'clients']], patience)
    return open === 4 && clients.ok && /^connected_clients:5\r$/m.test(JSON.stringify(clients.replies[0]).replaceAll('\\r\\n', '\r\n'))
  })
  for (let i = 0; i < 100; i++) {
    const late = linkTo(t, redis.port)
    assert.equal(word(await probed(late.link, ping, patience)), 'answered MAXCLIENTS')
    late.link.close()
  }
  assert.equal(word(await probed(link, ping, patience)), 'ok')
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
  const probe = async (port: number, timeoutMs = patience): Promise<string> => word(await probed(linkTo(t, port).link, ping, timeoutMs))
  assert.equal(await probe(ssh), 'answered PROTOCOL')
  assert.equal(await probe(http), 'answered PROTOCOL')
  assert.equal(await probe(closing), 'closed')
  assert.equal(await probe(resetting), 'closed')
  assert.equal(await probe(mute, 30), 'silent')
  const { link } = linkTo(t, unasked)
  assert.equal(word(await probed(link, ping, patience)), 'ok', 'the batch itself was answered')
  assert.equal(link.queue(script(['PING'])), false, 'a connection out of step is given up')
})

test('link: a name that does not resolve, a port that is none -> not asked', async (t) => {
  const { link } = linkTo(t, 6379, { address: { host: 'no-such-host.invalid', port: 6379 } })
  assert.equal(word(await probed(link, ping, patience)), 'unasked DNS')
  assert.equal(word(await probed(linkTo(t, 70_000).link, ping, patience)), 'unasked ERR_SOCKET_BAD_PORT')
})

test('link: TLS -> trusted: asked; of a stranger: answered TLS; plain on one side only: no reading; frozen: silent, then late', async (t) => {
  const certificates = makeCertificates()
  t.after(() => certificates.remove())
  const redis = await redisFor(t, { tls: certificates })
  const { link } = linkTo(t, redis.port, { tls: { ca: certificates.ca } })
  assert.equal(word(await probed(link, ping, patience)), 'ok')
  assert.equal(word(await link.run('act', transaction(['SET', 'k', 'v']), patience)), 'ok')
  const stranger = await probed(linkTo(t, redis.port, { tls: {} }).link, ping, patience)
  assert.equal(word(stranger), 'answered TLS')
  const named = await probed(linkTo(t, redis.port, { tls: { ca: certificates.ca, servername: 'other.example' } }).link, ping, patience)
  assert.equal(word(named), 'answered TLS')
  assert.match(message(named), /other\.example/)
  const plain = await redisFor(t)
  const toPlain = word(await probed(linkTo(t, plain.port, { tls: { ca: certificates.ca } }).link, ping, 100))
  // Redis waits for the end of a line that a greeting of TLS rarely holds.
  assert.ok(['answered TLS', 'silent'].includes(toPlain), toPlain)
  assert.equal(word(await probed(linkTo(t, redis.port).link, ping, patience)), 'closed')
  const bad = await probed(
    linkTo(t, redis.port, { tls: { ca: certificates.ca, cert: 'no certificate', key: 'no key' } }).link,
    ping,
    patience,
  )
  assert.match(word(bad), /^(unasked|answered) /)

  await redis.freeze()
  assert.equal(word(await probed(link, ping, 20)), 'silent')
  const waking = probed(link, [['ECHO', 'new']], patience)
  redis.thaw()
  const outcome = await waking
  assert.ok(outcome.ok)
  assert.equal(word(await probed(link, ping, patience)), 'ok')
  const disconnected = linkTo(t, redis.port, { tls: { ca: certificates.ca } })
  await probed(disconnected.link, ping, patience)
  await redis.kill9()
  await until('the disconnect is told over TLS too', () => disconnected.disconnects === 1)
})
