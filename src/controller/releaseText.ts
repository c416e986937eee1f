// What came of giving a primary back, for the person who removed its group.
import type { ActionResult, NodeId } from '../core/model.ts'

/** `released` null: there was nobody to be told. */
export function releaseText(released: { readonly node: NodeId; readonly result: ActionResult } | null): string {
  if (released === null)
    return 'its primary was not reachable: a file that says "replicaof 127.0.0.1 1" stays so, and min-replicas-to-write stays set; mend them by hand'
  const { node, result } = released
  if (result.ok && result.persisted) return `${node} has a plain file again and no guard`
  const why = result.ok ? result.note : result.message
  return `${node} keeps its boot fence (${why}): run REPLICAOF NO ONE, CONFIG SET min-replicas-to-write 0 and CONFIG REWRITE on it by hand`
}
