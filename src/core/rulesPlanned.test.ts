import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { groupStep, pause, saves, wereFired } from '../../test/decisions.ts'
import { alive, at, epochStart, group, now, recorded, refused, remembered, viewed, withPolicy, withSpec } from '../../test/situations.ts'
import type { Action } from './action.ts'
import { caseOf, decide } from './decide.ts'
import type { NodeView } from './observe.ts'
import { present } from './present.ts'
import { plannedRules } from './rulesPlanned.ts'
import type { Situation } from './situation.ts'
import type { GroupStatus } from './status.ts'
import { planSwitchover } from './switchoverPlan.ts'
import { noPassages } from './passage.ts'
import { inEnglish, say, worded } from './said.ts'

const worked = { spec: { maintenanceUntil: epochStart + now + 1, maintenanceNote: { by: 'ann', why: 'new kernel' } } }

function statusOf(s: Situation): GroupStatus {
  return present(
    s,
    decide(s),
    { rule: '', kind: 'hold', ...worded(say('status.reads')), evidence: {}, at: 0 },
    { tracked: [], passages: noPassages },
  )
}

void describe('a node in maintenance', () => {
  const s = group('a', alive('a', worked), alive('b'), alive('c'))

  test('it is the primary -> hands over to a replica in sync', () => {
    saves(s, 'steady.maintenance', { phase: 'switchover', candidate: 'b', primary: 'a', epoch: 2 })
  })

  test('it is the primary and its time has run out -> stays', () => {
    assert.equal(groupStep(at(s, now + 1), 'steady.healthy').kind, 'rest')
  })

  test('it is the primary of a paused group -> stays until the pause ends', () => {
    assert.equal(groupStep(withSpec(s, { pause }), 'steady.healthy').kind, 'rest')
  })

  test('its handing over was given up -> tried again after a minute, not at once', () => {
    const givenUp = remembered(s, { abortedAt: now - 59_999, writesResumedAt: now - 59_998 })
    assert.equal(groupStep(givenUp, 'steady.healthy').kind, 'rest')
    saves(remembered(s, { abortedAt: now - 60_000, writesResumedAt: now }), 'steady.maintenance', { candidate: 'b' })
  })

  test('it is the primary and nobody may take over -> stays, and a warning says why', () => {
    const alone = group('a', alive('a', worked), alive('b', worked), alive('c', { spec: { priority: 0 } }))
    assert.equal(groupStep(alone, 'steady.healthy').kind, 'rest')
    assert.match(statusOf(alone).warnings.join(), /a is in maintenance and still primary: of those in sync \(b, c\) none may be promoted/)
    assert.deepEqual(statusOf(s).warnings, [])
  })

  test('the only one who could take over -> a warning with the way out; when somebody else could, none', () => {
    const warnings = (s: Situation): string => statusOf(s).warnings.join()
    assert.match(
      warnings(group('a', alive('a'), alive('b', worked))),
      /b in maintenance: if a dies now, nobody takes over until `regroup maintain NODE --end`/,
    )
    assert.equal(warnings(group('a', alive('a'), alive('b', worked), alive('c'))), '')
    assert.equal(warnings(group('a', alive('a'), alive('b', { spec: { priority: 0 } }))), '')
  })

  test('a switchover to it -> refused by name, with the way out', () => {
    const c = caseOf(group('a', alive('a'), alive('b', worked), alive('c')))
    assert.ok(c !== null)
    const plan = planSwitchover(c, 'b')
    assert.ok(!plan.ok)
    assert.match(plan.sentence, /b is in maintenance; `regroup maintain g\/b --end` ends it/)
    assert.ok(planSwitchover(c, null).ok)
  })

  test('it is a replica and down -> the group is healthy; without maintenance it is degraded', () => {
    const down = (spec: object): GroupStatus => statusOf(group('a', alive('a'), alive('b', spec), refused('c', 5_000, spec)))
    assert.equal(down(worked).state, 'healthy')
    assert.equal(down({}).state, 'degraded')
    assert.deepEqual(down(worked).nodes[2]?.maintenance, { until: epochStart + now + 1, by: 'ann', why: 'new kernel' })
    assert.equal(statusOf(at(group('a', alive('a', worked)), now + 1)).nodes[0]?.maintenance, null)
  })
})

void describe('a switchover that was scheduled', () => {
  const s = group('a', alive('a'), alive('b'), alive('c'))
  const asked = { at: epochStart + now, to: 'c', by: 'ann', why: 'rack' }
  const due = withSpec(s, { scheduled: asked })

  test('before its time -> nothing, and it is shown; at its time -> made, and recorded as answered', () => {
    const early = withSpec(s, { scheduled: { ...asked, at: asked.at + 1 } })
    assert.equal(groupStep(early, 'steady.healthy').kind, 'rest')
    assert.deepEqual(statusOf(early).scheduled, { ...asked, at: asked.at + 1 })
    const step = saves(due, 'steady.scheduled', { phase: 'switchover', candidate: 'c', answered: asked.at })
    assert.equal(inEnglish(step.said), 'scheduled by ann (rack); switch over to c')
  })

  test('answered -> not made again, whatever became of the primary', () => {
    const done = recorded(due, { answered: asked.at })
    assert.equal(groupStep(done, 'steady.healthy').kind, 'rest')
    assert.equal(statusOf(done).scheduled, null)
    const lost = recorded(withSpec(group('a', refused('a', 9_900), alive('b', { linkUp: false })), { scheduled: asked }), {
      answered: asked.at,
    })
    saves(lost, 'steady.lost/elect.inSync', { answered: asked.at })
  })

  test('no safe way at its time -> refused with the reason, once', () => {
    const refusals: [Situation, RegExp][] = [
      [group('a', alive('a'), alive('b'), alive('c', { linkUp: false })), /c is not in sync with its link up; in sync are b/],
      [group('c', alive('c'), alive('a'), alive('b')), /c is the primary already/],
      [withSpec(s, { pause }), /the group is paused by anna/],
      [group('a', alive('a'), alive('b'), alive('c', worked)), /c is in maintenance/],
      [at(s, now + 600_001), /its time passed 10 min ago/],
    ]
    for (const [situation, reason] of refusals) {
      const step = saves(withSpec(situation, { scheduled: asked }), 'steady.scheduled', { phase: 'steady', answered: asked.at })
      assert.match(inEnglish(step.said), /^no switchover, although scheduled by ann \(rack\): /)
      assert.match(inEnglish(step.said), reason)
    }
  })

  test('the primary is in doubt at its time -> that comes first', () => {
    const lost = withSpec(group('a', refused('a', 9_900), alive('b', { linkUp: false }), alive('c', { linkUp: false })), {
      scheduled: asked,
    })
    saves(lost, 'steady.lost/elect.inSync', { phase: 'failover' })
  })
})

void describe('a preferred node that is not primary', () => {
  const first = { spec: { priority: 10 } }
  const s = group('b', alive('b'), alive('a', first), alive('c'))
  const hour = 3_600_000
  /** It has been in sync since so many milliseconds. */
  const since = (of: Situation, ms: number, incarnation = 'a1'): Situation =>
    remembered(of, { inSyncSince: new Map([['a', { incarnation, at: now - ms }]]) })
  const wanted = withPolicy(since(s, 300_000), { failback: 'atOnce' })

  test('in sync long enough -> planned switchover to it; not long enough, policy off -> stays', () => {
    saves(wanted, 'steady.failback', { phase: 'switchover', candidate: 'a', primary: 'b' })
    for (const stays of [withPolicy(since(s, 299_999), { failback: 'atOnce' }), since(s, 300_000), withPolicy(s, { failback: 'atOnce' })])
      assert.equal(groupStep(stays, 'steady.healthy').kind, 'rest')
    assert.deepEqual(statusOf(wanted).failback, { node: 'a', at: epochStart + now, window: null })
    assert.deepEqual(statusOf(withPolicy(s, { failback: 'atOnce' })).failback, { node: 'a', at: null, window: null })
    assert.equal(statusOf(since(s, 300_000)).failback, null)
  })

  test('another process than the one that was in sync so long -> its time begins anew', () => {
    const restarted = withPolicy(since(s, hour, 'a0'), { failback: 'atOnce' })
    assert.equal(groupStep(restarted, 'steady.healthy').kind, 'rest')
  })

  test('only in the window -> outside of it nothing', () => {
    const time = (clock: string): Situation => ({
      ...withPolicy(since(s, hour), { failback: 'window', failbackWindow: '02:00-04:00' }),
      wall: Date.parse(`2026-01-15T${clock}:00Z`),
    })
    saves(time('02:00'), 'steady.failback', { candidate: 'a' })
    assert.equal(groupStep(time('04:00'), 'steady.healthy').kind, 'rest')
    assert.equal(statusOf(time('04:00')).failback?.window, '02:00-04:00')
  })

  test('it died again and again today -> waits twice as long each time', () => {
    const day = 86_400_000
    const died = (times: number, ms: number): Situation =>
      withPolicy(recorded(since(s, ms), { failovers: Array.from({ length: times }, (_, i) => epochStart + now - hour - i) }), {
        failback: 'atOnce',
      })
    for (const [times, least] of [
      [1, 300_000],
      [2, 600_000],
      [3, 1_200_000],
      [16, day],
    ] as const) {
      assert.equal(groupStep(died(times, least - 1), 'steady.healthy').kind, 'rest', `${times}`)
      saves(died(times, least), 'steady.failback', { candidate: 'a' })
    }
    const old = recorded(wanted, { failovers: Array.from({ length: 9 }, () => epochStart + now - day) })
    saves(old, 'steady.failback', { candidate: 'a' })
  })

  test('paused, a roll under way, in maintenance, given up lately, not fit -> stays', () => {
    const roll = { since: 0, by: 'ann', why: '', was: [], turn: null }
    const other = (told: Parameters<typeof group>[2]): Situation =>
      withPolicy(since(group('b', alive('b'), told, alive('c')), hour), { failback: 'atOnce' })
    for (const stays of [
      withSpec(wanted, { pause }),
      withSpec(wanted, { roll }),
      remembered(wanted, { abortedAt: now - 59_999, writesResumedAt: now - 59_998 }),
      other(alive('a', { spec: { priority: 10, maintenanceUntil: epochStart + now + 1 } })),
      other(alive('a', { ...first, linkUp: false })),
      other(alive('a', { spec: { priority: 0 } })),
      other(alive('a')),
    ])
      assert.notEqual(decide(stays).group.rule, 'steady.failback')
  })

  test('the primary may be one only by order (priority 0) -> whoever may be takes over', () => {
    const zero = group('b', alive('b', { spec: { priority: 0 } }), alive('a'))
    saves(withPolicy(since(zero, hour), { failback: 'atOnce' }), 'steady.failback', { candidate: 'a' })
  })
})

test('every row -> was the decision in a test above', () => {
  wereFired(plannedRules)
})

test('a switchover to one that was told to take over and has not answered yet, in one that was given up -> refused, its last word is from before that', () => {
  const told = (action: Action): NodeView['acting'] => ({ id: 1, action, since: now - 100 })
  const plan = (action: Action): ReturnType<typeof planSwitchover> | null => {
    const c = caseOf(viewed(group('a', alive('a'), alive('b')), 'b', { acting: told(action) }))
    return c === null ? null : planSwitchover(c, null)
  }
  assert.equal(plan({ name: 'promote', bootFence: false })?.ok, false)
  assert.equal(plan({ name: 'persist' })?.ok, true)
})
