// A controller on an overloaded machine: the real process stands still for moments, again and again.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Controller } from './harness/controller.ts'
import { type Group, startGroup } from './harness/servers.ts'
import { pass, staysTrue, found, instead } from './harness/wait.ts'
import { dismiss, takeOver } from './harness/watched.ts'
import { healthy, otherPrimary } from './stories/waits.ts'

/** It stands still for longer than our own lateness may be, and never runs for as long as silence must last. */
const [standsMs, goesMs] = [400, 300]

/** Stops and continues the process until it is told to end; gives how to end it. */
function starve(pid: number): () => Promise<void> {
  const relief = new AbortController()
  const over = (async () => {
    while (!relief.signal.aborted) {
      process.kill(pid, 'SIGSTOP')
      await pass(standsMs)
      process.kill(pid, 'SIGCONT')
      await pass(goesMs)
    }
  })()
  return async () => {
    relief.abort()
    await over
  }
}

void describe('a controller that stands still for moments, again and again', () => {
  let controller: Controller
  let group: Group
  before(async () => {
    controller = await Controller.start()
    group = await startGroup('starved', 3, { persistence: 'aof', delay: 0 })
    await takeOver(controller, group, {})
  })
  after(async () => {
    await dismiss(controller, group)
    await controller.remove()
  })

  test('all nodes are well -> its own pauses are nobody’s silence', async () => {
    const relieve = starve(controller.pid)
    try {
      await staysTrue('nobody is doubted', 5_000, async () => {
        const status = await controller.api.group(group.id, 5_000)
        return status === null || status.verdict.rule === 'steady.healthy' ? found(true) : instead(status.sentence)
      })
    } finally {
      await relieve()
    }
    assert.equal(await healthy(controller, group), 'n1')
    const { epoch } = (await controller.api.group(group.id)) ?? assert.fail('regroup does not answer')
    assert.equal(epoch, 1)
  })

  test('the primary stands still too -> another takes its place, and it follows when it wakes', async () => {
    const relieve = starve(controller.pid)
    const { server } = group.node('n1')
    try {
      await server.freeze()
      const next = await otherPrimary(controller, group, 'n1')
      server.thaw()
      assert.equal(await healthy(controller, group), next)
    } finally {
      server.thaw()
      await relieve()
    }
  })
})
