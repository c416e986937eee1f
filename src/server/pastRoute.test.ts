import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiServer } from '../../test/api.ts'
import { testFacade } from '../../test/facade.ts'
import { logEntry } from '../../test/samples.ts'
import type { LogEntry } from '../core/model.ts'
import type { Moment } from '../core/status.ts'
import { problemsOf } from './problems.ts'
import * as s from './schemas.ts'

const moment = (primary: string): Moment => ({
  phase: 'steady',
  primary,
  candidate: null,
  inSync: [primary],
  guard: 0,
  writable: true,
  nodes: { a: { role: 'primary', health: 'up', linkUp: null } },
})

test('at: an entry -> its evidence and how the group stood; one without a moment -> that of the one before, and it says so', async (t) => {
  const facade = testFacade()
  const plain = logEntry(8, { sentence: 'an entry of an earlier version' })
  const all: LogEntry[] = [logEntry(9, { moment: moment('b') }), plain, logEntry(7, { moment: moment('a') })]
  facade.history = async (_group, limit, before = Infinity) => all.filter(({ seq }) => seq < before).slice(0, limit)
  const { url } = await apiServer(t, { facade })
  const at = async (seq: number | string) => {
    const response = await fetch(`${url}/api/v1/groups/orders/at?seq=${seq}`)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const newest = await at(9)
  assert.deepEqual(problemsOf(s.Past, newest.body), [])
  assert.deepEqual(newest.body, { entry: all[0], moment: moment('b'), exact: true, previous: 8, next: null })
  assert.deepEqual((await at(8)).body, { entry: plain, moment: moment('a'), exact: false, previous: 7, next: 9 })
  assert.deepEqual((await at(7)).body, { entry: all[2], moment: moment('a'), exact: true, previous: null, next: 8 })
  for (const seq of [10, 3]) assert.equal((await at(seq)).body['code'], 'UNKNOWN_ENTRY', String(seq))
  assert.equal((await at('')).status, 400)
})
