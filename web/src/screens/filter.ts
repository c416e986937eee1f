// Which groups a person wants to see, and in which order: what needs a person comes first.
import type { GroupState, GroupStatus } from '../api/types.ts'

export const states = ['down', 'degraded', 'unknown', 'healthy'] as const satisfies readonly GroupState[]

export interface Filter {
  readonly text: string
  readonly state: string
  readonly engine: string
  readonly site: string
  readonly host: string
}

export function filterOf(query: URLSearchParams): Filter {
  const of = (key: string): string => query.get(key) ?? ''
  return { text: of('q'), state: of('state'), engine: of('engine'), site: of('site'), host: of('host') }
}

/** Everything but the state, so that the counts by state say what the other filters leave. */
export function matching(groups: Iterable<GroupStatus>, filter: Filter): GroupStatus[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean)
  return [...groups].filter(
    (group) =>
      (filter.engine === '' || group.engine === filter.engine) &&
      (filter.site === '' || group.nodes.some((node) => node.site === filter.site)) &&
      (filter.host === '' || group.nodes.some((node) => node.address.host === filter.host)) &&
      words.every((word) => says(group, word)),
  )
}

function says(group: GroupStatus, word: string): boolean {
  if (group.group.toLowerCase().includes(word)) return true
  return group.nodes.some(({ id, address }) => id.toLowerCase() === word || `${address.host}:${address.port}`.toLowerCase().includes(word))
}

/** As people count: n2 before n10. Made once: it is asked thousands of times for each event. */
const names = new Intl.Collator('en', { numeric: true })

export function byNeed(a: GroupStatus, b: GroupStatus): number {
  return states.indexOf(a.state) - states.indexOf(b.state) || names.compare(a.group, b.group)
}

export interface Choices {
  readonly engines: readonly string[]
  readonly sites: readonly string[]
  readonly hosts: readonly string[]
}

export const noChoices: Choices = { engines: [], sites: [], hosts: [] }

/** `before` itself when it holds the same: an event that changes no choice draws none. */
export function choicesOf(groups: Iterable<GroupStatus>, before: Choices): Choices {
  const [engines, sites, hosts] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const group of groups) {
    engines.add(group.engine)
    for (const node of group.nodes) {
      hosts.add(node.address.host)
      if (node.site !== null) sites.add(node.site)
    }
  }
  const listed = (set: ReadonlySet<string>, known: readonly string[]): readonly string[] =>
    set.size === known.length && known.every((one) => set.has(one)) ? known : [...set].sort(names.compare)
  const now = { engines: listed(engines, before.engines), sites: listed(sites, before.sites), hosts: listed(hosts, before.hosts) }
  return now.engines === before.engines && now.sites === before.sites && now.hosts === before.hosts ? before : now
}
