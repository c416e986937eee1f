// The lanes of a link: role changes and marks beside the questions.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { type Socket, connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { countOf, linkTo, listening, message, ping, probed, ranProven, redisFor, script, transaction, word } from '../../test/link.ts'
import { patience, until } from '../../test/until.ts'
import { RespError, isArray } from '../resp/value.ts'
import type { Outcome } from './outcome.ts'

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

test('link: a write pause -> blocks the mark lane only', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  await probed(link, ping, patience)
  assert.equal(await redis.ask('CLIENT', 'PAUSE', '60000', 'WRITE'), 'OK')
  let marked: Outcome | null = null
  const mark = link.run('mark', script(['SET', 'regroup:mark', '1']), patience).then((outcome) => (marked = outcome))
  for (let i = 0; i < 3; i++) assert.equal(word(await probed(link, [['INFO', 'replication']], patience)), 'ok')
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
  await probed(watched.link, ping, patience)
  await watched.link.run('mark', script(['PING']), patience)
  const cut = await watched.link.run('act', transaction(['REPLICAOF', '127.0.0.1', '1'], ['CLIENT', 'KILL', 'TYPE', 'normal']), patience)
  assert.deepEqual(cut.ok && cut.replies, ['OK', 2])
  await until('the disconnect is told', () => watched.disconnects === 1)
  assert.equal(word(await probed(watched.link, ping, patience)), 'ok')
  assert.equal(word(await watched.link.run('act', script(['PING']), patience)), 'ok')
  await until('the mark lane noticed', async () => word(await watched.link.run('mark', script(['PING']), patience)) === 'ok')
})

test('link: closed while everything is in flight -> every call ends, and the process has nothing left to wait for', async (t) => {
  const redis = await redisFor(t)
  const source = `
    import { NodeLink } from ${JSON.stringify(new URL('nodeLink.ts', import.meta.url).href)}
    const probed = (link, commands, timeoutMs) => new Promise((settle) => link.probe(commands, timeoutMs, settle))
    const address = { host: '127.0.0.1', port: ${redis.port} }
    const clock = { now: () => performance.now(), wall: () => Date.now() }
    const link = new NodeLink({ address, tls: null, credentials: () => [], name: 'x', clock, onDisconnected: () => console.log('told') })
    const script = { commands: [['SET', 'k', 'v']], transaction: true }
    console.log((await probed(link, [['PING']], 60000)).ok)
    await link.run('mark', script, 60000)
    process.kill(${redis.pid}, 'SIGSTOP')
    await probed(link, [['PING']], 20)
    link.queue(script)
    const calls = [probed(link, [['PING']], 60000), link.run('act', script, 60000), link.run('mark', script, 60000)]
    link.close()
    for (const outcome of await Promise.all(calls)) console.log(outcome.failure.code)
    console.log((await probed(link, [['PING']], 60000)).failure.code)`
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

test('link: nobody was told anything for 10 s -> the lane is closed at the next question, and opened when it is needed', async (t) => {
  const redis = await redisFor(t)
  let now = 0
  const { link } = linkTo(t, redis.port, { clock: { now: () => now, wall: () => now } })
  const named = (): Promise<number> => countOf(redis, 'regroup-test')
  await probed(link, ping, patience)
  assert.equal(await named(), 1, 'a question opens no lane')
  assert.equal(word(await link.run('act', script(['PING']), patience)), 'ok')
  link.prepare('mark')
  await until('both lanes stand', async () => (await named()) === 3)
  now = 9_999
  await probed(link, ping, patience)
  assert.equal(await named(), 3)
  link.prepare('mark')
  now = 10_000
  await probed(link, ping, patience)
  await until('the lane that was not needed is closed', async () => (await named()) === 2)
  assert.equal(word(await link.run('act', script(['PING']), patience)), 'ok')
  assert.equal(await named(), 3)
})

test('link: closed while a mark is on its way -> the mark ends as LINK_CLOSED, and not before close returned', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port)
  const mark = script(['SET', 'regroup:mark', '1'])
  await until('a mark is taken', async () => {
    await probed(link, ping, patience)
    return (await ranProven(link, mark, patience)).ok
  })
  let ended: Outcome | null = null
  const marked = new Promise<void>((resolve) => {
    link.runProven(mark, patience, (outcome) => {
      ended = outcome
      resolve()
    })
  })
  link.close()
  assert.equal(ended, null)
  await marked
  assert.equal(ended === null ? '' : word(ended), 'unasked LINK_CLOSED')
})
