// `regroup plan` beside what then really happens on real servers.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { StopPlan } from '../src/core/stopPlan.ts'
import { makeBed } from './harness/bed.ts'
import { regroup } from './harness/cli.ts'
import { must } from './harness/client.ts'
import { found, instead, until } from './harness/wait.ts'
import { healthy, limitMs, otherPrimary } from './stories/waits.ts'

void describe('what was foreseen', () => {
  const bed = makeBed()

  async function planned(...words: string[]): Promise<{ readonly code: number | null; readonly plans: readonly StopPlan[] }> {
    const run = await regroup(bed.controller, 'plan', 'shop', ...words, '--json')
    assert.equal(run.err, '')
    return { code: run.code, plans: (JSON.parse(run.out) as { plans: StopPlan[] }).plans }
  }

  test('the primary dies -> the node takes over that was named, by the rule that was named', async () => {
    const { code, plans } = await planned('--if-dies', 'n1')
    const [plan] = plans
    assert.deepEqual([code, plan?.safety], [0, 'safe'], JSON.stringify(plan))
    const foreseen = plan?.outcomes[0]
    await bed.group.node('n1').server.kill9()
    assert.equal(await otherPrimary(bed.controller, bed.group, 'n1'), foreseen?.primary)
    const history = await bed.controller.api.history('shop')
    assert.ok(
      history.some(
        (entry) => entry.kind === 'decision' && entry.rule === foreseen?.rule && entry.evidence['candidate'] === foreseen.primary,
      ),
      JSON.stringify([foreseen, history.map((entry) => entry.rule)]),
    )
    await bed.group.node('n1').server.start()
    await healthy(bed.controller, bed.group)
  })

  test('everything is stopped and started in the order that was named -> the same primary, nothing lost, nobody had to act', async () => {
    const primary = await healthy(bed.controller, bed.group)
    await must(bed.group.node(primary).address, 'SET', 'kept', 'yes')
    const { code, plans } = await planned('--stop', 'all')
    const [plan] = plans
    assert.deepEqual([code, plan?.safety, plan?.stop.at(-1), plan?.start[0]], [3, 'outage', primary, primary], JSON.stringify(plan))
    for (const id of plan?.stop ?? []) {
      await bed.group.node(id).server.stop()
      await until(`regroup saw that ${id} is down`, limitMs, async () => {
        const node = (await bed.controller.api.group('shop'))?.nodes.find((one) => one.id === id)
        return node?.health === 'refused' && (id === primary || !node.inSync) ? found(true) : instead(JSON.stringify(node))
      })
    }
    for (const id of plan?.start ?? []) await bed.group.node(id).server.start()
    assert.equal(await healthy(bed.controller, bed.group), primary)
    for (const node of bed.group.nodes) assert.equal(await must(node.address, 'GET', 'kept'), 'yes')
    const history = await bed.controller.api.history('shop')
    assert.ok(
      history.some((entry) => entry.kind === 'decision' && entry.rule === plan?.outcomes[1]?.rule),
      JSON.stringify(plan?.outcomes[1]),
    )
  })

  test('a host -> every node there; a name that is nothing -> refused with what there is', async () => {
    const { plans } = await planned('--stop', '127.0.0.1')
    assert.deepEqual(
      plans.map((plan) => [plan.group, plan.nodes]),
      [['shop', ['n1', 'n2', 'n3']]],
    )
    const refused = await regroup(bed.controller, 'plan', 'shop', '--stop', 'n9')
    assert.equal(refused.code, 4)
    assert.match(refused.err, /UNKNOWN_NODE: "n9" is no node of group shop \(it has n1, n2, n3\)/)
  })
})
