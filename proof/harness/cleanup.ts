// Whatever happens to a proof, no process, directory or network namespace of it stays behind.
// Three nets: every child is killed by the kernel when we die (setpriv --pdeathsig), an exit hook kills and removes what is known, and the
// next run sweeps what a killed run left in its directory.
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const prefix = 'regroup-proof-'

/** Runs at exit, where nothing can be awaited; in the order last in, first out. */
const lastResorts: (() => void)[] = []

/** Returns how to forget it again. */
export function atExit(undo: () => void): () => void {
  lastResorts.push(undo)
  return () => {
    const at = lastResorts.indexOf(undo)
    if (at >= 0) lastResorts.splice(at, 1)
  }
}

/** A reason why the proof cannot run here at all: exit code 2 and the sentence, no stack. */
export class CannotRun extends Error {}

export interface MainOptions {
  /** Ends the whole run with exit code 1: a proof that hangs must not hang whoever waits for it. */
  readonly limitMs: number
}

/** Runs a proof in a directory of its own that every temporary file of it goes to. `body` gives the exit code. */
export function main(options: MainOptions, body: (dir: string) => Promise<number>): void {
  sweep(tmpdir())
  const dir = mkdtempSync(join(tmpdir(), prefix))
  writeFileSync(join(dir, 'owner'), `${process.pid} ${startOf(process.pid) ?? ''}\n`)
  process.env['TMPDIR'] = dir
  process.on('exit', () => {
    for (const undo of lastResorts.splice(0).toReversed()) quietly(undo)
    killAllIn(dir)
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
  })
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    process.on(signal, () => process.exit(code))
  const fail = (error: unknown): void => {
    if (error instanceof CannotRun) console.error(error.message)
    else console.error(error)
    process.exit(error instanceof CannotRun ? 2 : 1)
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  setTimeout(() => fail(new Error(`the run did not end within ${options.limitMs} ms`)), options.limitMs).unref()
  body(dir).then((code) => process.exit(code), fail)
}

/** Kills the processes and removes the directories of runs whose own process is gone. Returns the directories it removed. */
export function sweep(base: string): string[] {
  const dead = readdirSync(base)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(base, name))
    .filter((dir) => !ownerLives(dir))
  for (const dir of dead) {
    killAllIn(dir)
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
  }
  return dead
}

function ownerLives(dir: string): boolean {
  try {
    const [pid, start] = readFileSync(join(dir, 'owner'), 'utf8').trim().split(' ')
    // Half written: another run is just being born.
    return start === undefined || startOf(Number(pid)) === start
  } catch {
    // No owner file yet: another run is just being born, or it is not ours. Leave it.
    return true
  }
}

/** The processes that work in the directory, whoever started them: a redis-server rewrites its command line but not where it works. */
function killAllIn(dir: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    quietly(() => {
      if (readlinkSync(`/proc/${pid}/cwd`).startsWith(`${dir}/`)) process.kill(Number(pid), 'SIGKILL')
    })
  }
}

/** When the process started, in the kernel's ticks: tells a process from a later one with the same id. Null when there is none. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

function quietly(undo: () => void): void {
  try {
    undo()
  } catch {
    // It is gone already, which is all that was wanted.
  }
}
