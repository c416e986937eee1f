// `regroup roll` on real servers: under load to its end, stopped at a doubt, and gone on with by somebody else.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RollView } from '../src/core/roll.ts'
import { makeBed } from './harness/bed.ts'
import { regroup } from './harness/cli.ts'
import { found, instead, until } from './harness/wait.ts'
import { rollUnderLoad } from './stories/roll.ts'
import { healthy, limitMs } from './stories/waits.ts'

void describe('a rolling restart', () => {
  const bed = makeBed()

  async function roll(): Promise<RollView | null> {
    const run = await regroup(bed.controller, 'roll', 'shop', '--show', '--json')
    assert.equal(run.code, 0, run.err)
    return (JSON.parse(run.out) as { roll: RollView | null }).roll
  }

  test('under load -> the replicas, then the old primary, nothing acknowledged is lost, nobody is left in maintenance', async () => {
    const rolled = await rollUnderLoad(bed.controller, bed.group, 2)
    assert.equal(rolled.ran.code, 0, rolled.ran.err)
    assert.deepEqual([rolled.restarts, rolled.lost, rolled.disorder], [['n2', 'n3', 'n1'], 0, 0])
    assert.match(rolled.ran.out, /only the primary n1 is left: it hands over to n2 first/)
    const status = await bed.controller.api.group('shop')
    assert.deepEqual([status?.roll, status?.nodes.map((node) => node.maintenance)], [null, [null, null, null]])
    assert.equal(await roll(), null)
  })

  test('a command that fails -> stops with what went wrong; the controller is restarted; run again -> goes on with who is left', async () => {
    const primary = await healthy(bed.controller, bed.group)
    const failed = await regroup(bed.controller, 'roll', 'shop', '--exec', 'test "$NODE" != n3', '--within', '3s', '--why', 'a test')
    assert.equal(failed.code, 3)
    assert.match(
      failed.err,
      /NOT_NOW: the roll of shop stops: (n1 may be restarted; it still runs as before, for 3 s now|the command for n3 ended with exit code 1)/,
    )
    const half = await roll()
    assert.deepEqual([half?.why, half?.restarted, half?.left], ['a test', [], ['n1', 'n2', 'n3']])
    const turn = half?.turn?.node ?? ''
    await bed.controller.kill9()
    await bed.controller.start()
    await bed.group.node(turn).server.restart()
    await until('it counts as restarted', limitMs, async () => {
      const now = (await bed.controller.api.group('shop'))?.roll
      return now?.restarted.includes(turn) === true ? found(now) : instead(JSON.stringify(now))
    })
    const rolled = await rollUnderLoad(bed.controller, bed.group, 2)
    assert.equal(rolled.ran.code, 0, rolled.ran.err)
    assert.deepEqual([rolled.restarts.length, rolled.restarts.includes(turn), rolled.restarts.at(-1), rolled.lost], [2, false, primary, 0])
  })

  test('another node goes down meanwhile -> stops at the doubt, restarts nobody; forgotten on request', async () => {
    const primary = await healthy(bed.controller, bed.group)
    const [first, second] = bed.group.nodes.filter((node) => node.id !== primary)
    assert.ok(first !== undefined && second !== undefined)
    const pid = first.server.pid
    await second.server.stop()
    await until('regroup saw it', limitMs, async () => {
      const status = await bed.controller.api.group('shop')
      return status?.nodes.some((node) => node.health === 'refused') === true ? found(true) : instead(`${status?.state}`)
    })
    const refused = await regroup(bed.controller, 'roll', 'shop')
    assert.equal(refused.code, 3)
    assert.match(refused.err, new RegExp(`a rolling restart begins when every node answers; missing: ${second.id}`))
    await second.server.start()
    await healthy(bed.controller, bed.group)
    const run = regroup(bed.controller, 'roll', 'shop', '--within', '20s')
    await until('it is somebody’s turn', limitMs, async () => {
      const turn = (await bed.controller.api.group('shop'))?.roll?.turn
      return turn == null ? instead('nobody’s') : found(turn)
    })
    const others = bed.group.nodes.filter((node) => node.id !== primary && node.id !== first.id)
    for (const node of others) await node.server.stop()
    const stopped = await run
    assert.equal(stopped.code, 3, stopped.out)
    assert.match(stopped.err, /is down, and it is not its turn.*goes on from there/)
    assert.equal(first.server.pid, pid)
    const forgotten = await regroup(bed.controller, 'roll', 'shop', '--cancel')
    assert.equal(forgotten.out, 'no rolling restart of shop is under way\n')
    for (const node of others) await node.server.start()
    await healthy(bed.controller, bed.group)
  })
})
