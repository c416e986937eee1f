// Planned moves there and back under load, between nodes that are well.
import { Writer, following } from '../harness/writers.ts'
import { acknowledged } from '../stories/waits.ts'
import { type PikaStory, compared, healthy, playOn, promise } from './story.ts'

const moves = 4

export const switchover: PikaStory = (options) =>
  playOn(options, 'switchover', 'Planned moves under load', async (scene) => {
    const { controller, group, notes, variant } = scene
    const writers = Array.from({ length: 2 }, (_, at) =>
      new Writer(`follows${at}`, following(controller.api, group.id), { perSecond: 300, operationLimitMs: 10_000 }).start(),
    )
    for (const writer of writers) await acknowledged(writer, 0, 100)
    let primary = group.node('n1')
    for (let move = 1; move <= moves; move++) {
      const to = group.nodes.find((node) => node !== primary)
      if (to === undefined) throw new Error('a group has another node')
      const askedAt = performance.now()
      const answer = await controller.api.switchover(group.id, to.id)
      if (!answer.ok) throw new Error(`switchover to ${to.id}: ${answer.code} ${answer.detail}`)
      for (const writer of writers) await acknowledged(writer, askedAt, 20, (ack) => ack.node === to.id)
      notes.measure(variant, 'nobody took a write for, ms', Math.max(...writers.map((writer) => writer.longestGap(askedAt))))
      primary = await healthy(scene)
      notes.measure(variant, 'asked -> in sync, healthy, ms', performance.now() - askedAt)
      await promise(scene, 'it is primary', primary === to, `${primary.id} is`)
    }
    for (const writer of writers) await writer.stop()
    const lost = await compared(scene, primary, writers)
    notes.measure(variant, 'acknowledged writes lost', lost.length)
    await promise(scene, 'nothing acknowledged is lost', lost.length === 0, `${lost.length} lost, the first taken by ${lost[0]?.node}`)
    return writers
  })
