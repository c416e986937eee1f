// Copies that take the place of a store: good, broken, newer, of a server that runs.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { copyKey, copyOf } from '../../controller/restoredStore.ts'
import type { Store } from '../../ports.ts'
import { accepted, entry } from './contract.ts'
import { openEmbeddedStore } from './embedded.ts'
import { storePath } from './file.ts'
import { inspectCopy, restoreStore } from './restore.ts'

const put = (key: string, expected: number, value: unknown) => ({ key, expected, value })
const copiedAt = 1_700_000_000_000

function freshDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-restore-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

async function opened<T>(dir: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openEmbeddedStore({ dir })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

/** A copy of a store in which k is `value`. */
async function copied(t: TestContext, value: unknown): Promise<string> {
  const dir = freshDir(t)
  const file = join(dir, 'backup.db')
  await opened(dir, async (store) => {
    accepted(await store.commit([put('k', 0, value), put('spec/head', 0, { revision: 7 }), put('spec/group/a', 0, {})], [entry('g', 7)]))
    const pieces: Uint8Array[] = []
    for await (const piece of copyOf(store, copiedAt)) pieces.push(piece)
    writeFileSync(file, Buffer.concat(pieces), { mode: 0o644 })
  })
  return file
}

const valueIn = (dir: string, key = 'k'): Promise<unknown> => opened(dir, async (store) => (await store.get(key))?.value)
const contents = (dir: string): Record<string, string> =>
  Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'base64')]))

const sql = (text: string) => (path: string) => {
  const db = new DatabaseSync(path)
  db.exec(text)
  db.close()
}

test('a copy over a store -> it is the store now, closed to others, and says that it is a copy; the old one is kept whole', async (t) => {
  const [dir, file] = [freshDir(t), await copied(t, 'then')]
  await opened(dir, async (store) => accepted(await store.commit([put('k', 0, 'now')], [])))
  const restored = restoreStore(file, dir, 'stamp')
  assert.deepEqual(restored, { at: copiedAt, revision: 7, groups: 1, path: storePath(dir), kept: `${storePath(dir)}.before-stamp` })
  assert.deepEqual(readdirSync(dir).toSorted(), ['regroup.db', 'regroup.db.before-stamp'])
  assert.equal(statSync(storePath(dir)).mode & 0o777, 0o600)
  assert.deepEqual([await valueIn(dir), await valueIn(dir, copyKey)], ['then', { at: copiedAt }])
  assert.equal((await opened(dir, async (store) => await store.history('g', 1)))[0]?.epoch, 7)
  const again = freshDir(t)
  copyFileSync(restored.kept ?? '', storePath(again))
  assert.equal(await valueIn(again), 'now')
})

test('a directory without a store -> the copy is its first', async (t) => {
  const dir = join(freshDir(t), 'new')
  assert.equal(restoreStore(await copied(t, 1), dir, 's').kept, null)
  assert.equal(await valueIn(dir), 1)
})

test('a server has the store open -> refused with its pid, nothing changed', async (t) => {
  const [dir, file] = [freshDir(t), await copied(t, 'then')]
  const store = await openEmbeddedStore({ dir })
  t.after(() => store.close())
  accepted(await store.commit([put('k', 0, 'now')], []))
  // POSIX locks are of processes: only another one meets them.
  const code = `import { restoreStore } from ${JSON.stringify(new URL('restore.ts', import.meta.url).href)}
    try { restoreStore(process.argv[1], process.argv[2], 's') } catch (error) { console.log(error.code, error.message) }`
  const other = (from: string): string =>
    spawnSync(process.execPath, ['--input-type=module-typescript', '-e', code, from, dir], { encoding: 'utf8' }).stdout
  // Not their bytes: reading the file here would drop the lock that is the subject.
  const names = (): string[] => readdirSync(dir).toSorted()
  const before = names()
  assert.match(other(file), new RegExp(`^STORE_LOCKED another process \\(pid ${process.pid}\\) has the store`))
  assert.match(other(storePath(dir)), new RegExp(`^STORE_LOCKED .* is open in another process \\(pid ${process.pid}\\), so it is no copy`))
  assert.deepEqual(names(), before)
  assert.equal((await store.get('k'))?.value, 'now')
})

test('a file that is none, damaged, of another program, newer, empty -> refused, the store untouched', async (t) => {
  const [dir, file] = [freshDir(t), await copied(t, 'x'.repeat(100_000))]
  await opened(dir, async (store) => accepted(await store.commit([put('k', 0, 'now')], [])))
  const files = freshDir(t)
  const variant = (name: string, change: (path: string) => void): string => {
    const path = join(files, name)
    copyFileSync(file, path)
    change(path)
    return path
  }
  const before = contents(dir)
  const cases: [string, string, RegExp][] = [
    [join(files, 'nowhere'), 'STORE_BROKEN', /there is no /],
    [variant('text', (path) => writeFileSync(path, 'groups: []\n'.repeat(100))), 'STORE_BROKEN', /not a store/],
    [variant('empty', (path) => writeFileSync(path, '')), 'STORE_BROKEN', /is empty: no store was ever written/],
    [variant('cut', (path) => writeFileSync(path, readFileSync(path).subarray(0, 40_000))), 'STORE_BROKEN', /damaged/],
    [variant('other', sql('PRAGMA application_id = 1')), 'STORE_BROKEN', /another program/],
    [variant('newer', sql('PRAGMA user_version = 99')), 'STORE_NEWER', /schema 99/],
  ]
  for (const [path, code, message] of cases) {
    for (const look of [() => restoreStore(path, dir, 's'), () => inspectCopy(path)]) assert.throws(look, { code, message }, path)
  }
  assert.deepEqual(contents(dir), before)
})

test('the store that is there is broken, newer or was killed -> replaced all the same and kept as it was', async (t) => {
  const file = await copied(t, 'then')
  for (const [name, spoil] of [
    ['text', (path: string) => writeFileSync(path, 'no database at all')],
    ['newer', sql('PRAGMA user_version = 99')],
  ] as const) {
    const dir = freshDir(t)
    await opened(dir, async (store) => accepted(await store.commit([put('k', 0, 'now')], [])))
    spoil(storePath(dir))
    const { kept } = restoreStore(file, dir, 's')
    assert.ok(kept !== null && existsSync(kept), name)
    assert.equal(await valueIn(dir), 'then', name)
  }
  const dir = freshDir(t)
  const from = freshDir(t)
  await opened(from, async (store) => {
    accepted(await store.commit([put('k', 0, 'in the log')], []))
    for (const name of readdirSync(from)) copyFileSync(join(from, name), join(dir, name))
  })
  const { kept } = restoreStore(file, dir, 's')
  const again = freshDir(t)
  copyFileSync(kept ?? '', storePath(again))
  assert.equal(await valueIn(again), 'in the log')
})

test('a directory that was copied by hand -> restored with its log, and marked as a copy of unknown time', async (t) => {
  const [dir, from] = [freshDir(t), freshDir(t)]
  const cold = freshDir(t)
  await opened(from, async (store) => {
    accepted(await store.commit([put('k', 0, 'in the log')], []))
    for (const name of readdirSync(from)) copyFileSync(join(from, name), join(cold, name))
  })
  assert.equal(restoreStore(storePath(cold), dir, 's').at, null)
  assert.deepEqual([await valueIn(dir), await valueIn(dir, copyKey)], ['in the log', { at: null }])
})
