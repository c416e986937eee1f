import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { apiServer } from '../../test/api.ts'
import { pagePaths } from './page.ts'

/** A folder as the build leaves it, beside a file that is none of the page's. */
function built(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-page-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, 'web', 'assets'), { recursive: true })
  writeFileSync(join(dir, 'secret'), 'tell nobody')
  writeFileSync(join(dir, 'web', 'index.html'), '<!doctype html><title>regroup</title>')
  writeFileSync(join(dir, 'web', 'icon.svg'), '<svg/>')
  writeFileSync(join(dir, 'web', 'assets', 'index-1a2b.js'), 'let plain')
  writeFileSync(join(dir, 'web', 'assets', 'index-1a2b.js.gz'), gzipSync('let packed'))
  return join(dir, 'web')
}

test('page: every place where a person can be -> the document, with a policy that lets nothing in from elsewhere, never kept', async (t) => {
  const { url } = await apiServer(t, { page: built(t) })
  for (const path of pagePaths) {
    const answer = await fetch(url + path.replace('*', 'shop/timeline'))
    assert.equal(answer.status, 200, path)
    assert.match(await answer.text(), /<title>regroup/)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/)
    assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'self';.*frame-ancestors 'none'/)
    assert.doesNotMatch(answer.headers.get('content-security-policy') ?? '', /unsafe/)
    assert.equal(answer.headers.get('cache-control'), 'no-cache')
  }
})

test('page: its files -> kept for ever under their hash, packed for who takes it, and nothing beside them', async (t) => {
  const { url } = await apiServer(t, { page: built(t) })
  const packed = await fetch(`${url}/assets/index-1a2b.js`, { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(await packed.text(), 'let packed')
  assert.match(packed.headers.get('cache-control') ?? '', /immutable/)
  const plain = await fetch(`${url}/assets/index-1a2b.js`, { headers: { 'accept-encoding': 'identity' } })
  assert.equal(await plain.text(), 'let plain')
  assert.equal(plain.headers.get('x-content-type-options'), 'nosniff')
  for (const path of ['/assets/gone.js', '/assets/..%2f..%2fsecret', '/assets/%2e%2e/%2e%2e/secret', '/assets/..%5c..%5csecret']) {
    const answer = await fetch(url + path)
    assert.ok(answer.status === 404 || answer.status === 403 || answer.status === 400, `${path}: ${answer.status}`)
    assert.doesNotMatch(await answer.text(), /tell nobody/)
  }
})

test('page: not built -> says how to build it; the API answers', async (t) => {
  const { url } = await apiServer(t, { page: join(tmpdir(), 'regroup-no-such-folder') })
  const answer = await fetch(`${url}/groups/shop`)
  assert.equal(answer.status, 503)
  assert.match(await answer.text(), /not built\. Run script\/bootstrap/)
  assert.equal((await fetch(`${url}/api/v1/groups`)).status, 200)
})

test('page: somebody was named -> the page itself is there for everybody, since it must ask who it is', async (t) => {
  const { url } = await apiServer(t, { page: built(t) })
  const user = { name: 'ann', password: 'a long password', role: 'admin' }
  const made = await fetch(`${url}/api/v1/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(user),
  })
  assert.equal(made.status, 200)
  assert.equal((await fetch(`${url}/api/v1/groups`)).status, 401)
  assert.equal((await fetch(`${url}/`)).status, 200)
})
