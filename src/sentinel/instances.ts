// A group as a Sentinel describes it: the fields, their order and their words are those of Redis 7.0.
import type { EffectivePolicy } from '../core/policyLayers.ts'
import type { GroupSpec, Topology } from '../core/model.ts'
import type { GroupStatus, NodeStatus } from '../core/status.ts'

/** Field and value; everything is text. */
export type Instance = ReadonlyMap<string, string>

/** One controller decides. */
export const quorum = 1
/** What a Sentinel has when nobody sets it; clients only show it. */
const failoverTimeoutMs = 180_000

export interface Described {
  readonly status: GroupStatus
  readonly primary: NodeStatus
  readonly spec: GroupSpec
  readonly policy: EffectivePolicy
}

/** The recorded primary's node; null while nothing is recorded. */
export function primaryOf(status: GroupStatus): NodeStatus | null {
  return status.nodes.find((node) => node.id === status.primary) ?? null
}

/** Where to write; null while nobody may. */
export function writableAddress(topology: Topology | null): readonly [host: string, port: string] | null {
  const primary = topology?.primary ?? null
  return primary === null ? null : [primary.host, String(primary.port)]
}

export function isDown(node: NodeStatus): boolean {
  return node.health === 'silent' || node.health === 'refused'
}

/** Clients must not write to a primary with one of the last three flags: so they stand whenever nobody may write, also when it is alive. */
function primaryFlags(status: GroupStatus): string {
  const flags = ['master']
  if (!status.writable) flags.push('s_down', 'o_down')
  if (status.phase === 'failover' || status.phase === 'switchover') flags.push('failover_in_progress')
  return flags.join(',')
}

function replicaFlags(node: NodeStatus): string {
  if (isDown(node)) return 's_down,slave,disconnected'
  // Alive, but no replica that anybody could read from.
  return node.role === 'replica' ? 'slave' : 's_down,slave'
}

function common(node: NodeStatus, name: string, flags: string, described: Described): [string, string][] {
  const ago = String(node.lastReplyAgoMs ?? 0)
  const role = node.role === 'primary' || node.role === 'foreign primary' ? 'master' : 'slave'
  return [
    ['name', name],
    ['ip', node.address.host],
    ['port', String(node.address.port)],
    ['runid', node.incarnation ?? ''],
    ['flags', flags],
    ['link-pending-commands', '0'],
    ['link-refcount', '1'],
    ['last-ping-sent', isDown(node) ? ago : '0'],
    ['last-ok-ping-reply', ago],
    ['last-ping-reply', ago],
    ...(isDown(node) ? [['s-down-time', ago] as [string, string]] : []),
    ['down-after-milliseconds', String(described.policy.silentAfterMs.value)],
    // Every answer to us is an INFO, with the role in it.
    ['info-refresh', ago],
    ['role-reported', role],
    ['role-reported-time', ago],
  ]
}

export function primaryInstance(described: Described): Instance {
  const { status, primary } = described
  return new Map([
    ...common(primary, status.group, primaryFlags(status), described),
    ['config-epoch', String(status.epoch)],
    ['num-slaves', String(status.nodes.length - 1)],
    ['num-other-sentinels', '0'],
    ['quorum', String(quorum)],
    ['failover-timeout', String(failoverTimeoutMs)],
    ['parallel-syncs', String(described.policy.parallelSyncs.value)],
  ])
}

/** Every node but the primary, whatever it is at the moment: the flags tell. */
export function replicaInstances(described: Described): readonly Instance[] {
  const { status, primary, spec } = described
  return status.nodes
    .filter((node) => node !== primary)
    .map((node) => {
      const follows = node.role === 'replica'
      return new Map([
        ...common(node, nameOf(node), replicaFlags(node), described),
        // For how long the link is down is not kept; this is what a node says that does not know it either.
        ['master-link-down-time', node.linkUp === true ? '0' : '-1000'],
        ['master-link-status', node.linkUp === true ? 'ok' : 'err'],
        ['master-host', follows ? primary.address.host : '?'],
        ['master-port', follows ? String(primary.address.port) : '0'],
        ['slave-priority', String(spec.nodes.find(({ id }) => id === node.id)?.priority ?? 0)],
        ['slave-repl-offset', String(node.offset ?? 0)],
        ['replica-announced', '1'],
      ])
    })
}

/** The name under which a Sentinel knows a node that is not the primary. */
export function nameOf(node: Pick<NodeStatus, 'address'>): string {
  return `${node.address.host}:${node.address.port}`
}

/** The section of INFO, with one line for each group. */
export function infoSection(all: readonly Described[]): string {
  const lines = all.map(({ status, primary }, at) => {
    const state = status.writable ? 'ok' : 'odown'
    return `master${at}:name=${status.group},status=${state},address=${nameOf(primary)},slaves=${status.nodes.length - 1},sentinels=1`
  })
  const head = [
    '# Sentinel',
    `sentinel_masters:${all.length}`,
    'sentinel_tilt:0',
    'sentinel_tilt_since_seconds:-1',
    'sentinel_running_scripts:0',
    'sentinel_scripts_queue_length:0',
    'sentinel_simulate_failure_flags:0',
  ]
  return [...head, ...lines].map((line) => `${line}\r\n`).join('')
}
