// The embedded store under kill -9 and against a second process.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { until } from '../../../test/until.ts'
import { accepted } from './contract.ts'
import { openEmbeddedStore } from './embedded.ts'
import { holderIn } from './lockHolder.ts'

const writer = fileURLToPath(new URL('../../../test/store/writer.ts', import.meta.url))
const keepEntries = 50

interface Writer {
  readonly child: ChildProcess
  readonly lines: readonly string[]
  /** SIGKILL, and back when the process is gone and all it said was read. */
  readonly kill: () => Promise<void>
}

function startWriter(dir: string, lanes: number): Writer {
  const child = spawn(process.execPath, [writer, dir, String(lanes)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const lines: string[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  return {
    child,
    lines,
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
  }
}

async function inDirectory(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-crash-'))
  try {
    await run(dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

interface Acked {
  readonly count: number
  readonly version: number
}

/** The last acknowledged commit of each lane, over all the lives of the writer; every version is given once and they rise. */
class Promises {
  readonly last = new Map<string, Acked>()
  readonly versions = new Set<number>()
  total = 0

  read(lines: readonly string[]): void {
    for (const line of lines) {
      const [lane = '', count, version] = line.split(' ')
      if (!lane.startsWith('lane')) continue
      const acked = { count: Number(count), version: Number(version) }
      const before = this.last.get(lane) ?? { count: 0, version: 0 }
      assert.ok(acked.count > before.count && acked.version > before.version, `${line} after ${JSON.stringify(before)}`)
      assert.ok(!this.versions.has(acked.version), `version ${version} was given twice`)
      this.versions.add(acked.version)
      this.last.set(lane, acked)
      this.total++
    }
  }

  /** What was acknowledged is there, and at most the one commit that was in flight on top of it. */
  async check(store: Store, lane: string): Promise<void> {
    const acked = this.last.get(lane) ?? { count: 0, version: 0 }
    const pairs = await store.list<number>(`${lane}/`)
    const count = pairs[0]?.value ?? 0
    const version = pairs[0]?.version ?? 0
    assert.deepEqual(
      pairs,
      count === 0 ? [] : ['a', 'b', 'c'].map((part) => ({ key: `${lane}/${part}`, value: count, version })),
      'half of a commit is visible',
    )
    assert.ok(count === acked.count || count === acked.count + 1, `${lane}: acknowledged ${acked.count}, stored ${count}`)
    if (count === acked.count) assert.equal(version, acked.version)
    else assert.ok(version > acked.version)
    const log = await store.history(lane, keepEntries * 2)
    const expected = Array.from({ length: Math.min(count, keepEntries) }, (_, index) => count - index)
    assert.deepEqual(
      log.map((entry) => [entry.seq, entry.epoch]),
      expected.map((number) => [number, number]),
    )
    // A commit in flight may have been stored without being acknowledged; the next life goes on from it.
    this.last.set(lane, { count, version })
  }
}

test(
  'kill -9 at forty random instants -> every acknowledged commit is there, whole, and counting goes on',
  { timeout: 120_000 },
  async () => {
    await inDirectory(async (dir) => {
      const promises = new Promises()
      let killedWriting = 0
      for (let round = 0; round < 40; round++) {
        const { kill, lines } = startWriter(dir, 3)
        // From the start of the process every fourth time, so that opening and recovery are hit too.
        if (round % 4 !== 0) await until('the writer writes', () => lines.length > 1)
        await delay(Math.random() * (round % 4 === 0 ? 150 : 30))
        await kill()
        if (lines.length > 1) killedWriting++
        promises.read(lines)
        const store = await openEmbeddedStore({ dir, keepEntries })
        try {
          for (const lane of ['lane0', 'lane1', 'lane2']) await promises.check(store, lane)
        } finally {
          await store.close()
        }
      }
      assert.ok(killedWriting >= 30, `killed ${killedWriting} times while it was writing`)
      assert.ok(promises.total > 300, `only ${promises.total} commits were made`)
    })
  },
)

test('a second process while the first lives -> refused with file and pid; right after kill -9 -> accepted', async () => {
  await inDirectory(async (dir) => {
    const { child, lines, kill } = startWriter(dir, 1)
    try {
      await until('the writer writes', () => lines.length > 1)
      await assert.rejects(openEmbeddedStore({ dir }), (error) => {
        assert.ok(error instanceof UserError)
        assert.equal(error.code, 'STORE_LOCKED')
        assert.ok(error.message.includes(join(dir, 'regroup.db')), error.message)
        if (process.platform === 'linux') assert.ok(error.message.includes(`pid ${child.pid}`), error.message)
        return true
      })
      const before = lines.length
      await until('the first goes on writing', () => lines.length > before + 5)
    } finally {
      await kill()
    }
    const store = await openEmbeddedStore({ dir })
    assert.equal((await store.list('lane0/')).length, 3)
    await store.close()
  })
})

test('a second store in the same process -> refused, and the lock still keeps others out', async () => {
  await inDirectory(async (dir) => {
    const store = await openEmbeddedStore({ dir })
    try {
      await assert.rejects(openEmbeddedStore({ dir }), { code: 'STORE_LOCKED' })
      // POSIX drops a process's locks when it closes any descriptor of the file: the refusal above must not have done that.
      const { child, lines } = startWriter(dir, 1)
      const [exitCode] = (await once(child, 'close')) as [number]
      assert.match(lines.join('\n'), /^ERROR STORE_LOCKED /)
      assert.equal(exitCode, 5)
      accepted(await store.commit([{ key: 'k', expected: 0, value: 1 }], []))
    } finally {
      await store.close()
    }
  })
})

test('two processes opening a new directory at once -> never both', async () => {
  for (let round = 0; round < 5; round++) {
    await inDirectory(async (dir) => {
      const writers = [startWriter(dir, 1), startWriter(dir, 1)]
      try {
        await until('both said how it went', () => writers.every(({ lines }) => lines.length > 0))
        assert.ok(writers.filter(({ lines }) => lines[0] === 'open').length <= 1)
      } finally {
        await Promise.all(writers.map(({ kill }) => kill()))
      }
    })
  }
})

test('a line of /proc/locks -> the pid of the process that holds this file and no other', () => {
  const locks = [
    '1: FLOCK  ADVISORY  WRITE 77 fe:00:2147025 0 EOF',
    '2: POSIX  ADVISORY  WRITE 88 fe:01:2147025 0 EOF',
    '3: POSIX  ADVISORY  WRITE 5239 fe:00:2147025 1073741824 1073742335',
    '3: -> POSIX  ADVISORY  WRITE 99 fe:00:2147026 0 EOF',
  ].join('\n')
  assert.equal(holderIn(locks, { dev: 0xfe00, ino: 2147025 }), 5239)
  assert.equal(holderIn(locks, { dev: 0xfe01, ino: 2147025 }), 88)
  assert.equal(holderIn(locks, { dev: 0xfe00, ino: 2147026 }), null)
  assert.equal(holderIn('1: POSIX  ADVISORY  WRITE 0 fe:00:5 0 EOF', { dev: 0xfe00, ino: 5 }), null)
})
