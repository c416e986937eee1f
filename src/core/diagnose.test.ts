import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  able,
  alive,
  answering,
  at,
  epochStart,
  failingOver,
  group,
  mute,
  now,
  recorded,
  refused,
  remembered,
  silent,
  unasked,
  unheard,
  viewed,
  withPolicy,
} from '../../test/situations.ts'
import { type Verdict, flapping, handoverGrace, lost, verdictOf, writeTrouble } from './diagnose.ts'
import { closedGuard } from './limits.ts'
import type { NodeView } from './observe.ts'
import type { Situation } from './situation.ts'

function is(s: Situation, kind: Verdict['kind'], evidence: Verdict['evidence'] = {}): Verdict {
  const verdict = verdictOf(s)
  assert.equal(verdict.kind, kind, JSON.stringify(verdict))
  assert.partialDeepStrictEqual(verdict.evidence, evidence)
  return verdict
}

const proven = (since: number, done: number | null): { view: { proof: { since: number; done: number | null } } } => ({
  view: { proof: { since, done } },
})

void describe('the primary answers', () => {
  test('the recorded process as a primary -> alive', () => {
    is(group('a', alive('a'), alive('b')), 'alive')
  })

  test('another process -> restarted, also as a replica', () => {
    is(group('a', alive('a', { incarnation: 'a2' })), 'restarted', { process: 'a2', recorded: 'a1' })
    is(group('a', alive('a', { incarnation: 'a2', of: 'nowhere' })), 'restarted')
  })

  test('the recorded process as a replica -> not primary, and of whom', () => {
    is(group('a', alive('a', { of: 'b' }), alive('b')), 'not primary', { follows: '127.0.0.1:7002' })
  })

  test('it says that it shuts down -> shutting down, before anything about its writes', () => {
    is(group('a', alive('a', { shuttingDown: true, writeProblem: 'MISCONF' })), 'shutting down')
  })

  test('its writes fail -> hung in steady, alive while something is under way', () => {
    const s = group('a', alive('a', { writeProblem: 'MISCONF: disk full' }), alive('b'))
    is(s, 'hung', { writes: 'MISCONF: disk full' })
    is(failingOver(s, 'b'), 'alive')
  })
})

void describe('writes that do not end', () => {
  const s = group('a', alive('a'), alive('b'))
  const canary = (change: Partial<Situation['memory']['canary']>): Situation => remembered(s, { canary: { ...s.memory.canary, ...change } })
  const a = s.nodes.get('a') ?? assert.fail('no node')

  test('a canary in flight shorter than its time -> no trouble; as long -> trouble', () => {
    assert.equal(writeTrouble(canary({ inFlight: { id: 1, since: a.askedAt - 4_999 } }), a), null)
    assert.match(writeTrouble(canary({ inFlight: { id: 1, since: a.askedAt - 5_000 } }), a) ?? '', /not answered within 5000 ms/)
  })

  test('it is closed -> no trouble: it is sent no marks, so it is opened first', () => {
    const closed = group('a', alive('a', { guard: closedGuard }), alive('b'))
    const troubled = remembered(closed, { canary: { ...closed.memory.canary, problem: 'MISCONF: disk full' } })
    is(troubled, 'alive')
    is(group('a', alive('a', { guard: closedGuard, writeProblem: 'MISCONF' }), alive('b')), 'hung')
  })

  test('we stood still meanwhile, and the node answers what was asked before that -> no trouble', () => {
    const before = { ...a, askedAt: now - 6_000 }
    assert.equal(writeTrouble(canary({ inFlight: { id: 1, since: now - 6_100 } }), before), null)
  })

  test('a canary that was refused for a reason of the node -> trouble', () => {
    assert.equal(writeTrouble(canary({ problem: 'MISCONF: x' }), a), 'MISCONF: x')
  })
})

void describe('the primary does not answer', () => {
  test('never asked -> unheard; asked lately -> suspect', () => {
    is(group('a', unheard('a'), alive('b')), 'unheard')
    is(group('a', mute('a', now - 999), alive('b', { linkUp: false })), 'suspect')
  })

  test('no record -> unheard', () => {
    is(group(null, alive('a', { of: null })), 'unheard')
  })

  test('silent for less than silentAfterMs -> suspect; as long, no claim of a link -> silent', () => {
    const s = group('a', silent('a', 9_000), alive('b', { linkUp: false }))
    is(at(s, 9_999), 'suspect', { silentAfterMs: 1000 })
    is(s, 'silent', { quietMs: 1000, linkDownAt: 'b' })
  })

  test('new connections are refused while an old one stands unanswered -> no death: it may be frozen, so it is silence', () => {
    const standing = (since: number): Situation => {
      const s = group('a', silent('a', since), alive('b', { linkUp: false }))
      return viewed(s, 'a', { failure: { kind: 'refused', standing: true } })
    }
    is(standing(now - 999), 'suspect')
    is(standing(now - 1_000), 'silent')
  })

  test('its connection was closed -> the same as silence until it is refused', () => {
    const s = group('a', silent('a', 9_500, { view: { failure: { kind: 'closed' } } }), alive('b', { linkUp: false }))
    is(s, 'suspect')
    is(at(viewed(s, 'b', { askedAt: 10_400 }), 10_500), 'silent')
  })

  test('an error -> unreadable, however long; we cannot ask -> unasked', () => {
    is(group('a', answering('a', 1_000, 'NOAUTH'), alive('b', { linkUp: false })), 'unreadable', { code: 'NOAUTH' })
    is(group('a', unasked('a', 1_000), alive('b', { linkUp: false })), 'unasked', { code: 'DNS' })
  })

  test('another process is the recorded one since -> silence counts from there; another record of the same one -> as before', () => {
    const s = group('a', silent('a', 5_000), alive('b', { linkUp: false }))
    is(remembered(s, { namedAt: now - 999 }), 'suspect')
    is(remembered(s, { namedAt: now - 1_000 }), 'silent')
    is(remembered(s, { recordAt: now - 1 }), 'silent')
  })

  test('most hosts are silent -> self-suspect, but a refusal is one', () => {
    const frozen = { frozen: { silentHosts: 3, hosts: 5 } }
    is(remembered(group('a', silent('a', 8_500), alive('b', { linkUp: false })), frozen), 'self-suspect', { hosts: 5 })
    is(remembered(group('a', refused('a', 9_900), alive('b', { linkUp: false })), frozen), 'dead')
  })
})

void describe('refused: nothing listens, what do the replicas say', () => {
  test('link down for long -> dead, without any waiting', () => {
    is(group('a', refused('a', 9_980), alive('b', { linkUp: false })), 'dead', { linkDownAt: 'b' })
  })

  test('the link was lost just now -> suspect: it may be made again; down for as long as that takes -> dead', () => {
    const lostAgo = (ms: number): Situation =>
      viewed(group('a', refused('a', 9_980), alive('b', { linkUp: false })), 'b', { unlinkedSince: now - 10 - ms })
    is(lostAgo(19), 'suspect')
    is(lostAgo(20), 'dead', { linkDownAt: 'b' })
  })

  test('no replica answers -> dead', () => {
    is(group('a', refused('a', 8_500), refused('b', 8_500)), 'dead', { linkDownAt: null })
    is(group('a', refused('a', 8_500)), 'dead')
  })

  test('a replica was not asked since -> suspect, for at most silentAfterMs', () => {
    is(group('a', refused('a', 9_995), alive('b', { linkUp: false })), 'suspect')
    is(at(group('a', refused('a', 9_995), alive('b', { linkUp: false })), 10_995), 'dead')
  })

  test('one link up against one down -> contested: the veto wins', () => {
    const verdict = is(group('a', refused('a', 9_900), alive('b', { linkUp: false }), alive('c')), 'contested', { linkUpAt: 'c' })
    assert.ok(verdict.kind === 'contested' && verdict.witness === 'c')
  })

  test('the link claims to be up for three seconds without moving -> to be proven; moving -> contested for as long', () => {
    is(group('a', refused('a', 7_001), alive('b')), 'contested')
    is(group('a', refused('a', 7_000), alive('b')), 'unproven')
    is(group('a', refused('a', 1_000), alive('b', { view: { advancedAfter: 7_001 } })), 'contested')
    is(group('a', refused('a', 1_000), alive('b', { view: { advancedAfter: 7_000 } })), 'unproven')
  })

  test('a replica of a replica -> no witness', () => {
    is(group('a', refused('a', 9_900), alive('b', { linkUp: false }), alive('c', { of: 'b' })), 'dead', { linkUpAt: null })
  })
})

void describe('the spec names an address that is not the primary’s', () => {
  const old = { host: '10.0.0.1', port: 6379 }
  const stranger = { incarnation: 'x1', replid: 'X', mark: { installation: 'inst', group: 'other', epoch: 9, seq: 1 } } as const
  const fed = (says: object = {}, view: object = {}): ReturnType<typeof alive> =>
    alive('b', { of: old, ...says, view: { advancedAfter: now - 300, ...view } })

  test('another server answers there, and an in-sync replica is fed in the record’s history by an address outside the spec -> contested', () => {
    const seen = { witness: 'b', elsewhere: '10.0.0.1:6379' }
    assert.partialDeepStrictEqual(is(group('a', alive('a', stranger), fed()), 'contested', { elsewhere: '10.0.0.1:6379' }), seen)
    // Empty it looks like ours.
    assert.partialDeepStrictEqual(
      is(group('a', alive('a', { incarnation: 'x1', keys: 0, mark: null, replid: 'X' }), fed()), 'contested'),
      seen,
    )
  })

  test('nobody answers there -> contested all the same', () => {
    for (const gone of [refused('a', 8_500), silent('a', 8_500)])
      assert.partialDeepStrictEqual(is(group('a', gone, fed()), 'contested'), { witness: 'b', elsewhere: '10.0.0.1:6379' })
  })

  test('the link stands and nothing moves -> it must be proven; when it cannot be made again -> silent: a stranger proves no end', () => {
    const idle = { advancedAfter: null }
    is(group('a', alive('a', stranger), fed({}, idle)), 'unproven')
    const down = fed({ linkUp: false }, { ...idle, proof: { since: 9_000, done: 9_100 } })
    is(group('a', alive('a', stranger), down), 'silent', { linkDownAt: 'b', recorded: 'a1' })
    is(group('a', alive('a', { ...stranger, view: { firstAskedAt: now - 999 } }), down), 'suspect')
    is(group('a', alive('a', { ...stranger, view: { firstAskedAt: now - 1000 } }), down), 'silent')
  })

  test('its address refuses, and the link to where it lives is down -> silent: that refusal proves no end either', () => {
    is(group('a', refused('a', 8_500), fed({ linkUp: false })), 'silent', { linkDownAt: 'b' })
    is(group('a', refused('a', 9_500), fed({ linkUp: false })), 'suspect')
  })

  test('a process with this group’s data answers there, and the link to the old address is down -> it moved, restarted', () => {
    is(group('a', alive('a', { incarnation: 'a2' }), fed({ linkUp: false })), 'restarted')
  })

  test('its history is another, it was not in sync, or its primary is in the spec -> restarted', () => {
    is(group('a', alive('a', stranger), fed({ replid: 'R2', replid2: 'R1' })), 'restarted')
    is(group('a', alive('a', stranger), fed({ incarnation: 'b2' })), 'restarted')
    is(
      group('a', alive('a', stranger), alive('b', { of: 'c', view: { advancedAfter: now - 300 } }), alive('c', { linkUp: false })),
      'restarted',
    )
    is(group('a', alive('a', stranger), fed({ of: 'nowhere' })), 'restarted')
  })

  test('where a history keeps its name after a restart -> only a stranger shows that the address is wrong', () => {
    const s = (says: object): Situation => able(group('a', alive('a', says), fed()), { namesHistories: false, canProveLink: false })
    is(s({ incarnation: 'a2' }), 'restarted')
    is(s(stranger), 'contested')
  })
})

test('silent for long, but we stood still until just now -> suspect until what is asked since had its time', () => {
  const s = group('a', silent('a', 8_500), alive('b', { linkUp: false }))
  is(remembered(s, { judgesFrom: now + 1 }), 'suspect')
  is(remembered(s, { judgesFrom: now }), 'silent')
  // A refusal is an answer.
  is(remembered(group('a', refused('a', 9_900), alive('b', { linkUp: false })), { judgesFrom: now + 1 }), 'dead')
})

void describe('silent: the replicas must prove', () => {
  const s = (b: Parameters<typeof alive>[1]): Situation => group('a', silent('a', 8_500), alive('b', b))

  test('a link that claims to be up -> asked; asked and not answered -> suspect', () => {
    const verdict = is(s({}), 'unproven')
    assert.deepEqual(verdict.kind === 'unproven' ? verdict.ask : [], ['b'])
    is(s(proven(9_800, null)), 'suspect')
    is(s(proven(9_800, 9_995)), 'suspect')
  })

  test('it does what it was told, or is only being asked again -> so it is said, as long as an action and a silence may take', () => {
    const asking = (view: Partial<NodeView>): boolean => {
      const verdict = is(s({ view }), 'silent')
      return verdict.kind === 'silent' && verdict.asking
    }
    const acting = (since: number): boolean => asking({ acting: { id: 1, action: { name: 'proveLink' }, since } })
    assert.deepEqual([acting(9_990), acting(now - 3_001)], [true, false])
    assert.deepEqual([asking({ askedAt: 9_900, actedAt: 9_950 }), asking({ askedAt: 8_499, actedAt: 8_499 })], [true, false])
  })

  test('up again after it was dropped -> contested, then asked again, which is no news', () => {
    is(s(proven(9_800, 9_810)), 'contested', { linkUpAt: 'b' })
    const again = is(s(proven(8_600, 8_000)), 'unproven')
    assert.deepEqual(
      [again, is(s({}), 'unproven')].map((one) => one.kind === 'unproven' && one.again),
      [true, false],
    )
    is(at(s({ ...proven(8_600, 8_610), view: { proof: { since: 8_600, done: 8_610 }, askedAt: 10_600 } }), 10_610), 'unproven')
  })

  test('down after it was dropped -> suspect for 150 ms, then silent', () => {
    is(s({ linkUp: false, ...proven(9_800, 9_850) }), 'suspect')
    is(s({ linkUp: false, ...proven(9_800, 9_840) }), 'silent')
  })

  test('a proof from before the suspicion -> proves nothing', () => {
    is(s(proven(8_000, 8_010)), 'unproven')
  })

  test('the demand for proof was refused -> asked again', () => {
    is(s({ view: { proof: null, troubles: [{ action: 'proveLink', code: 'SILENT', message: '', times: 1, retryAt: 0 }] } }), 'unproven')
  })

  test('its position rises -> contested without being asked', () => {
    const verdict = is(s({ view: { advancedAfter: 9_001 } }), 'contested')
    assert.ok(verdict.kind === 'contested' && verdict.witness === 'b')
    is(s({ view: { advancedAfter: 9_000 } }), 'unproven')
    // For a part of the second since we stood still ourselves.
    is(s({ view: { advancedAfter: 8_501, stoodSinceRiseMs: 500 } }), 'contested')
    is(s({ view: { advancedAfter: 8_501, stoodSinceRiseMs: 499 } }), 'unproven')
  })
})

void describe('too many forced failovers lately', () => {
  const often = (ats: readonly number[]): Situation =>
    recorded(group('a', silent('a', 8_500), alive('b', { linkUp: false })), { failovers: ats.map((ago) => epochStart + now - ago) })

  test('three within the window -> silence must last ten times as long; a death needs nothing more', () => {
    is(often([1, 2, 3]), 'suspect', { silentAfterMs: 10_000 })
    is(often([1, 2]), 'silent')
    is(often([1, 2, 600_000]), 'silent')
    is(withPolicy(often([1, 2]), { flapFailovers: 2 }), 'suspect')
    const dead = recorded(group('a', refused('a', 9_900), alive('b', { linkUp: false })), {
      failovers: often([1, 2, 3]).record?.failovers ?? [],
    })
    assert.equal(flapping(dead), true)
    is(dead, 'dead')
  })
})

test('a primary that somebody demoted -> three seconds for his second command', () => {
  const s = group('a', alive('a', { of: 'b' }), alive('b'))
  assert.equal(handoverGrace(remembered(s, { lostAt: now - 2_999 })), true)
  assert.equal(handoverGrace(remembered(s, { lostAt: now - 3_000 })), false)
  assert.equal(handoverGrace(remembered(s, { lostAt: null })), false)
})

test('only dead, silent, restarted and demoted primaries -> are lost', () => {
  const kinds: Verdict['kind'][] = [
    'unheard',
    'alive',
    'suspect',
    'self-suspect',
    'dead',
    'silent',
    'restarted',
    'not primary',
    'shutting down',
  ]
  const found = kinds.filter((kind) => lost({ kind, evidence: {} } as Verdict))
  assert.deepEqual(found, ['dead', 'silent', 'restarted', 'not primary'])
})
