// INFO as Pika gives it: 3.5.0 to 3.5.4, 3.5.5 and 4.0 differ.
import { formatAddress } from '../core/address.ts'
import { lagOf } from './pikaFeed.ts'
import { sumOf } from './pikaLog.ts'
import type { PikaNode } from './pikaNode.ts'
import type { LinkState } from './pikaReplica.ts'

const states: Readonly<Record<LinkState, readonly [string, string]>> = {
  noConnect: ['no_connect', 'NoConnect'],
  tryFull: ['try_to_full_sync', 'kTryDBSync'],
  tryIncremental: ['try_to_incr_sync', 'kTryConnect'],
  waitReply: ['connecting', 'kWaitReply'],
  copying: ['syncing_full', 'WaitDBSync'],
  connected: ['connected', 'Connected'],
  error: ['error', 'Error'],
}

/** 3.5.5 and 4.0.1 and newer say the sum of positions and whether a node may be promoted. */
export function saysSum(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major > 4 || (major === 4 && (minor > 0 || patch >= 1)) || (major === 3 && minor === 5 && patch >= 5)
}

/** The access list came with 3.5.3. */
export function knowsUsers(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major > 3 || minor > 5 || patch >= 3
}

export function pikaInfo(node: PikaNode, section: string): string {
  const wanted = section === '' || section === 'all' ? ['server', 'data', 'clients', 'replication', 'keyspace'] : [section]
  return wanted.map((one) => sections[one]?.(node) ?? '').join('\r\n')
}

const sections: Readonly<Record<string, (node: PikaNode) => string>> = {
  server: (node) => {
    const seconds = Math.floor((node.now() - node.startedAt) / 1000)
    return block('# Server', [
      `pika_version:${node.version}`,
      'pika_git_sha:0',
      'pika_build_compile_date: 2026-11-22 05:06:24',
      'os:Linux 6.18.44-fc-v669 x86_64',
      'arch_bits:64',
      `process_id:${node.processId}`,
      `tcp_port:${node.address.port}`,
      'thread_num:1',
      'sync_thread_num:2',
      'sync_binlog_thread_num:1',
      `uptime_in_seconds:${seconds}`,
      `uptime_in_days:${Math.floor(seconds / 86_400) + 1}`,
      `config_file:/data/pika/${node.address.port}/pika.conf`,
      'server_id:1',
      `run_id:${node.config.runId}`,
    ])
  },
  data: (node) =>
    block('# Data', [
      'db_size:459252',
      'db_size_human:0M',
      'log_size:66981',
      'log_size_human:0M',
      'compression:snappy',
      'used_memory:30632',
      'used_memory_human:0M',
      'db_memtable_usage:24576',
      'db_tablereader_usage:0',
      'db_block_cache_usage:1152',
      'db_redis_cache_usage:4904',
      `db_fatal:${node.isFull ? 1 : 0}`,
      `db_fatal_msg:${node.isFull ? 'IO error: No space left on device' : 'nullptr'}`,
    ]),
  clients: () => block('# Clients', ['connected_clients:1']),
  keyspace: () => block('# Keyspace', ['# Use "info keyspace 1" to do async statistics']),
  replication,
}

function replication(node: PikaNode): string {
  const { upstream, attached } = node
  const both = upstream !== null && attached.length > 0
  const title = both ? 'Master && SLAVE' : upstream === null ? 'MASTER' : 'SLAVE'
  const sum = saysSum(node.version)
  const { file, offset } = node.log.end
  const purged = file >= node.config.keptFiles ? `write2file${file - node.config.keptFiles}` : 'none'
  const lines = [`role:${both ? 'master&&slave' : upstream === null ? 'master' : 'slave'}`, `ReplicationID:${node.config.replicationId}`]
  if (upstream !== null) lines.push(...upstreamLines(node, both))
  if (upstream === null || both) {
    lines.push(`connected_slaves:${attached.length}`)
    for (const [index, one] of attached.entries()) {
      const { host, port } = one.address
      lines.push(`slave${index}:ip=${host},port=${port},conn_fd=${one.descriptor},lag=(db0:${lagOf(node, one)})`)
    }
  }
  if (sum) lines.push(`is_eligible_for_master_election:${node.eligible}`)
  lines.push(`db0${node.version.startsWith('3.5.2') ? ' ' : ':'}binlog_offset=${file} ${offset},safety_purge=${purged}`)
  if (sum) lines.push(`slave_repl_offset:${sumOf(node.log.end, node.config.fileBytes)}`)
  return block(`# Replication(${title})`, lines)
}

function upstreamLines(node: PikaNode, both: boolean): string[] {
  const { upstream } = node
  if (upstream === null) return []
  const [word, state] = states[upstream.state]
  const up = upstream.state === 'connected'
  const { host } = upstream.address
  return [
    `master_host:${host}`,
    `master_port:${upstream.address.port}`,
    `master_link_status:${up ? 'up' : 'down'}`,
    'repl_connect_status:',
    `db0:${word}`,
    ...(both ? [] : [`slave_priority:${node.config.slavePriority}`]),
    'slave_read_only:1',
    ...(up ? [] : [`db_repl_state:(db0:${state})`]),
  ]
}

function block(title: string, lines: readonly string[]): string {
  return [title, ...lines, ''].join('\r\n')
}

/** `host:port`, as CONFIG GET slaveof says it. */
export function slaveofText(node: PikaNode): string {
  return node.config.slaveof === null ? '' : formatAddress(node.config.slaveof)
}
