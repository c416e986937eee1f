import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'node:test'
import { until } from '../until.ts'
import { RedisServer, freePort, startRedis } from './redis.ts'

function reply(port: number, command: string, timeoutMs = 2_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (text: string): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(text)
    }
    const timer = setTimeout(() => end('silence'), timeoutMs)
    socket.once('data', (bytes: Buffer) => end(bytes.toString()))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'))
    socket.write(`${command}\r\n`)
  })
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('redis helper: a server that does not say when it is ready -> started when it answers; one that never answers is given up', async () => {
  await using server = await startRedis({ readyText: null })
  assert.equal(await server.ask('PING'), 'PONG')
  await assert.rejects(startRedis({ readyText: null, startTimeoutMs: 300, config: { bind: '127.0.0.2' } }), /was not ready after 300 ms/)
})

test('redis helper: started, killed and started again -> same port and directory, refused in between', async () => {
  await using redis = await startRedis({ config: { appendonly: 'yes', appendfsync: 'always' } })
  assert.equal(await reply(redis.port, 'SET k v'), '+OK\r\n')
  const { pid } = redis
  await redis.kill9()
  assert.equal(redis.isRunning, false)
  assert.equal(await reply(redis.port, 'PING'), 'ECONNREFUSED')
  await redis.start()
  assert.notEqual(redis.pid, pid)
  assert.equal(await reply(redis.port, 'GET k'), '$1\r\nv\r\n')
  assert.equal(await reply(redis.port, 'CONFIG SET maxclients 77'), '+OK\r\n')
  assert.equal(await reply(redis.port, 'CONFIG REWRITE'), '+OK\r\n')
  assert.match(redis.config, /^maxclients 77$/m)
  assert.equal(await redis.ask('GET', 'k'), 'v')
  assert.equal((await redis.info('server')).get('process_id'), String(redis.pid))
})

test('redis helper: frozen -> silent, thawed -> answers, removed -> nothing left', async () => {
  const redis = await startRedis()
  await redis.freeze()
  assert.equal(await reply(redis.port, 'PING', 50), 'silence')
  redis.thaw()
  assert.equal(await reply(redis.port, 'PING'), '+PONG\r\n')
  await redis.freeze()
  const { pid } = redis
  await redis.remove()
  assert.equal(alive(pid), false)
  assert.equal(existsSync(redis.dir), false)
})

test('redis helper: told to end while it writes its first append-only file, which it refuses -> told again, it ends', async () => {
  await using redis = await startRedis()
  await redis.batch(Array.from({ length: 20 }, (_, i) => ['SET', `key:${i}`, 'value']))
  // 20 keys, 20 ms each.
  await redis.batch([
    ['CONFIG', 'SET', 'rdb-key-save-delay', '20000'],
    ['CONFIG', 'SET', 'appendonly', 'yes'],
  ])
  await redis.stop()
  assert.equal(redis.isRunning, false)
  assert.match(redis.log, /Writing initial AOF, can't exit/)
})

test('redis helper: a configuration it does not take -> start fails with its log', async () => {
  const server = new RedisServer(await freePort(), { config: { nonsense: 'yes' }, startTimeoutMs: 3_000 })
  await assert.rejects(server.start(), /ended while it started/)
  assert.equal(server.isRunning, false)
  await server.remove()
  const missing = new RedisServer(await freePort(), { binary: 'no-such-redis-server', startTimeoutMs: 3_000 })
  await assert.rejects(missing.start(), /ended while it started/)
  await missing.remove()
})

test(
  'redis helper: the test process is killed with SIGKILL -> its server dies too',
  { skip: !existsSync('/usr/bin/setpriv') },
  async () => {
    const script = `import { startRedis } from ${JSON.stringify(new URL('./redis.ts', import.meta.url).href)}
    const redis = await startRedis()
    console.log(redis.pid + ' ' + redis.dir)
    setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const line = await new Promise<string>((resolve) => child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString())))
    const [pid = '', dir = ''] = line.trim().split(' ')
    assert.ok(alive(Number(pid)))
    child.kill('SIGKILL')
    await until('the server is gone', () => !alive(Number(pid)))
    // A SIGKILL leaves no chance to remove the directory; the machine's /tmp cleaning does.
    rmSync(dir, { recursive: true, force: true })
  },
)
