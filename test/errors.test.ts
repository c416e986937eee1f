// docs/errors.md says what each code of src/errors.ts means, and nothing else.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { codes } from '../src/errors.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')
const row = /^\| `([A-Z_]+)` \| (\d+) \| (\d+) \| (.+) \| (.+) \|$/gm
const documented = [...page.matchAll(row)].map(([, code = '', status, exit, meaning = '', way = '']) => ({
  code,
  status,
  exit,
  meaning,
  way,
}))

test('every error code -> a row with its HTTP status and exit code; every row -> a code', () => {
  const expected = Object.entries(codes).map(([code, { status, exit }]) => [code, String(status), String(exit)])
  assert.deepEqual(
    documented.map(({ code, status, exit }) => [code, status, exit]),
    expected,
  )
})

test('every row -> says what the code means and the way out', () => {
  for (const { code, meaning, way } of documented) assert.ok(meaning.length > 20 && way.length > 10, code)
})

test('every error code -> something gives it', () => {
  const sources = globSync('src/**/*.ts', { cwd: root })
    .filter((path) => !path.endsWith('.test.ts') && path !== join('src', 'errors.ts'))
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n')
  for (const { code } of documented) assert.match(sources, new RegExp(`'${code}'`), code)
})
