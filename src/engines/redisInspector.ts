// What the doctor asks a Redis or Valkey server, and what the answers mean.
import type { Facts, Inspection } from '../core/doctor/inspection.ts'
import type { ProbeFailure } from '../core/model.ts'
import { RespError, type RespValue, isArray } from '../resp/value.ts'
import { fieldOf, numberOf } from './info.ts'
import type { Inspector } from './inspection.ts'
import { markKey } from './mark.ts'

/** Each is asked by its name: 6.2 takes one at a time, and `CONFIG GET *` would bring passwords. */
const settings = [
  'appendonly',
  'appendfsync',
  'save',
  'maxmemory',
  'maxmemory-policy',
  'repl-backlog-size',
  'repl-timeout',
  'repl-diskless-sync',
  'repl-diskless-sync-delay',
  'replica-read-only',
  'replica-serve-stale-data',
  'min-replicas-to-write',
  'min-replicas-max-lag',
  'timeout',
  'tcp-keepalive',
] as const
const bufferLimit = 'client-output-buffer-limit'

const infos = [
  ['INFO', 'server'],
  ['INFO', 'replication'],
  ['INFO', 'persistence'],
] as const
const asked = [...infos, ...[...settings, bufferLimit].map((name) => ['CONFIG', 'GET', name] as const)]
/** An empty transaction shows that both words may be used. The second one is left open: what comes behind it is judged and never executed. */
const opening = [['MULTI'], ['EXEC'], ['MULTI'], ['GET', markKey]] as const

/**
 * Everything that regroup says to a node and did not say among the questions. Inside of a transaction the server refuses at once what our user may not
 * use and what it does not know; the connection is closed afterwards, and nothing was done. Where it can be, a command is harmless besides.
 */
const trial = [
  ['REPLICAOF', 'regroup-doctor', 'none'],
  ['CONFIG', 'SET', 'regroup-doctor', '0'],
  ['CONFIG', 'REWRITE'],
  ['CLIENT', 'SETNAME', 'regroup:doctor'],
  ['CLIENT', 'LIST', 'TYPE', 'normal'],
  ['CLIENT', 'KILL', 'ID', '0'],
  ['CLIENT', 'PAUSE', '0', 'WRITE'],
  ['CLIENT', 'UNPAUSE'],
  ['SET', markKey, ''],
] as const

/** The rights for all of it. Tried on a real server with a failover, a switchover and a guard. */
const granted =
  '+info +get +set +multi +exec +replicaof +config|get +config|set +config|rewrite +client|setname +client|list +client|kill +client|pause +client|unpause'

function nameOf([word = '', second = '']: readonly string[]): string {
  if (word === 'CONFIG' || word === 'CLIENT') return `${word} ${second}`
  return second === markKey ? `${word} ${markKey}` : word
}

function isForbidden(reply: RespValue): boolean {
  return reply instanceof RespError && (reply.code === 'NOPERM' || reply.message.includes('NOPERM'))
}

function isUnknown(reply: RespValue): boolean {
  return reply instanceof RespError && /unknown (?:sub)?command/i.test(reply.message)
}

/** The second MULTI was taken and the GET behind it was not answered with a value. */
function mayTry(replies: readonly RespValue[]): boolean {
  const [multi, get] = [replies[asked.length + 2], replies[asked.length + 3]]
  return multi === 'OK' && (get === 'QUEUED' || get instanceof RespError)
}

function read(replies: readonly RespValue[], tried: readonly RespValue[]): Inspection {
  const said = [...asked, ...opening].map((command, index) => [nameOf(command), replies[index] ?? null] as const)
  const judged = [...said, ...trial.map((command, index) => [nameOf(command), tried[index] ?? null] as const)]
  const those = (test: (reply: RespValue) => boolean): string[] => [
    ...new Set(judged.filter(([, reply]) => test(reply)).map(([name]) => name)),
  ]
  return { forbidden: those(isForbidden), missing: those(isUnknown), facts: factsOf(replies) }
}

function factsOf(replies: readonly RespValue[]): Facts | null {
  const texts = replies.slice(0, infos.length)
  if (texts.length < infos.length || !texts.every((text) => typeof text === 'string')) return null
  const info = texts.join('')
  const field = (name: string): string => fieldOf(info, name) ?? ''
  const number = (name: string): number | null => (field(name) === '' ? null : numberOf(field(name), 0))
  const found = settingsOf(replies.slice(infos.length, asked.length))
  const [clockUs, copyS] = [number('server_time_usec'), number('rdb_last_bgsave_time_sec')]
  // -1 until it had its first link.
  const downS = number('master_link_down_since_seconds') ?? 0
  const linkDownS = downS < 0 ? (number('uptime_in_seconds') ?? 0) : downS
  return {
    version: fieldOf(info, 'valkey_version') ?? field('redis_version'),
    incarnation: field('run_id'),
    isReplica: field('role') === 'slave',
    clock: clockUs === null ? null : clockUs / 1000,
    configFile: field('config_file'),
    isCluster: field('redis_mode') === 'cluster',
    offset: number('master_repl_offset') ?? 0,
    linkDownMs: field('master_link_status') === 'down' && field('master_sync_in_progress') !== '1' ? linkDownS * 1000 : null,
    diskProblem: diskProblemOf(field),
    lastCopyMs: copyS !== null && copyS >= 0 ? copyS * 1000 : null,
    replicaBufferBytes: replicaBuffer(found.get(bufferLimit)),
    settings: found,
  }
}

function diskProblemOf(field: (name: string) => string): string | null {
  if (field('aof_last_write_status') === 'err') return 'the last write to the append-only file failed'
  if (field('rdb_last_bgsave_status') === 'err') return 'the last snapshot failed'
  return field('aof_last_bgrewrite_status') === 'err' ? 'the last rewrite of the append-only file failed' : null
}

function settingsOf(replies: readonly RespValue[]): Map<string, string> {
  return new Map(
    replies.flatMap((reply) => {
      const pair = isArray(reply) ? reply : []
      const [name, value] = pair
      return typeof name === 'string' && typeof value === 'string' ? [[name, value] as const] : []
    }),
  )
}

/** `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60`: class, hard limit, soft limit, seconds. */
function replicaBuffer(text: string | undefined): number | null {
  const hard = /\b(?:slave|replica) (\d+) /.exec(text ?? '')?.[1]
  return hard === undefined ? null : Number(hard)
}

function refused([first]: readonly RespValue[]): ProbeFailure | null {
  return first instanceof RespError && first.code === 'NOAUTH' ? { kind: 'answered', code: first.code, message: first.message } : null
}

export const redisInspector: Inspector = {
  questions: [...asked, ...opening],
  trial,
  refused,
  mayTry,
  read,
  relink: 'CLIENT KILL TYPE master',
  grant: (user) => `ACL SETUSER ${user} resetchannels '~${markKey}' ${shellWords(granted)}`,
}

/** A bar would be a pipe to the shell that this is pasted into. */
function shellWords(text: string): string {
  return text
    .split(' ')
    .map((word) => (word.includes('|') ? `'${word}'` : word))
    .join(' ')
}
