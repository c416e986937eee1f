// Users, tokens and logins by the command, as people and programs use it.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { run, server } from '../../test/cli.ts'

const password = 'correct horse battery'

async function served(t: TestContext) {
  const { url } = await server(t)
  const dir = mkdtempSync(join(tmpdir(), 'regroup-cli-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const home = { XDG_CONFIG_HOME: dir, REGROUP_TOKEN: '', REGROUP_TOKEN_FILE: '' }
  const ask = async (line: string, options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {}) =>
    await run(t, url, line.split(' '), { ...options, env: { ...home, ...options.env } })
  return { url, dir, ask }
}

test('cli login: the first user, from stdin -> from then on one logs in; the login is a file for this user alone', async (t) => {
  const { url, dir, ask } = await served(t)
  const added = await ask('user add ann --role admin', { input: `${password}\n` })
  assert.deepEqual([added.code, added.out], [0, 'added: ann, admin of all groups\n'])
  const refused = await ask('status')
  assert.equal(refused.code, 3)
  assert.match(refused.err, /^regroup: UNAUTHENTICATED: say who you are: log in \(`regroup login NAME`\), or send a token/)
  assert.equal((await ask('login ann', { input: 'wrong horse battery\n' })).code, 3)
  const login = await ask('login ann', { input: `${password}\n` })
  assert.match(login.out, /^logged in as ann, admin of all groups, until /)
  const file = join(dir, 'regroup', 'logins.json')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.match((JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>)[url] ?? '', /^rgl\./)
  assert.match((await ask('status')).out, /2 groups/)
  const changed = await ask('passwd', { input: `${password}\nanother horse battery\n` })
  assert.match(changed.out, /ann has another password; log in again/)
  assert.equal((await ask('status')).code, 3)
  await ask('login ann', { input: 'another horse battery\n' })
  assert.equal((await ask('logout')).out, 'logged out\n')
  assert.equal((await ask('status')).code, 3)
})

test('cli login: the server does not know the login of before any more -> one logs in again, or forgets it', async (t) => {
  const { url, dir, ask } = await served(t)
  await ask('user add ann --role admin', { input: `${password}\n` })
  const file = join(dir, 'regroup', 'logins.json')
  const ended = (): void => writeFileSync(file, JSON.stringify({ [url]: 'rgl.000000000000.gone' }))
  await ask('login ann', { input: `${password}\n` })
  ended()
  assert.match((await ask('status')).err, /UNAUTHENTICATED: this token or login is unknown.*`regroup login NAME`.*`regroup logout`/)
  assert.match((await ask('login ann', { input: `${password}\n` })).out, /^logged in as ann/)
  assert.match((await ask('status')).out, /2 groups/)
  ended()
  const forgotten = await ask('logout')
  assert.deepEqual([forgotten.code, forgotten.out], [0, 'the server did not know this login any more; it is forgotten here\n'])
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {})
})

test('cli logout: a token of the environment is refused, or is good -> it is the login that ends, not the token', async (t) => {
  const { dir, ask } = await served(t)
  await ask('user add ann --role admin', { input: `${password}\n` })
  await ask('login ann', { input: `${password}\n` })
  const secret = /^rgt\.\S+$/m.exec((await ask('token create deploy --role operator')).out)?.[0] ?? ''
  const file = join(dir, 'regroup', 'logins.json')
  for (const token of ['rgt.000000000000.gone', secret]) {
    await ask('login ann', { input: `${password}\n` })
    const login = readFileSync(file, 'utf8')
    const left = await ask('logout', { env: { REGROUP_TOKEN: token } })
    assert.deepEqual([left.code, left.out], [0, 'logged out\n'])
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {})
    writeFileSync(file, login)
    assert.match((await ask('status')).err, /UNAUTHENTICATED/, 'the server ended it too')
  }
  assert.match((await ask('status', { env: { REGROUP_TOKEN: secret } })).out, /2 groups/)
})

test('cli token: created by an admin -> for programs, in the environment or in a file, and only for its groups', async (t) => {
  const { dir, ask } = await served(t)
  await ask('user add ann --role admin', { input: `${password}\n` })
  await ask('login ann', { input: `${password}\n` })
  const made = await ask('token create deploy --role operator --group bill* --expires 90d --why CI')
  assert.match(made.out, /^token deploy, operator of bill\*, expires \d{4}-/)
  const secret = /^rgt\.\S+$/m.exec(made.out)?.[0] ?? ''
  const file = join(dir, 'token')
  writeFileSync(file, `${secret}\n`)
  const fromFile = await ask('status', { env: { REGROUP_TOKEN_FILE: file } })
  assert.match(fromFile.out, /billing/)
  assert.doesNotMatch(fromFile.out, /orders/)
  const moved = await ask('switchover orders', { env: { REGROUP_TOKEN: secret } })
  assert.match(moved.err, /FORBIDDEN: token:deploy may not reach the group "orders", only bill\*/)
  const listed = await ask('token list')
  assert.match(listed.out, /deploy +operator +bill\* +\d{4}-.* ann/)
  assert.ok(!listed.out.includes(secret.split('.')[2] ?? '?'))
  const id = secret.split('.')[1] ?? ''
  assert.match((await ask(`token revoke ${id} --dry-run`)).out, /dry run: would revoke/)
  assert.equal((await ask(`token revoke ${id}`)).code, 0)
  assert.match((await ask('status', { env: { REGROUP_TOKEN: secret } })).err, /this token or login is unknown, was revoked or has expired/)
  const audit = await ask('audit --limit 4')
  assert.match(audit.out, /ann +127\.0\.0\.1 +DELETE \/api\/v1\/tokens\/[0-9a-f]+ +done/)
  assert.match(audit.out, /token:deploy +127\.0\.0\.1 +POST \/api\/v1\/groups\/orders\/switchover +FORBIDDEN/)
  assert.match(
    audit.out,
    /ann +127\.0\.0\.1 +POST \/api\/v1\/tokens +done +CI \{"name":"deploy","role":"operator","groups":\["bill\*"\],"forMs":7776000000\}/,
  )
})

test('cli user: changed, removed, the last admin -> told in words; a token file that is not there -> named', async (t) => {
  const { ask } = await served(t)
  await ask('user add ann --role admin', { input: `${password}\n` })
  await ask('login ann', { input: `${password}\n` })
  await ask('user add bob --role viewer', { input: `${password}\n` })
  const changed = await ask('user change bob --role operator --group orders --group bill*')
  assert.equal(changed.out, 'changed: bob, operator of orders, bill*\n')
  assert.match((await ask('user list')).out, /bob +operator +orders bill\*/)
  assert.match((await ask('user remove ann')).err, /^regroup: LAST_ADMIN: /)
  assert.equal((await ask('user remove bob')).out, 'removed: bob, operator of orders, bill*\n')
  assert.match(
    (await ask('status', { env: { REGROUP_TOKEN_FILE: '/nowhere/token' } })).err,
    /BAD_INPUT: REGROUP_TOKEN_FILE names \/nowhere\/token/,
  )
  assert.match((await ask('user add eve --role viewer', { input: '' })).err, /no password was given/)
})
