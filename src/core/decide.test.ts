import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { acts, groupStep, pause } from '../../test/decisions.ts'
import { alive, failingOver, group, recorded, refused, switching, viewed, withSpec } from '../../test/situations.ts'
import { caseOf, decide, tables } from './decide.ts'
import type { Situation } from './situation.ts'
import { inEnglish } from './said.ts'

void describe('one decision for the group, one for each node', () => {
  test('steady -> every node is decided about, in the order of the spec', () => {
    const { nodes } = decide(group('a', alive('a'), alive('b'), refused('c', 5_000)))
    assert.deepEqual(
      nodes.map(({ node, rule }) => `${node} ${rule}`),
      ['a node.primary', 'b node.settled', 'c node.unheard'],
    )
  })

  test('no record, something under way, or a pause -> no node is decided about', () => {
    const s = group('a', alive('a'), alive('b', { of: 'nowhere' }))
    for (const each of [group(null, alive('a', { of: null })), failingOver(s, 'b'), switching(s, 'b'), withSpec(s, { pause })]) {
      assert.deepEqual(decide(each).nodes, [])
    }
  })

  test('paused -> an action is not taken but told; what is under way is finished', () => {
    const bare = recorded(viewed(group('a', alive('a'), alive('b')), 'a', { persisted: null }), { fenced: false })
    const held = groupStep(withSpec(bare, { pause }), 'steady.paused')
    assert.deepEqual([held.kind, /would do: writes the boot fence/.test(inEnglish(held.said))], ['hold', true])
    const dead = failingOver(group('a', refused('a', 8_500), alive('b', { linkUp: false })), 'b')
    assert.equal(groupStep(withSpec(dead, { pause }), 'failover.promote').kind, 'act')
  })

  test('paused, and a switchover is given up -> the writes that it paused go on', () => {
    const given = viewed(withSpec(group('a', alive('a'), alive('b')), { pause }), 'a', { paused: 'a1' })
    acts(given, 'steady.resumeWrites', ['a', { name: 'resumeWrites' }])
  })

  test('paused right after a change of primary -> it is opened and the others are led to it, for a minute', () => {
    const changed = (agoMs: number): Situation => {
      const s = withSpec(group('a', alive('a', { guard: 9999 }), alive('b', { of: 'nowhere' })), { pause })
      const inSync = [{ node: 'a', incarnation: 'a1' }]
      const lineage = [{ epoch: 1, node: 'a', at: s.wall - agoMs, replid: 'R1', start: 1, continues: false }]
      return recorded(s, { lineage, inSync })
    }
    assert.equal(groupStep(changed(59_999), 'steady.open').kind, 'act')
    assert.equal(decide(changed(59_999)).nodes[1]?.rule, 'node.follow')
    assert.deepEqual(decide(changed(60_000)).nodes, [])
    assert.equal(groupStep(changed(60_000), 'steady.open').kind, 'act', 'a closed primary is opened all the same')
    const byHand = withSpec(group('a', alive('a', { guard: 3 }), alive('b')), { pause })
    assert.equal(groupStep(byHand, 'steady.paused').kind, 'hold', 'what a person set in his pause is left alone')
  })

  test('no record -> no case', () => assert.equal(caseOf(group(null, alive('a', { of: null }))), null))
})

test('every phase -> has a test file that fails when a row of its table never fired', () => {
  for (const { phase } of tables) {
    const file = new URL(`rules${phase.charAt(0).toUpperCase()}${phase.slice(1)}.test.ts`, import.meta.url)
    assert.ok(existsSync(file), file.pathname)
    assert.ok(readFileSync(file, 'utf8').includes(`everyRuleFired('${phase}'`), file.pathname)
  }
})
