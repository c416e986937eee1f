// Records what a real redis-server answers to a probe in each state that the engine must read: raw bytes, one file per state.
// Run by hand when a version is added: node test/transcripts/record.ts
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandsOf } from '../../src/adapters/scriptCall.ts'
import type { Action } from '../../src/core/action.ts'
import { markKey } from '../../src/engines/mark.ts'
import { redis } from '../../src/engines/redis.ts'
import { Decoder } from '../../src/resp/decode.ts'
import { encodeCommands } from '../../src/resp/encode.ts'
import { type RedisServer, startRedis } from '../servers/redis.ts'

/** The bytes of one probe's replies. */
function probe(port: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const decoder = new Decoder()
    const bytes: Buffer[] = []
    let replies = 0
    socket.on('data', (chunk: Buffer) => {
      bytes.push(chunk)
      replies += [...decoder.push(chunk)].length
      if (replies < redis.probe.length) return
      socket.destroy()
      resolve(Buffer.concat(bytes))
    })
    socket.once('error', reject)
    socket.write(encodeCommands(redis.probe))
  })
}

let folder: string | null = null

async function record(state: string, port: number): Promise<void> {
  const bytes = await probe(port)
  const version = /redis_version:(\S+)/.exec(bytes.toString())?.[1] ?? 'unknown'
  folder ??= new URL(`./redis-${version}/`, import.meta.url).pathname
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}${state}.txt`, bytes)
}

async function until(what: string, port: number, text: RegExp): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!text.test(await probe(port).then(String, () => ''))) {
    if (Date.now() > deadline) throw new Error(`not within 15 s: ${what}`)
    await sleep(10)
  }
}

async function tell(server: RedisServer, action: Action): Promise<void> {
  await server.batch(commandsOf(redis.script(action)))
}

async function pairOfReplicas(): Promise<void> {
  await using a = await startRedis({ config: { appendonly: 'yes', 'repl-diskless-sync-delay': 0 } })
  await using b = await startRedis()
  await using c = await startRedis()
  await record('standalone', a.port)
  await a.ask('SET', 'k', 'v')
  await a.ask('SET', markKey, 'v1 inst cache 3 17')
  await a.ask('CONFIG', 'SET', 'min-replicas-to-write', '1')
  for (const replica of [b, c]) await replica.ask('REPLICAOF', '127.0.0.1', String(a.port))
  await until('two replicas acknowledge', a.port, /slave0:.*offset=[1-9]\d*.*\r\nslave1:.*offset=[1-9]/)
  await record('primary', a.port)
  await record('replica', b.port)
  await a.kill9()
  await until('the link is down', b.port, /master_link_status:down/)
  await record('replica-down', b.port)
  await tell(b, { name: 'promote', bootFence: true })
  await record('promoted', b.port)
  a.writeConfig(`${a.config}replicaof 127.0.0.1 1\n`)
  await a.start()
  await record('boot-fenced', a.port)
}

/** A copy that takes its time: the server sleeps for every key that it saves. */
async function syncing(): Promise<void> {
  await using a = await startRedis({ config: { 'repl-diskless-sync-delay': 0, 'rdb-key-save-delay': 20_000 } })
  await using b = await startRedis()
  for (let key = 0; key < 200; key++) await a.ask('SET', `k${key}`, 'x'.repeat(10_000))
  await b.ask('REPLICAOF', '127.0.0.1', String(a.port))
  await until('the copy is under way', b.port, /master_sync_in_progress:1/)
  await record('syncing', b.port)
}

async function loading(): Promise<void> {
  await using a = await startRedis({ config: { save: '3600 1' } })
  for (let key = 0; key < 2000; key++) await a.ask('SET', `k${key}`, 'x'.repeat(2_000))
  await a.stop()
  a.writeConfig(`${a.config}key-load-delay 2000\nloading-process-events-interval-bytes 1024\n`)
  const started = a.start()
  await until('it is loading', a.port, /[^_]loading:1/)
  await record('loading', a.port)
  await started
}

async function shuttingDown(): Promise<void> {
  await using a = await startRedis({ config: { 'repl-diskless-sync-delay': 0 } })
  await using b = await startRedis()
  await b.ask('REPLICAOF', '127.0.0.1', String(a.port))
  await until('the replica acknowledges', a.port, /slave0:.*offset=[1-9]/)
  await b.freeze()
  await a.ask('SET', 'k', 'v')
  process.kill(a.pid, 'SIGTERM')
  await until('it says that it goes', a.port, /shutdown_in_milliseconds/)
  await record('shutting-down', a.port)
}

await pairOfReplicas()
await syncing()
await loading()
await shuttingDown()
