// What a change of a group is to those who listen to a Sentinel: events with the names, the words and the order of Redis 7.0.
import type { Address, GroupId, NodeId, Topology } from '../core/model.ts'
import type { GroupStatus, NodeStatus } from '../core/status.ts'
import { isDown, nameOf, primaryOf, quorum } from './instances.ts'

export interface News {
  readonly channel: string
  readonly text: string
}

type Place = Address & { readonly node: NodeId }

/** What listeners were told of a group. */
export interface Told {
  /** The last primary that was open; null: none since we began. */
  readonly primary: Place | null
  readonly down: ReadonlySet<NodeId>
  readonly phase: GroupStatus['phase']
  /** Nobody may write, and the primary is down. */
  readonly isLost: boolean
  /** The replicas of this primary that were seen to follow it. */
  readonly following: ReadonlySet<NodeId>
}

export interface Heard {
  readonly told: Told
  readonly news: readonly News[]
}

/** Where it begins: what is so is no news. */
export function begin(topology: Topology | null, status: GroupStatus): Told {
  const recorded = primaryOf(status)
  return {
    primary: topology?.primary ?? (recorded === null ? null : { ...recorded.address, node: recorded.id }),
    down: downOf(status),
    phase: status.phase,
    isLost: lost(status),
    following: new Set(topology?.replicas.map(({ node }) => node)),
  }
}

/**
 * Another primary is open, or replicas follow. The old primary's address is told with the new one: clients drop it by that.
 * `others`: every node of the group with its address.
 */
export function onTopology(told: Told, topology: Topology, others: readonly Place[]): Heard {
  const { group, primary } = topology
  if (primary === null) return { told, news: [] }
  const old = told.primary
  const isNew = old !== null && (old.host !== primary.host || old.port !== primary.port)
  const following = new Set([...(isNew ? [] : told.following), ...topology.replicas.map(({ node }) => node)])
  if (!isNew) {
    const joined = topology.replicas.filter(({ node }) => !told.following.has(node))
    const news = joined.map((replica) => ({ channel: '+slave-reconf-done', text: replicaText(replica, group, primary) }))
    return { told: { ...told, primary, following }, news: old === null ? [] : news }
  }
  const news: News[] = [
    { channel: '+failover-end', text: primaryText(group, old) },
    { channel: '+switch-master', text: `${group} ${old.host} ${old.port} ${primary.host} ${primary.port}` },
    ...others.filter(({ node }) => node !== primary.node).map((other) => ({ channel: '+slave', text: replicaText(other, group, primary) })),
  ]
  // Who is down is said again under the new primary, with the next status.
  return { told: { ...told, primary, following, down: new Set(), isLost: false }, news }
}

/** Who fell or came back, and what is begun about it. */
export function onStatus(told: Told, status: GroupStatus): Heard {
  const down = downOf(status)
  const isLost = lost(status)
  const { group } = status
  const primary = told.primary
  const next = { ...told, down, isLost, phase: status.phase }
  if (primary === null) return { told: next, news: [] }
  const text = (node: NodeStatus): string =>
    node.id === primary.node ? primaryText(group, primary) : replicaText({ ...node.address, node: node.id }, group, primary)
  const news = status.nodes.flatMap((node) => {
    if (down.has(node.id) === told.down.has(node.id)) return []
    return [{ channel: down.has(node.id) ? '+sdown' : '-sdown', text: text(node) }]
  })
  if (isLost && !told.isLost) news.push({ channel: '+odown', text: `${primaryText(group, primary)} #quorum ${quorum}/${quorum}` })
  if (!isLost && told.isLost) news.push({ channel: '-odown', text: primaryText(group, primary) })
  if (status.phase !== told.phase && (status.phase === 'failover' || status.phase === 'switchover')) {
    news.push({ channel: '+new-epoch', text: String(status.epoch) }, { channel: '+try-failover', text: primaryText(group, primary) })
    const candidate = status.nodes.find(({ id }) => id === status.candidate)
    if (candidate !== undefined && candidate.id !== primary.node) news.push({ channel: '+selected-slave', text: text(candidate) })
  }
  return { told: next, news }
}

function downOf(status: GroupStatus): ReadonlySet<NodeId> {
  return new Set(status.nodes.filter(isDown).map(({ id }) => id))
}

function lost(status: GroupStatus): boolean {
  const primary = primaryOf(status)
  return !status.writable && primary !== null && isDown(primary)
}

function primaryText(group: GroupId, primary: Address): string {
  return `master ${group} ${primary.host} ${primary.port}`
}

function replicaText(replica: Place, group: GroupId, primary: Address): string {
  return `slave ${nameOf({ address: replica })} ${replica.host} ${replica.port} @ ${group} ${primary.host} ${primary.port}`
}
