// What holds over all groups of this process at an instant; every group is told with its ticks.
import type { Instant } from '../core/model.ts'
import type { Situation } from '../core/situation.ts'
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

  survey(groups: Iterable<Group>, time: Time): Survey {
    if (time.now - this.#at < everyMs) return this.#survey
    this.#at = time.now
    const all = new Set<string>()
    const silent = new Set<string>()
    let hurried = 0
    for (const group of groups) {
      group.seen(time, (s) => addHosts(s, all, silent))
      hurried += group.hurried(time.now)
    }
    this.#survey = { silentHosts: silent.size, hosts: all.size, hurried }
    return this.#survey
  }
}

function addHosts(s: Situation, all: Set<string>, silent: Set<string>): void {
  for (const { spec, failure, heardAt } of s.nodes.values()) {
    all.add(spec.host)
    if (failure?.kind === 'silent' && s.now - (heardAt ?? s.now) >= s.policy.silentAfterMs / 2) silent.add(spec.host)
  }
}
