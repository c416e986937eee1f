import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readingOf, specOf } from '../../test/situations.ts'
import { closedGuard } from './limits.ts'
import type { Action, ActionResult } from './action.ts'
import type { ProbeFailure } from './model.ts'
import { sameAddress } from './address.ts'
import {
  type NodeView,
  acted,
  acting,
  answers,
  disconnected,
  excused,
  follows,
  freshSince,
  isChangingRole,
  newNode,
  probed,
  quietSince,
  refused,
  refuses,
  silent,
  stalled,
  unheard,
} from './observe.ts'

const heard = (node: NodeView, sentAt: number, says: Parameters<typeof readingOf>[2] = {}): NodeView =>
  probed(node, sentAt, { ok: true, reading: readingOf('b', 'a', says) }, sentAt + 1)
const failed = (node: NodeView, sentAt: number, failure: ProbeFailure = { kind: 'silent' }): NodeView =>
  probed(node, sentAt, { ok: false, failure }, sentAt + 500)
const fresh = newNode(specOf('b'))
const up = heard(fresh, 100)

test('a copy took long, and its node links up -> the time without a link begins at the end of the copy; not at one that did not end', () => {
  const [down, copying] = [{ linkUp: false }, { linkUp: false, syncing: true, partial: true }] as const
  const since = (...says: Parameters<typeof readingOf>[2][]): number | null =>
    says.reduce<NodeView>((node, one, at) => heard(node, 1_000 * (at + 1), one), fresh).unlinkedSince
  assert.equal(since(down, copying, copying, down, down), 4_001)
  assert.equal(since(down, copying, { ...down, partial: true }), 1_001)
  assert.equal(since(down, down, down), 1_001)
})

void describe('somebody else gives a node another role', () => {
  const to = (of: 'a' | 'c' | 'nowhere' | null) => ({ of })
  const since = (node: NodeView): number | null => node.movedSince

  test('made a primary, or led to another node -> since it was first read so; found so, or back -> never', () => {
    assert.equal(since(heard(fresh, 100, to('c'))), null)
    assert.equal(since(heard(heard(up, 200, to(null)), 300, to(null))), 201)
    assert.equal(since(heard(heard(up, 200, to('c')), 300, to('c'))), 201)
    assert.equal(since(heard(heard(up, 200, to(null)), 300)), null)
  })

  test('fenced, or led there by us, or another process -> not moved', () => {
    assert.equal(since(heard(up, 200, to('nowhere'))), null)
    const { host, port } = specOf('c')
    const ours = { ...up, persisted: { incarnation: 'b1', as: 'replica', target: { host, port } } as const }
    assert.equal(since(heard(ours, 200, to('c'))), null)
    // By force, which is in no file yet; or while the reply is on its way.
    const target = { host, port }
    assert.equal(since(heard({ ...up, persisted: null, forced: { to: target, at: 150, copied: null } }, 200, to('c'))), null)
    assert.equal(since(heard(acting(up, { id: 1, action: { name: 'follow', target }, since: 150 }), 200, to('c'))), null)
    assert.equal(since(heard(acting(up, { id: 1, action: { name: 'follow', target: specOf('d') }, since: 150 }), 200, to('c'))), 201)
    assert.equal(since(heard(up, 200, { ...to('c'), incarnation: 'b2' })), null)
    const fence = { id: 1, action: { name: 'fence', cutClients: true, breaksRing: true }, since: 200 } as const
    const left = acted(acting(up, fence), { ok: true, persisted: false, note: '' }, 210)
    assert.deepEqual([since(heard(left, 220, to(null))), since(heard(heard(left, 220), 300, to(null)))], [null, 301])
  })
})

test('a process is first read with less than the one before it held -> fell back, for as long as it lives; with as much, or never read before -> not', () => {
  const back = heard(up, 200, { incarnation: 'b2', offset: 999 })
  assert.equal(back.fellBack, true)
  assert.equal(heard(back, 300, { incarnation: 'b2', offset: 5_000 }).fellBack, true)
  assert.equal(heard(back, 300, { incarnation: 'b3', offset: 999 }).fellBack, false)
  assert.deepEqual(
    [up.fellBack, heard(up, 200, { incarnation: 'b2' }).fellBack, heard(up, 200, { offset: 999 }).fellBack],
    [false, false, false],
  )
})

test('another process has more than the one before was read with -> when it was given that is known, until it is copied anew', () => {
  const grown = heard(up, 200, { incarnation: 'b2', offset: 1001 })
  assert.deepEqual(grown.grew, { from: 100, to: 201 })
  assert.deepEqual(heard(grown, 300, { incarnation: 'b2', offset: 1002 }).grew, grown.grew)
  for (const node of [
    heard(up, 200, { offset: 1001 }),
    heard(up, 200, { incarnation: 'b2' }),
    heard(fresh, 200),
    heard(grown, 300, { incarnation: 'b2', partial: true }),
    heard(grown, 300, { incarnation: 'b3', offset: 1001 }),
  ])
    assert.equal(node.grew, null)
  const target = { host: '127.0.0.1', port: 7_001 }
  const told = (action: Action): NodeView =>
    acted(acting(grown, { id: 1, action, since: 300 }), { ok: true, persisted: true, note: null }, 310)
  assert.equal(told({ name: 'follow', target, force: true }).grew, null)
  assert.deepEqual(told({ name: 'follow', target }).grew, grown.grew)
})

test('it is read as an open primary and its next process is closed -> that it was open is known; when the next one follows another, or is open itself, it is not', () => {
  const open = heard(up, 200, { of: null })
  const next = (says: Parameters<typeof heard>[2]): NodeView['wasOpen'] => heard(open, 300, { incarnation: 'b2', ...says }).wasOpen
  assert.deepEqual([open.wasOpen, heard(open, 300, {}).wasOpen, next({ of: 'nowhere' })], ['b1', 'b1', 'b1'])
  assert.deepEqual([up.wasOpen, next({ of: 'c' }), next({ of: null })], [null, null, 'b2'])
})

test('it is read as an open primary -> in which history is known until it is copied anew, whatever it is told or restarted in between', () => {
  const done: ActionResult = { ok: true, persisted: true, note: null }
  const open = heard(up, 200, { of: null, replid: 'R2' })
  const target = { host: '127.0.0.1', port: 7_001 }
  const told = (node: NodeView, action: Action, result: ActionResult = done): NodeView =>
    acted(acting(node, { id: 1, action, since: 300 }), result, 310)
  const follow = { name: 'follow', target } as const
  const closed = heard(told(open, { name: 'fence', cutClients: true }), 320, { of: 'nowhere', replid: 'R2', incarnation: 'b2' })
  const histories = [up, open, closed, told(closed, follow)].map((node) => node.openIn?.history ?? null)
  assert.deepEqual(histories, [null, 'R2', 'R2', 'R2'])
  // From the question before to the answer after.
  assert.deepEqual(
    [open.openIn, closed.openIn].map((span) => [span?.from, span?.to]),
    [
      [100, 201],
      [100, 321],
    ],
  )
  assert.deepEqual(heard(closed, 400, { of: 'nowhere' }).openIn, closed.openIn)
  assert.equal(told(closed, { ...follow, force: true }).openIn, null)
  assert.equal(told(closed, { ...follow, force: true }, { ok: false, code: 'SILENT', message: '' }).openIn?.history, 'R2')
  assert.equal(heard(up, 200, { of: null, guard: closedGuard }).openIn, null)
})

void describe('a node is told to leave its primary', () => {
  const fence = { id: 1, action: { name: 'fence', cutClients: true }, since: 200 } as const
  const done: ActionResult = { ok: true, persisted: true, note: null }
  const { host, port } = specOf('a')

  test('it has replicas of its own and stays -> tried again after a moment, longer each time, whatever is written into its file; a primary is closed all the same', () => {
    const stays: ActionResult = { ok: true, persisted: false, note: 'it has replicas', stays: true }
    const refused = acted(acting(up, fence), stays, 210)
    const written = acted(acting(heard(refused, 220), { id: 2, action: { name: 'persist' }, since: 230 }), done, 240)
    assert.deepEqual(
      [refused, written].map((node) => refuses(node, 'fence', 250)),
      [true, true],
    )
    const again = acted(acting(written, { ...fence, id: 3, since: 400 }), stays, 410)
    assert.deepEqual(
      [again.troubles.map(({ code, times }) => [code, times]), refuses(again, 'fence', 600), refuses(again, 'fence', 700)],
      [[['HAS_REPLICAS', 2]], true, false],
    )
    assert.deepEqual(acted(acting(again, { ...fence, id: 4, since: 700 }), done, 710).troubles, [])
    const primary = acted(acting(heard(up, 200, { of: null }), fence), stays, 210)
    assert.deepEqual(
      primary.troubles.map(({ code }) => code),
      ['NOT_PERSISTED'],
    )
  })

  test('it is read at nowhere before its reply comes -> whom it left is known, and left only now', () => {
    const node = acted(heard(acting(up, fence), 201, { of: 'nowhere' }), done, 210)
    assert.deepEqual([node.left[0]?.from?.host, node.left[0]?.from?.port, node.left[0]?.at, node.left.length], [host, port, 210, 1])
  })

  test('told again when it has left already -> whom it left, and when, stays', () => {
    const left = heard(acted(acting(up, fence), done, 210), 220, { of: 'nowhere' })
    const again = acted(acting(left, { ...fence, id: 2, since: 300 }), done, 310)
    assert.deepEqual(again.left, left.left)
  })

  test('P13: told to be the primary -> it leaves whom it followed all the same, and nobody else moved it', () => {
    const promote = { ...fence, action: { name: 'promote', bootFence: true } } as const
    const left = heard(acted(acting(up, promote), done, 210), 220, { of: null })
    assert.deepEqual([left.left[0]?.from?.port, left.left[0]?.at, left.movedSince], [port, 210, null])
    assert.equal(heard(up, 220, { of: null }).movedSince, 221)
  })

  test('told to leave one after the other -> each is known, for a minute', () => {
    const gone = acted(acting(up, fence), done, 210)
    const leave = (since: number): NodeView =>
      acted(acting(heard(gone, since - 1, { of: { host, port: 7_009 } }), { ...fence, id: 2, since }), done, since + 1)
    const known = (node: NodeView): unknown => node.left.map(({ from, at }) => [from?.port, at])
    assert.deepEqual(known(leave(300)), [
      [port, 210],
      [7_009, 301],
    ])
    assert.deepEqual(known(leave(60_210)), [[7_009, 60_211]])
  })
})

void describe('a probe ends', () => {
  test('never asked -> unheard: neither up nor silent nor refused', () => {
    assert.deepEqual([unheard(fresh), answers(fresh), refused(fresh), silent(fresh, 1e9, 1)], [true, false, false, false])
    assert.equal(quietSince(fresh), null)
  })

  test('a reading -> heard now, asked when the question left', () => {
    assert.deepEqual([up.askedAt, up.heardAt, up.failure, answers(up)], [100, 101, null, true])
    assert.equal(up.before, null)
  })

  test('a second reading of the process -> the first is kept beside it; of another process -> not', () => {
    assert.equal(heard(up, 200).before?.askedAt, 100)
    assert.equal(heard(up, 200, { incarnation: 'b2' }).before, null)
  })

  test('no answer -> the last reading stays, failing since the first question without one', () => {
    const once = failed(up, 200)
    const twice = failed(once, 700)
    assert.deepEqual([twice.reading, twice.failingSince, twice.heardAt], [up.reading, 200, 101])
    assert.equal(heard(twice, 1200).failingSince, null)
  })

  test('an error is heard, a refusal is not', () => {
    assert.equal(failed(up, 200, { kind: 'answered', code: 'BUSY', message: 'x' }).heardAt, 700)
    assert.equal(failed(up, 200, { kind: 'refused' }).heardAt, 101)
  })

  test('silence -> counts from the last word, or from the first question when there was none', () => {
    assert.equal(silent(failed(up, 200), 1100, 1000), false)
    assert.equal(silent(failed(up, 200), 1101, 1000), true)
    assert.equal(silent(failed(fresh, 200), 1200, 1000), true)
    assert.equal(silent(failed(up, 200, { kind: 'answered', code: 'BUSY', message: 'x' }), 1e9, 1000), false)
  })

  test('the position rose -> it advanced after the question before; another process -> forgotten', () => {
    const rose = heard(up, 200, { offset: 1001 })
    assert.equal(rose.advancedAfter, 100)
    assert.equal(heard(rose, 300, { offset: 1001 }).advancedAfter, 100)
    assert.equal(heard(rose, 300, { offset: 5000, incarnation: 'b2' }).advancedAfter, null)
  })

  test('another process -> what was proven by and written into the old one is forgotten', () => {
    const known: NodeView = {
      ...up,
      proof: { since: 1, done: 2 },
      persisted: { incarnation: 'b1', as: 'replica', target: { host: 'h', port: 1 } },
    }
    assert.deepEqual([heard(known, 200).proof?.done, heard(known, 200).persisted?.as], [2, 'replica'])
    const reborn = heard(known, 200, { incarnation: 'b2' })
    assert.deepEqual([reborn.proof, reborn.persisted], [null, null])
  })
})

void describe('between the probes', () => {
  test('its connection ended -> no answer any more, heard is kept', () => {
    const node = disconnected(up, 150)
    assert.deepEqual([node.failure?.kind, node.failingSince, node.heardAt, answers(node)], ['closed', 150, 101, false])
    assert.equal(disconnected(failed(up, 120, { kind: 'refused' }), 150).failure?.kind, 'refused')
  })

  test('our own process stood still -> that is no silence, what was watched before counts on; a refusal stays', () => {
    const quiet = failed(up, 200)
    // Heard at 101; 300 of the 1,200 ms since we stood still.
    assert.equal(silent(stalled(quiet, 300, 1301), 1400, 1000), false)
    assert.equal(silent(stalled(quiet, 300, 1301), 1401, 1000), true)
    assert.equal(silent(stalled(failed(fresh, 200), 300, 1301), 1499, 1000), false)
    assert.equal(stalled(quiet, 9_000, 5_000).heardAt, 5_000)
    assert.equal(stalled(failed(up, 200, { kind: 'refused' }), 300, 5000).heardAt, 101)
    assert.equal(stalled(fresh, 300, 5000).heardAt, null)
  })

  test('it was not asked while we stood still -> what rose meanwhile is younger by that, also when an answer from before is read first', () => {
    const since = (node: NodeView): number => (node.advancedAfter ?? NaN) + node.stoodSinceRiseMs
    const risen = heard(stalled(up, 526, 700), 701, { offset: 1001 })
    assert.deepEqual([risen.advancedAfter, since(risen), risen.stoodMs], [100, 626, 0])
    assert.equal(since(stalled(risen, 300, 1_100)), 926)
    const late = heard(stalled(up, 526, 700), 105)
    assert.equal(since(heard(late, 702, { offset: 1001 })), 626)
    // What its own role change takes is no pause of ours.
    assert.equal(excused(risen, 5_000).stoodSinceRiseMs, 526)
  })

  test('what we told it keeps it from answering -> it is not silent, however long it was', () => {
    assert.equal(excused(failed(up, 200), 5_000).heardAt, 5_000)
    const doing = (action: Action): boolean => isChangingRole(acting(up, { id: 1, action, since: 200 }))
    assert.ok(doing({ name: 'promote', bootFence: true }) && doing({ name: 'fence', cutClients: false }))
    // Its writes are paused: that holds up no answer, so a primary that dies meanwhile is silent.
    assert.ok(!doing({ name: 'pauseWrites', forMs: 7_000 }) && !isChangingRole(up))
  })
})

function did(action: Action, result: ActionResult, from: NodeView = up): NodeView {
  return acted(acting(from, { id: 1, action, since: 200 }), result, 210)
}

const ok: ActionResult = { ok: true, persisted: true, note: null }
const unwritten: ActionResult = { ok: true, persisted: false, note: 'ERR no config file' }
const target = { host: '127.0.0.1', port: 7001 }

void describe('an action ends', () => {
  test('under way or ended after the last question -> no fresh reading until the next one', () => {
    assert.equal(freshSince(up, 100), true)
    assert.equal(freshSince(up, 101), false)
    assert.equal(freshSince(acting(up, { id: 1, action: { name: 'persist' }, since: 200 }), 0), false)
    const done = did({ name: 'follow', target }, ok)
    assert.equal(freshSince(done, 0), false)
    assert.equal(freshSince(heard(done, 211), 0), true)
    assert.equal(freshSince(heard(done, 209), 0), false)
  })

  test('nothing was under way -> nothing changes', () => assert.equal(acted(up, ok, 210), up))

  test('each action -> what its file says then', () => {
    const says = (action: Action): string | null => did(action, ok).persisted?.as ?? null
    const demote = { name: 'demote', target, cutClients: true, resumeWrites: false } as const
    assert.equal(says({ name: 'follow', target }), 'replica')
    assert.equal(says({ ...demote, persist: true }), 'replica')
    assert.equal(says({ ...demote, persist: false }), null)
    assert.equal(says({ name: 'persist' }), 'replica')
    assert.equal(says({ name: 'promote', bootFence: true }), 'nowhere')
    assert.equal(says({ name: 'promote', bootFence: false }), 'primary')
    assert.equal(says({ name: 'fence', cutClients: true }), 'nowhere')
    assert.equal(says({ name: 'bootFence' }), 'nowhere')
    for (const name of ['resumeWrites', 'proveLink', 'release'] as const) assert.equal(says({ name }), null)
  })

  test('its end is not known -> its file is not, when the action writes it', () => {
    const [silent, refusal] = [
      { ok: false, code: 'SILENT', message: 'no answer' },
      { ok: false, code: 'NOPERM', message: 'no' },
    ] as const
    const fenced = did({ name: 'fence', cutClients: true }, ok)
    const says = (action: Action, result: ActionResult): string | null => did(action, result, fenced).persisted?.as ?? null
    assert.equal(says({ name: 'promote', bootFence: false }, silent), null)
    assert.equal(says({ name: 'promote', bootFence: false }, refusal), 'nowhere')
    assert.equal(says({ name: 'proveLink' }, silent), 'nowhere')
  })

  test('refused, and its file was written all the same -> it says the role that the node has', () => {
    const refusal = { ok: false, code: 'NOPERM', message: 'no', wrote: true } as const
    const fence: Action = { name: 'fence', cutClients: true }
    const primary = heard(did({ name: 'promote', bootFence: true }, ok), 220, { of: null })
    assert.equal(primary.persisted?.as, 'nowhere')
    assert.equal(did(fence, refusal, primary).persisted?.as, 'primary')
    assert.equal(did(fence, refusal, did(fence, ok)).persisted, null)
    const stays = { ok: true, persisted: false, note: 'it has replicas', stays: true } as const
    assert.equal(did(fence, { ...stays, wrote: true }, primary).persisted?.as, 'primary')
    assert.equal(did(fence, stays, primary).persisted, null)
  })

  test('told to follow by force -> its server writes its file when the copy has ended, so it is not known what it says', () => {
    const fenced = did({ name: 'fence', cutClients: true }, ok)
    const forced: Action = { name: 'follow', target, force: true }
    assert.equal(did(forced, ok, fenced).persisted, null)
    assert.equal(did(forced, { ok: false, code: 'NOPERM', message: 'no' }, fenced).persisted?.as, 'nowhere')
  })

  test('persist on a primary -> its file is not called a replica', () => {
    const primary = heard(fresh, 100, { of: null })
    assert.equal(did({ name: 'persist' }, ok, primary).persisted, null)
  })

  test('the file could not be written -> the role counts, the file does not, a person is told', () => {
    const node = did({ name: 'follow', target }, unwritten)
    assert.deepEqual([node.persisted, node.persistProblem, node.troubles[0]?.code], [null, 'ERR no config file', 'NOT_PERSISTED'])
    const mended = did({ name: 'persist' }, ok, node)
    assert.deepEqual([mended.persistProblem, mended.troubles[0] ?? null], [null, null])
  })

  test('a role was given and the file could not be written -> it may be given again at once; what is only for the file waits a minute', () => {
    for (const action of [
      { name: 'follow', target },
      { name: 'promote', bootFence: true },
    ] as const)
      assert.equal(refuses(did(action, unwritten), action.name, 211), false, action.name)
    for (const action of [{ name: 'persist' }, { name: 'bootFence' }] as const) {
      const node = did(action, unwritten)
      assert.deepEqual([refuses(node, action.name, 60_209), refuses(node, action.name, 60_210)], [true, false], action.name)
    }
  })

  test('a fence was done and not written -> not again before its time, unless the node takes writes again', () => {
    const fenced = did({ name: 'fence', cutClients: true }, unwritten)
    assert.equal(refuses(fenced, 'fence', 300), true)
    assert.equal(refuses(heard(fenced, 300, { of: null, guard: closedGuard }), 'fence', 400), true)
    assert.equal(refuses(heard(fenced, 300, { of: null, guard: 0 }), 'fence', 400), false)
    // Nothing there says whether it is open: an old Pika without an access list.
    assert.equal(refuses(heard(fenced, 300, { of: null, guard: null }), 'fence', 400), true)
    const no = did({ name: 'fence', cutClients: true }, { ok: false, code: 'NOPERM', message: 'no' })
    assert.equal(refuses(heard(no, 220, { of: null, guard: 0 }), 'fence', 230), true)
  })

  test('writes are paused, also perhaps -> this process is known to be paused until it was told to go on', () => {
    const pause = { name: 'pauseWrites', forMs: 7_000 } as const
    const demote = { name: 'demote', target, cutClients: true, resumeWrites: false, persist: true } as const
    const no = (code: string): ActionResult => ({ ok: false, code, message: 'no' })
    const paused = did(pause, ok)
    const is = paused.reading?.incarnation ?? ''
    assert.deepEqual([up.paused, paused.paused, did(pause, no('SILENT')).paused, did(pause, no('NOPERM')).paused], [null, is, is, null])
    assert.deepEqual([did(demote, ok, paused).paused, did({ name: 'resumeWrites' }, no('CLOSED'), paused).paused], [is, is])
    assert.deepEqual(
      [did({ ...demote, resumeWrites: true }, ok, paused).paused, did({ name: 'resumeWrites' }, ok, paused).paused],
      [null, null],
    )
  })

  test('an action waits in the sockets of a silent node -> nothing is known of its file', () => {
    const known = did({ name: 'follow', target }, ok)
    assert.equal(known.persisted?.as, 'replica')
    const queued = acting(known, {
      id: 2,
      action: { name: 'demote', target, cutClients: true, resumeWrites: false, persist: true },
      since: 300,
      queued: true,
    })
    assert.equal(acted(queued, ok, 310).persisted, null)
  })

  test('refused again and again -> later each time, at most 5 s; another action -> counts anew', () => {
    const no: ActionResult = { ok: false, code: 'NOPERM', message: 'no' }
    let node = up
    const gaps = []
    for (let time = 0; time < 9; time++) {
      node = did({ name: 'persist' }, no, node)
      gaps.push((node.troubles[0]?.retryAt ?? 0) - 210)
    }
    assert.deepEqual(gaps, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
    assert.equal(did({ name: 'fence', cutClients: true }, no, node).troubles.at(-1)?.times, 1)
    assert.equal(did({ name: 'persist' }, ok, node).troubles[0] ?? null, null)
  })

  test('a fence whose connection is closed -> given again at once, and then as anything else', () => {
    const lost: ActionResult = { ok: false, code: 'CLOSED', message: 'the connection is closed' }
    const fence: Action = { name: 'fence', cutClients: true }
    const retryAt = (node: NodeView): number | undefined => node.troubles[0]?.retryAt
    const once = did(fence, lost)
    assert.deepEqual([retryAt(once), retryAt(did(fence, lost, once)), retryAt(did({ name: 'persist' }, lost))], [210, 410, 310])
  })

  test('another action succeeds -> a refusal stays, a file that was written is mended', () => {
    const refusedOnce = did({ name: 'fence', cutClients: true }, { ok: false, code: 'NOPERM', message: 'no' })
    assert.equal(did({ name: 'resumeWrites' }, ok, refusedOnce).troubles[0]?.code, 'NOPERM')
    const unwrittenOnce = did({ name: 'follow', target }, unwritten)
    assert.equal(did({ name: 'resumeWrites' }, ok, unwrittenOnce).troubles[0]?.code, 'NOT_PERSISTED')
    assert.deepEqual(
      [
        did({ name: 'fence', cutClients: true }, ok, unwrittenOnce).troubles[0] ?? null,
        did({ name: 'persist' }, ok, unwrittenOnce).troubles[0] ?? null,
      ],
      [null, null],
    )
  })

  test('earlier controllers were cut off -> cleared, also when it may not be asked for them; no answer -> not', () => {
    const cleared = (result: ActionResult): boolean => did({ name: 'cutOlder' }, result).cleared
    assert.deepEqual(
      [cleared(ok), cleared({ ok: false, code: 'NOPERM', message: '' }), cleared({ ok: false, code: 'SILENT', message: '' })],
      [true, true, false],
    )
    assert.equal(did({ name: 'persist' }, ok).cleared, false)
  })

  test('told to prove its link -> since when, and when it said OK; refused -> not told', () => {
    const told = acting(up, { id: 1, action: { name: 'proveLink' }, since: 200 })
    assert.deepEqual(told.proof, { since: 200, done: null })
    assert.deepEqual(acted(told, ok, 210).proof, { since: 200, done: 210 })
    assert.equal(acted(told, { ok: false, code: 'SILENT', message: '' }, 210).proof, null)
  })
})

test('addresses -> the same place by host and port; localhost is 127.0.0.1', () => {
  assert.equal(sameAddress({ host: 'localhost', port: 1 }, { host: '127.0.0.1', port: 1 }), true)
  assert.equal(sameAddress({ host: 'DB-1', port: 1 }, { host: 'db-1', port: 1 }), true)
  assert.equal(sameAddress({ host: 'db-1', port: 1 }, { host: 'db-1', port: 2 }), false)
  assert.equal(follows(up, specOf('a')), true)
  assert.equal(follows(up, specOf('c')), false)
  assert.equal(follows(heard(fresh, 1, { of: null }), specOf('a')), false)
})
