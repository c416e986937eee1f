// Giving a primary back when its group is removed, and what came of it for the person who did that.
import type { ActionResult, NodeId } from '../core/model.ts'
import { answers } from '../core/observe.ts'
import type { NodeTarget, World } from '../ports.ts'
import type { Group } from './group.ts'

/** A person waits for it. */
const releaseWithinMs = 2000

/** The primary that is to be given back; null when nothing is recorded or it does not answer. */
export function toRelease({ id, record, view }: Pick<Group, 'id' | 'record' | 'view'>): NodeTarget | null {
  const primary = record === null ? undefined : view.get(record.primary)
  if (record?.phase !== 'steady' || primary === undefined || !answers(primary) || primary.reading.role !== 'primary') return null
  const { host, port } = primary.spec
  return { group: id, node: primary.spec.id, address: { host, port } }
}

/** The primary of a removed group gets a plain file back: without regroup nobody would open it after a restart. Says what came of it. */
export function release(world: World, target: NodeTarget | null): Promise<string> {
  if (target === null) return Promise.resolve(releaseText(null))
  const effect = { kind: 'act', id: 0, target, action: { name: 'release' }, epoch: 0, timeoutMs: releaseWithinMs, queued: false } as const
  return new Promise((resolve) => {
    world.run(effect, (input) => {
      if (input.kind === 'acted') resolve(releaseText({ node: target.node, result: input.result }))
    })
  })
}

/** `released` null: there was nobody to be told. */
function releaseText(released: { readonly node: NodeId; readonly result: ActionResult } | null): string {
  if (released === null)
    return 'its primary was not reachable: a file that says "replicaof 127.0.0.1 1" stays so, and min-replicas-to-write stays set; mend them by hand'
  const { node, result } = released
  if (result.ok && result.persisted) return `${node} has a plain file again and no guard`
  const why = result.ok ? result.note : result.message
  return `${node} keeps its boot fence (${why}): run REPLICAOF NO ONE, CONFIG SET min-replicas-to-write 0 and CONFIG REWRITE on it by hand`
}
