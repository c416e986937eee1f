import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { entriesOf } from '../../test/pika/transcript.ts'
import { closedGuard, halfClosedGuard, nowhere } from '../core/limits.ts'
import type { Action, ActionResult } from '../core/action.ts'
import type { Reading } from '../core/model.ts'
import { RespError, type RespValue } from '../resp/value.ts'
import { pika } from './pika.ts'
import { redis } from './redis.ts'

const folder = join(import.meta.dirname, '../../test/pika/transcripts')
const server = '# Server\r\npika_version:3.5.5\r\nprocess_id:42\r\nrun_id:abc\r\n'
const data = '# Data\r\ndb_fatal:0\r\n'
const openList = ['user default on nopass ~* &* +@all', 'user limit on nopass ~* &* +@all']

/** The n-th INFO replication of a port in a transcript. */
function recorded(name: string, port: number, nth: number): string {
  const file = readFileSync(join(folder, `${name}.txt`), 'utf8')
  const found = entriesOf(file).filter((one) => one.kind === 'command' && one.port === port && one.command.join(' ') === 'INFO replication')
  const entry = found[nth]
  if (entry?.kind !== 'command') throw new Error(`no INFO ${nth} of ${port} in ${name}`)
  return entry.reply.split('\n').slice(1).join('\n').replaceAll('\\r\\n\n', '\r\n')
}

interface Said {
  readonly server?: string
  readonly data?: string
  readonly list?: RespValue
  readonly user?: string
  readonly mark?: RespValue
  readonly size?: string
}

function readingOf(replication: string, said: Said = {}): Reading {
  const size = ['binlog-file-size', said.size ?? '104857600']
  const replies = [
    said.server ?? server,
    replication,
    said.data ?? data,
    size,
    said.list ?? openList,
    said.user ?? 'default',
    said.mark ?? null,
  ]
  const result = pika.readProbe(replies)
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.reading
}

test('a fresh server -> an empty primary', () => {
  const reading = readingOf(recorded('01-standalone-master', 9221, 0))
  assert.equal(reading.role, 'primary')
  assert.equal(reading.keys, 0)
  assert.deepEqual(reading.replicas, [])
  assert.equal(reading.guard, 0)
})

test('with data but no mark -> a position whose history has no name', () => {
  const { position, keys } = readingOf(recorded('01-standalone-master', 9221, 1))
  assert.deepEqual(position, { kind: 'stream', replid: '', replid2: '', second: -1, offset: 69, parts: [69], log: ' 104857600' })
  assert.equal(keys, 1)
})

test('with a mark -> the mark names the history', () => {
  const { position } = readingOf(recorded('01-standalone-master', 9221, 1), { mark: 'v1 inst g 7 99' })
  assert.equal(position.kind === 'stream' && position.replid, 'inst/g/7')
})

test('two histories of one epoch -> the mark says when its own began, and names it by that', () => {
  const written = { installation: 'inst', group: 'g', epoch: 7, seq: 99, since: 1_700_000_000_000 }
  const text = 'v1 inst g 7 99 1700000000000'
  assert.deepEqual(pika.script({ name: 'mark', mark: written }).commands, [['SET', 'regroup:mark', text]])
  const { position, mark } = readingOf(recorded('01-standalone-master', 9221, 1), { mark: text })
  assert.deepEqual(mark, written)
  assert.equal(position.kind === 'stream' && position.replid, 'inst/g/7/1700000000000')
})

test('moves that were given up used epochs since the history began -> the mark says the latest, and the history keeps its name', () => {
  for (const [text, since] of [
    ['v1 inst g 7 99 1700000000000 9', { since: 1_700_000_000_000 }],
    ['v1 inst g 7 99 - 9', {}],
  ] as const) {
    const written = { installation: 'inst', group: 'g', epoch: 7, seq: 99, ...since, given: 9 }
    assert.deepEqual(pika.script({ name: 'mark', mark: written }).commands, [['SET', 'regroup:mark', text]])
    const { position, mark } = readingOf(recorded('01-standalone-master', 9221, 1), { mark: text })
    assert.deepEqual(mark, written)
    assert.equal(position.kind === 'stream' && position.replid, ['inst/g/7', ...Object.values(since)].join('/'))
  }
})

test('files of the binlog -> one offset, as slave_repl_offset counts it [56]', () => {
  const text = recorded('56-binlog-rollover-purge-full-resync', 9321, 0)
  const { position } = readingOf(text, { size: '1048576' })
  assert.equal(position.kind === 'stream' && position.offset, Number(/slave_repl_offset:(\d+)/.exec(text)?.[1]))
})

test('a replica on its way -> its states, never promoted in the middle of a copy (P5) [10]', () => {
  const states = [0, 1, 2, 3, 4, 5, 6].map((nth) => readingOf(recorded('10-slaveof-first-sync', 9231, nth + 1)))
  assert.deepEqual(
    states.map(({ upstream, partial = false }) => [upstream?.linkUp, upstream?.syncing, upstream?.waiting ?? false, partial]),
    [
      [false, false, false, false],
      [false, true, false, false],
      [false, false, true, false],
      [false, true, false, true],
      [false, false, false, false],
      [false, false, true, false],
      [true, false, false, false],
    ],
  )
  assert.deepEqual(states[6]?.upstream, { host: '127.0.0.1', port: 9221, linkUp: true, syncing: false })
})

test('the list of replicas -> only who follows is online, and what was sent is no acknowledgement [10 11]', () => {
  const [copying] = readingOf(recorded('10-slaveof-first-sync', 9221, 1)).replicas
  assert.deepEqual(copying, { host: '127.0.0.1', port: 9231, online: false, acked: 0 })
  const behind = readingOf(recorded('11-master-with-2-slaves', 9221, 1)).replicas
  assert.deepEqual(
    behind.map((one) => [one.port, one.online, one.acked]),
    [
      [9231, true, 25_780 - 4988],
      [9241, true, 25_780 - 4988],
    ],
  )
})

test('a link in error -> failed for good (P2) [22]', () => {
  assert.equal(readingOf(recorded('22-rejoin-b2-old-master-offset-larger', 9221, 5)).upstream?.failed, true)
})

test('a copy that did not end, with the link up -> partial (P16) [52]', () => {
  const reading = readingOf(recorded('52-master-dies-in-the-middle-of-full-sync', 9241, 6))
  assert.equal(reading.upstream?.linkUp, true)
  assert.equal(reading.partial, true)
  assert.equal(reading.usable, false)
})

test('a replica with replicas of its own -> a replica [12]', () => {
  const reading = readingOf(recorded('12-slaveof-variants', 9241, 0))
  assert.equal(reading.role, 'replica')
  assert.equal(reading.replicas.length, 1)
})

test('INFO of 3.5.2 and 4.0.0 -> the same reading, without the newer fields', () => {
  const lines = recorded('10-slaveof-first-sync', 9231, 4)
  const older = lines.replace(/is_eligible.*\r\n/, '').replace(/slave_repl_offset.*\r\n/, '')
  for (const text of [older, older.replace('db0:binlog_offset', 'db0 binlog_offset')]) {
    const reading = readingOf(text)
    assert.equal(reading.partial, true, 'by the state of its link')
    assert.equal(reading.position.kind === 'stream' && reading.position.offset, 0)
  }
})

test('another process id -> another process; the run id stays over a restart [20]', () => {
  const text = recorded('01-standalone-master', 9221, 0)
  assert.notEqual(readingOf(text).incarnation, readingOf(text, { server: server.replace('42', '43') }).incarnation)
})

test('the access list -> closed, open or between, and who stands in it without what is secret [58]', () => {
  const text = recorded('01-standalone-master', 9221, 0)
  const kept = 'user regroup:keeps:default off resetchannels +@all'
  const closed = 'user default on #5e884898 ~* &* +@all -@write -clearreplicationid'
  assert.equal(readingOf(text, { list: [closed, kept] }).guard, closedGuard)
  assert.equal(readingOf(text, { list: [closed, kept, openList[1] ?? ''] }).guard, halfClosedGuard)
  assert.equal(readingOf(text, { list: [closed] }).guard, 0, 'not by us')
  assert.deepEqual(readingOf(text, { list: [closed] }).users, [{ name: 'default', rules: ['+@all', '-@write', '-clearreplicationid'] }])
  assert.equal(readingOf(text, { list: new RespError('ERR unknown command "acl"') }).guard, null)
})

test('a user with a right in a selector -> read as one whom closing does not stop', () => {
  const text = recorded('01-standalone-master', 9221, 0)
  const list = [...openList, 'user sel on nopass ~* +@read (~x resetchannels -@all +set)', 'user none on nopass ~* +@all (~x -@all)']
  assert.deepEqual(readingOf(text, { list }).unclosable, ['sel'])
  assert.equal(readingOf(text).unclosable, undefined)
})

test('errors -> what they are: NOAUTH behind ERR, a full disk, a wrong password let in as limit (P12) [60]', () => {
  const noAuth = new RespError('ERR NOAUTH Authentication required.')
  const refused = pika.readProbe([noAuth, noAuth, noAuth, noAuth, noAuth, noAuth, noAuth])
  assert.equal(!refused.ok && refused.failure.kind === 'answered' && refused.failure.code, 'NOAUTH')
  const text = recorded('01-standalone-master', 9221, 0)
  assert.match(readingOf(text, { data: '# Data\r\ndb_fatal:1\r\ndb_fatal_msg:no space\r\n' }).writeProblem ?? '', /no space/)
  const limit = pika.readProbe([server, text, data, ['binlog-file-size', '1'], openList, 'limit', null])
  assert.equal(!limit.ok && limit.failure.kind === 'answered' && limit.failure.code, 'WRONGPASS')
})

test('another engine than the group says -> said, not guessed', () => {
  const text = recorded('01-standalone-master', 9221, 0)
  const asRedis = redis.readProbe([server, text, '', '', [], null])
  assert.match(!asRedis.ok && asRedis.failure.kind === 'answered' ? asRedis.failure.message : '', /engine: pika/)
  const asPika = pika.readProbe([
    '# Server\r\nredis_version:7.0.15\r\nrun_id:a\r\nprocess_id:1\r\n',
    '# Replication\r\nrole:master\r\n',
    '# Data\r\n',
    [],
    [],
    'default',
    null,
  ])
  assert.match(!asPika.ok && asPika.failure.kind === 'answered' ? asPika.failure.message : '', /no Pika/)
})

const target = { host: '10.0.0.1', port: 9221 }
const words = (action: Action, list: RespValue = openList): string[] => {
  const more = pika.followUp(action, [list, 'default'], '') ?? pika.script(action)
  return more.commands.map((command) => command.join(' '))
}

test('promotion -> closed first, the boot fence in the file, then primary', () => {
  assert.deepEqual(pika.script({ name: 'promote', bootFence: true }).commands[0], ['ACL', 'LIST'])
  assert.deepEqual(words({ name: 'promote', bootFence: true }), [
    'ACL SETUSER regroup:keeps:default off -@all +@all',
    'ACL SETUSER default -@write -clearreplicationid',
    'ACL SETUSER regroup:keeps:limit off -@all +@all',
    'ACL SETUSER limit -@write -clearreplicationid',
    `SLAVEOF ${nowhere.host} ${nowhere.port}`,
    'CONFIG REWRITE',
    'SLAVEOF NO ONE',
  ])
})

test('P9: its replication id is forgotten -> as a primary that takes no other write', () => {
  assert.deepEqual(words({ name: 'follow', target, force: true, forget: true }), [
    'ACL SETUSER regroup:keeps:default off -@all +@all',
    'ACL SETUSER default -@write -clearreplicationid',
    'ACL SETUSER regroup:keeps:limit off -@all +@all',
    'ACL SETUSER limit -@write -clearreplicationid',
    'ACL SETUSER default +clearreplicationid',
    'SLAVEOF NO ONE',
    'CLEARREPLICATIONID',
    'INFO replication',
    'SLAVEOF 10.0.0.1 9221 force',
  ])
})

test('by force -> the file is not written before the copy ended', () => {
  assert.deepEqual(words({ name: 'follow', target, force: true }), ['INFO replication', 'SLAVEOF 10.0.0.1 9221 force'])
  assert.deepEqual(words({ name: 'follow', target }), ['SLAVEOF 10.0.0.1 9221', 'CONFIG REWRITE'])
})

test('P3: by force, and somebody led it there just before -> not copied: SLAVEOF to the same primary does nothing', () => {
  const there = { host: '127.0.0.1', port: 9221 }
  const says = (text: string): ActionResult => pika.readActed({ name: 'follow', target: there, force: true }, [text, 'OK'])
  const follows = recorded('10-slaveof-first-sync', 9231, 4)
  const leads = recorded('11-master-with-2-slaves', 9221, 1)
  const [early, late] = [says(follows), says(leads)]
  assert.equal(early.ok ? null : early.code, 'NOT_COPIED')
  assert.equal(late.ok, true)
  assert.equal(says(follows.replace('9221', '9222')).ok, true)
  const plain = pika.readActed({ name: 'follow', target: there }, ['OK', 'OK'])
  assert.equal(plain.ok, true)
})

test('a fence on a primary whose replicas have not left -> done, its file unwritten; any other refusal is one', () => {
  const fence: Action = { name: 'fence', cutClients: true }
  const done = pika.readActed(fence, ['OK', 'OK', 'OK', 'OK', new RespError('ERR already master of others, invalid usage'), 'OK'])
  assert.equal(done.ok && !done.persisted && done.stays, true)
  const unwritten = pika.readActed(fence, ['OK', 'OK', 'OK', 'OK', 'OK', new RespError('ERR Rewrite CONFIG fail')])
  assert.deepEqual(unwritten, { ok: true, persisted: false, note: 'ERR Rewrite CONFIG fail' })
  const refused = pika.readActed(fence, [new RespError('NOPERM this user has no permissions'), 'OK', 'OK', 'OK'])
  assert.deepEqual(refused.ok ? null : refused.code, 'NOPERM')
  const follow = pika.readActed({ name: 'follow', target }, [new RespError('ERR already master of others, invalid usage'), 'OK'])
  assert.equal(follow.ok, false)
})

test('P21: a fence that ends a ring of replicas -> it follows nobody, closed, and its file stays as it is', () => {
  const fence: Action = { name: 'fence', cutClients: true, breaksRing: true, users: [] }
  const commands = pika.script(fence).commands.map((command) => command.join(' '))
  assert.deepEqual(commands.slice(-1), ['SLAVEOF NO ONE'])
  assert.ok(!commands.includes('CONFIG REWRITE'))
  const done = pika.readActed(
    fence,
    commands.map(() => 'OK'),
  )
  assert.equal(done.ok && !done.persisted && done.stays, undefined)
})

test('SLAVEOF is refused and CONFIG REWRITE is not (P22) -> refused, and known that the file was written', () => {
  const fence: Action = { name: 'fence', cutClients: true }
  const refusal = new RespError("NOPERM this user has no permissions to run the 'slaveof' command")
  const wrote = (replies: readonly RespValue[]): boolean | null => {
    const result = pika.readActed(fence, replies)
    return result.wrote ?? false
  }
  const hasReplicas = new RespError('ERR already master of others, invalid usage')
  assert.equal(wrote(['OK', 'OK', hasReplicas, 'OK']), true)
  assert.equal(wrote(['OK', 'OK', hasReplicas, new RespError('ERR Rewrite CONFIG fail')]), false)
  // It is a replica of nowhere, and its file says that.
  assert.equal(wrote(['OK', 'OK', 'OK', 'OK']), false)
  assert.equal(wrote(['OK', 'OK', refusal, 'OK']), true)
  assert.equal(wrote(['OK', 'OK', refusal, new RespError('ERR Rewrite CONFIG fail')]), false)
  // The list was asked for alone: no command of the action was sent.
  assert.equal(wrote([new RespError("NOPERM this user has no permissions to run the 'acl' command"), 'default']), false)
})

test('CONFIG REWRITE is refused (P14) -> done, and said that the file was not written', () => {
  const result = pika.readActed({ name: 'follow', target }, ['OK', new RespError('ERR Rewrite CONFIG fail')])
  assert.deepEqual(result, { ok: true, persisted: false, note: 'ERR Rewrite CONFIG fail' })
})

test('a silent old primary -> closed by the access list as it was read last, since nobody can be asked', () => {
  const users = [{ name: 'ops', rules: ['+@all'] }]
  assert.deepEqual(
    pika.script({ name: 'fence', cutClients: true, users }).commands.map((command) => command.join(' ')),
    [
      'ACL SETUSER regroup:keeps:ops off -@all +@all',
      'ACL SETUSER ops -@write -clearreplicationid',
      `SLAVEOF ${nowhere.host} ${nowhere.port}`,
      'CONFIG REWRITE',
    ],
  )
})

test('a version without an access list -> its role changes all the same, its writes cannot be paused; a list that may not be read is no missing one', () => {
  const unknown = new RespError('ERR unknown command "acl"')
  const denied = new RespError("NOPERM this user has no permissions to run the 'acl' command")
  const promote: Action = { name: 'promote', bootFence: true }
  const pause: Action = { name: 'pauseWrites', forMs: 1 }
  assert.equal(words(promote, unknown)[0], `SLAVEOF ${nowhere.host} ${nowhere.port}`)
  assert.equal(pika.readActed(promote, ['OK', 'OK', 'OK']).ok, true)
  assert.equal(pika.followUp(pause, [unknown, unknown], ''), null)
  assert.equal(pika.readActed(pause, [unknown, unknown]).ok, false)
  assert.equal(pika.readActed({ name: 'open', guard: 0, bootFenced: true }, [unknown, unknown]).ok, true)
  for (const action of [promote, pause, { name: 'fence', cutClients: true }, { name: 'release' }] as const) {
    assert.equal(pika.followUp(action, [denied, denied], ''), null)
    assert.partialDeepStrictEqual(pika.readActed(action, [denied, denied]), { ok: false, message: `ACL: ${denied.message}` })
  }
})
