import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sweep } from './cleanup.ts'
import { found, instead, until } from './wait.ts'

const probe = fileURLToPath(new URL('./cleanup.probe.ts', import.meta.url))

interface Started {
  readonly child: ChildProcess
  readonly pid: number
  readonly dir: string
}

function start(how: string): Promise<Started> {
  const child = spawn(process.execPath, [probe, how], { stdio: ['ignore', 'pipe', 'ignore'] })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it said anything`)))
    child.stdout?.once('data', (line: Buffer) => resolve({ child, ...(JSON.parse(line.toString()) as { pid: number; dir: string }) }))
  })
}

function gone(pid: number): Promise<boolean> {
  return until('the server is gone', 5_000, () => (commandLineOf(pid).includes('redis') ? instead('alive') : found(true)))
}

/** Empty when there is no such process, or when it is dead and only waits to be buried by its new parent. */
function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function exit(child: ChildProcess): Promise<number | null> {
  return child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : Promise.resolve(child.exitCode)
}

for (const [how, signal, code] of [
  ['wait', 'SIGTERM', 143],
  ['wait', 'SIGINT', 130],
  ['throw', null, 1],
  ['hang', null, 1],
] as const) {
  test(`cleanup: a proof ends by ${signal ?? how} -> exit code ${code}, no server, no directory`, async () => {
    const { child, pid, dir } = await start(how)
    if (signal !== null) child.kill(signal)
    assert.equal(await exit(child), code)
    await gone(pid)
    assert.equal(existsSync(dir), false)
  })
}

test('cleanup: a proof is killed with SIGKILL -> its server dies with it and the next sweep removes its directory', async () => {
  const { child, pid, dir } = await start('wait')
  assert.deepEqual(sweep(tmpdir()).includes(dir), false, 'a living run is left alone')
  child.kill('SIGKILL')
  await exit(child)
  await gone(pid)
  assert.equal(existsSync(dir), true)
  sweep(tmpdir())
  assert.equal(existsSync(dir), false)
})
