// What a person means who asks about stopping something: a node of the group, all of it, or a host with the nodes of every group there.
import type { GroupId, GroupSpec, NodeId } from '../core/model.ts'
import { sameHost } from '../core/address.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'

/** The nodes that are meant, by group. Throws UNKNOWN_NODE when nothing is. */
export function nodesMeant(
  specs: readonly GroupSpec[],
  spec: Pick<GroupSpec, 'id' | 'nodes'>,
  whom: string,
): ReadonlyMap<GroupId, readonly NodeId[]> {
  if (spec.nodes.some((node) => node.id === whom)) return new Map([[spec.id, [whom]]])
  if (whom === 'all') return new Map([[spec.id, spec.nodes.map((node) => node.id)]])
  const there = specs.flatMap((group) => {
    const ids = group.nodes.filter((node) => sameHost(node.host, whom)).map((node) => node.id)
    return ids.length === 0 ? [] : [[group.id, ids] as const]
  })
  if (there.length > 0) return new Map(there)
  const names = spec.nodes.map((node) => node.id)
  throw new UserError('UNKNOWN_NODE', say('refusal.noPlace', { group: spec.id, whom, names }))
}

/** Some milliseconds' worth. */
const atOnce = 25

/** Looks at each, leaves out whoever went away meanwhile, and lets the loop that watches all nodes go on in between: a host may hold a node of a thousand groups. */
export async function fewAtATime<Each, T>(
  all: readonly Each[],
  look: (each: Each) => T | undefined,
  rest: () => Promise<void>,
): Promise<T[]> {
  const seen: T[] = []
  for (const [index, each] of all.entries()) {
    if (index > 0 && index % atOnce === 0) await rest()
    const found = look(each)
    if (found !== undefined) seen.push(found)
  }
  return seen
}
