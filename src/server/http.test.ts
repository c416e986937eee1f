import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import type { Static, TSchema } from 'typebox'
import { apiServer, testStore } from '../../test/api.ts'
import { testFacade } from '../../test/facade.ts'
import { billingStatus, ordersSpec, ordersStatus, plainly, testTime } from '../../test/samples.ts'
import type { ApplyResult } from '../controller/facade.ts'
import type { LogEntry } from '../core/model.ts'
import type { DoctorReport } from '../core/doctor/finding.ts'
import type { GroupStatus } from '../core/status.ts'
import { UserError } from '../errors.ts'
import type { CommandAnswer } from '../ports.ts'
import { problemsOf } from './problems.ts'
import * as s from './schemas.ts'

const running = apiServer

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: unknown
}

async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(5000) })
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.json() }
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return await ask(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
}

/** Every header is ours to choose, unlike with fetch. */
async function raw(url: string, options: http.RequestOptions, body = ''): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const request = http.request(url, { ...options, agent: false, timeout: 5000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body: JSON.parse(text) as unknown }),
      )
    })
    request.on('error', reject).end(body)
  })
}

function assertProblem(answer: Answer, status: number, code: string, detail: RegExp): readonly string[] {
  assert.equal(answer.status, status)
  assert.match(answer.type, /^application\/problem\+json/)
  assert.deepEqual(problemsOf(s.Problem, answer.body), [])
  const problem = answer.body as s.Problem
  assert.equal(problem.code, code)
  assert.equal(problem.status, status)
  assert.match(problem.detail, detail)
  assert.doesNotMatch(JSON.stringify(problem), /\.ts:\d|node_modules|at async/)
  return problem.details
}

function assertShape(answer: Answer, schema: TSchema): unknown {
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.match(answer.type, /^application\/json/)
  assert.deepEqual(problemsOf(schema, answer.body), [])
  return answer.body
}

// ----------------------------------------------------------------------------------------- reading

type Frozen<T> = T extends readonly (infer Part)[]
  ? readonly Frozen<Part>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

test('schemas: what the controller gives -> the same type as what the document promises', () => {
  // The compiler judges; a key that only one of them has makes this line an error.
  const status: Same<Frozen<Static<typeof s.GroupStatus>>, Frozen<GroupStatus>> = true
  const entry: Same<Frozen<Static<typeof s.LogEntry>>, Frozen<LogEntry>> = true
  const applied: Same<Frozen<Static<typeof s.Applied>>, Frozen<ApplyResult>> = true
  const accepted: Same<Frozen<Static<typeof s.Accepted>>, Frozen<Extract<CommandAnswer, { ok: true }>>> = true
  const doctor: Same<Frozen<Static<typeof s.DoctorReport>>, Frozen<DoctorReport>> = true
  assert.ok(status && entry && applied && accepted && doctor)
})

test('doctor: asked -> what the last look found; sent -> looked at those groups first; an unknown group -> refused', async (t) => {
  const { url, facade } = await running(t)
  const report = assertShape(await ask(`${url}/api/v1/doctor`), s.DoctorReport) as DoctorReport
  assert.deepEqual([report.everyMs, report.groups.map(({ group }) => group), facade.examined], [600_000, ['orders', 'billing'], []])
  assert.deepEqual(assertShape(await post(`${url}/api/v1/doctor`, { group: 'billing' }), s.DoctorReport), report)
  assert.deepEqual(facade.examined, ['billing'])
  await post(`${url}/api/v1/doctor`, {})
  assert.deepEqual(facade.examined, ['billing', 'orders', 'billing'])
  assertProblem(await post(`${url}/api/v1/doctor`, { group: 'nope' }), 404, 'UNKNOWN_GROUP', /nope/)
  assertProblem(await post(`${url}/api/v1/doctor`, { gruop: 'billing' }), 400, 'BAD_INPUT', /did you mean "group"/)
})

test('health: the server runs -> healthz names the installation, readyz counts groups', async (t) => {
  const { url } = await running(t)
  assert.deepEqual(assertShape(await ask(`${url}/healthz`), s.Health), { ok: true, installation: 'test-installation' })
  assert.deepEqual(assertShape(await ask(`${url}/readyz`), s.Readiness), { ready: true, groups: 2, unheard: 0 })
})

test('readyz and the controllers: groups are counted -> no status of any is made for it', async (t) => {
  const facade = { ...testFacade(), statuses: () => assert.fail('every status was made'), status: () => assert.fail('a status was made') }
  const { url } = await running(t, { facade })
  assert.deepEqual(assertShape(await ask(`${url}/readyz`), s.Readiness), { ready: true, groups: 2, unheard: 0 })
  assert.equal((await ask(`${url}/api/v1/controllers`)).status, 200)
})

test('groups: two groups -> both, in the words of the status, as the schema says', async (t) => {
  const { url } = await running(t)
  assert.deepEqual(assertShape(await ask(`${url}/api/v1/groups`), s.Groups), { groups: [ordersStatus, billingStatus] })
  assert.deepEqual(assertShape(await ask(`${url}/api/v1/groups/billing`), s.GroupStatus), billingStatus)
})

test('explain: a group -> its status and the last 20 entries', async (t) => {
  const { url } = await running(t)
  const body = assertShape(await ask(`${url}/api/v1/groups/orders/explain`), s.Explanation) as s.Explanation
  assert.deepEqual(body.status, ordersStatus)
  assert.deepEqual([body.recent.length, body.recent[0]?.seq, body.recent.at(-1)?.seq], [20, 60, 41])
})

test('history: more entries than the limit -> next leads to the following page, the last page has none', async (t) => {
  const { url } = await running(t)
  const at = `${url}/api/v1/groups/orders/history`
  const first = assertShape(await ask(`${at}?limit=40`), s.History) as s.History
  assert.deepEqual([first.entries.length, first.entries[0]?.seq, first.next], [40, 60, 21])
  const second = assertShape(await ask(`${at}?limit=40&before=${first.next}`), s.History) as s.History
  assert.deepEqual([second.entries.length, second.entries[0]?.seq, second.next], [20, 20, null])
  const exact = assertShape(await ask(`${at}?limit=20&before=21`), s.History) as s.History
  assert.deepEqual([exact.entries.length, exact.next], [20, null])
  assert.equal((assertShape(await ask(at), s.History) as s.History).entries.length, 50)
})

test('history: limit 0, a text, an unknown key -> every problem in one answer', async (t) => {
  const { url } = await running(t)
  const details = assertProblem(await ask(`${url}/api/v1/groups/orders/history?limit=0&before=x&limt=3`), 400, 'BAD_INPUT', /3 problems/)
  assert.deepEqual([...details].toSorted(), [
    'before: is "x"; it must be a whole number from 1: only entries with a smaller seq',
    'limit: is 0; it must be 1 to 500; 50 when not given',
    'limt: unknown key "limt"; did you mean "limit"?',
  ])
})

test('unknown: a group, a route, a method -> problem+json with a way out', async (t) => {
  const { url } = await running(t)
  for (const path of ['', '/explain', '/history']) {
    assertProblem(await ask(`${url}/api/v1/groups/nope${path}`), 404, 'UNKNOWN_GROUP', /no group "nope"/)
  }
  assertProblem(await ask(`${url}/api/v1/grups`), 404, 'UNKNOWN_ROUTE', /no GET \/api\/v1\/grups.*openapi\.json/)
  assertProblem(await post(`${url}/api/v1/groups`, {}), 404, 'UNKNOWN_ROUTE', /no POST/)
  assertProblem(await ask(`${url}/api/v1/groups/%zz`), 400, 'BAD_INPUT', /%zz/)
  assertProblem(await ask(`${url}/api/v1/groups/${'x'.repeat(64)}`), 400, 'BAD_INPUT', /group/)
})

test('failure: the controller breaks -> 500 without its stack, which stands in the log', async (t) => {
  const facade = { ...testFacade(), statuses: () => assert.fail('broken inside') }
  const { url, logged } = await running(t, { facade })
  assertProblem(await ask(`${url}/api/v1/groups`), 500, 'INTERNAL', /log/)
  assert.match(JSON.stringify(logged), /http\.failed.*broken inside/)
})

test('openapi: the document -> 3.1, every route with its answer and its problem', async (t) => {
  const { url, server } = await running(t)
  const { body } = await ask(`${url}/api/v1/openapi.json`)
  const document = body as {
    openapi: string
    paths: Record<string, Record<string, { responses: Record<string, unknown>; requestBody?: unknown }>>
  }
  assert.equal(document.openapi, '3.1.0')
  const routes = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
  const served = server.routes.filter(({ method, url: at }) => method !== 'HEAD' && !at.startsWith('/api/v1/docs'))
  const described = served.map(({ method, url }) => `${method.toLowerCase()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
  assert.deepEqual(routes.toSorted(), described.toSorted())
  assert.ok(routes.includes('get /api/v1/groups/{group}/history') && routes.includes('post /api/v1/spec'))
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, route] of Object.entries(methods)) {
      if (path.startsWith('/api/v1/g') || path === '/api/v1/spec')
        assert.deepEqual(Object.keys(route.responses).toSorted(), ['200', 'default'])
      if (method === 'post') assert.match(JSON.stringify(route.requestBody), /application\/json.*properties/)
    }
  }
})

// ---------------------------------------------------------------------------------------- commands

test('switchover: accepted -> the answer; the controller was asked once, by the name in the header', async (t) => {
  const { url, facade } = await running(t)
  const answer = await post(`${url}/api/v1/groups/orders/switchover`, { to: 'b', dryRun: true }, { 'x-regroup-by': 'cli:ann' })
  assert.deepEqual(assertShape(answer, s.Accepted), facade.answer)
  assertShape(await post(`${url}/api/v1/groups/orders/switchover`, {}), s.Accepted)
  assert.deepEqual(facade.commands, [
    { group: 'orders', command: { name: 'switchover', to: 'b', by: 'cli:ann', dryRun: true } },
    { group: 'orders', command: { name: 'switchover', to: null, by: 'api', dryRun: false } },
  ])
})

test('switchover: the controller refuses -> its code and its sentence', async (t) => {
  const { url, facade } = await running(t)
  for (const [code, status] of [
    ['NOT_NOW', 409],
    ['WOULD_LOSE_DATA', 409],
    ['UNKNOWN_NODE', 404],
  ] as const) {
    facade.answer = { ok: false, code, ...plainly(`because of ${code}`) }
    assertProblem(await post(`${url}/api/v1/groups/orders/switchover`, {}), status, code, new RegExp(`^because of ${code}$`))
  }
  assertProblem(await post(`${url}/api/v1/groups/nope/switchover`, {}), 404, 'UNKNOWN_GROUP', /nope/)
})

test('failover: without acceptLoss: true -> refused with what it means; with it -> asked', async (t) => {
  const { url, facade } = await running(t)
  const at = `${url}/api/v1/groups/orders/failover`
  assertProblem(await post(at, {}), 400, 'BAD_INPUT', /acceptLoss: is missing; it must be true: a forced failover can lose writes/)
  assertProblem(
    await post(at, { acceptLoss: false }),
    400,
    'BAD_INPUT',
    /acceptLoss: is false; it must be true: a forced failover can lose/,
  )
  assert.deepEqual(facade.commands, [])
  assertShape(await post(at, { acceptLoss: true, to: 'c' }), s.Accepted)
  assert.deepEqual(facade.commands, [{ group: 'orders', command: { name: 'failover', to: 'c', by: 'api', dryRun: false } }])
})

test('pause and resume: a group -> its spec changes by one revision each and nothing else of it', async (t) => {
  const { url, facade } = await running(t)
  const at = `${url}/api/v1/groups/orders`
  const pause = { until: testTime + 60_000, by: 'cli:ann', why: 'rack move' }
  const paused = await post(`${at}/pause`, { forMs: 60_000, why: 'rack move' }, { 'x-regroup-by': 'cli:ann' })
  assert.deepEqual(assertShape(paused, s.Paused), { revision: 4, pause })
  assert.deepEqual(facade.spec().groups, [{ ...ordersSpec, pause }])
  assert.deepEqual(assertShape(await post(`${at}/resume`, {}), s.Paused), { revision: 5, pause: null })
  assert.deepEqual(assertShape(await post(`${at}/resume`, {}), s.Paused), { revision: 5, pause: null })
  assert.deepEqual(facade.spec().groups, [ordersSpec])
  const byDefault = assertShape(await post(`${at}/pause`, {}), s.Paused) as s.Paused
  assert.deepEqual(byDefault.pause, { until: testTime + 30 * 60_000, by: 'api', why: '' })
  assertProblem(
    await post(`${at}/pause`, { forMs: 8 * 86_400_000 }),
    400,
    'BAD_INPUT',
    /forMs: is 691200000; it must be 1000 to 604800000 ms/,
  )
  assertProblem(await post(`${url}/api/v1/groups/nope/pause`, {}), 404, 'UNKNOWN_GROUP', /nope/)
})

test('pause: another operator writes first -> read again and done; at every attempt -> the conflict is told', async (t) => {
  const { url, facade } = await running(t)
  let others = 2
  facade.beforeApply = () => {
    if (others-- > 0) facade.overtake()
  }
  assert.equal((assertShape(await post(`${url}/api/v1/groups/orders/pause`, {}), s.Paused) as s.Paused).revision, 6)
  assert.equal(facade.applied.length, 3)
  facade.beforeApply = () => facade.overtake()
  assertProblem(await post(`${url}/api/v1/groups/orders/resume`, {}), 409, 'REVISION_CONFLICT', /revision/)
  assert.equal(facade.applied.length, 6)
})

test('spec: another operator writes first, the caller named a revision -> refused at once', async (t) => {
  const { url, facade } = await running(t)
  facade.beforeApply = () => facade.overtake()
  assertProblem(await post(`${url}/api/v1/spec`, { remove: ['orders'], ifRevision: 3 }), 409, 'REVISION_CONFLICT', /revision 4, not 3/)
  assert.equal(facade.applied.length, 1)
})

// -------------------------------------------------------------------------------------------- spec

const shop = {
  name: 'shop',
  engine: 'valkey',
  policy: { guard: 'on' },
  nodes: [
    { name: 'a', address: '127.0.0.1:7101', site: 's1' },
    { name: 'b', address: '[::1]:7102', priority: 10, overwrite: true },
  ],
}

test('spec: what is read -> can be sent back and changes nothing, not even a pause', async (t) => {
  const { url, facade } = await running(t)
  await post(`${url}/api/v1/groups/orders/pause`, {})
  const spec = assertShape(await ask(`${url}/api/v1/spec`), s.Spec) as s.Spec
  assert.deepEqual(spec.pauses, { orders: { until: testTime + 1_800_000, by: 'api', why: '' } })
  assert.deepEqual(spec.groups[0]?.nodes[0], { name: 'a', address: '127.0.0.1:6379', site: 's1' })
  const result = assertShape(await post(`${url}/api/v1/spec`, { groups: spec.groups }), s.Applied)
  assert.deepEqual(result, { revision: 4, dryRun: false, changes: [] })
  assert.notEqual(facade.spec().groups[0]?.pause, null)
})

test('spec: a new group, a changed one, a removed one -> one revision with a sentence per difference', async (t) => {
  const { url, facade } = await running(t)
  const body = { groups: [shop], remove: ['orders'], why: 'the shop replaces orders', ifRevision: 3 }
  const dry = assertShape(await post(`${url}/api/v1/spec`, { ...body, dryRun: true }), s.Applied)
  const changes = [
    { group: 'orders', change: 'remove', what: ['removed with nodes a (127.0.0.1:6379), b (127.0.0.1:6380), c (127.0.0.1:6381)'] },
    {
      group: 'shop',
      change: 'add',
      what: [
        'added as valkey with nodes a (127.0.0.1:7101), b ([::1]:7102)',
        'guard default -> on',
        'node a: site none -> s1',
        'node b: priority 100 -> 10',
        'node b: what it holds may be overwritten',
      ],
    },
  ]
  const inWords = (answer: unknown) => {
    const { changes: found, ...rest } = answer as ApplyResult
    return { ...rest, changes: found.map(({ group, change, what }) => ({ group, change, what })) }
  }
  assert.deepEqual(inWords(dry), { revision: 3, dryRun: true, changes })
  assert.equal(facade.spec().revision, 3)
  assert.deepEqual(inWords(assertShape(await post(`${url}/api/v1/spec`, body), s.Applied)), { revision: 4, dryRun: false, changes })
  assert.equal(facade.spec().why, 'the shop replaces orders')
  assertProblem(await post(`${url}/api/v1/spec`, body), 409, 'REVISION_CONFLICT', /revision 4, not 3/)
})

test('spec: a malformed body, rules within it, rules against other groups -> every problem with its path', async (t) => {
  const { url, facade } = await running(t)
  const [a] = shop.nodes
  const bad = { groups: [{ ...shop, engin: 'redis', nodes: [a, { name: 'a', address: '127.0.0.1:7101' }, { name: 'c', address: 'x' }] }] }
  assert.deepEqual(assertProblem(await post(`${url}/api/v1/spec`, bad), 400, 'BAD_SPEC', /4 problems/), [
    'groups[0].engin: unknown key "engin"; did you mean "engine"?',
    'groups[0].nodes[2].address: is "x"; it must be host:port, an IPv6 address in brackets: "127.0.0.1:6379", "[::1]:6379"',
    'groups[0].nodes[1].name: group shop has two nodes named a',
    'groups[0].nodes[1].address: node a of group shop is 127.0.0.1:7101, which is node a',
  ])
  const taken = { groups: [{ ...shop, nodes: [{ name: 'x', address: '127.0.0.1:6379' }] }] }
  const details = assertProblem(await post(`${url}/api/v1/spec`, taken), 400, 'BAD_SPEC', /1 problems/)
  assert.deepEqual(details, ['node x of group shop is 127.0.0.1:6379, which is node a of group orders'])
  assertProblem(await post(`${url}/api/v1/spec`, { groups: [shop], remove: ['shop'] }), 400, 'BAD_SPEC', /under "remove" too/)
  assertProblem(await post(`${url}/api/v1/spec`, []), 400, 'BAD_SPEC', /mapping with groups/)
  assert.equal(facade.spec().revision, 3)
})

// -------------------------------------------------------------------------------------- protection

test('listen: an address other machines reach, no address, a taken port -> LISTEN_REFUSED, nothing subscribed', async (t) => {
  const { url } = await running(t)
  const store = await testStore(t)
  for (const [listen, sentence] of [
    ['0.0.0.0:0', /nobody was named yet/],
    ['[::]:7070', /nobody was named yet/],
    ['192.0.2.7:7070', /nobody was named yet/],
    ['7070', /no address to listen on; write 127\.0\.0\.1:7070/],
    [new URL(url).host, /taken by another process/],
  ] as const) {
    const facade = testFacade()
    await assert.rejects(
      apiServer(t, { facade, listen, store }),
      (error) => error instanceof UserError && error.code === 'LISTEN_REFUSED' && sentence.test(error.message),
    )
    assert.equal(facade.listeners(), 0)
  }
})

test('site: a foreign Host header (DNS rebinding) -> refused for reading too; loopback names pass on any port', async (t) => {
  const { url } = await running(t)
  for (const host of ['evil.example', 'evil.example:7070', '127.0.0.1.evil.example', '192.0.2.7', 'localhost@evil.example']) {
    assertProblem(await raw(`${url}/api/v1/groups`, { headers: { host } }), 403, 'CROSS_SITE', /Host header/)
  }
  for (const host of ['localhost:9', '127.0.0.1', '127.9.9.9:7070', '[::1]:7070', 'LOCALHOST']) {
    assert.equal((await raw(`${url}/healthz`, { headers: { host } })).status, 200, host)
  }
})

test('site: a command with a foreign Origin or a form content type -> refused, nothing is commanded', async (t) => {
  const { url, facade } = await running(t)
  const at = `${url}/api/v1/groups/orders/switchover`
  const json = { 'content-type': 'application/json' }
  for (const origin of ['http://evil.example', 'null', 'https://127.0.0.1:7070', 'http://localhost:1']) {
    assertProblem(await raw(at, { method: 'POST', headers: { ...json, origin } }, '{}'), 403, 'CROSS_SITE', /Origin/)
  }
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx', '']) {
    assertProblem(await raw(at, { method: 'POST', headers: { 'content-type': type } }, '{}'), 403, 'CROSS_SITE', /content type/)
  }
  assert.deepEqual(facade.commands, [])
  assert.equal((await raw(at, { method: 'POST', headers: { ...json, origin: url } }, '{}')).status, 200)
  assert.equal((await raw(at, { method: 'POST', headers: { 'content-type': 'application/json; charset=utf-8' } })).status, 200)
  assert.equal(facade.commands.length, 2)
})

test('body: no JSON, a poisoned prototype, too large, a nameless author -> refused in the same form', async (t) => {
  const { url, facade } = await running(t)
  const at = `${url}/api/v1/groups/orders/switchover`
  const send = (body: string, headers = {}) =>
    raw(at, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }, body)
  assertProblem(await send('{'), 400, 'BAD_INPUT', /JSON/)
  assertProblem(await send('{"__proto__": {"to": "b"}}'), 400, 'BAD_INPUT', /./)
  assertProblem(await send('[1]'), 400, 'BAD_INPUT', /mapping/)
  assertProblem(await send('', { 'content-length': String(17 * 1_048_576) }), 413, 'BAD_INPUT', /large/)
  assertProblem(await send('{}', { 'x-regroup-by': 'x'.repeat(65) }), 400, 'BAD_INPUT', /X-Regroup-By/)
  assert.deepEqual(facade.commands, [])
})
