// Whether an answer says anything that a group at rest did not know: most say only that counters moved on.
import type { AttachedReplica, GroupRecord, Mark, Position, Reading } from './model.ts'
import { type NodeView, answers } from './observe.ts'
import { sameList, sameUpstream, sameUsers } from './same.ts'
import type { Situation } from './situation.ts'

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

/**
 * The primary answers as before, only further on, while every node of the group is in sync and none so far behind by the primary's word that it
 * might count no more: nobody joins the set, and nobody leaves it.
 */
export function onlyWroteOn({ record, nodes, policy }: Situation, before: NodeView | undefined, after: NodeView | undefined): boolean {
  if (record === null || before === undefined || after === undefined || !answers(before) || !answers(after)) return false
  if (after.spec.id !== record.primary || after.reading.incarnation !== record.incarnation || record.inSync.length !== nodes.size)
    return false
  const { position, replicas } = after.reading
  if (position.kind !== 'stream' || replicas.some(({ acked }) => position.offset - acked > policy.inSyncMaxLagBytes)) return false
  return movedOnly(before.reading, after.reading)
}

/**
 * Two readings differ in nothing but counters, and none of them fell to where it means something. Everything else is news.
 * Why each field is written out: this is asked of nearly every answer, and a walk over the keys of whatever comes took a seventh of the
 * simulator's time.
 */
function movedOnly(was: Reading, is: Reading): boolean {
  return (
    (was.keys === 0) === (is.keys === 0) &&
    onlyFurther(was.position, is.position) &&
    sameMarker(was.mark, is.mark) &&
    sameUpstream(was.upstream, is.upstream) &&
    sameList(was.replicas, is.replicas, sameReplica) &&
    was.engine === is.engine &&
    was.version === is.version &&
    was.incarnation === is.incarnation &&
    was.role === is.role &&
    was.usable === is.usable &&
    was.loading === is.loading &&
    was.partial === is.partial &&
    was.shuttingDown === is.shuttingDown &&
    was.durable === is.durable &&
    was.guard === is.guard &&
    sameUsers(was.users, is.users) &&
    sameList(was.unclosable, is.unclosable, Object.is) &&
    was.markUnread === is.markUnread &&
    was.writeProblem === is.writeProblem
  )
}

function onlyFurther(was: Position, is: Position): boolean {
  if (was.kind === 'none' || is.kind === 'none') return was.kind === is.kind
  return is.offset >= was.offset && was.replid === is.replid && was.replid2 === is.replid2 && was.second === is.second && was.log === is.log
}

function sameMarker(was: Mark | null, is: Mark | null): boolean {
  if (was === null || is === null) return was === is
  return (
    was.installation === is.installation &&
    was.group === is.group &&
    was.epoch === is.epoch &&
    was.since === is.since &&
    was.given === is.given
  )
}

function sameReplica(was: AttachedReplica, is: AttachedReplica): boolean {
  return was.host === is.host && was.port === is.port && was.online === is.online
}
