import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acts, everyRuleFired, foreignMark, groupStep, holds, order, pause, saves, waits } from '../../test/decisions.ts'
import {
  type Says,
  alive,
  at,
  epochStart,
  failingOver,
  group,
  unwatched,
  recorded,
  lists,
  now,
  refused,
  remembered,
  riskSaid,
  silent,
  viewed,
  withPolicy,
  withSpec,
} from '../../test/situations.ts'
import { pika } from '../engines/pika.ts'
import { redis } from '../engines/redis.ts'
import { decide } from './decide.ts'
import { closedGuard, nowhere } from './limits.ts'
import { lossOf } from './loss.ts'
import type { GroupRecord } from './model.ts'
import type { NodeView } from './observe.ts'
import type { Situation } from './situation.ts'
import { type Said, inEnglish, say } from './said.ts'

void describe('a failover is under way', () => {
  const dead = group('a', refused('a', 8_500), alive('b', { linkUp: false }), alive('c', { linkUp: false }))

  test('the candidate is a replica -> promoted, closed', () => {
    acts(failingOver(dead, 'b'), 'failover.promote', ['b', { name: 'promote', bootFence: true }])
    acts(withPolicy(failingOver(dead, 'b'), { bootFence: false }), 'failover.promote', ['b', { bootFence: false }])
  })

  test('its last reading is older than the intent -> waits for a newer one', () => {
    waits(remembered(failingOver(dead, 'b'), { recordAt: now }), 'failover.waiting', /waits for b/)
  })

  test('the candidate is seen as a closed primary -> it is the primary, alone in sync', () => {
    const promoted = { of: null, guard: 9999, replid: 'R2', replid2: 'R1', second: 1001 } as const
    const s = failingOver(group('a', refused('a', 8_500), alive('b', promoted), alive('c', { linkUp: false })), 'b')
    const step = saves(s, 'failover.seen', {
      phase: 'steady',
      epoch: 2,
      primary: 'b',
      guard: 0,
      fenced: true,
      inSync: [{ node: 'b', incarnation: 'b1' }],
      failovers: [epochStart + now],
    })
    assert.ok(step.kind === 'save')
    assert.equal(step.record.lineage.at(-1)?.replid, 'R2')
  })

  test('... and holds a part of a copy -> its reign says so', () => {
    const s = (says: Says): GroupRecord['lineage'] => {
      const promoted = { of: null, guard: closedGuard, ...says } as const
      const step = groupStep({ ...failingOver(group('a', refused('a', 8_500), alive('b', promoted)), 'b'), can: pika }, 'failover.seen')
      return step.kind === 'save' ? step.record.lineage : []
    }
    assert.deepEqual(
      [s({ partial: true, usable: false }), s({})].map((lineage) => [lineage.at(-1)?.node, lineage.at(-1)?.partial]),
      [
        ['b', true],
        ['b', undefined],
      ],
    )
  })

  test('... and its file could not be written: it may lead it back to a silent primary, or a dead one that is not fenced -> that is said', () => {
    const risk = (cause: 'silent' | 'dead', fenced: boolean, view: Partial<NodeView> = { persistProblem: 'read-only' }): string => {
      const promoted = { of: null, guard: closedGuard, replid: 'R2', replid2: 'R1', second: 1001, view } as const
      const s = group('a', silent('a', 8_500), alive('b', promoted), alive('c', { of: 'nowhere' }))
      return inEnglish(saves(recorded(failingOver(s, 'b', cause), { fenced }), 'failover.seen', { primary: 'b' }).said)
    }
    for (const said of [risk('silent', true), risk('silent', false), risk('dead', false)]) {
      assert.match(
        said,
        /^b is primary at epoch 2\. Risk: b cannot write its file; .*it follows a again: what b took is lost, and a may accept/,
      )
    }
    // Its file can be written; or the dead one boots closed and feeds nobody.
    for (const said of [risk('silent', true, {}), risk('dead', true)]) assert.equal(said, 'b is primary at epoch 2')
  })

  test('... and the old primary came back open meanwhile -> what it may have taken is said, once', () => {
    const promoted = { of: null, guard: closedGuard, replid: 'R2', replid2: 'R1', second: 1001 } as const
    const back = alive('a', { incarnation: 'a2', of: null, guard: closedGuard, view: { wasOpen: 'a2' } })
    const s = failingOver(group('a', back, alive('b', promoted)), 'b')
    const saidOf = (one: Situation): string => inEnglish(saves(one, 'failover.seen', { primary: 'b' }).said)
    assert.equal(saidOf(s), 'b is primary at epoch 2. Risk: a restarted open and may have taken writes since')
    assert.ok(s.record?.phase === 'failover')
    const lossSaid = say('loss.open', { primary: 'a' })
    for (const known of [lossSaid, say('loss.all', { losses: [say('loss.down', { node: 'c' }), lossSaid] })]) {
      assert.equal(saidOf({ ...s, record: { ...s.record, ...lossOf(known) } }), 'b is primary at epoch 2')
    }
    assert.equal(saidOf({ ...s, record: { ...s.record, cause: 'operator' } }), 'b is primary at epoch 2')
  })

  test('the candidate was wiped before the promotion reached it -> not crowned, elected again', () => {
    const wiped = { of: null, keys: 0, mark: null, guard: 9999, replid: 'R9', offset: 0 } as const
    const s = failingOver(group('a', refused('a', 8_500), alive('b', wiped), alive('c', { linkUp: false })), 'b')
    saves(s, 'failover.again/elect.inSync', { candidate: 'c', epoch: 3 })
    holds(failingOver(group('a', refused('a', 8_500), alive('b', wiped)), 'b'), 'failover.again/elect.nobody', /b is empty/)
  })

  test('after a restore the best of all was chosen, and is back as another process -> that nobody is known to hold everything is said once more', () => {
    const back = alive('a', { incarnation: 'a2', of: 'nowhere', durable: true, replid: 'R9', offset: 0 })
    const of = (incarnation: string, before: Said | null): Situation =>
      recorded(failingOver(group('a', back, alive('b', { of: 'nowhere', keys: 0, mark: null, offset: 0 })), 'a'), {
        incarnation,
        inSync: [],
        ...lossOf(before),
      })
    const unvouched = say('loss.incomplete', { primary: 'a' })
    const risk = /no node is known to hold everything that a had acknowledged/
    assert.match(inEnglish(saves(of('', unvouched), 'failover.again/elect.returned', { candidate: 'a', ...lossOf(unvouched) }).said), risk)
    saves(of('', null), 'failover.again/elect.returned', { loss: null })
    // It vouches for itself again where it is known what it was.
    saves(of('a1', unvouched), 'failover.again/elect.returned', { loss: null })
  })

  test('the primary was back open when a candidate was chosen, and is restarted by now -> of the next candidate that is said too; not of the primary itself, which has what it took', () => {
    const open = say('loss.open', { primary: 'a' })
    const gone = alive('a', { incarnation: 'a3', of: 'nowhere', offset: 900 })
    const of = (nodes: Parameters<typeof group>[1][], can: Situation['can'] = pika): Situation =>
      recorded({ ...failingOver(group('a', ...nodes), 'b', 'restarted'), can }, { incarnation: 'a1', ...lossOf(open) })
    const next = of([gone, refused('b', 8_500), alive('c', { linkUp: false })])
    const step = saves(next, 'failover.again/elect.inSync', { candidate: 'c', ...lossOf(open) })
    assert.match(inEnglish(step.said), /Risk: a restarted open and may have taken writes since/)
    saves({ ...next, can: redis }, 'failover.again/elect.inSync', { candidate: 'c', loss: null })
    const itself = alive('a', { incarnation: 'a3', of: 'nowhere', durable: true, offset: 1000 })
    const back = recorded(of([itself, refused('b', 5_000)]), { inSync: [{ node: 'a', incarnation: 'a1' }] })
    assert.doesNotMatch(inEnglish(saves(back, 'failover.again/elect.returned', { candidate: 'a' }).said), /restarted open/)
  })

  test('the candidate holds the history of a stranger -> not crowned', () => {
    const stranger = { of: null, guard: 9999, replid: 'R9', replid2: 'R8', second: 11, mark: null } as const
    const s = failingOver(group('a', refused('a', 8_500), alive('b', stranger), alive('c', { linkUp: false })), 'b')
    saves(s, 'failover.again/elect.inSync', { candidate: 'c' })
  })

  test('promoted twice unseen, its mark says whose data it holds -> crowned; an older mark -> not', () => {
    const twice = (mark: string): Situation =>
      failingOver(
        group('a', refused('a', 8_500), alive('b', { of: null, guard: 9999, replid: 'R3', replid2: 'R2', second: 1001, mark })),
        'b',
      )
    saves(twice('1.10'), 'failover.seen', { primary: 'b' })
    assert.notEqual(decide(twice('1.9')).group.rule, 'failover.seen')
  })

  test('an open node that is not ours -> left alone', () => {
    const stranger = alive('c', { of: null, replid: 'Z', mark: foreignMark })
    acts(failingOver(group('a', refused('a', 8_500), alive('b', { linkUp: false }), stranger), 'b'), 'failover.promote', ['b', {}])
  })

  test('the spec does not name the candidate any more -> elected again', () => {
    saves(failingOver(dead, 'x'), 'failover.again/elect.inSync', { candidate: 'b', epoch: 3 })
  })

  test('silent, and a replica that was to be taken away fell silent too -> holds; told already -> goes on', () => {
    const s = failingOver(group('a', silent('a', 8_500), alive('b', { of: 'nowhere' }), silent('c', 8_600)), 'b', 'silent')
    holds(s, 'failover.consent', /together with c/)
    acts(remembered(s, { promotedIn: 2 }), 'failover.promote', ['b', { name: 'promote' }])
    waits(viewed(s, 'b', { actedAt: now }), 'failover.consent', /asks the replicas again/)
  })

  test('silent, then seen again, ended or closed -> nobody has to be asked any more', () => {
    const back = (says: Parameters<typeof alive>[1]): Situation =>
      withPolicy(failingOver(group('a', alive('a', says), alive('b', { of: 'nowhere' }), silent('c', 8_600)), 'b', 'silent'), {
        acceptSplitRisk: 'never',
      })
    acts(back({ incarnation: 'a2', of: 'nowhere' }), 'failover.promote', ['b', { name: 'promote' }])
    acts(back({ of: 'nowhere' }), 'failover.promote', ['b', { name: 'promote' }])
  })

  test('somebody who holds more is back since the decision -> elected again; the candidate was told already, or by order -> goes on', () => {
    const here = group(
      'a',
      silent('a', 8_500, { lists: [lists('b'), lists('c')] }),
      alive('b', { of: 'nowhere' }),
      alive('c', { of: 'nowhere', offset: 1200 }),
    )
    const s = failingOver(here, 'b', 'silent')
    saves(s, 'failover.ahead/elect.inSync', { phase: 'failover', candidate: 'c', epoch: 3, cause: 'silent' })
    acts(remembered(s, { promotedIn: 2 }), 'failover.promote', ['b', { name: 'promote' }])
    acts(failingOver(here, 'b', 'operator'), 'failover.promote', ['b', { name: 'promote' }])
  })

  test('... but nobody watched the primary until now -> holds: what it took with him may be more', () => {
    const outsider = alive('c', { of: 'nowhere', offset: 1200, incarnation: 'c2' })
    const here = group('a', silent('a', 8_500, { lists: [lists('b')] }), alive('b', { of: 'nowhere' }), outsider)
    const s = recorded(failingOver(unwatched(here), 'b', 'silent'), {
      inSync: [
        { node: 'a', incarnation: 'a1' },
        { node: 'b', incarnation: 'b1' },
      ],
    })
    holds(s, 'failover.ahead/elect.unwatched', /somebody who holds more is back/)
  })

  test('... and is elected -> promoted when it was asked anew; nobody takes turns', () => {
    const here = group('a', refused('a', 8_500), alive('b', { linkUp: false }), alive('c', { linkUp: false, offset: 1200 }))
    saves(failingOver(here, 'b'), 'failover.ahead/elect.inSync', { candidate: 'c' })
    acts(failingOver(here, 'c'), 'failover.promote', ['c', { name: 'promote' }])
    // Who is only being asked again may hold more by now.
    waits(viewed(failingOver(here, 'c'), 'c', { askedAt: 8_900 }), 'failover.waiting', /c/)
    waits(viewed(failingOver(here, 'b'), 'b', { askedAt: 8_900 }), 'failover.ahead/elect.asking', /b/)
  })

  test('who holds more must not be promoted -> goes on, also where nobody watched the primary, and what it holds is said to be lost, once', () => {
    const barred = alive('c', { linkUp: false, offset: 1200, spec: { priority: 0 } })
    const s = unwatched(failingOver(group('a', refused('a', 8_500), alive('b', { linkUp: false }), barred), 'b'))
    const step = saves(s, 'failover.risk', { phase: 'failover', epoch: 2, candidate: 'b' })
    assert.match(inEnglish(step.said), /c holds more but must not be promoted/)
    acts(riskSaid(s), 'failover.promote', ['b', { name: 'promote' }])
    // What the candidate holds by now is not known yet.
    waits(viewed(s, 'b', { askedAt: 8_900 }), 'failover.waiting', /b/)
  })

  test('who holds more is gone again before it could be elected -> what it held is said to be lost, once', () => {
    const gone = (offset: number): Situation =>
      failingOver(group('a', refused('a', 8_500), alive('b', { linkUp: false }), refused('c', 9_900, { offset })), 'b')
    assert.match(inEnglish(saves(gone(1200), 'failover.risk', { candidate: 'b' }).said), /c was seen to hold more and did not come back/)
    acts(riskSaid(gone(1200)), 'failover.promote', ['b', { name: 'promote' }])
    acts(gone(1000), 'failover.promote', ['b', { name: 'promote' }])
  })

  test('a hung primary was closed, and its controller is gone -> the next one does not open it again because it holds more', () => {
    const closed = alive('a', { of: 'nowhere', offset: 1500, view: { actedAt: now - 20 } })
    const s = unwatched(failingOver(group('a', closed, alive('b', { offset: 1400, linkUp: false })), 'b', 'hung'))
    assert.match(inEnglish(saves(s, 'failover.risk', { candidate: 'b' }).said), /100 bytes/)
  })

  test('a replica went down since the decision -> the risk that it feeds the silent primary again is saved first, once', () => {
    const s = failingOver(group('a', silent('a', 8_500), alive('b', { of: 'nowhere' }), refused('c', 8_600)), 'b', 'silent')
    const step = saves(s, 'failover.risk', { phase: 'failover', epoch: 2, candidate: 'b', cause: 'silent' })
    assert.match(inEnglish(step.said), /c is down/)
    acts(riskSaid(s), 'failover.promote', ['b', { name: 'promote' }])
    acts(remembered(s, { promotedIn: 2 }), 'failover.promote', ['b', { name: 'promote' }])
  })

  test('the candidate is a primary that was opened by somebody -> not believed', () => {
    const s = failingOver(group('a', refused('a', 8_500), alive('b', { of: null, guard: 0 })), 'b')
    acts(s, 'failover.promote', ['b', { name: 'promote' }])
  })

  test('the old primary is back before anybody was promoted -> it stays', () => {
    const s = failingOver(group('a', alive('a'), alive('b')), 'b', 'silent')
    saves(s, 'failover.recovered', { phase: 'steady', epoch: 2, primary: 'a', incarnation: 'a1', fenced: true })
  })

  test('... after a fence that it refused wrote its role into its file -> it stays, and is known to boot open', () => {
    const persisted = { incarnation: 'a1', as: 'primary', target: nowhere } as const
    const s = failingOver(group('a', alive('a', { view: { persisted } }), alive('b')), 'b', 'silent')
    saves(s, 'failover.recovered', { phase: 'steady', primary: 'a', fenced: false })
  })

  test('... and it, or the candidate, has only not said so since the intent was saved -> asked once more, for as long as silence may last', () => {
    const back = (view: { a?: object; b?: object }, recordAt: number): Situation =>
      remembered(failingOver(group('a', alive('a', { view: view.a ?? {} }), alive('b', { view: view.b ?? {} })), 'b', 'silent'), {
        recordAt,
      })
    const before = { askedAt: 8_990 }
    for (const view of [{ a: before }, { b: before }]) {
      waits(back(view, 9_000), 'failover.returning', /a answers again/)
      acts(back(view, 8_999), 'failover.fence', ['a', { name: 'fence' }])
    }
    // A candidate that is gone has nobody to wait for it.
    acts(failingOver(group('a', alive('a', { view: before }), refused('b', 9_500)), 'b', 'silent'), 'failover.fence', [
      'a',
      { name: 'fence' },
    ])
  })

  test('... after we told the candidate -> fenced, the failover goes on', () => {
    const s = remembered(failingOver(group('a', alive('a'), alive('b')), 'b', 'silent'), { promotedIn: 2 })
    acts(s, 'failover.fence', ['a', { name: 'fence', cutClients: true }])
  })

  test('the fence was refused just now -> goes on without it', () => {
    const trouble = { action: 'fence', code: 'NOPERM', message: 'no', times: 1, retryAt: now + 1 } as const
    const s = remembered(failingOver(group('a', alive('a', { view: { troubles: [trouble] } }), alive('b', { linkUp: false })), 'b'), {
      promotedIn: 2,
    })
    acts(s, 'failover.promote', ['b', { name: 'promote' }])
    acts(at(s, now + 1), 'failover.fence', ['a', { name: 'fence' }])
  })

  test('the candidate died, restarted or refuses -> another is elected at the next epoch', () => {
    const gone = failingOver(group('a', refused('a', 8_500), refused('b', 9_500), alive('c', { linkUp: false })), 'b')
    saves(gone, 'failover.again/elect.inSync', { candidate: 'c', epoch: 3, cause: 'dead' })
    const restarted = failingOver(group('a', refused('a', 8_500), alive('b', { incarnation: 'b2' }), alive('c', { linkUp: false })), 'b')
    saves(restarted, 'failover.again/elect.inSync', { candidate: 'c', epoch: 3 })
    const trouble = { action: 'promote', code: 'NOPERM', message: 'no', times: 3, retryAt: now + 1 } as const
    const refuses = viewed(failingOver(dead, 'b'), 'b', { troubles: [trouble] })
    const step = saves(refuses, 'failover.again/elect.inSync', { candidate: 'c' })
    assert.match(inEnglish(step.said), /b refuses to be promoted \(no\)/)
  })

  test('the candidate was restarted and is open -> fenced, also where nobody else can be promoted', () => {
    const open = alive('b', { of: null, incarnation: 'b2', keys: 0, mark: null, replid: 'R9', offset: 0 })
    acts(failingOver(group('a', refused('a', 8_500), open, alive('c', { linkUp: false })), 'b'), 'failover.fence', ['b', { name: 'fence' }])
    acts(failingOver(group('a', refused('a', 8_500), open), 'b'), 'failover.fence', ['b', { name: 'fence' }])
  })

  test('the candidate died and nobody is left -> holds', () => {
    const s = failingOver(group('a', refused('a', 8_500), refused('b', 9_500)), 'b')
    holds(s, 'failover.again/elect.nobody', /the candidate b is gone; .*a is down; b is down/)
  })

  test('a refusal to promote is not repeated before its time', () => {
    const trouble = { action: 'promote', code: 'ERR', message: 'not now', times: 1, retryAt: now + 1 } as const
    waits(viewed(failingOver(dead, 'b'), 'b', { troubles: [trouble] }), 'failover.waiting', /b \(not now\)/)
    acts(at(viewed(failingOver(dead, 'b'), 'b', { troubles: [trouble] }), now + 1), 'failover.promote', ['b', { name: 'promote' }])
  })

  test('a hung primary answers -> it is closed before another is promoted; refuses -> holds, and a person decides', () => {
    const hung = failingOver(group('a', alive('a'), alive('b')), 'b', 'hung')
    acts(hung, 'failover.fence', ['a', { name: 'fence' }])
    const asked = viewed(hung, 'a', { acting: { id: 1, action: { name: 'fence', cutClients: true }, since: now - 1 } })
    waits(asked, 'failover.unfenced', /until a is closed/)
    const trouble = { action: 'fence', code: 'NOPERM', message: 'no right', times: 1, retryAt: now + 1 } as const
    holds(
      viewed(hung, 'a', { troubles: [trouble] }),
      'failover.unfenced',
      /a cannot write, answers, and refuses to be closed \(no right\).*the right to `REPLICAOF`/,
    )
    const closed = failingOver(group('a', alive('a', { of: 'nowhere' }), alive('b')), 'b', 'hung')
    acts(closed, 'failover.promote', ['b', { name: 'promote' }])
    const ordered = failingOver(group('a', alive('a'), alive('b')), 'b', 'operator')
    acts(viewed(ordered, 'a', { troubles: [trouble] }), 'failover.promote', ['b', { name: 'promote' }])
  })

  test('a hung primary is closed, and the candidate never got all of it -> what is lost is saved before it is promoted', () => {
    const closed = (offset: number, view: object = {}): Situation => {
      const s = group(
        'a',
        alive('a', { of: 'nowhere', offset: 1500, view: { actedAt: now - 20 } }),
        alive('b', { offset, linkUp: false, view }),
      )
      return failingOver(s, 'b', 'hung')
    }
    const step = saves(closed(1400), 'failover.risk', { phase: 'failover', epoch: 2, candidate: 'b', cause: 'hung' })
    assert.match(inEnglish(step.said), /a was read 100 bytes further than b is now/)
    acts(riskSaid(closed(1400)), 'failover.promote', ['b', { name: 'promote' }])
    acts(closed(1500), 'failover.promote', ['b', { name: 'promote' }])
    // What it got is known when it was asked after the primary was closed.
    waits(closed(1400, { askedAt: now - 30 }), 'failover.waiting', /b/)
  })

  test('a hung primary dies before it could be closed -> what the candidate lacks of all that was read is saved first', () => {
    const s = failingOver(group('a', refused('a', 9_500, { offset: 1500 }), alive('b', { offset: 1400, linkUp: false })), 'b', 'hung')
    assert.match(inEnglish(saves(s, 'failover.risk', { candidate: 'b' }).said), /100 bytes/)
  })

  test('ordered to begin with nothing -> the history that its first replica gives it is still its own', () => {
    const candidate = alive('b', { of: null, keys: 0, mark: null, replid: 'R9', guard: closedGuard })
    const empty = (cause: 'operator' | 'dead'): Situation =>
      failingOver(group('a', silent('a', 8_500), candidate), 'b', cause, { mark: null })
    saves(empty('operator'), 'failover.seen', { primary: 'b', phase: 'steady' })
    holds(empty('dead'), 'failover.again/elect.nobody', /the candidate b is gone/)
  })

  test('the intent is that of an old copy of the store -> everybody is asked before anybody is promoted', () => {
    const s = group('a', refused('a', 8_500), alive('b'), alive('c', { of: null, mark: '4.1' }))
    saves(failingOver(s, 'b'), 'failover.outdated', { phase: 'restored', primary: 'a' })
    const over = group('a', refused('a', 8_500), alive('b'), alive('c', { of: 'b', mark: '2.1' }))
    saves(failingOver(over, 'b'), 'failover.outdated', { phase: 'restored', primary: 'a' })
    // What is under way is finished in a pause, so it is found out in one too.
    saves(withSpec(failingOver(over, 'b'), { pause }), 'failover.outdated', { phase: 'restored', primary: 'a' })
  })

  test('the very process that the intent calls the candidate was given a mark of a later epoch since -> the intent is that of an old copy', () => {
    const intent = (b: string, c: string, incarnation = 'b1'): Situation =>
      failingOver(
        group('a', refused('a', 8_500), alive('b', { linkUp: false, mark: b, incarnation }), alive('c', { linkUp: false, mark: c })),
        'b',
      )
    const step = saves(intent('4.1', '4.1'), 'failover.outdated', { phase: 'restored', primary: 'a', epoch: 4 })
    assert.match(inEnglish(step.said), /^b bears the mark of epoch 4, and the record, of epoch 2, says a: /)
    saves(withSpec(intent('4.1', '1.9'), { pause }), 'failover.outdated', { phase: 'restored' })
    // Another process, or another node, may bear a leftover of another life of the group.
    assert.notEqual(decide(intent('4.1', '1.9', 'b2')).group.rule, 'failover.outdated')
    assert.notEqual(decide(intent('1.9', '4.1')).group.rule, 'failover.outdated')
  })

  test('an operator names another candidate -> intent for that one', () => {
    saves(remembered(failingOver(dead, 'b'), order('failover', 'c')), 'failover.order', { candidate: 'c', epoch: 3, cause: 'operator' })
  })

  test('the old primary is silent -> its other replicas are taken away first, and seen to be', () => {
    const s = group('a', silent('a', 8_500), alive('b', { linkUp: false }), alive('c', { linkUp: false }))
    acts(failingOver(s, 'b', 'silent'), 'failover.detach', ['c', { name: 'fence', cutClients: false }])
    const asked = viewed(failingOver(s, 'b', 'silent'), 'c', {
      acting: { id: 1, action: { name: 'fence', cutClients: false }, since: now - 1 },
    })
    waits(asked, 'failover.detaching', /c left the silent primary/)
    const left = group('a', silent('a', 8_500), alive('b', { linkUp: false }), alive('c', { of: 'nowhere' }))
    acts(failingOver(left, 'b', 'silent'), 'failover.promote', ['b', { name: 'promote' }])
  })

  test('silent, its address in the spec is another server’s, and a replica still follows where it lives -> that one is taken away too', () => {
    const left = { of: { host: '10.0.0.1', port: 6379 }, linkUp: false } as const
    const stranger = alive('a', { incarnation: 'x1', replid: 'X', mark: foreignMark })
    acts(failingOver(group('a', stranger, alive('b', left), alive('c', left)), 'b', 'silent'), 'failover.detach', [
      'c',
      { name: 'fence', cutClients: false },
    ])
  })
})

test('every row of the table -> was the decision in a test above', () => {
  everyRuleFired('failover', [{ id: 'failover.doubted' }, { id: 'failover.misled' }])
})
