// A real server that is told things and read the way the controller does it, through the engine and a link.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { systemClock } from '../src/adapters/clock.ts'
import { NodeLink } from '../src/adapters/nodeLink.ts'
import { describeFailure } from '../src/adapters/outcome.ts'
import type { Action, ActionResult } from '../src/core/action.ts'
import type { Reading } from '../src/core/model.ts'
import { redis } from '../src/engines/redis.ts'
import { RespError, type RespValue } from '../src/resp/value.ts'
import { probed } from './link.ts'
import { type RedisOptions, type RedisServer, startRedis } from './servers/redis.ts'
import { until } from './until.ts'

/** Copies begin at once; what protects replicas from that is the boot fence, which is under test. */
const quick = { 'repl-diskless-sync-delay': 0 } as const

/** A real server and the link to it. */
export class Node implements AsyncDisposable {
  readonly server: RedisServer
  readonly #link: NodeLink

  constructor(server: RedisServer, name = 'regroup:inst:new') {
    this.server = server
    this.#link = new NodeLink({
      address: server.address,
      credentials: () => [],
      tls: null,
      name,
      clock: systemClock,
      onDisconnected: () => {},
    })
  }

  static async start(config: NonNullable<RedisOptions['config']> = {}): Promise<Node> {
    return new Node(await startRedis({ config: { ...quick, ...config } }))
  }

  async act(action: Action): Promise<ActionResult> {
    const first = await this.#link.run('act', redis.script(action), 3_000)
    const more = first.ok ? redis.followUp(action, first.replies, 'regroup:inst:new') : null
    const outcome = more === null ? first : await this.#link.run('act', more, 3_000)
    return outcome.ok ? redis.readActed(action, outcome.replies) : { ok: false, ...describeFailure(outcome.failure) }
  }

  async done(action: Action): Promise<void> {
    assert.deepEqual(await this.act(action), { ok: true, persisted: true, note: null })
  }

  async read(commands = redis.probe): Promise<Reading | null> {
    const outcome = await probed(this.#link, commands, 1_000)
    const result = outcome.ok ? redis.readProbe(outcome.replies) : null
    return result?.ok === true ? result.reading : null
  }

  async reading(): Promise<Reading> {
    return until('a reading', () => this.read())
  }

  /** A reading of which this holds. */
  async seen(what: string, holds: (reading: Reading) => boolean): Promise<Reading> {
    return until(what, async () => {
      const reading = await this.read()
      return reading !== null && holds(reading) ? reading : null
    })
  }

  /** OK, or the error's code. */
  async write(key = 'k', value = 'v'): Promise<string> {
    return codeOf(await this.server.ask('SET', key, value))
  }

  /** Lines of its file that begin with the directive. */
  file(directive: string): string[] {
    return this.server.config.split('\n').filter((line) => line.startsWith(`${directive} `))
  }

  close(): void {
    this.#link.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.server.remove()
  }
}

export function codeOf(reply: RespValue): string {
  return reply instanceof RespError ? reply.code : typeof reply === 'string' ? reply : JSON.stringify(reply)
}

/** `replica` follows `primary` and has acknowledged something that was written after its link was up. */
export async function attach(primary: Node, replica: Node): Promise<void> {
  await replica.done({ name: 'follow', target: primary.server.address })
  await caughtUp(primary, replica)
}

export async function caughtUp(primary: Node, replica: Node): Promise<void> {
  const { port } = replica.server
  await replica.seen('its link is up', ({ upstream }) => upstream?.linkUp === true)
  // Moves the stream by some bytes; an idle one stays at 0, which nobody can acknowledge.
  await primary.server.ask('PUBLISH', 'regroup', 'x')
  const { position } = await primary.reading()
  assert.ok(position.kind === 'stream' && position.offset > 0)
  await primary.seen('the replica acknowledges', ({ replicas }) =>
    replicas.some((r) => r.port === port && r.online && r.acked >= position.offset),
  )
}

/** What a replica is answered that asks for the data. */
export async function psync(node: Node): Promise<string> {
  return codeOf(await node.server.ask('PSYNC', '?', '-1'))
}

/** A client's connection; tells whether the server ended it. */
export async function client(node: Node): Promise<{ ended: () => boolean; [Symbol.dispose](): void }> {
  const socket = connect(node.server.port, node.server.host)
  let ended = false
  socket.on('data', () => {}).on('error', () => {})
  socket.once('close', () => (ended = true))
  await new Promise((resolve) => socket.once('connect', resolve))
  return { ended: () => ended, [Symbol.dispose]: () => socket.destroy() }
}
