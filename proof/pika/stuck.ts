// The replicas stop, the primary goes on taking writes and stops too. A minute later the primary starts: only it holds everything.
import { pass } from '../harness/wait.ts'
import { Writer, roaming } from '../harness/writers.ts'
import { acknowledged } from '../stories/waits.ts'
import { type PikaStory, compared, healthy, playOn, promise } from './story.ts'

const awayMs = 60_000

export const stuck: PikaStory = (options) =>
  playOn(options, 'stuck', `All stop, the primary last; it starts alone after ${awayMs / 1_000} s`, async (scene) => {
    const { group, notes, variant } = scene
    const [primary, ...replicas] = group.nodes
    if (primary === undefined) throw new Error('a group has a node')
    const roams = new Writer('roams', roaming(group.targets), { perSecond: 300 }).start()
    await acknowledged(roams, 0, 100)
    for (const replica of replicas) await replica.server.stop()
    await acknowledged(roams, performance.now(), 100)
    await primary.server.stop()
    const stoppedAt = performance.now()
    await pass(awayMs)
    await primary.server.start()
    const openAt = performance.now()
    const first = await acknowledged(roams, openAt)
    notes.measure(variant, 'port open -> a write is acknowledged, ms', first.at - openAt)
    for (const replica of replicas) await replica.server.start()
    const lastAt = performance.now()
    const winner = await healthy(scene)
    notes.measure(variant, 'last start -> in sync, healthy, ms', performance.now() - lastAt)
    await roams.stop()
    await promise(scene, 'the same primary', winner === primary, `${winner.id} is`)
    const stopped = roams.between(stoppedAt + 5, openAt - 1_000)
    await promise(scene, 'nobody takes a write while it is away', stopped.length === 0, `${stopped.length} were taken`)
    const lost = await compared(scene, winner, [roams])
    await promise(scene, 'no acknowledged write lost', lost.length === 0, `${lost.length} lost, the first taken by ${lost[0]?.node}`)
    return [roams]
  })
