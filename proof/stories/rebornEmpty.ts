// A primary without persistence is restarted, by its supervisor, before anybody could notice: it is empty, and its replicas trust it.
import { Controller } from '../harness/controller.ts'
import { ask } from '../harness/client.ts'
import { parallel } from '../harness/parallel.ts'
import { type Section, table } from '../harness/report.ts'
import { type Delay, type Group, startGroup } from '../harness/servers.ts'
import { pass, until } from '../harness/wait.ts'
import { converged } from '../harness/check.ts'
import { dismiss, takeOver } from '../harness/watched.ts'
import { Notebook, type Story } from './story.ts'
import { limitMs } from './waits.ts'

const keys = 5_000
const restartsAfterMs = [0, 20, 50, 200, 1_000]
const delays: readonly Delay[] = [0, 5]
/** Groups at once: each mostly waits. */
const jobs = 3

interface Run {
  readonly afterMs: number
  readonly delay: Delay
  readonly bootFence: boolean
  readonly run: number
}

interface Result extends Run {
  /** On the group's primary at the end, or on the fullest node when it holds. */
  readonly kept: number
  readonly ended: string
}

export const rebornEmpty: Story = async ({ runs, say }) => {
  const notes = new Notebook()
  const controller = await Controller.start()
  const times = Array.from({ length: runs ?? 5 }, (_, at) => at + 1)
  const all = [true, false].flatMap((bootFence) =>
    delays.flatMap((delay) => restartsAfterMs.flatMap((afterMs) => times.map((run): Run => ({ afterMs, delay, bootFence, run })))),
  )
  const results = await parallel(all, jobs, (one) => {
    say(`reborn-empty: ${variantOf(one)}, restart after ${one.afterMs} ms, run ${one.run}`)
    return play(one, notes, controller)
  })
  await controller.remove()
  return { sections: [survivals(results), notes.section('Reborn empty: times')], violations: notes.violations }
}

function variantOf(one: Run): string {
  return `${one.bootFence ? 'boot fence' : 'no boot fence'}, diskless delay ${one.delay}`
}

async function play(one: Run, notes: Notebook, controller: Controller): Promise<Result> {
  const variant = variantOf(one)
  const where = `reborn-empty, ${variant}, restart after ${one.afterMs} ms, run ${one.run}`
  const group = await startGroup(`reborn-${one.bootFence ? 'f' : 'u'}-${one.delay}-${one.afterMs}-${one.run}`, 3, {
    persistence: 'none',
    delay: one.delay,
  })
  let kept = 0
  let ended = 'failed'
  try {
    await fill(group)
    await takeOver(controller, group, { policy: { bootFence: one.bootFence } })
    const old = group.node('n1')
    const exited = old.server.kill9()
    await exited
    await pass(one.afterMs)
    await old.server.start()
    const openAt = performance.now()
    const primary = await until('healthy', limitMs, () => converged(group, controller.api), 10).catch(() => null)
    ended = primary === null ? 'held' : primary.primary
    if (primary !== null) notes.measure(variant, 'port open -> healthy, ms', performance.now() - openAt)
    const counts = await Promise.all(group.nodes.map((node) => present(group, node.id)))
    kept = primary === null ? Math.max(...counts) : await present(group, primary.primary)
    // Without the fence it is a race that can be lost; only its odds are told.
    if (one.bootFence)
      await notes.promise(
        where,
        'every key survives, healthy again',
        kept === keys && primary !== null,
        `${kept} of ${keys}, ended ${ended}`,
        group,
        controller,
      )
  } catch (error) {
    notes.violations.push({ where, what: error instanceof Error ? error.message : String(error), facts: null })
  }
  await dismiss(controller, group)
  return { ...one, kept, ended }
}

async function fill(group: Group): Promise<void> {
  const pairs = Array.from({ length: keys }, (_, at) => [`k:${at}`, `v${at}`]).flat()
  const called = await ask(group.node('n1').address, ['MSET', ...pairs])
  if (!called.ok) throw new Error(`filling failed: ${called.message}`)
}

/** How many of the keys a node still has; 0 when it does not answer. */
async function present(group: Group, id: string): Promise<number> {
  const names = Array.from({ length: keys }, (_, at) => `k:${at}`)
  const called = await ask(group.node(id).address, ['EXISTS', ...names])
  return called.ok && typeof called.value === 'number' ? called.value : 0
}

function survivals(results: readonly Result[]): Section {
  const rows = [true, false].flatMap((bootFence) =>
    delays.flatMap((delay) =>
      restartsAfterMs.map((afterMs) => {
        const of = results.filter((one) => one.bootFence === bootFence && one.delay === delay && one.afterMs === afterMs)
        const full = of.filter((one) => one.kept === keys)
        return {
          bootFence,
          delay,
          afterMs,
          runs: of.length,
          survived: full.length,
          ended: [...new Set(of.map((one) => one.ended))].join(' '),
        }
      }),
    ),
  )
  return {
    title: `Reborn empty: in how many runs all ${keys} keys survive (1+2, no persistence, kill -9)`,
    text: table(
      ['boot fence', 'diskless delay s', 'restarted after ms', 'all keys survive', 'primary at the end'],
      rows.map((row) => [row.bootFence ? 'on' : 'off (odds only)', row.delay, row.afterMs, `${row.survived} of ${row.runs}`, row.ended]),
    ),
    data: rows,
  }
}
