// What a person means who asks about stopping something: a node of the group, all of it, or a host with the nodes of every group there.
import type { GroupId, GroupSpec, NodeId } from '../core/model.ts'
import { sameHost } from '../core/observe.ts'
import { UserError } from '../errors.ts'

/** The nodes that are meant, by group. Throws UNKNOWN_NODE when nothing is. */
export function nodesMeant(specs: readonly GroupSpec[], spec: GroupSpec, whom: string): ReadonlyMap<GroupId, readonly NodeId[]> {
  if (spec.nodes.some((node) => node.id === whom)) return new Map([[spec.id, [whom]]])
  if (whom === 'all') return new Map([[spec.id, spec.nodes.map((node) => node.id)]])
  const there = specs.flatMap((group) => {
    const ids = group.nodes.filter((node) => sameHost(node.host, whom)).map((node) => node.id)
    return ids.length === 0 ? [] : [[group.id, ids] as const]
  })
  if (there.length > 0) return new Map(there)
  const names = spec.nodes.map((node) => node.id).join(', ')
  throw new UserError(
    'UNKNOWN_NODE',
    `${JSON.stringify(whom)} is no node of group ${spec.id} (it has ${names}), not "all" of it, and no host of a node in any group`,
  )
}
