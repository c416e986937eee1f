// `regroup config check` as people run it; it asks no server.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { run } from '../../test/cli.ts'

test('cli config check: a good file, a file with mistakes -> what the server would say, exit 0 or 2, never a secret', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-config-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const write = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text)
    chmodSync(join(dir, name), 0o644)
    return join(dir, name)
  }
  const good = write('good.yaml', 'store: { path: here }\ncredentials: { main: { password: s3cret, next: { passwordEnv: NEXT } } }\n')
  const bad = write('bad.yaml', 'listn: {}\ncredentials: { main: { password: s3cret, next: { passwordEnv: NOWHERE } } }\n')
  const nobody = 'http://127.0.0.1:9'
  const [said, json, refused] = await Promise.all([
    run(t, nobody, ['config', 'check', good], { env: { NEXT: 'n3xt' } }),
    run(t, nobody, ['config', 'check', good, '--json'], { env: { NEXT: 'n3xt' } }),
    run(t, nobody, ['config', 'check', bad]),
  ])
  assert.equal(said.code, 0, said.err)
  assert.match(
    said.out,
    /good\.yaml is well\n {2}API 127\.0\.0\.1:7070, Sentinel off, store .*\/here\n {2}credentials: main\nwarning: .*chmod 600/,
  )
  assert.deepEqual((JSON.parse(json.out) as { credentials: unknown }).credentials, ['main'])
  assert.equal(refused.code, 2)
  assert.match(refused.err, /bad\.yaml:1:1 listn: unknown key "listn"; did you mean "listen"\?/)
  assert.doesNotMatch(JSON.stringify([said, json, refused]), /s3cret|n3xt/)
})

test('cli config check: files that are missing, empty or no certificate -> one line for each, with its place', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-config-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const write = (name: string, text: string): void => writeFileSync(join(dir, name), text)
  write('empty.pass', '\n')
  write('text.pem', 'no certificate')
  write('gone.yaml', 'listen: { cert: s.crt, key: s.key }\ncredentials: { a: { passwordFile: a.pass }, b: { passwordFile: empty.pass } }\n')
  write('text.yaml', 'listen: { cert: text.pem, key: text.pem }\n')
  const [gone, text] = await Promise.all(
    ['gone', 'text'].map((name) => run(t, 'http://127.0.0.1:9', ['config', 'check', join(dir, `${name}.yaml`)])),
  )
  assert.deepEqual([gone?.code, text?.code], [2, 2])
  assert.deepEqual(
    gone?.err
      .split('\n')
      .slice(1, -1)
      .map((line) => line.replaceAll(`${dir}/`, '').trim()),
    [
      'gone.yaml:1:17 listen.cert: s.crt cannot be read: it is not there',
      'gone.yaml:1:29 listen.key: s.key cannot be read: it is not there',
      'gone.yaml:2:35 credentials.a.passwordFile: a.pass cannot be read: it is not there',
      'gone.yaml:2:64 credentials.b.passwordFile: the first line of this file is empty',
    ],
  )
  write('where.yaml', 'listen: { http: "127.0.0.1:99999", sentinel: "0.0.0.0:26379" }\n')
  const where = await run(t, 'http://127.0.0.1:9', ['config', 'check', join(dir, 'where.yaml')])
  assert.match(where.err, /where\.yaml:1:17 listen\.http: "127\.0\.0\.1:99999" is no address to listen on; write 127\.0\.0\.1:7070\n/)
  assert.match(where.err, /where\.yaml:1:46 listen\.sentinel: 0\.0\.0\.0:26379 can be reached from other machines/)
  assert.match(text?.err ?? '', /text\.yaml:1:17 listen\.cert: no certificate and key that can be read: /)
})
