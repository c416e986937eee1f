// The test server as a process: what a simulated one cannot show.
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { RespError } from '../../src/resp/value.ts'
import { found, instead, until } from '../../proof/harness/wait.ts'
import { startPika } from './pika.ts'
import type { RedisServer } from './redis.ts'

const quick = { copyMs: 20, blockMostMs: 50, stopMs: 50 }

async function up(server: RedisServer, ms = 15_000): Promise<void> {
  await until('the link is up', ms, async () => {
    const info = await server.info('replication')
    return info.get('master_link_status') === 'up' ? found(true) : instead(info.get('db_repl_state') ?? 'no state')
  })
}

test('two servers: a replica copies, follows, and holds the same after both were killed', async () => {
  await using a = await startPika(quick)
  await using b = await startPika(quick)
  for (let n = 1; n <= 50; n++) await a.ask('RPUSH', 'w', String(n))
  await b.ask('SLAVEOF', '127.0.0.1', String(a.port))
  await up(b)
  await a.ask('RPUSH', 'w', '51')
  await until('the write arrives', 5_000, async () => ((await b.ask('LLEN', 'w')) === 51 ? found(true) : instead('not yet')))
  await Promise.all([a.kill9(), b.kill9()])
  await Promise.all([a.start(), b.start()])
  assert.equal(await a.ask('LLEN', 'w'), 51)
  assert.deepEqual(await b.ask('LRANGE', 'w', '0', '-1'), await a.ask('LRANGE', 'w', '0', '-1'))
  assert.equal((await b.info('replication')).get('role'), 'slave', 'a full copy writes the role into the file')
  assert.equal((await a.info('replication')).get('role'), 'master')
})

test('P6: a frozen primary -> its replica says that the link is up', async () => {
  await using a = await startPika(quick)
  await using b = await startPika(quick)
  await a.ask('SET', 'k', 'v')
  await b.ask('SLAVEOF', '127.0.0.1', String(a.port))
  await up(b)
  await a.freeze()
  await assert.rejects(a.batch([['PING']], 300))
  assert.equal((await b.info('replication')).get('master_link_status'), 'up')
  a.thaw()
  assert.equal(await a.ask('PING'), 'PONG')
})

test('P12: as many connections as maxclients -> closed without a word', async () => {
  await using a = await startPika({ ...quick, config: { maxclients: 0 } })
  await assert.rejects(a.batch([['PING']], 1_000), /closed|ECONNRESET/)
})

test('a password that does not fit -> +OK as the user limit, who is not fenced with default [60]', async () => {
  await using a = await startPika({ ...quick, config: { requirepass: 'secret' } })
  assert.ok((await a.ask('PING')) instanceof RespError)
  assert.equal(await a.ask('AUTH', 'wrong', 'THEN', 'ACL', 'WHOAMI'), 'limit')
  await a.ask('AUTH', 'secret', 'THEN', 'ACL', 'SETUSER', 'default', '-@write')
  assert.equal(await a.ask('AUTH', 'wrong', 'THEN', 'SET', 'k', 'v'), 'OK')
})
