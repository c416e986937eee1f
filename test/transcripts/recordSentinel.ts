// Records what three real Sentinels answer, and what they tell subscribers: raw bytes, one file per question and protocol.
// Run by hand when a version is added: node test/transcripts/recordSentinel.ts
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RedisServer, startRedis } from '../servers/redis.ts'
import { startSentinel } from '../servers/sentinel.ts'
import { converse, questions } from '../sentinel.ts'

const folder = new URL('./sentinel/', import.meta.url).pathname
mkdirSync(folder, { recursive: true })

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`not within 60 s: ${what}`)
    await sleep(50)
  }
}

function knowsAll(sentinel: RedisServer, port: number): () => Promise<boolean> {
  return async () => {
    const text = JSON.stringify(await sentinel.ask('SENTINEL', 'master', 'shop')).replaceAll('"', '')
    const replicas = JSON.stringify(await sentinel.ask('SENTINEL', 'replicas', 'shop'))
    return text.includes(`port,${port},`) && text.includes('num-slaves,2,num-other-sentinels,2') && !replicas.includes('s_down')
  }
}

await using a = await startRedis({ config: { 'repl-diskless-sync-delay': 0 } })
await using b = await startRedis({ config: { 'repl-diskless-sync-delay': 0 } })
await using c = await startRedis({ config: { 'repl-diskless-sync-delay': 0 } })
for (const replica of [b, c]) await replica.ask('REPLICAOF', '127.0.0.1', String(a.port))
await until('the replicas are attached', async () => (await a.info('replication')).get('connected_slaves') === '2')
const monitored = { name: 'shop', host: '127.0.0.1', port: a.port }
await using first = await startSentinel(monitored, { quorum: 2 })
await using second = await startSentinel(monitored, { quorum: 2 })
await using third = await startSentinel(monitored, { quorum: 2 })
for (const sentinel of [first, second, third]) await until('every Sentinel knows all', knowsAll(sentinel, a.port))

for (const protocol of [2, 3] as const) {
  for (const [name, commands] of Object.entries(questions)) {
    const bytes = await converse(first.port, protocol, commands)
    writeFileSync(`${folder}${name}.resp${protocol}.txt`, bytes)
  }
}

const events: Buffer[] = []
const listening = converse(first.port, 2, [['PSUBSCRIBE', '*']], (bytes) => events.push(bytes))
const heard = (channel: string, times = 1): Promise<void> =>
  until(channel, async () => Buffer.concat(events).toString().split(`\r\n${channel}\r\n`).length > times)
await a.kill9()
await heard('+switch-master')
await a.start()
await heard('+convert-to-slave').catch(() => undefined)
writeFileSync(`${folder}events-crash-and-return.txt`, Buffer.concat(events))
events.length = 0
const next = Number(((await first.ask('SENTINEL', 'get-master-addr-by-name', 'shop')) as string[])[1])
await until('all is well again', knowsAll(first, next))
await until('a failover is taken', async () => (await first.ask('SENTINEL', 'FAILOVER', 'shop')) === 'OK')
await heard('+switch-master')
writeFileSync(`${folder}events-switchover.txt`, Buffer.concat(events))
await listening.catch(() => undefined)
