// How a group is found: in order, fresh, or as only a person can sort it out; and who else lives near it.
import type { Address, GroupSpec } from '../core/model.ts'
import { nowhere } from '../core/limits.ts'
import { tellByHand } from './faults.ts'
import type { History } from './history.ts'
import { type Plan, type PlannedNode, strangerHost, strangerName } from './plan.ts'
import type { Server } from './server.ts'
import { markKey } from './batch.ts'

const port = 6379
/** After this an operator says who is primary. */
const orderMs = 4_000
const soonMs = 100

/** Whom a node follows when it is found. */
export function foundAs(plan: Plan, planned: PlannedNode): Address | null {
  const [first] = plan.nodes
  if (plan.found === 'nowhere') return nowhere
  if (plan.found === 'fresh' || plan.found === 'full' || planned === first || first === undefined) return null
  return { host: first.host, port }
}

/** Somebody else's server: full, marked, and to be left alone. */
export function addStranger(history: History): Server {
  const [like] = history.plan.nodes
  if (like === undefined) throw new Error('a history has nodes')
  const stranger = history.newNode(strangerName, { ...like, persistence: 'aof', address: { host: strangerHost, port }, replicaof: null })
  stranger.start('all')
  tellByHand(history, stranger, [
    ['SET', 'theirs', '1'],
    ['SET', markKey, 'v1 theirs other 3 7'],
  ])
  return stranger
}

/** Another group under the same controller. */
export function addNeighbours(history: History): GroupSpec | null {
  const { plan } = history
  const [like] = plan.nodes
  if (plan.neighbours === 0 || like === undefined) return null
  const nodes = Array.from({ length: plan.neighbours }, (_, index) => ({ id: `m${index + 1}`, host: `10.0.2.${index + 1}` }))
  for (const [index, { id, host }] of nodes.entries()) {
    const replicaof = index === 0 ? null : { host: '10.0.2.1', port }
    history.newNode(id, { ...like, hasFile: true, persistence: 'aof', address: { host, port }, replicaof }, 'redis').start('all')
  }
  const specs = nodes.map((node) => ({ ...node, port, site: null, priority: 100, maintenanceUntil: null, overwrite: false }))
  return { id: 'h', engine: 'redis', nodes: specs, credential: null, tls: false, policy: {}, pause: null }
}

/** What an operator does about a group that regroup may not take as it is. */
export function begin(history: History): void {
  const { plan, timeline } = history
  const last = plan.nodes.at(-1)
  if (last === undefined) return
  if (plan.found === 'full') {
    timeline.at(soonMs, () => {
      for (const { id } of plan.nodes.slice(0, 2)) tellByHand(history, history.node(id), [['SET', `of ${id}`, '1']])
    })
  }
  if (plan.found === 'stranger') {
    history.changeNode(last.id, (node) => ({ ...node, host: strangerHost }))
    timeline.at(orderMs, () => history.rightAddresses())
  }
  if (plan.found === 'paused')
    history.changeSpec((spec) => ({ ...spec, pause: { until: history.wall() + orderMs, by: 'ops', why: 'not yet' } }))
  if (plan.found === 'down') timeline.at(orderMs, () => history.node(last.id).start('all'))
  if (plan.found !== 'full' && plan.found !== 'nowhere') return
  timeline.at(orderMs, () => {
    const [first] = plan.nodes
    history.changeSpec((spec) => ({ ...spec, nodes: spec.nodes.map((node) => ({ ...node, overwrite: node.id !== first?.id })) }))
    history.checks.ordered()
    history.controller?.command('g', { name: 'failover', to: first?.id ?? null, by: 'ops', dryRun: false })
  })
  timeline.at(orderMs + soonMs * 30, () => {
    history.changeSpec((spec) => ({ ...spec, nodes: spec.nodes.map((node) => ({ ...node, overwrite: false })) }))
  })
}
