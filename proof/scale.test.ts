// The doubles of the scale proof under a real controller: they are taken over, and a vanished primary is replaced, as with real servers.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../test/servers/redis.ts'
import { Controller } from './harness/controller.ts'
import { found, instead, until } from './harness/wait.ts'
import { Fleet } from './scale/fleet.ts'
import { sample } from './scale/measure.ts'
import { flagsOfUnit } from './scale/unit.ts'
import { limitMs } from './stories/waits.ts'

test('scale: groups of doubles, two primaries vanish -> all were healthy, both are replaced, the others keep theirs', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'regroup-scale-'))
  const fleet = await Fleet.start(5, 99, await freePort(), dir)
  const controller = await Controller.start({ nodeFlags: flagsOfUnit() })
  try {
    const [, ...given] = readFileSync(`/proc/${controller.pid}/cmdline`, 'utf8').split('\0')
    assert.equal(given[0], '--max-semi-space-size=128', `as the unit in README.md starts it: ${given.join(' ')}`)
    const applied = await controller.api.apply(fleet.input)
    assert.ok(applied.ok)
    const calm = await until('every group is healthy', limitMs, async () => {
      const seen = await sample(controller)
      return seen.healthy === 5 ? found(seen) : instead(`${seen.healthy} of 5`)
    })
    assert.ok(calm.probes > 30 && calm.rssMb > 10 && calm.cpuSeconds > 0 && calm.loopDelayP99Ms > 0, JSON.stringify(calm))
    const asked = (await fleet.count()).reduce((sum, one) => sum + one, 0)
    assert.ok(asked > 30, `${asked} questions came`)
    const healed = await fleet.vanish(['g1', 'g3'])
    assert.deepEqual(healed.map(({ group }) => group).toSorted(), ['g1', 'g3'])
    const primaries = await until('both failovers are counted', limitMs, async () => {
      const { failovers } = await sample(controller)
      const groups = (await controller.api.groups()) ?? []
      return failovers === 2
        ? found(groups.map(({ group, primary }) => `${group} ${primary === 'a' ? 'kept' : 'moved'}`))
        : instead(`${failovers}`)
    })
    assert.deepEqual(primaries.toSorted(), ['g0 kept', 'g1 moved', 'g2 kept', 'g3 moved', 'g4 kept'])
  } finally {
    await controller.remove()
    fleet.stop()
    rmSync(dir, { recursive: true, force: true })
  }
})
