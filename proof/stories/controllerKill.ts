// The controller is killed at a random moment of a failover or a switchover and started again: each completes or was never begun.
import { judge } from '../harness/check.ts'
import { Controller } from '../harness/controller.ts'
import { type Dice, dice, seedOf } from '../harness/dice.ts'
import { parallel } from '../harness/parallel.ts'
import { type Group, heldBy } from '../harness/servers.ts'
import { pass } from '../harness/wait.ts'
import { startWatched } from '../harness/watched.ts'
import { Writer, clinging, roaming } from '../harness/writers.ts'
import { Notebook, type Story } from './story.ts'
import { acknowledged, healthy } from './waits.ts'

type Kind = 'failover' | 'switchover'

/** A crash is noticed and healed, and a switchover done, within this; the controller dies somewhere in it, or just before or after. */
const windowMs: Record<Kind, number> = { failover: 60, switchover: 40 }
const perSecond = 500
const asynchronousMs = 100

export const controllerKill: Story = async ({ runs, seed, say }) => {
  const notes = new Notebook()
  const kinds: readonly Kind[] = ['switchover', 'failover']
  await parallel(kinds, 2, (kind) => many(kind, runs ?? 50, dice(seedOf(seed, kind)), notes, say))
  return {
    sections: [notes.section('The controller is killed (kill -9) in the middle and started again (1+2, AOF)')],
    violations: notes.violations,
  }
}

async function many(kind: Kind, runs: number, chance: Dice, notes: Notebook, say: (line: string) => void): Promise<void> {
  const controller = await Controller.start()
  const group = await startWatched(controller, kind, 3, { persistence: 'aof', delay: 0 })
  const epochs = new Map<number, string>()
  for (let run = 1; run <= runs; run++) {
    say(`controller-kill: ${kind} ${run}`)
    await notes.attempt(`controller-kill, ${kind}, run ${run}`, group, controller, () =>
      one(kind, run, group, controller, chance, notes, epochs),
    )
    for (const node of group.nodes) if (!node.server.isRunning) await node.server.start()
    if (!controller.isRunning) await controller.start()
    const sound = await healthy(controller, group).catch(() => null)
    // What is broken stays broken: every later run would only repeat it.
    if (sound === null) break
  }
  await history(kind, group, controller, notes)
  await group.remove()
  await controller.remove()
}

async function one(
  kind: Kind,
  run: number,
  group: Group,
  controller: Controller,
  chance: Dice,
  notes: Notebook,
  epochs: Map<number, string>,
): Promise<void> {
  const where = `controller-kill, ${kind}, run ${run}`
  const before = await controller.api.group(group.id)
  if (before?.primary == null) throw new Error('no primary to begin with')
  const old = group.node(before.primary)
  const roams = new Writer(`roams${run}`, roaming(group.targets), { perSecond }).start()
  const clings = new Writer(`clings${run}`, clinging(old.target), { perSecond }).start()
  const writers = [roams, clings]
  try {
    for (const writer of writers) await acknowledged(writer, 0, 30)
    const laterMs = chance.next() * windowMs[kind]
    const began = performance.now()
    const asked = kind === 'switchover' ? controller.api.switchover(group.id) : old.server.kill9()
    await pass(laterMs)
    await Promise.all([controller.kill9(), asked])
    await controller.start()
    const back = performance.now()
    if (kind === 'failover') await acknowledged(roams, back, 1, (ack) => ack.node !== old.id)
    if (!old.server.isRunning) await old.server.start()
    const primary = await healthy(controller, group)
    notes.measure(kind, 'controller back -> healthy, ms', performance.now() - back)
    await acknowledged(roams, performance.now())
    await Promise.all(writers.map((writer) => writer.stop()))
    notes.measure(kind, 'longest time without a write, ms', roams.longestGap(began))
    await record(where, kind, old.id, primary, before.epoch, group, controller, notes, epochs)
    const held = await heldBy(
      group.node(primary).address,
      writers.map((writer) => writer.key),
    )
    const lost = writers.flatMap((writer) => judge(writer.acks, held.get(writer.key) ?? []).lost)
    const explained = (at: number): boolean => kind === 'failover' && at > began - asynchronousMs && at < began + 5
    const bad = lost.filter((ack) => !explained(ack.at))
    notes.measure(kind, 'acknowledged writes lost', lost.length)
    await notes.promise(
      where,
      'no acknowledged write lost',
      bad.length === 0,
      `${bad.length} lost, taken by ${[...new Set(bad.map((ack) => ack.node))].join(' ')}, killed ${Math.round(laterMs)} ms after the start`,
      group,
      controller,
    )
  } finally {
    await Promise.all(writers.map((writer) => writer.stop()))
  }
}

/** An epoch belongs to one primary, and another primary needs a higher epoch. */
async function record(
  where: string,
  kind: Kind,
  old: string,
  primary: string,
  epochBefore: number,
  group: Group,
  controller: Controller,
  notes: Notebook,
  epochs: Map<number, string>,
): Promise<void> {
  const after = await controller.api.group(group.id)
  const epoch = after?.epoch ?? -1
  const moved = primary !== old
  notes.count(kind, 'completed', moved)
  notes.count(kind, 'begun and taken back: a higher epoch, the old primary', !moved && epoch > epochBefore)
  notes.count(kind, 'never begun', epoch === epochBefore)
  await notes.promise(where, 'steady', after?.phase === 'steady', `phase ${after?.phase}`, group, controller)
  await notes.promise(
    where,
    'another primary has a higher epoch',
    !moved || epoch > epochBefore,
    `epoch ${epochBefore} -> ${epoch}`,
    group,
    controller,
  )
  const known = epochs.get(epoch)
  await notes.promise(
    where,
    'one primary per epoch',
    known === undefined || known === primary,
    `epoch ${epoch} was ${known}'s, now ${primary}'s`,
    group,
    controller,
  )
  epochs.set(epoch, primary)
}

/** Epochs never fall from one entry of the history to the next, and no number of an entry repeats. */
async function history(kind: Kind, group: Group, controller: Controller, notes: Notebook): Promise<void> {
  const entries = (await controller.api.history(group.id, 1_000)).toReversed()
  const where = `controller-kill, ${kind}, history`
  const falls = entries.filter((entry, at) => entry.epoch < (entries[at - 1]?.epoch ?? 0))
  await notes.promise(
    where,
    'epochs never fall',
    falls.length === 0,
    falls.map((entry) => `${entry.seq} ${entry.rule} e${entry.epoch}`).join(', '),
    group,
    controller,
  )
  const repeats = entries.filter((entry, at) => entry.seq <= (entries[at - 1]?.seq ?? 0))
  await notes.promise(where, 'entries are numbered', repeats.length === 0, `${repeats.length} repeated`, group, controller)
  await notes.promise(where, 'there is a history', entries.length > 0, 'none', group, controller)
}
