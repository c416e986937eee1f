// INFO as redis-server 7.0 prints it, with the fields that a failover controller may read.
import { formatAddress } from '../core/address.ts'
import type { RedisNode } from './redisNode.ts'
import type { Process } from './redisProcess.ts'
import { keysOf, markOf, offsetOf } from './stream.ts'

export function infoOf(node: RedisNode, running: Process, section: string): string {
  switch (section) {
    case 'server':
      return server(node, running)
    case 'replication':
      return replication(node, running)
    case 'persistence':
      return persistence(node, running)
    case 'keyspace':
      return keyspace(running)
    default:
      return ''
  }
}

function server(node: RedisNode, running: Process): string {
  const leaving =
    running.shutdown === null ? '' : `shutdown_in_milliseconds:${Math.max(0, Math.round(running.shutdown.until - node.now))}\r\n`
  return `# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:${running.runId}\r\ntcp_port:${node.setup.address.port}\r\n${leaving}`
}

function upstreamLines(node: RedisNode, running: Process): string {
  const { upstream, config } = running
  if (config.replicaof === null) return 'role:master\r\n'
  const up = upstream.kind === 'up'
  const syncing = upstream.kind === 'transfer' || upstream.kind === 'loading'
  const lastIo = upstream.kind === 'up' ? Math.floor((node.now - upstream.heardAt) / 1000) : -1
  return (
    `role:slave\r\nmaster_host:${config.replicaof.host}\r\nmaster_port:${config.replicaof.port}\r\nmaster_link_status:${up ? 'up' : 'down'}\r\n` +
    `master_last_io_seconds_ago:${lastIo}\r\nmaster_sync_in_progress:${syncing ? 1 : 0}\r\nslave_repl_offset:${offsetOf(running.data)}\r\n` +
    `slave_priority:100\r\nslave_read_only:1\r\n`
  )
}

function replication(node: RedisNode, running: Process): string {
  const { attached, backlogFrom } = running
  let lines = `# Replication\r\n${upstreamLines(node, running)}connected_slaves:${attached.length}\r\n`
  for (const [index, one] of attached.entries()) {
    const lag = Math.floor(node.now / 1000) - Math.floor(one.ackAt / 1000)
    lines += `slave${index}:ip=${one.host},port=${one.port},state=${one.state},offset=${one.acked},lag=${lag}\r\n`
  }
  const offset = offsetOf(running.data)
  return (
    `${lines}master_failover_state:no-failover\r\nmaster_replid:${running.replid}\r\nmaster_replid2:${running.replid2}\r\n` +
    `master_repl_offset:${offset}\r\nsecond_repl_offset:${running.second}\r\nrepl_backlog_active:${backlogFrom === null ? 0 : 1}\r\n` +
    `repl_backlog_size:${node.setup.backlogBytes}\r\nrepl_backlog_first_byte_offset:${backlogFrom ?? 0}\r\n` +
    `repl_backlog_histlen:${backlogFrom === null ? 0 : offset + 1 - backlogFrom}\r\n`
  )
}

function persistence(node: RedisNode, running: Process): string {
  const aof = node.setup.persistence === 'aof'
  const wrong = aof && node.ailments.misconf
  return (
    `# Persistence\r\nloading:${node.now < running.loadingUntil ? 1 : 0}\r\nasync_loading:0\r\naof_enabled:${aof ? 1 : 0}\r\n` +
    `aof_last_write_status:${wrong ? 'err' : 'ok'}\r\n`
  )
}

function keyspace(running: Process): string {
  const keys = keysOf(running.data) + (markOf(running.data) === null ? 0 : 1)
  return keys === 0 ? '# Keyspace\r\n' : `# Keyspace\r\ndb0:keys=${keys},expires=0,avg_ttl=0\r\n`
}

/** For people. */
export function describe(node: RedisNode): string {
  const { running } = node
  if (running === null) return `${node.id} down`
  const { upstream, config } = running
  const role =
    config.replicaof === null ? `primary guard ${config.guard}` : `replica of ${formatAddress(config.replicaof)} ${upstream.kind}`
  return `${node.id} ${role} at ${running.replid.slice(0, 6)}:${offsetOf(running.data)} keys ${keysOf(running.data)}${node.frozen ? ' FROZEN' : ''}`
}
