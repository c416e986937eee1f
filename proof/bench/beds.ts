// The two systems under the same load: regroup, and three Redis Sentinels. Each with its own group of real servers.
import type { RedisServer } from '../../test/servers/redis.ts'
import { startSentinel } from '../../test/servers/sentinel.ts'
import { type RespValue, isArray } from '../../src/resp/value.ts'
import { converged, oneFamily } from '../harness/check.ts'
import { type Address, ask } from '../harness/client.ts'
import { Controller } from '../harness/controller.ts'
import type { Host } from '../harness/network.ts'
import { type Group, type Persistence, startGroup } from '../harness/servers.ts'
import { type Look, found, instead, until } from '../harness/wait.ts'

export type System = 'regroup' | 'sentinel' | 'guarded sentinel'

/** One system that watches one group. */
export interface Bed {
  readonly system: System
  readonly group: Group
  readonly sentinels: readonly Address[]
  /** Ends when the group is sound and the system knows it: the next thing may happen to it. Gives the primary's id. */
  ready(): Promise<string>
  switchover(): Promise<void>
  close(): Promise<void>
  /** What regroup wrote; empty for the others. */
  log(): string
}

export interface BedOptions {
  readonly persistence: Persistence
  readonly hosts?: readonly Host[]
  /** Where Sentinels run when the nodes have hosts of their own. */
  readonly sentinelHost?: string
  /** Done to the group before anybody watches it. */
  readonly prepare?: (group: Group) => Promise<void>
}

const readyLimitMs = 40_000

export function startBed(system: System, name: string, options: BedOptions): Promise<Bed> {
  return system === 'regroup' ? regroupBed(name, options) : sentinelBed(system, name, options)
}

/** As Redis comes: a full sync waits 5 s for more replicas. */
async function groupOf(name: string, options: BedOptions, config: Readonly<Record<string, number>> = {}): Promise<Group> {
  const { persistence, hosts, prepare } = options
  const group = await startGroup(name, 3, { persistence, delay: 5, config, ...(hosts === undefined ? {} : { hosts }) })
  await prepare?.(group)
  return group
}

async function regroupBed(name: string, options: BedOptions): Promise<Bed> {
  const controller = await Controller.start({ sentinel: true })
  const group = await groupOf(name, options)
  // Scenarios follow each other at once, which nobody's primaries do.
  const applied = await controller.api.apply([group.spec({ flapFailovers: 100 })])
  if (!applied.ok) throw new Error(`regroup refused the group: ${applied.detail}`)
  const bed: Bed = {
    system: 'regroup',
    group,
    sentinels: [{ host: '127.0.0.1', port: controller.sentinelPort }],
    ready: async () => (await until('regroup calls the group healthy', readyLimitMs, () => converged(group, controller.api), 20)).primary,
    switchover: async () => {
      const answer = await controller.api.switchover(name)
      if (!answer.ok) throw new Error(`switchover refused: ${answer.detail}`)
    },
    close: async () => {
      await controller.remove()
      await group.remove()
    },
    log: () => controller.log,
  }
  return bed
}

async function sentinelBed(system: System, name: string, options: BedOptions): Promise<Bed> {
  const guarded = { 'min-replicas-to-write': 1, 'min-replicas-max-lag': 2 }
  const group = await groupOf(name, options, system === 'guarded sentinel' ? guarded : {})
  const { address } = group.node('n1')
  const host = options.sentinelHost ?? '127.0.0.1'
  const sentinels: RedisServer[] = []
  for (let at = 0; at < 3; at++) sentinels.push(await startSentinel({ name, ...address }, { quorum: 2, host }))
  return {
    system,
    group,
    sentinels: sentinels.map(({ port }) => ({ host, port })),
    ready: async () => {
      const primary = await until('the nodes are one family', readyLimitMs, () => oneFamily(group), 20)
      const wanted = group.node(primary).address.port
      await until('every Sentinel knows all', readyLimitMs, () => knowAll(sentinels, name, wanted), 50)
      return primary
    },
    switchover: async () => {
      const first = sentinels[0]
      if (first === undefined) throw new Error('there is no Sentinel')
      await moveByOrder(first.address, name)
    },
    close: async () => {
      await Promise.all(sentinels.map((sentinel) => sentinel.remove()))
      await group.remove()
    },
    log: () => '',
  }
}

/** A Sentinel forgets an order for which it finds no replica good enough, as on a busy machine: it is given it again. */
async function moveByOrder(sentinel: Address, name: string): Promise<void> {
  const look = async (): Promise<readonly string[]> => {
    const called = await ask(sentinel, ['SENTINEL', 'master', name])
    return called.ok ? ['port', 'flags'].map((field) => fieldOf(called.value, field)) : []
  }
  let was: string | null = null
  await until(
    'a Sentinel carries the order out',
    readyLimitMs,
    async () => {
      const [port, flags] = await look()
      if (port === undefined || flags === undefined) return instead('it does not answer')
      was ??= port
      if (port !== was) return found(true)
      if (flags.includes('failover_in_progress')) return instead(flags)
      const called = await ask(sentinel, ['SENTINEL', 'FAILOVER', name])
      return instead(called.ok ? 'it was ordered' : called.message)
    },
    50,
  )
}

/** Each has the right primary, both replicas and both other Sentinels, and finds nothing wrong with any. */
async function knowAll(sentinels: readonly RedisServer[], name: string, port: number): Promise<Look<true>> {
  for (const sentinel of sentinels) {
    const primary = await ask(sentinel.address, ['SENTINEL', 'master', name])
    const replicas = await ask(sentinel.address, ['SENTINEL', 'replicas', name])
    if (!primary.ok || !replicas.ok || !isArray(replicas.value)) return instead('a Sentinel does not answer')
    const says = ['port', 'flags', 'num-slaves', 'num-other-sentinels'].map((name) => fieldOf(primary.value, name)).join(' ')
    const flags = replicas.value.map((one) => fieldOf(one, 'flags')).join(' ')
    if (says !== `${port} master 2 2` || flags !== 'slave slave') return instead(`${says}, ${flags}`)
  }
  return found(true)
}

function fieldOf(instance: RespValue, name: string): string {
  const value = isArray(instance) ? instance[instance.indexOf(name) + 1] : ''
  return typeof value === 'string' ? value : ''
}
