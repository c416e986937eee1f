// Judges a group by its nodes' own words and regroup's, and a node's data by what writers were told.
import type { GroupStatus } from '../../src/core/status.ts'
import type { Api } from './api.ts'
import { type ClientOptions, info, roleOf } from './client.ts'
import type { Controller } from './controller.ts'
import type { Group } from './servers.ts'
import { type Look, found, instead } from './wait.ts'
import type { Ack, Writer } from './writers.ts'

/** By ROLE alone: exactly one primary, every other node its replica with the link up. Gives the primary's id. */
export async function oneFamily(group: Group, options: ClientOptions = {}): Promise<Look<string>> {
  const roles = await Promise.all(group.nodes.map(async (node) => ({ node, role: await roleOf(node.address, options) })))
  const said = roles
    .map(
      ({ node, role }) =>
        `${node.id}=${role.role === 'replica' ? `replica of ${role.of}${role.linkUp ? '' : ' (link down)'}` : role.role === 'none' ? role.why : 'primary'}`,
    )
    .join(', ')
  const primaries = roles.filter(({ role }) => role.role === 'primary')
  const primary = primaries[0]
  if (primary === undefined || primaries.length > 1) return instead(said)
  const { host, port } = primary.node.address
  const stray = roles.find(
    ({ node, role }) => node !== primary.node && !(role.role === 'replica' && role.linkUp && role.of === `${host}:${port}`),
  )
  return stray === undefined ? found(primary.node.id) : instead(said)
}

/** One family, and regroup says the same: this primary, healthy, writable. */
export async function converged(
  group: Group,
  api: Api,
  options: ClientOptions = {},
): Promise<Look<{ readonly primary: string; readonly status: GroupStatus }>> {
  const family = await oneFamily(group, options)
  if ('instead' in family) return family
  const status = await api.group(group.id, 2_000)
  if (status === null) return instead('regroup does not answer')
  if (status.primary !== family.found) return instead(`regroup says primary ${status.primary}, the nodes say ${family.found}`)
  if (status.state !== 'healthy' || !status.writable)
    return instead(`regroup says ${status.state}: ${status.diagnosis}: ${status.sentence}`)
  return found({ primary: family.found, status })
}

export interface Judged {
  /** Acknowledged and not there. */
  readonly lost: readonly Ack[]
  /** There, in an order or a number of times that no writer asked for. */
  readonly disorder: readonly string[]
  /** The highest acknowledged number that is there. */
  readonly highest: number
}

/** Compares what one writer was told with what a node holds of it. */
export function judge(acks: readonly Ack[], held: readonly number[]): Judged {
  const there = new Set(held)
  const disorder = held.flatMap((n, at) => {
    const before = held[at - 1] ?? 0
    return n > before ? [] : [`${n} after ${before}`]
  })
  const kept = acks.filter((ack) => there.has(ack.n))
  return { lost: acks.filter((ack) => !there.has(ack.n)), disorder, highest: kept.at(-1)?.n ?? 0 }
}

/** Acknowledgements of all writers by one node in [from, to). */
export function acknowledgedBy(writers: readonly Writer[], node: string, from: number, to = Infinity): Ack[] {
  return writers.flatMap((writer) => writer.between(from, to).filter((ack) => ack.node === node))
}

/** How a violation is shown to whoever mends it: regroup's words, its history, each node's own words. */
export async function facts(group: Group, controller: Controller, options: ClientOptions = {}): Promise<Record<string, unknown>> {
  const { api } = controller
  const [status, history] = [await api.group(group.id), await api.history(group.id, 60)]
  const nodes: Record<string, unknown> = {}
  for (const node of group.nodes) {
    const all = await info(node.address, 'everything', options)
    const wanted = ['role', 'run_id', 'uptime_in_seconds', 'loading', ...replicationFields, 'db0']
    nodes[node.id] = all === null ? 'no answer' : Object.fromEntries(wanted.map((name) => [name, all.get(name) ?? null]))
  }
  return {
    at: new Date().toISOString(),
    addresses: Object.fromEntries(group.nodes.map((node) => [node.id, `${node.address.host}:${node.address.port}`])),
    status,
    history: history
      .toReversed()
      .map(
        (entry) =>
          `${new Date(entry.at).toISOString().slice(11, 23)} e${entry.epoch} ${entry.kind} ${entry.rule}: ${entry.sentence} ${JSON.stringify(entry.evidence)}`,
      ),
    nodes,
    controllerDeaths: controller.deaths,
    controllerLog: controller.log.slice(-3_000).split('\n'),
  }
}

const replicationFields = [
  'master_host',
  'master_port',
  'master_link_status',
  'master_sync_in_progress',
  'connected_slaves',
  'slave0',
  'slave1',
  'master_replid',
  'master_replid2',
  'master_repl_offset',
  'second_repl_offset',
  'repl_backlog_active',
  'min_slaves_good_slaves',
]
