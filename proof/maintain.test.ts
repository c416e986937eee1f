// `regroup maintain` on real servers: what a person does who takes a node out to work on it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeBed } from './harness/bed.ts'
import { judge } from './harness/check.ts'
import { regroup } from './harness/cli.ts'
import { heldBy } from './harness/servers.ts'
import { found, instead, staysTrue, until } from './harness/wait.ts'
import { Writer, following } from './harness/writers.ts'
import { acknowledged, follows, healthy, limitMs } from './stories/waits.ts'

void describe('a node that is worked on', () => {
  const bed = makeBed()

  test('the primary under load -> hands over before the command ends, nothing acknowledged is lost; it may be down, and the group is healthy', async () => {
    const writer = new Writer('worked', following(bed.controller.api, 'shop'), { perSecond: 500 }).start()
    await acknowledged(writer, 0, 50)
    const run = await regroup(bed.controller, 'maintain', 'shop/n1', '--for', '10m', '--why', 'new disk')
    assert.equal(run.code, 0, run.err)
    assert.match(run.out, /^(n[23]) took over from n1 after .*\nn1 of shop is in maintenance until .* \(new disk\)/)
    await bed.group.node('n1').server.stop()
    const next = bed.group.node((await bed.controller.api.group('shop'))?.primary ?? null)
    await acknowledged(writer, performance.now(), 50, (ack) => ack.node === next.id)
    await writer.stop()
    const kept = (await heldBy(next.address, ['worked'])).get('worked') ?? []
    assert.deepEqual(judge(writer.acks, kept).lost, [])
    await until('regroup saw that n1 is down', limitMs, async () => {
      const n1 = (await bed.controller.api.group('shop'))?.nodes.find((node) => node.id === 'n1')
      return n1?.health === 'refused' ? found(n1) : instead(`${n1?.health}`)
    })
    await staysTrue('the group is healthy while n1 is down', 1500, async () => {
      const status = await bed.controller.api.group('shop')
      return status?.state === 'healthy' && status.writable ? found(true) : instead(`${status?.state}: ${status?.sentence}`)
    })
  })

  test('the controller is killed and starts again -> the maintenance stands, and the node follows when it is back', async () => {
    await bed.controller.kill9()
    await bed.controller.start()
    await until('the maintenance is shown', limitMs, async () => {
      const status = await bed.controller.api.group('shop')
      const said = status?.nodes.find((node) => node.id === 'n1')?.maintenance ?? null
      return status?.state === 'healthy' && said?.why === 'new disk' ? found(said) : instead(JSON.stringify(status))
    })
    const shown = await regroup(bed.controller, 'status', 'shop')
    assert.match(shown.out, /n1 .*in maintenance until .* by .*: new disk/)
    const next = bed.group.node((await bed.controller.api.group('shop'))?.primary ?? null)
    await bed.group.node('n1').server.start()
    await follows(bed.group.node('n1'), next, true)
    await healthy(bed.controller, bed.group)
  })

  test('in maintenance and in sync -> not promoted when the primary dies, another one is', async () => {
    const old = bed.group.node((await bed.controller.api.group('shop'))?.primary ?? null)
    const refused = await regroup(bed.controller, 'switchover', 'shop', '--to', 'n1')
    assert.equal(refused.code, 3)
    assert.match(refused.err, /n1 is in maintenance; `regroup maintain shop\/n1 --end` ends it/)
    await old.server.kill9()
    const status = await until('another primary', limitMs, async () => {
      const now = await bed.controller.api.group('shop')
      return now !== null && now.writable && now.primary !== old.id ? found(now) : instead(`${now?.verdict.rule}: ${now?.sentence}`)
    })
    assert.notEqual(status.primary, 'n1')
    // Now it alone is left beside the primary: nobody can take over.
    const last = await regroup(bed.controller, 'maintain', `shop/${status.primary}`)
    assert.equal(last.code, 3)
    assert.match(last.err, /nobody can take over: .*none may be promoted|nobody can take over: no replica is in sync/)
    assert.equal((await regroup(bed.controller, 'maintain', 'n1', '--end')).code, 0)
    await old.server.start()
    await healthy(bed.controller, bed.group)
  })
})
