// What outlives a server: a backup that is restored, on real servers and real processes.
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { must, roleOf } from './harness/client.ts'
import { regroup } from './harness/cli.ts'
import { Controller } from './harness/controller.ts'
import { found, instead, staysTrue, until } from './harness/wait.ts'
import { dismiss, startWatched } from './harness/watched.ts'
import { healthy, limitMs } from './stories/waits.ts'

test('a backup is restored after its replicas fell behind and the primary died -> none of them is promoted; with the primary all is well', async (t) => {
  const controller = await Controller.start()
  t.after(() => controller.remove())
  const group = await startWatched(controller, 'shop', 3, { persistence: 'aof', delay: 0 })
  await healthy(controller, group)
  const file = join(controller.dir, 'backup.db')
  const backup = await regroup(controller, 'backup', file)
  assert.match(backup.out, /backup\.db: 1 group, revision 1 of the spec/, backup.err)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const refused = await regroup(controller, 'restore', file, '--config', controller.configFile)
  assert.equal(refused.code, 5)
  assert.match(refused.err, new RegExp(`STORE_LOCKED: another process \\(pid ${controller.pid}\\)`))

  await controller.stop()
  const [primary, ...replicas] = group.nodes
  assert.ok(primary !== undefined)
  // The guard is given up and both replicas lose their link: what is written now only the primary has.
  await must(primary.address, 'CONFIG', 'SET', 'min-replicas-to-write', '0')
  for (const replica of replicas) await must(replica.address, 'REPLICAOF', '127.0.0.1', '1')
  await must(primary.address, 'SET', 'after', 'the backup')
  await primary.server.kill9()

  const restored = await regroup(controller, 'restore', file, '--config', controller.configFile)
  assert.equal(restored.code, 0, restored.err)
  assert.match(
    restored.out,
    /is .*backup\.db now, made 20.*1 group, revision 1.*\nthe store that was there is .*before-.*\nstart the server/,
  )
  await controller.start()
  const held = await until('the group holds for its primary', limitMs, async () => {
    const status = await controller.api.group('shop')
    return status?.verdict.rule === 'restored.unreachable' ? found(status) : instead(`${status?.verdict.rule}: ${status?.sentence}`)
  })
  assert.match(held.sentence, /missing: n1: refused/)
  assert.deepEqual([held.phase, held.writable, held.inSync], ['restored', false, []])
  await staysTrue('nobody is promoted', 1500, async () => {
    const roles = await Promise.all(replicas.map((replica) => roleOf(replica.address)))
    return roles.every(({ role }) => role === 'replica') ? found(true) : instead(JSON.stringify(roles))
  })

  await primary.server.start()
  assert.equal(await healthy(controller, group), 'n1')
  for (const { address } of group.nodes) assert.equal(await must(address, 'GET', 'after'), 'the backup')
  const after = await controller.api.group('shop')
  assert.ok((after?.epoch ?? 0) > 1, `epoch ${after?.epoch}`)
  await dismiss(controller, group)
})
