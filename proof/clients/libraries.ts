// Client libraries as applications use them: each knows Sentinels and a name, and writes through whatever they lead it to.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import type { Address } from '../harness/client.ts'
import { found, instead, until } from '../harness/wait.ts'
import { Load } from './load.ts'

export interface Application {
  readonly load: Load
  /** What it needed beside its library to go on; empty when nothing. */
  remark(): string
  stop(): Promise<void>
}

export type Library = (sentinels: readonly Address[], group: string) => Promise<Application>

/** By name; each writes about 200 times a second. */
export const libraries: Readonly<Record<string, Library>> = {
  'ioredis, RESP2': (sentinels, group) => ioredis(sentinels, group, 2),
  'ioredis, RESP3': (sentinels, group) => ioredis(sentinels, group, 3),
  'node-redis': nodeRedis,
  'redis-py': redisPy,
}

async function ioredis(sentinels: readonly Address[], name: string, protocol: 2 | 3): Promise<Application> {
  const redis = new Redis({
    sentinels: [...sentinels],
    name,
    protocol,
    maxRetriesPerRequest: null,
    commandTimeout: 1_000,
    // Without its detector it does not listen to Sentinels, and waits for a frozen primary for ever.
    failoverDetector: true,
    disconnectTimeout: 100,
    lazyConnect: true,
  })
  redis.on('error', () => undefined)
  // ioredis 6.0.0 ends for good when it hears of the next primary in the few milliseconds in which it asks for an address, also with
  // Redis Sentinel. An application must begin anew then; how often it was so is told.
  let ends = 0
  const again = (): void => {
    ends += 1
    redis.connect().catch(() => undefined)
  }
  redis.on('end', again)
  await redis.connect()
  const load = new Load((key, value) => redis.set(key, value)).start()
  return {
    load,
    remark: () => (ends === 0 ? '' : `it ended for good ${ends} times and was begun anew`),
    stop: async () => {
      await load.stop()
      redis.off('end', again)
      redis.disconnect()
    },
  }
}

async function nodeRedis(sentinels: readonly Address[], name: string): Promise<Application> {
  const sentinel = await createSentinel({
    name,
    sentinelRootNodes: [...sentinels],
    // It looks by itself this often; what it is told makes it look at once.
    scanInterval: 10_000,
  })
    .on('error', () => undefined)
    .connect()
  const load = new Load((key, value) => withinSecond(sentinel.set(key, value))).start()
  return {
    load,
    remark: () => '',
    stop: async () => {
      await load.stop()
      await sentinel.destroy()
    },
  }
}

/** node-redis has no deadline of its own for a command. */
function withinSecond<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within 1 s')), 1_000)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}

/** Debian's own: another Python on the PATH does not see its packages. */
const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('./redispy.py', import.meta.url))

function redisPy(sentinels: readonly Address[], name: string): Promise<Application> {
  const load = new Load(() => Promise.reject(new Error('it writes by itself')))
  const child = spawn(python, [script, sentinels.map(({ host, port }) => `${host}:${port}`).join(','), name, load.name])
  child.stderr.resume()
  listen(child, load)
  return Promise.resolve({
    load,
    remark: () =>
      child.exitCode === null || child.exitCode === 0 ? '' : `the script ended with ${child.exitCode}: is python3-redis installed?`,
    stop: async () => {
      child.stdin.end()
      await until('the script ends', 10_000, () => (child.exitCode === null ? instead('it runs') : found(true)))
    },
  })
}

interface Line {
  readonly n: number
  readonly error?: string
  readonly tookMs: number
}

/** What the script says, as the load of a client in this process. */
function listen(child: ChildProcessWithoutNullStreams, load: Load): void {
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const { n, error, tookMs } of lines.map((line) => JSON.parse(line) as Line)) {
      const at = performance.now()
      if (error === undefined) load.acks.push({ key: `${load.name}:${n}`, startedAt: at - tookMs, at })
      else load.errors.push({ at, message: error })
    }
  })
}
