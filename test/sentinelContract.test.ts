// Our Sentinel protocol beside a real Redis Sentinel: the same questions get answers of the same shape.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { setTimeout as later } from 'node:timers/promises'
import { isArray } from '../src/resp/value.ts'
import { type SentinelServer, startSentinel as startOurs } from '../src/sentinel/server.ts'
import { testFacade } from './facade.ts'
import { nodeStatus, ordersSpec, ordersStatus } from './samples.ts'
import { converse, questions, said, shape } from './sentinel.ts'
import { type RedisServer, startRedis } from './servers/redis.ts'
import { startSentinel } from './servers/sentinel.ts'

const recorded = (name: string): Buffer => readFileSync(new URL(`./transcripts/sentinel/${name}.txt`, import.meta.url))
const id = (letter: string): string => letter.repeat(40)

/** A healthy group of one primary and two replicas, named as the real one. */
const facade = testFacade(
  [{ ...ordersSpec, id: 'shop' }],
  [
    {
      ...ordersStatus,
      group: 'shop',
      nodes: [
        nodeStatus('a', 6379, { role: 'primary', linkUp: null, incarnation: id('a') }),
        nodeStatus('b', 6380, { incarnation: id('b') }),
        nodeStatus('c', 6381, { incarnation: id('c') }),
      ],
    },
  ],
)

void describe('the Sentinel protocol', () => {
  const servers: RedisServer[] = []
  let ours: SentinelServer
  let real: RedisServer
  before(async () => {
    ours = await startOurs({ facade, listen: { host: '127.0.0.1', port: 0 }, log: { info: () => undefined } })
    const config = { 'repl-diskless-sync-delay': 0 }
    const primary = await startRedis({ config })
    servers.push(primary)
    for (let replica = 0; replica < 2; replica++) {
      const server = await startRedis({ config })
      servers.push(server)
      await server.ask('REPLICAOF', '127.0.0.1', String(primary.port))
    }
    const deadline = Date.now() + 15_000
    const online = async (): Promise<boolean> => ((await primary.ask('INFO', 'replication')) as string).split('state=online').length === 3
    while (!(await online()) && Date.now() < deadline) await later(20)
    real = await startSentinel({ name: 'shop', host: '127.0.0.1', port: primary.port }, { quorum: 1 })
    servers.push(real)
    const settled = async (): Promise<boolean> => {
      const replicas = await real.ask('SENTINEL', 'replicas', 'shop')
      const text = JSON.stringify(replicas)
      return isArray(replicas) && replicas.length === 2 && text.split('"slave-repl-offset"').length === 3 && text.split('"ok"').length === 3
    }
    while (!(await settled()) && Date.now() < deadline) await later(50)
  })
  after(async () => {
    await ours.close()
    await Promise.all(servers.map((server) => server.remove()))
  })

  for (const protocol of [2, 3] as const) {
    for (const [name, commands] of Object.entries(questions)) {
      test(`RESP${protocol}: ${name} -> answered as the real one answers, now and when it was recorded`, async () => {
        const answers = said(await converse(ours.port, protocol, commands), protocol).map(shape)
        assert.deepEqual(answers, said(await converse(real.port, protocol, commands), protocol).map(shape))
        const then = said(recorded(`${name}.resp${protocol}`), protocol).map(shape)
        // It was recorded among three.
        assert.deepEqual(JSON.parse(JSON.stringify(answers).replaceAll('OK 1 usable', 'OK 3 usable')), JSON.parse(JSON.stringify(then)))
      })
    }
  }
})
