// Which cases there are: every order of stopping and starting, for each persistence and way to stop.
import { dice, permutations, seedOf } from '../harness/dice.ts'
import type { Delay, Persistence } from '../harness/servers.ts'

export type Stop = 'kill' | 'term' | 'mixed'
type Gaps = 'mixed' | 'writes'
/** pika: it keeps every acknowledged write. */
export type OrdersEngine = 'redis' | 'pika'

export interface Case {
  readonly name: string
  readonly seed: number
  readonly engine: OrdersEngine
  /** The path of a real Pika; null: the test server is run. */
  readonly server: string | null
  readonly persistence: Persistence
  readonly delay: Delay
  readonly nodes: number
  /** Node ids in the order they are stopped, each with its signal. */
  readonly stops: readonly { readonly node: string; readonly signal: 'SIGKILL' | 'SIGTERM' }[]
  readonly starts: readonly string[]
  /** After which of all stops and starts, counted from 0, the controller is killed, and how many ms later. */
  readonly controllerDies: { readonly after: number; readonly laterMs: number }
  /** mixed: a few ms, or until regroup has reacted. writes: until it has, and whoever is primary then has taken writes that the others do not have. */
  readonly gaps: Gaps
  /** The controller is down while the replica stops, the primary takes writes and stops, and the replica starts. */
  readonly blind: boolean
}

export interface Choice {
  readonly seed: number
  readonly engine: OrdersEngine
  readonly server: string | null
  readonly nodes: readonly number[]
  readonly persistences: readonly Persistence[]
  readonly delay: Delay
  readonly stop: Stop
  readonly gaps: Gaps
}

const laterAtMostMs = 500

export function plan(choice: Choice): Case[] {
  return choice.nodes.flatMap((nodes) =>
    choice.persistences.flatMap((persistence) => {
      const ids = Array.from({ length: nodes }, (_, at) => `n${at + 1}`)
      const orders = permutations(ids)
      const all = orders.flatMap((stops) => orders.map((starts) => caseOf(choice, persistence, stops, starts, false)))
      return nodes === 2 ? [...all, caseOf(choice, persistence, ['n2', 'n1'], ['n2', 'n1'], true)] : all
    }),
  )
}

function caseOf(choice: Choice, persistence: Persistence, stops: readonly string[], starts: readonly string[], blind: boolean): Case {
  const short = (ids: readonly string[]): string => ids.map((id) => id.slice(1)).join('')
  const name = `${choice.engine === 'pika' ? 'pika' : persistence} ${choice.stop} -${short(stops)} +${short(starts)}${blind ? ' blind' : ''}`
  const seed = seedOf(choice.seed, `${name} ${choice.delay}`)
  const chance = dice(seed)
  const signal = (): 'SIGKILL' | 'SIGTERM' =>
    choice.stop === 'kill' || (choice.stop === 'mixed' && chance.next() < 0.5) ? 'SIGKILL' : 'SIGTERM'
  return {
    name,
    seed,
    engine: choice.engine,
    server: choice.server,
    persistence,
    delay: choice.delay,
    nodes: stops.length,
    stops: stops.map((node) => ({ node, signal: signal() })),
    starts,
    controllerDies: { after: chance.below(stops.length + starts.length), laterMs: chance.below(laterAtMostMs) },
    gaps: choice.gaps,
    blind,
  }
}
