// The same cases on the simulator's model and on a real redis-server: where they differ the model is wrong.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { RespError, type RespValue } from '../src/resp/value.ts'
import { type Bench, type Server, ask, facts, on, tell } from './redisModel/bench.ts'
import { modelBench } from './redisModel/model.ts'
import { realBench } from './redisModel/real.ts'

const zeros = '0'.repeat(40)
const benches = [modelBench, realBench]

function code(reply: RespValue | undefined): string {
  if (reply instanceof RespError) return reply.code
  return typeof reply === 'string' ? reply : 'something else'
}

const set = (key: string): string[] => ['SET', key, 'v']

async function follow(bench: Bench, replica: Server, primary: Server): Promise<void> {
  await ask(bench, replica, ['REPLICAOF', primary.host, String(primary.port)])
  await bench.until('the link is up', async () => (await facts(bench, replica)).linkUp, 20_000)
}

/** A primary with a replica that acknowledged what it has. */
async function pair(bench: Bench, persistence: 'aof' | 'rdb' | 'none' = 'none'): Promise<readonly [Server, Server]> {
  const a = await bench.server({ persistence, syncDelayS: 0 })
  const b = await bench.server({ persistence, syncDelayS: 0 })
  await ask(bench, a, set('k'))
  await follow(bench, b, a)
  await ask(bench, a, set('l'))
  await synced(bench, a)
  return [a, b]
}

async function synced(bench: Bench, primary: Server): Promise<void> {
  await bench.until('its replica acknowledged all', async () => {
    const { offset, acked } = await facts(bench, primary)
    return acked === offset
  })
}

/** The case on each bench, under one name. */
function both(name: string, play: (bench: Bench) => Promise<void>): void {
  for (const make of benches) {
    const bench = make()
    void test(`${bench.name}: ${name}`, { timeout: 60_000 }, async () => {
      try {
        await play(bench)
      } finally {
        await bench.close()
      }
    })
  }
}

both('a primary without a backlog is written to -> its offset stays, and its first replica gives it a new history', async (bench) => {
  const a = await bench.server({ persistence: 'none', syncDelayS: 0 })
  const before = await facts(bench, a)
  await ask(bench, a, set('k'))
  const written = await facts(bench, a)
  assert.deepEqual([before.backlog, written.offset, written.replid], [false, 0, before.replid])
  const b = await bench.server({ persistence: 'none' })
  await follow(bench, b, a)
  const [primary, replica] = [await facts(bench, a), await facts(bench, b)]
  assert.notEqual(primary.replid, before.replid)
  assert.deepEqual([replica.replid, replica.keys, primary.backlog, replica.backlog], [primary.replid, 1, true, true])
})

both("a full copy -> up at once, acknowledged only at the replica's next second", async (bench) => {
  const [a, b] = [await bench.server({ persistence: 'none', syncDelayS: 0 }), await bench.server({ persistence: 'none' })]
  await ask(bench, a, set('k'))
  await follow(bench, b, a)
  assert.equal((await facts(bench, a)).acked, 0)
  await ask(bench, a, set('l'))
  await bench.until('the first acknowledgement', async () => (await facts(bench, a)).acked > 0, 3_500)
  const [primary, replica] = [await facts(bench, a), await facts(bench, b)]
  assert.deepEqual([replica.offset, replica.keys], [primary.offset, 2])
  // SELECT and SET.
  assert.equal(primary.offset, 23 + 27)
})

both('promoted closed -> a new history that grew out of the old, no writes, a file that says nowhere', async (bench) => {
  const [a, b] = await pair(bench)
  const old = await facts(bench, b)
  await a.kill()
  await tell(bench, b, { name: 'promote', bootFence: true })
  const now = await facts(bench, b)
  assert.deepEqual([now.role, now.replid2, now.second, now.offset, now.keys], ['master', old.replid, old.offset + 1, old.offset, 2])
  assert.notEqual(now.replid, old.replid)
  assert.equal(code((await ask(bench, b, set('m')))[0]), 'NOREPLICAS')
  assert.equal(b.fileSays(), '127.0.0.1 1')
})

both('a fenced primary restarts -> takes no writes and feeds nobody', async (bench) => {
  const [a, b] = await pair(bench, 'aof')
  await tell(bench, a, { name: 'bootFence' })
  await bench.until('the link is up again', async () => (await facts(bench, b)).linkUp)
  const held = await facts(bench, b)
  await a.kill()
  await a.start()
  await bench.pass(1_500)
  const [primary, replica] = [await facts(bench, a), await facts(bench, b)]
  assert.deepEqual([primary.role, primary.linkUp, primary.keys, primary.attached], ['slave', false, 2, 0])
  assert.equal(code((await ask(bench, a, set('m')))[0]), 'READONLY')
  assert.deepEqual([replica.linkUp, replica.keys, replica.replid, replica.offset], [false, 2, held.replid, held.offset])
})

both('a boot fence on an open primary -> a new history, its replica goes on without a copy', async (bench) => {
  const [a, b] = await pair(bench)
  const before = await facts(bench, a)
  await tell(bench, a, { name: 'bootFence' })
  await bench.until('the link is up again', async () => (await facts(bench, b)).linkUp)
  const [primary, replica] = [await facts(bench, a), await facts(bench, b)]
  assert.deepEqual([primary.role, primary.replid2, primary.second], ['master', before.replid, before.offset + 1])
  assert.deepEqual([replica.replid, replica.replid2, replica.second], [primary.replid, before.replid, before.offset + 1])
})

both('a sibling follows the promoted replica -> goes on where it was', async (bench) => {
  const [a, b] = await pair(bench)
  const c = await bench.server({ persistence: 'none' })
  await follow(bench, c, a)
  await ask(bench, a, set('m'))
  await bench.until('both have it', async () => (await facts(bench, b)).keys === 3 && (await facts(bench, c)).keys === 3)
  const old = await facts(bench, c)
  await a.kill()
  await tell(bench, b, { name: 'promote', bootFence: true })
  await tell(bench, c, { name: 'follow', target: b })
  await bench.until('the link is up', async () => (await facts(bench, c)).linkUp, 2_000)
  const [primary, replica] = [await facts(bench, b), await facts(bench, c)]
  assert.deepEqual([replica.replid, replica.replid2, replica.offset, replica.keys], [primary.replid, old.replid, primary.offset, 3])
})

both('demoted first, then its replica is promoted -> no copy, nothing lost', async (bench) => {
  const [a, b] = await pair(bench)
  const old = await facts(bench, a)
  await tell(bench, a, { name: 'demote', target: b, cutClients: false, resumeWrites: true, persist: true })
  const between = await facts(bench, a)
  assert.deepEqual([between.role, between.replid, between.offset], ['slave', old.replid, old.offset])
  await tell(bench, b, { name: 'promote', bootFence: true })
  await bench.until('the old primary follows', async () => {
    const { linkUp, replid } = await facts(bench, a)
    return linkUp && replid !== old.replid
  })
  const [replica, primary] = [await facts(bench, a), await facts(bench, b)]
  assert.deepEqual([replica.replid, replica.replid2, replica.keys], [primary.replid, old.replid, 2])
})

both('an old primary with writes of its own follows the new one -> a full copy wipes them', async (bench) => {
  const [a, b] = await pair(bench)
  await ask(bench, b, ['REPLICAOF', 'NO', 'ONE'], set('of b'))
  await ask(bench, a, set('of a'), set('of a too'))
  await ask(bench, b, ['CONFIG', 'SET', 'repl-diskless-sync-delay', '0'])
  await follow(bench, a, b)
  const [replica, primary] = [await facts(bench, a), await facts(bench, b)]
  assert.deepEqual([replica.keys, replica.replid, replica.replid2], [3, primary.replid, zeros])
})

both('NO ONE while a full copy is waited for -> keeps its data and its position', async (bench) => {
  const [a, b] = await pair(bench)
  const stranger = await bench.server({ persistence: 'none', syncDelayS: 5 })
  const old = await facts(bench, b)
  await ask(bench, b, ['REPLICAOF', stranger.host, String(stranger.port)])
  await bench.until('it is attached', async () => (await facts(bench, stranger)).attached === 1)
  await ask(bench, b, ['REPLICAOF', 'NO', 'ONE'])
  const now = await facts(bench, b)
  assert.deepEqual([now.role, now.keys, now.offset, now.replid2, now.second], ['master', 2, old.offset, old.replid, old.offset + 1])
  await a.kill()
})

both('guarded -> refuses without a replica, accepts with one, refuses at once when it dies', async (bench) => {
  const [a, b] = await pair(bench)
  await tell(bench, a, { name: 'guard', guard: 1 })
  assert.equal(code((await ask(bench, a, set('m')))[0]), 'OK')
  await b.kill()
  await bench.until('refused', async () => code((await ask(bench, a, set('m')))[0]) === 'NOREPLICAS', 200)
})

both('guarded and its replica freezes -> refuses within a few seconds, not at once', async (bench) => {
  const [a, b] = await pair(bench)
  await tell(bench, a, { name: 'guard', guard: 1 })
  await b.freeze()
  assert.equal(code((await ask(bench, a, set('m')))[0]), 'OK')
  await bench.until('refused', async () => code((await ask(bench, a, set('m')))[0]) === 'NOREPLICAS', 4_500)
  b.thaw()
})

both('writes are paused -> wait; go on when told so; get READONLY when the node is demoted meanwhile', async (bench) => {
  const [a, b] = await pair(bench)
  await tell(bench, a, { name: 'pauseWrites', forMs: 20_000 })
  const waiting = a.connect().send([set('m')])
  await bench.pass(150)
  assert.equal(waiting.replies, null)
  assert.equal(code((await ask(bench, a, ['PING']))[0]), 'PONG')
  await tell(bench, a, { name: 'resumeWrites' })
  await bench.until('it went on', () => waiting.replies !== null)
  assert.equal(code(waiting.replies?.[0]), 'OK')
  await tell(bench, a, { name: 'pauseWrites', forMs: 20_000 })
  const late = a.connect().send([set('n')])
  await bench.pass(50)
  await tell(bench, a, { name: 'demote', target: b, cutClients: false, resumeWrites: true, persist: true })
  await bench.until('it was answered', () => late.replies !== null)
  assert.equal(code(late.replies?.[0]), 'READONLY')
})

both('the link is dropped -> made again at once by a living primary, not by a frozen one', async (bench) => {
  const [a, b] = await pair(bench)
  await tell(bench, b, { name: 'proveLink' })
  await bench.until('up again', async () => (await facts(bench, b)).linkUp, 150)
  await a.freeze()
  await bench.pass(300)
  assert.equal((await facts(bench, b)).linkUp, true)
  await tell(bench, b, { name: 'proveLink' })
  await bench.pass(300)
  assert.equal((await facts(bench, b)).linkUp, false)
  a.thaw()
  await bench.until('up again', async () => (await facts(bench, b)).linkUp)
})

both('clients are cut -> all but who asked for it, and the replica stays', async (bench) => {
  const [a] = await pair(bench)
  const [mine, other] = [a.connect(), a.connect()]
  await on(bench, mine, ['PING'])
  await on(bench, other, ['PING'])
  await on(bench, mine, ['CLIENT', 'KILL', 'TYPE', 'normal'])
  await bench.until('the other is cut', () => !other.isOpen)
  assert.equal(mine.isOpen, true)
  assert.equal((await facts(bench, a)).attached, 1)
})

both('a primary with an append-only file restarts -> its data, another history from 0', async (bench) => {
  const a = await bench.server({ persistence: 'aof' })
  await ask(bench, a, set('k'))
  const old = await facts(bench, a)
  await a.kill()
  await a.start()
  const now = await facts(bench, a)
  assert.notEqual(now.replid, old.replid)
  assert.notEqual(now.runId, old.runId)
  assert.deepEqual([now.keys, now.offset, now.replid2, now.second, now.backlog], [1, 0, zeros, -1, false])
})

both('a replica with an append-only file restarts -> its data, no position, a full copy', async (bench) => {
  const [a, b] = await pair(bench, 'aof')
  await tell(bench, b, { name: 'persist' })
  await a.freeze()
  await b.kill()
  await b.start()
  const now = await facts(bench, b)
  assert.deepEqual([now.role, now.keys, now.offset, now.replid2, now.linkUp, now.backlog], ['slave', 2, 0, zeros, false, false])
  a.thaw()
  await bench.until('up', async () => (await facts(bench, b)).linkUp)
  assert.deepEqual([(await facts(bench, b)).replid, (await facts(bench, b)).replid2], [(await facts(bench, a)).replid, zeros])
})

both('a primary with snapshots ends in order and restarts -> its position as its second history', async (bench) => {
  const [a, b] = await pair(bench, 'rdb')
  await b.kill()
  const old = await facts(bench, a)
  await a.terminate()
  await a.start()
  const now = await facts(bench, a)
  assert.deepEqual([now.keys, now.offset, now.replid2, now.second, now.backlog], [2, old.offset, old.replid, old.offset + 1, true])
  assert.notEqual(now.replid, old.replid)
})

both('a replica with snapshots ends in order and restarts -> its position, and goes on without a copy', async (bench) => {
  const [a, b] = await pair(bench, 'rdb')
  await tell(bench, b, { name: 'persist' })
  const old = await facts(bench, b)
  await a.freeze()
  await b.terminate()
  await b.start()
  const now = await facts(bench, b)
  assert.deepEqual([now.keys, now.replid, now.offset], [2, old.replid, old.offset])
  a.thaw()
  await bench.until('up', async () => (await facts(bench, b)).linkUp)
  assert.equal((await facts(bench, b)).replid, old.replid)
})

both('a server that keeps nothing restarts -> empty', async (bench) => {
  const a = await bench.server({ persistence: 'none' })
  await ask(bench, a, set('k'))
  await a.kill()
  await a.start()
  const now = await facts(bench, a)
  assert.deepEqual([now.keys, now.offset, now.backlog], [0, 0, false])
})

both(
  'a replica is frozen while it loads a copy, for longer than that takes -> awake it still loads, and changes no role before it has all',
  async (bench) => {
    const a = await bench.server({ persistence: 'none', syncDelayS: 0 })
    const b = await bench.server({ persistence: 'none', loadMs: 1_000 })
    // Long values: between two keys it looks at its sockets.
    await ask(bench, a, ...Array.from({ length: 100 }, (_, index) => ['SET', `k${index}`, randomBytes(1_500).toString('base64')]))
    const line = b.connect()
    await on(bench, line, ['REPLICAOF', a.host, String(a.port)])
    await bench.until('it loads', async () => (await facts(bench, b)).loading)
    await b.freeze()
    const told = line.send([['REPLICAOF', 'NO', 'ONE']])
    await bench.pass(1_600)
    b.thaw()
    await bench.until('an answer', () => told.replies !== null)
    assert.deepEqual([code(told.replies?.[0]), (await facts(bench, b)).role], ['LOADING', 'slave'])
    await bench.until('it has loaded', async () => !(await facts(bench, b)).loading)
    await on(bench, line, ['REPLICAOF', 'NO', 'ONE'])
    const now = await facts(bench, b)
    assert.deepEqual([now.role, now.keys], ['master', 100])
  },
)

both('a demotion waits in the sockets of a frozen primary -> clients behind it are cut without an acknowledgement', async (bench) => {
  const [a, b] = await pair(bench)
  const [warm, client] = [a.connect(), a.connect()]
  await on(bench, warm, ['PING'])
  await on(bench, client, ['PING'])
  await a.freeze()
  await ask(bench, b, ['REPLICAOF', 'NO', 'ONE'])
  warm.send([['MULTI'], ['REPLICAOF', b.host, String(b.port)], ['CLIENT', 'KILL', 'TYPE', 'normal'], ['EXEC']])
  await bench.pass(20)
  const write = client.send([set('late')])
  await bench.pass(20)
  a.thaw()
  await bench.until('the client is cut', () => !client.isOpen)
  assert.equal(write.replies, null)
  assert.equal((await facts(bench, a)).role, 'slave')
})
