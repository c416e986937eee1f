// What happens when there are not descriptors enough for everybody.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { countOf, linkTo, ping, probed, redisFor, transaction, word } from '../../test/link.ts'
import { patience, until } from '../../test/until.ts'
import { Room, placesIn, roomOfProcess } from './room.ts'

test('a limit -> a share of it is left for the API and the store, of a large one 1000', () => {
  assert.deepEqual([placesIn(1024), placesIn(20_000), placesIn(Infinity)], [768, 19_000, Infinity])
})

test('the limit as the system says it; no limit, or no word of it -> room for everybody', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-room-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'limits')
  const places = (limits: string): number => {
    writeFileSync(file, limits)
    const room = roomOfProcess(file)
    let taken = 0
    while (taken < 100 && room.take()) taken++
    return taken
  }
  assert.equal(places('Max processes   9  9  processes\nMax open files            20                   40                   files\n'), 15)
  assert.equal(places('Max open files            unlimited            unlimited            files\n'), 100)
  assert.equal(places(''), 100)
  assert.ok(roomOfProcess(join(dir, 'nothing')).take())
})

test('places are given back; nearly all taken -> short', () => {
  const room = new Room(5)
  assert.deepEqual(
    [room.take(), room.take(), room.take(), room.isShort, room.take(), room.isShort, room.take(), room.take()],
    [true, true, true, false, true, true, true, false],
  )
  room.give()
  assert.ok(room.take())
})

test('no place is left -> the node is not asked, EMFILE, until another connection ends', async (t) => {
  const redis = await redisFor(t)
  const room = new Room(1)
  const first = linkTo(t, redis.port, { room })
  const second = linkTo(t, redis.port, { room })
  assert.equal(word(await probed(first.link, ping, patience)), 'ok')
  assert.equal(word(await probed(second.link, ping, patience)), 'unasked EMFILE')
  assert.equal(word(await probed(first.link, ping, patience)), 'ok', 'who has one keeps it')
  first.link.close()
  assert.equal(word(await probed(second.link, ping, patience)), 'ok')
  assert.equal(room.isShort, true)
})

test('no place is left for the connection of role changes -> told on the probing connection', async (t) => {
  const redis = await redisFor(t)
  const { link } = linkTo(t, redis.port, { room: new Room(1) })
  assert.equal(word(await probed(link, ping, patience)), 'ok')
  assert.equal(word(await link.run('act', transaction(['SET', 'k', 'v']), patience)), 'ok')
  assert.equal(await redis.ask('GET', 'k'), 'v')
})

test('connections wait for their next use and nearly all places are taken -> they are closed soon', async (t) => {
  const redis = await redisFor(t)
  const room = new Room(2)
  let now = 0
  const { link } = linkTo(t, redis.port, { room, clock: { now: () => now, wall: () => now } })
  assert.equal(word(await probed(link, ping, patience)), 'ok')
  link.prepare('act')
  await until('it is greeted', async () => (await countOf(redis, 'regroup-test')) === 2)
  now = 499
  assert.equal(word(await probed(link, ping, patience)), 'ok')
  assert.equal(room.take(), false, 'it may be needed')
  now = 500
  await until('the idle one is closed', async () => {
    assert.equal(word(await probed(link, ping, patience)), 'ok')
    return room.take()
  })
})

/** Runs a source in a process that may open only so many files. Gives what it printed. */
async function limited(t: TestContext, files: number, source: string): Promise<string> {
  const command = `ulimit -n ${files} && exec "$0" --input-type=module-typescript -e "$1"`
  const child = spawn('bash', ['-c', command, process.execPath, source], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let printed = ''
  child.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()))
  await new Promise((resolve) => child.once('close', resolve))
  return printed
}

test('the process has no descriptor left -> who knows the node asks and tells it, on its probing connection; a stranger cannot be asked', async (t) => {
  const redis = await redisFor(t)
  const printed = await limited(
    t,
    64,
    `
    import { openSync } from 'node:fs'
    import { NodeLink } from ${JSON.stringify(new URL('nodeLink.ts', import.meta.url).href)}
    const clock = { now: () => performance.now(), wall: () => Date.now() }
    const address = { host: '127.0.0.1', port: ${redis.port} }
    const link = () => new NodeLink({ address, tls: null, credentials: () => [], name: 'x', clock, onDisconnected: () => undefined })
    const probed = (link) => new Promise((settle) => link.probe([['PING']], ${patience}, settle))
    const told = (outcome) => console.log(outcome.ok ? 'ok' : outcome.failure.code)
    const [known, stranger] = [link(), link()]
    told(await probed(known))
    let refusal = null
    while (refusal === null) try { openSync('/dev/null') } catch (error) { refusal = error.code }
    console.log(refusal)
    told(await probed(known))
    told(await probed(stranger))
    told(await known.run('act', { commands: [['SET', 'k', 'full']], transaction: true }, ${patience}))
    process.exit(0)`,
  )
  assert.deepEqual(printed.trim().split('\n'), ['ok', 'EMFILE', 'ok', 'EMFILE', 'ok'])
  assert.equal(await redis.ask('GET', 'k'), 'full')
})
