// What every story on Pika is, and what they all end with: one family, and the same data on every node.
import type { PikaOptions } from '../../test/servers/pika.ts'
import { converged, judge } from '../harness/check.ts'
import { must } from '../harness/client.ts'
import { Controller } from '../harness/controller.ts'
import { type Group, type Node, heldBy, startGroup } from '../harness/servers.ts'
import { type Look, found, instead, until } from '../harness/wait.ts'
import { dismiss, takeOver } from '../harness/watched.ts'
import type { Ack, Writer } from '../harness/writers.ts'
import { Notebook, type Told } from '../stories/story.ts'

interface PikaStoryOptions {
  readonly servers: PikaOptions
  readonly nodes: readonly number[]
  readonly runs: number
  readonly say: (line: string) => void
}

export type PikaStory = (options: PikaStoryOptions) => Promise<Told>

/** A link that failed is given 25 s and then 5 s, and a replica that lost its primary tries every 10 s (docs/pika.md, P8, P13). */
const healthyLimitMs = 60_000
const arrivesLimitMs = 10_000

export interface Scene {
  readonly where: string
  readonly variant: string
  readonly controller: Controller
  readonly group: Group
  readonly notes: Notebook
}

/** Plays it for each size of group, so often, each time on a group of its own that regroup has just taken over. */
export async function playOn(
  options: PikaStoryOptions,
  name: string,
  title: string,
  one: (scene: Scene) => Promise<readonly Writer[]>,
): Promise<Told> {
  const notes = new Notebook()
  const controller = await Controller.start()
  for (const nodes of options.nodes) {
    for (let run = 1; run <= options.runs; run++) {
      const variant = `1+${nodes - 1}`
      const where = `${name}, ${variant}, run ${run}`
      options.say(where)
      const group = await notes.started(where, () =>
        startGroup(`${name}-${nodes}-${run}`, nodes, { persistence: 'aof', delay: 0, pika: options.servers }),
      )
      if (group === null) continue
      let writers: readonly Writer[] = []
      await notes.attempt(where, group, controller, async () => {
        const beganAt = performance.now()
        await takeOver(controller, group, {})
        notes.measure(variant, 'taken over, ms', performance.now() - beganAt)
        writers = await one({ where, variant, controller, group, notes })
      })
      for (const writer of writers) await writer.stop()
      await dismiss(controller, group)
    }
  }
  await controller.remove()
  return { sections: [notes.section(title)], violations: notes.violations }
}

/** A user that a person made, who may do less than everything. */
export const app = {
  user: 'app',
  password: 'secret',
  rules: ['on', '>secret', '~*', '&*', '-@all', '+@read', '+@write', '+auth', '-flushall'],
}

/** His line of a node's access list. */
export async function lineOf(node: Node): Promise<string | undefined> {
  const lines = await must(node.address, 'ACL', 'LIST')
  return (lines as readonly string[]).find((line) => line.startsWith(`user ${app.user} `))
}

/** Gives the primary's id. */
export async function healthy({ controller, group }: Scene): Promise<Node> {
  const look = await until(`group ${group.id} is healthy`, healthyLimitMs, () => converged(group, controller.api), 10)
  return group.node(look.primary)
}

/** Every writer's list is the same on every node; gives what the writers were told and the group does not hold. */
export async function compared({ group }: Scene, primary: Node, writers: readonly Writer[]): Promise<Ack[]> {
  const keys = writers.map((writer) => writer.key)
  const held = await until('every node holds what its primary holds', arrivesLimitMs, async (): Promise<Look<typeof first>> => {
    const first = await heldBy(primary.address, keys)
    for (const node of group.nodes) {
      const other = await heldBy(node.address, keys)
      const apart = keys.find((key) => JSON.stringify(other.get(key)) !== JSON.stringify(first.get(key)))
      if (apart !== undefined)
        return instead(`${node.id} holds ${apart} up to ${other.get(apart)?.at(-1)}, ${primary.id} up to ${first.get(apart)?.at(-1)}`)
    }
    return found(first)
  })
  return writers.flatMap((writer) => judge(writer.acks, held.get(writer.key) ?? []).lost)
}

export async function promise(scene: Scene, what: string, kept: boolean, note: string): Promise<void> {
  await scene.notes.promise(scene.where, what, kept, note, scene.group, scene.controller)
}

/** Writes are lost only where a story explains it, and regroup said in the history that it throws them away. */
export async function saidWhatIsLost(scene: Scene, node: string, lost: readonly Ack[], unexplained: readonly Ack[]): Promise<void> {
  await promise(scene, 'no other write lost', unexplained.length === 0, `${unexplained.length} lost`)
  const entries = await scene.controller.api.history(scene.group.id, 200)
  const said = entries.some(({ evidence }) => evidence['node'] === node && typeof evidence['discards'] === 'string')
  await promise(scene, 'what is discarded is said', lost.length === 0 || said, `${lost.length} lost, nothing said`)
}
