// Every node of a group is restarted under load, as `regroup roll` says: what do clients feel, and is anything lost?
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { judge } from '../harness/check.ts'
import { type Ran, regroup } from '../harness/cli.ts'
import { Controller } from '../harness/controller.ts'
import { type Group, heldBy } from '../harness/servers.ts'
import { pass } from '../harness/wait.ts'
import { dismiss, startWatched } from '../harness/watched.ts'
import { Writer, following } from '../harness/writers.ts'
import { Notebook, type Story } from './story.ts'
import { acknowledged, healthy } from './waits.ts'

/** Starts again whoever ended, as a service manager does, and keeps the process ids in files. */
export class Supervisor {
  readonly #group: Group
  readonly #done: Promise<void>
  #stopped = false
  /** Each end of a process, in order. */
  readonly restarts: string[] = []

  constructor(group: Group) {
    this.#group = group
    for (const node of group.nodes) this.#note(node.id, node.server.pid)
    this.#done = this.#watch()
  }

  /** What a person would give to `--exec`: an orderly end of the process that is asked for. */
  get command(): string {
    return `kill "$(cat "${this.#dir}/$NODE.pid")"`
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  get #dir(): string {
    return this.#group.nodes[0]?.server.dir ?? ''
  }

  #note(id: string, pid: number): void {
    writeFileSync(join(this.#dir, `${id}.pid`), String(pid))
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      for (const { id, server } of this.#group.nodes) {
        if (server.isRunning || this.#stopped) continue
        this.restarts.push(id)
        await server.start()
        this.#note(id, server.pid)
      }
      await pass(5)
    }
  }
}

export interface Rolled {
  readonly ran: Ran
  readonly restarts: readonly string[]
  readonly lost: number
  readonly disorder: number
  readonly worstStallMs: number
  readonly tookMs: number
}

/** One roll of a group that is well, with so many writers beside it. */
export async function rollUnderLoad(controller: Controller, group: Group, writers: number): Promise<Rolled> {
  const supervisor = new Supervisor(group)
  const load = Array.from({ length: writers }, (_, at) =>
    new Writer(`w${at}`, following(controller.api, group.id), { perSecond: 250 }).start(),
  )
  try {
    for (const writer of load) await acknowledged(writer, 0, 50)
    const startedAt = performance.now()
    const ran = await regroup(controller, 'roll', group.id, '--exec', supervisor.command, '--within', '1m')
    const endedAt = performance.now()
    if (ran.code === 0) for (const writer of load) await acknowledged(writer, endedAt, 20)
    for (const writer of load) await writer.stop()
    const primary = group.node(await healthy(controller, group))
    const held = await heldBy(
      primary.address,
      load.map((writer) => writer.key),
    )
    const judged = load.map((writer) => judge(writer.acks, held.get(writer.key) ?? []))
    return {
      ran,
      restarts: supervisor.restarts,
      lost: judged.reduce((sum, one) => sum + one.lost.length, 0),
      disorder: judged.reduce((sum, one) => sum + one.disorder.length, 0),
      worstStallMs: Math.max(...load.map((writer) => writer.longestGap(startedAt, endedAt))),
      tookMs: endedAt - startedAt,
    }
  } finally {
    for (const writer of load) await writer.stop()
    await supervisor.stop()
  }
}

export const roll: Story = async ({ runs, say }) => {
  const notes = new Notebook()
  const controller = await Controller.start()
  for (const persistence of ['aof', 'rdb'] as const) {
    for (let run = 1; run <= (runs ?? 3); run++) {
      const where = `roll, ${persistence}, run ${run}`
      say(where)
      const group = await startWatched(controller, `roll-${persistence}-${run}`, 3, { persistence, delay: 5 })
      await notes.attempt(where, group, controller, async () => {
        const rolled = await rollUnderLoad(controller, group, 4)
        notes.measure(persistence, 'longest wait of four writers, ms', rolled.worstStallMs)
        notes.measure(persistence, 'the whole roll, ms', rolled.tookMs)
        notes.measure(persistence, 'acknowledged writes lost', rolled.lost)
        const promise = (what: string, kept: boolean, note: string): Promise<void> =>
          notes.promise(where, what, kept, note, group, controller)
        await promise('the command ends well', rolled.ran.code === 0, rolled.ran.err)
        await promise(
          'nothing acknowledged is lost',
          rolled.lost + rolled.disorder === 0,
          `${rolled.lost} lost, ${rolled.disorder} in disorder`,
        )
        await promise('each node is restarted once, the first primary last', rolled.restarts.join() === 'n2,n3,n1', rolled.restarts.join())
      })
      await dismiss(controller, group)
    }
  }
  await controller.remove()
  return { sections: [notes.section('A rolling restart of a 1+2 under load')], violations: notes.violations }
}
