// docs/doctor.md lists the checks as they are.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checks } from '../../src/core/doctor/examine.ts'

test('every check -> its row in docs/doctor.md, in order and with its severity; every row -> a check', () => {
  const page = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([\w.]+)` \| (\w+) \|/gm)].map(([, id, severity]) => `${id} ${severity}`)
  assert.deepEqual(
    rows,
    checks.map(({ id, severity }) => `${id} ${severity}`),
  )
  assert.equal(new Set(rows).size, rows.length)
})
