// `regroup backup` and `export` as people run them; `restore` on real stores is in proof/specLife.test.ts.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { run, server } from '../../test/cli.ts'
import { ordersSpec } from '../../test/samples.ts'
import { UserError } from '../errors.ts'

function freshDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-backup-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

test('cli backup: no copy can be made, what came is no store, the file is there already -> said, and no file is left', async (t) => {
  const { url, facade } = await server(t)
  const dir = freshDir(t)
  const file = join(dir, 'b.db')
  facade.backupFails = new UserError('NOT_NOW', 'a copy of the store is being made already; wait for it to end')
  const busy = await run(t, url, ['backup', file])
  assert.deepEqual([busy.code, busy.err], [3, 'regroup: NOT_NOW: a copy of the store is being made already; wait for it to end\n'])
  facade.backupFails = null
  const nonsense = await run(t, url, ['backup', file])
  assert.equal(nonsense.code, 5)
  assert.match(nonsense.err, /STORE_BROKEN: .*b\.db\.part is damaged or not a store/)
  assert.deepEqual(readdirSync(dir), [])
  const nowhere = await run(t, url, ['backup', join(dir, 'no', 'b.db')])
  assert.deepEqual([nowhere.code, /BAD_INPUT: .*cannot be written \(ENOENT\)/.test(nowhere.err)], [2, true])
  const half = `${file}.part`
  writeFileSync(half, 'of another backup')
  const second = await run(t, url, ['backup', file])
  assert.deepEqual([second.code, /BAD_INPUT: .*b\.db is there already \(or .*\.part\); name a new file/.test(second.err)], [2, true])
  assert.equal(readFileSync(half, 'utf8'), 'of another backup')
})

test('cli export: to stdout and to a file -> what apply takes; a file that is there stays', async (t) => {
  const { url, facade } = await server(t)
  const shown = await run(t, url, ['export'])
  assert.match(shown.out, /^# revision 3 of 20\d\d-.* by cli:ann\ngroups:\n  - name: orders\n/)
  await facade.apply({ put: [], remove: ['orders'], by: 'x', why: '', dryRun: false, ifRevision: null })
  const file = join(freshDir(t), 'all.yaml')
  writeFileSync(file, shown.out)
  const refused = await run(t, url, ['export', file])
  assert.deepEqual([refused.code, /is there already/.test(refused.err)], [2, true])
  assert.equal((await run(t, url, ['apply', file])).code, 0)
  assert.deepEqual(facade.spec().groups, [ordersSpec])
  const other = `${file}.2`
  assert.equal((await run(t, url, ['export', other])).out, `revision 5 is in ${other}\n`)
  assert.ok(existsSync(other))
})
