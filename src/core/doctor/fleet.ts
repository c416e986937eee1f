// All groups by what they share: hosts and processes.
import { formatAddress, plainHost } from '../address.ts'
import type { GroupId, GroupRecord, NodeId } from '../model.ts'
import { type NodeView, answers } from '../observe.ts'

/** A host with fewer primaries is no crowd, whatever the others have. */
const crowd = 3
/** So many times its share is too much. */
const crowdFactor = 2

export interface Place {
  readonly node: NodeId
  readonly host: string
}

export interface Fleet {
  /** Of each group that has one: where its primary is. */
  readonly primaries: ReadonlyMap<GroupId, string>
  /** Where else each group's primary could be: nodes that are in sync. */
  readonly moves: ReadonlyMap<GroupId, readonly Place[]>
  /** Each process with the nodes that it answers for. */
  readonly processes: ReadonlyMap<string, readonly { readonly group: GroupId; readonly node: NodeId; readonly address: string }[]>
  /** Groups whose primary should leave a crowded host, and where to; `here`: how many primaries that host has. */
  readonly spread: ReadonlyMap<GroupId, Place & { readonly here: number }>
}

interface Member {
  readonly id: GroupId
  readonly record: GroupRecord | null
  readonly view: ReadonlyMap<NodeId, NodeView>
}

export function fleetOf(groups: Iterable<Member>): Fleet {
  const primaries = new Map<GroupId, string>()
  const moves = new Map<GroupId, Place[]>()
  const hosts = new Set<string>()
  const processes = new Map<string, { group: GroupId; node: NodeId; address: string }[]>()
  for (const { id, record, view } of groups) {
    for (const node of view.values()) {
      const { host } = node.spec
      hosts.add(plainHost(host))
      if (node.spec.id === record?.primary) primaries.set(id, plainHost(host))
      else if (record?.inSync.some((member) => member.node === node.spec.id) === true)
        moves.set(id, [...(moves.get(id) ?? []), { node: node.spec.id, host: plainHost(host) }])
      // What is not heard now may have been replaced by something else since.
      if (!answers(node)) continue
      const { incarnation } = node.reading
      processes.set(incarnation, [
        ...(processes.get(incarnation) ?? []),
        { group: id, node: node.spec.id, address: formatAddress(node.spec) },
      ])
    }
  }
  return { primaries, moves, processes, spread: spreading(primaries, moves, hosts) }
}

/**
 * For each group whose primary should leave a crowded host: the node it could go to. Greedy and by name, so that each group is told the
 * same whoever asks, and following all of the advice does not make another crowd.
 */
function spreading(primaries: Fleet['primaries'], moves: Fleet['moves'], hosts: ReadonlySet<string>): Fleet['spread'] {
  const counts = new Map<string, number>([...hosts].map((host) => [host, 0]))
  const count = (host: string): number => counts.get(host) ?? 0
  for (const host of primaries.values()) counts.set(host, count(host) + 1)
  const share = primaries.size / Math.max(1, counts.size)
  const crowded = new Map([...counts].filter(([, some]) => some >= crowd && some > crowdFactor * share))
  const advice = new Map<GroupId, Place & { readonly here: number }>()
  if (crowded.size === 0) return advice
  for (const [group, host] of [...primaries].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const here = crowded.get(host)
    if (here === undefined || count(host) <= Math.max(crowd - 1, Math.ceil(share))) continue
    const [best] = (moves.get(group) ?? []).filter((move) => move.host !== host).toSorted((a, b) => count(a.host) - count(b.host))
    if (best === undefined || count(best.host) + 1 >= count(host)) continue
    counts.set(host, count(host) - 1)
    counts.set(best.host, count(best.host) + 1)
    advice.set(group, { ...best, here })
  }
  return advice
}
