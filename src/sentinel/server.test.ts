import assert from 'node:assert/strict'
import { type Socket, connect } from 'node:net'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout as later } from 'node:timers/promises'
import { type TestFacade, testFacade } from '../../test/facade.ts'
import { ordersStatus, testTime } from '../../test/samples.ts'
import { converse, said } from '../../test/sentinel.ts'
import { until } from '../../test/until.ts'
import type { Topology } from '../core/model.ts'
import { Decoder } from '../resp/decode.ts'
import { encodeCommands } from '../resp/encode.ts'
import { RespError, RespPush, type RespValue } from '../resp/value.ts'
import { UserError } from '../errors.ts'
import { type SentinelServer, startSentinel } from './server.ts'
import { maxBacklogBytes } from './session.ts'
import { maxSubscriptions } from './subscriptions.ts'

let facade: TestFacade
let server: SentinelServer
const sockets: Socket[] = []

beforeEach(async () => {
  facade = testFacade()
  server = await startSentinel({ facade, listen: { host: '127.0.0.1', port: 0 }, log: { info: () => undefined } })
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server.close()
})

/** A client that collects what it hears. */
function listener(...commands: readonly (readonly string[])[]): { readonly heard: RespValue[]; readonly socket: Socket } {
  const socket = connect(server.port, '127.0.0.1')
  sockets.push(socket)
  const decoder = new Decoder()
  const heard: RespValue[] = []
  socket.on('data', (bytes) => heard.push(...decoder.push(bytes)))
  socket.on('error', () => undefined)
  socket.write(encodeCommands(commands))
  return { heard, socket }
}

async function ask(...words: readonly string[]): Promise<RespValue | undefined> {
  return said(await converse(server.port, 2, [words]), 2)[0]
}

const address = (): Promise<RespValue | undefined> => ask('SENTINEL', 'get-master-addr-by-name', 'orders')
const told = (primary: Topology['primary']): Topology => ({ group: 'orders', epoch: 5, primary, replicas: [], at: testTime })
const b = { node: 'b', host: '127.0.0.1', port: 6380 }

/** The facade says so from now on, as a controller does: first the answer, then the event. */
function move(): void {
  facade.put({ ...ordersStatus, primary: 'b', epoch: 5 })
  facade.emit({ kind: 'topology', topology: told(b) })
}

void describe('clients of the Sentinel protocol', () => {
  test('nobody may write -> no address, and flags that keep clients away', async () => {
    assert.deepEqual(await address(), ['127.0.0.1', '6379'])
    facade.put({ ...ordersStatus, writable: false, phase: 'failover', candidate: 'b' })
    assert.equal(await address(), null)
    const fields = (await ask('SENTINEL', 'master', 'orders')) as readonly string[]
    assert.equal(fields[fields.indexOf('flags') + 1], 'master,s_down,o_down,failover_in_progress')
  })

  test('an operator orders a failover as he would of a Sentinel -> refused with the command that is meant', async () => {
    const answer = await ask('SENTINEL', 'FAILOVER', 'orders')
    assert.ok(answer instanceof RespError)
    assert.match(answer.message, /^ERR no orders are taken here: ask with `regroup switchover orders`$/)
  })

  test('nobody may write and the last primary refuses connections -> its address, where nothing listens', async () => {
    const nodes = ordersStatus.nodes.map((node) => (node.id === 'a' ? { ...node, health: 'refused' as const } : node))
    facade.put({ ...ordersStatus, nodes, writable: false, phase: 'failover', candidate: 'b' })
    assert.deepEqual(await address(), ['127.0.0.1', '6379'])
    // The next one is recorded and closed yet.
    facade.put({ ...ordersStatus, nodes, writable: false, primary: 'b', epoch: 5 })
    assert.deepEqual(await address(), ['127.0.0.1', '6379'])
    // Something answers there again: it is not known what.
    facade.put({ ...ordersStatus, writable: false, primary: 'b', epoch: 5 })
    assert.equal(await address(), null)
    move()
    assert.deepEqual(await address(), ['127.0.0.1', '6380'])
    facade.put({ ...ordersStatus, nodes: nodes.map((node) => ({ ...node, health: 'refused' as const })), writable: false, primary: 'b' })
    assert.deepEqual(await address(), ['127.0.0.1', '6380'])
  })

  test('nothing is recorded yet -> as a group that nobody knows', async () => {
    facade.put({ ...ordersStatus, primary: null, writable: false, phase: 'new' })
    assert.equal(await address(), null)
    assert.ok((await ask('SENTINEL', 'master', 'orders')) instanceof RespError)
    assert.deepEqual(await ask('SENTINEL', 'masters'), [])
  })

  test('another primary is open -> told to subscribers by channel and by pattern, and asked at once the new one is answered', async () => {
    const one = listener(['SUBSCRIBE', '+switch-master'])
    const two = listener(['HELLO', '3'], ['PSUBSCRIBE', '+sw*'])
    await until('both listen', () => one.heard.length === 1 && two.heard.length === 2)
    move()
    await until('both heard', () => one.heard.length === 2 && two.heard.length === 3)
    const text = 'orders 127.0.0.1 6379 127.0.0.1 6380'
    assert.deepEqual(one.heard[1], ['message', '+switch-master', text])
    assert.deepEqual(two.heard[2], new RespPush(['pmessage', '+sw*', '+switch-master', text]))
    assert.deepEqual(await address(), ['127.0.0.1', '6380'])
  })

  test('nobody wants to hear who is down -> no statuses are asked for', async () => {
    const one = listener(['SUBSCRIBE', '+switch-master'])
    await until('it listens', () => one.heard.length === 1)
    assert.deepEqual(facade.kinds(), [['topology', 'spec']])
    const two = listener(['PSUBSCRIBE', '*'])
    await until('statuses too', () => facade.kinds().length === 2)
    assert.deepEqual(facade.kinds()[1], ['status'])
    facade.put({ ...ordersStatus, nodes: ordersStatus.nodes.map((node) => (node.id === 'c' ? { ...node, health: 'silent' } : node)) })
    await until('it is told', () => two.heard.length === 2)
    assert.equal((two.heard[1] as readonly RespValue[])[2], '+sdown')
    two.socket.destroy()
    await until('no longer', () => facade.kinds().length === 1)
    await server.close()
    assert.equal(facade.listeners(), 0)
  })

  test('a long pipeline -> answered completely and in order', async () => {
    const one = listener(...Array.from({ length: 3_000 }, (_, at) => ['PING', String(at)]), ['QUIT'])
    await until('all are answered', () => one.heard.length === 3_001)
    assert.deepEqual(one.heard.slice(0, 3), ['0', '1', '2'])
    assert.equal(one.heard.at(-1), 'OK')
    await until('it is over', () => one.socket.closed)
  })

  test('a client that asks much and reads nothing -> not answered further than it reads; others are, and it is when it reads', async () => {
    let answered = 0
    const counting = { ...facade, status: (group: string) => (answered++, facade.status(group)) }
    const log = { info: () => undefined }
    const busy = await startSentinel({ facade: counting, listen: { host: '127.0.0.1', port: 0 }, log })
    const socket = connect(busy.port, '127.0.0.1')
    sockets.push(socket)
    const questions = 40_000
    socket.pause()
    socket.write(encodeCommands(Array.from({ length: questions }, () => ['SENTINEL', 'masters'])))
    let before = -1
    await until('it is held back', () => {
      const isStill = answered === before && answered > 0
      before = answered
      return isStill
    })
    assert.ok(answered < questions, `${answered} answers for a client that reads none`)
    assert.equal(said(await converse(busy.port, 2, [['PING']]), 2)[0], 'PONG')
    let replies = 0
    const decoder = new Decoder()
    socket.on('data', (bytes) => (replies += decoder.push(bytes).length))
    socket.resume()
    await until('all is answered', () => replies === questions)
    socket.destroy()
    await busy.close()
  })

  test('a subscriber that reads nothing -> cut off when too much waits for it', async () => {
    const one = listener(['PSUBSCRIBE', '*'])
    await until('it listens', () => one.heard.length === 1)
    one.socket.pause()
    const ended = new Promise((resolve) => one.socket.once('close', resolve))
    // Kernel buffers take megabytes before anything waits here.
    for (let at = 0; at < 400_000 && facade.listeners() > 1; at++) {
      facade.emit({ kind: 'topology', topology: told(at % 2 === 0 ? b : { ...b, node: 'a', port: 6379 }) })
      if (at % 1_000 === 0) await later(0)
    }
    await until('it was let go', () => facade.listeners() === 1)
    one.socket.resume()
    await ended
    assert.ok(maxBacklogBytes < 2 ** 24)
  })

  test('more subscriptions than a client may have -> refused, the first ones stay', async () => {
    const names = Array.from({ length: maxSubscriptions + 1 }, (_, at) => `c${at}`)
    const one = listener(['SUBSCRIBE', ...names])
    await until('all are answered', () => one.heard.length === names.length)
    assert.deepEqual(one.heard[maxSubscriptions - 1], ['subscribe', `c${maxSubscriptions - 1}`, maxSubscriptions])
    assert.ok(one.heard.at(-1) instanceof RespError)
  })

  test('bytes that are no command -> the reason, and the end', async () => {
    const one = listener()
    one.socket.write('*1\r\n:1\r\n')
    await until('it is over', () => one.socket.closed)
    assert.match((one.heard[0] as RespError).message, /^ERR Protocol error: /)
  })

  test('the port is taken -> refused with the way out', async () => {
    const again = startSentinel({
      facade,
      listen: { host: '127.0.0.1', port: server.port },

      log: { info: () => undefined },
    })
    await assert.rejects(again, (error) => error instanceof UserError && error.code === 'LISTEN_REFUSED' && /is taken/.test(error.message))
  })
})
