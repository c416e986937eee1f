import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { run } from '../../test/cli.ts'
import { cacheFolder } from './cacheFolder.ts'

test("cache folder: the user's own -> below XDG_CACHE_HOME, or in the home", () => {
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/caches' }), '/caches/regroup/compiled')
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '' }), join(homedir(), '.cache/regroup/compiled'))
  assert.equal(cacheFolder({}), join(homedir(), '.cache/regroup/compiled'))
})

test('cache folder: a command was run -> what was compiled of the whole program is there for the next one', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'regroup-cache-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const env = { XDG_CACHE_HOME: home, NODE_COMPILE_CACHE: undefined }
  const { code } = await run(t, 'http://127.0.0.1:1', ['--help'], { env })
  assert.equal(code, 0)
  const folder = join(home, 'regroup', 'compiled')
  assert.ok(existsSync(folder))
  // Commander's and the commands' modules, not only the two that were loaded before they were asked for.
  assert.ok(readdirSync(folder, { recursive: true }).length > 30)
})
