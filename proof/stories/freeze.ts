// A primary stops answering without closing anything: how long until another takes writes?
import { Controller } from '../harness/controller.ts'
import { dismiss, startWatched } from '../harness/watched.ts'
import { Writer, following } from '../harness/writers.ts'
import { Notebook, type Story } from './story.ts'
import { acknowledged, healthy, otherPrimary } from './waits.ts'

export const freeze: Story = async ({ runs, say }) => {
  const notes = new Notebook()
  const controller = await Controller.start()
  for (const nodes of [2, 3]) {
    const variant = `1+${nodes - 1}`
    for (let run = 1; run <= (runs ?? 5); run++) {
      say(`freeze: ${variant}, run ${run}`)
      const group = await startWatched(controller, `freeze-${nodes}-${run}`, nodes, { persistence: 'aof', delay: 5 })
      const old = group.node('n1')
      // Its own deadline is part of the gap a client sees: short, so that the figure is regroup's.
      const writer = new Writer('follows', following(controller.api, group.id), { perSecond: 500, operationLimitMs: 100 }).start()
      await notes.attempt(`freeze, ${variant}, run ${run}`, group, controller, async () => {
        await acknowledged(writer, 0, 100)
        const frozenAt = performance.now()
        await old.server.freeze()
        const next = await otherPrimary(controller, group, old.id)
        notes.measure(variant, 'frozen -> another primary, ms', performance.now() - frozenAt)
        await acknowledged(writer, frozenAt, 50, (ack) => ack.node === next)
        notes.measure(variant, 'gap seen by the following writer, ms', writer.longestGap(frozenAt - 50))
        old.server.thaw()
        await healthy(controller, group)
      })
      if (old.server.isRunning) old.server.thaw()
      await writer.stop()
      await dismiss(controller, group)
    }
  }
  await controller.remove()
  return { sections: [notes.section('The primary freezes under load (SIGSTOP)')], violations: notes.violations }
}
