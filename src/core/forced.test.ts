// What becomes of a copy that a node was told to take by force.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readingOf, specOf } from '../../test/situations.ts'
import type { ActionResult } from './action.ts'
import { type NodeView, acted, acting, newNode, probed } from './observe.ts'

const heard = (node: NodeView, sentAt: number, says: Parameters<typeof readingOf>[2] = {}): NodeView =>
  probed(node, sentAt, { ok: true, reading: readingOf('b', 'a', says) }, sentAt + 1)
const up = heard(newNode(specOf('b')), 100)

test('it is read as an open primary by a question from before it was told to be copied -> the copy replaces that; by one from after it -> it was told something else since, and that is no copy of it', () => {
  const target = { host: '127.0.0.1', port: 7_001 }
  const follow = { id: 1, action: { name: 'follow', target, force: true }, since: 200 } as const
  const told = acted(acting(up, follow), { ok: true, persisted: true, note: null }, 210)
  const [early, late] = [205, 300].map((at) => heard(told, at, { of: null, replid: 'R2' }))
  assert.deepEqual([early?.openIn, early?.forced?.at, late?.openIn?.history, late?.forced], [null, 210, 'R2', null])
  assert.equal(heard(told, 300, { of: { ...target, port: 7_009 } }).forced, null, 'led to another')
  const copying = heard(heard(up, 200, { of: null, replid: 'R2' }), 300, { linkUp: false, syncing: true, partial: true })
  assert.deepEqual([copying.forced?.at, copying.openIn], [300, null], 'copied by the word of another')
})

test('told to follow by force -> copied when a part of a copy was seen, or its link is up at once; its link is up after another attempt -> not copied', () => {
  const done: ActionResult = { ok: true, persisted: true, note: null }
  const target = { host: '127.0.0.1', port: 7_001 }
  const told = acted(acting(up, { id: 1, action: { name: 'follow', target, force: true }, since: 200 }), done, 210)
  const copied = (...says: readonly (readonly [at: number, what: Parameters<typeof readingOf>[2]])[]): boolean | null | undefined =>
    says.reduce((node, [at, what]) => heard(node, at, what), told).forced?.copied
  const down = { linkUp: false }
  assert.equal(copied([205, {}]), null, 'asked before it was told')
  assert.equal(copied([300, down], [9_000, { ...down, syncing: true }]), null)
  assert.equal(copied([300, down], [800, {}]), true)
  assert.equal(copied([300, down], [12_000, { partial: true }], [30_000, {}]), true)
  assert.equal(copied([300, { ...down, syncing: true }], [12_000, {}], [13_000, { partial: true }]), false)
})
