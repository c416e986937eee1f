// The recipes of the transcripts that hold only figures, and what else is known of Pika, on the model.
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { pika } from '../../src/engines/pika.ts'
import { PikaCluster } from './cluster.ts'

const linked = (c: PikaCluster, port: number): boolean => c.node(port).upstream?.state === 'connected'

function pair(options: ConstructorParameters<typeof PikaCluster>[0] = {}): PikaCluster {
  const c = new PikaCluster(options)
  c.start(9221)
  for (let n = 0; n < 10; n++) c.say(9221, 'SET', `k${n}`, 'v')
  c.start(9231)
  c.say(9231, 'SLAVEOF', '127.0.0.1', '9221')
  assert.ok(c.until(() => linked(c, 9231), 5_000))
  c.run(2_000)
  return c
}

/** 9231, which held these keys, in the middle of a copy of 9221 that takes so long. */
function copying(copyMs: number, ...held: readonly string[]): PikaCluster {
  const c = new PikaCluster({ copyMs })
  c.start(9221)
  c.say(9221, 'SET', 'k', 'v')
  c.start(9231)
  for (const key of held) c.say(9231, 'SET', key, '1')
  c.say(9231, 'SLAVEOF', '127.0.0.1', '9221')
  assert.ok(c.until(() => c.node(9231).upstream?.state === 'copying', 5_000))
  return c
}

test('P15: role changes on a replica that has a link -> some take seconds, and PING waits with them [30 32]', () => {
  const waits: number[] = []
  for (let round = 0; round < 10; round++) {
    const c = pair({ blockMostMs: 2_900, seed: round })
    for (let again = 0; again < 3; again++) {
      const before = c.time.now
      c.say(9231, 'SLAVEOF', 'NO', 'ONE')
      waits.push(c.time.now - before)
      c.run(6_000)
      c.say(9231, 'SLAVEOF', '127.0.0.1', '9221')
      assert.ok(c.until(() => linked(c, 9231), 15_000))
    }
  }
  assert.ok(
    waits.some((ms) => ms > 1_000),
    `some take seconds: ${waits.join(' ')}`,
  )
  assert.ok(waits.some((ms) => ms === 0))
  assert.ok(waits.every((ms) => ms < 3_000))
})

test('P19: asked by PING once a second while roles change -> some gap is longer than the 3 s with which Sentinel flapped, none as long as regroup waits', () => {
  const sentinelFlappedMs = 3_000
  const pingEveryMs = 1_000
  const gaps = Array.from({ length: 30 }, (_, seed) => {
    const c = pair({ blockMostMs: 2_900, seed })
    const pongAt = c.time.now
    c.run(pingEveryMs - 10)
    c.say(9231, 'SLAVEOF', 'NO', 'ONE')
    assert.equal(c.say(9231, 'PING'), '+PONG\r\n')
    return c.time.now - pongAt
  })
  assert.ok(
    gaps.some((ms) => ms > sentinelFlappedMs),
    gaps.join(' '),
  )
  assert.ok(
    gaps.every((ms) => ms < pika.roleChangeMs),
    gaps.join(' '),
  )
})

test('P13: NO ONE and at once SLAVEOF, from a link that is up -> a full copy as usual [55]', () => {
  const c = pair()
  c.say(9231, 'SLAVEOF', 'NO', 'ONE')
  c.say(9231, 'SLAVEOF', '127.0.0.1', '9221', 'force')
  assert.ok(c.until(() => linked(c, 9231), 3_000))
  assert.equal(c.node(9231).eligible, true)
})

test('P20: an answer comes before the question is noted -> `connecting` for ever; detached for a moment, it follows', () => {
  const c = new PikaCluster({ missedAnswers: 1 })
  c.start(9221)
  c.say(9221, 'SET', 'k', 'v')
  c.start(9231)
  c.say(9231, 'SLAVEOF', '127.0.0.1', '9221')
  assert.equal(
    c.until(() => c.node(9231).upstream?.state !== 'waitReply' && c.node(9231).keys.size > 0, 60_000),
    false,
  )
  assert.match(c.say(9231, 'INFO', 'replication'), /db0:connecting\r\n[^]*\(db0:kWaitReply\)/)
  c.say(9231, 'SLAVEOF', '127.0.0.1', '9221')
  c.run(5_000)
  assert.equal(c.node(9231).upstream?.state, 'waitReply', 'the same primary again: nothing')
  c.say(9231, 'SLAVEOF', '127.0.0.1', '1')
  c.run(1_000)
  c.say(9231, 'SLAVEOF', '127.0.0.1', '9221', 'force')
  assert.ok(c.until(() => linked(c, 9231), 15_000))
})

function refusedPair(): PikaCluster {
  const c = new PikaCluster({ copyMs: 6_000 })
  c.start(9221)
  c.say(9221, 'SET', 'k', 'v')
  c.say(9221, 'CONFIG', 'SET', 'requirepass', 'secret')
  c.start(9231)
  c.say(9231, 'SLAVEOF', '127.0.0.1', '9221')
  c.run(9_000)
  assert.equal(c.node(9231).upstream?.state, 'noConnect', 'P9: a wrong password is never tried again')
  c.say(9231, 'CONFIG', 'SET', 'masterauth', 'secret')
  return c
}

test('P13: NO ONE and at once SLAVEOF, from a refused link -> up without a full copy, and not eligible [57]', () => {
  const c = refusedPair()
  c.say(9231, 'SLAVEOF', 'NO', 'ONE')
  c.say(9231, 'SLAVEOF', '127.0.0.1', '9221')
  assert.ok(c.until(() => linked(c, 9231), 20_000))
  assert.equal(c.node(9231).eligible, false)
  assert.deepEqual(c.tooSoon, [9231])
})

test('P13: 5 s between NO ONE and SLAVEOF, from a refused link -> copied to the end [57]', () => {
  const c = refusedPair()
  c.say(9231, 'SLAVEOF', 'NO', 'ONE')
  c.run(5_000)
  c.say(9231, 'SLAVEOF', '127.0.0.1', '9221')
  assert.ok(c.until(() => linked(c, 9231), 8_000))
  assert.equal(c.node(9231).eligible, true)
  assert.match(c.say(9231, 'GET', 'k'), /v/)
  assert.deepEqual(c.tooSoon, [])
})

test('P1: an old primary comes back -> writable', () => {
  const c = pair()
  c.restart(9221)
  assert.equal(c.say(9221, 'SET', 'x', '1'), '+OK\r\n')
})

test('P17: a key was read while its replica was copied -> the cache gives it afterwards, the copy does not hold it [50]', () => {
  const c = copying(2_000, 'old')
  c.say(9231, 'GET', 'old')
  assert.ok(c.until(() => linked(c, 9231), 5_000))
  assert.match(c.say(9231, 'GET', 'old'), /1/)
  assert.deepEqual(
    c
      .node(9231)
      .keys.entries()
      .map(([key]) => key),
    ['k'],
  )
})

test('P23: the primary falls silent in the middle of a copy -> its replica asks it again after 20 s, on another connection a minute later, and is linked when it wakes, not eligible', () => {
  const c = copying(300_000)
  c.run(2_000)
  c.freeze(9221)
  c.run(12_000)
  assert.match(c.say(9231, 'INFO', 'replication'), /WaitDBSync/)
  c.run(10_000)
  assert.match(c.say(9231, 'INFO', 'replication'), /kWaitReply/)
  c.run(50_000)
  assert.match(c.say(9231, 'INFO', 'replication'), /kWaitReply/)
  assert.ok(c.until(() => c.node(9231).upstream?.state === 'noConnect', 15_000))
  c.run(30_000)
  c.thaw(9221)
  assert.ok(c.until(() => linked(c, 9231), 15_000))
  assert.equal(c.node(9231).eligible, false)
})

test('P18: a frozen replica -> listed with its lag for 20 s, then as not syncing [54]', () => {
  const c = pair()
  c.freeze(9231)
  for (let n = 0; n < 5; n++) c.say(9221, 'SET', `n${n}`, 'v')
  c.run(20_000)
  assert.match(c.say(9221, 'INFO', 'replication'), /lag=\(db0:\d+\)/)
  c.run(10_000)
  assert.match(c.say(9221, 'INFO', 'replication'), /lag=\(db0:not syncing\)/)
})

test('a replica is frozen for minutes -> its primary follows nobody, and forgets it after 180 s; it finds its way back when it wakes', () => {
  const c = pair()
  c.start(9241)
  c.freeze(9231)
  c.run(170_000)
  assert.match(c.say(9221, 'SLAVEOF', '127.0.0.1', '9241'), /already master of others/)
  c.run(15_000)
  assert.doesNotMatch(c.say(9221, 'INFO', 'replication'), /slave0/)
  c.thaw(9231)
  assert.ok(c.until(() => c.node(9221).attached.length === 1 && linked(c, 9231), 30_000))
  c.run(200_000)
  assert.equal(c.node(9221).attached.length, 1, 'who says something stays')
})

test('the access list: -@write -> no write of that user, forgotten by a restart [58]', () => {
  const c = pair()
  c.say(9221, 'ACL', 'SETUSER', 'default', '-@write')
  assert.match(c.say(9221, 'SET', 'x', '1'), /^-NOPERM/)
  assert.match(c.say(9221, 'GET', 'k1'), /v/)
  c.restart(9221)
  assert.equal(c.say(9221, 'SET', 'x', '1'), '+OK\r\n')
})

for (const [version, said] of [
  ['3.5.0', /db0:binlog_offset=0 \d+,safety_purge=none\r\n$/],
  ['3.5.2', /db0 binlog_offset=0 \d+,safety_purge=none\r\n$/],
  ['4.0.0', /db0:binlog_offset=0 \d+,safety_purge=none\r\n$/],
  ['4.0.1', /is_eligible_for_master_election:true\r\ndb0:binlog_offset=0 \d+,safety_purge=none\r\nslave_repl_offset:\d+\r\n$/],
] as const) {
  test(`INFO replication of ${version} has its shape`, () => {
    const c = new PikaCluster({ version })
    c.start(9221)
    c.say(9221, 'SET', 'k', 'v')
    assert.match(c.say(9221, 'INFO', 'replication').trimEnd() + '\r\n', said)
  })
}
