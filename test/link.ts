// What tests of a link to one node share: the node, the network before it, the link, and how an asking ended in a word.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Server, type Socket, createServer } from 'node:net'
import type { TestContext } from 'node:test'
import type { Credential } from '../src/adapters/connection.ts'
import { NodeLink, type NodeLinkOptions } from '../src/adapters/nodeLink.ts'
import type { Outcome } from '../src/adapters/outcome.ts'
import type { Script } from '../src/engines/engine.ts'
import { type RedisOptions, type RedisServer, freePort, startRedis } from './servers/redis.ts'
import { Relay } from './servers/relay.ts'

export const ping: Script['commands'] = [['PING']]
const clock = { now: () => performance.now(), wall: () => Date.now() }
export interface Watched {
  readonly link: NodeLink
  disconnects: number
}

export async function redisFor(t: TestContext, options: RedisOptions = {}): Promise<RedisServer> {
  const redis = await startRedis(options)
  t.after(() => redis.remove())
  return redis
}

export function linkTo(t: TestContext, port: number, options: Partial<NodeLinkOptions> = {}): Watched {
  const link = new NodeLink({
    address: { host: '127.0.0.1', port },
    tls: null,
    credentials: () => [],
    name: 'regroup-test',
    clock,
    onDisconnected: () => {
      watched.disconnects += 1
    },
    ...options,
  })
  const watched: Watched = { link, disconnects: 0 }
  t.after(() => link.close())
  return watched
}

/** A node behind a network that can be hurt, and a link to it through that network. */
export async function relayedFor(
  t: TestContext,
): Promise<{ readonly redis: RedisServer; readonly relay: Relay; readonly watched: Watched }> {
  const redis = await redisFor(t)
  const relay = new Relay(await freePort(), redis.port)
  await relay.listen()
  t.after(() => relay.close())
  return { redis, relay, watched: linkTo(t, relay.port) }
}

/** Asks the node; to be awaited. */
export function probed(link: NodeLink, commands: Script['commands'], timeoutMs: number): Promise<Outcome> {
  return new Promise((settle) => link.probe(commands, timeoutMs, settle))
}

/** Runs a script where it surely reaches the process that was read; to be awaited. */
export function ranProven(link: NodeLink, script: Script, timeoutMs: number): Promise<Outcome> {
  return new Promise((settle) => link.runProven(script, timeoutMs, settle))
}

/** The list, read again at every connect, in the order in which they are tried. */
export function keys(...list: readonly Credential[]): () => readonly Credential[] {
  return () => list
}

/** An outcome as one word or two: `ok`, `refused`, `answered NOAUTH` ... */
export function word(outcome: Outcome): string {
  if (outcome.ok) return 'ok'
  return 'code' in outcome.failure ? `${outcome.failure.kind} ${outcome.failure.code}` : outcome.failure.kind
}

export function message(outcome: Outcome): string {
  return !outcome.ok && 'message' in outcome.failure ? outcome.failure.message : ''
}

export function script(...commands: readonly (readonly string[])[]): Script {
  return { commands, transaction: false }
}

export function transaction(...commands: readonly (readonly string[])[]): Script {
  return { commands, transaction: true }
}

export async function listening(t: TestContext, onConnection: (socket: Socket) => void): Promise<number> {
  const port = await freePort()
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return port
}

export async function countOf(redis: RedisServer, name: string): Promise<number> {
  const list = await redis.ask('CLIENT', 'LIST')
  assert.ok(typeof list === 'string')
  return list.split(` name=${name} `).length - 1
}

/** Every socket that this process begins to connect from now on. */
export function socketsMade(t: TestContext): readonly Socket[] {
  const made: Socket[] = []
  const hear = (told: unknown): void => {
    if (typeof told === 'object' && told !== null && 'socket' in told) made.push(told.socket as Socket)
  }
  subscribe('net.client.socket', hear)
  t.after(() => unsubscribe('net.client.socket', hear))
  return made
}
