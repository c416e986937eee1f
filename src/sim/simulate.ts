// Plays a history to its end: faults first, then healing, then everything must be in order within the bound.
import type { NodeId } from '../core/model.ts'
import type { Violation } from './checks.ts'
import { holdOf } from './holdChecks.ts'
import { History, type Options, plainOptions } from './history.ts'
import { type Engines, planOf } from './draw.ts'
import type { Plan } from './plan.ts'
import { unloggedKey } from './server.ts'
import { keysOf } from './stream.ts'

export interface Result {
  readonly seed: number
  readonly violation: Violation | null
  readonly virtualMs: number
  readonly events: number
  readonly failovers: number
  readonly acked: number
  /** Acknowledged writes that are gone, by the reason that excuses it, and how often each reason was needed. */
  readonly lost: Readonly<Record<string, number>>
  readonly excused: Readonly<Record<string, number>>
  /** After healing; null when it held for a reason that stands. */
  readonly convergedMs: number | null
  readonly heldFor: string | null
  readonly rules: Readonly<Record<string, number>>
}

/**
 * After healing the group is in order within this.
 * A dead link may need a minute to be noticed by its other end; then each replica may need a full copy, one after the other.
 */
export const boundMs = 150_000
const calmMs = 10_000
/** A client's last write is answered, and on every replica. */
const quiescentMs = 1_500
/** Longer than the longest wait before a refused action is tried again. */
const settledForMs = 6_000

export function simulate(plan: Plan, options: Partial<Options> = {}): Result {
  const history = new History(plan, { ...plainOptions, ...options })
  let failure: Violation | null = null
  let ending: Ending = { convergedMs: null, heldFor: null }
  try {
    play(history, plan.faultsMs)
    if (history.checks.violations.length === 0) ending = end(history)
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    failure = { check: 'no assertion fails', text, at: history.timeline.now }
    if (history.telling) history.tell('VIOLATION', text)
  }
  const { checks, timeline } = history
  return {
    seed: plan.seed,
    violation: failure ?? checks.violations[0] ?? null,
    virtualMs: timeline.now,
    events: timeline.count,
    failovers: checks.failovers,
    acked: checks.ledger.acked,
    lost: Object.fromEntries(checks.ledger.lost),
    excused: Object.fromEntries(checks.ledger.excused),
    ...ending,
    rules: Object.fromEntries(history.rulesFired),
  }
}

export function simulateSeed(seed: number, minutes = 10, options: Partial<Options> = {}, engines: Engines = 'redis'): Result {
  return simulate(planOf(seed, minutes, engines), options)
}

interface Ending {
  readonly convergedMs: number | null
  readonly heldFor: string | null
}

function play(history: History, until: number): void {
  const { timeline, checks } = history
  while (checks.violations.length === 0 && timeline.step(until));
}

function end(history: History): Ending {
  const { checks } = history
  if (history.telling) history.tell('heal', [...history.nodes.values()].map((node) => node.describe()).join('; '))
  history.faults.heal()
  const first = converge(history)
  let ending = first
  // Data that nobody knows may go: then it can turn out that others differ too. Any other decision is the last.
  const most = first.heldFor === 'node.foreign' ? 2 : 1
  for (let decisions = 0; ending.heldFor !== null && decisions < most; decisions++) {
    decide(history, ending.heldFor)
    ending = converge(history)
  }
  if (ending.convergedMs === null) {
    if (checks.violations.length === 0)
      checks.fail('converges after healing', `an operator ended ${first.heldFor}, but ${history.unsettled()}`)
    return first
  }
  calm(history)
  checks.ledger.final()
  equal(history)
  return first
}

/** A person ends what only a person can; then the group must come to order. */
function decide(history: History, heldFor: string): void {
  history.checks.ordered()
  // Whatever a node holds that the group does not know may go.
  history.changeSpec((spec) => ({ ...spec, nodes: spec.nodes.map((node) => ({ ...node, overwrite: true })) }))
  if (heldFor !== 'node.foreign' && heldFor !== 'node.measure')
    history.controller?.command('g', { name: 'failover', to: named(history, heldFor), by: 'ops', dryRun: false })
}

/** A part of a copy is promoted by name only. */
function named(history: History, heldFor: string): NodeId | null {
  if (!heldFor.includes('elect.barred')) return null
  return [...history.nodes.values()].find(({ running }) => running !== null && keysOf(running.data) > 0)?.id ?? null
}

/** Who counts somebody as its replica who is gone follows nobody before that ends, whoever tells it to. */
function boundOf({ nodes, store, timeline }: History): number {
  const primary = store.record('g')?.primary
  const others = [...nodes.values()].filter((node) => node.id !== primary && node.running?.follows === null)
  return boundMs + Math.max(0, ...others.map((node) => (node.running?.countsGoneUntil ?? 0) - timeline.now))
}

function converge(history: History): Ending {
  const { timeline, checks } = history
  const healedAt = timeline.now
  const until = healedAt + boundOf(history)
  let settledAt: number | null = null
  while (timeline.now < until) {
    play(history, timeline.now + 100)
    if (checks.violations.length > 0) return { convergedMs: null, heldFor: null }
    if (history.unsettled() !== null) settledAt = null
    else settledAt ??= timeline.now
    if (settledAt !== null && timeline.now - settledAt >= settledForMs) return { convergedMs: settledAt - healedAt, heldFor: null }
  }
  const status = history.controller?.group('g')?.status(history.controller.time())
  const hold = status === undefined ? null : holdOf(history, status)
  if (hold?.isSo === true) return { convergedMs: null, heldFor: hold.rule }
  const stateOf = [...history.nodes.values()].map((node) => node.describe()).join('; ')
  checks.fail(
    hold === null ? 'converges after healing' : 'a person is waited for only when he must be',
    `${history.unsettled()}; ${status?.verdict.rule}: ${status?.sentence}; warnings: ${status?.warnings.join(' / ')}; ${stateOf}`,
  )
  return { convergedMs: null, heldFor: null }
}

/**
 * When nobody writes any more, every replica holds what its primary holds, key by key; but not what a dead primary's own log never knew (P11), nor
 * what it took unseen from a person's hand. What a replica has of the first, where something told of it, its primary has too: it may be a copy's.
 */
function equal(history: History): void {
  const { timeline, checks, store } = history
  const record = store.record('g')
  if (record === null || history.node(record.primary).contents === null || checks.violations.length > 0) return
  for (const client of history.clients) client.stopped = true
  play(history, timeline.now + quiescentMs)
  const held = history.node(record.primary).contents ?? new Map<string, string>()
  for (const node of [...history.nodes.values()].filter((one) => !one.ledUnseen)) {
    const own = node.contents ?? new Map<string, string>()
    const known = [...own.keys()].filter((key) => !node.untold.has(key))
    const keys = [...new Set([...known, ...[...held.keys()].filter((key) => !key.startsWith(unloggedKey))])]
    const other = keys.find((key) => own.get(key) !== held.get(key))
    if (other !== undefined)
      checks.fail(
        'every key is equal in the end',
        `${other} is ${own.get(other)} on ${node.id} and ${held.get(other)} on ${record.primary}`,
      )
  }
}

/** A group in order is silent: nothing is saved, said or done but its marks. */
function calm(history: History): void {
  const { timeline, checks } = history
  const before = history.stirs
  const acks = history.clients.map((client) => client.acks)
  play(history, timeline.now + calmMs)
  if (checks.violations.length > 0) return
  if (history.stirs > before) checks.fail('a group in order is calm', `${history.stirs - before} entries or actions in ${calmMs} ms`)
  // Who rests in the end without an answer since the beginning asked nothing at all.
  const mute = history.clients.filter((client, index) => client.follows && client.acks === acks[index] && !client.rests)
  if (mute.length > 0)
    checks.fail('clients write in the end', `${mute.map((client) => client.name).join(' ')} got no answer for ${calmMs} ms`)
}
