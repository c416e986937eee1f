// What people do wrong, end to end: what is wrong, where, the way out, a stable code, nothing changed, no stack.
import assert from 'node:assert/strict'
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '../test/servers/redis.ts'
import { Controller } from './harness/controller.ts'
import { found, instead, until } from './harness/wait.ts'
import { dismiss, startWatched } from './harness/watched.ts'
import { healthy, limitMs, otherPrimary } from './stories/waits.ts'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function regroup(words: readonly string[], options: SpawnOptions = {}, input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...words], { ...options, stdio: 'pipe' })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.stdin.end(input)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

/** Refused with this code and exit code, in words and without a stack. */
function refused(ran: Ran, exit: number, code: string, sentence: RegExp): void {
  assert.equal(ran.code, exit, ran.err)
  assert.equal(ran.out, '')
  assert.match(ran.err, new RegExp(`^regroup: ${code}: `, 'm'))
  assert.match(ran.err, sentence)
  assert.doesNotMatch(ran.err, /^\s+at |\.ts:\d|node:internal|node_modules/m)
}

void describe('a server that cannot start', () => {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-bad-'))
  after(() => rmSync(dir, { recursive: true, force: true }))
  const listen = async (): Promise<string> => `127.0.0.1:${await freePort()}`

  test('settings with mistakes of every kind -> BAD_SETTINGS, each at its line and column, no secret', async () => {
    const file = join(dir, 'regroup.yaml')
    writeFileSync(
      file,
      'listne: {}\nstore: { path: 4 }\ncredentials:\n  main: { password: 4711, user: x }\ndefaults: { silentAfterMs: -5, probeEveryMs: 1e9 }\n',
    )
    const ran = await regroup(['server', '--config', file])
    refused(ran, 2, 'BAD_SETTINGS', /regroup\.yaml has 6 problems/)
    assert.match(ran.err, /regroup\.yaml:1:1 listne: unknown key "listne"; did you mean "listen"\?/)
    assert.match(ran.err, /regroup\.yaml:5:28 defaults\.silentAfterMs: is -5; it must be 100 to 120000 ms/)
    assert.doesNotMatch(ran.err, /4711/)
    refused(await regroup(['server', '--config', join(dir, 'none.yaml')]), 2, 'BAD_SETTINGS', /none\.yaml cannot be read: it is not there/)
  })

  test('a port that is taken, an address of nobody -> LISTEN_REFUSED, and the store is free again', async (t) => {
    const other = createServer()
    t.after(() => other.close())
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const bound = other.address()
    assert(typeof bound === 'object' && bound !== null)
    const store = join(dir, 'taken')
    const words = ['server', '--store', store, '--listen']
    refused(
      await regroup([...words, `127.0.0.1:${bound.port}`]),
      5,
      'LISTEN_REFUSED',
      /is taken by another process; stop it or listen on another port/,
    )
    refused(await regroup([...words, 'nonsense']), 5, 'LISTEN_REFUSED', /"nonsense" is no address to listen on; write 127\.0\.0\.1:7070/)
  })

  test('a store that another server has open -> STORE_LOCKED with its pid; the other one goes on', async () => {
    const first = await Controller.start()
    const ran = await regroup(['server', '--store', join(first.dir, 'store'), '--listen', await listen()])
    refused(ran, 5, 'STORE_LOCKED', new RegExp(`pid ${first.pid}\\) has the store .*; stop it first, or give this one another directory`))
    assert.equal((await regroup(['--server', first.url, 'status'])).code, 0)
    await first.remove()
  })

  test('a store from a newer version, one that is no store -> STORE_NEWER, STORE_BROKEN, left as they were', async () => {
    const newer = join(dir, 'newer')
    const made = await Controller.start({ settings: { store: { kind: 'embedded', path: newer } } })
    await made.remove()
    const db = new DatabaseSync(join(newer, 'regroup.db'))
    db.exec('PRAGMA user_version = 99')
    db.close()
    refused(await regroup(['server', '--store', newer, '--listen', await listen()]), 5, 'STORE_NEWER', /schema 99/)
    const broken = join(dir, 'broken')
    mkdirSync(broken)
    writeFileSync(join(broken, 'regroup.db'), 'no store at all. '.repeat(1000))
    refused(
      await regroup(['server', '--store', broken, '--listen', await listen()]),
      5,
      'STORE_BROKEN',
      /damaged or not a store.*restore a backup/,
    )
  })
})

void describe('a running server', () => {
  let controller: Controller
  const ask = (...words: readonly string[]): Promise<Ran> => regroup(['--server', controller.url, ...words])
  before(async () => {
    controller = await Controller.start()
  })
  after(async () => await controller.remove())

  test('a file with many mistakes -> all at once, each at its line; nothing was changed', async () => {
    const file = [
      'groups:',
      '  - name: cart',
      '    engin: redis',
      '    policy: { silentAfterMs: 99999999999, probeEveryMs: 0.5, guard: maybe }',
      '    nodes:',
      '      - { name: a, address: "10.0.0.1:6379" }',
      '      - { name: a, address: "10.0.0.1:6379" }',
      '      - { name: c, address: "10.0.0.1:99999" }',
      '  - name: "no spaces please"',
      '    nodes: []',
      'remvoe: [x]',
    ].join('\n')
    const ran = await regroup(['--server', controller.url, 'apply', '-'], {}, file)
    refused(ran, 2, 'BAD_SPEC', /stdin has \d+ problems; nothing was changed/)
    for (const line of [
      /stdin:3:5 groups\[0\]\.engin: unknown key "engin"; did you mean "engine"\?/,
      /stdin:4:30 groups\[0\]\.policy\.silentAfterMs: is 99999999999; it must be 100 to 120000 ms/,
      /stdin:4:57 groups\[0\]\.policy\.probeEveryMs: is 0\.5/,
      /stdin:4:69 groups\[0\]\.policy\.guard: is "maybe"; it must be one of auto, on, off/,
      /stdin:8:\d+ groups\[0\]\.nodes\[2\]\.address: is "10\.0\.0\.1:99999"/,
      /stdin:9:11 groups\[1\]\.name: is "no spaces please"/,
      /stdin:10:12 groups\[1\]\.nodes: must not be empty/,
      /stdin:11:1 remvoe: unknown key "remvoe"; did you mean "remove"\?/,
    ])
      assert.match(ran.err, line)
    const twice = await ask('group', 'add', 'twice', '--node', 'a=10.0.0.1:6379', '--node', 'a=10.0.0.1:6379')
    refused(twice, 2, 'BAD_SPEC', /two nodes named a/)
    assert.match(twice.err, /node a of group twice is 10\.0\.0\.1:6379, which is node a/)
    refused(await regroup(['--server', controller.url, 'apply', '-'], {}, 'groups: [\n  - name: x'), 2, 'BAD_SPEC', /stdin:2:\d+/)
    assert.deepEqual(await controller.api.groups(), [])
  })

  test('times that make no sense -> BAD_INPUT or BAD_SPEC with what is allowed', async () => {
    await ask('group', 'add', 'times', '--node', 'a=127.0.0.1:1')
    const times = ['0s', '8d', '-1h', 'soon', '1e9h', '99999999999999999999d']
    for (const ran of await Promise.all(times.map((time) => ask('pause', 'times', `--for=${time}`))))
      refused(ran, 2, 'BAD_INPUT', /duration; write 30m|it must be 1s to 7d/)
    const policy = await ask('group', 'add', 'absurd', '--node', 'a=127.0.0.1:2', '--policy', 'silentAfterMs=100', 'canaryEveryMs=99999999')
    refused(policy, 2, 'BAD_SPEC', /silentAfterMs is 100, but must be at least 750|canaryEveryMs/)
    refused(await ask('history', 'times', '--limit', '0'), 2, 'BAD_INPUT', /1 to 500/)
    assert.equal((await controller.api.group('times'))?.pause, null)
    await ask('group', 'remove', 'times')
  })

  test('a token that nobody gave out, a body that is too large, no JSON -> a code in the form of problems; the server goes on', async () => {
    const told = await regroup(['--server', controller.url, 'status'], { env: { ...process.env, REGROUP_TOKEN: 'rg_made-up' } })
    refused(told, 3, 'UNAUTHENTICATED', /./)
    assert.doesNotMatch(told.err + controller.log, /rg_made-up/)
    const post = async (body: string): Promise<{ status: number; code: string }> => {
      const response = await fetch(`${controller.url}/api/v1/spec`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      const { code } = (await response.json()) as { code: string }
      return { status: response.status, code }
    }
    assert.deepEqual(await post(`{"why":"${'x'.repeat(17 * 1024 * 1024)}"}`), { status: 413, code: 'BAD_INPUT' })
    assert.deepEqual(await post('{"groups": ['), { status: 400, code: 'BAD_INPUT' })
    assert.deepEqual(await post('['.repeat(100_000)), { status: 400, code: 'BAD_INPUT' })
    assert.equal((await ask('status')).code, 0)
    assert.deepEqual(controller.deaths, [])
  })

  test('Ctrl-C -> the server stops at once with exit code 0, and the next one has its store', async () => {
    const store = mkdtempSync(join(tmpdir(), 'regroup-bad-'))
    const address = `127.0.0.1:${await freePort()}`
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const child = spawn(process.execPath, [main, 'server', '--store', store, '--listen', address], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let log = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
      const exited = new Promise((resolve) => child.once('exit', (code, how) => resolve(how ?? code)))
      await until('the server runs', limitMs, () => (log.includes('server.started') ? found(true) : instead(log)))
      // What is due in minutes must not hold it up.
      if (signal === 'SIGTERM')
        assert.equal((await regroup(['--server', `http://${address}`, 'group', 'add', 'g', '--node', 'a=127.0.0.1:1'])).code, 0)
      child.kill(signal)
      const late = setTimeout(() => child.kill('SIGKILL'), limitMs)
      assert.equal(await exited, 0, log)
      clearTimeout(late)
      assert.doesNotMatch(log, /"level":"(?:error|fatal)"/)
    }
    rmSync(store, { recursive: true })
  })
})

test('the disk under the store is full while a primary dies -> watched on, said once and calmly; room again -> decided by itself', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-bad-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'regroup-test', dir])
  if (mounted.status !== 0 && process.getuid?.() !== 0) return t.skip('no file system can be mounted here')
  assert.equal(mounted.status, 0, String(mounted.stderr))
  const controller = await Controller.start({ settings: { store: { kind: 'embedded', path: join(dir, 'store') } } })
  const group = await startWatched(controller, 'shop', 3, { persistence: 'none', delay: 0 })
  const ballast = openSync(join(dir, 'ballast'), 'a')
  // Whatever the store frees is taken at once.
  const fill = (): void => {
    for (const bytes of [4096, 1]) {
      try {
        for (;;) writeSync(ballast, Buffer.alloc(bytes))
      } catch {
        // Full.
      }
    }
  }
  const filling = setInterval(fill, 10)
  try {
    const ask = (...words: readonly string[]): Promise<Ran> => regroup(['--server', controller.url, ...words])
    let told: Ran = { code: 0, out: '', err: '' }
    let revision = 0
    for (let count = 0; told.code === 0; count++) {
      assert(count < 50, 'the disk never filled')
      revision = (await controller.api.group('shop'))?.specRevision ?? 0
      const changed = JSON.stringify({ groups: [group.spec({ probeEveryMs: 251 + count })] })
      told = await regroup(['--server', controller.url, 'apply', '-'], {}, changed)
    }
    refused(told, 5, 'STORE_BROKEN', /the change was not stored, the spec stays at revision \d+: no space left for .*regroup\.db/)
    assert.equal((await controller.api.group('shop'))?.specRevision, revision)
    const before = controller.log.length
    const old = group.node('n1')
    await old.server.kill9()
    await until('the hold is told', limitMs, async () => {
      const status = await controller.api.group('shop')
      return /not done, since it cannot be stored \(no space left/.test(status?.sentence ?? '')
        ? found(true)
        : instead(status?.sentence ?? '')
    })
    // Long enough for a loop without a pause to show.
    const heard = (): number => (controller.log.slice(before).match(/\n/g) ?? []).length
    await until('it was tried several times', limitMs, async () => {
      const status = await controller.api.group('shop')
      const since = status?.nodes.find(({ id }) => id === 'n1')?.lastReplyAgoMs ?? 0
      return since > 4000 ? found(true) : instead(`${since} ms`)
    })
    const log = controller.log.slice(before)
    assert.ok(heard() < 12, `${heard()} lines: ${log.slice(0, 2000)}`)
    assert.equal(log.match(/"event":"store\.failing"/g)?.length, 1)
    assert.match(log, /"level":"error".*no space left for .*regroup\.db/)
    assert.equal((await ask('status', 'shop')).code, 0)
    assert.match((await ask('explain', 'shop')).out, /decisions cannot be stored, so none is carried out: no space left/)
    clearInterval(filling)
    rmSync(join(dir, 'ballast'))
    closeSync(ballast)
    const next = await otherPrimary(controller, group, 'n1')
    await old.server.start()
    assert.equal(await healthy(controller, group), next)
    assert.match(controller.log.slice(before), /"event":"store\.works"/)
    assert.deepEqual(controller.deaths, [])
  } finally {
    clearInterval(filling)
    await dismiss(controller, group)
    await controller.remove()
    spawnSync('umount', ['-l', dir])
    rmSync(dir, { recursive: true, force: true })
  }
})
