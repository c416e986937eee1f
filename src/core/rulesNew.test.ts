import { describe, test } from 'node:test'
import { alone, everyRuleFired, foreignMark, holds, order, pause, saves, waits } from '../../test/decisions.ts'
import { alive, at, group, lists, mute, now, remembered, unheard, withSpec } from '../../test/situations.ts'
import type { Situation } from './situation.ts'

void describe('no record', () => {
  const fresh = (id: string): ReturnType<typeof alive> => alive(id, { of: null, keys: 0, mark: null })

  test('one primary that all others follow -> adopted at epoch 1, alone in sync', () => {
    const s = group(null, alive('a', { of: null, mark: null, lists: [lists('b')] }), alive('b', { of: 'a', mark: null }))
    saves(s, 'new.adopt', { phase: 'steady', epoch: 1, primary: 'a', inSync: alone.inSync, fenced: false, hasData: true, guard: 0 })
  })

  test('marks of this group from an earlier life -> adopted above their epoch', () => {
    const s = group(null, alive('a', { of: null, mark: '7.3' }), alive('b', { of: 'a', mark: '6.9' }))
    saves(s, 'new.adopt', { epoch: 8 })
  })

  test('fresh nodes, one with data -> that one becomes the primary', () => {
    saves(group(null, fresh('a'), alive('b', { of: null, mark: null })), 'new.form', { primary: 'b', hasData: true })
    saves(group(null, fresh('a'), fresh('b')), 'new.form', { primary: 'a', hasData: false })
  })

  test('a node that was not heard yet -> waits; silent or refused for long -> holds and names it', () => {
    waits(group(null, fresh('a'), mute('b', now - 999)), 'new.waiting', /hear from b/)
    holds(group(null, fresh('a'), mute('b', now - 1000)), 'new.unreachable', /missing: b: silent/)
    holds(group(null, fresh('a'), mute('b', now - 1000, 'refused')), 'new.unreachable', /b: refused.*--accept-loss --to NODE/)
    waits(group(null, unheard('a')), 'new.waiting', /hear from a/)
  })

  test("a node with another group's mark -> holds; with --overwrite -> adopted", () => {
    const nodes = (overwrite: boolean): Situation =>
      group(null, alive('a', { of: null, mark: null }), alive('b', { of: 'a', mark: foreignMark, spec: { overwrite } }))
    holds(nodes(false), 'new.foreign', /b: marked as data of another group or installation \(h of other\)/)
    saves(nodes(true), 'new.adopt', { primary: 'a' })
  })

  test('two primaries with data -> holds: different histories', () => {
    holds(group(null, alive('a', { of: null, mark: null }), alive('b', { of: null, mark: null })), 'new.histories', /different histories/)
  })

  test('nobody is a primary -> holds until a person chooses; he does -> the intent names him', () => {
    const s = group(null, alive('a', { of: 'nowhere', mark: '3.5' }), alive('b', { of: 'nowhere', mark: '3.4' }))
    holds(s, 'new.noPrimary', /nothing is recorded/)
    saves(remembered(s, order('failover', 'b')), 'new.order', { phase: 'failover', candidate: 'b', cause: 'operator', epoch: 4 })
  })

  test('paused -> only watched', () => {
    holds(withSpec(group(null, fresh('a')), { pause }), 'new.paused', /paused/)
    saves(at(withSpec(group(null, fresh('a')), { pause }), now + 1), 'new.adopt', { primary: 'a' })
  })
})

test('every row of the table -> was the decision in a test above', () => {
  everyRuleFired('new')
})
