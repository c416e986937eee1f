// Our own server over TLS: its certificate is renewed while it runs.
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { adminSecret, apiServer, testStore } from '../../test/api.ts'
import { type Certificates, makeCertificates } from '../../test/servers/certificates.ts'
import { lookEveryMs, openCertificate } from '../adapters/certificate.ts'
import { UserError } from '../errors.ts'

const password = 'correct horse battery'

interface Answer {
  readonly status: number
  readonly cookie: string
  readonly serial: string
}

/** A connection of its own each time. */
async function ask(url: string, ca: string, method = 'GET', body?: unknown): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${adminSecret}`, origin: new URL(url).origin }
    const asked = request(url, { ca, method, headers, agent: false, timeout: 10_000 }, (response) => {
      const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate()
      response
        .resume()
        .on('end', () =>
          resolve({ status: response.statusCode ?? 0, cookie: response.headers['set-cookie']?.[0] ?? '', serial: serialNumber }),
        )
    })
    asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function pairs(t: TestContext): readonly [Certificates, Certificates] {
  const made = [makeCertificates(), makeCertificates()] as const
  t.after(() => made.forEach((one) => one.remove()))
  return made
}

test('TLS: the files are renewed -> new connections get the new certificate; half a renewal changes nothing and is told', async (t) => {
  const [old, renewed] = pairs(t)
  const dir = mkdtempSync(join(tmpdir(), 'regroup-own-tls-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const files = { cert: join(dir, 'server.pem'), key: join(dir, 'server.key') }
  const put = (from: Certificates, what: 'cert' | 'key') => copyFileSync(from[`${what}File`], files[what])
  put(old, 'cert')
  put(old, 'key')
  let look = (): void => {}
  const told: string[] = []
  const every = (ms: number, run: () => void): (() => void) => {
    if (ms === lookEveryMs) look = run
    return () => {}
  }
  const certificate = openCertificate(files, every, (problem) => told.push(problem))
  const { url: plain } = await apiServer(t, { certificate })
  const url = plain.replace('http:', 'https:')
  const first = await ask(`${url}/healthz`, old.ca)
  assert.equal(first.status, 200)
  put(renewed, 'cert')
  look()
  look()
  assert.deepEqual(
    told.map((problem) => /does not belong to the certificate/.test(problem)),
    [true],
  )
  assert.equal((await ask(`${url}/healthz`, old.ca)).serial, first.serial)
  put(renewed, 'key')
  look()
  const second = await ask(`${url}/healthz`, renewed.ca)
  assert.deepEqual([second.status, second.serial === first.serial], [200, false])
  await assert.rejects(ask(`${url}/healthz`, old.ca))
})

test('TLS: a login -> a cookie for this host alone, sent over TLS only', async (t) => {
  const [{ certFile, keyFile, ca }] = pairs(t)
  const certificate = openCertificate(
    { cert: certFile, key: keyFile },
    () => () => {},
    () => {},
  )
  const { url: plain } = await apiServer(t, { certificate })
  const url = plain.replace('http:', 'https:')
  assert.equal((await ask(`${url}/api/v1/users`, ca, 'POST', { name: 'ann', password, role: 'admin' })).status, 200)
  const { cookie } = await ask(`${url}/api/v1/login`, ca, 'POST', { name: 'ann', password })
  assert.match(cookie, /^__Host-regroup_login=rgl\.\S+; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
})

test('TLS: files that are no pair, or not there -> refused at the start with their names', (t) => {
  const [one, other] = pairs(t)
  const broken = join(tmpdir(), `regroup-broken-${process.pid}.pem`)
  writeFileSync(broken, 'no certificate')
  t.after(() => rmSync(broken))
  const open = (cert: string, key: string) => () =>
    openCertificate(
      { cert, key },
      () => () => {},
      () => {},
    )
  const refused = (sentence: RegExp) => (error: unknown) =>
    error instanceof UserError && error.code === 'BAD_SETTINGS' && sentence.test(error.message)
  assert.throws(
    open(one.certFile, other.keyFile),
    refused(/server\.pem and .*server\.key cannot be used: the key does not belong to the certificate/),
  )
  assert.throws(open(broken, one.keyFile), refused(/regroup-broken-.*cannot be used/))
  assert.throws(open('/nowhere.pem', one.keyFile), refused(/\/nowhere\.pem.*ENOENT/))
})

test('listen: beyond this machine, with users but without TLS -> refused unless a proxy in front is said to end it', async (t) => {
  const store = await testStore(t)
  const first = await apiServer(t, { store })
  const body = JSON.stringify({ name: 'ann', password, role: 'admin' })
  await fetch(`${first.url}/api/v1/users`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  await first.server.close()
  await assert.rejects(
    apiServer(t, { store, listen: '0.0.0.0:0' }),
    (error) =>
      error instanceof UserError && error.code === 'LISTEN_REFUSED' && /without TLS passwords and tokens could be read/.test(error.message),
  )
  await apiServer(t, { store, listen: '0.0.0.0:0', plainHttp: true })
  const [{ certFile, keyFile }] = pairs(t)
  await apiServer(t, {
    store,
    listen: '0.0.0.0:0',
    certificate: openCertificate(
      { cert: certFile, key: keyFile },
      () => () => {},
      () => {},
    ),
  })
})
