// The commands that the engine file sends, and the writes of clients, as a redis-server executes and answers them.
import { RespError, type RespValue } from '../resp/value.ts'
import { type Batch, type Replies, markKey } from './batch.ts'
import type { Conn } from './net.ts'
import { append } from './redisFeed.ts'
import { infoOf } from './redisInfo.ts'
import type { RedisNode } from './redisNode.ts'
import type { Process } from './redisProcess.ts'
import { becomeOwn, becomeReplica, dropLink } from './redisReplica.ts'
import { type Write, markOf } from './stream.ts'

const writeFlags = new Set(['SET'])
/** What a server does while it loads, and while a script runs. */
const whileLoading = new Set(['INFO', 'CONFIG', 'CLIENT', 'MULTI', 'EXEC', 'SHUTDOWN'])
const whileBusy = new Set(['MULTI', 'EXEC', 'SHUTDOWN'])

/** Executes a batch at once, or puts its client to sleep while writes are paused. */
export function runBatch(node: RedisNode, running: Process, conn: Conn, batch: Batch): void {
  const { commands } = batch
  if (node.now < running.pausedUntil && running.config.replicaof === null && commands.some((command) => writeFlags.has(command[0] ?? ''))) {
    running.paused.push({ conn, batch })
    const until = running.pausedUntil
    node.net.timeline.at(until, () => resume(node, running))
    return
  }
  const values: RespValue[] = []
  let queued: (readonly string[])[] | null = null
  let refused = false
  for (const command of commands) {
    const name = command[0] ?? ''
    if (name === 'EXEC' && queued !== null) {
      values.push(
        refused
          ? new RespError('EXECABORT Transaction discarded because of previous errors.')
          : queued.map((one) => execute(node, running, conn, one, batch.write)),
      )
      queued = null
      continue
    }
    const problem = refusal(node, running, command)
    if (problem !== null) {
      refused ||= queued !== null
      values.push(problem)
    } else if (name === 'MULTI') {
      queued = []
      values.push('OK')
    } else if (queued !== null) {
      queued.push(command)
      values.push('QUEUED')
    } else values.push(execute(node, running, conn, command, batch.write))
  }
  node.reply(conn, { kind: 'replies', tag: batch.tag, values } satisfies Replies)
}

/** Lets those go on whose pause has ended. */
function resume(node: RedisNode, running: Process): void {
  if (node.running !== running || node.now < running.pausedUntil || node.frozen) return
  for (const { conn, batch } of running.paused.splice(0)) if (conn.openThere) runBatch(node, running, conn, batch)
}

/** Why a command is not even begun. */
function refusal(node: RedisNode, running: Process, command: readonly string[]): RespError | null {
  const [name = '', sub = ''] = command
  const { ailments } = node
  if (ailments.forbidden.size > 0) {
    const full = ['CONFIG', 'CLIENT'].includes(name) ? `${name}|${sub}`.toLowerCase() : name.toLowerCase()
    if (ailments.forbidden.has(full)) return new RespError(`NOPERM this user has no permissions to run the '${full}' command`)
  }
  if (name === 'SET') return writeRefusal(node, running)
  if (name === 'PING' && ailments.misconf) return misconf
  if (node.now < running.loadingUntil && !whileLoading.has(name)) return loading
  if (ailments.busy && !whileBusy.has(name)) return busy
  return null
}

const misconf = new RespError('MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.')
const loading = new RespError('LOADING Redis is loading the dataset in memory')
const busy = new RespError('BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.')
const readOnly = new RespError("READONLY You can't write against a read only replica.")
const noReplicas = new RespError('NOREPLICAS Not enough good replicas to write.')
const outOfMemory = new RespError("OOM command not allowed when used memory > 'maxmemory'.")

/** In the order in which a server checks. */
function writeRefusal(node: RedisNode, running: Process): RespError | null {
  const { ailments } = node
  if (ailments.outOfMemory && running.config.replicaof === null) return outOfMemory
  if (ailments.misconf && running.config.replicaof === null) return misconf
  if (running.config.replicaof === null && running.goodReplicas < running.config.guard) return noReplicas
  if (running.config.replicaof !== null) return readOnly
  if (node.now < running.loadingUntil) return loading
  return ailments.busy ? busy : null
}

function execute(node: RedisNode, running: Process, conn: Conn, command: readonly string[], write: Write | null): RespValue {
  const [name = '', first = '', second = '', third = ''] = command
  if (name === 'REPLICAOF' || (name === 'CONFIG' && first !== 'GET')) node.events.told(node, conn.name)
  switch (name) {
    case 'PING':
      return 'PONG'
    case 'INFO':
      return infoOf(node, running, first)
    case 'GET':
      return first === markKey ? markOf(running.data) : null
    case 'SET':
      append(node, running, bytesOf(command), first === markKey ? null : write, first === markKey ? second : null)
      return 'OK'
    case 'CONFIG':
      return configure(node, running, first, second, third)
    case 'REPLICAOF':
      if (first === 'NO') becomeOwn(node, running)
      else becomeReplica(node, running, { host: first, port: Number(second) })
      node.events.tell(node, `is told REPLICAOF ${first} ${second}`)
      return 'OK'
    case 'CLIENT':
      return clients(node, running, conn, command)
    default:
      return new RespError(`ERR unknown command '${name}'`)
  }
}

/** The length of the command as it stands in the replication stream. */
export function bytesOf(command: readonly string[]): number {
  let bytes = 1 + String(command.length).length + 2
  for (const word of command) bytes += 1 + String(word.length).length + 2 + word.length + 2
  return bytes
}

function configure(node: RedisNode, running: Process, sub: string, name: string, value: string): RespValue {
  const { config } = running
  if (sub === 'REWRITE') {
    const problem = node.rewrite(running)
    return problem === null ? 'OK' : new RespError(problem)
  }
  if (sub === 'GET') return [name, String(config.guard)]
  const number = Number(value)
  if (name === 'min-replicas-to-write') config.guard = number
  else if (name === 'min-replicas-max-lag') config.maxLag = number
  else if (name === 'repl-diskless-sync-delay') config.syncDelayS = number
  else if (name === 'repl-ping-replica-period') config.pingPeriodS = number
  else return new RespError(`ERR Unknown option or number of arguments for CONFIG SET - '${name}'`)
  return 'OK'
}

function clients(node: RedisNode, running: Process, conn: Conn, command: readonly string[]): RespValue {
  const [, sub = '', first = '', second = ''] = command
  switch (sub) {
    case 'PAUSE':
      running.pausedUntil = Math.max(running.pausedUntil, node.now + Number(first))
      return 'OK'
    case 'UNPAUSE':
      running.pausedUntil = node.now
      node.net.timeline.after(0, () => resume(node, running))
      return 'OK'
    case 'SETNAME':
      conn.name = first
      return 'OK'
    case 'LIST':
      return [...running.clients].map((one) => `id=${one.id} name=${one.name}\n`).join('')
    case 'KILL':
      if (second === 'master') return dropLink(node, running) ? 1 : 0
      return first === 'ID' ? killOne(running, Number(second)) : cut(running, conn)
    default:
      return new RespError(`ERR unknown subcommand '${sub}'`)
  }
}

/** CLIENT KILL TYPE normal: everybody but the asker. */
function cut(running: Process, asker: Conn): number {
  const others = [...running.clients].filter((conn) => conn !== asker)
  for (const conn of others) kill(running, conn)
  return others.length
}

function killOne(running: Process, id: number): RespValue {
  const found = [...running.clients].find((conn) => conn.id === id)
  if (found === undefined) return new RespError('ERR No such client')
  kill(running, found)
  return 1
}

function kill(running: Process, conn: Conn): void {
  conn.killed = true
  conn.closeThere()
  running.clients.delete(conn)
}
