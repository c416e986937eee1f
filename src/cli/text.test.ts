import assert from 'node:assert/strict'
import { test } from 'node:test'
import { billingStatus, logEntry, nodeStatus, ordersStatus, plainly, riskyPlan, safePlan, testTime } from '../../test/samples.ts'
import { neverLookedAt } from '../core/doctor/finding.ts'
import { UserError } from '../errors.ts'
import { acceptedText, appliedText, pausedText, specText } from './changesText.ts'
import { doctorText } from './doctorText.ts'
import { explainText, historyText } from './explainText.ts'
import { planText } from './plan.ts'
import { rollViewText } from './roll.ts'
import { EventParser } from './sse.ts'
import { groupText, groupsText, watchText } from './statusText.ts'
import { outcomeOf } from './waiting.ts'
import { frame } from './watch.ts'
import { coloured, duration, durationWithin, parseDuration, parseInstant, plain, safe, size } from './words.ts'

const escape = '\u001B'

/** A golden text, written with one bar before each line so that its own indent shows. */
function golden(text: string): string {
  return text
    .replaceAll(/^\s*\|/gm, '')
    .replace(/^\n/, '')
    .replace(/\n\s*$/, '\n')
}

test('status: a healthy group and one in recovery -> a row each, a summary, where the warnings are', () => {
  assert.equal(
    groupsText([ordersStatus, billingStatus], plain),
    golden(`
      |GROUP    STATE     PRIMARY           IN SYNC  EPOCH  WHAT
      |orders   healthy   a 127.0.0.1:6379  3 of 3   4      a is primary; b and c follow in sync
      |billing  degraded  b 127.0.0.1:7002  1 of 2   7      b is primary; a returns as its replica (paused until 2026-11-22 07:30:00Z)
      |
      |2 groups: 1 degraded, 1 healthy; warnings in billing, see \`regroup explain billing\`
      |doctor: 1 finding in 1 of 2 groups, looked 2026-11-22 06:59:00Z, next 2026-11-22 07:07:00Z; see \`regroup doctor\`
      `),
  )
})

test('status: no groups -> how to add one', () => {
  assert.equal(groupsText([], plain), 'no groups yet; add one with `regroup group add NAME --node a=HOST:PORT --node b=HOST:PORT`\n')
})

test('status GROUP: nobody has a problem -> no column for problems', () => {
  assert.equal(
    groupText(ordersStatus, plain),
    golden(`
      |orders: healthy, writable, steady, epoch 4
      |a is primary; b and c follow in sync
      |
      |NODE  ADDRESS         ROLE     HEALTH  IN SYNC  LINK  LAG  KEYS  LAST REPLY  SITE  VERSION
      |a     127.0.0.1:6379  primary  up      yes      -     -    1200  120 ms ago  s1    7.0.15
      |b     127.0.0.1:6380  replica  up      yes      up    0 B  1200  120 ms ago  s1    7.0.15
      |c     127.0.0.1:6381  replica  up      yes      up    0 B  1200  120 ms ago  s1    7.0.15
      |
      |doctor: no findings, looked 2026-11-22 06:57:00Z, next 2026-11-22 07:07:00Z
      `),
  )
})

test('doctor: findings, nodes that were not examined, checks that are not told -> each with its way out; healthy groups are counted', () => {
  const groups = [ordersStatus, billingStatus].map(({ group, doctor }) => ({ group, ...doctor }))
  assert.equal(
    doctorText({ everyMs: 600_000, ignored: ['persistence.none'], groups }, plain),
    golden(`
      |billing
      |  advice  timeout.keepalive  b never asks whether a silent client still exists
      |    way out: 300 s is the default
      |      redis-cli -h 127.0.0.1 -p 7002 CONFIG SET tcp-keepalive 300
      |  not examined  a: it does not answer
      |
      |1 finding in 1 of 2 groups, looked 2026-11-22 06:59:00Z, next 2026-11-22 07:07:00Z; looks every 10 min
      |not told, by regroup.yaml: persistence.none
      `),
  )
  assert.equal(doctorText({ everyMs: 600_000, ignored: [], groups: [] }, plain), 'no groups yet\n')
  const fresh = { everyMs: 600_000, ignored: [], groups: [{ group: 'new', ...neverLookedAt }] }
  assert.equal(doctorText(fresh, plain), 'not looked yet; looks every 10 min\n')
})

test('status GROUP: a failover under way, nodes silent, in maintenance, behind -> each is seen', () => {
  const status = {
    ...ordersStatus,
    state: 'down' as const,
    writable: false,
    phase: 'failover' as const,
    candidate: 'b',
    sentence: 'a is silent; b takes over',
    nodes: [
      nodeStatus('a', 6379, {
        role: 'primary',
        health: 'silent',
        problem: 'silent for 1.2 s',
        linkUp: null,
        lagBytes: null,
        lastReplyAgoMs: 1234,
      }),
      nodeStatus('b', 6380, { lagBytes: 1536, linkUp: false }),
      nodeStatus('c', 6381, {
        health: 'unheard',
        role: 'unknown',
        inSync: false,
        linkUp: null,
        lagBytes: null,
        keys: null,
        version: null,
        lastReplyAgoMs: null,
        site: null,
        maintenance: { until: testTime, by: 'cli:ann', why: 'new kernel' },
      }),
    ],
  }
  assert.equal(
    groupText(status, plain),
    golden(`
      |orders: down, not writable, failover to b, epoch 4
      |a is silent; b takes over
      |
      |NODE  ADDRESS         ROLE     HEALTH   IN SYNC  LINK  LAG      KEYS  LAST REPLY  SITE  VERSION  PROBLEM
      |a     127.0.0.1:6379  primary  silent   yes      -     -        1200  1.2 s ago   s1    7.0.15   silent for 1.2 s
      |b     127.0.0.1:6380  replica  up       yes      down  1.5 KiB  1200  120 ms ago  s1    7.0.15
      |c     127.0.0.1:6381  unknown  unheard  no       -     -        -     never       -     -        in maintenance until 2026-11-22 07:00:00Z by cli:ann: new kernel
      |
      |doctor: no findings, looked 2026-11-22 06:57:00Z, next 2026-11-22 07:07:00Z
      `),
  )
})

test('explain: a group after a failover -> the decision with its facts, the warning, the node on its way back', () => {
  const recent = [
    logEntry(9, { rule: 'failover.dead', sentence: 'a is dead, proven: promoted b', epoch: 7 }),
    logEntry(8, { kind: 'hold', rule: 'wait.proof', sentence: 'waits for proof' }),
  ]
  assert.equal(
    explainText({ status: billingStatus, recent } as never, testTime, plain),
    golden(`
      |billing: degraded, replica returning
      |b is primary; a returns as its replica
      |  primary  a
      |  inSync   3
      |
      |Last decision: a is dead, proven: promoted b
      |  rule failover.dead, 1 min ago
      |  refused   3
      |  b.offset  81234
      |  lost      unknown
      |
      |Paused until 2026-11-22 07:30:00Z by cli:ann: moving racks
      |
      |Warnings
      |  ! node a has no append-only file: switch it on, or a restart empties it
      |
      |Nodes
      |  NODE  ADDRESS         ROLE     HEALTH  IN SYNC  LINK  LAG  KEYS  LAST REPLY  SITE  VERSION  PROBLEM
      |  a     127.0.0.1:7001  replica  up      no       down  -    -     120 ms ago  s1    7.0.15   full sync in progress
      |  b     127.0.0.1:7002  primary  up      yes      -     -    1200  120 ms ago  -     7.0.15
      |
      |Recoveries
      |  a: under way for 2 s, 4 of 6 steps, seen 2026-11-22 06:59:58Z
      |    ✓ seen            0 ms
      |    - fenced                    skipped: closed by its own boot fence
      |    ✓ demoted         350 ms
      |    ✓ role persisted  352 ms
      |    ▸ link up                   now: receiving 12 MB
      |    · in sync
      |
      |Lately
      |  TIME                  SEQ  EPOCH  KIND      RULE           WHAT
      |  2026-11-22 06:58:29Z  9    7      decision  failover.dead  a is dead, proven: promoted b
      |  2026-11-22 06:58:28Z  8    4      hold      wait.proof     waits for proof
      `),
  )
})

test('explain: a refusal, nothing else to say -> on hold, why, and no empty sections', () => {
  const status = {
    ...ordersStatus,
    nodes: [],
    verdict: { ...ordersStatus.verdict, kind: 'hold' as const, rule: 'hold.contested', sentence: 'b still hears a' },
  }
  assert.doesNotMatch(explainText({ status, recent: [] } as never, testTime, plain), /Warnings|Recoveries|Lately|Paused/)
  assert.match(
    explainText({ status, recent: [] } as never, testTime, plain),
    /^On hold: b still hears a\n {2}rule hold\.contested, 5 s ago$/m,
  )
})

test('explain: a recovery that ended, one that failed -> after how long, and at which step', () => {
  const [recovery] = billingStatus.recoveries
  assert.ok(recovery !== undefined)
  const steps = recovery.steps.map((step) => ({ ...step, state: 'done' as const, afterMs: 900, note: null }))
  const over = { ...recovery, endedAt: recovery.startedAt + 1200, steps }
  const failed = {
    ...over,
    node: 'c',
    steps: [...steps.slice(0, 5), { name: 'in sync' as const, state: 'failed' as const, afterMs: null, note: 'left again' }],
  }
  const text = explainText({ status: { ...billingStatus, recoveries: [over, failed] }, recent: [] } as never, testTime, plain)
  assert.match(text, /^ {2}a: back after 1\.2 s, 6 of 6 steps/m)
  assert.match(text, /^ {2}c: ended after 1\.2 s, 5 of 6 steps/m)
  assert.match(text, /^ {4}✗ in sync {19}failed: left again$/m)
})

test('history: a page with more behind it -> the command for the next; none -> a sentence', () => {
  assert.equal(
    historyText({ entries: [logEntry(60), logEntry(59, { kind: 'event', rule: 'node.seen' })], next: 59 }, 'orders', plain),
    golden(`
      |TIME                  SEQ  EPOCH  KIND      RULE         WHAT
      |2026-11-22 06:59:20Z  60   4      decision  steady.well  entry 60
      |2026-11-22 06:59:19Z  59   4      event     node.seen    entry 59
      |
      |more: regroup history orders --before 59
      `),
  )
  assert.equal(historyText({ entries: [], next: null }, 'orders', plain), 'nothing happened yet\n')
})

test('changes: applied, a dry run, nothing -> what changed, what would, that nothing did', () => {
  const changes = [
    { group: 'old', change: 'remove' as const, what: ['removed with node a (h:1)'] },
    { group: 'x', change: 'change' as const, what: ['guard default -> on', 'TLS off -> on'] },
  ]
  const text = ['- old', '    removed with node a (h:1)', '~ x', '    guard default -> on', '    TLS off -> on', ''].join('\n')
  assert.equal(appliedText({ revision: 4, dryRun: false, changes }, plain), `revision 4: 2 groups changed\n${text}`)
  assert.equal(appliedText({ revision: 3, dryRun: true, changes }, plain), `dry run: 2 groups would change; revision 3 stays\n${text}`)
  assert.equal(appliedText({ revision: 3, dryRun: false, changes: [] }, plain), 'nothing to change; revision 3 stays\n')
  const accepted = {
    ok: true,
    epoch: 5,
    candidate: 'b',
    ...plainly('b takes over'),
    steps: ['a is closed', 'b is promoted'],
    stepsSaid: [],
    loss: null,
    lossSaid: null,
  } as const
  assert.equal(acceptedText(accepted, true), 'dry run: b takes over (epoch 5)\n  1. a is closed\n  2. b is promoted\n')
  assert.equal(acceptedText(accepted, false), 'b takes over (epoch 5)\n')
  const risky = { ...accepted, loss: 'what a holds beyond b is discarded' }
  assert.equal(acceptedText(risky, false), 'b takes over (epoch 5)\n  known to be lost or risked: what a holds beyond b is discarded\n')
  assert.equal(pausedText('x', { revision: 5, pause: null }), 'x is not paused now; revision 5\n')
})

test('group show: a group -> the YAML that apply reads', () => {
  const group = { name: 'x', policy: { guard: 'on' as const }, nodes: [{ name: 'a', address: '[::1]:1' }] }
  assert.equal(
    specText([group]),
    'groups:\n  - name: x\n    policy:\n      guard: on\n    nodes:\n      - name: a\n        address: "[::1]:1"\n',
  )
})

test('words: durations and sizes -> the unit a person would say; what is typed is read back', () => {
  const said = [0, 350, 999.4, 1000, 1240, 9949, 45_000, 59_949, 59_950, 300_000, 3_570_000, 5_400_000, 172_800_000].map(duration)
  assert.deepEqual(said, ['0 ms', '350 ms', '999 ms', '1 s', '1.2 s', '9.9 s', '45 s', '60 s', '1 min', '5 min', '1 h', '1.5 h', '2 d'])
  assert.deepEqual([0, 1023, 1024, 1536, 3 * 1_048_576].map(size), ['0 B', '1023 B', '1 KiB', '1.5 KiB', '3 MiB'])
  assert.deepEqual(['500ms', '90s', '30m', '1.5h', '7 d'].map(parseDuration), [500, 90_000, 1_800_000, 5_400_000, 604_800_000])
  for (const text of ['', '30', 'm', '-1s', '1w']) {
    assert.throws(
      () => parseDuration(text),
      (error) => error instanceof UserError && error.code === 'BAD_INPUT' && /write 30m/.test(error.message),
    )
  }
  assert.deepEqual(
    ['1s', '7d'].map((text) => durationWithin('--for', text, '1s', '7d')),
    [1000, 604_800_000],
  )
  for (const text of ['0s', '999ms', '8d', '99999999999999999999d'])
    assert.throws(() => durationWithin('--for', text, '1s', '7d'), { code: 'BAD_INPUT', message: `--for ${text}: it must be 1s to 7d` })
})

test('words: colours and columns -> the columns stand as without colours', () => {
  const stripped = groupsText([ordersStatus, billingStatus], coloured).replaceAll(new RegExp(`${escape}\\[\\d+m`, 'g'), '')
  assert.equal(stripped, groupsText([ordersStatus, billingStatus], plain))
})

test('words: a node that sends escape sequences -> they do not reach the terminal', () => {
  assert.equal(safe('a\u001B[2Jb\u009Bc\rd'), 'a?[2Jb?c?d')
  const status = {
    ...ordersStatus,
    sentence: '\u001B]0;x\u0007',
    nodes: [nodeStatus('a', 1, { version: '\u001B[31m', problem: '\u001B[1m' })],
  }
  const text = groupText(status, plain) + explainText({ status, recent: [] } as never, testTime, plain)
  assert.ok(!text.includes(escape) && !text.includes('\u0007'))
})

test('watch: the connection is lost -> the last picture under a line that says since when', () => {
  assert.equal(watchText('x\n', null, testTime, plain), 'x\n')
  assert.equal(
    watchText('x\n', testTime - 65_000, testTime, plain),
    'connection lost, shown since 2026-11-22 06:58:55Z (1 min ago); trying again\n\nx\n',
  )
})

test('watch: a frame -> overwrites line by line; too many lines -> says how many are not shown', () => {
  assert.equal(frame('a\nb\n', 10), '\u001B[Ha\u001B[K\nb\u001B[K\u001B[J')
  assert.equal(frame('1\n2\n3\n4\n5\n', 4), '\u001B[H1\u001B[K\n2\u001B[K\n... 3 more lines\u001B[K\u001B[J')
})

test('events: cut anywhere -> the same events; comments give none', () => {
  const text = 'retry: 1000\n: hello\n\nevent: status\ndata: {"a":1}\n\n: still here\n\nevent: spec\ndata: {"revision":2}\n\n'
  for (let cut = 0; cut <= text.length; cut++) {
    const parser = new EventParser()
    assert.deepEqual(
      [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))],
      [
        { name: 'status', data: '{"a":1}' },
        { name: 'spec', data: '{"revision":2}' },
      ],
    )
  }
})

test('wait: steady at the new epoch under the candidate -> done; under another, after a move -> ended otherwise', () => {
  const accepted = { epoch: 5, candidate: 'b' }
  const at = (change: object) => ({ ...ordersStatus, ...change })
  assert.equal(outcomeOf(at({ epoch: 4, primary: 'a' }), accepted, false), 'running')
  assert.equal(outcomeOf(at({ epoch: 5, primary: 'a', phase: 'switchover' }), accepted, false), 'running')
  assert.equal(outcomeOf(at({ epoch: 5, primary: 'b' }), accepted, true), 'done')
  assert.equal(outcomeOf(at({ epoch: 5, primary: 'b' }), accepted, false), 'done')
  assert.equal(outcomeOf(at({ epoch: 5, primary: 'a' }), accepted, true), 'other')
  assert.equal(outcomeOf(at({ epoch: 6, primary: 'c' }), accepted, false), 'other')
})

test('plan: safe, and at risk -> what would happen, why not, what first, in which order', () => {
  assert.equal(
    planText(safePlan, plain),
    golden(`
      |orders, if a dies: safe
      |b would take over from a
      |
      |a dies
      |  writes stop for a moment; primary then: b; known to be lost or risked: nothing
      |  steady.lost/elect.inSync: promote b
      |a falls silent
      |  writes stop for about 1.2 s; primary then: b; known to be lost or risked: a may accept writes
      |  steady.lost/elect.inSync: promote b
      `),
  )
  assert.equal(
    planText(riskyPlan, plain),
    golden(`
      |billing, if a, b are stopped: at risk
      |nobody could take over
      |! if c dies meanwhile: nobody can be promoted
      |
      |a, b are stopped
      |  writes go on; primary then: c; known to be lost or risked: nothing
      |  steady.healthy: c is primary
      |c dies meanwhile
      |  nobody can write until somebody acts or a node is back; primary then: nobody; known to be lost or risked: nothing
      |  steady.lost/elect.nobody: c refuses connections; nobody can be promoted
      |First:
      |  regroup maintain billing/a --for 30m
      |  regroup maintain billing/b --for 30m
      |Stop in this order: b, a
      |Start in this order: a, b
      `),
  )
})

test('a roll under way -> in the status, in explain, and with what is next', () => {
  const roll = { since: testTime, by: 'cli:ann', why: 'new kernel', turn: null, restarted: ['c'], left: ['a', 'b'] }
  const line = 'Rolling restart since 2026-11-22 07:00:00Z by cli:ann: new kernel; restarted: c; left: a, b'
  const status = { ...ordersStatus, roll }
  assert.ok(groupText(status, plain).includes(`\n${line}\n`))
  assert.ok(explainText({ status, recent: [] } as never, testTime, plain).includes(`\n${line}\n`))
  const step = { kind: 'wait', ...plainly('waits for b to come back') } as const
  assert.equal(rollViewText('orders', { ...roll, was: [], step }), `orders: ${line}\nNext: waits for b to come back\n`)
  assert.equal(rollViewText('orders', null), 'no rolling restart of orders is under way\n')
})

test('what moves the primary by itself -> in the status and in explain', () => {
  const scheduled = { at: testTime + 60_000, to: 'b', by: 'cli:ann', why: 'rack' }
  const status = { ...ordersStatus, scheduled, failback: { node: 'c', at: testTime, window: '02:00-04:00' } }
  const lines = [
    'Switchover to b scheduled for 2026-11-22 07:01:00Z by cli:ann: rack; `regroup switchover orders --cancel` takes it back',
    'c is preferred and becomes primary again: not before 2026-11-22 07:00:00Z, between 02:00-04:00',
  ]
  for (const text of [groupText(status, plain), explainText({ status, recent: [] } as never, testTime, plain)])
    assert.ok(text.includes(`\n${lines.join('\n')}\n`), text)
  const waiting = { ...ordersStatus, failback: { node: 'c', at: null, window: null } }
  assert.ok(groupText(waiting, plain).includes('\nc is preferred and becomes primary again: when it has been in sync long enough\n'))
})

test('instants: ahead, ISO with a zone -> milliseconds; without a zone, or anything else -> refused with how to write it', () => {
  assert.equal(parseInstant('in 2h', testTime), testTime + 7_200_000)
  assert.equal(parseInstant('2026-11-22T07:00Z', 0), testTime)
  assert.equal(parseInstant('2026-11-22 08:00:00+01:00', 0), testTime)
  for (const text of ['2026-11-22T07:00', 'tomorrow', '2026-13-01T00:00Z', 'in', '1795330800000'])
    assert.throws(() => parseInstant(text, 0), /is no (instant|duration)/, text)
})
