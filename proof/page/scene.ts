// A server with groups in every state worth looking at, on real redis-servers.
import { Controller } from '../harness/controller.ts'
import type { Group } from '../harness/servers.ts'
import { found, instead, until } from '../harness/wait.ts'
import { startWatched } from '../harness/watched.ts'

const options = { persistence: 'aof', delay: 0 } as const
const limitMs = 60_000

export interface Scene {
  readonly controller: Controller
  readonly groups: readonly Group[]
  close(): Promise<void>
}

/** shop: healthy after a failover. cart: lost its replica. ledger: nobody can write. queue: paused. */
export async function startScene(): Promise<Scene> {
  const controller = await Controller.start()
  const groups = [
    await startWatched(controller, 'shop', 3, options),
    await startWatched(controller, 'cart', 2, options),
    await startWatched(controller, 'ledger', 3, options),
    await startWatched(controller, 'queue', 1, options),
  ]
  const close = async (): Promise<void> => {
    await controller.remove()
    await Promise.all(groups.map((group) => group.remove()))
  }
  const [shop, cart, ledger] = groups as [Group, Group, Group, Group]
  await shop.node('n1').server.kill9()
  await state(controller, 'shop', (status) => status.epoch === 2 && status.inSync.length === 2)
  await shop.node('n1').server.start()
  await cart.node('n2').server.kill9()
  for (const node of ledger.nodes) await node.server.kill9()
  await fetch(`${controller.url}/api/v1/groups/queue/pause`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-regroup-by': 'ann' },
    body: JSON.stringify({ forMs: 3_600_000, why: 'moving racks' }),
  })
  await state(controller, 'shop', ({ state }) => state === 'healthy')
  await state(controller, 'cart', ({ state }) => state === 'degraded')
  await state(controller, 'ledger', ({ state }) => state === 'down')
  return { controller, groups, close }
}

type Status = NonNullable<Awaited<ReturnType<Controller['api']['group']>>>

export async function state(controller: Controller, group: string, is: (status: Status) => boolean): Promise<Status> {
  return await until(`group ${group} is as wanted`, limitMs, async () => {
    const status = await controller.api.group(group)
    return status !== null && is(status) ? found(status) : instead(JSON.stringify(status))
  })
}
