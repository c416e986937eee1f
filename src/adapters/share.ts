// A node's answer made of the one before it. Nearly everything in it stays, and what is held twice is copied and compared again and again.
import type { AttachedReplica, Load, Mark, Position, ProbeResult, Reading } from '../core/model.ts'
import { sameList, sameUpstream, sameUsers } from '../core/same.ts'

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/**
 * The same as `is`, made of what `last` is made of as far as they agree; `last` itself when they agree in all. `is` was made just now and is nobody
 * else's yet: it is taken apart, not copied. Of two equal texts the older one is kept: the newer would keep the whole answer that it was cut out of.
 * Why each field is written out: this runs for every answer, and a walk over the keys of whatever comes took a sixth of the controller's time.
 */
export function sharedWith(last: ProbeResult | null, is: ProbeResult): ProbeResult {
  if (last === null || !last.ok || !is.ok) return is
  return shareReading(last.reading, is.reading) ? last : is
}

/** Whether they agree in all; `is` has the parts of `last` that it agrees with. */
function shareReading(last: Reading, is: Writable<Reading>): boolean {
  if (is.version === last.version) is.version = last.version
  if (is.incarnation === last.incarnation) is.incarnation = last.incarnation
  if (is.writeProblem === last.writeProblem) is.writeProblem = last.writeProblem
  if (sameUpstream(last.upstream, is.upstream)) is.upstream = last.upstream
  if (shareReplicas(last.replicas, is.replicas as AttachedReplica[])) is.replicas = last.replicas
  if (sharePosition(last.position, is.position)) is.position = last.position
  if (shareMark(last.mark, is.mark)) is.mark = last.mark
  if (last.users !== undefined && sameUsers(last.users, is.users)) is.users = last.users
  if (last.unclosable !== undefined && sameList(last.unclosable, is.unclosable, Object.is)) is.unclosable = last.unclosable
  return (
    is.engine === last.engine &&
    is.version === last.version &&
    is.incarnation === last.incarnation &&
    is.role === last.role &&
    is.upstream === last.upstream &&
    is.replicas === last.replicas &&
    is.position === last.position &&
    is.usable === last.usable &&
    is.loading === last.loading &&
    is.partial === last.partial &&
    is.shuttingDown === last.shuttingDown &&
    is.durable === last.durable &&
    is.guard === last.guard &&
    is.users === last.users &&
    is.unclosable === last.unclosable &&
    is.keys === last.keys &&
    is.mark === last.mark &&
    is.markUnread === last.markUnread &&
    is.writeProblem === last.writeProblem &&
    sameLoad(last.load, is.load)
  )
}

function shareReplicas(last: readonly AttachedReplica[], is: Writable<AttachedReplica>[]): boolean {
  let same = is.length === last.length
  for (const [index, replica] of is.entries()) {
    const before = last[index]
    if (before !== undefined && replica.host === before.host) replica.host = before.host
    if (before?.host === replica.host && before.port === replica.port && before.online === replica.online && before.acked === replica.acked)
      is[index] = before
    else same = false
  }
  return same
}

function sharePosition(last: Position, is: Writable<Position>): boolean {
  if (is.kind === 'none' || last.kind === 'none') return is.kind === last.kind
  if (is.replid === last.replid) is.replid = last.replid
  if (is.replid2 === last.replid2) is.replid2 = last.replid2
  if (is.log !== undefined && is.log === last.log) is.log = last.log
  const sameParts = sameList(last.parts, is.parts, Object.is)
  if (last.parts !== undefined && sameParts) is.parts = last.parts
  return (
    sameParts &&
    is.replid === last.replid &&
    is.replid2 === last.replid2 &&
    is.second === last.second &&
    is.offset === last.offset &&
    is.log === last.log
  )
}

function shareMark(last: Mark | null, is: Writable<Mark> | null): boolean {
  if (last === null || is === null) return false
  if (is.installation === last.installation) is.installation = last.installation
  if (is.group === last.group) is.group = last.group
  return (
    is.installation === last.installation &&
    is.group === last.group &&
    is.epoch === last.epoch &&
    is.seq === last.seq &&
    is.since === last.since &&
    is.given === last.given
  )
}

function sameLoad(last: Load | undefined, is: Load | undefined): boolean {
  return (
    last === is ||
    (is?.opsPerSec === last?.opsPerSec && is?.usedMemoryBytes === last?.usedMemoryBytes && last !== undefined && is !== undefined)
  )
}
