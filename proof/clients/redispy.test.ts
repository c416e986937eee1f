// redis-py, as applications use it, finds the primary through regroup and follows it by itself.
import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Controller } from '../harness/controller.ts'
import type { Group } from '../harness/servers.ts'
import { found, instead, until } from '../harness/wait.ts'
import { dismiss, startWatched } from '../harness/watched.ts'
import { healthy } from '../stories/waits.ts'
import { Load, played } from './load.ts'

/** Debian's own: another Python on the PATH does not see its packages. */
const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('./redispy.py', import.meta.url))
const missing = spawnSync(python, ['-c', 'import redis.sentinel']).status === 0 ? false : 'python3-redis is not installed'

interface Line {
  readonly n: number
  readonly error?: string
  readonly tookMs: number
}

/** What the script said, as the load of a client in this process. */
class Python {
  readonly load = new Load(() => Promise.reject(new Error('it writes by itself')))
  readonly #child: ChildProcessWithoutNullStreams
  readonly #exited: Promise<void>
  #rest = ''

  constructor(port: number) {
    this.#child = spawn(python, [script, String(port), this.load.name])
    this.#exited = new Promise((resolve) => this.#child.once('exit', () => resolve()))
    this.#child.stderr.resume()
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#take(JSON.parse(line) as Line)
    })
  }

  async stop(): Promise<void> {
    this.#child.stdin.end()
    await until('the script ends', 10_000, () => (this.#child.exitCode === null ? instead('it runs') : found(true)))
    await this.#exited
  }

  #take({ n, error, tookMs }: Line): void {
    const at = performance.now()
    if (error === undefined) this.load.acks.push({ key: `${this.load.name}:${n}`, startedAt: at - tookMs, at })
    else this.load.errors.push({ at, message: error })
  }
}

void describe('redis-py', { skip: missing }, () => {
  let controller: Controller
  let group: Group
  before(async () => {
    controller = await Controller.start({ sentinel: true })
    group = await startWatched(controller, 'shop', 3, { persistence: 'aof', delay: 0, policy: { flapFailovers: 100 } })
  })
  after(async () => {
    await dismiss(controller, group)
    await controller.remove()
  })

  for (const [what, play] of Object.entries(played)) {
    test(`${what} of the primary -> it writes to the next one, and nothing that was confirmed there is missing`, async (t) => {
      const client = new Python(controller.sentinelPort)
      try {
        const gap = await play(controller, group, client.load)
        t.diagnostic(`gap ${gap.ms} ms, ${gap.errors} errors (${gap.words})`)
      } finally {
        await client.stop()
      }
      const primary = await healthy(controller, group)
      assert.deepEqual(await client.load.missing(group.node(primary).address), [])
    })
  }
})
