// A Pika under test: the test server in a process of its own, which can be killed, frozen and started again like a real one.
import { join } from 'node:path'
import { freshPikaConfig } from '../../src/sim/pikaNode.ts'
import type { PikaProcessOptions } from './pikaProcess.ts'
import { RedisServer, canListen, freePort } from './redis.ts'

export interface PikaOptions extends PikaProcessOptions {
  /** Lines of pika.conf by their names. */
  readonly config?: Readonly<Record<string, string | number>>
  readonly port?: number
}

const script = join(import.meta.dirname, 'pikaProcess.ts')
const attempts = 5

/** Below the range the kernel takes local ports from, with its replication port. */
const highestPort = 30_000

/** One whose replication port is free too. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (port < highestPort && (await canListen(port + 2_000))) return port
  }
}

/** Not started yet: its folder and its file are there. */
export async function newPika(options: PikaOptions = {}): Promise<RedisServer> {
  const { config = {}, port, ...rest } = options
  return new RedisServer(port ?? (await freePorts()), {
    launcher: [process.execPath, '--no-warnings'],
    binary: script,
    args: [JSON.stringify(rest)],
    configText: (at) =>
      Object.entries({ timeout: freshPikaConfig.timeout, ...config, port: at })
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
