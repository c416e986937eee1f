// GET /metrics: the state of the process, of every group and of every node, for a monitoring system (Prometheus' text format).
import { Counter, Gauge, Registry } from 'prom-client'
import type { ControllerFacade } from '../controller/facade.ts'
import type { GroupId } from '../core/model.ts'
import type { GroupStatus, NodeStatus } from '../core/status.ts'
import { UserError } from '../errors.ts'
import type { Turns } from './turns.ts'

/** Of the process itself. Sizes in bytes, times in seconds; `startedAt` since 1970, `loopDelay` since it was read before. */
export interface Vitals {
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly heapBytes: number
  readonly startedAt: number
  readonly loopDelay: { readonly p50: number; readonly p99: number; readonly max: number }
}

export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE

/** Text is made of so many groups in one piece: of 5,000 at once each family took 30 to 75 ms, in which nobody else is served. */
const groupsAtOnce = 200

/** The page. Labels are names of the spec and words of ours, so there are as many series as groups and nodes. Other work goes on meanwhile. */
export async function metricsPage(facade: ControllerFacade, vitals: Vitals, version: string, turns: Turns): Promise<string> {
  const page = new Page(turns)
  const own = new Registry()
  ofProcess(own, facade, vitals, version)
  await page.add(own)
  const { groups } = facade.spec()
  const { moves } = facade.totals()
  for (let from = 0; from === 0 || from < groups.length; from += groupsAtOnce) {
    const some = new Registry()
    const [group, node] = [groupMetrics(some), nodeMetrics(some)]
    for (const { id } of groups.slice(from, from + groupsAtOnce)) {
      await turns.pause()
      const status = statusOf(facade, id)
      if (status === null) continue
      group(status, moves.get(id) ?? { failovers: 0, switchovers: 0 })
      for (const one of status.nodes) node(id, one)
    }
    await page.add(some)
  }
  return page.text
}

/** Families in the order in which they came, each with its head once. */
class Page {
  readonly #turns: Turns
  readonly #families = new Map<string, string[]>()

  constructor(turns: Turns) {
    this.#turns = turns
  }

  async add(registry: Registry): Promise<void> {
    for (const { name } of registry.getMetricsAsArray()) {
      const text = await registry.getSingleMetricAsString(name)
      const known = this.#families.get(name)
      if (known === undefined) this.#families.set(name, [text])
      else known.push(withoutHead(text))
      await this.#turns.pause()
    }
  }

  get text(): string {
    return `${[...this.#families.values()].map((parts) => parts.filter((part) => part !== '').join('\n')).join('\n')}\n`
  }
}

/** Without the lines `# HELP` and `# TYPE`. */
function withoutHead(family: string): string {
  return family.split('\n').slice(2).join('\n')
}

/** Null for a group that was removed in an earlier turn. */
function statusOf(facade: ControllerFacade, group: GroupId): GroupStatus | null {
  try {
    return facade.status(group)
  } catch (error) {
    if (error instanceof UserError && error.code === 'UNKNOWN_GROUP') return null
    throw error
  }
}

function gauge<Label extends string>(registry: Registry, name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> {
  return new Gauge({ name, help, labelNames, registers: [registry] })
}

function counter<Label extends string>(registry: Registry, name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
  return new Counter({ name, help, labelNames, registers: [registry] })
}

function ofProcess(registry: Registry, facade: ControllerFacade, vitals: Vitals, version: string): void {
  const { cpuSeconds, residentBytes, heapBytes, startedAt, loopDelay } = vitals
  gauge(registry, 'regroup_info', 'Always 1; the version of regroup.', ['version']).set({ version }, 1)
  gauge(registry, 'process_start_time_seconds', 'When the process began, in seconds since 1970.').set(startedAt)
  counter(registry, 'process_cpu_seconds_total', 'CPU time of the process, user and system.').inc(cpuSeconds)
  gauge(registry, 'process_resident_memory_bytes', 'Memory of the process.').set(residentBytes)
  gauge(registry, 'regroup_heap_bytes', 'What is in use of the heap.').set(heapBytes)
  const late = 'Time between two turns of the loop that were to be 10 ms apart, since the scrape before.'
  const delay = gauge(registry, 'regroup_loop_delay_seconds', late, ['quantile'])
  delay.set({ quantile: '0.5' }, loopDelay.p50)
  delay.set({ quantile: '0.99' }, loopDelay.p99)
  delay.set({ quantile: '1' }, loopDelay.max)
  const probes = counter(registry, 'regroup_probes_total', 'Questions to nodes by how they ended.', ['result'])
  for (const [result, count] of Object.entries(facade.totals().probes)) probes.inc({ result }, count)
}

function groupMetrics(registry: Registry): (status: GroupStatus, moves: { failovers: number; switchovers: number }) => void {
  const state = gauge(registry, 'regroup_group_state', '1 for the state that the group is in.', ['group', 'state'])
  const writable = gauge(registry, 'regroup_group_writable', '1 while the primary takes writes.', ['group'])
  const held = gauge(registry, 'regroup_group_held', '1 while nothing is done and regroup explain says why.', ['group'])
  const epoch = gauge(registry, 'regroup_group_epoch', 'Rises at every change of primary.', ['group'])
  const failovers = counter(registry, 'regroup_group_failovers_total', 'Completed changes of primary by force.', ['group'])
  const switchovers = counter(registry, 'regroup_group_switchovers_total', 'Completed planned changes of primary.', ['group'])
  return (status, moves) => {
    const { group } = status
    state.set({ group, state: status.state }, 1)
    writable.set({ group }, Number(status.writable))
    held.set({ group }, Number(status.verdict.kind === 'hold'))
    epoch.set({ group }, status.epoch)
    failovers.inc({ group }, moves.failovers)
    switchovers.inc({ group }, moves.switchovers)
  }
}

function nodeMetrics(registry: Registry): (group: GroupId, node: NodeStatus) => void {
  const labels = ['group', 'node'] as const
  const up = gauge(registry, 'regroup_node_up', '1 while the node gives readings.', labels)
  const role = gauge(registry, 'regroup_node_role', '1 for the role that the node has.', [...labels, 'role'])
  const inSync = gauge(registry, 'regroup_node_in_sync', '1 while the node may be promoted without loss.', labels)
  const lag = gauge(registry, 'regroup_node_lag_bytes', 'Bytes behind the primary; absent while that cannot be known.', labels)
  const asked = gauge(registry, 'regroup_node_probe_seconds', 'How long its latest answer took; absent when it gave none.', labels)
  return (group, node) => {
    const of = { group, node: node.id }
    up.set(of, Number(node.health === 'up'))
    role.set({ ...of, role: node.role }, 1)
    inSync.set(of, Number(node.inSync))
    if (node.lagBytes !== null) lag.set(of, node.lagBytes)
    if (node.probeMs !== null) asked.set(of, node.probeMs / 1000)
  }
}
