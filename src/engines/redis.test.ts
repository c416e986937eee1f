import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Action, ActionResult } from '../core/action.ts'
import type { ProbeResult, Reading } from '../core/model.ts'
import { Decoder } from '../resp/decode.ts'
import { RespError, type RespValue } from '../resp/value.ts'
import { engineOf } from './all.ts'
import { parseMark } from './mark.ts'
import { redis } from './redis.ts'
import { valkey } from './valkey.ts'

/** Raw replies of redis-server 7.0.15, recorded by test/transcripts/record.ts. */
const folder = fileURLToPath(new URL('../../test/transcripts/redis-7.0.15/', import.meta.url))

function repliesIn(state: string): RespValue[] {
  const replies = [...new Decoder().push(readFileSync(`${folder}${state}.txt`))]
  assert.equal(replies.length, redis.probe.length, 'one reply to each command of the probe')
  return replies
}

const text = (reply: RespValue): string => (typeof reply === 'string' ? reply : '')

function reading(result: ProbeResult): Reading {
  return result.ok ? result.reading : assert.fail(JSON.stringify(result.failure))
}

/** What matters in a reading; a replid is named by its place in the story. */
function brief(state: string): Record<string, unknown> {
  const { position, incarnation, engine, version, ...rest } = reading(redis.readProbe(repliesIn(state)))
  assert.deepEqual([engine, version, incarnation.length], ['redis', '7.0.15', 40])
  assert.ok(position.kind === 'stream')
  const { replid, replid2, second, offset } = position
  assert.match(replid, /^[0-9a-f]{40}$/)
  assert.match(replid2, /^[0-9a-f]{40}$/)
  return {
    ...rest,
    upstream: rest.upstream && { ...rest.upstream, port: 0 },
    replicas: rest.replicas.map((r) => ({ ...r, port: 0 })),
    second,
    offset,
  }
}

const plain = {
  role: 'primary',
  upstream: null,
  replicas: [],
  usable: true,
  loading: false,
  shuttingDown: false,
  durable: false,
  guard: 0,
  keys: 0,
  mark: null,
  writeProblem: null,
  second: -1,
  offset: 0,
}
const link = { host: '127.0.0.1', port: 0, linkUp: false, syncing: false }
const mark = { installation: 'inst', group: 'cache', epoch: 3, seq: 17 }

void describe('what a real server says', () => {
  test('standalone, never had a replica -> a primary whose position means nothing yet', () => {
    assert.deepEqual(brief('standalone'), { ...plain, usable: false, durable: true })
  })

  test('primary with two replicas, a guard and a mark -> the mark is not counted as data', () => {
    const attached = { host: '127.0.0.1', port: 0, online: true, acked: 14 }
    assert.deepEqual(brief('primary'), { ...plain, durable: true, guard: 1, keys: 1, mark, offset: 14, replicas: [attached, attached] })
  })

  test('replica with its link up -> its upstream, its offset, its data', () => {
    assert.deepEqual(brief('replica'), { ...plain, role: 'replica', upstream: { ...link, linkUp: true }, keys: 1, mark, offset: 14 })
  })

  test('its primary was killed -> link down, everything else as before', () => {
    assert.deepEqual(brief('replica-down'), { ...brief('replica'), upstream: link })
  })

  test('receiving a full copy -> says so', () => {
    assert.deepEqual(brief('syncing'), { ...plain, role: 'replica', upstream: { ...link, syncing: true } })
  })

  test('loading its file -> loading, and its position not usable', () => {
    const { keys, ...rest } = brief('loading')
    assert.ok(typeof keys === 'number' && keys < 2000)
    const { keys: _keys, ...expected } = plain
    assert.deepEqual(rest, { ...expected, usable: false, loading: true, markUnread: true })
  })

  test('shutting down, waiting for its replica -> says so', () => {
    const { shuttingDown, role } = brief('shutting-down')
    assert.deepEqual([shuttingDown, role], [true, 'primary'])
  })

  test('killed and started again with its boot fence -> replica of nowhere with its data and mark, position unknown', () => {
    assert.deepEqual(brief('boot-fenced'), { ...plain, role: 'replica', upstream: link, durable: true, keys: 1, mark })
  })

  test('promoted, closed -> primary, guard 9999, its old history as its second', () => {
    assert.deepEqual(brief('promoted'), { ...plain, guard: 9999, keys: 1, mark, offset: 14, second: 15 })
    const [old, now] = ['replica-down', 'promoted'].map((state) => reading(redis.readProbe(repliesIn(state))).position)
    assert.ok(old?.kind === 'stream' && now?.kind === 'stream' && now.replid2 === old.replid)
    assert.deepEqual(redis.comparePositions(now, old, []), { order: 'equal' })
  })

  test('every recorded state -> is read by a test, also as Valkey', () => {
    assert.equal(readdirSync(folder).length, 9)
    for (const file of readdirSync(folder)) assert.equal(reading(valkey.readProbe(repliesIn(file.slice(0, -4)))).engine, 'valkey')
  })
})

void describe('what is no reading', () => {
  const good = repliesIn('primary')
  const failure = (replies: readonly RespValue[]): unknown => {
    const result = redis.readProbe(replies)
    return result.ok ? 'a reading' : result.failure
  }

  test('INFO refused at any place -> answered, with the code', () => {
    for (let place = 0; place < 4; place++) {
      const replies = good.with(place, new RespError('NOPERM this user has no permissions'))
      assert.deepEqual(failure(replies), { kind: 'answered', code: 'NOPERM', message: 'NOPERM this user has no permissions' })
    }
  })

  test('anything but text, or too few replies -> answered, PROTOCOL', () => {
    for (const bad of [null, 1, ['x'], new Map()])
      assert.partialDeepStrictEqual(failure(good.with(1, bad)), { kind: 'answered', code: 'PROTOCOL' })
    assert.partialDeepStrictEqual(failure([]), { code: 'PROTOCOL' })
  })

  test('a Sentinel, or something without a role -> PROTOCOL', () => {
    assert.partialDeepStrictEqual(failure(good.with(1, 'role:sentinel')), { code: 'PROTOCOL' })
    assert.partialDeepStrictEqual(failure(good.with(0, '# Server\r\nredis_version:7.0.15')), { code: 'PROTOCOL' })
  })

  test('CONFIG or GET refused -> a reading without a guard or a mark; the mark of others is data', () => {
    assert.equal(reading(redis.readProbe(good.with(4, new RespError('NOPERM x')))).guard, null)
    assert.equal(reading(redis.readProbe(good.with(4, []))).guard, null)
    assert.equal(reading(redis.readProbe(good.with(4, new Map([['min-replicas-to-write', '2']])))).guard, 2)
    const marked = (reply: RespValue): unknown => {
      const { mark, keys } = reading(redis.readProbe(good.with(5, reply)))
      return [mark, keys]
    }
    assert.deepEqual(marked(new RespError('WRONGTYPE x')), [null, 2])
    assert.deepEqual(marked('hello world'), [null, 2])
    assert.deepEqual(marked(null), [null, 2])
  })

  test('fields: async loading, a writable replica, a broken append-only file, Valkey -> each means what it says', () => {
    const [server = '', , persistence = ''] = good.map(text)
    const said = (change: Record<number, RespValue>): Reading => {
      const replies = good.map((reply, place) => change[place] ?? reply)
      return reading(redis.readProbe(replies))
    }
    assert.equal(said({ 2: persistence.replace('async_loading:0', 'async_loading:1') }).usable, false)
    const [, replica = ''] = repliesIn('replica').map(text)
    assert.equal(said({ 1: replica.replace('slave_read_only:1', 'slave_read_only:0') }).usable, false)
    assert.match(said({ 2: persistence.replace('aof_last_write_status:ok', 'aof_last_write_status:err') }).writeProblem ?? '', /^MISCONF/)
    assert.equal(said({ 0: `${server}valkey_version:8.1.0\r\n` }).version, '8.1.0')
    assert.equal(said({ 3: '# Keyspace\r\ndb0:keys=2,expires=0,avg_ttl=0\r\ndb7:keys=40,expires=1,avg_ttl=9\r\n' }).keys, 41)
  })

  test('a mark -> only in our own form', () => {
    assert.deepEqual(parseMark('v1 inst cache 3 17'), mark)
    for (const text of ['', 'v2 inst cache 3 17', 'v1 inst', 'v1']) assert.equal(parseMark(text), null)
  })
})

// -------------------------------------------------------------------------------------------- scripts

const target = { host: '10.0.0.2', port: 6380 }
const demote = { name: 'demote', target, cutClients: false, resumeWrites: false, persist: false } as const

/** Every action, one line a command; MULTI stands for a transaction. */
const scripts: readonly (readonly [action: Action, text: string])[] = [
  [
    { name: 'promote', bootFence: true },
    'MULTI; REPLICAOF 127.0.0.1 1; CONFIG SET repl-diskless-sync-delay 5; CONFIG SET min-replicas-to-write 0; CONFIG REWRITE; CONFIG SET min-replicas-to-write 9999; REPLICAOF NO ONE',
  ],
  [
    { name: 'promote', bootFence: false },
    'MULTI; CONFIG SET min-replicas-to-write 0; CONFIG SET repl-diskless-sync-delay 5; REPLICAOF NO ONE; CONFIG REWRITE; CONFIG SET min-replicas-to-write 9999',
  ],
  [
    { name: 'open', guard: 1, bootFenced: true },
    'CONFIG SET min-replicas-max-lag 2; CONFIG SET repl-ping-replica-period 1; CONFIG SET repl-diskless-sync-delay 0; CONFIG SET min-replicas-to-write 1',
  ],
  [
    { name: 'open', guard: 0, bootFenced: false },
    'CONFIG SET min-replicas-max-lag 2; CONFIG SET repl-ping-replica-period 1; CONFIG SET min-replicas-to-write 0',
  ],
  [{ name: 'guard', guard: 2 }, 'CONFIG SET min-replicas-max-lag 2; CONFIG SET min-replicas-to-write 2'],
  [
    { name: 'follow', target },
    'MULTI; REPLICAOF 10.0.0.2 6380; CONFIG SET repl-diskless-sync-delay 5; CONFIG SET min-replicas-to-write 0; CONFIG REWRITE',
  ],
  [demote, 'MULTI; REPLICAOF 10.0.0.2 6380; CONFIG SET repl-diskless-sync-delay 5; CONFIG SET min-replicas-to-write 0'],
  [
    { ...demote, persist: true, resumeWrites: true, cutClients: true },
    'MULTI; REPLICAOF 10.0.0.2 6380; CONFIG SET repl-diskless-sync-delay 5; CONFIG SET min-replicas-to-write 0; CONFIG REWRITE; CLIENT UNPAUSE; CLIENT KILL TYPE normal',
  ],
  [
    { name: 'fence', cutClients: true },
    'MULTI; REPLICAOF 127.0.0.1 1; CONFIG SET repl-diskless-sync-delay 5; CONFIG SET min-replicas-to-write 0; CONFIG REWRITE; CLIENT KILL TYPE normal',
  ],
  [
    { name: 'fence', cutClients: false },
    'MULTI; REPLICAOF 127.0.0.1 1; CONFIG SET repl-diskless-sync-delay 5; CONFIG SET min-replicas-to-write 0; CONFIG REWRITE',
  ],
  [{ name: 'bootFence' }, 'MULTI; REPLICAOF 127.0.0.1 1; CONFIG SET repl-diskless-sync-delay 5; CONFIG REWRITE; REPLICAOF NO ONE'],
  [{ name: 'persist' }, 'CONFIG REWRITE'],
  [{ name: 'persist', cutClients: true }, 'CONFIG REWRITE; CLIENT KILL TYPE normal'],
  [{ name: 'pauseWrites', forMs: 7000 }, 'CLIENT PAUSE 7000 WRITE'],
  [{ name: 'resumeWrites' }, 'CLIENT UNPAUSE'],
  [{ name: 'cutOlder' }, 'CLIENT LIST TYPE normal'],
  [{ name: 'proveLink' }, 'CLIENT KILL TYPE master'],
  [{ name: 'mark', mark }, 'SET regroup:mark v1 inst cache 3 17'],
  [
    { name: 'release' },
    'MULTI; CONFIG SET repl-diskless-sync-delay 5; CONFIG SET min-replicas-to-write 0; REPLICAOF NO ONE; CONFIG REWRITE',
  ],
]

const named = (action: Action): string => JSON.stringify(action)

void describe('the commands of each action', () => {
  for (const [action, text] of scripts) {
    test(`${named(action)} -> these, in this order`, () => {
      const { commands, transaction } = redis.script(action)
      const lines = commands.map((command) => (command[0] === 'SET' ? `SET ${command.slice(1).join(' ')}` : command.join(' ')))
      assert.equal([...(transaction ? ['MULTI'] : []), ...lines].join('; '), text)
    })
  }

  test('the safety of the order: the file is written before the node may write, and while it says nowhere', () => {
    const lines = redis.script({ name: 'promote', bootFence: true }).commands.map((command) => command.join(' '))
    const [nowhere, rewrite, closed, primary] = [
      'REPLICAOF 127.0.0.1 1',
      'CONFIG REWRITE',
      'CONFIG SET min-replicas-to-write 9999',
      'REPLICAOF NO ONE',
    ].map((line) => lines.indexOf(line))
    assert.deepEqual(
      [nowhere, rewrite, closed, primary],
      [nowhere, rewrite, closed, primary].toSorted((a = 0, b = 0) => a - b),
    )
    assert.ok(!lines.includes('') && nowhere === 0)
  })
})

void describe('the connections of earlier controllers', () => {
  const line = (id: number, name: string): string => `id=${id} addr=127.0.0.1:${id} laddr=127.0.0.1:6379 fd=8 name=${name} age=1 flags=N`
  const kills = (...lines: string[]): unknown =>
    redis.followUp({ name: 'cutOlder' }, [`${lines.join('\n')}\n`], 'regroup:inst:now')?.commands ?? null

  test('of our installation and not our own -> killed by their ids', () => {
    const found = kills(line(3, 'regroup:inst:old'), line(4, 'regroup:inst:now'), line(5, ''), line(16, 'regroup:inst:older'))
    assert.deepEqual(found, [
      ['CLIENT', 'KILL', 'ID', '3'],
      ['CLIENT', 'KILL', 'ID', '16'],
    ])
  })

  test('of others, of nobody, or none at all -> nothing', () => {
    assert.equal(kills(line(3, 'regroup:other:old'), line(4, 'regroup:inst2:old'), line(5, 'app')), null)
    assert.equal(kills(''), null)
    assert.equal(redis.followUp({ name: 'cutOlder' }, [new RespError('NOPERM no')], 'regroup:inst:now'), null)
    assert.equal(redis.followUp({ name: 'persist' }, ['OK'], 'regroup:inst:now'), null)
  })

  test('gone meanwhile -> done; not allowed -> says so', () => {
    assert.equal(redis.readActed({ name: 'cutOlder' }, [new RespError('ERR No such client'), 1]).ok, true)
    assert.partialDeepStrictEqual(redis.readActed({ name: 'cutOlder' }, [new RespError('NOPERM no')]), { ok: false, code: 'NOPERM' })
  })
})

void describe('the replies to an action', () => {
  const oks = (action: Action): RespValue[] => redis.script(action).commands.map(() => 'OK')

  test('OK to all -> done and persisted', () => {
    for (const [action] of scripts) {
      assert.deepEqual(
        redis.readActed(action, oks(action)),
        { ok: true, persisted: true, note: null } satisfies ActionResult,
        named(action),
      )
    }
  })

  test('an error at any place -> not done, with the command; at CONFIG REWRITE -> done, not persisted', () => {
    for (const [action] of scripts.filter(([each]) => each.name !== 'cutOlder')) {
      for (const [place, command] of redis.script(action).commands.entries()) {
        const result = redis.readActed(action, oks(action).with(place, new RespError('ERR broken')))
        if (command.join(' ') === 'CONFIG REWRITE')
          assert.deepEqual(result, { ok: true, persisted: false, note: 'ERR broken' }, named(action))
        else {
          const message = `${command.slice(0, 2).join(' ')}: ERR broken`
          assert.deepEqual(result, { ok: false, code: 'ERR', message }, named(action))
        }
      }
    }
  })

  test('the file and something after it failed -> not done', () => {
    const action = { name: 'promote', bootFence: true } as const
    const replies = oks(action).with(3, new RespError('ERR no file')).with(5, new RespError('NOPERM no'))
    assert.partialDeepStrictEqual(redis.readActed(action, replies), { ok: false, code: 'NOPERM' })
  })

  test('fewer replies than commands -> PROTOCOL', () => {
    for (const [action] of scripts.filter(([each]) => each.name !== 'cutOlder')) {
      assert.partialDeepStrictEqual(redis.readActed(action, oks(action).slice(1)), { ok: false, code: 'PROTOCOL' })
    }
  })
})

test('engines by name -> Redis and Valkey', () => {
  assert.equal(engineOf('redis'), redis)
  assert.equal(engineOf('valkey'), valkey)
  assert.deepEqual(
    [valkey.name, valkey.canGuard, valkey.canBootFence, valkey.canProveLink, valkey.canPauseWrites],
    ['valkey', true, true, true, true],
  )
})

test('a boot fence that was written -> full copies may begin at once; one that could not be written -> replicas keep their protection', () => {
  const fence = { name: 'bootFence' } as const
  assert.deepEqual(redis.followUp(fence, ['OK', 'OK', 'OK', 'OK'], 'regroup:i:p'), {
    commands: [['CONFIG', 'SET', 'repl-diskless-sync-delay', '0']],
    transaction: false,
  })
  assert.deepEqual(redis.readActed(fence, ['OK']), { ok: true, persisted: true, note: null })
  const failed = ['OK', 'OK', new RespError('ERR The server is running without a config file'), 'OK']
  assert.equal(redis.followUp(fence, failed, 'regroup:i:p'), null)
  assert.deepEqual(redis.readActed(fence, failed), { ok: true, persisted: false, note: 'ERR The server is running without a config file' })
})
