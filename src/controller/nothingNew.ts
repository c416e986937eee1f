// What a group at rest need not decide about.
import type { Memory } from '../core/memory.ts'
import type { GroupRecord } from '../core/model.ts'
import { onlyMoved } from '../core/news.ts'
import type { NodeView } from '../core/observe.ts'
import type { Input } from '../ports.ts'

/**
 * Time alone decides nothing, nor do a mark that was written and a replica that only moved on: the primary's next answer is decided about.
 * `was`: the memory, and the node that the input is about, before it was taken in; `node`: after.
 */
export function isNothingNew(
  input: Input,
  record: GroupRecord | null,
  { canary }: Memory,
  was: NodeView | undefined,
  node: NodeView | undefined,
): boolean {
  if (input.kind === 'probed') return onlyMoved(record, was, node)
  if (input.kind === 'acted') return input.result.ok && input.id === canary.inFlight?.id && canary.problem === null
  return input.kind === 'tick'
}
