import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { everyRuleFired, foreignMark, groupStep, holds, order, pause, saves, waits } from '../../test/decisions.ts'
import {
  type Says,
  alive,
  group,
  lists,
  markOf,
  mute,
  now,
  recorded,
  refused,
  remembered,
  unheard,
  unwatched,
  withSpec,
} from '../../test/situations.ts'
import { h2, lineage } from '../../test/succession.ts'
import { pika } from '../engines/pika.ts'
import { redis } from '../engines/redis.ts'
import { decide } from './decide.ts'
import { restored } from './draft.ts'
import type { GroupRecord } from './model.ts'
import type { Situation } from './situation.ts'
import { topologyOf } from './topology.ts'
import { inEnglish } from './said.ts'

/** The same nodes, met by a controller that has just started on a copy of the store. */
function met(s: Situation): Situation {
  return unwatched({ ...s, record: s.record === null ? null : restored(s.record) })
}

/** What they bear beyond the copy is kept in the record. */
function withSeen(s: Situation): Situation {
  const { rule, step } = decide(s).group
  if (rule !== 'restored.seen') return s
  assert.ok(step.kind === 'save' && s.record !== null)
  return { ...s, record: { ...s.record, ...step.record } }
}

const fromBackup = (s: Situation): Situation => withSeen(met(s))

const elsewhere = { host: '10.0.0.9', port: 6379 }

void describe('a record that was read from a backup', () => {
  test('replicas in sync then and stale now, their primary gone -> promoted by the record itself, not by the same record restored', () => {
    // When the copy was made a was guarded and both replicas were in sync. Then they lost their links, the guard was given up and a wrote alone.
    const s = unwatched(group('a', refused('a', now - 2000), alive('b', { linkUp: false }), alive('c', { linkUp: false })))
    saves(s, 'steady.lost/elect.inSync', { candidate: 'b', loss: null })
    holds(fromBackup(s), 'restored.unreachable', /missing: a: refused\. Start them, remove them, or choose/)
  })

  test('everybody answers and follows the primary of the record -> verified above every mark seen, alone in sync, nobody trusted from before', () => {
    const s = fromBackup(group('a', alive('a', { mark: '4.90' }), alive('b', { mark: '4.90' }), alive('c', { mark: '4.89', offset: 990 })))
    assert.equal(topologyOf(s).primary, null)
    assert.deepEqual(decide(s).nodes, [])
    const inSync = [{ node: 'a', incarnation: 'a1' }]
    saves(s, 'restored.adopt', { phase: 'steady', epoch: 5, primary: 'a', incarnation: 'a1', inSync, guard: 0, hasData: true })
  })

  test('another primary than the one of the backup, and the old one follows it -> that one is verified', () => {
    const s = fromBackup(group('a', alive('a', { of: 'b', mark: '3.7' }), alive('b', { of: null, mark: '3.7', lists: [lists('a')] })))
    const step = saves(s, 'restored.adopt', { epoch: 4, primary: 'b', inSync: [{ node: 'b', incarnation: 'b1' }] })
    assert.match(inEnglish(step.said), /follows b, where the backup has a/)
  })

  test('all follow one that does not show what was held when the copy was made -> verified, and that it may be lost is said', () => {
    const floor = { replid: 'R1', offset: 900, markSeq: 10 }
    const risk = (says: Says, change: Partial<GroupRecord> = {}): string => {
      const s = fromBackup(recorded(group('a', alive('a', says), alive('b', says)), { floor, ...change }))
      return inEnglish(saves(s, 'restored.adopt', { primary: 'a', floor: null }).said)
    }
    const lost = /Risk: no node is known to hold everything that a had acknowledged$/
    // Emptied and written to since; emptied, and an old snapshot put in its place; less of the same history.
    for (const says of [{ mark: null, replid: 'Z' }, { mark: '1.9', replid: 'Z' }, { offset: 899 }]) assert.match(risk(says), lost)
    assert.match(risk({ mark: null, replid: 'Z' }, { floor: null }), lost)
    // As far as that; restarted with its append-only file; another won since, and what that lost was said then.
    for (const says of [{ offset: 900 }, { mark: '1.10', replid: 'Z' }, { mark: '2.1', offset: 899 }])
      assert.doesNotMatch(risk(says), /Risk/)
    assert.doesNotMatch(risk({ mark: null }, { floor: null }), /Risk/)
    assert.doesNotMatch(risk({ mark: null, replid: 'Z' }, { hasData: false, floor: null }), /Risk/)
  })

  test('P2: a restored group where no server notices another history -> all but the primary are in doubt, unless the reign goes on that the copy names', () => {
    const restoredTo = (copy: 'a' | 'b', says: Says, change: { a?: Says; can?: Situation['can'] } = {}): Situation => {
      const s = group(
        copy,
        alive('a', { of: 'b', ...says, ...change.a }),
        alive('b', { of: null, ...says }),
        alive('c', { of: 'b', ...says }),
      )
      return met(recorded({ ...s, can: change.can ?? pika }, { epoch: 2, lineage: copy === 'b' ? lineage : lineage.slice(0, 1) }))
    }
    const same: Says = { replid: h2, mark: '2.1' }
    const unknown = /Nothing tells what was written where since the backup: the others are copied anew/
    // Moved since, by regroup or by hand; restarted since; reigning once more since.
    const later = [restoredTo('a', same), restoredTo('a', { replid: 'inst/g/1', mark: '1.1' })]
    const again = [restoredTo('b', { ...same, incarnation: 'b2' }), restoredTo('b', { replid: 'inst/g/4', mark: '4.1' })]
    for (const s of [...later, ...again])
      assert.match(inEnglish(saves(s, 'restored.adopt', { primary: 'b', inDoubt: ['a', 'c'], known: ['a', 'b', 'c'] }).said), unknown)
    for (const s of [restoredTo('b', same), restoredTo('a', same, { can: redis })]) {
      const step = saves(s, 'restored.adopt', { primary: 'b' })
      assert.ok(step.kind === 'save')
      assert.equal(step.record.inDoubt, undefined)
      assert.equal(step.record.known, undefined)
      assert.doesNotMatch(inEnglish(step.said), unknown)
    }
    // All others are listed again later.
    const lone = met(recorded({ ...group('b', alive('b', { ...same, of: null })), can: pika }, { epoch: 2, lineage: lineage.slice(0, 1) }))
    assert.doesNotMatch(inEnglish(saves(lone, 'restored.adopt', { primary: 'b', known: ['b'] }).said), unknown)
    // Nobody leads.
    const chosen = saves(restoredTo('a', same, { a: { of: null } }), 'restored.elect/elect.rollCall', {
      candidate: 'a',
      inDoubt: ['b', 'c'],
      known: ['a', 'b', 'c'],
    })
    assert.match(inEnglish(chosen.said), unknown)
  })

  test('a node bears a later epoch than the copy, and another is missing -> kept in the record: neither is forgotten with that node', () => {
    const later = { of: null, mark: '4.7', offset: 1200, incarnation: 'b2' } as const
    const s = met(group('a', alive('a'), alive('b', later), mute('c', now - 5000)))
    const floor = { replid: 'R1', offset: 1200, markSeq: 7, markEpoch: 4 }
    saves(s, 'restored.seen', { phase: 'restored', epoch: 4, primary: 'a', incarnation: '', inSync: [], floor })
    holds(withSeen(s), 'restored.unreachable', /missing: c: silent/)
    // By another process: b was restarted from an older snapshot meanwhile, and c is here.
    const { record } = withSeen(s)
    const taken = (says: Says): string => {
      const after = unwatched({ ...group('b', alive('a', says), alive('b', says), alive('c', says)), record })
      return inEnglish(saves(after, 'restored.adopt', { primary: 'b', epoch: 5 }).said)
    }
    const risk = /Risk: no node is known to hold everything that a had acknowledged$/
    const less = [
      { mark: '1.9', offset: 1100 },
      { mark: '1.9', replid: 'Z' },
      { mark: null, replid: 'Z' },
    ]
    for (const says of less) assert.match(taken(says), risk)
    assert.doesNotMatch(taken({ mark: '4.7', offset: 1200 }), /Risk/)
  })

  test('moves that were given up used epochs after the one that the marks bear -> none of them is given again', () => {
    const bears = { mark: { ...markOf('1.10'), given: 6 } }
    saves(met(group('a', alive('a', bears), alive('b', bears))), 'restored.adopt', { epoch: 7, primary: 'a' })
    saves(met(group('a', alive('a', bears), mute('c', now - 5000))), 'restored.seen', { epoch: 6 })
    // Nobody told that it is a copy: such a mark does, also on the primary that the copy names.
    saves(group('a', alive('a', bears), alive('b', bears)), 'steady.outdated', { phase: 'restored', epoch: 6, primary: 'a' })
    const known = { mark: { ...markOf('1.10'), given: 1 } }
    assert.notEqual(decide(group('a', alive('a', known), alive('b', known))).group.rule, 'steady.outdated')
  })

  test('what is seen is kept once, when nothing can be decided -> of equal marks beside the primary; an epoch also without a position', () => {
    const here = [alive('a', { mark: '3.5' }), alive('b', { mark: '3.5', offset: 1010 })] as const
    const floor = { replid: 'R1', offset: 1000, markSeq: 5, markEpoch: 3 }
    saves(met(group('a', ...here, mute('c', now - 5000))), 'restored.seen', { epoch: 3, floor })
    saves(met(group('a', here[1], here[0], mute('c', now - 5000))), 'restored.seen', { epoch: 3, floor })
    saves(withSpec(met(group('a', alive('a', { mark: '3.5' }), alive('b'))), { pause }), 'restored.seen', { epoch: 3 })
    waits(met(group('a', ...here, unheard('c'))), 'restored.waiting', /hear from c/)
    saves(met(group('a', alive('a', { mark: '3.5' }), alive('b'))), 'restored.adopt', { epoch: 4 })
    const blind = met(group('a', alive('a', { mark: '3.5', usable: false }), mute('c', now - 5000)))
    saves(blind, 'restored.seen', { epoch: 3, floor: null })
    holds(withSeen(blind), 'restored.unreachable', /missing: c/)
  })

  test('somebody was not heard yet -> waits; does not answer -> holds, also while the primary of the backup is well', () => {
    const well = (...others: Parameters<typeof group>[1][]): Situation => fromBackup(group('a', alive('a'), alive('b'), ...others))
    waits(well(unheard('c')), 'restored.waiting', /hear from c/)
    waits(well(mute('c', now - 999)), 'restored.waiting', /hear from c/)
    holds(well(mute('c', now - 1000)), 'restored.unreachable', /missing: c: silent.*--accept-loss --to NODE/)
  })

  test('everybody answers and nobody leads -> the one with the newest mark, whoever was in sync then', () => {
    const s = fromBackup(
      group(
        'a',
        alive('a', { of: 'nowhere', replid: 'RA', mark: '1.50' }),
        alive('b', { of: 'nowhere', replid: 'RB', mark: '3.60', incarnation: 'b9' }),
        alive('c', { of: 'a', replid: 'RA', mark: '1.49' }),
      ),
    )
    const step = saves(s, 'restored.elect/elect.rollCall', { phase: 'failover', candidate: 'b', cause: 'no primary', epoch: 4, inSync: [] })
    assert.ok(step.kind === 'save')
    // Nobody's word of before counts, so nobody is known to hold everything.
    assert.match(inEnglish(step.said), /Risk: .*no node is known to hold everything that a had acknowledged/)
    // The one who was chosen dies before it is primary: nobody who holds less takes its place.
    assert.deepEqual(step.record.floor, { replid: 'RB', offset: 1000, markSeq: 60 })
    const [dead] = group(null, refused('b', now - 5, { of: 'nowhere', replid: 'RB', mark: '3.60' })).nodes.values()
    assert.ok(dead !== undefined && s.record !== null)
    const record = { ...s.record, ...step.record } as NonNullable<Situation['record']>
    const later = remembered({ ...s, record, nodes: new Map(s.nodes).set('b', dead) }, { lostAt: now - 60_000 })
    holds(later, 'failover.again/elect.nobody', /waits for b/)
  })

  test('two open primaries whose writes the other lacks -> holds for a person', () => {
    const s = fromBackup(
      group(
        'a',
        alive('a', { of: null, replid: 'RA', replid2: 'R1', second: 901, offset: 950 }),
        alive('b', { of: null, replid: 'RB', replid2: 'R1', second: 901, offset: 970 }),
      ),
    )
    holds(s, 'restored.elect/elect.diverged', /each hold writes that the other lacks/)
  })

  test('everybody is empty although the group had data -> nobody is adopted', () => {
    holds(fromBackup(group('a', alive('a', { keys: 0 }), alive('b', { keys: 0 }))), 'restored.elect/elect.allEmpty', /empty/)
  })

  test('a node follows somebody the restored spec does not know -> holds, though all others are in order', () => {
    const s = fromBackup(group('a', alive('a', { of: elsewhere }), alive('b', { of: elsewhere })))
    holds(s, 'restored.stranger', /a follows 10\.0\.0\.9:6379, b follows 10\.0\.0\.9:6379, which is no node of this group/)
  })

  test('a node has lost a stranger -> the best of everybody, and the risk is said', () => {
    const s = fromBackup(group('a', alive('a', { of: 'nowhere' }), alive('b', { of: elsewhere, linkUp: false, offset: 990 })))
    const step = saves(s, 'restored.elect/elect.rollCall', { candidate: 'a' })
    assert.match(
      inEnglish(step.said),
      /Risk: .*b followed 10\.0\.0\.9:6379, which this group does not know and which may hold more or still take writes/,
    )
  })

  test('a node went to another group since -> holds', () => {
    holds(fromBackup(group('a', alive('a'), alive('b', { mark: foreignMark }))), 'restored.foreign', /b bears the mark of another group/)
  })

  test('paused -> only watched; an operator names the primary -> the intent names it', () => {
    const s = fromBackup(group('a', alive('a'), mute('b', now - 5000)))
    holds(withSeen(withSpec(s, { pause })), 'restored.paused', /not verified yet/)
    saves(remembered(s, order('failover', 'a')), 'restored.order/elect.order', {
      phase: 'failover',
      candidate: 'a',
      cause: 'operator',
      epoch: 2,
    })
    assert.equal(groupStep(remembered(s, order('failover', 'b')), 'restored.order/elect.order').kind, 'hold')
  })
})

test('every row of the table -> was the decision in a test above', () => {
  everyRuleFired('restored')
})
