// Whether an answer says anything that a group at rest did not know: most say only that counters moved on.
import type { GroupRecord, Reading } from './model.ts'
import { type NodeView, answers } from './observe.ts'

/**
 * A replica that was in sync answers as before, only further on. Nothing is decided about it before the primary's next answer: how far it is
 * behind, and whether it still counts, is judged by the primary's word.
 */
export function onlyMoved(record: GroupRecord | null, before: NodeView | undefined, after: NodeView | undefined): boolean {
  if (record === null || before === undefined || after === undefined || !answers(before) || !answers(after)) return false
  const { id } = after.spec
  const { incarnation } = after.reading
  if (id === record.primary || !record.inSync.some((member) => member.node === id && member.incarnation === incarnation)) return false
  return movedOnly(before.reading, after.reading)
}

/** Two readings differ in nothing but counters, and none of them fell to where it means something. */
function movedOnly(was: Reading, is: Reading): boolean {
  const [from, to] = [was.position, is.position]
  if (from.kind === 'stream' && to.kind === 'stream' && to.offset < from.offset) return false
  return (was.keys === 0) === (is.keys === 0) && sameBut(counters, was, is)
}

/** What moves while all is well. Everything else is news, also what a later version adds to a reading. */
const counters: ReadonlySet<string> = new Set(['offset', 'parts', 'acked', 'seq', 'keys', 'load'])

function sameBut(ignored: ReadonlySet<string>, a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>]
  let known = 0
  // Plain values have no other keys than their own, and a list of these would be made for every answer.
  for (const key in left) {
    if (ignored.has(key)) continue
    if (!(key in right) || !sameBut(ignored, left[key], right[key])) return false
    known++
  }
  for (const key in right) if (!ignored.has(key)) known--
  return known === 0
}
