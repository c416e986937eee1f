// A real redis-server (or Valkey) under test: its own port, directory and configuration file, and every way to hurt it.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { Decoder } from '../../src/resp/decode.ts'
import { encodeCommands } from '../../src/resp/encode.ts'
import { RespError, type RespValue } from '../../src/resp/value.ts'

export interface RedisOptions {
  /** Directives of the configuration file; a list repeats the directive, an empty string is written as `""`. */
  readonly config?: Readonly<Record<string, string | number | readonly string[]>>
  /** Given: the port speaks TLS only. Paths of PEM files. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string }
  /** Default 127.0.0.1. Another address needs a `bind` in `config`. */
  readonly host?: string
  /** Put before the command line, for example to run in a network namespace. It must become the server (exec), not fork it. */
  readonly launcher?: readonly string[]
  /** Default: a free one, outside the range the kernel takes local ports from. */
  readonly port?: number
  /** Writes another kind of configuration file. */
  readonly configText?: (port: number, dir: string) => string
  /** After the configuration file on the command line. */
  readonly args?: readonly string[]
  /** What it prints when it can be used. Default: what a data server prints. Null: it prints nothing, and is asked until it answers. */
  readonly readyText?: string | null
  /** Default `redis-server`. */
  readonly binary?: string
  /** How long a start may take; a big file to load takes longer. Default 10,000. */
  readonly startTimeoutMs?: number
}

type Child = ChildProcessByStdio<null, Readable, null>

/** Enough for a start and a few role changes; older lines are dropped. */
const logLimit = 256 * 1024
const startAttempts = 5
/** Between two questions to a server that does not say when it is ready. */
const readyAskMs = 20
/** How long a server may take to end, and between two signals to do so. */
const stopTimeoutMs = 30_000
const stopAgainMs = 250
/** A died test process must leave no server: the kernel kills it, also when we were killed with SIGKILL. */
const setpriv = '/usr/bin/setpriv'

const running = new Set<RedisServer>()
const taken = new Set<number>()

/**
 * Gives a TCP port on 127.0.0.1 that nobody listens on, never the same twice in one process.
 * Below 32768: a port of the kernel's local range could be taken by somebody's outgoing connection while its server is down, and a
 * connect to it could even meet itself.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(12_000, 32_000)
    if (!taken.has(port) && (await canListen(port))) {
      taken.add(port)
      return port
    }
  }
  throw new Error('no free port found in 200 attempts')
}

/** Nobody listens on this port of 127.0.0.1. */
export function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** A running server that is done loading. Removed with `remove()`, at the latest when this process exits. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const server = new RedisServer(options.port ?? (await freePort()), options)
    try {
      await server.start()
      return server
    } catch (error) {
      const portLost = options.port === undefined && server.log.includes('Address already in use')
      await server.remove()
      if (!portLost || attempt === startAttempts) throw error
    }
  }
}

export class RedisServer {
  readonly host: string
  readonly port: number
  readonly dir: string
  readonly configFile: string
  readonly #options: RedisOptions
  #child: Child | null = null
  #exited: Promise<void> = Promise.resolve()
  #log = ''

  /**
   * One command on a connection of its own. An error reply is given as a value; throws when nothing was answered in 5 s.
   * With a password: `ask('AUTH', 'secret', 'THEN', 'GET', 'k')` is two commands, the reply is the last one's.
   */
  ask(...words: readonly string[]): Promise<RespValue> {
    const then = words.indexOf('THEN')
    return this.batch(then < 0 ? [words] : [words.slice(0, then), words.slice(then + 1)]).then((replies) => replies.at(-1) ?? null)
  }

  /** As `ask`, for several commands in one write; one reply each. */
  batch(commands: readonly (readonly string[])[], timeoutMs = 5_000): Promise<readonly RespValue[]> {
    const { host, port } = this
    return new Promise((resolve, reject) => {
      const socket = this.#options.tls === undefined ? connect(port, host) : connectTls({ port, host, rejectUnauthorized: false })
      const decoder = new Decoder()
      const replies: RespValue[] = []
      const settle = (problem: string | null): void => {
        clearTimeout(timer)
        socket.destroy()
        if (problem === null) resolve(replies)
        else reject(new Error(`asking redis-server on port ${port}: ${problem}`))
      }
      const timer = setTimeout(() => settle('no answer'), timeoutMs)
      socket.on('data', (bytes: Buffer) => {
        replies.push(...decoder.push(bytes))
        if (replies.length >= commands.length || decoder.violation !== null) settle(decoder.violation?.message ?? null)
      })
      socket.once('error', (error) => settle(error.message))
      socket.once('close', () => settle('closed'))
      socket.write(encodeCommands(commands))
    })
  }

  /** `INFO section` as fields. */
  async info(section = 'everything'): Promise<ReadonlyMap<string, string>> {
    const text = await this.ask('INFO', section)
    if (typeof text !== 'string') throw new Error(`INFO ${section}: ${text instanceof RespError ? text.message : 'no text'}`)
    return new Map(text.split('\r\n').flatMap((line) => (line.includes(':') ? [cutAt(line, line.indexOf(':'))] : [])))
  }

  /** Writes the directory and the file, starts nothing. */
  constructor(port: number, options: RedisOptions = {}) {
    this.port = port
    this.host = options.host ?? '127.0.0.1'
    this.#options = options
    this.dir = mkdtempSync(join(tmpdir(), `regroup-redis-${port}-`))
    this.configFile = join(this.dir, 'redis.conf')
    writeFileSync(this.configFile, options.configText?.(port, this.dir) ?? configText(port, this.dir, options))
    running.add(this)
    installExitHooks()
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: this.host, port: this.port }
  }

  /** Of the live process; throws when it does not run. */
  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error(`redis-server on port ${this.port} does not run`)
    return pid
  }

  get isRunning(): boolean {
    return this.#child !== null
  }

  /** What the server printed since it was first started. */
  get log(): string {
    return this.#log
  }

  /** The configuration file as it is now: after CONFIG REWRITE it is the server's own. */
  get config(): string {
    return readFileSync(this.configFile, 'utf8')
  }

  /** Replaces the configuration file; read at the next start. */
  writeConfig(text: string): void {
    writeFileSync(this.configFile, text)
  }

  /** Starts on the same port, directory and file; ends when it is loaded and accepts connections. Throws with its log when it does not. */
  async start(): Promise<void> {
    if (this.#child !== null) throw new Error(`redis-server on port ${this.port} runs already`)
    const child = this.#spawn()
    const timeoutMs = this.#options.startTimeoutMs ?? 10_000
    try {
      await this.#ready(child, timeoutMs)
    } catch (error) {
      await this.kill9()
      throw error
    }
  }

  /**
   * Sends the signal at once and ends when the process has exited. SIGTERM: an orderly shutdown. Throws with its log when it is still
   * there after 30 s.
   */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === null) return await this.#exited
    let isGone = false
    const exited = this.#exited.then(() => (isGone = true))
    child.kill(signal)
    // A frozen process takes an orderly signal only when it wakes.
    if (signal !== 'SIGKILL') child.kill('SIGCONT')
    const deadline = performance.now() + stopTimeoutMs
    for (;;) {
      await Promise.race([exited, sleep(stopAgainMs, null, { ref: false })])
      if (isGone) return
      if (performance.now() >= deadline)
        throw new Error(`redis-server on port ${this.port} is there after ${signal}:\n${this.log.slice(-4_000)}`)
      // Redis refuses to end while it writes its first append-only file, as a replica does after each full copy, and forgets the signal.
      if (signal === 'SIGTERM') child.kill(signal)
    }
  }

  /** The signal leaves before this returns its promise, so that a caller may take the time. */
  kill9(): Promise<void> {
    return this.stop('SIGKILL')
  }

  /** Stops the process where it stands; ends when every thread of it has stopped. */
  async freeze(): Promise<void> {
    const pid = this.pid
    process.kill(pid, 'SIGSTOP')
    for (let attempt = 0; attempt < 2_000; attempt++) {
      if (stateOf(pid) === 'T') return
      await sleep(1)
    }
    throw new Error(`process ${pid} did not stop within 2 s`)
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  /** Stops with the signal when it runs, and starts again on the same port and directory. */
  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.stop(signal)
    await this.start()
  }

  /** Kills the process and removes the directory. May be called twice. */
  async remove(): Promise<void> {
    await this.kill9()
    running.delete(this)
    rmSync(this.dir, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove()
  }

  /** For the exit of the test process, where nothing can be awaited. */
  removeNow(): void {
    this.#child?.kill('SIGKILL')
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }

  #spawn(): Child {
    const binary = this.#options.binary ?? 'redis-server'
    const guarded = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL'] : []
    const command = [...guarded, ...(this.#options.launcher ?? []), binary, this.configFile, ...(this.#options.args ?? [])]
    const [file = binary, ...args] = command
    const child = spawn(file, args, { cwd: this.dir, detached: false, stdio: ['ignore', 'pipe', 'ignore'] })
    this.#child = child
    this.#exited = new Promise((resolve) => {
      const ended = (): void => {
        if (this.#child === child) this.#child = null
        resolve()
      }
      child.once('exit', ended)
      child.once('error', (error) => {
        this.#log += `${error.message}\n`
        ended()
      })
    })
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-logLimit)
    })
    return child
  }

  #ready(child: Child, timeoutMs: number): Promise<void> {
    const { readyText = 'Ready to accept connections' } = this.#options
    return new Promise((resolve, reject) => {
      let tail = ''
      const settle = (problem: string | null): void => {
        clearTimeout(timer)
        child.stdout.off('data', read)
        child.off('exit', died).off('error', died)
        if (problem === null) resolve()
        else reject(new Error(`redis-server on port ${this.port} ${problem}:\n${this.#log.slice(-4_000)}`))
      }
      const read = (text: string): void => {
        tail = (tail + text).slice(-logLimit)
        if (readyText !== null && tail.includes(readyText)) settle(null)
      }
      const died = (): void => settle('ended while it started')
      const timer = setTimeout(() => settle(`was not ready after ${timeoutMs} ms`), timeoutMs)
      child.stdout.on('data', read)
      child.once('exit', died).once('error', died)
      const askOn = (): void => {
        if (this.#child !== child) return
        void this.ask('PING').then(
          () => settle(null),
          () => void setTimeout(askOn, readyAskMs),
        )
      }
      if (readyText === null) askOn()
    })
  }
}

function configText(port: number, dir: string, options: RedisOptions): string {
  const { tls } = options
  const directives: Record<string, string | number | readonly string[]> = {
    bind: '127.0.0.1',
    ...(tls === undefined
      ? { port }
      : {
          port: 0,
          'tls-port': port,
          'tls-cert-file': tls.certFile,
          'tls-key-file': tls.keyFile,
          'tls-ca-cert-file': tls.caFile,
          'tls-auth-clients': 'no',
          'tls-replication': 'yes',
        }),
    dir,
    save: '',
    appendonly: 'no',
    ...options.config,
  }
  return Object.entries(directives)
    .flatMap(([name, value]) => (typeof value === 'object' ? value : [value]).map((one) => `${name} ${one === '' ? '""' : one}\n`))
    .join('')
}

function cutAt(text: string, at: number): readonly [string, string] {
  return [text.slice(0, at), text.slice(at + 1)]
}

/** The letter of the kernel's process state: T is stopped. Field 3, after the command's closing parenthesis. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.charAt(stat.lastIndexOf(')') + 2)
}

let hooked = false

function installExitHooks(): void {
  if (hooked) return
  hooked = true
  process.on('exit', () => {
    for (const server of running) server.removeNow()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const leave = (): void => {
      // Somebody else handles it and will exit in his own time.
      if (process.listenerCount(signal) > 1) return
      for (const server of running) server.removeNow()
      process.off(signal, leave)
      process.kill(process.pid, signal)
    }
    process.on(signal, leave)
  }
}
