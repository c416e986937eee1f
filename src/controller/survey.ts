// What holds over all groups of this process at an instant; every group is told with its ticks.
import type { GroupId, Instant } from '../core/model.ts'
import type { Group, Time } from './group.ts'

export interface Survey {
  /** How many of the hosts say nothing, of how many. */
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

  survey(groups: ReadonlyMap<GroupId, Group>, time: Time): Survey {
    if (time.now - this.#at < everyMs) return this.#survey
    this.#at = time.now
    const all = new Set<string>()
    const silent = new Set<string>()
    let hurried = 0
    for (const group of groups.values()) {
      const hosts = group.hosts(time)
      for (const host of hosts.all) all.add(host)
      for (const host of hosts.silent) silent.add(host)
      hurried += group.hurried(time.now)
    }
    this.#survey = { silentHosts: silent.size, hosts: all.size, hurried }
    return this.#survey
  }
}
