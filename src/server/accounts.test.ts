// Who may do what, through the API: the first user, logins, tokens, and every route by every role.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ApiServer, adminSecret, apiServer, testStore } from '../../test/api.ts'
import { type TestFacade } from '../../test/facade.ts'
import { plainly, testTime } from '../../test/samples.ts'
import type { Store } from '../ports.ts'
import type { AuditEntry } from './accountSchemas.ts'
import { loginMs } from './accounts.ts'
import type { DeclaredRoute } from './routeTable.ts'
import type { Static } from 'typebox'

interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly detail: string
  readonly text: string
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

type Headers_ = Readonly<Record<string, string>>

async function ask(url: string, method = 'GET', headers: Headers_ = {}, body?: unknown): Promise<Answer> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), 10_000)
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, signal: stop.signal, ...init })
  // A stream does not end by itself; that it began is its answer.
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  const text = isStream ? '' : await response.text()
  if (isStream) await response.body?.cancel()
  clearTimeout(timer)
  const parsed = response.headers.get('content-type')?.includes('json') ? (JSON.parse(text || '{}') as Record<string, unknown>) : {}
  const { code, detail } = parsed as { code?: string; detail?: string }
  return { status: response.status, code, detail: detail ?? '', text, body: parsed, headers: response.headers }
}

const bearer = (secret: string): Headers_ => ({ authorization: `Bearer ${secret}` })
const admin = bearer(adminSecret)
const password = 'correct horse battery'

/** A server with the admin ann. */
async function withAnn(t: TestContext, change: Parameters<typeof apiServer>[1] = {}): Promise<ApiServer> {
  const server = await apiServer(t, change)
  const made = await ask(`${server.url}/api/v1/users`, 'POST', {}, { name: 'ann', password, role: 'admin' })
  assert.equal(made.status, 200, made.text)
  return server
}

async function token(url: string, body: Record<string, unknown>): Promise<string> {
  const made = await ask(`${url}/api/v1/tokens`, 'POST', admin, { name: 'deploy', ...body })
  assert.equal(made.status, 200, made.text)
  return String(made.body['secret'])
}

const login = async (url: string, name: string, given = password, as = 'secret') =>
  await ask(`${url}/api/v1/login`, 'POST', {}, { name, password: given, as })

test('first user: nobody was named -> whoever is here is an admin; from then on everybody must say who he is', async (t) => {
  const { url } = await apiServer(t)
  assert.deepEqual((await ask(`${url}/api/v1/login`)).body['who'], { kind: 'local', name: 'api', role: 'admin', groups: ['*'] })
  const early = await ask(`${url}/api/v1/users`, 'POST', {}, { name: 'bob', password, role: 'viewer' })
  assert.deepEqual([early.status, early.code], [409, 'LAST_ADMIN'])
  assert.equal((await ask(`${url}/api/v1/groups`)).status, 200)
  assert.equal((await ask(`${url}/api/v1/users`, 'POST', {}, { name: 'ann', password, role: 'admin' })).status, 200)
  const refused = await ask(`${url}/api/v1/groups`)
  assert.deepEqual([refused.status, refused.code], [401, 'UNAUTHENTICATED'])
  assert.deepEqual((await ask(`${url}/api/v1/login`)).body, { who: null, demanded: true, expiresAt: null })
  assert.equal((await ask(`${url}/healthz`)).status, 200)
  // Who may read the server's own files gets in, also when every password is lost.
  assert.equal((await ask(`${url}/api/v1/users`, 'GET', admin)).status, 200)
})

test('open server: a request that a proxy passed on -> refused', async (t) => {
  const { url } = await apiServer(t)
  for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
    assert.equal((await ask(`${url}/api/v1/groups`, 'GET', { [name]: '192.0.2.7' })).code, 'CROSS_SITE', name)
})

test('login: the right password -> a cookie that no script reads and no other site sends; logging out ends it', async (t) => {
  const { url } = await withAnn(t)
  const answer = await login(url, 'ann', password, 'cookie')
  const cookie = answer.headers.get('set-cookie') ?? ''
  assert.match(cookie, /^regroup_login=rgl\.\S+; Path=\/; HttpOnly; SameSite=Strict$/)
  assert.equal(answer.body['secret'], null)
  assert.equal(answer.body['expiresAt'], testTime + loginMs)
  const headers = { cookie: `theme=dark; ${cookie.split(';')[0]}` }
  assert.equal((await ask(`${url}/api/v1/groups`, 'GET', headers)).status, 200)
  const foreign = await ask(`${url}/api/v1/groups/orders/switchover`, 'POST', { ...headers, origin: 'https://evil.example' }, {})
  assert.equal(foreign.code, 'CROSS_SITE')
  const form = await ask(`${url}/api/v1/groups/orders/switchover`, 'POST', { ...headers, 'content-type': 'text/plain' }, {})
  assert.equal(form.code, 'CROSS_SITE')
  assert.equal((await ask(`${url}/api/v1/groups/orders/switchover`, 'POST', { ...headers, origin: url }, {})).status, 200)
  const out = await ask(`${url}/api/v1/login`, 'DELETE', headers, {})
  assert.match(out.headers.get('set-cookie') ?? '', /^regroup_login=; .*Max-Age=0$/)
  assert.equal((await ask(`${url}/api/v1/groups`, 'GET', headers)).status, 401)
})

test('login: a wrong password and an unknown name -> the same refusal; too many -> Retry-After, also for the right one', async (t) => {
  let now = testTime
  const { url } = await withAnn(t, { wall: () => now })
  const wrong = await login(url, 'ann', 'wrong horse battery')
  const unknown = await login(url, 'eve', 'wrong horse battery')
  assert.deepEqual([wrong.status, wrong.text], [401, unknown.text])
  for (let tries = 0; tries < 9; tries++) assert.equal((await login(url, 'ann', 'wrong horse battery')).status, 401)
  const barred = await login(url, 'ann')
  assert.deepEqual([barred.status, barred.code, barred.headers.get('retry-after')], [429, 'TOO_MANY', '10'])
  // Another name from the same address is not barred yet.
  assert.equal((await login(url, 'eve', 'x')).status, 401)
  now += 10_000
  assert.equal((await login(url, 'ann')).status, 200)
})

test('unknown tokens: one address tries many -> told to wait, while a known token goes on', async (t) => {
  const { url } = await withAnn(t)
  for (let tries = 0; tries < 20; tries++)
    assert.equal((await ask(`${url}/api/v1/groups`, 'GET', bearer(`rgt.${tries}.guess`))).code, 'UNAUTHENTICATED')
  assert.equal((await ask(`${url}/api/v1/groups`, 'GET', bearer('rgt.x.guess'))).code, 'TOO_MANY')
  assert.equal((await ask(`${url}/api/v1/groups`, 'GET', admin)).status, 200)
})

test('token: made -> shown once, kept as a hash, good until it expires or is revoked', async (t) => {
  let now = testTime
  const { url, store } = await withAnn(t, { wall: () => now })
  const secret = await token(url, { role: 'viewer', forMs: 60_000 })
  const other = await token(url, { role: 'viewer' })
  assert.match(secret, /^rgt\.[0-9a-f]{12}\.[\w-]{43}$/)
  const listed = await ask(`${url}/api/v1/tokens`, 'GET', admin)
  const hash = secret.split('.')[2] ?? '?'
  assert.ok(!listed.text.includes(hash) && !listed.text.includes('"hash"'))
  assert.ok(!JSON.stringify(await store.list('')).includes(hash))
  assert.equal((await ask(`${url}/api/v1/groups`, 'GET', bearer(secret))).status, 200)
  assert.equal((await ask(`${url}/api/v1/groups`, 'GET', bearer(`${secret.slice(0, -2)}xx`))).status, 401)
  now += 60_000
  assert.equal((await ask(`${url}/api/v1/groups`, 'GET', bearer(secret))).status, 401)
  const id = other.split('.')[1] ?? ''
  assert.equal((await ask(`${url}/api/v1/tokens/${id}`, 'DELETE', admin, {})).status, 200)
  assert.equal((await ask(`${url}/api/v1/groups`, 'GET', bearer(other))).status, 401)
  assert.equal((await ask(`${url}/api/v1/tokens/${id}`, 'DELETE', admin, {})).code, 'UNKNOWN_TOKEN')
})

test('users: the answers and the store -> never a password; a user of that name, the last admin -> refused', async (t) => {
  const { url, store } = await withAnn(t)
  const users = await ask(`${url}/api/v1/users`, 'GET', admin)
  assert.deepEqual(users.body['users'], [{ name: 'ann', role: 'admin', groups: ['*'], at: testTime, by: 'api' }])
  const kept = JSON.stringify(await store.list('auth/'))
  assert.match(kept, /argon2id/)
  assert.ok(!kept.includes(password))
  const post = async (body: unknown) => await ask(`${url}/api/v1/users`, 'POST', admin, body)
  assert.equal((await post({ name: 'ann', password, role: 'viewer' })).code, 'USER_EXISTS')
  const short = await post({ name: 'bob', password: 'hunter2', role: 'viewer' })
  assert.match(short.detail, /password: is not of the right form; it must be a text of 10 to 200 characters/)
  assert.equal((await ask(`${url}/api/v1/users/ann`, 'DELETE', admin, {})).code, 'LAST_ADMIN')
  assert.equal((await ask(`${url}/api/v1/users/ann`, 'PATCH', admin, { groups: ['orders'] })).code, 'LAST_ADMIN')
  assert.equal((await ask(`${url}/api/v1/users/eve`, 'PATCH', admin, { role: 'viewer' })).code, 'UNKNOWN_USER')
  const dry = await ask(`${url}/api/v1/users?dryRun=true`, 'POST', admin, { name: 'bob', password, role: 'admin' })
  assert.deepEqual([dry.status, (await ask(`${url}/api/v1/users`, 'GET', admin)).text], [200, users.text])
  assert.equal((await post({ name: 'bob', password, role: 'admin' })).status, 200)
  assert.equal((await ask(`${url}/api/v1/users/ann`, 'DELETE', admin, {})).status, 200)
  assert.equal((await login(url, 'ann')).status, 401)
})

test('two admins take each other the right at once -> one of them stays', async (t) => {
  const { url } = await withAnn(t)
  await ask(`${url}/api/v1/users`, 'POST', admin, { name: 'bob', password, role: 'admin' })
  const both = await Promise.all(['ann', 'bob'].map((name) => ask(`${url}/api/v1/users/${name}`, 'DELETE', admin, {})))
  assert.deepEqual(new Set(both.map(({ status }) => status)), new Set([200, 409]))
})

test('another password, another role -> old logins end, what is asked next is judged anew', async (t) => {
  const { url } = await withAnn(t)
  await ask(`${url}/api/v1/users`, 'POST', admin, { name: 'bob', password, role: 'operator' })
  const bob = bearer(String((await login(url, 'bob')).body['secret']))
  const move = async () => (await ask(`${url}/api/v1/groups/orders/switchover`, 'POST', bob, {})).code ?? 'done'
  assert.equal(await move(), 'done')
  await ask(`${url}/api/v1/users/bob`, 'PATCH', admin, { role: 'viewer' })
  assert.equal(await move(), 'FORBIDDEN')
  const own = { old: 'something else', new: 'another horse battery' }
  assert.equal((await ask(`${url}/api/v1/login/password`, 'POST', bob, own)).code, 'UNAUTHENTICATED')
  assert.equal((await ask(`${url}/api/v1/login/password`, 'POST', bob, { ...own, old: password })).status, 200)
  assert.equal(await move(), 'UNAUTHENTICATED')
  assert.equal((await login(url, 'bob')).status, 401)
  assert.equal((await login(url, 'bob', own.new)).status, 200)
})

test('the server starts again -> logins and tokens are good as before, a new address may be listened on', async (t) => {
  const store = await testStore(t)
  const first = await withAnn(t, { store })
  const secret = String((await login(first.url, 'ann')).body['secret'])
  await first.server.close()
  const second = await apiServer(t, { store, listen: '0.0.0.0:0', adminSecret: null, plainHttp: true })
  const url = second.url.replace('0.0.0.0', '127.0.0.1')
  assert.equal((await ask(`${url}/api/v1/groups`, 'GET', bearer(secret))).status, 200)
  assert.equal((await ask(`${url}/api/v1/groups`)).status, 401)
  assert.equal((await ask(`${url}/api/v1/users`, 'GET', admin)).status, 401)
})

// ------------------------------------------------------------------------------------------- scope

test('a right to some groups -> only these are shown, moved and changed', async (t) => {
  const { url, facade } = await withAnn(t)
  const some = bearer(await token(url, { role: 'operator', groups: ['bill*'] }))
  const groups = (await ask(`${url}/api/v1/groups`, 'GET', some)).body['groups'] as { group: string }[]
  assert.deepEqual(
    groups.map(({ group }) => group),
    ['billing'],
  )
  assert.deepEqual((await ask(`${url}/api/v1/spec`, 'GET', some)).body['groups'], [])
  assert.equal((await ask(`${url}/api/v1/spec`, 'POST', some, { remove: ['orders'] })).code, 'FORBIDDEN')
  const nodes = [{ name: 'a', address: '127.0.0.1:7201' }]
  assert.equal((await ask(`${url}/api/v1/spec`, 'POST', some, { groups: [{ name: 'other', nodes }] })).code, 'FORBIDDEN')
  assert.equal(facade.applied.length, 0)
  assert.equal((await ask(`${url}/api/v1/spec`, 'POST', some, { groups: [{ name: 'billing-2', nodes }] })).status, 200)
  assert.equal(facade.applied[0]?.by, 'token:deploy')
})

// ------------------------------------------------------------------------------------------ matrix

const askers = ['none', 'viewer', 'operator', 'admin', 'stranger'] as const
type AskerName = (typeof askers)[number]

/** What the declaration of a route means for an asker; the stranger is an operator of another group. */
function expected({ role, scope }: DeclaredRoute['access'], asker: AskerName): 'asked' | 401 | 403 {
  if (role === 'public') return 'asked'
  if (asker === 'none') return 401
  const rank = { viewer: 1, operator: 2, admin: 3, stranger: 2 }
  if (rank[asker] < rank[role]) return 403
  return asker === 'stranger' && (scope === 'group' || scope === 'system') ? 403 : 'asked'
}

async function stateOf(store: Store, facade: TestFacade): Promise<string> {
  return JSON.stringify([facade.commands, facade.applied, facade.spec(), await store.list('')])
}

test('every route x every role -> asked or refused as declared; a refused request changes nothing', async (t) => {
  const { url, server, facade, store } = await withAnn(t)
  const headers: Record<AskerName, Headers_> = {
    none: {},
    viewer: bearer(await token(url, { role: 'viewer' })),
    operator: bearer(await token(url, { role: 'operator' })),
    admin: bearer(await token(url, { role: 'admin' })),
    stranger: bearer(await token(url, { role: 'operator', groups: ['billing'] })),
  }
  assert.ok(server.routes.length > 25)
  const wrong: string[] = []
  for (const route of server.routes) {
    const path = route.url.replace(':group', 'orders').replaceAll(/:\w+|\*/g, 'nobody')
    for (const asker of askers) {
      const before = await stateOf(store, facade)
      const answer = await ask(url + path, route.method, headers[asker], ['GET', 'HEAD'].includes(route.method) ? undefined : {})
      const refused = answer.status === 403 ? 403 : answer.status === 401 ? 401 : 'asked'
      const want = expected(route.access, asker)
      const name = `${asker}: ${route.method} ${route.url}`
      if (refused !== want) wrong.push(`${name} -> ${answer.status} ${answer.code ?? ''}, expected ${want}`)
      if (answer.status >= 500) wrong.push(`${name} -> ${answer.status}`)
      if (refused !== 'asked' && (await stateOf(store, facade)) !== before) wrong.push(`${name} -> refused, and changed something`)
      const about = answer.text.replaceAll(JSON.stringify(path).slice(1, -1), '')
      if (asker === 'stranger' && route.access.scope === 'groups' && about.includes('orders'))
        wrong.push(`${name} -> tells of another group`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('every route that changes something, only asked what it would do -> nothing is another afterwards', async (t) => {
  const { url, server, facade, store } = await withAnn(t)
  const nodes = [{ name: 'a', address: '127.0.0.1:7201' }]
  // Bodies with which the routes would do something; the others are asked with nothing.
  const bodies: Readonly<Record<string, unknown>> = {
    '/api/v1/users': { name: 'bob', password, role: 'admin' },
    '/api/v1/tokens': { name: 'deploy', role: 'viewer' },
    '/api/v1/groups/:group/failover': { acceptLoss: true },
    '/api/v1/spec': { groups: [{ name: 'another', nodes }] },
  }
  await ask(`${url}/api/v1/users`, 'POST', admin, { name: 'carl', password, role: 'viewer' })
  const asked = server.routes.filter(({ access: { changes, scope } }) => changes && scope !== 'self')
  assert.ok(asked.length > 10)
  const answered: number[] = []
  for (const { method, url: path } of asked) {
    const before = JSON.stringify([facade.spec(), await store.list('')])
    const at = path.replace(':group', 'orders').replace(':name', 'carl').replaceAll(/:\w+/g, 'nobody')
    const { status } = await ask(`${url}${at}?dryRun=true`, method, admin, bodies[path] ?? {})
    answered.push(status)
    assert.equal(JSON.stringify([facade.spec(), await store.list('')]), before, `${method} ${path} -> ${status}`)
  }
  assert.ok(facade.commands.every(({ command }) => command.dryRun) && facade.applied.every(({ dryRun }) => dryRun))
  assert.ok(answered.filter((status) => status === 200).length >= 8, answered.join(' '))
})

// ------------------------------------------------------------------------------------------- audit

test('audit: done, refused by role, refused by the controller, a dry run -> who, from where, what, why, result', async (t) => {
  const { url, facade } = await withAnn(t)
  const viewer = bearer(await token(url, { role: 'viewer', name: 'eyes' }))
  const at = `${url}/api/v1/groups/orders`
  await ask(`${at}/pause`, 'POST', admin, { forMs: 60_000, why: 'rack move' })
  await ask(`${at}/pause`, 'POST', viewer, { why: 'no right' })
  facade.answer = { ok: false, code: 'NOT_NOW', ...plainly('c is not in sync') }
  await ask(`${at}/switchover`, 'POST', admin, { to: 'c' })
  await ask(`${at}/switchover?dryRun=true`, 'POST', admin, { to: 'c' })
  await ask(`${at}/switchover`, 'POST', {}, { to: 'c' })
  await ask(`${url}/api/v1/users`, 'POST', admin, { name: 'bob', password, role: 'viewer', groups: ['orders'] })
  const page = await ask(`${url}/api/v1/audit?limit=4`, 'GET', admin)
  const entries = page.body['entries'] as Static<typeof AuditEntry>[]
  assert.deepEqual(
    entries.map(({ by, from, what, group, why, asked, result }) => ({ by, from, what, group, why, asked, result })),
    [
      {
        by: 'admin.token',
        from: '127.0.0.1',
        what: 'POST /api/v1/users',
        group: null,
        why: null,
        asked: '{"name":"bob","role":"viewer","groups":["orders"]}',
        result: 'done',
      },
      {
        by: 'admin.token',
        from: '127.0.0.1',
        what: 'POST /api/v1/groups/:group/switchover',
        group: 'orders',
        why: null,
        asked: '{"to":"c"}',
        result: 'NOT_NOW',
      },
      {
        by: 'token:eyes',
        from: '127.0.0.1',
        what: 'POST /api/v1/groups/:group/pause',
        group: 'orders',
        why: null,
        asked: '{}',
        result: 'FORBIDDEN',
      },
      {
        by: 'admin.token',
        from: '127.0.0.1',
        what: 'POST /api/v1/groups/:group/pause',
        group: 'orders',
        why: 'rack move',
        asked: '{"forMs":60000}',
        result: 'done',
      },
    ],
  )
  assert.equal(entries[1]?.sentence, 'c is not in sync')
  const next = await ask(`${url}/api/v1/audit?limit=4&before=${String(page.body['next'])}`, 'GET', admin)
  const older = (next.body['entries'] as Static<typeof AuditEntry>[]).map(({ by, what }) => `${by} ${what}`)
  assert.deepEqual(older, ['admin.token POST /api/v1/tokens', 'api POST /api/v1/users'])
  const sought = async (query: string): Promise<string[]> => {
    const found = await ask(`${url}/api/v1/audit?${query}`, 'GET', admin)
    assert.equal(found.body['next'], null)
    return (found.body['entries'] as Static<typeof AuditEntry>[]).map(({ by, result }) => `${by} ${result}`)
  }
  assert.deepEqual(await sought('by=EYES'), ['token:eyes FORBIDDEN'])
  assert.deepEqual(await sought('what=rack%20move'), ['admin.token done'])
  assert.deepEqual(await sought('group=orders&what=switchover'), ['admin.token NOT_NOW'])
  assert.deepEqual(await sought('group=order'), [])
})
