// The primary is killed under load and replaced; it comes back, open if its file does not say otherwise, to a client that clings to it.
import { found, instead, until } from '../harness/wait.ts'
import { Writer, clinging, roaming } from '../harness/writers.ts'
import { acknowledged, otherPrimary } from '../stories/waits.ts'
import { type PikaStory, compared, healthy, playOn, saidWhatIsLost } from './story.ts'

/** Taken this shortly before it died, a write may have been on no other node. */
const asynchronousMs = 100
const refusedLimitMs = 10_000

export const crash: PikaStory = (options) =>
  playOn(options, 'crash', 'The primary is killed under load and comes back (kill -9)', async (scene) => {
    const { controller, group, notes, variant } = scene
    const old = group.node('n1')
    const roams = new Writer('roams', roaming(group.targets), { perSecond: 300 }).start()
    const clings = new Writer('clings', clinging(old.target), { perSecond: 300 }).start()
    const writers = [roams, clings]
    for (const writer of writers) await acknowledged(writer, 0, 100)
    const diedAt = performance.now()
    await old.server.kill9()
    const next = group.node(await otherPrimary(controller, group, old.id))
    await acknowledged(roams, diedAt, 100, (ack) => ack.node === next.id)
    notes.measure(variant, 'gap seen by a writer, ms', roams.longestGap(diedAt - 50))
    await old.server.start()
    const openAt = performance.now()
    await until('the old primary refuses writes', refusedLimitMs, () => {
      const refusal = clings.refusals.at(-1)
      return refusal !== undefined && refusal.at > openAt && refusal.kind === 'error' ? found(true) : instead(JSON.stringify(refusal))
    })
    const primary = await healthy(scene)
    notes.measure(variant, 'port open -> in sync, healthy, ms', performance.now() - openAt)
    for (const writer of writers) await writer.stop()
    const stale = writers.flatMap((writer) => writer.between(diedAt + 5)).filter((ack) => ack.node === old.id)
    notes.measure(variant, 'writes taken by it after its death', stale.length)
    notes.measure(variant, 'the last of them, ms after its start', Math.max(0, ...stale.map((ack) => ack.at - openAt)))
    const lost = await compared(scene, primary, writers)
    notes.measure(variant, 'taken in its last moments and lost', lost.filter((ack) => ack.at <= diedAt + 5).length)
    const unexplained = lost.filter((ack) => ack.at < diedAt - asynchronousMs || (ack.at > diedAt + 5 && ack.node !== old.id))
    await saidWhatIsLost(scene, old.id, lost, unexplained)
    return writers
  })
