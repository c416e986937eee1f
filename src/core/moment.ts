// How a group stood when something was decided, so that the past can be shown as it was.
import type { GroupRecord } from './model.ts'
import type { GroupStatus, Moment } from './status.ts'

/** `record`: the one that is decided now, else the one in force. */
export function momentOf(status: GroupStatus, record: GroupRecord | null): Moment {
  return {
    phase: record?.phase ?? 'new',
    primary: record?.primary ?? null,
    candidate: record !== null && 'candidate' in record ? record.candidate : null,
    inSync: record?.inSync.map((member) => member.node) ?? [],
    guard: record?.guard ?? 0,
    writable: status.writable,
    nodes: Object.fromEntries(status.nodes.map(({ id, role, health, linkUp }) => [id, { role, health, linkUp }])),
  }
}
