// The HTTP API over a test's controller, with a real store.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { TSchema } from 'typebox'
import { openEmbeddedStore } from '../src/adapters/store/embedded.ts'
import type { Store } from '../src/ports.ts'
import type { CredentialDesk } from '../src/server/credentialRoutes.ts'
import { startHttp } from '../src/server/http.ts'
import type { HttpOptions, HttpServer } from '../src/server/http.ts'
import { problemsOf } from '../src/server/problems.ts'
import { Problem } from '../src/server/schemas.ts'
import { type TestFacade, testFacade } from './facade.ts'
import { testTime, testVitals } from './samples.ts'

export const adminSecret = 'rga.of-a-test'

/** What a process with one credential says of it. */
const testDesk: CredentialDesk = {
  list: () => ({ credentials: [{ name: 'main', username: null, hasNext: true, groups: ['orders'] }] }),
  check: async (name) => ({ name, nodes: [{ group: 'orders', node: 'a', current: 'refused', next: 'accepted' }] }),
  reload: () => ({ changed: ['main'], restart: ['log'], warnings: [] }),
}

export interface ApiServer {
  readonly url: string
  readonly server: HttpServer
  readonly facade: TestFacade
  readonly store: Store
  readonly logged: { readonly event: string; readonly facts: unknown }[]
  /** What runs each so many milliseconds. */
  readonly timers: { readonly ms: number; readonly run: () => void }[]
}

export async function testStore(t: TestContext): Promise<Store> {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-api-'))
  const store = await openEmbeddedStore({ dir })
  t.after(async () => {
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return store
}

export async function apiServer(t: TestContext, change: Partial<HttpOptions> & { readonly facade?: TestFacade } = {}): Promise<ApiServer> {
  const facade = change.facade ?? testFacade()
  const store = change.store ?? (await testStore(t))
  const logged: { event: string; facts: unknown }[] = []
  const timers: { ms: number; run: () => void }[] = []
  const note = (event: string, facts: unknown): void => void logged.push({ event, facts })
  const every = (ms: number, run: () => void): (() => void) => {
    const timer = { ms, run }
    timers.push(timer)
    return () => timers.splice(timers.indexOf(timer), 1)
  }
  const options = {
    listen: '127.0.0.1:0',
    log: { info: note, error: note },
    wall: () => testTime,
    now: () => performance.now(),
    every,
    version: '0.1.0',
  }
  const server = await startHttp({
    ...options,
    vitals: { read: () => testVitals, recent: () => testVitals },
    adminSecret,
    credentials: testDesk,
    ...change,
    facade,
    store,
  })
  t.after(() => server.close())
  return { url: `http://${server.address}`, server, facade, store, logged, timers }
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init)
  return { status: response.status, body: await response.json() }
}

/** As cli:ann. */
export async function post(url: string, body: unknown): Promise<Answer> {
  const headers = { 'content-type': 'application/json', 'x-regroup-by': 'cli:ann' }
  return await ask(url, { method: 'POST', headers, body: JSON.stringify(body) })
}

export function assertShape(answer: Answer, schema: TSchema): unknown {
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.deepEqual(problemsOf(schema, answer.body), [])
  return answer.body
}

export function assertProblem(answer: Answer, status: number, code: string, detail: RegExp): void {
  assert.deepEqual(problemsOf(Problem, answer.body), [])
  const problem = answer.body as Problem
  assert.deepEqual([answer.status, problem.status, problem.code], [status, status, code])
  assert.match(problem.detail, detail)
}
