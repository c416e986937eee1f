// The primary crashes under load and is started again by a supervisor, at once or later. Clients that nobody told go on writing to it.
import { judge } from '../harness/check.ts'
import { Controller } from '../harness/controller.ts'
import { type Group, heldBy } from '../harness/servers.ts'
import { pass } from '../harness/wait.ts'
import { dismiss, startWatched } from '../harness/watched.ts'
import { Writer, clinging, following } from '../harness/writers.ts'
import { Notebook, type Story } from './story.ts'
import { acknowledged, follows, healthy, otherPrimary } from './waits.ts'

const restartsAfterMs = [20, 1_000, 5_000]
/** Taken by the primary this shortly before it died, a write may have been on no other node. */
const asynchronousMs = 100

export const lostPrimary: Story = async ({ runs, say }) => {
  const notes = new Notebook()
  const controller = await Controller.start()
  for (const afterMs of restartsAfterMs) {
    for (let run = 1; run <= (runs ?? 3); run++) {
      say(`lost-primary: restart after ${afterMs} ms, run ${run}`)
      await one(notes, controller, afterMs, run)
    }
  }
  await controller.remove()
  return { sections: [notes.section('The primary crashes under load (kill -9, 1+2, AOF, diskless delay 5)')], violations: notes.violations }
}

async function one(notes: Notebook, controller: Controller, afterMs: number, run: number): Promise<void> {
  const variant = `restart after ${afterMs} ms`
  const where = `lost-primary, ${variant}, run ${run}`
  const group = await startWatched(controller, `lost-${afterMs}-${run}`, 3, { persistence: 'aof', delay: 5 })
  const old = group.node('n1')
  const clings = Array.from({ length: 4 }, (_, at) => new Writer(`clings${at}`, clinging(old.target), { perSecond: 250 }).start())
  const followers = Array.from({ length: 2 }, (_, at) =>
    new Writer(`follows${at}`, following(controller.api, group.id), { perSecond: 500 }).start(),
  )
  const writers = [...clings, ...followers]
  await notes.attempt(where, group, controller, async () => {
    for (const writer of writers) await acknowledged(writer, 0, 100)
    const diedAt = performance.now()
    await old.server.kill9()
    await pass(afterMs - (performance.now() - diedAt))
    await old.server.start()
    const openAt = performance.now()
    const winner = await settled(controller, group, notes, variant, old.id, openAt)
    for (const writer of followers) await acknowledged(writer, openAt, 100)
    await Promise.all(writers.map((writer) => writer.stop()))
    notes.measure(variant, 'unavailable, ms', Math.max(...followers.map((writer) => writer.longestGap(diedAt - 50))))
    const held = await heldBy(
      group.node(winner).address,
      writers.map((writer) => writer.key),
    )
    const lost = writers.flatMap((writer) => judge(writer.acks, held.get(writer.key) ?? []).lost)
    const stale =
      winner === old.id
        ? lost.filter((ack) => ack.at > diedAt + 5)
        : writers.flatMap((writer) => writer.between(diedAt + 5).filter((ack) => ack.node === old.id))
    notes.measure(variant, 'writes accepted by the old primary after its death', stale.length)
    notes.measure(
      variant,
      'writes refused by it to those who cling',
      clings.reduce((sum, writer) => sum + writer.refusals.filter((no) => no.at > openAt && no.kind === 'error').length, 0),
    )
    notes.measure(variant, 'acknowledged in its last moments and lost', lost.filter((ack) => ack.at <= diedAt + 5).length)
    await notes.promise(where, 'no stale write', stale.length === 0, `${stale.length} accepted by ${old.id}`, group, controller)
    const unexplained = lost.filter((ack) => ack.at < diedAt - asynchronousMs || ack.at > diedAt + 5)
    await notes.promise(
      where,
      'no acknowledged write lost but in the crash itself',
      unexplained.length === 0,
      `${unexplained.length} lost`,
      group,
      controller,
    )
  })
  await Promise.all(writers.map((writer) => writer.stop()))
  await dismiss(controller, group)
}

/** Times the old primary's way back. A primary that was away for milliseconds may rightly be primary again. */
async function settled(
  controller: Controller,
  group: Group,
  notes: Notebook,
  variant: string,
  old: string,
  openAt: number,
): Promise<string> {
  const healthyAs = healthy(controller, group)
  const other = otherPrimary(controller, group, old)
  // When the old one is primary again, another never comes: that is no failure.
  other.catch(() => undefined)
  const status = await Promise.race([healthyAs, other])
  if (status !== old) {
    const [node, primary] = [group.node(old), group.node(status)]
    await follows(node, primary, false)
    notes.measure(variant, 'port open -> replica, ms', performance.now() - openAt)
    await follows(node, primary, true)
    notes.measure(variant, 'port open -> link up, ms', performance.now() - openAt)
  }
  const winner = await healthyAs
  notes.measure(variant, 'port open -> in sync, healthy, ms', performance.now() - openAt)
  return winner
}
