// Two nodes follow each other, so that neither can be led away (docs/pika.md, P21): regroup finds them like this and mends it.
import { nowhere } from '../../src/core/limits.ts'
import { ask, info, must } from '../harness/client.ts'
import type { Node } from '../harness/servers.ts'
import { found, instead, until } from '../harness/wait.ts'
import { Writer, roaming } from '../harness/writers.ts'
import { acknowledged } from '../stories/waits.ts'
import { type PikaStory, type Scene, compared, healthy, playOn, promise } from './story.ts'

/** A replica that lost its primary tries every 10 s (docs/pika.md, P8). */
const ringLimitMs = 30_000
/** SLAVEOF may take 3 s (docs/pika.md, P15). */
const roleChangeMs = 5_000

export const ring: PikaStory = (options) =>
  playOn(options, 'ring', 'Two nodes follow each other: of a pair both, of three the replicas', async (scene) => {
    const { controller, group, notes, variant } = scene
    const [one, other] = group.nodes.slice(-2)
    if (one === undefined || other === undefined) throw new Error('a group has two nodes')
    const roams = new Writer('roams', roaming(group.targets), { perSecond: 300 }).start()
    await acknowledged(roams, 0, 100)
    // What it is, somebody else did, while nobody watched.
    await controller.kill9()
    roams.pause(true)
    await arrived(scene, roams)
    await linked(one, other)
    roams.pause(false)
    const beganAt = performance.now()
    await controller.start()
    const startedAt = performance.now()
    const first = await acknowledged(roams, beganAt)
    const primary = await healthy(scene)
    notes.measure(variant, 'controller answers -> in sync, healthy, ms', performance.now() - startedAt)
    notes.measure(variant, 'controller answers -> a write is acknowledged, ms', Math.max(0, first.at - startedAt))
    await roams.stop()
    const entries = await controller.api.history(group.id, 200)
    notes.count(
      variant,
      'by node.ring',
      entries.some(({ rule }) => rule === 'node.ring'),
    )
    const lost = await compared(scene, primary, [roams])
    await promise(scene, 'no acknowledged write lost', lost.length === 0, `${lost.length} lost, the first taken by ${lost[0]?.node}`)
    return [roams]
  })

/** Every node holds what was acknowledged. */
async function arrived({ group }: Scene, { key, acks }: Writer): Promise<void> {
  await until('every node holds what was acknowledged', ringLimitMs, async () => {
    const lengths = await Promise.all(group.nodes.map(async ({ address }) => Number(await must(address, 'LLEN', key))))
    return lengths.every((length) => length === lengths[0] && length >= acks.length) ? found(true) : instead(lengths.join(', '))
  })
}

/** The other is led to the one, which is killed and finds the other in its file. Ends when each is a replica of the other. */
async function linked(one: Node, other: Node): Promise<void> {
  const { host, port } = one.address
  const said = await info(other.address, 'replication')
  if (said?.get('master_port') !== String(port)) await must(other.address, 'SLAVEOF', host, String(port))
  await attached(other, one)
  await one.server.kill9()
  const rest = one.server.config.replaceAll(/^slaveof : .*\n/gm, '').trimEnd()
  one.server.writeConfig(`${rest}\nslaveof : ${other.address.host}:${other.address.port}\n`)
  await one.server.start()
  await attached(one, other)
  await attached(other, one)
  for (const node of [one, other]) await staysLed(node)
}

/** It is asked as regroup would ask, and refuses. */
async function staysLed({ id, address }: Node): Promise<void> {
  const called = await ask(address, ['SLAVEOF', nowhere.host, String(nowhere.port)], roleChangeMs)
  if (called.ok) throw new Error(`no ring stands: ${id} could be led away`)
  if (!called.message.includes('already master of others')) throw new Error(`${id}: ${called.message}`)
}

/** By both sides. */
async function attached(node: Node, to: Node): Promise<void> {
  await until(`${node.id} follows ${to.id}`, ringLimitMs, async () => {
    const [mine, its] = await Promise.all([info(node.address, 'replication'), info(to.address, 'replication')])
    const [of, link, count] = [mine?.get('master_port'), mine?.get('master_link_status'), its?.get('connected_slaves')]
    return of === String(to.address.port) && link === 'up' && Number(count) > 0
      ? found(true)
      : instead(`${node.id} follows port ${of}, link ${link}; ${to.id} has ${count} replicas`)
  })
}
