// Real Redis Sentinels: the peer that regroup is measured beside, and whose replies ours must have the shape of.
import { RedisServer, freePort } from './redis.ts'

export interface Monitored {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface SentinelOptions {
  readonly quorum: number
  /** Default 1000. */
  readonly downAfterMs?: number
  /** Where it listens and speaks from. Default 127.0.0.1. */
  readonly host?: string
}

/** A running Sentinel. It has found the replicas and the other Sentinels when it says so itself, seconds later. */
export async function startSentinel(monitored: Monitored, options: SentinelOptions): Promise<RedisServer> {
  const { name, host, port } = monitored
  const own = options.host ?? '127.0.0.1'
  const server = new RedisServer(await freePort(), {
    host: own,
    config: { bind: own, 'protected-mode': 'no' },
    args: ['--sentinel'],
    readyText: 'Sentinel ID is',
  })
  const lines = [
    `sentinel monitor ${name} ${host} ${port} ${options.quorum}`,
    `sentinel down-after-milliseconds ${name} ${options.downAfterMs ?? 1000}`,
    `sentinel parallel-syncs ${name} 1`,
  ]
  // `save` and `appendonly` are no words of a Sentinel's file.
  const kept = server.config.split('\n').filter((line) => /^(bind|port|dir|protected-mode) /.test(line))
  server.writeConfig(`${[...kept, ...lines].join('\n')}\n`)
  await server.start()
  return server
}
