// A Pika under test: the test server in a process of its own, which can be killed, frozen and started again like a real one; or a real one.
import { join } from 'node:path'
import { freshPikaConfig } from '../../src/sim/pikaNode.ts'
import type { PikaProcessOptions } from './pikaProcess.ts'
import { RedisServer, canListen, freePort } from './redis.ts'

export interface PikaOptions extends PikaProcessOptions {
  /** The path of a real Pika, which is run instead; what is said of the test server is passed over. */
  readonly binary?: string
  /** Lines of pika.conf by their names. */
  readonly config?: Readonly<Record<string, string | number>>
  readonly port?: number
}

const script = join(import.meta.dirname, 'pikaProcess.ts')
const attempts = 5

/** The ports of replication and of full copies, counted from that of clients. */
const portsBeside = [2_000, 10_001]
/** So that they too are below the range the kernel takes local ports from. */
const highestPort = 22_000

/** One whose other ports are free too. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (port > highestPort) continue
    const free = await Promise.all(portsBeside.map((beside) => canListen(port + beside)))
    if (!free.includes(false)) return port
  }
}

/** Of a real one: small, on loopback only, and no cache, which may serve what a copy replaced (docs/pika.md, P17). */
const realConfig = {
  'network-interface': 'lo',
  'thread-pool-size': 2,
  'sync-thread-num': 2,
  'write-buffer-size': 16_777_216,
  'max-background-jobs': 3,
  databases: 1,
  daemonize: 'no',
  'log-path': './log/',
  'db-path': './db/',
  'dump-path': './dump/',
  'db-sync-path': './dbsync/',
  pidfile: './pika.pid',
  'cache-model': 0,
  maxclients: 1_000,
}

/** Of either on two cores on which 50 processes want to run: a real one opens its databases, the test server compiles its sources. */
const startTimeoutMs = 90_000

/** Not started yet: its folder and its file are there. */
export async function newPika(options: PikaOptions = {}): Promise<RedisServer> {
  const { binary, config = {}, port, ...rest } = options
  const lines = { timeout: freshPikaConfig.timeout, ...(binary === undefined ? {} : realConfig), ...config }
  return new RedisServer(port ?? (await freePorts()), {
    ...(binary === undefined
      ? { launcher: [process.execPath, '--no-warnings'], binary: script, args: [JSON.stringify(rest)], startTimeoutMs }
      : // Its file is the value of -c.
        { launcher: [binary], binary: '-c', readyText: null, startTimeoutMs }),
    configText: (at) =>
      Object.entries({ ...lines, port: at })
        .map(([name, value]) => `${name} : ${value}\n`)
        .join(''),
  })
}

/** A running server. Another port is tried when one of its ports is taken. */
export async function startPika(options: PikaOptions = {}): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const server = await newPika(options)
    try {
      await server.start()
      return server
    } catch (error) {
      const taken = server.log.includes('Address already in use')
      await server.remove()
      if (!taken || options.port !== undefined || attempt === attempts) throw error
    }
  }
}
