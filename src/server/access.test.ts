import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { UserError } from '../errors.ts'
import { type Access, type Who, checkAccess, sees } from './access.ts'
import { routeTable } from './routeTable.ts'

test('routes: one without a declaration, or with one that cannot be -> refused when it is added', () => {
  const adding = (url: string, method: 'GET' | 'POST', access?: Access) => () => {
    const app = Fastify()
    const routes = routeTable(app)
    app.route({ method, url, handler: () => '', ...(access === undefined ? {} : { config: { access } }) })
    return routes
  }
  const access = { role: 'viewer', scope: 'system', changes: false } as const
  assert.throws(adding('/x', 'GET'), /GET \/x does not declare who may ask it/)
  assert.throws(adding('/groups/:group', 'GET', access), /that of a path with :group is "group"/)
  assert.throws(adding('/x', 'GET', { ...access, scope: 'group' }), /that of a path with :group is "group"/)
  assert.throws(adding('/x', 'GET', { ...access, changes: true }), /declares that it changes something/)
  const added = adding('/x', 'POST', { ...access, changes: true })()
  assert.deepEqual(added, [{ method: 'POST', url: '/x', access: { ...access, changes: true } }])
})

const who = (change: Partial<Who>): Who => ({ kind: 'user', name: 'ann', role: 'operator', groups: ['*'], ...change })

test('access: a role below, a group outside, the whole server for a part of it -> refused with what is missing', () => {
  const group: Access = { role: 'operator', scope: 'group', changes: true }
  const system: Access = { role: 'viewer', scope: 'system', changes: false }
  const refused = (asker: Who, access: Access, name: string | undefined, code: string, sentence: RegExp) =>
    assert.throws(
      () => checkAccess(asker, access, name),
      (error) => error instanceof UserError && error.code === code && sentence.test(error.message),
    )
  checkAccess(who({}), group, 'orders')
  checkAccess(who({ role: 'admin' }), group, 'orders')
  checkAccess(who({ role: null }), { ...group, role: 'public' }, 'orders')
  refused(who({ role: null }), group, 'orders', 'UNAUTHENTICATED', /say who you are/)
  refused(who({ role: 'viewer' }), group, 'orders', 'FORBIDDEN', /needs the role operator, and ann has the role viewer/)
  refused(who({ groups: ['billing'] }), group, 'orders', 'FORBIDDEN', /ann may not reach the group "orders", only billing/)
  refused(who({ groups: ['orders'] }), system, undefined, 'FORBIDDEN', /about the whole server/)
  checkAccess(who({}), system, undefined)
})

test('patterns of groups -> * stands for any letters, everything else for itself', () => {
  const reaches = (pattern: string, name: string): boolean => sees(who({ groups: [pattern] }), name)
  for (const [pattern, name] of [
    ['*', 'orders'],
    ['orders', 'orders'],
    ['orders-*', 'orders-7'],
    ['*-eu', 'orders-eu'],
    ['o*-*7', 'orders-eu-7'],
    ['a*a', 'aa'],
    ['**', 'x'],
  ] as const)
    assert.ok(reaches(pattern, name), `${pattern} ${name}`)
  for (const [pattern, name] of [
    ['orders', 'orders-7'],
    ['orders', 'order'],
    ['orders-*', 'orders'],
    ['a*a', 'a'],
    ['a*b*b', 'ab'],
    ['o.ders', 'orders'],
    ['[a-z]*', 'orders'],
    ['', 'orders'],
  ] as const)
    assert.ok(!reaches(pattern, name), `${pattern} ${name}`)
})
