// A reading with everything that one can have, and every way in which another may differ from it.
import type { AccessUser, AttachedReplica, Load, Mark, Position, Reading, Upstream } from '../src/core/model.ts'

const upstream: Required<Upstream> = { host: 'a', port: 1, linkUp: true, syncing: false, failed: true, waiting: true }
const replica: Required<AttachedReplica> = { host: 'b', port: 2, online: true, acked: 10 }
export const position: Required<Extract<Position, { kind: 'stream' }>> = {
  kind: 'stream',
  replid: 'r1',
  replid2: 'r2',
  second: 5,
  offset: 10,
  parts: [1, 2],
  log: 'l 1',
}
const mark: Required<Mark> = { installation: 'i', group: 'g', epoch: 1, seq: 4, since: 7, given: 8 }
const user: Required<AccessUser> = { name: 'u', rules: ['on', '+get'] }
const load: Required<Load> = { opsPerSec: 1, usedMemoryBytes: 2 }
/** One more in its type does not compile here; once it stands here, each test that goes through `others` tries it. */
export const fullReading: Required<Reading> = {
  engine: 'redis',
  version: '7.0.15',
  incarnation: 'p1',
  role: 'primary',
  upstream,
  replicas: [replica, { ...replica, host: 'c', acked: 9 }],
  position,
  usable: true,
  loading: false,
  partial: true,
  shuttingDown: false,
  durable: true,
  guard: 1,
  users: [user],
  unclosable: ['v'],
  keys: 3,
  mark,
  markUnread: true,
  writeProblem: 'MISCONF',
  load,
}

/** The same with one thing in it that is something else, or not there; each with the path to it. */
export function* others(value: unknown, path = ''): Generator<readonly [path: string, other: unknown]> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      for (const [at, other] of others(part, `${path}.${key}`))
        yield [at, Array.isArray(value) ? value.map((each, index) => (String(index) === key ? other : each)) : { ...value, [key]: other }]
    }
    if (Array.isArray(value)) yield* [[`${path} less`, value.slice(1)] as const, [`${path} more`, [...value, value[0]]] as const]
    return
  }
  yield [path, typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}!`]
}
