// A guarded primary is frozen, replaced, and wakes: what do clients that cling to it get acknowledged?
import { Controller } from '../harness/controller.ts'
import { dismiss, startWatched } from '../harness/watched.ts'
import { Writer, clinging, following } from '../harness/writers.ts'
import { pass } from '../harness/wait.ts'
import { Notebook, type Story } from './story.ts'
import { acknowledged, follows, healthy, otherPrimary } from './waits.ts'

const clients = 50
/** What waking takes before our queued demotion runs: measured 0-3 with 50 clients, each with one write in its socket. */
const acceptable = 5
const watchMs = 2_000

export const thaw: Story = async ({ runs, say }) => {
  const notes = new Notebook()
  const controller = await Controller.start()
  for (let run = 1; run <= (runs ?? 5); run++) {
    say(`thaw: run ${run}`)
    const where = `thaw, run ${run}`
    const group = await startWatched(controller, `thaw-${run}`, 3, { persistence: 'aof', delay: 5, policy: { guard: 'on' } })
    const old = group.node('n1')
    // Long deadlines: each client keeps one write in the frozen process's socket.
    const options = { perSecond: 40, operationLimitMs: 60_000 }
    const clings = Array.from({ length: clients }, (_, at) => new Writer(`clings${at}`, clinging(old.target), options).start())
    const follower = new Writer('follows', following(controller.api, group.id), { perSecond: 200, operationLimitMs: 100 }).start()
    await notes.attempt(where, group, controller, async () => {
      for (const writer of [...clings, follower]) await acknowledged(writer, 0, 10)
      const frozenAt = performance.now()
      await old.server.freeze()
      const next = await otherPrimary(controller, group, old.id)
      notes.measure('guarded 1+2', 'frozen -> another primary, ms', performance.now() - frozenAt)
      await acknowledged(follower, frozenAt, 50, (ack) => ack.node === next)
      const waiting = clings.filter((writer) => writer.isWaiting).length
      notes.measure('guarded 1+2', `writes waiting in its sockets (${clients} clinging clients)`, waiting)
      // Without them waking would prove nothing.
      if (waiting < clients / 2) throw new Error(`only ${waiting} clients cling with a write`)
      const wokeAt = performance.now()
      old.server.thaw()
      await follows(old, group.node(next), false)
      notes.measure('guarded 1+2', 'awake -> replica, ms', performance.now() - wokeAt)
      await pass(watchMs - (performance.now() - wokeAt))
      const late = clings.flatMap((writer) => writer.between(wokeAt))
      notes.measure('guarded 1+2', `acknowledged by it after waking`, late.length)
      notes.measure('guarded 1+2', 'last such acknowledgement, ms after waking', Math.max(0, ...late.map((ack) => ack.at - wokeAt)))
      await notes.promise(
        where,
        `at most ${acceptable} late acknowledgements`,
        late.length <= acceptable,
        `${late.length}`,
        group,
        controller,
      )
      await healthy(controller, group)
      notes.measure('guarded 1+2', 'awake -> in sync, healthy, ms', performance.now() - wokeAt)
    })
    if (old.server.isRunning) old.server.thaw()
    for (const writer of clings) writer.abandon()
    await Promise.all([...clings, follower].map((writer) => writer.stop()))
    await dismiss(controller, group)
  }
  await controller.remove()
  return { sections: [notes.section('A guarded primary freezes, is replaced and wakes (SIGSTOP, SIGCONT)')], violations: notes.violations }
}
