import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  alive,
  failingOver,
  group,
  nodeIn,
  now,
  readingOf,
  recorded,
  refused,
  remembered,
  silent,
  specOf,
  switching,
  viewed,
} from '../../test/situations.ts'
import { writeTrouble } from './diagnose.ts'
import { type Memory, canaryEnded, inForce, judged, linkedStill, newMemory, settled, stoodStill, told, watch } from './memory.ts'
import { type NodeView, newNode } from './observe.ts'
import type { Situation } from './situation.ts'

const fresh = newMemory(5)
const primary = group('a', alive('a')).nodes.get('a') ?? assert.fail()
const watchedIn = (s: Situation, memory = fresh): ReturnType<typeof watch> =>
  s.record === null ? assert.fail('no record') : watch(memory, s.record, s.nodes)

void describe('another record is in force', () => {
  const s = group('a', alive('a'), alive('b'))
  const before = s.record
  const known = { ...fresh, lostAt: 7, writesPausedAt: 8, watched: { reading: s.memory.watched?.reading ?? assert.fail(), at: 9 } }

  test('a failover of the same primary -> the record is another, how long it is silent, what was watched and lost is kept', () => {
    const next = inForce(known, before, failingOver(s, 'b').record, s.nodes, now)
    assert.deepEqual([next.recordAt, next.namedAt, next.lostAt, next.watched?.at, next.writesPausedAt], [now, 5, 7, 9, null])
  })

  test('a fact about the same primary, while it is lost -> when it was lost, and seen to be gone, stays known; not when a change of primary ends', () => {
    const gone = { ...known, goneAt: 8 }
    const times = (from: Situation['record']): unknown[] => {
      const { lostAt, goneAt } = inForce(gone, from, recorded(s, { inDoubt: ['b'] }).record, s.nodes, now)
      return [lostAt, goneAt]
    }
    assert.deepEqual(times(before), [7, 8])
    assert.deepEqual(times(failingOver(s, 'b').record), [null, null])
  })

  test('another primary -> what was watched of the old one is forgotten', () => {
    const next = inForce(known, before, recorded(s, { epoch: 2, primary: 'b', incarnation: 'b1' }).record, s.nodes, now)
    assert.deepEqual([next.namedAt, next.watched, next.lostAt, [...next.targets]], [now, null, null, []])
  })

  test('... whose reading as a primary is there already -> watched from it at once', () => {
    const promoted = group('b', alive('a'), alive('b'))
    const next = inForce(known, before, recorded(promoted, { epoch: 2 }).record, promoted.nodes, now)
    assert.deepEqual([next.watched?.reading.incarnation, next.watched?.at], ['b1', promoted.nodes.get('b')?.askedAt])
  })

  test('back to steady with the same primary from a switchover -> given up now', () => {
    const given = inForce(known, switching(s, 'b').record, before, s.nodes, now)
    assert.deepEqual([given.abortedAt, given.namedAt], [now, 5])
    assert.equal(inForce(known, failingOver(s, 'b').record, before, s.nodes, now).abortedAt, null)
    const done = recorded(s, { primary: 'b', incarnation: 'b1' }).record
    assert.equal(inForce(known, switching(s, 'b').record, done, s.nodes, now).abortedAt, null)
  })

  test('the record is gone -> nothing of it is left', () => {
    const next = inForce(known, before, null, s.nodes, now)
    assert.equal(next.watched, null)
  })
})

void describe('the primary is watched', () => {
  test('the same processes with another history -> its replicas must acknowledge that one, offsets of the last say nothing', () => {
    const first = watchedIn(group('a', alive('a', { offset: 30_000 }), alive('b')))
    const second = watchedIn(group('a', alive('a', { offset: 200, replid: 'R2' }), alive('b', { replid: 'R2' })), first)
    assert.deepEqual([first.targets.get('b')?.offset, second.targets.get('b')?.offset], [30_000, 200])
  })

  test('a reading as a primary of the recorded process -> remembered, as of when it was asked for', () => {
    const late = viewed(group('a', alive('a')), 'a', { askedAt: 10, heardAt: now })
    assert.equal(watchedIn(late).watched?.at, 10)
  })

  test('a replica, another process, or no answer -> what was remembered stays', () => {
    for (const s of [
      group('a', alive('a', { of: 'nowhere' })),
      group('a', alive('a', { incarnation: 'a2' })),
      group('a', silent('a', 9_500)),
      group('a', refused('a', 9_900)),
    ]) {
      assert.equal(watchedIn(s), fresh)
    }
  })

  test('it shuts down, and holds its writes meanwhile -> it is watched all the while', () => {
    assert.equal(watchedIn(group('a', alive('a', { shuttingDown: true }))).watched?.reading.shuttingDown, true)
  })

  test('a replica with its link up -> must acknowledge what the primary had when it was read after that', () => {
    const s = group('a', alive('a', { offset: 1234 }), alive('b'))
    assert.deepEqual([...watchedIn(s).targets], [['b', { replica: 'b1', primary: 'a1', replid: 'R1', offset: 1234 }]])
  })

  test('the primary was asked before its replica -> not yet', () => {
    const s = viewed(group('a', alive('a'), alive('b')), 'b', { askedAt: now - 5 })
    assert.deepEqual([...watchedIn(s).targets], [])
  })

  test('the primary was asked while the answer that its link is up was on its way -> not yet, unless it was up before', () => {
    const first = group('a', alive('a'), alive('b'))
    const unlinked = readingOf('b', 'a', { linkUp: false })
    const known = (s: Situation): number => watchedIn(s).targets.size
    const anew = viewed(first, 'b', { before: { reading: unlinked, askedAt: now - 500 }, askedAt: now - 90, heardAt: now - 10 })
    assert.deepEqual([known(viewed(anew, 'a', { askedAt: now - 50 })), known(viewed(anew, 'a', { askedAt: now - 10 }))], [0, 1])
    assert.equal(known(viewed(viewed(first, 'b', { askedAt: now - 90, heardAt: now - 10 }), 'a', { askedAt: now - 50 })), 1)
    assert.equal(known(viewed(viewed(anew, 'b', { before: null }), 'a', { askedAt: now - 50 })), 0)
  })

  test('it was told something since it was asked, which may have ended its link -> not yet', () => {
    const s = viewed(group('a', alive('a'), alive('b')), 'a', { askedAt: now })
    const b = s.nodes.get('b') ?? assert.fail()
    const known = (change: Partial<NodeView>): number => watchedIn(viewed(s, 'b', change)).targets.size
    assert.deepEqual([known({}), known({ actedAt: b.askedAt + 1 }), known({ actedAt: b.askedAt })], [1, 0, 1])
    assert.equal(known({ acting: { id: 1, action: { name: 'proveLink' }, since: now } }), 0)
    // Only the reading before that says that it was up before the primary was asked.
    assert.equal(known({ heardAt: now + 1, actedAt: b.askedAt }), 0)
  })

  test('the same link later -> keeps its offset; another process or a link that is down -> anew', () => {
    const first = watchedIn(group('a', alive('a', { offset: 1000 }), alive('b')))
    const offset = (s: Situation): number | undefined => watchedIn(s, first).targets.get('b')?.offset
    assert.equal(offset(group('a', alive('a', { offset: 2000 }), alive('b'))), 1000)
    assert.equal(offset(group('a', alive('a', { offset: 2000 }), alive('b', { incarnation: 'b2' }))), 2000)
    assert.equal(offset(group('a', alive('a', { offset: 2000 }), alive('b', { linkUp: false }))), undefined)
    assert.equal(offset(group('a', alive('a', { offset: 2000 }), alive('b', { of: 'nowhere' }))), undefined)
    assert.equal(offset(group('a', alive('a', { offset: 2000 }), silent('b', 9_500))), undefined)
  })

  test('its link is down, or it is silent, while the primary is not heard or between two readings of it -> anew', () => {
    const first = watchedIn(group('a', alive('a'), alive('b')))
    const known = (s: Situation, look = linkedStill): string[] => [...look(first, s.record ?? assert.fail(), s.nodes).targets.keys()]
    for (const look of [linkedStill, watch]) {
      assert.deepEqual(known(group('a', silent('a', 9_500), alive('b')), look), ['b'])
      for (const b of [alive('b', { linkUp: false }), alive('b', { of: 'nowhere' }), silent('b', 9_500), refused('b', 9_500)])
        assert.deepEqual(known(group('a', silent('a', 9_500), b), look), [])
    }
    assert.deepEqual(known(group('a', alive('a'), alive('b', { linkUp: false }))), [])
  })

  test('it was told to make its link anew, be it refused or not answered -> anew; anything else, or another node -> stays', () => {
    const s = group('a', alive('a'), alive('b'), alive('c'))
    const first = watchedIn(s)
    const after = (name: 'proveLink' | 'persist', ok: boolean): string[] => {
      const result = ok ? ({ ok, persisted: true, note: null } as const) : ({ ok, code: 'SILENT', message: '' } as const)
      return [...told(first, s.nodes.get('b') ?? assert.fail(), { name }, result, now).targets.keys()]
    }
    assert.deepEqual([after('proveLink', true), after('proveLink', false), after('persist', true)], [['c'], ['c'], ['b', 'c']])
  })
})

test('lost -> since the first verdict that says so, until it is alive again', () => {
  const at = (kind: 'dead' | 'suspect' | 'alive', lostAt: number | null): number | null =>
    judged({ ...fresh, lostAt }, { kind, asking: false, evidence: {} }, now).lostAt
  assert.deepEqual([at('dead', null), at('dead', 7), at('suspect', 7), at('suspect', null), at('alive', 7)], [now, 7, 7, null, null])
})

void describe('our own process stood still', () => {
  test('nothing is concluded before what is asked then had its time; after a pause as long as a silence there is time for another connection', () => {
    const short = stoodStill(fresh, 300, 1_000, 5_000)
    assert.deepEqual([short.judgesFrom, short.stoodStillMs], [5_100, 300])
    const long = stoodStill(short, 1_001, 1_000, 7_000)
    assert.deepEqual([long.judgesFrom, long.stoodStillMs], [7_600, 300])
    assert.equal(stoodStill(long, 300, 1_000, 7_400).judgesFrom, 7_600)
  })

  test('the primary is read -> its pauses before that count no more', () => {
    const s = group('a', alive('a'), alive('b'))
    assert.ok(s.record !== null)
    assert.equal(watch(stoodStill(fresh, 300, 1_000, 5_000), s.record, s.nodes).stoodStillMs, 0)
  })
})

void describe('the end of the primary is proven after it was silent', () => {
  const silence = { kind: 'silent', asking: false, evidence: {} } as const
  const held = judged(fresh, silence, 100)

  test('silent -> lost, not known to be gone; refused later -> gone from then on, lost since the silence', () => {
    assert.deepEqual([held.lostAt, held.goneAt], [100, null])
    const gone = judged(judged(held, { kind: 'dead', asking: false, evidence: {} }, 900), silence, 950)
    assert.deepEqual([gone.lostAt, gone.goneAt], [100, 900])
  })

  test('it answers, or a replica has a link to it -> neither lost nor gone', () => {
    const gone = judged(held, { kind: 'dead', asking: false, evidence: {} }, 900)
    for (const verdict of [
      { kind: 'alive', evidence: {} },
      { kind: 'contested', witness: 'b', elsewhere: null, evidence: {} },
      { kind: 'unreadable', code: 'BUSY', message: '', evidence: {} },
    ] as const) {
      const next = judged(gone, verdict, 950)
      assert.deepEqual([next.lostAt, next.goneAt], [null, null], verdict.kind)
    }
  })
})

test('silent for as long as silence may last -> what a mark showed before says nothing any more, and the next one is due; one missed answer -> it stays', () => {
  const failed = { ...fresh, canary: { ...fresh.canary, problem: 'MISCONF: no disk', dueAt: 900 } }
  const problemAt = (verdict: Parameters<typeof judged>[1]): unknown[] => {
    const { problem, dueAt } = judged(failed, verdict, 100).canary
    return [problem, dueAt]
  }
  const evidence = {}
  assert.deepEqual(problemAt({ kind: 'suspect', evidence }), ['MISCONF: no disk', 900])
  assert.deepEqual(problemAt({ kind: 'silent', asking: false, evidence }), [null, 100])
  assert.deepEqual(problemAt({ kind: 'self-suspect', evidence }), [null, 100])
  assert.deepEqual(problemAt({ kind: 'contested', witness: 'b', elsewhere: null, evidence }), [null, 100])
})

void describe('a mark ended without an answer', () => {
  const silence = { ok: false, code: 'SILENT', message: 'no answer' } as const
  const written = { ...fresh, pauseInDoubt: 'lifted', canary: { ...fresh.canary, inFlight: { id: 3, since: 4 } } } as const
  const after = (told: Parameters<typeof group>[1]): Memory => canaryEnded(written, group('a', told).nodes.get('a'), silence, now)

  test('the node answers questions -> its writes are in trouble', () => {
    assert.equal(after(alive('a')).canary.problem, 'SILENT: no answer')
  })

  test('another process answers at its address by now, or nobody was read there yet -> says nothing of the writes of the recorded one', () => {
    const s = group('a', alive('a', { incarnation: 'x1' }))
    const known = { ...written, watched: group('a', alive('a')).memory.watched }
    const ended = (node: NodeView | undefined): Memory => canaryEnded(known, node, silence, now)
    assert.equal(ended(group('a', alive('a')).nodes.get('a')).canary.problem, 'SILENT: no answer')
    assert.equal(ended(s.nodes.get('a')).canary.problem, null)
    assert.equal(ended(newNode(specOf('a'))).canary.problem, null)
  })

  test('a question of the primary was not answered while the mark was under way, and now it answers -> the mark may be lost on the same way', () => {
    const { record, nodes } = group('a', silent('a', now - 100))
    assert.ok(record)
    const missed = watch(written, record, nodes)
    const back = group('a', alive('a'))
    assert.equal(canaryEnded(missed, back.nodes.get('a'), silence, now).canary.problem, null)
    assert.equal(writeTrouble(remembered(back, missed), nodeIn(back, 'a')), null)
    assert.match(writeTrouble(remembered(back, written), nodeIn(back, 'a')) ?? '', /a write was not answered/)
  })

  test('no question that left after the mark was answered yet -> the way there may be cut, so it says nothing of its writes', () => {
    const node = group('a', alive('a')).nodes.get('a')
    const left = (since: number) => ({ ...written, canary: { ...written.canary, inFlight: { id: 3, since } } }) as const
    assert.equal(canaryEnded(left(now - 10), node, silence, now).canary.problem, null)
    assert.equal(canaryEnded(left(now - 11), node, silence, now).canary.problem, 'SILENT: no answer')
  })

  test('the node answers nobody -> says nothing of its writes, nor of a pause in doubt', () => {
    const { canary, pauseInDoubt } = after(silent('a', now - 500))
    assert.deepEqual([canary.problem, canary.inFlight, pauseInDoubt], [null, null, 'lifted'])
  })
})

test('the primary was opened -> whether it writes is looked at anew, at once', () => {
  const troubled = { ...fresh, canary: { ...fresh.canary, problem: 'MISCONF: disk full', dueAt: now + 900 } }
  const opened = told(troubled, primary, { name: 'open', guard: 0, bootFenced: true }, { ok: true, persisted: true, note: null }, now)
  assert.deepEqual([opened.tuned, opened.canary.problem, opened.canary.dueAt], ['a1', null, now])
})

void describe('a write pause of ours ended without an answer', () => {
  const silence = { ok: false, code: 'SILENT', message: '' } as const
  const done = { ok: true, persisted: true, note: null } as const
  const pause = { name: 'pauseWrites', forMs: 7_000 } as const
  const resume = { name: 'resumeWrites' } as const
  const doubted = told(fresh, primary, pause, silence, now)
  const unanswered = { ...doubted, canary: { ...doubted.canary, inFlight: { id: 3, since: 4 } } }

  test('it may come late -> in doubt; refused, or answered -> not', () => {
    assert.equal(doubted.pauseInDoubt, 'open')
    assert.equal(told(fresh, primary, pause, { ...silence, code: 'NOPERM' }, now).pauseInDoubt, null)
    assert.deepEqual(told(fresh, primary, pause, done, now), { ...fresh, writesPausedAt: now })
  })

  test('writes were told to go on -> what waited until then says nothing, the next write does', () => {
    const lifted = told(unanswered, primary, resume, done, now)
    assert.deepEqual([lifted.pauseInDoubt, lifted.writesResumedAt, lifted.canary.inFlight, lifted.canary.dueAt], ['lifted', now, null, now])
    assert.equal(canaryEnded(lifted, undefined, silence, now).pauseInDoubt, 'lifted')
    assert.equal(canaryEnded(lifted, undefined, done, now).pauseInDoubt, 'open')
  })

  test('no pause in doubt -> writes that go on say nothing about the write under way', () => {
    const plain = { ...unanswered, pauseInDoubt: null }
    assert.deepEqual(told(plain, primary, resume, done, now), { ...plain, writesResumedAt: now })
  })

  test('another primary -> forgotten', () => {
    const s = group('a', alive('a'), alive('b'))
    const other = recorded(s, { epoch: 2, primary: 'b', incarnation: 'b1' }).record
    assert.equal(inForce(doubted, s.record, other, s.nodes, now).pauseInDoubt, null)
  })
})

test('a decision that the store does not take, again and again -> tried after 50 ms, doubling to a second', () => {
  let memory = fresh
  const waits: number[] = []
  for (let count = 0; count < 7; count++) {
    memory = settled(memory, 'no space left', now)
    waits.push((memory.unsaved?.retryAt ?? 0) - now)
  }
  assert.deepEqual(waits, [50, 100, 200, 400, 800, 1000, 1000])
  assert.deepEqual([memory.unsaved?.times, memory.unsaved?.message], [7, 'no space left'])
  assert.equal(settled(memory, null, now).unsaved, null)
})
