// The primary stands still, is replaced while its replicas call their links up, and wakes: what do clients that cling to it get acknowledged?
import { must } from '../harness/client.ts'
import { pass } from '../harness/wait.ts'
import { Writer, clinging, following } from '../harness/writers.ts'
import { acknowledged, otherPrimary } from '../stories/waits.ts'
import { type PikaStory, app, compared, healthy, lineOf, playOn, promise, saidWhatIsLost } from './story.ts'

const frozenMs = 30_000
/** Closed this soon after it wakes. */
const closedWithinMs = 300
const clients = 10

export const freeze: PikaStory = (options) =>
  playOn(options, 'freeze', `The primary stands still for ${frozenMs / 1_000} s and wakes (SIGSTOP, SIGCONT)`, async (scene) => {
    const { controller, group, notes, variant } = scene
    const old = group.node('n1')
    // Long deadlines: each client keeps one write in the frozen process's socket.
    const patient = { perSecond: 40, operationLimitMs: 2 * frozenMs }
    await must(old.address, 'ACL', 'SETUSER', app.user, ...app.rules)
    const rights = await lineOf(old)
    const clings = Array.from({ length: clients }, (_, at) =>
      new Writer(`clings${at}`, clinging(old.target), at % 2 === 0 ? patient : { ...patient, as: app }).start(),
    )
    const follows = new Writer('follows', following(controller.api, group.id), { perSecond: 200, operationLimitMs: 100 }).start()
    const writers = [...clings, follows]
    for (const writer of writers) await acknowledged(writer, 0, 20)
    const frozenAt = performance.now()
    await old.server.freeze()
    try {
      const next = await otherPrimary(controller, group, old.id)
      notes.measure(variant, 'frozen -> another primary, ms', performance.now() - frozenAt)
      await acknowledged(follows, frozenAt, 50, (ack) => ack.node === next)
      notes.measure(variant, 'gap seen by the following writer, ms', follows.longestGap(frozenAt - 50))
      await pass(frozenMs - (performance.now() - frozenAt))
      notes.measure(variant, 'writes waiting in its sockets', clings.filter((writer) => writer.isWaiting).length)
    } finally {
      old.server.thaw()
    }
    const wokeAt = performance.now()
    const primary = await healthy(scene)
    notes.measure(variant, 'awake -> in sync, healthy, ms', performance.now() - wokeAt)
    for (const writer of writers) await writer.stop()
    const late = clings.flatMap((writer) => writer.between(wokeAt)).filter((ack) => ack.node === old.id)
    const lastMs = Math.max(0, ...late.map((ack) => ack.at - wokeAt))
    notes.measure(variant, 'acknowledged by it after waking', late.length)
    notes.measure(variant, 'the last of them, ms after waking', lastMs)
    await promise(scene, `closed within ${closedWithinMs} ms of waking`, lastMs <= closedWithinMs, `${Math.round(lastMs)} ms`)
    await promise(scene, 'every user has the rights that he had', (await lineOf(old)) === rights, `${await lineOf(old)} was ${rights}`)
    const lost = await compared(scene, primary, writers)
    const unexplained = lost.filter((ack) => ack.node !== old.id || ack.at < frozenAt - 100)
    await saidWhatIsLost(scene, old.id, lost, unexplained)
    return writers
  })
