// What holds over all groups of this process at an instant; every group is told with its ticks.
import type { Instant } from '../core/model.ts'
import type { Group } from './group.ts'

/** What is looked at of a group. */
export type Surveyed = Pick<Group, 'asking' | 'silentAfterMs' | 'view'>

export interface Survey {
  /** How many of the hosts say nothing, of how many; both 0 while at most one does. */
  readonly silentHosts: number
  readonly hosts: number
  /** So often, and no more, can this process ask each node of all that are asked in a hurry. */
  readonly hurryEveryMs: number
}

/** What one hurried question may take of this process's time: many groups in trouble at once share it, or nobody would be served. */
const hurriedQuestionMs = 0.5
/** All groups are looked at; a tick must not cost more the more groups there are. */
const everyMs = 100

export class Surveyor {
  #at: Instant = -Infinity
  #survey: Survey = { silentHosts: 0, hosts: 0, hurryEveryMs: 0 }
  /** The worst since the last survey. */
  #lateMs = 0

  /** `groups` may be gone through twice. `lateMs`: how late our own loop comes to ask. */
  survey(groups: () => Iterable<Surveyed>, lateMs: number, now: Instant): Survey {
    this.#lateMs = Math.max(this.#lateMs, lateMs)
    if (now - this.#at < everyMs) return this.#survey
    this.#at = now
    const silent = new Set<string>()
    let hurried = 0
    for (const group of groups()) {
      hurried += group.asking.hurried(now)
      if (!group.asking.allHeard) addSilentHosts(group, silent, now)
    }
    // A process that is late already is made later by asking more: it asks when it has come round twice.
    const hurryEveryMs = Math.max(hurried * hurriedQuestionMs, 2 * this.#lateMs)
    this.#lateMs = 0
    const hosts = silent.size < 2 ? { silentHosts: 0, hosts: 0 } : { silentHosts: silent.size, hosts: hostsOf(groups()) }
    this.#survey = { ...hosts, hurryEveryMs }
    return this.#survey
  }
}

/** Those that say nothing at all, for half of the silence that counts. */
function addSilentHosts({ view, silentAfterMs }: Surveyed, hosts: Set<string>, now: Instant): void {
  for (const { spec, failure, heardAt } of view.values()) {
    if (failure?.kind === 'silent' && now - (heardAt ?? now) >= silentAfterMs / 2) hosts.add(spec.host)
  }
}

function hostsOf(groups: Iterable<Surveyed>): number {
  const hosts = new Set<string>()
  for (const group of groups) for (const { spec } of group.view.values()) hosts.add(spec.host)
  return hosts.size
}
