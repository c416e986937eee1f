// Giving a primary back when its group is removed, and what came of it for the person who did that.
import type { ActionResult } from '../core/action.ts'
import type { NodeId } from '../core/model.ts'
import { answers } from '../core/observe.ts'
import { type Said, say } from '../core/said.ts'
import type { NodeTarget, World } from '../ports.ts'
import type { Group } from './group.ts'

/** A person waits for it. */
const releaseWithinMs = 2000

type Untold = 'release.never' | 'release.unreachable'

/** The primary that is to be given back; why there is none to be told otherwise. */
export function toRelease({ id, record, view }: Pick<Group, 'id' | 'record' | 'view'>): NodeTarget | Untold {
  if (record === null) return 'release.never'
  const primary = view.get(record.primary)
  if (record.phase !== 'steady' || primary === undefined || !answers(primary) || primary.reading.role !== 'primary')
    return 'release.unreachable'
  const { host, port } = primary.spec
  return { group: id, node: primary.spec.id, address: { host, port } }
}

/** The primary of a removed group gets a plain file back: without regroup nobody would open it after a restart. Says what came of it. */
export function release(world: World, target: NodeTarget | Untold): Promise<Said> {
  if (typeof target === 'string') return Promise.resolve(say(target))
  const effect = { kind: 'act', id: 0, target, action: { name: 'release' }, epoch: 0, timeoutMs: releaseWithinMs, queued: false } as const
  return new Promise((resolve) => {
    world.run(effect, (input) => {
      if (input.kind === 'acted') resolve(released({ node: target.node, result: input.result }))
    })
  })
}

function released({ node, result }: { readonly node: NodeId; readonly result: ActionResult }): Said {
  if (result.ok && result.persisted) return say('release.done', { node })
  const why = result.ok ? result.note : result.message
  return say('release.kept', { node, why: why ?? '' })
}
