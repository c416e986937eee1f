// Every order in which the nodes of a small group may be stopped, started, frozen and thawed, with the controller restarted at each place.
import { Dice } from './dice.ts'
import { allGone } from './holdChecks.ts'
import { type Op, type Persistence, type Plan, hostOf, quietMs } from './plan.ts'
import type { Result } from './simulate.ts'

export interface Deed {
  readonly node: number
  readonly what: 'stop' | 'start' | 'freeze' | 'thaw'
}

export interface Order {
  readonly name: string
  readonly nodes: number
  readonly deeds: readonly Deed[]
  /** The controller is restarted after so many deeds; null: never. */
  readonly restartAfter: number | null
  readonly seed: number
}

/** What one node may go through: at most two deeds. */
const lives: readonly (readonly Deed['what'][])[] = [[], ['stop'], ['stop', 'start'], ['freeze'], ['freeze', 'thaw']]

/** Deeds of one node keep their order; those of several nodes mix in every way. */
function* mixes(left: readonly (readonly Deed[])[]): Generator<readonly Deed[]> {
  let none = true
  for (const [index, deeds] of left.entries()) {
    const [first, ...rest] = deeds
    if (first === undefined) continue
    none = false
    for (const others of mixes(left.map((one, at) => (at === index ? rest : one)))) yield [first, ...others]
  }
  if (none) yield []
}

function* choices(nodes: number): Generator<readonly (readonly Deed[])[]> {
  if (nodes === 0) {
    yield []
    return
  }
  for (const rest of choices(nodes - 1)) for (const life of lives) yield [...rest, life.map((what) => ({ node: nodes - 1, what }))]
}

/** All of them: 2 nodes some hundred, 3 nodes some ten thousand. */
export function* ordersOf(nodes: number): Generator<Order> {
  let seed = 1
  for (const choice of choices(nodes)) {
    for (const deeds of mixes(choice)) {
      const name = deeds.map((deed) => `${deed.what} n${deed.node + 1}`).join(', ') || 'nothing'
      for (const restartAfter of [null, ...Array.from({ length: deeds.length + 1 }, (_, place) => place)]) {
        yield { name, nodes, deeds, restartAfter, seed: seed++ }
      }
    }
  }
}

/** One of those of `nodes` nodes, each life and each mix as likely as another. */
export function sampledOrder(nodes: number, seed: number): Order {
  const dice = Dice.of(seed)
  const left = Array.from({ length: nodes }, (_, node) => dice.pick(lives).map((what) => ({ node, what })))
  const deeds: Deed[] = []
  for (let open = left.filter((one) => one.length > 0); open.length > 0; open = left.filter((one) => one.length > 0)) {
    const deed = dice.pick(open).shift()
    if (deed !== undefined) deeds.push(deed)
  }
  const name = deeds.map((deed) => `${deed.what} n${deed.node + 1}`).join(', ') || 'nothing'
  return { name, nodes, deeds, restartAfter: dice.chance(0.2) ? null : dice.below(deeds.length + 1), seed }
}

const restartMs = 300
const forEverMs = 1e9

/** The order as a history; half of the pauses between deeds are too short for regroup to react. */
export function planOfOrder(order: Order, persistence: Persistence): Plan {
  const dice = Dice.of(order.seed)
  const ops: Op[] = []
  let at = quietMs
  const times = order.deeds.map((_, index) => {
    if (index === order.restartAfter) at = restartAt(ops, at)
    at += dice.pick([20, 300, 1_500, 6_000])
    return at
  })
  if (order.restartAfter === order.deeds.length) at = restartAt(ops, at)
  for (const [index, deed] of order.deeds.entries()) {
    const begin = times[index] ?? at
    const end = order.deeds.findIndex((later, place) => place > index && later.node === deed.node)
    const ms = end < 0 ? forEverMs : (times[end] ?? at) - begin
    const node = `n${deed.node + 1}`
    if (deed.what === 'freeze') ops.push({ at: begin, kind: 'freeze', node, ms })
    else if (deed.what === 'stop') {
      ops.push({ at: begin, kind: 'stop', node, how: dice.chance(0.5) ? 'kill' : 'term', downMs: ms, recovers: 'all', file: 'kept' })
    }
  }
  return {
    seed: order.seed,
    nodes: Array.from({ length: order.nodes }, (_, index) => ({
      id: `n${index + 1}`,
      host: hostOf(index),
      persistence,
      hasFile: true,
      priority: 100,
      transferMs: 5,
      loadMs: 5,
      backlogBytes: 1_048_576,
      snapshotEveryMs: 20_000,
    })),
    policy: {},
    found: 'led',
    neighbours: 0,
    clients: [{ follows: true, gapMs: 200, node: 'n1', valueBytes: 20 }],
    pace: 1,
    faultsMs: at + dice.pick([200, 3_000]),
    ops,
  }
}

function restartAt(ops: Op[], at: number): number {
  const when = at + 100
  ops.push({ at: when, kind: 'controllerCrash', downMs: restartMs })
  return when
}

/** What came of an order: stops and starts leave a person nothing to decide, unless all data are gone. */
export function judged(result: Result): Result {
  const { heldFor } = result
  if (result.violation !== null || heldFor === null || heldFor.includes(allGone)) return result
  const violation = { check: 'an order needs nobody', text: `a person is waited for: ${heldFor}`, at: result.virtualMs }
  return { ...result, violation }
}
