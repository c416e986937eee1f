// What a monitoring system reads of a real controller while a real primary dies.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Controller } from './harness/controller.ts'
import { found, instead, until } from './harness/wait.ts'
import { dismiss, startWatched } from './harness/watched.ts'
import { limitMs } from './stories/waits.ts'

test('metrics: the primary is killed -> the next scrapes show the node down, one failover and the new epoch', async () => {
  const controller = await Controller.start({ settings: { credentials: { nodes: { password: 'tell-nobody' } } } })
  const group = await startWatched(controller, 'shop', 3, { persistence: 'aof', delay: 0 })
  const scrape = async (): Promise<string> => {
    const answer = await fetch(`${controller.url}/metrics`)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    return await answer.text()
  }
  const shows = async (...lines: readonly string[]): Promise<string> =>
    until(`metrics say ${lines.join(', ')}`, limitMs, async () => {
      const page = await scrape()
      const missing = lines.filter((line) => !page.includes(`${line}\n`))
      return missing.length === 0 ? found(page) : instead(`no ${missing.join(', ')}`)
    })
  try {
    const before = await shows(
      'regroup_group_state{group="shop",state="healthy"} 1',
      'regroup_node_role{group="shop",node="n1",role="primary"} 1',
      'regroup_group_failovers_total{group="shop"} 0',
      'regroup_group_epoch{group="shop"} 1',
    )
    assert.match(before, /^regroup_node_probe_seconds\{group="shop",node="n2"\} 0\.\d+$/m)
    assert.ok(Number(/^regroup_loop_delay_seconds\{quantile="0\.99"\} (\S+)$/m.exec(before)?.[1]) > 0)
    assert.ok(Number(/^regroup_probes_total\{result="reading"\} (\S+)$/m.exec(before)?.[1]) >= 6)
    await group.node('n1').server.kill9()
    const after = await shows(
      'regroup_group_failovers_total{group="shop"} 1',
      'regroup_group_switchovers_total{group="shop"} 0',
      'regroup_group_epoch{group="shop"} 2',
      'regroup_node_up{group="shop",node="n1"} 0',
    )
    assert.ok(Number(/^regroup_probes_total\{result="refused"\} (\S+)$/m.exec(after)?.[1]) > 0)
    assert.doesNotMatch(after, /tell-nobody/)
  } finally {
    await dismiss(controller, group)
    await controller.remove()
  }
})
