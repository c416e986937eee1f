// A preferred primary and a scheduled switchover on real servers: what moves the primary while nobody is there.
import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { describe, test } from 'node:test'
import { makeBed } from './harness/bed.ts'
import { judge } from './harness/check.ts'
import { regroup } from './harness/cli.ts'
import { heldBy } from './harness/servers.ts'
import { found, instead, until } from './harness/wait.ts'
import { Writer, following } from './harness/writers.ts'
import { acknowledged, healthy, limitMs, otherPrimary } from './stories/waits.ts'

void describe('a primary that moves by itself', () => {
  const bed = makeBed()

  function primaryIs(id: string): Promise<string> {
    return until(`${id} is primary`, limitMs, async () => {
      const status = await bed.controller.api.group('shop')
      return status?.primary === id && status.state === 'healthy' ? found(id) : instead(`${status?.primary}: ${status?.sentence}`)
    })
  }

  test('the preferred primary is killed under load and comes back -> primary again by a planned switchover, which loses nothing', async () => {
    const { nodes, ...spec } = bed.group.spec({ failback: 'atOnce', failbackAfterMs: 2_000 })
    const preferring = nodes.map((node) => (node.name === 'n1' ? { ...node, priority: 10 } : node))
    const applied = await bed.controller.api.apply([{ ...spec, nodes: preferring }])
    assert.ok(applied.ok, JSON.stringify(applied))
    await bed.group.node('n1').server.kill9()
    const other = await otherPrimary(bed.controller, bed.group, 'n1')
    const writer = new Writer('back', following(bed.controller.api, 'shop'), { perSecond: 500 }).start()
    await acknowledged(writer, 0, 50, (ack) => ack.node === other)
    await bed.group.node('n1').server.start()
    const pending = await until('it is told that n1 becomes primary again', limitMs, async () => {
      const status = await bed.controller.api.group('shop')
      return status?.failback?.at == null ? instead(JSON.stringify(status?.failback)) : found(status.failback)
    })
    assert.equal(pending.node, 'n1')
    await primaryIs('n1')
    await acknowledged(writer, performance.now(), 50, (ack) => ack.node === 'n1')
    await writer.stop()
    const kept = (await heldBy(bed.group.node('n1').address, ['back'])).get('back') ?? []
    assert.deepEqual(judge(writer.acks, kept).lost, [])
    const history = await bed.controller.api.history('shop')
    assert.ok(
      history.some(
        (entry) => entry.rule === 'steady.failback' && /n1 is preferred by its priority and has been in sync for 2 s/.test(entry.sentence),
      ),
    )
    assert.equal((await bed.controller.api.group('shop'))?.failback, null)
  })

  test('a switchover is scheduled and the controller is killed -> made at its time by the next one, then no longer listed', async () => {
    const off = await bed.controller.api.apply([bed.group.spec()])
    assert.ok(off.ok)
    const asked = await regroup(bed.controller, 'switchover', 'shop', '--to', 'n3', '--at', 'in 1h', '--why', 'rack')
    assert.match(
      asked.out,
      /^Switchover to n3 scheduled for .* by .*: rack; `regroup switchover shop --cancel` takes it back\n$/,
      asked.err,
    )
    const listed = await regroup(bed.controller, 'schedule')
    assert.match(listed.out, /shop .* n3 +.*rack/)
    // No command starts as quickly as this controller must die.
    const soon = await bed.controller.api.schedule('shop', 'n3', 4_000, 'rack')
    await bed.controller.kill9()
    assert.ok(soon.ok)
    await bed.controller.start()
    await primaryIs('n3')
    const history = await bed.controller.api.history('shop')
    assert.ok(
      history.some((entry) => entry.rule === 'steady.scheduled' && /scheduled by .* \(rack\); switch over to n3/.test(entry.sentence)),
    )
    assert.equal((await regroup(bed.controller, 'schedule')).out, 'no switchover is scheduled\n')
  })

  test('not safe at its time -> refused with the reason in the history; taken back before -> nothing happens', async () => {
    const primary = await healthy(bed.controller, bed.group)
    const to = primary === 'n1' ? 'n2' : 'n1'
    await bed.group.node(to).server.stop()
    const soon = await bed.controller.api.schedule('shop', to, 1_000)
    assert.ok(soon.ok, JSON.stringify(soon))
    const refused = await until('the refusal is in the history', limitMs, async () => {
      const [entry] = (await bed.controller.api.history('shop')).filter(({ sentence }) =>
        sentence.startsWith('no switchover, although scheduled'),
      )
      return entry === undefined ? instead('none yet') : found(entry)
    })
    assert.match(refused.sentence, new RegExp(`${to} is not in sync with its link up`))
    await bed.group.node(to).server.start()
    assert.equal(await healthy(bed.controller, bed.group), primary)
    assert.equal((await regroup(bed.controller, 'switchover', 'shop', '--to', to, '--at', 'in 1h')).code, 0)
    assert.equal((await regroup(bed.controller, 'switchover', 'shop', '--cancel')).out, 'no switchover of shop is scheduled now\n')
    const past = await regroup(bed.controller, 'switchover', 'shop', '--at', '2020-01-01T00:00Z')
    assert.equal(past.code, 2)
    assert.match(past.err, /is in the past/)
  })

  test('no node can write its file -> the primary is moved there and back again at once', async () => {
    const moved = bed.group.nodes.map(({ server }) => [server.dir, `${server.dir}-away`] as const)
    for (const [dir, away] of moved) renameSync(dir, away)
    try {
      const to = async (id: string): Promise<string> => {
        const asked = await regroup(bed.controller, 'switchover', 'shop', '--to', id)
        assert.equal(asked.code, 0, asked.err)
        return primaryIs(id)
      }
      for (const id of ['n1', 'n2', 'n1', 'n2']) {
        const status = await bed.controller.api.group('shop')
        if (status?.primary !== id) await to(id)
      }
      const history = await bed.controller.api.history('shop')
      assert.ok(!history.some((entry) => entry.rule === 'switchover.abort'))
    } finally {
      for (const [dir, away] of moved) renameSync(away, dir)
    }
  })
})
