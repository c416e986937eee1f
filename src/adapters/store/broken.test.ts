// The embedded store on files and disks that are not as they should be.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { until } from '../../../test/until.ts'
import { accepted, entry } from './contract.ts'
import { openEmbeddedStore } from './embedded.ts'
import { openStoreFile, storePath } from './file.ts'
import { migrate, migrations, pragma } from './schema.ts'

const squeezed = fileURLToPath(new URL('../../../test/store/squeezed.ts', import.meta.url))
const put = (key: string, expected: number, value: unknown) => ({ key, expected, value })

function freshDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-broken-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Every file of a directory with its bytes. */
function contents(dir: string): Record<string, string> {
  return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'base64')]))
}

async function refusal(dir: string, code: string, sentence: RegExp): Promise<void> {
  await assert.rejects(openEmbeddedStore({ dir }), (error) => {
    assert.ok(error instanceof UserError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, sentence)
    assert.ok(error.message.includes(storePath(dir)), error.message)
    return true
  })
}

/** A store with one key and the write-ahead log that a killed process leaves: copied while it is open. */
async function leftByKill(dir: string): Promise<void> {
  const from = mkdtempSync(join(tmpdir(), 'regroup-broken-'))
  const store = await openEmbeddedStore({ dir: from })
  accepted(await store.commit([put('k', 0, 'kept')], [entry('g', 1)]))
  for (const name of readdirSync(from)) writeFileSync(join(dir, name), readFileSync(join(from, name)))
  await store.close()
  rmSync(from, { recursive: true })
}

test('a new directory -> 0700, and its files 0600 whatever the umask says', async (t) => {
  const dir = join(freshDir(t), 'a', 'b')
  const umask = process.umask(0)
  try {
    const store = await openEmbeddedStore({ dir })
    accepted(await store.commit([put('k', 0, 1)], []))
    assert.equal(statSync(dir).mode & 0o777, 0o700)
    assert.deepEqual(
      readdirSync(dir).map((name) => [name, statSync(join(dir, name)).mode & 0o777]),
      [
        ['regroup.db', 0o600],
        ['regroup.db-wal', 0o600],
      ],
    )
    await store.close()
  } finally {
    process.umask(umask)
  }
})

test('a schema newer than ours -> STORE_NEWER, and not a byte beside it changes', async (t) => {
  const dir = freshDir(t)
  await leftByKill(dir)
  const file = openSync(storePath(dir), 'r+')
  writeSync(file, Buffer.from([0, 0, 0, 99]), 0, 4, 60) // user_version in SQLite's header
  closeSync(file)
  const before = contents(dir)
  assert.deepEqual(Object.keys(before), ['regroup.db', 'regroup.db-wal'])
  assert.ok((before['regroup.db-wal'] ?? '').length > 0)
  await refusal(dir, 'STORE_NEWER', /schema 99, this one knows 1/)
  assert.deepEqual(contents(dir), before)
})

test('an older schema -> every missing script in one transaction; one that fails -> as before', (t) => {
  const db = new DatabaseSync(join(freshDir(t), 'x.db'))
  assert.equal(migrate(db, migrations), true)
  assert.equal(migrate(db, migrations), false)
  const newer = [...migrations, 'ALTER TABLE pair ADD COLUMN note TEXT', 'CREATE TABLE added (x)']
  assert.throws(() => migrate(db, [...newer, 'CREATE TABLE pair (x)']), /already exists/)
  assert.equal(pragma(db, 'user_version'), 1)
  assert.throws(() => db.exec('SELECT note FROM pair'), /no such column/)
  assert.equal(migrate(db, newer), true)
  assert.equal(pragma(db, 'user_version'), 3)
  db.exec('SELECT note FROM pair; SELECT x FROM added')
  db.close()
})

test('a database of another program -> STORE_BROKEN, left as it was', async (t) => {
  const dir = freshDir(t)
  const db = new DatabaseSync(storePath(dir))
  db.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)')
  db.close()
  const before = contents(dir)
  await refusal(dir, 'STORE_BROKEN', /another program/)
  assert.deepEqual(contents(dir), before)
})

test('a file of garbage -> STORE_BROKEN, left as it was', async (t) => {
  const dir = freshDir(t)
  writeFileSync(storePath(dir), 'this is not a database. '.repeat(1000))
  const before = contents(dir)
  await refusal(dir, 'STORE_BROKEN', /damaged or not a store/)
  assert.deepEqual(contents(dir), before)
})

test('pages overwritten in the middle -> STORE_BROKEN', async (t) => {
  const dir = freshDir(t)
  const store = await openEmbeddedStore({ dir })
  for (let count = 0; count < 20; count++) accepted(await store.commit([put(`k${count}`, 0, 'x'.repeat(3000))], []))
  await store.close()
  const { size } = statSync(storePath(dir))
  const file = openSync(storePath(dir), 'r+')
  writeSync(file, Buffer.alloc(8192, 0xa5), 0, 8192, Math.floor(size / 8192) * 4096)
  closeSync(file)
  await refusal(dir, 'STORE_BROKEN', /damaged/)
})

test('a directory that may only be read -> STORE_BROKEN with the way out', async (t) => {
  const [empty, used] = [freshDir(t), freshDir(t)]
  const store = await openEmbeddedStore({ dir: used })
  await store.close()
  chmodSync(storePath(used), 0o444)
  for (const dir of [empty, used]) chmodSync(dir, 0o555)
  // Root may write anywhere, so it becomes nobody for the moment; the file is opened in this thread because the id is the process's.
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.(65_534)
  try {
    for (const dir of [empty, used]) {
      assert.throws(
        () => openStoreFile({ dir, keepEntries: 10, maxBytes: 1e9 }),
        (error) => error instanceof UserError && error.code === 'STORE_BROKEN' && /cannot be written.*check its owner/.test(error.message),
      )
    }
  } finally {
    if (root) process.seteuid?.(0)
    for (const dir of [empty, used]) chmodSync(dir, 0o700)
  }
})

test('a file where the directory should be -> STORE_BROKEN', async (t) => {
  const dir = join(freshDir(t), 'file')
  writeFileSync(dir, '')
  await refusal(dir, 'STORE_BROKEN', /is a file, and a store needs a directory/)
})

/** Fills a store that has room for about 1 MiB, and shows that it fails honestly and goes on when `makeRoom` made 100 KiB. */
async function fill(dir: string, maxBytes: number, makeRoom: (store: Store) => Promise<void>): Promise<void> {
  const settings = { dir, maxBytes, keepEntries: 10 }
  let store = await openEmbeddedStore(settings)
  const stored: string[] = []
  let failure = ''
  for (let count = 0; failure === ''; count++) {
    assert.ok(count < 100, 'the disk never filled')
    const result = await store.commit([put(`k${count}`, 0, 'x'.repeat(50_000))], [])
    if (result.ok) stored.push(`k${count}`)
    else failure = `${result.reason}: ${result.message}`
  }
  assert.match(failure, /^unknown: no space left for /)
  assert.ok(stored.length > 2)
  const keys = async (): Promise<string[]> => (await store.list('k')).map((found) => found.key)
  assert.deepEqual(await keys(), stored.toSorted())

  // Small commits of the same turn are not taken along by one that does not fit.
  await makeRoom(store)
  const [small, large, other] = await Promise.all([
    store.commit([put('small', 0, 1)], [entry('g', 1)]),
    store.commit([put('large', 0, 'x'.repeat(900_000))], [entry('g', 2)]),
    store.commit([put('other', 0, 1)], [entry('g', 3)]),
  ])
  assert.deepEqual([small.ok, large.ok, other.ok], [true, false, true])
  await store.close()
  store = await openEmbeddedStore(settings)
  assert.deepEqual(
    (await keys()).filter((key) => key !== 'k0' && key !== 'k1'),
    stored.slice(2).toSorted(),
  )
  assert.deepEqual([await store.get('large'), (await store.get('other'))?.value], [null, 1])
  assert.deepEqual(
    (await store.history('g', 10)).map((found) => [found.seq, found.epoch]),
    [
      [2, 3],
      [1, 1],
    ],
  )
  await store.close()
}

test('the size limit reached -> unknown with its reason, nothing acknowledged is lost, room made is used', async (t) => {
  await fill(freshDir(t), 1024 * 1024, async (store) => {
    for (const key of ['k0', 'k1']) accepted(await store.commit([put(key, (await store.get(key))?.version ?? 0, null)], []))
  })
})

test('a full disk -> the same, and a new store on it is refused', async (t) => {
  const dir = freshDir(t)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'regroup-test', dir])
  if (mounted.status !== 0) {
    t.skip('no file system can be mounted here; the size limit above meets the same SQLite error')
    return
  }
  try {
    const ballast = join(dir, 'ballast')
    writeFileSync(ballast, Buffer.alloc(200_000))
    await fill(join(dir, 'store'), 1e9, async () => rmSync(ballast))
    const file = openSync(ballast, 'a')
    assert.throws(() => {
      for (;;) writeSync(file, Buffer.alloc(4096))
    }, /ENOSPC/)
    closeSync(file)
    mkdirSync(join(dir, 'new'))
    await refusal(join(dir, 'new'), 'STORE_BROKEN', /no space left/)
  } finally {
    spawnSync('umount', ['-l', dir])
  }
})

test(
  'writes that fail with an I/O error -> unknown, then reads refused; once the disk works -> whole and going on',
  { timeout: 60_000 },
  async (t) => {
    const dir = freshDir(t)
    // A file size limit makes the kernel fail a write as a broken disk does (EFBIG): an error that leaves the outcome open.
    const child = spawn('bash', ['-c', 'ulimit -S -f 600; exec "$0" "$@"', process.execPath, squeezed, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    try {
      await until('reads are refused', () => said.includes('refused'))
      assert.match(said, /stored k/)
      assert.match(said, /unknown k\d+\nrefused STORE_BROKEN\n/)
      spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited'])
      await until('it recovered', () => said.includes('done'))
    } finally {
      child.kill('SIGKILL')
      await closed
    }
    const outcomes = new Map([...said.matchAll(/^(stored|unknown) (k\d+)$/gm)].map(([, outcome, key]) => [key, outcome]))
    const store = await openEmbeddedStore({ dir })
    const found = await store.list<string>('k')
    await store.close()
    for (const pair of found) assert.equal(pair.value.length, 40_000)
    for (const [key, outcome] of outcomes) {
      if (outcome === 'stored')
        assert.ok(
          found.some((pair) => pair.key === key),
          `${key} was acknowledged and is gone`,
        )
    }
  },
)

test('a hundred commits of one turn -> one transaction', async (t) => {
  // Every transaction writes its own copy of the pages it touches, so the write-ahead log tells how many there were.
  const grown = async (together: boolean): Promise<number> => {
    const dir = freshDir(t)
    const store = await openEmbeddedStore({ dir })
    const before = statSync(`${storePath(dir)}-wal`).size
    const commits = []
    for (let group = 0; group < 100; group++) {
      const commit = store.commit([put(`g/${group}`, 0, { epoch: 1 })], [])
      if (!together) await commit
      commits.push(commit)
    }
    for (const result of await Promise.all(commits)) accepted(result)
    const { size } = statSync(`${storePath(dir)}-wal`)
    await store.close()
    return (size - before) / 4096
  }
  const [alone, together] = [await grown(false), await grown(true)]
  assert.ok(alone >= 200, `${alone} pages one by one`)
  assert.ok(together < 20, `${together} pages together`)
})

test('a disk slower than the deadline and a queue that is full -> unknown, and what was written shows later', async (t) => {
  const store = await openEmbeddedStore({ dir: freshDir(t), answerWithinMs: 1 })
  const value = 'x'.repeat(1024 * 1024 - 2)
  const results = await Promise.all(Array.from({ length: 70 }, (_, index) => store.commit([put(`k/${index}`, 0, value)], [])))
  const messages = results.map((result) => (result.ok ? 'ok' : `${result.reason}: ${result.message}`))
  assert.equal(messages[0], 'unknown: the disk did not answer for 1 ms')
  assert.equal(messages.at(-1), 'unknown: too many commits wait for the disk')
  await until('the slow commit is readable', async () => {
    try {
      return (await store.get('k/63')) !== null
    } catch (error) {
      assert.ok(error instanceof UserError && error.code === 'STORE_BROKEN', String(error))
      return false
    }
  })
  await store.close()
})

test('closing -> commits asked before are stored, later ones are unknown, closing twice is one', async (t) => {
  const dir = freshDir(t)
  const store = await openEmbeddedStore({ dir })
  const before = store.commit([put('k', 0, 1)], [])
  const closed = store.close()
  const after = await store.commit([put('late', 0, 1)], [])
  assert.deepEqual([after.ok, !after.ok && after.reason], [false, 'unknown'])
  accepted(await before)
  await Promise.all([closed, store.close()])
  await assert.rejects(store.get('k'), { code: 'STORE_BROKEN' })
  const again = await openEmbeddedStore({ dir })
  assert.deepEqual(
    (await again.list('')).map((found) => found.key),
    ['k'],
  )
  await again.close()
})
