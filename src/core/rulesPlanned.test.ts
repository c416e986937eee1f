import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { groupStep, pause, saves, wereFired } from '../../test/decisions.ts'
import { alive, at, epochStart, group, now, refused, remembered, withSpec } from '../../test/situations.ts'
import { caseOf, decide } from './decide.ts'
import { present } from './present.ts'
import { plannedRules } from './rulesPlanned.ts'
import type { Situation } from './situation.ts'
import type { GroupStatus } from './status.ts'
import { planSwitchover } from './switchoverPlan.ts'

const worked = { spec: { maintenanceUntil: epochStart + now + 1, maintenanceNote: { by: 'ann', why: 'new kernel' } } }

function statusOf(s: Situation): GroupStatus {
  return present(s, decide(s), { rule: '', kind: 'hold', sentence: '', evidence: {}, at: 0 }, [])
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

test('every row -> was the decision in a test above', () => {
  wereFired(plannedRules)
})
