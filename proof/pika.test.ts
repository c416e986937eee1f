// A group of Pika under a real controller: taken over, failed over, an old primary with writes of its own brought back, moved in a planned way.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { must } from './harness/client.ts'
import { Controller } from './harness/controller.ts'
import { type Group, heldBy } from './harness/servers.ts'
import { type Look, found, instead, until } from './harness/wait.ts'
import { dismiss, startWatched } from './harness/watched.ts'
import { Writer, clinging, following } from './harness/writers.ts'
import { app, lineOf } from './pika/story.ts'
import { acknowledged, healthy, otherPrimary } from './stories/waits.ts'

const quick = { copyMs: 100, blockMostMs: 600, stopMs: 200 }

/** Every key of every node is the primary's. */
async function equal(group: Group, keys: readonly string[], primary: string): Promise<void> {
  await until('every node holds what its primary holds', 5_000, async (): Promise<Look<true>> => {
    const wanted = JSON.stringify([...(await heldBy(group.node(primary).address, keys))])
    for (const node of group.nodes) {
      const held = JSON.stringify([...(await heldBy(node.address, keys))])
      if (held !== wanted) return instead(`${node.id} holds ${held.slice(0, 200)}, ${primary} ${wanted.slice(0, 200)}`)
    }
    return found(true)
  })
}

void describe('two Pikas', () => {
  let controller: Controller
  let group: Group
  before(async () => {
    controller = await Controller.start()
    group = await startWatched(controller, 'pair', 2, { persistence: 'aof', delay: 0, pika: quick })
  })
  after(async () => {
    await dismiss(controller, group)
    await controller.remove()
  })

  test('P6, P7: the primary freezes with a client that clings to it -> replaced while its replica says up; on waking it is closed, measured and copied anew', async () => {
    const old = group.node('n1')
    await must(old.address, 'ACL', 'SETUSER', app.user, ...app.rules)
    const rights = await lineOf(old)
    // A person's own user is closed with the rest.
    const clings = new Writer('clings', clinging(old.target), { perSecond: 200, operationLimitMs: 60_000, as: app }).start()
    // So many that regroup has read the access list with him in it, which goes into the queued demotion.
    await acknowledged(clings, 0, 300)
    await old.server.freeze()
    const next = await otherPrimary(controller, group, 'n1')
    assert.equal(next, 'n2')
    await must(group.node(next).address, 'RPUSH', 'after', '1')
    old.server.thaw()
    assert.equal(await healthy(controller, group), 'n2')
    await clings.stop()
    const woken = clings.refusals.find((one) => one.kind === 'error')
    assert.equal(woken?.code, 'NOPERM', JSON.stringify(clings.refusals.slice(0, 3)))
    assert.equal(await lineOf(old), rights, 'given back when it follows')
    await equal(group, ['clings', 'after'], 'n2')
  })

  test('P1, P2: the primary is killed, both write on, it comes back -> its own writes are discarded and reported, all nodes equal', async () => {
    const old = group.node('n2')
    await old.server.kill9()
    const next = await otherPrimary(controller, group, 'n2')
    await must(group.node(next).address, 'RPUSH', 'later', '1', '2', '3')
    await old.server.start()
    assert.equal(await healthy(controller, group), next)
    await equal(group, ['later', 'after'], next)
    const entries = await controller.api.history('pair', 50)
    const demoted = entries.find((entry) => entry.rule === 'node.demote' || entry.rule === 'node.follow')
    assert.ok(demoted !== undefined && typeof demoted.evidence['discards'] === 'string', JSON.stringify(entries.slice(0, 5)))
  })

  test('P9: a replica with the replication id of another group -> forgets it, is copied anew, all nodes equal', async () => {
    const primary = await healthy(controller, group)
    const { server } = group.node(primary === 'n1' ? 'n2' : 'n1')
    // Its file is put back from a backup of another group.
    await server.kill9()
    server.writeConfig(server.config.replace(/^replication-id : .*$/m, `replication-id : ${'f'.repeat(50)}`))
    await server.start()
    await until('it is not let in', 10_000, async () => {
      const info = await server.info('replication')
      return info.get('ReplicationID') === 'f'.repeat(50) ? found(true) : instead(info.get('ReplicationID') ?? 'no id')
    })
    await must(group.node(primary).address, 'RPUSH', 'others', '1')
    assert.equal(await healthy(controller, group), primary)
    await equal(group, ['others', 'later', 'after'], primary)
  })

  test('the group says redis and its nodes are Pikas -> said, and nothing is done', async () => {
    const spec = { ...group.spec({}, 'redis'), name: 'mistaken', nodes: group.spec().nodes.slice(0, 1) }
    await controller.api.apply([], ['pair'])
    await controller.api.apply([spec])
    await until('it says what is wrong', 10_000, async () => {
      const status = await controller.api.group('mistaken')
      const problem = status?.nodes[0]?.problem ?? 'none'
      return /engine: pika/.test(problem) ? found(true) : instead(problem)
    })
    await controller.api.apply([group.spec()], ['mistaken'])
    await healthy(controller, group)
  })

  test('a planned switchover under load -> nothing acknowledged is lost', async () => {
    const from = await healthy(controller, group)
    const to = from === 'n1' ? 'n2' : 'n1'
    const writer = new Writer('planned', following(controller.api, 'pair'), { perSecond: 300 }).start()
    await acknowledged(writer, 0, 50)
    const moved = await controller.api.switchover('pair', to)
    assert.equal(moved.ok, true)
    const at = performance.now()
    await acknowledged(writer, at, 50, (ack) => ack.node === to)
    await writer.stop()
    assert.equal(await healthy(controller, group), to)
    await equal(group, ['planned'], to)
    const held = new Set((await heldBy(group.node(to).address, ['planned'])).get('planned'))
    assert.deepEqual(
      writer.acks.filter((ack) => !held.has(ack.n)),
      [],
    )
  })
})
