import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alive, group, now, recorded, refused, viewed } from '../../test/situations.ts'
import { type Tracked, shown, track } from './recovery.ts'
import type { Situation } from './situation.ts'

const alone = { inSync: [{ node: 'a', incarnation: 'a1' }] }
const b = (says: Parameters<typeof alive>[1], set = alone): Situation => recorded(group('a', alive('a'), alive('b', says)), set)

function tracked(s: Situation, last: Tracked | null = null, at = now): Tracked | null {
  const [primary, node] = [s.nodes.get('a'), s.nodes.get('b')]
  if (primary === undefined || node === undefined || s.record === null) return assert.fail('not a pair')
  return track(last, node, primary, s.record, at, at)
}

function steps(s: Situation, last: Tracked | null, at = now): string[] {
  const now = tracked(s, last, at)
  const node = s.nodes.get('b')
  if (now === null || node === undefined) return assert.fail('nothing is tracked')
  return shown(now, node).steps.map(
    (step) => `${step.name}: ${step.state}${step.afterMs === null ? '' : ` ${step.afterMs}`}${step.note === null ? '' : ` (${step.note})`}`,
  )
}

void describe('a node on its way back', () => {
  test('from open primary to in sync -> each step with its time, once', () => {
    const open = b({ of: null })
    let at: Tracked | null = tracked(open)
    assert.deepEqual(steps(open, at), [
      'seen: done 0',
      'fenced: now',
      'demoted: waiting',
      'role persisted: waiting',
      'link up: waiting',
      'in sync: waiting',
    ])
    at = tracked(b({ of: 'nowhere' }), at, now + 5)
    at = tracked(viewed(b({ linkUp: false, syncing: true }), 'b', { persisted: null }), at, now + 9)
    const copying = b({ linkUp: false, syncing: true })
    assert.deepEqual(steps(copying, at, now + 12), [
      'seen: done 0',
      'fenced: done 5',
      'demoted: done 9',
      'role persisted: done 12',
      'link up: now (full copy under way)',
      'in sync: waiting',
    ])
    at = tracked(copying, at, now + 12)
    at = tracked(b({}), at, now + 700)
    const inSync = b({}, { inSync: [...alone.inSync, { node: 'b', incarnation: 'b1' }] })
    at = tracked(inSync, at, now + 1900)
    assert.deepEqual(steps(inSync, at, now + 2500).at(-1), 'in sync: done 1900')
    assert.equal(at?.endedAt, now + 1900)
  })

  test('in sync from the start -> nothing to show', () => {
    assert.equal(tracked(group('a', alive('a'), alive('b'))), null)
    assert.equal(tracked(group('a', alive('a'), refused('b', 1))), null)
  })

  test('it became the primary -> nothing to show', () => {
    const s = recorded(b({}), { primary: 'b' })
    assert.equal(tracked(s, { node: 'b', since: 1, startedAt: 1, endedAt: null, reached: {} }), null)
  })

  test('it vanished on the way -> ended; it comes back -> another recovery', () => {
    const half = tracked(b({ linkUp: false }))
    const gone = tracked(recorded(group('a', alive('a'), refused('b', 1)), alone), half, now + 50)
    assert.equal(gone?.endedAt, now + 50)
    assert.deepEqual(steps(recorded(group('a', alive('a'), refused('b', 1)), alone), gone, now + 60).at(-1), 'in sync: failed')
    assert.equal(tracked(b({ linkUp: false }), gone, now + 90)?.startedAt, now + 90)
  })

  test('its role could not be written -> that step failed and says why', () => {
    const s = viewed(b({ linkUp: false }), 'b', { persisted: null, persistProblem: 'no config file' })
    assert.ok(steps(s, tracked(s)).includes('role persisted: failed (no config file)'))
  })

  test('in sync but its role is not in its file -> not ended', () => {
    const set = { inSync: [...alone.inSync, { node: 'b', incarnation: 'b1' }] }
    const open = tracked(b({}))
    assert.equal(tracked(viewed(b({}, set), 'b', { persisted: null }), open && { ...open, reached: { seen: now } }, now + 9)?.endedAt, null)
  })

  test('ended -> shown for an hour', () => {
    const ended: Tracked = { node: 'b', since: 0, startedAt: 0, endedAt: now, reached: { seen: 0 } }
    const calm = group('a', alive('a'), alive('b'))
    assert.equal(tracked(calm, ended, now + 3_600_000), ended)
    assert.equal(tracked(calm, ended, now + 3_600_001), null)
  })
})
