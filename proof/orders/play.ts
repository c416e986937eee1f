// Plays one case on real servers with a real controller that is killed on the way.
import type { Verdict } from '../../src/core/status.ts'
import { markKey } from '../../src/engines/mark.ts'
import { converged, facts, oneFamily } from '../harness/check.ts'
import { type Address, must } from '../harness/client.ts'
import type { Controller } from '../harness/controller.ts'
import { type Dice, dice } from '../harness/dice.ts'
import { type Group, heldBy, heldByFiles, startGroup } from '../harness/servers.ts'
import { Late, type Look, found, instead, pass, staysTrue, until } from '../harness/wait.ts'
import { dismiss, takeOver } from '../harness/watched.ts'
import { Writer, clinging, roaming } from '../harness/writers.ts'
import { type Outcome, type Seen, type Stopped, outcomeOf, roamingKey } from './outcome.ts'
import type { Case } from './plan.ts'

export interface Played {
  readonly outcome: Outcome
  /** Of the group at its end; null when nothing was wrong. */
  readonly facts: unknown
}

const perSecond = 300
/** Each clinging client; a Pika that is open when it should not be takes some before it is closed. */
const clingingPerSecond = 100
/** The promise: converged this soon after the last start, of a node or of the killed controller. */
export const convergeLimitMs = 5_000
/** On Pika: a replica that lost its primary tries every 10 s, and a link that failed is given 25 s and then 5 s (docs/pika.md, P8, P13). */
export const pikaConvergeLimitMs = 45_000
/** As slow as the real one where that matters; only its stop is quicker. */
const pikaServers = { copyMs: 300, blockMostMs: 2_900, stopMs: 1_500 }
/** A hold that stays the same this long with every node up is regroup's last word. */
const holdStaysMs = 1_500
const reactLimitMs = 4_000
/** In a gap for writes, by whoever is primary then. */
const gapWrites = 20
/** Until somebody is primary in it: on Pika a role change may take 3 s, and a death is proven after 1 s. */
const gapWritesLimitMs = 15_000
/** A hold that stays the same this long in it: nobody will be. */
const gapHoldStaysMs = 3_000
const shortPauseMs = 300
/** A promotion of the stale replica would come within milliseconds to a second. */
const blindWatchMs = 2_500

class Play {
  readonly case: Case
  readonly controller: Controller
  readonly group: Group
  readonly chance: Dice
  readonly writer: Writer
  /** On Pika, one for each node: in every gap somebody writes to whoever is open. */
  readonly clings: readonly (readonly [node: string, writer: Writer])[]
  readonly stops: Stopped[] = []
  readonly notes: string[] = []
  readonly violations: string[] = []
  #actions = 0
  #dying = false
  #backAt = 0
  #revived: Promise<void> = Promise.resolve()

  constructor(one: Case, controller: Controller, group: Group) {
    this.case = one
    this.controller = controller
    this.group = group
    this.chance = dice(one.seed + 1)
    this.writer = new Writer(roamingKey, roaming(group.targets), { perSecond })
    const clung = one.engine === 'pika' ? group.targets : []
    this.clings = clung.map((target) => [
      target.node,
      new Writer(`${roamingKey}.${target.node}`, clinging(target), { perSecond: clingingPerSecond }),
    ])
  }

  get writers(): readonly Writer[] {
    return [this.writer, ...this.clings.map(([, writer]) => writer)]
  }

  async stop(id: string, signal: NodeJS.Signals): Promise<void> {
    this.stops.push({ node: id, at: performance.now() })
    await this.group.node(id).server.stop(signal)
    this.#act()
  }

  async start(id: string): Promise<number> {
    await this.group.node(id).server.start()
    const at = performance.now()
    this.#act()
    return at
  }

  /** Since when nothing keeps the group from converging, when its last node started at `lastStart`; null: the controller is still away. */
  readyAt(lastStart: number): number | null {
    return this.#dying ? null : Math.max(lastStart, this.#backAt)
  }

  /** The controller is back; throws when it does not come. */
  revived(): Promise<void> {
    return this.#revived
  }

  acknowledged(count: number, since: number): Promise<boolean> {
    return until(`${count} acknowledged writes`, 5_000, () =>
      this.writer.between(since).length >= count ? found(true) : instead('too few'),
    )
  }

  /** Half the time until regroup has reacted, else hardly at all; or each time until somebody who is primary then has taken writes. */
  async pause(): Promise<void> {
    const { gaps } = this.case
    if (gaps === 'mixed' && this.chance.next() < 0.5) return pass(this.chance.below(shortPauseMs))
    try {
      if (gaps === 'writes') await this.revived()
      const hold = new Hold(gaps === 'writes' ? gapHoldStaysMs : 0)
      const seen = await until('regroup has reacted', gaps === 'writes' ? gapWritesLimitMs : reactLimitMs, () => this.#reacted(hold), 10)
      if (gaps === 'writes' && seen === 'writable') await this.acknowledged(gapWrites, performance.now())
    } catch (error) {
      if (!(error instanceof Late)) throw error
      this.notes.push(error.message)
    }
  }

  async #reacted(hold: Hold): Promise<Look<'writable' | 'holds'>> {
    const status = await this.controller.api.group(this.group.id, 500)
    if (status === null) return instead('no answer')
    const primary = this.group.nodes.find((node) => node.id === status.primary)
    const writable = status.writable && primary?.server.isRunning === true
    if (writable) return found('writable')
    hold.hear(status.verdict.kind === 'hold' ? status.verdict : null)
    return hold.stays() ? found('holds') : instead(`${status.diagnosis}: ${status.sentence}`)
  }

  #act(): void {
    if (this.#actions++ !== this.case.controllerDies.after || this.case.blind) return
    this.#dying = true
    this.#revived = this.#killController()
    this.#revived.catch(() => undefined)
  }

  async #killController(): Promise<void> {
    await pass(this.case.controllerDies.laterMs)
    await this.controller.kill9()
    await this.controller.start()
    this.#backAt = performance.now()
    this.#dying = false
  }
}

export async function play(one: Case, controller: Controller, id: string): Promise<Played> {
  const { engine, server, persistence, delay, nodes } = one
  const group = await startGroup(id, nodes, {
    persistence,
    delay,
    ...(engine === 'pika' ? { pika: server === null ? pikaServers : { binary: server } } : {}),
  })
  const it = new Play(one, controller, group)
  const deaths = controller.deaths.length
  for (const writer of it.writers) writer.start()
  try {
    // Taken over with data in it: what regroup never saw it cannot miss.
    await it.acknowledged(30, 0)
    await takeOver(controller, group, {})
    await it.acknowledged(30, performance.now())
    const seen = await (one.blind ? playBlind(it) : playOrder(it))
    it.violations.push(...controller.deaths.slice(deaths).map((death) => `the regroup server died: ${death}`))
    const outcome = outcomeOf(seen)
    return { outcome, facts: outcome.violations.length > 0 ? await facts(group, controller) : null }
  } finally {
    for (const writer of it.writers) await writer.stop()
    await it.revived()
    await dismiss(controller, group)
  }
}

async function playOrder(it: Play): Promise<Seen> {
  for (const { node, signal } of it.case.stops) {
    await it.stop(node, signal)
    await it.pause()
  }
  const { files, allStoppedAt } = await allStopped(it)
  let lastStart = 0
  for (const node of it.case.starts) {
    lastStart = await it.start(node)
    if (node !== it.case.starts.at(-1)) await it.pause()
  }
  return theEnd(it, files, allStoppedAt, lastStart)
}

/** While nobody watches: the replica stops, the primary takes writes and stops. The replica, which lacks them, returns with the controller. */
async function playBlind(it: Play): Promise<Seen> {
  const [primary, replica] = [it.group.node('n1'), it.group.node('n2')]
  await it.controller.kill9()
  await it.stop('n2', 'SIGTERM')
  await it.acknowledged(100, performance.now())
  await it.stop('n1', it.case.stops[1]?.signal ?? 'SIGTERM')
  const { files, allStoppedAt } = await allStopped(it)
  await Promise.all([it.controller.start(), it.start(replica.id)])
  const since = performance.now()
  try {
    await until('regroup holds', reactLimitMs, () => lastWord(it), 20)
    await staysTrue('the stale replica stays closed', blindWatchMs, async () => {
      const family = await oneFamily(it.group)
      if (JSON.stringify(family).includes(`${replica.id}=primary`)) return instead('it was promoted')
      return it.writer.between(since).length === 0 ? found(true) : instead('it took a write')
    })
  } catch (error) {
    it.violations.push(error instanceof Error ? error.message : String(error))
  }
  return theEnd(it, files, allStoppedAt, await it.start(primary.id))
}

async function allStopped(it: Play): Promise<Pick<Seen, 'files' | 'allStoppedAt'>> {
  for (const writer of it.writers) writer.pause(true)
  const allStoppedAt = performance.now()
  const files = new Map<string, readonly number[]>()
  for (const node of it.group.nodes) files.set(node.id, (await heldByFiles(node, [roamingKey])).get(roamingKey) ?? [])
  for (const writer of it.writers) writer.pause(false)
  return { files, allStoppedAt }
}

async function theEnd(it: Play, files: Seen['files'], allStoppedAt: number, lastStart: number): Promise<Seen> {
  const { controller, group } = it
  const limitMs = it.case.engine === 'pika' ? pikaConvergeLimitMs : convergeLimitMs
  const inTime = (): boolean => performance.now() < (it.readyAt(lastStart) ?? Infinity) + limitMs
  const hold = new Hold(holdStaysMs)
  let lateness: string | null = null
  let winner: string | null = null
  let convergedAt: number | null = null
  while (convergedAt === null && inTime()) {
    const look = await converged(group, controller.api)
    if ('found' in look) {
      convergedAt = performance.now()
      winner = look.found.primary
      break
    }
    lateness = look.instead
    const word = await lastWord(it)
    hold.hear('found' in word ? word.found : null)
    // Only when the files prove that something is gone can a hold be right: only then is it taken for the end before its time.
    const mayHold = (it.writer.lastAck?.n ?? 0) > Math.max(0, ...[...files.values()].map((list) => list.at(-1) ?? 0))
    if (mayHold && hold.stays()) break
    await pass(10)
  }
  await it.revived()
  const after = winner === null || convergedAt === null ? null : await dataAfter(it, winner, convergedAt)
  const opened = winner === null ? null : await whyOpened(it)
  const common = {
    opened,
    case: it.case,
    stops: it.stops,
    allStoppedAt,
    acks: it.writer.acks,
    files,
    hold: hold.words,
    lateness,
    notes: it.notes,
    violations: it.violations,
    clung: it.clings.map(([node, { key, acks }]) => ({ node, key, acks })),
    discarded: await discardedBy(it),
  }
  return {
    ...common,
    winner,
    after,
    convergedMs: convergedAt === null ? null : Math.max(0, convergedAt - (it.readyAt(lastStart) ?? lastStart)),
  }
}

/** What regroup last said while it did nothing, and for how long it has said so. */
class Hold {
  words: Pick<Verdict, 'rule' | 'sentence'> | null = null
  readonly #stayMs: number
  #since = 0

  constructor(stayMs: number) {
    this.#stayMs = stayMs
  }

  hear(words: Hold['words']): void {
    if (words?.rule !== this.words?.rule) this.#since = performance.now()
    this.words = words
  }

  /** It is the last word. */
  stays(): boolean {
    return this.words !== null && performance.now() - this.#since >= this.#stayMs
  }
}

/** Regroup's hold, when every node is up and it still decides nothing. */
async function lastWord(it: Play): Promise<Look<Pick<Verdict, 'rule' | 'sentence'>>> {
  const status = await it.controller.api.group(it.group.id, 500)
  if (status === null) return instead('no answer')
  const unseen = status.nodes.find((node) => it.group.node(node.id).server.isRunning && node.health !== 'up')
  if (unseen !== undefined) return instead(`${unseen.id} is ${unseen.health}`)
  return status.verdict.kind === 'hold' && !status.writable
    ? found(status.verdict)
    : instead(`${status.verdict.rule}: ${status.verdict.sentence}`)
}

/** Nodes that were told to follow, and of which the history says that this discarded something. */
async function discardedBy(it: Play): Promise<ReadonlySet<string>> {
  const entries = await it.controller.api.history(it.group.id, 300)
  return new Set(entries.flatMap(({ evidence }) => (typeof evidence['discards'] === 'string' ? [String(evidence['node'])] : [])))
}

/** The last decision that made a node primary. */
async function whyOpened(it: Play): Promise<Seen['opened']> {
  const entries = await it.controller.api.history(it.group.id, 100)
  const entry = entries.find((one) => one.kind === 'decision' && /elect|seen|adopt|moved/.test(one.rule) && !one.rule.endsWith('.seen'))
  return entry === undefined ? null : { rule: entry.rule, sentence: entry.sentence }
}

/**
 * The group must also take a write; then every list of every node is read when the writers rest and the replicas had time to receive their last.
 */
async function dataAfter(
  it: Play,
  winner: string,
  convergedAt: number,
): Promise<ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>> {
  await it.acknowledged(1, convergedAt).catch(() => it.violations.push('called healthy, but no write was acknowledged within 5 s'))
  for (const writer of it.writers) await writer.stop()
  const after = new Map<string, ReadonlyMap<string, readonly number[]>>()
  const same = async (): Promise<Look<true>> => {
    for (const node of it.group.nodes) after.set(node.id, await listsOf(node.address))
    const text = (id: string): string => JSON.stringify([...(after.get(id) ?? [])])
    const apart = it.group.nodes.find((node) => text(node.id) !== text(winner))
    return apart === undefined ? found(true) : instead(`${apart.id} differs`)
  }
  // What is still different then is judged with the rest.
  await until('replicas hold what their primary holds', 2_000, same).catch(() => false)
  return after
}

/** Every key but regroup's mark, which is written all the time. */
async function listsOf(address: Address): Promise<ReadonlyMap<string, readonly number[]>> {
  const names = (await must(address, 'KEYS', '*')) as readonly string[]
  return heldBy(address, names.filter((name) => name !== markKey).toSorted())
}
