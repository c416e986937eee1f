import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { groupStep, pause } from '../../test/decisions.ts'
import { alive, failingOver, group, refused, remembered, switching, withSpec } from '../../test/situations.ts'
import { caseOf, decide, tables } from './decide.ts'

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
    const s = remembered(group('a', alive('a'), alive('b')), { tuned: null })
    const held = groupStep(withSpec(s, { pause }), 'steady.paused')
    assert.deepEqual([held.kind, /would do: a is opened/.test(held.sentence)], ['hold', true])
    const dead = failingOver(group('a', refused('a', 8_500), alive('b', { linkUp: false })), 'b')
    assert.equal(groupStep(withSpec(dead, { pause }), 'failover.promote').kind, 'act')
  })

  test('no record -> no case', () => assert.equal(caseOf(group(null, alive('a', { of: null }))), null))
})

test('every phase -> has a test file that fails when a row of its table never fired', () => {
  for (const { phase } of tables) {
    const file = new URL(`rules${phase.charAt(0).toUpperCase()}${phase.slice(1)}.test.ts`, import.meta.url)
    assert.ok(existsSync(file), file.pathname)
    assert.ok(readFileSync(file, 'utf8').includes(`everyRuleFired('${phase}')`), file.pathname)
  }
})
