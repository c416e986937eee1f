// One view of a redis-server for the cases that the model and a real server must answer alike.
import type { Action } from '../../src/core/action.ts'
import { redis } from '../../src/engines/redis.ts'
import { RespError, type RespValue } from '../../src/resp/value.ts'

/** What was sent and may not be answered yet. */
export interface Sent {
  readonly replies: readonly RespValue[] | null
}

/** A connection of a client. */
export interface Line {
  send(commands: readonly (readonly string[])[]): Sent
  readonly isOpen: boolean
}

export interface Server {
  readonly host: string
  readonly port: number
  connect(): Line
  /** kill -9. */
  kill(): Promise<void>
  /** SIGTERM, and the end of the process. */
  terminate(): Promise<void>
  start(): Promise<void>
  freeze(): Promise<void>
  thaw(): void
  /** The address that the file tells it to follow, as `host port`; null: none. */
  fileSays(): string | null
}

export interface Settings {
  readonly persistence: 'aof' | 'rdb' | 'none'
  readonly syncDelayS?: number
  /** How long it loads a copy of 100 keys. */
  readonly loadMs?: number
}

export interface Bench {
  readonly name: string
  server(settings: Settings): Promise<Server>
  /** Lets time pass until it holds; throws when it does not within `ms`. */
  until(what: string, holds: () => boolean | Promise<boolean>, ms?: number): Promise<void>
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

/** Asks on a line of its own and waits for the answers. */
export async function ask(bench: Bench, server: Server, ...commands: readonly (readonly string[])[]): Promise<readonly RespValue[]> {
  return on(bench, server.connect(), ...commands)
}

export async function on(bench: Bench, line: Line, ...commands: readonly (readonly string[])[]): Promise<readonly RespValue[]> {
  const sent = line.send(commands)
  await bench.until(`an answer to ${commands.map((command) => command.join(' ')).join('; ')}`, () => sent.replies !== null)
  return sent.replies ?? []
}

/** The engine's own commands for an action; gives the engine's result. */
export async function tell(bench: Bench, server: Server, action: Action, line = server.connect()): Promise<void> {
  const script = redis.script(action)
  const commands = script.transaction ? [['MULTI'], ...script.commands, ['EXEC']] : script.commands
  const replies = await on(bench, line, ...commands)
  for (const reply of replies.flat()) if (reply instanceof RespError) throw new Error(`${action.name}: ${reply.message}`)
}

export interface Facts {
  readonly role: string
  readonly replid: string
  readonly replid2: string
  readonly second: number
  readonly offset: number
  readonly linkUp: boolean
  readonly backlog: boolean
  readonly attached: number
  readonly acked: number
  readonly keys: number
  readonly loading: boolean
  readonly runId: string
}

/** What INFO says, with the fields that regroup reads. */
export async function facts(bench: Bench, server: Server): Promise<Facts> {
  const replies = await ask(bench, server, ['INFO', 'server'], ['INFO', 'replication'], ['INFO', 'persistence'], ['INFO', 'keyspace'])
  const fields = new Map<string, string>()
  const text = replies.map((reply) => (typeof reply === 'string' ? reply : '')).join('\r\n')
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  const of = (name: string): string => fields.get(name) ?? ''
  return {
    role: of('role'),
    replid: of('master_replid'),
    replid2: of('master_replid2'),
    second: Number(of('second_repl_offset')),
    offset: Number(of('master_repl_offset')),
    linkUp: of('master_link_status') === 'up',
    backlog: of('repl_backlog_active') === '1',
    attached: Number(of('connected_slaves')),
    acked: Number(/offset=(\d+)/.exec(of('slave0'))?.[1] ?? -1),
    keys: Number(/keys=(\d+)/.exec(of('db0'))?.[1] ?? 0),
    loading: of('loading') === '1',
    runId: of('run_id'),
  }
}
