// The two stories that regroup exists for, as the demo plays them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

void test('demo --check: the lost primary and the stuck group -> every promise kept', () => {
  const demo = fileURLToPath(new URL('demo.ts', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo, '--check', '--json'], { encoding: 'utf8', timeout: 180_000 })
  assert.equal(status, 0, stdout + stderr)
  const report = JSON.parse(stdout) as { readonly ok: boolean; readonly violations: readonly unknown[] }
  assert.equal(report.ok, true)
  assert.deepEqual(report.violations, [])
})
