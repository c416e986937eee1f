import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogEntry } from '../api/types.ts'
import { passageOf } from './phases.ts'

const nodes = [{ id: 'a' }, { id: 'b' }] as never
const steady = { epoch: 2, phase: 'steady', inSync: ['b'], nodes } as const

/** Newest first, as the history comes; a tenth of a second between two. */
function told(...rules: readonly string[]): LogEntry[] {
  const entries = rules.map(
    (rule, at) => ({ seq: at + 1, at: 1000 + at * 100, group: 'g', epoch: 2, kind: 'event', rule, sentence: rule, evidence: {} }) as const,
  )
  return [...entries].reverse()
}

const shown = (entries: readonly LogEntry[], status: Parameters<typeof passageOf>[0]) =>
  passageOf(status, entries)?.steps.map(({ name, state, afterMs }) => `${name} ${state} ${afterMs ?? '-'}`)

test('passage: a failover that is done -> its steps with their times, and none that did not happen', () => {
  const entries = told('steady.lost/elect.inSync', 'failover.promote', 'failover.seen', 'steady.open', 'node.follow', 'steady.grow')
  assert.deepEqual(shown(entries, steady), [
    'decided done 0',
    'promoted done 100',
    'confirmed done 200',
    'opened done 300',
    'followed done 400',
    'synced done 500',
  ])
  assert.equal(passageOf(steady, entries)?.over, true)
})

test('passage: a failover from a silent primary that has got as far as taking the replicas away -> the next step is under way', () => {
  const entries = told('steady.lost/elect.inSync', 'failover.detach')
  assert.deepEqual(shown(entries, { ...steady, phase: 'failover' }), [
    'decided done 0',
    'detached done 100',
    'promoted now -',
    'confirmed waiting -',
    'opened waiting -',
    'synced waiting -',
  ])
})

test('passage: a switchover -> writes wait, the old primary is demoted first', () => {
  const entries = told('steady.orderSwitchover', 'switchover.pause', 'switchover.demote', 'switchover.promote')
  assert.deepEqual(shown(entries, { ...steady, phase: 'switchover' })?.slice(0, 5), [
    'decided done 0',
    'paused done 100',
    'demoted done 200',
    'promoted done 300',
    'confirmed now -',
  ])
})

test('passage: nothing is known of the epoch in force -> none', () => {
  assert.equal(passageOf({ ...steady, epoch: 3 }, told('steady.lost')), null)
})

test('passage: a group of one node -> waits for no replica', () => {
  const alone = { ...steady, inSync: ['a'], nodes: [{ id: 'a' }] as never }
  assert.deepEqual(shown(told('new.adopt', 'steady.open'), alone), ['decided done 0', 'opened done 100'])
})
