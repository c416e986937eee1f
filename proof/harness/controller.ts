// A real regroup server process: started, killed and started again on the same store.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Policy } from '../../src/core/model.ts'
import { freePort } from '../../test/servers/redis.ts'
import { Api } from './api.ts'
import { atExit } from './cleanup.ts'
import { found, instead, pass, until } from './wait.ts'

const entry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const setpriv = '/usr/bin/setpriv'
/** Compiling the sources took 38 s on two cores on which 50 processes wanted to run; a server that needs longer than this is broken. */
const startLimitMs = 120_000

export interface ControllerOptions {
  readonly port?: number
  readonly defaults?: Partial<Policy>
  /** Speak the Sentinel protocol too, on a free port. */
  readonly sentinel?: boolean
  /** Writes what its settings name into its directory, before it starts. */
  readonly prepare?: (dir: string) => void
  /** Given to node itself, before the command. */
  readonly nodeFlags?: readonly string[]
  /** More of regroup.yaml: credentials, tls. */
  readonly settings?: Readonly<Record<string, unknown>>
}

export class Controller {
  readonly url: string
  readonly dir: string
  readonly configFile: string
  readonly logFile: string
  readonly api: Api
  /** 0: it does not speak the Sentinel protocol. */
  readonly sentinelPort: number
  readonly #nodeFlags: readonly string[]
  readonly #forget: () => void
  readonly #deaths: string[] = []
  #child: ChildProcess | null = null
  #exited: Promise<void> = Promise.resolve()

  private constructor(port: number, sentinelPort: number, options: ControllerOptions) {
    this.#nodeFlags = options.nodeFlags ?? []
    this.dir = mkdtempSync(join(tmpdir(), 'regroup-controller-'))
    this.url = `http://127.0.0.1:${port}`
    this.sentinelPort = sentinelPort
    this.configFile = join(this.dir, 'regroup.yaml')
    this.logFile = join(this.dir, 'server.out')
    this.api = new Api(this.url)
    mkdirSync(join(this.dir, 'store'), { mode: 0o700 })
    const settings = {
      listen: { http: `127.0.0.1:${port}`, ...(sentinelPort === 0 ? {} : { sentinel: `127.0.0.1:${sentinelPort}` }) },
      store: { kind: 'embedded', path: join(this.dir, 'store') },
      ...(options.defaults === undefined ? {} : { defaults: options.defaults }),
      ...options.settings,
    }
    options.prepare?.(this.dir)
    // JSON is YAML.
    writeFileSync(this.configFile, JSON.stringify(settings, null, 1))
    this.#forget = atExit(() => this.#child?.kill('SIGKILL'))
  }

  /** A fresh store on a free port; ends when it answers. */
  static async start(options: ControllerOptions = {}): Promise<Controller> {
    const controller = new Controller(options.port ?? (await freePort()), options.sentinel === true ? await freePort() : 0, options)
    await controller.start()
    return controller
  }

  get isRunning(): boolean {
    return this.#child !== null
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('the regroup server does not run')
    return pid
  }

  /** Each end of the process that we did not ask for. */
  get deaths(): readonly string[] {
    return this.#deaths
  }

  /** What it printed, all its lives together. */
  get log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : ''
  }

  /** Starts on the same store and port; ends when it answers. Throws with its log when it does not. */
  async start(): Promise<void> {
    const before = this.#deaths.length
    this.launch()
    await until('the regroup server answers', startLimitMs, async () => {
      if (this.#child === null) {
        const last = this.log.slice(-4_000)
        // While it was down another program on this machine took its port, for as long as a test takes.
        if (!last.trimEnd().endsWith('listen on another port'))
          throw new Error(`the regroup server ended while it started (${this.deaths.at(-1) ?? 'killed by us'}):\n${last}`)
        this.#deaths.length = before
        await pass(200)
        this.launch()
      }
      return (await this.api.healthy()) ? found(true) : instead(this.log.slice(-2_000))
    })
  }

  /** Starts it without waiting. */
  launch(): void {
    if (this.#child !== null) throw new Error('the regroup server runs already')
    const command = [process.execPath, ...this.#nodeFlags, entry, 'server', '--config', this.configFile]
    const [file = '', ...args] = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', ...command] : command
    const out = openSync(this.logFile, 'a')
    const child = spawn(file, args, { cwd: this.dir, stdio: ['ignore', out, out] })
    closeSync(out)
    this.#child = child
    this.#exited = new Promise((resolve) => {
      const ended = (how: string): void => {
        if (this.#child === child) this.#child = null
        if (!child.killed) this.#deaths.push(`pid ${child.pid}: ${how}`)
        resolve()
      }
      child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`)).once('error', (error) => ended(error.message))
    })
  }

  /** The signal leaves before the promise is returned. */
  kill9(): Promise<void> {
    return this.stop('SIGKILL')
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const exited = this.#exited
    this.#child?.kill(signal)
    await exited
  }

  async remove(): Promise<void> {
    await this.kill9()
    this.#forget()
    rmSync(this.dir, { recursive: true, force: true })
  }
}
