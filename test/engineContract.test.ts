// Every action of the engine, carried out on a real server the way the controller does it: does it do what it says?
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, unlinkSync } from 'node:fs'
import { describe, test } from 'node:test'
import { closedGuard } from '../src/core/limits.ts'
import { markKey } from '../src/engines/mark.ts'
import { redis } from '../src/engines/redis.ts'
import { Node, attach, caughtUp, client, codeOf, psync } from './engineNode.ts'
import { RedisServer, freePort, startRedis } from './servers/redis.ts'
import { until } from './until.ts'

const durable = { appendonly: 'yes', appendfsync: 'always' } as const

void describe('promote', () => {
  test('a replica with the boot fence -> a primary closed to writes whose file says replica of nowhere; open -> takes them', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await a.write()
    await attach(a, b)
    await b.done({ name: 'promote', bootFence: true })
    const reading = await b.reading()
    assert.deepEqual([reading.role, reading.guard, reading.keys], ['primary', closedGuard, 1])
    assert.equal(await b.write(), 'NOREPLICAS')
    assert.deepEqual(b.file('replicaof'), ['replicaof 127.0.0.1 1'])
    assert.deepEqual(b.file('min-replicas-to-write'), [], 'the closed guard is not in the file')
    await b.done({ name: 'open', guard: 0, bootFenced: true })
    assert.equal(await b.write('k', 'new'), 'OK')
    assert.equal((await b.reading()).guard, 0)
  })

  test('its history -> grows out of the one it followed, nothing lost', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await a.write()
    await attach(a, b)
    const before = await b.reading()
    await b.done({ name: 'promote', bootFence: true })
    const { position } = await b.reading()
    assert.ok(position.kind === 'stream' && before.position.kind === 'stream')
    assert.equal(position.replid2, before.position.replid)
    assert.deepEqual(redis.comparePositions(before.position, position, []), { order: 'equal' })
  })

  test('without the boot fence -> closed too, its file says primary', async () => {
    await using a = await Node.start()
    await a.done({ name: 'fence', cutClients: false })
    await a.done({ name: 'promote', bootFence: false })
    assert.equal(await a.write(), 'NOREPLICAS')
    assert.deepEqual(a.file('replicaof'), [])
  })

  test('open with a guard -> writes only while a replica keeps up', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await attach(a, b)
    await a.done({ name: 'open', guard: 1, bootFenced: false })
    assert.equal(await a.write(), 'OK')
    await b.server.kill9()
    await until('writes are refused', async () => (await a.write()) === 'NOREPLICAS')
    await a.done({ name: 'guard', guard: 0 })
    assert.equal(await a.write(), 'OK')
  })

  test('killed after it was opened -> boots read-only with its data, feeds nobody, and can be opened again', async () => {
    await using a = await Node.start(durable)
    await using b = await Node.start()
    await a.done({ name: 'promote', bootFence: true })
    await a.done({ name: 'open', guard: 0, bootFenced: true })
    assert.equal(await a.write(), 'OK')
    await a.server.restart('SIGKILL')
    const reading = await a.reading()
    assert.deepEqual([reading.role, reading.keys, reading.guard], ['replica', 1, 0])
    assert.equal(await a.write(), 'READONLY')
    assert.equal(await psync(a), 'NOMASTERLINK')
    assert.equal(codeOf(await b.server.ask('REPLICAOF', a.server.host, String(a.server.port))), 'OK')
    await a.done({ name: 'promote', bootFence: true })
    await a.done({ name: 'open', guard: 0, bootFenced: true })
    assert.equal(await a.write(), 'OK')
    await caughtUp(a, b)
  })
})

void describe('fence and boot fence', () => {
  test('fence an open primary -> read-only, its data kept, its clients cut, feeds nobody', async () => {
    await using a = await Node.start()
    await a.write()
    using someone = await client(a)
    // The connection that asks is one of type normal too: it may be cut before it has its answer.
    await a.act({ name: 'fence', cutClients: true })
    const reading = await a.seen('it is a replica', ({ role }) => role === 'replica')
    assert.deepEqual([reading.keys, reading.upstream?.port, reading.upstream?.linkUp], [1, 1, false])
    assert.equal(await a.write(), 'READONLY')
    assert.equal(await psync(a), 'NOMASTERLINK')
    await until('the client is cut', () => someone.ended())
    assert.deepEqual(a.file('replicaof'), ['replicaof 127.0.0.1 1'])
  })

  test('fence a replica without cutting -> left its primary, clients stay', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await a.write()
    await attach(a, b)
    using someone = await client(b)
    await b.done({ name: 'fence', cutClients: false })
    await a.seen('nobody is attached', ({ replicas }) => replicas.length === 0)
    assert.equal((await b.reading()).keys, 1)
    assert.equal(someone.ended(), false)
  })

  test('a running primary under load -> writes go on, its replica comes back without a full copy', async () => {
    await using a = await Node.start(durable)
    await using b = await Node.start()
    await a.write()
    await attach(a, b)
    const full = (await a.server.info('stats')).get('sync_full')
    const replies: string[] = []
    const writing = new AbortController()
    const writer = (async () => {
      while (!writing.signal.aborted) replies.push(await a.write('k', String(replies.length)))
    })()
    await until('it writes', () => replies.length > 5)
    await a.done({ name: 'bootFence' })
    const [seen] = [replies.length]
    await until('it writes on', () => replies.length > seen + 5)
    writing.abort()
    await writer
    assert.deepEqual([...new Set(replies)], ['OK'])
    await caughtUp(a, b)
    assert.equal((await a.server.info('stats')).get('sync_full'), full)
    assert.deepEqual(a.file('replicaof'), ['replicaof 127.0.0.1 1'])
    assert.equal((await a.reading()).role, 'primary')
  })

  test('... and after kill -9 and a restart -> it boots read-only with every write, and refuses PSYNC; its replica keeps its data', async () => {
    await using a = await Node.start(durable)
    await using b = await Node.start()
    await a.write()
    await attach(a, b)
    await a.done({ name: 'bootFence' })
    await caughtUp(a, b)
    await a.server.restart('SIGKILL')
    const reading = await a.reading()
    assert.deepEqual([reading.role, reading.keys], ['replica', 1])
    assert.equal(await a.write(), 'READONLY')
    assert.equal(await psync(a), 'NOMASTERLINK')
    await b.seen('the replica noticed', ({ upstream }) => upstream?.linkUp === false)
    assert.equal((await b.reading()).keys, 1)
  })

  test('reborn empty -> its replica is not wiped', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await a.write()
    await attach(a, b)
    await a.done({ name: 'bootFence' })
    await caughtUp(a, b)
    await a.server.restart('SIGKILL')
    assert.equal((await a.reading()).keys, 0)
    // It has asked to be fed by the reborn one, and was refused.
    await until('it was refused', () => /NOMASTERLINK/.test(b.server.log))
    assert.equal((await b.reading()).keys, 1)
  })
})

void describe('follow and demote', () => {
  test('follow -> a replica that is fed, with its role in its file; after kill -9 it is one again', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await a.write()
    await attach(a, b)
    const reading = await b.seen('fed', ({ keys, upstream }) => keys === 1 && upstream?.linkUp === true)
    assert.deepEqual([reading.role, reading.upstream?.port], ['replica', a.server.port])
    assert.equal(await b.write(), 'READONLY')
    assert.deepEqual(b.file('replicaof'), [`replicaof 127.0.0.1 ${a.server.port}`])
    await b.server.restart('SIGKILL')
    await b.seen('fed again', ({ keys, role }) => keys === 1 && role === 'replica')
  })

  test('demote a primary that clients cling to -> they are cut, its own writes go, it follows', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await a.write('mine')
    await b.write('theirs')
    using someone = await client(a)
    await a.act({ name: 'demote', target: b.server.address, cutClients: true, resumeWrites: false, persist: true })
    await until('the client is cut', () => someone.ended())
    await a.seen('fed', ({ upstream }) => upstream?.linkUp === true)
    assert.deepEqual(await a.server.ask('KEYS', '*'), ['theirs'])
    assert.deepEqual(a.file('replicaof'), [`replicaof 127.0.0.1 ${b.server.port}`])
  })

  test('demote without persisting -> the file still says replica of nowhere; persist -> it names the primary', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await a.done({ name: 'bootFence' })
    await a.done({ name: 'demote', target: b.server.address, cutClients: false, resumeWrites: false, persist: false })
    assert.deepEqual(a.file('replicaof'), ['replicaof 127.0.0.1 1'])
    await a.seen('fed', ({ upstream }) => upstream?.linkUp === true)
    await a.done({ name: 'persist' })
    assert.deepEqual(a.file('replicaof'), [`replicaof 127.0.0.1 ${b.server.port}`])
  })

  test('a switchover in this order -> the other one catches up partially, nothing is copied', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await a.write()
    await attach(a, b)
    await a.done({ name: 'pauseWrites', forMs: 5_000 })
    await a.done({ name: 'demote', target: b.server.address, cutClients: false, resumeWrites: true, persist: true })
    await b.done({ name: 'promote', bootFence: true })
    await b.done({ name: 'open', guard: 0, bootFenced: true })
    assert.equal(await b.write('k2'), 'OK')
    await a.seen('fed', ({ keys }) => keys === 2)
    assert.equal((await b.server.info('stats')).get('sync_full'), '0')
  })
})

void describe('the smaller ones', () => {
  test('pauseWrites -> writes wait, questions do not; resumeWrites -> they go on', async () => {
    await using a = await Node.start()
    await a.done({ name: 'pauseWrites', forMs: 60_000 })
    let written: string | null = null
    const writing = a.write().then((reply) => (written = reply))
    assert.notEqual(await a.read(), null)
    await until('the write waits', async () => (await a.server.info('clients')).get('blocked_clients') === '1')
    assert.equal(written, null)
    await a.done({ name: 'resumeWrites' })
    assert.equal(await writing, 'OK')
  })

  test('demote with resumeWrites -> the writes that waited are refused, not held', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await a.done({ name: 'pauseWrites', forMs: 60_000 })
    const writing = a.write()
    await until('the write waits', async () => (await a.server.info('clients')).get('blocked_clients') === '1')
    await a.done({ name: 'demote', target: b.server.address, cutClients: false, resumeWrites: true, persist: true })
    assert.equal(await writing, 'READONLY')
  })

  test('proveLink to a live primary -> up again by a partial resync; to a frozen one -> down', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await attach(a, b)
    const full = (await a.server.info('stats')).get('sync_full')
    await b.done({ name: 'proveLink' })
    await b.seen('up again', ({ upstream }) => upstream?.linkUp === true)
    const stats = await until('a partial resync', async () => {
      const fields = await a.server.info('stats')
      return fields.get('sync_partial_ok') === '1' ? fields : null
    })
    assert.equal(stats.get('sync_full'), full)
    await a.server.freeze()
    await b.done({ name: 'proveLink' })
    await b.seen('down', ({ upstream }) => upstream?.linkUp === false)
    a.server.thaw()
    await b.seen('up when it wakes', ({ upstream }) => upstream?.linkUp === true)
  })

  test('mark -> read by the next probe, on the replica too, and no key of the group', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await attach(a, b)
    const mark = { installation: 'inst', group: 'cache', epoch: 3, seq: 17 }
    await a.done({ name: 'mark', mark })
    for (const node of [a, b]) {
      const reading = await node.seen('the mark', (seen) => seen.mark !== null)
      assert.deepEqual([reading.mark, reading.keys], [mark, 0])
    }
    assert.equal(await a.server.ask('EXISTS', markKey), 1)
  })

  test('a probe that asks for the load too -> memory and commands a second; one that does not -> no load', async () => {
    await using node = await Node.start()
    assert.equal((await node.reading()).load, undefined)
    const { load } = (await node.read([...redis.probe, ...redis.load])) ?? {}
    assert.ok((load?.usedMemoryBytes ?? 0) > 100_000 && (load?.opsPerSec ?? -1) >= 0, JSON.stringify(load))
  })

  test('cutOlder -> the connections of earlier controllers end, ours and those of clients stay', async () => {
    await using a = await Node.start()
    using someone = await client(a)
    const names = async (): Promise<string[]> => {
      const list = await a.server.ask('CLIENT', 'LIST')
      assert.ok(typeof list === 'string')
      return [...list.matchAll(/ name=(regroup\S+)/g)].map(([, name = '']) => name)
    }
    const old = new Node(a.server, 'regroup:inst:old')
    const other = new Node(a.server, 'regroup:other:old')
    for (const node of [a, old, other]) await node.done({ name: 'guard', guard: 0 })
    assert.deepEqual((await names()).toSorted(), ['regroup:inst:new', 'regroup:inst:old', 'regroup:other:old'])
    await a.done({ name: 'cutOlder' })
    assert.deepEqual((await names()).toSorted(), ['regroup:inst:new', 'regroup:other:old'])
    await a.done({ name: 'cutOlder' })
    assert.equal(someone.ended(), false)
    for (const node of [old, other]) node.close()
  })

  test('release -> an ordinary primary: open, and after a restart too', async () => {
    await using a = await Node.start(durable)
    await a.done({ name: 'promote', bootFence: true })
    await a.done({ name: 'open', guard: 1, bootFenced: true })
    assert.equal(await a.write(), 'NOREPLICAS')
    await a.done({ name: 'release' })
    assert.equal(await a.write(), 'OK')
    await a.server.restart('SIGKILL')
    assert.equal((await a.reading()).role, 'primary')
    assert.equal(await a.write(), 'OK')
    assert.deepEqual([a.file('replicaof'), a.file('min-replicas-to-write')], [[], []])
  })
})

void describe('a file that cannot be written', () => {
  test('the file was removed -> written anew', async () => {
    await using a = await Node.start()
    unlinkSync(a.server.configFile)
    await a.done({ name: 'promote', bootFence: true })
    assert.deepEqual(a.file('replicaof'), ['replicaof 127.0.0.1 1'])
  })

  test('started without a file -> the role is changed all the same, persisted is false, the note says why', async () => {
    const port = await freePort()
    const command = `exec redis-server --port ${port} --bind 127.0.0.1 --save "" --appendonly no`
    await using a = new Node(await startRedis({ port, launcher: ['/bin/sh', '-c', command, 'sh'] }))
    const result = await a.act({ name: 'promote', bootFence: true })
    assert.deepEqual(result, { ok: true, persisted: false, note: 'ERR The server is running without a config file' })
    const reading = await a.reading()
    assert.deepEqual([reading.role, reading.guard], ['primary', closedGuard])
  })

  test('its directory is read-only to the server -> persisted is false', async () => {
    const asRoot = process.getuid?.() === 0
    const launcher = asRoot ? ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []
    await using a = new Node(new RedisServer(await freePort(), { launcher }))
    chmodSync(a.server.dir, 0o555)
    try {
      await a.server.start()
      const result = await a.act({ name: 'follow', target: { host: '127.0.0.1', port: 1 } })
      assert.ok(result.ok && !result.persisted)
      assert.match(result.note ?? '', /Rewriting config file: Permission denied/)
      assert.equal((await a.reading()).role, 'replica')
    } finally {
      chmodSync(a.server.dir, 0o700)
    }
  })

  test('a directory stands in its place -> persisted is false', async () => {
    await using a = await Node.start()
    const { configFile } = a.server
    unlinkSync(configFile)
    mkdirSync(configFile)
    const result = await a.act({ name: 'persist' })
    assert.ok(result.ok && !result.persisted)
    assert.match(result.note ?? '', /Rewriting config file/)
  })
})

test('a node without the right to change roles -> refused with the command, nothing changed', async () => {
  await using a = await Node.start()
  await a.server.ask('ACL', 'SETUSER', 'default', '-replicaof')
  const result = await a.act({ name: 'fence', cutClients: false })
  assert.ok(!result.ok)
  assert.equal(result.code, 'NOPERM')
  assert.match(result.message, /^REPLICAOF was refused: NOPERM/)
  assert.equal(await a.write(), 'OK')
})
