// What holds over all groups of this process at an instant; every group is told with its ticks.
import type { Instant } from '../core/model.ts'
import type { Group } from './group.ts'

export interface Survey {
  /** How many of the hosts say nothing, of how many; both 0 while at most one does. */
  readonly silentHosts: number
  readonly hosts: number
  /** How many nodes are asked in a hurry. */
  readonly hurried: number
}

/** All groups are looked at; a tick must not cost more the more groups there are. */
const everyMs = 100

export class Surveyor {
  #at: Instant = -Infinity
  #survey: Survey = { silentHosts: 0, hosts: 0, hurried: 0 }

  /** `groups` may be gone through twice. */
  survey(groups: () => Iterable<Group>, now: Instant): Survey {
    if (now - this.#at < everyMs) return this.#survey
    this.#at = now
    const silent = new Set<string>()
    let hurried = 0
    for (const group of groups()) {
      hurried += group.hurried(now)
      group.addSilentHosts(silent, now)
    }
    this.#survey = silent.size < 2 ? { silentHosts: 0, hosts: 0, hurried } : { silentHosts: silent.size, hosts: hostsOf(groups()), hurried }
    return this.#survey
  }
}

function hostsOf(groups: Iterable<Group>): number {
  const hosts = new Set<string>()
  for (const group of groups) for (const { spec } of group.view.values()) hosts.add(spec.host)
  return hosts.size
}
