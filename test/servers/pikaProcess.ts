// The Pika test server: the model of src/sim/pika*.ts as a process of its own, on real ports, with its file and its data in a folder.
// node pikaProcess.ts FILE [OPTIONS as JSON]
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { type Server, type Socket, connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseAddress } from '../../src/core/address.ts'
import { Decoder } from '../../src/resp/decode.ts'
import { encodeCommands } from '../../src/resp/encode.ts'
import { isArray } from '../../src/resp/value.ts'
import { Dice } from '../../src/sim/dice.ts'
import { type PikaClient, type PikaClients, newPikaClient, pikaReply } from '../../src/sim/pikaCommands.ts'
import { PikaKeys, type PikaValue, isWrite } from '../../src/sim/pikaKeys.ts'
import { Binlog, type LogPosition, type LogRecord } from '../../src/sim/pikaLog.ts'
import { type PikaConfig, type PikaDisk, type PikaHost, PikaNode, freshPikaConfig } from '../../src/sim/pikaNode.ts'
import type { PikaLink, PikaMessage } from '../../src/sim/pikaReplica.ts'

export interface PikaProcessOptions {
  readonly version?: string
  /** A full copy takes at least this long. */
  readonly copyMs?: number
  /** SLAVEOF takes up to this long when it must end a connection. */
  readonly blockMostMs?: number
  /** Clients are served this long after SIGTERM. */
  readonly stopMs?: number
  /** So many answers of a primary are missed by each process (docs/pika.md, P20). */
  readonly missedAnswers?: number
}

const tickMs = 50
const replicationPorts = 2_000

const [file = '', given = '{}'] = process.argv.slice(2)
const options = JSON.parse(given) as PikaProcessOptions
const folder = join(dirname(file), 'db')

// ------------------------------------------------------------------------------------------ file and data

const texts = ['requirepass', 'masterauth', 'replication-id', 'run-id'] as const
const numbers = ['slave-priority', 'timeout', 'maxclients', 'binlog-file-size', 'expire-logs-nums', 'throttle-bytes-per-second'] as const
const named = {
  requirepass: 'requirepass',
  masterauth: 'masterauth',
  'replication-id': 'replicationId',
  'run-id': 'runId',
  'slave-priority': 'slavePriority',
  timeout: 'timeout',
  maxclients: 'maxclients',
  'binlog-file-size': 'fileBytes',
  'expire-logs-nums': 'keptFiles',
  'throttle-bytes-per-second': 'throttleBytes',
} as const

function readConfig(): { readonly port: number; readonly config: PikaConfig } {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const said = new Map(lines.flatMap((line) => (line.includes(' : ') ? [cut(line)] : [])))
  const config: PikaConfig = { ...freshPikaConfig }
  for (const name of texts) config[named[name]] = said.get(name) ?? config[named[name]]
  for (const name of numbers) config[named[name]] = Number(said.get(name) ?? config[named[name]])
  config.slaveof = parseAddress(said.get('slaveof') ?? '')
  config.slotmigrate = said.get('slotmigrate') === 'yes'
  config.unfinishedCopy = said.get('internal-used-unfinished-full-sync') === 'db0'
  return { port: Number(said.get('port')), config }
}

function cut(line: string): readonly [string, string] {
  const at = line.indexOf(' : ')
  return [line.slice(0, at), line.slice(at + 3).trim()]
}

function writeConfig(path: string, port: number, config: PikaConfig): void {
  const lines = [
    `port : ${port}`,
    ...[...texts, ...numbers].map((name) => `${name} : ${config[named[name]]}`),
    `slotmigrate : ${config.slotmigrate ? 'yes' : 'no'}`,
    `internal-used-unfinished-full-sync : ${config.unfinishedCopy ? 'db0' : ''}`,
    `slaveof : ${config.slaveof === null ? '' : `${config.slaveof.host}:${config.slaveof.port}`}`,
  ]
  writeFileSync(`${path}.new`, `${lines.join('\n')}\n`)
  renameSync(`${path}.new`, path)
}

interface Snapshot {
  readonly entries: readonly (readonly [string, PikaValue])[]
  readonly at: LogPosition
}

const snapshotFile = join(folder, 'snapshot.json')
const logFile = join(folder, 'log.jsonl')

function readDisk(fileBytes: number): PikaDisk {
  mkdirSync(folder, { recursive: true })
  const disk: PikaDisk = { keys: new PikaKeys(), log: new Binlog(fileBytes) }
  if (existsSync(snapshotFile)) {
    const { entries, at } = JSON.parse(readFileSync(snapshotFile, 'utf8')) as Snapshot
    disk.keys.replace(entries)
    disk.log.restart(at)
  }
  for (const line of existsSync(logFile) ? readFileSync(logFile, 'utf8').split('\n') : []) {
    if (!line.endsWith('}')) continue
    const record = JSON.parse(line) as LogRecord
    disk.log.take(record)
    const name = record.command[0]?.toLowerCase() ?? ''
    if (isWrite(name)) disk.keys.write(name, record.command)
  }
  return disk
}

function replaced(entries: Snapshot['entries'], at: LogPosition): void {
  // The log first: a copy that is cut off here is begun anew, since the file says that it did not end.
  writeFileSync(logFile, '')
  writeFileSync(`${snapshotFile}.new`, JSON.stringify({ entries, at } satisfies Snapshot))
  renameSync(`${snapshotFile}.new`, snapshotFile)
}

// ------------------------------------------------------------------------------------------------ sockets

const { port, config } = readConfig()
const host: PikaHost = {
  now: () => performance.now(),
  dice: Dice.of(process.pid ^ Date.now()),
  after: (ms, run) => void setTimeout(run, ms),
  dial,
  saveConfig: (next) => {
    try {
      writeConfig(file, port, next)
      return true
    } catch {
      return false
    }
  },
  appended: (record) => appendFileSync(logFile, `${JSON.stringify(record)}\n`),
  replaced,
  madeTooSoon: () => undefined,
}
const { version = '3.5.5', copyMs, blockMostMs, stopMs = 5_000, missedAnswers } = options
const node = new PikaNode(host, {
  address: { host: '127.0.0.1', port },
  version,
  processId: process.pid,
  config,
  disk: readDisk(config.fileBytes),
  ...(copyMs === undefined ? {} : { copyMs }),
  ...(blockMostMs === undefined ? {} : { blockMostMs }),
  ...(missedAnswers === undefined ? {} : { missedAnswers }),
})

/** One message is one line. */
function lines(socket: Socket, heard: (message: PikaMessage) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) heard(JSON.parse(part) as PikaMessage)
  })
}

function linkOf(socket: Socket): PikaLink {
  return {
    send: (message) => void (socket.destroyed ? undefined : socket.write(`${JSON.stringify(message)}\n`)),
    close: () => void socket.destroy(),
  }
}

function dial(to: { readonly host: string; readonly port: number }, on: Parameters<PikaHost['dial']>[1]): PikaLink {
  const toPort = to.port + replicationPorts
  const socket = connect({ port: toPort, host: to.host, noDelay: true })
  socket.once('connect', () => on.opened())
  socket.on('error', () => undefined)
  socket.once('close', () => on.closed())
  lines(socket, (message) => on.heard(message))
  return linkOf(socket)
}

interface Connected {
  readonly client: PikaClient
  readonly socket: Socket
  readonly since: { at: number }
}

const connected = new Set<Connected>()
const waiting: { readonly from: Connected; readonly command: readonly string[] }[] = []
let pumping = false

const clients: PikaClients = {
  all: () => [...connected].map((one) => one.client),
  kill: (who) =>
    void setTimeout(() => {
      for (const one of connected) if (who(one.client)) one.socket.destroy()
    }, 8_500),
  publish: (channel, text) => {
    const heard = [...connected].filter((one) => one.client.channels.has(channel))
    for (const one of heard) one.socket.write(encodeCommands([['message', channel, text]]))
    return heard.length
  },
}

/** One after the other; while the server is busy with a role change, nobody is answered. */
function pump(): void {
  if (pumping) return
  pumping = true
  for (;;) {
    const left = node.busyUntil - performance.now()
    if (left > 0) {
      setTimeout(() => {
        pumping = false
        pump()
      }, left)
      return
    }
    const next = waiting.shift()
    if (next === undefined) break
    const { socket, client } = next.from
    if (socket.destroyed) continue
    const reply = pikaReply(node, clients, client, next.command)
    const heldMs = node.busyUntil - performance.now()
    const answer = (): void => void (socket.destroyed ? undefined : socket.write(reply))
    if (heldMs > 0) setTimeout(answer, heldMs)
    else answer()
    if (next.command[0]?.toLowerCase() === 'quit') socket.end()
  }
  pumping = false
}

function accepted(socket: Socket): void {
  socket.on('error', () => undefined)
  // Full: closed without a word (docs/pika.md, P12).
  if (connected.size >= node.config.maxclients) return void socket.destroy()
  socket.setNoDelay(true)
  const client = newPikaClient(node, `127.0.0.1:${socket.remotePort}`, 72 + connected.size)
  const one: Connected = { client, socket, since: { at: performance.now() } }
  connected.add(one)
  socket.once('close', () => connected.delete(one))
  const decoder = new Decoder()
  socket.on('data', (bytes: Buffer) => {
    one.since.at = performance.now()
    for (const value of decoder.push(bytes)) {
      if (isArray(value)) waiting.push({ from: one, command: value.map(String) })
    }
    if (decoder.violation !== null) socket.destroy()
    pump()
  })
}

function listening(server: Server, at: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, '127.0.0.1', resolve)
  })
}

const replicas = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.setNoDelay(true)
  const link = linkOf(socket)
  lines(socket, (message) => node.heard(link, message))
  socket.once('close', () => node.ended(link))
})

setInterval(() => {
  node.tick()
  if (node.config.timeout <= 0) return
  for (const one of connected) if (performance.now() - one.since.at > node.config.timeout * 1_000) one.socket.destroy()
}, tickMs)

process.on('SIGTERM', () => setTimeout(() => process.exit(0), stopMs))

try {
  await listening(replicas, port + replicationPorts)
  await listening(createServer(accepted), port)
  console.log('Ready to accept connections')
} catch (error) {
  console.log(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' ? 'Address already in use' : String(error))
  process.exit(1)
}
