// A copy by force is in the record before a node is told to take it, where the server tells no history from another.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copied, groupStep, nodeStep, saves, told } from '../../test/decisions.ts'
import {
  type Says,
  alive,
  group,
  now,
  readingOf,
  recorded,
  refused,
  remembered,
  silent,
  specOf,
  viewed,
  withPolicy,
} from '../../test/situations.ts'
import { h1, h2, lineage } from '../../test/succession.ts'
import { pika } from '../engines/pika.ts'
import { decide } from './decide.ts'
import { closedGuard } from './limits.ts'
import { newNode, probed } from './observe.ts'
import { inEnglish } from './said.ts'
import type { Situation } from './situation.ts'

/** It was primary until b took over, has writes of its own, and is closed. */
const left: Says = { of: null, guard: closedGuard, replid: h1, mark: '1.9', offset: 1080 }
/** Its log fits, and its crash shows in the record only. */
const crashed: Says = { ...left, offset: 900, incarnation: 'a2' }
const linked: Says = { replid: h2, mark: '2.1', offset: 1200 }

function returning(a: Says, c: Says = linked): Situation {
  const s = group('b', alive('a', a), alive('b', linked), alive('c', c))
  const here = remembered({ ...s, can: pika }, { loadedAt: 0, inSyncSince: new Map([['b', { incarnation: 'b1', at: 5_000 }]]) })
  return recorded(here, { epoch: 2, lineage, guard: 0, inSync: [{ node: 'b', incarnation: 'b1' }] })
}

test('a node is to be copied by force -> in doubt in the record first, then told, with the same words', () => {
  const step = saves(returning(left), 'steady.copies', { phase: 'steady', primary: 'b', inDoubt: ['a'] })
  assert.match(inEnglish(step.said), /^to be copied anew from b, and in doubt until that ended: a$/)
  const known = copied(returning(left), 'a', 'node.demote', { name: 'demote' })
  assert.equal(nodeStep(known, 'a', 'node.demote').evidence['discards'], '80 bytes of its log')
  const after = copied(returning(crashed), 'a', 'node.demote', { name: 'demote' })
  assert.match(String(nodeStep(after, 'a', 'node.demote').evidence['discards']), /it crashed as the primary/)
})

test('it is attached as it is, or holds nothing, or cannot be told yet -> nothing is saved for it', () => {
  for (const rests of [
    returning({ ...left, offset: 1000 }),
    returning({ ...left, keys: 0 }),
    { ...returning(left), can: { ...pika, namesHistories: true } },
    // Another is copied first.
    returning(left, { ...linked, linkUp: false, syncing: true }),
    viewed(returning(left), 'a', { left: [{ from: specOf('b'), at: now - 1_000 }] }),
    viewed(returning(left), 'a', { troubles: [{ action: 'demote', code: 'NOPERM', message: '', times: 1, retryAt: now + 500 }] }),
    returning({ ...left, loading: true }),
  ])
    assert.notEqual(decide(rests).group.rule, 'steady.copies')
  copied(withPolicy(returning(left, { ...linked, linkUp: false, syncing: true }), { parallelSyncs: 2 }), 'a', 'node.demote', {
    name: 'demote',
  })
})

test('another follows it by a link -> that one is detached first, and is not called misled for it', () => {
  const s = returning(left, { ...linked, of: 'a', offset: 900 })
  assert.notEqual(decide(s).group.rule, 'steady.copies')
  told(s, 'c', 'node.still', { name: 'fence' })
  saves(returning(left, { ...linked, of: 'a', offset: 900, linkUp: false }), 'steady.copies', { inDoubt: ['a'] })
})

test('the primary is replaced before the copy began, and its successor has fed the node since -> copied anew all the same, though its mark and its log fit', () => {
  const fed: Says = { ...linked, incarnation: 'a2', offset: 1190, of: 'nowhere', guard: closedGuard }
  const plain = nodeStep(returning(fed), 'a', 'node.follow')
  assert.ok(plain.kind === 'act' && plain.acts[0]?.action.name === 'follow' && plain.acts[0].action.force === undefined)
  told(recorded(returning(fed), { inDoubt: ['a'] }), 'a', 'node.follow', { name: 'follow', force: true })
})

test('a controller starts while another told it to copy: the copy goes on, and ends the doubt; before it began, it is told again', () => {
  const reading = (says: Says) => readingOf('a', 'b', { ...linked, incarnation: 'a2', ...says })
  const first = probed(
    newNode(specOf('a')),
    now - 20,
    { ok: true, reading: reading({ linkUp: false, syncing: true, partial: true }) },
    now - 15,
  )
  const s = (node: typeof first): Situation => {
    const here = recorded(returning({}), { inDoubt: ['a'] })
    return { ...here, nodes: new Map(here.nodes).set('a', { ...node, cleared: true }) }
  }
  assert.equal(nodeStep(s(first), 'a', 'node.settled').kind, 'rest')
  saves(s(probed(first, now - 5, { ok: true, reading: reading({}) }, now - 4)), 'steady.resolved', { phase: 'steady' })
  // With its link up, or down, and no copy seen.
  for (const says of [{}, { linkUp: false }, { linkUp: false, partial: true }] as const)
    told(s(probed(newNode(specOf('a')), now - 20, { ok: true, reading: reading(says) }, now - 15)), 'a', 'node.still', { name: 'fence' })
})

test('one that is to be copied refuses to be told, and another in doubt follows the primary -> that one has its turn', () => {
  const refusal = { action: 'demote', code: 'NOPERM', message: '', times: 1, retryAt: now + 500 } as const
  const s = recorded(returning(left), { inDoubt: ['a', 'c'] })
  assert.equal(nodeStep(s, 'c', 'node.settled').kind, 'rest')
  told(viewed(s, 'a', { troubles: [refusal] }), 'c', 'node.still', { name: 'fence' })
})

test('the primary is gone -> nothing is saved for a copy from it', () => {
  for (const b of [refused('b', 5_000, linked), silent('b', 5_000, linked)]) {
    const s = group('b', alive('a', left), b, alive('c', linked))
    const decided = decide(recorded({ ...s, can: pika }, { epoch: 2, lineage, guard: 0 }))
    assert.notEqual(decided.group.rule, 'steady.copies')
  }
  assert.equal(groupStep(returning({ ...linked, offset: 1190 }), 'steady.healthy').kind, 'rest')
})
