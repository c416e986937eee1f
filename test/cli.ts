// Runs the command as people do: a real process, against a real HTTP server over a facade that remembers what it was asked.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { apiServer } from './api.ts'
import { testFacade } from './facade.ts'
import type { TestFacade } from './facade.ts'
import { patience } from './until.ts'

const entry = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
/** Each command compiles the sources when it starts: more at once than there are cores only make each other late. */
const places = availableParallelism()
let busy = 0
const queue: (() => void)[] = []

export interface Server {
  readonly url: string
  readonly facade: TestFacade
  readonly close: () => Promise<void>
}

export async function server(t: TestContext, facade = testFacade(), port = 0): Promise<Server> {
  const { url, server: running } = await apiServer(t, { facade, listen: `127.0.0.1:${port}` })
  return { url, facade, close: () => running.close() }
}

export interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly child: ChildProcess
  readonly out: () => string
  readonly ended: Promise<Run>
}

export function start(
  t: TestContext,
  url: string,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Running {
  const env = { ...process.env, REGROUP_SERVER: url, ...options.env }
  const child = spawn(process.execPath, [entry, ...args], { env, timeout: patience, killSignal: 'SIGKILL' })
  t.after(() => child.kill('SIGKILL'))
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.end(options.input ?? '')
  const ended = new Promise<Run>((resolve) => child.once('close', (code) => resolve({ code, out, err })))
  return { child, out: () => out, ended }
}

/** Waits for a place among those that run, then for the end. */
export async function run(t: TestContext, url: string, args: readonly string[], options = {}): Promise<Run> {
  if (busy < places) busy++
  else await new Promise<void>((resolve) => queue.push(resolve))
  try {
    return await start(t, url, args, options).ended
  } finally {
    const next = queue.shift()
    if (next === undefined) busy--
    else next()
  }
}

/** Runs several at once: most of a run is the start of a process. */
export async function runs(t: TestContext, url: string, lines: readonly string[]): Promise<Run[]> {
  return await Promise.all(lines.map(async (line) => await run(t, url, line.split(' '))))
}
