// A primary without persistence is restarted, by its supervisor, before anybody could notice: it is empty, and its replicas trust it.
import { converged } from '../harness/check.ts'
import { ask, roleOf } from '../harness/client.ts'
import { Controller } from '../harness/controller.ts'
import { parallel } from '../harness/parallel.ts'
import { type Section, table } from '../harness/report.ts'
import { type Delay, type Group, startGroup } from '../harness/servers.ts'
import { found, instead, pass, until } from '../harness/wait.ts'
import { dismiss, takeOver } from '../harness/watched.ts'
import { Notebook, type Story } from './story.ts'
import { limitMs } from './waits.ts'

const keys = 5_000
const restartsAfterMs = [0, 20, 50, 200, 1_000]
const delays: readonly Delay[] = [0, 5]
/** Groups at once: each mostly waits. */
const jobs = 3
/** Longer than the longest diskless delay and a replica's second between two attempts: by then an unprotected group is wiped. */
const awayMs = 8_000

/** fence: the default. no fence: policy `bootFence: false`. away: fenced, and no controller runs. nobody: plain servers, to show that the danger is real. */
type Guarded = 'fence' | 'no fence' | 'away' | 'nobody'

const words: Record<Guarded, string> = {
  fence: 'boot fence',
  'no fence': 'no boot fence (odds only)',
  away: 'boot fence, controller down meanwhile',
  nobody: 'without regroup (the danger)',
}

interface Run {
  readonly guarded: Guarded
  readonly afterMs: number
  readonly delay: Delay
  readonly run: number
}

interface Result extends Run {
  /** On the group's primary at the end, or on the fullest node when there is none. */
  readonly kept: number
  readonly ended: string
}

export const rebornEmpty: Story = async ({ runs, say }) => {
  const notes = new Notebook()
  const times = Array.from({ length: runs ?? 5 }, (_, at) => at + 1)
  const of = (guarded: Guarded, after: readonly number[]): Run[] =>
    delays.flatMap((delay) => after.flatMap((afterMs) => times.map((run) => ({ guarded, afterMs, delay, run }))))
  const all = [...of('fence', restartsAfterMs), ...of('no fence', restartsAfterMs), ...of('away', [0]), ...of('nobody', [0])]
  const shared = await Controller.start()
  const results = await parallel(all, jobs, async (one) => {
    say(`reborn-empty: ${words[one.guarded]}, delay ${one.delay}, restart after ${one.afterMs} ms, run ${one.run}`)
    const controller = one.guarded === 'away' ? await Controller.start() : shared
    const result = await play(one, notes, controller)
    if (controller !== shared) await controller.remove()
    return result
  })
  await shared.remove()
  return { sections: [survivals(all, results), notes.section('Reborn empty: times')], violations: notes.violations }
}

async function play(one: Run, notes: Notebook, controller: Controller): Promise<Result> {
  const where = `reborn-empty, ${words[one.guarded]}, delay ${one.delay}, restart after ${one.afterMs} ms, run ${one.run}`
  const id = `reborn-${one.guarded.replace(' ', '-')}-${one.delay}-${one.afterMs}-${one.run}`
  const group = await startGroup(id, 3, { persistence: 'none', delay: one.delay })
  let result: Result = { ...one, kept: 0, ended: 'failed' }
  try {
    await fill(group)
    if (one.guarded !== 'nobody') await takeOver(controller, group, { policy: { bootFence: one.guarded !== 'no fence' } })
    if (one.guarded === 'away') await controller.kill9()
    await group.node('n1').server.kill9()
    await pass(one.afterMs)
    await group.node('n1').server.start()
    result = one.guarded === 'nobody' ? await leftAlone(one, group) : await watched(one, group, controller, notes)
    const safe = result.kept === keys && result.ended !== 'held'
    // Without the fence it is a race that can be lost; only its odds are told.
    if (one.guarded === 'fence' || one.guarded === 'away') {
      await notes.promise(
        where,
        'every key survives, healthy again',
        safe,
        `${result.kept} of ${keys}, ended ${result.ended}`,
        group,
        controller,
      )
    }
  } catch (error) {
    notes.violations.push({ where, what: error instanceof Error ? error.message : String(error), facts: null })
  }
  await dismiss(controller, group)
  return result
}

async function watched(one: Run, group: Group, controller: Controller, notes: Notebook): Promise<Result> {
  if (one.guarded === 'away') {
    await pass(awayMs)
    await controller.start()
  }
  const openAt = performance.now()
  const end = await until('healthy', limitMs, () => converged(group, controller.api), 10).catch(() => null)
  if (end === null) return { ...one, kept: await fullest(group), ended: 'held' }
  notes.measure(
    `${words[one.guarded]}, diskless delay ${one.delay}`,
    'port (or controller) open -> healthy, ms',
    performance.now() - openAt,
  )
  return { ...one, kept: await present(group, end.primary), ended: end.primary }
}

/** Nobody watches: ends when both replicas have synchronised with the reborn primary. */
async function leftAlone(one: Run, group: Group): Promise<Result> {
  await until('both replicas have their links up', awayMs * 2, async () => {
    const roles = await Promise.all(['n2', 'n3'].map((id) => roleOf(group.node(id).address)))
    return roles.every((role) => role.role === 'replica' && role.linkUp) ? found(true) : instead(JSON.stringify(roles))
  })
  return { ...one, kept: await fullest(group), ended: 'n1' }
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

async function fullest(group: Group): Promise<number> {
  return Math.max(...(await Promise.all(group.nodes.map((node) => present(group, node.id)))))
}

function survivals(all: readonly Run[], results: readonly Result[]): Section {
  const variants = [...new Map(all.map((one) => [`${one.guarded} ${one.delay} ${one.afterMs}`, one])).values()]
  const rows = variants.map(({ guarded, delay, afterMs }) => {
    const of = results.filter((one) => one.guarded === guarded && one.delay === delay && one.afterMs === afterMs)
    const full = of.filter((one) => one.kept === keys)
    return { guarded, delay, afterMs, runs: of.length, survived: full.length, ended: [...new Set(of.map((one) => one.ended))].join(' ') }
  })
  return {
    title: `Reborn empty: in how many runs all ${keys} keys survive (1+2, no persistence, kill -9)`,
    text: table(
      ['', 'diskless delay s', 'restarted after ms', 'all keys survive', 'primary at the end'],
      rows.map((row) => [words[row.guarded], row.delay, row.afterMs, `${row.survived} of ${row.runs}`, row.ended]),
    ),
    data: rows,
  }
}
