// A simulated controller process: the unmodified groups, driven as src/controller/controller.ts does, with clocks that drift and stand still.
import { formatAddress } from '../core/address.ts'
import { stallMs } from '../core/limits.ts'
import type { ActionResult } from '../core/action.ts'
import type { GroupId, GroupSpec, Instant, NodeId, ProbeFailure, ProbeResult, Topology, WallTime } from '../core/model.ts'
import { Group, type Time } from '../controller/group.ts'
import { Surveyor } from '../controller/survey.ts'
import type { Engine } from '../engines/engine.ts'
import type { Command, CommandAnswer, Effect, Input, NodeTarget } from '../ports.ts'
import type { Dice } from './dice.ts'
import type { Net } from './net.ts'
import { type Outcome, type Owner, SimNodeLink } from './nodeLink.ts'
import { starvedMs } from './plan.ts'
import type { RecordStore } from './recordStore.ts'
import type { Arranged } from './timeline.ts'

export interface HostEvents {
  stepped(host: ControllerHost, group: Group, input: Input, effects: readonly Effect[]): void
  published(group: GroupId, topology: Topology): void
  answered(group: GroupId, answer: CommandAnswer): void
}

/** Where a planted hole changes what a group hears and does. */
export interface Tampering {
  readonly input?: (input: Input, group: Group) => Input | null
  readonly effects?: (effects: readonly Effect[], group: Group) => readonly Effect[]
  /** After standing still, time is acted on before sockets are read, and nobody is told. */
  readonly timersFirst?: boolean
}

export interface HostSetup {
  readonly tampering: Tampering
  readonly name: string
  readonly net: Net
  readonly dice: Dice
  readonly store: RecordStore
  engineOf(group: GroupId): Engine
  readonly installation: string
  readonly events: HostEvents
  /** Milliseconds of this process's clock per millisecond. */
  readonly pace: number
  wall(): WallTime
}

interface Run {
  readonly group: Group
  alarm: { readonly at: Instant; readonly arranged: Arranged } | null
  wake: () => void
}

const [, longestMs] = starvedMs.stands

export const wallStart = 1_700_000_000_000

export class ControllerHost implements Owner {
  readonly host: string
  readonly net: Net
  readonly #setup: HostSetup
  /** Names this process in records. */
  readonly writer: string
  readonly #runs = new Map<GroupId, Run>()
  readonly #links = new Map<string, SimNodeLink>()
  /** The same, found without a text for each question; found anew when the spec changed. */
  #met = new WeakMap<NodeTarget, SimNodeLink>()
  readonly #bornAt: number
  readonly #surveyor = new Surveyor()
  /** Since then it runs without standing still; or only for moments. */
  #goesSince: number
  #worksSince: number
  #dead = false
  /** Stands still: what its sockets and its timers have for it. */
  #stalled: { readonly since: number; readonly sockets: (() => void)[]; readonly timers: (() => void)[] } | null = null
  #nextCommand = 1
  #isExhausted = false
  #roomSince: number
  /** Effects that left and did not come back. */
  open = 0

  constructor(setup: HostSetup) {
    this.host = setup.name
    this.net = setup.net
    this.#setup = setup
    this.writer = setup.dice.hex(12)
    this.#bornAt = this.#goesSince = this.#worksSince = this.#roomSince = setup.net.timeline.now
  }

  get connectionName(): string {
    return `regroup:${this.#setup.installation}:${this.writer}`
  }

  get alive(): boolean {
    return !this.#dead
  }

  /** How long it has gone on without standing still, in true milliseconds. */
  get runsFor(): number {
    return this.#stalled === null ? this.net.timeline.now - this.#goesSince : 0
  }

  /** How long it has done its work, standing still for no longer than a starved process does. */
  get worksFor(): number {
    const { now } = this.net.timeline
    return this.#stalled !== null && now - this.#stalled.since > longestMs ? 0 : now - this.#worksSince
  }

  get exhausted(): boolean {
    return this.#isExhausted
  }

  set exhausted(is: boolean) {
    if (this.#isExhausted) this.#roomSince = this.net.timeline.now
    this.#isExhausted = is
  }

  /** How long it has had descriptors: without one it asks nobody whom it has no connection to. */
  get hasRoomFor(): number {
    return this.#isExhausted ? 0 : this.net.timeline.now - this.#roomSince
  }

  get groups(): readonly Group[] {
    return [...this.#runs.values()].map((run) => run.group)
  }

  group(id: GroupId): Group | null {
    return this.#runs.get(id)?.group ?? null
  }

  // ------------------------------------------------------------------------------------------ the process

  clock(): Instant {
    return (this.net.timeline.now - this.#bornAt) * this.#setup.pace
  }

  time(): Time {
    return { now: this.clock(), wall: this.#setup.wall() }
  }

  timer(ms: number, late: () => void): () => void {
    const event = this.net.timeline.after(ms / this.#setup.pace, () => {
      if (this.#dead || event.cancelled) return
      if (this.#stalled === null) late()
      else {
        this.#stalled.timers.push(() => {
          if (!event.cancelled) late()
        })
      }
    })
    return () => {
      event.cancelled = true
    }
  }

  reads(happen: () => void): void {
    if (this.#dead) return
    if (this.#stalled === null) happen()
    else this.#stalled.sockets.push(happen)
  }

  stall(): void {
    this.#stalled ??= { since: this.net.timeline.now, sockets: [], timers: [] }
  }

  /** Sockets are read before time is acted on. */
  resume(): void {
    const stalled = this.#stalled
    if (stalled === null || this.#dead) return
    this.#stalled = null
    const { now } = this.net.timeline
    this.#goesSince = now
    if (now - stalled.since > longestMs) this.#worksSince = now
    const { sockets, timers } = stalled
    for (const happen of this.#setup.tampering.timersFirst === true ? [...timers, ...sockets] : [...sockets, ...timers]) happen()
  }

  /** Its sockets are closed by the kernel; what they carried is on its way. */
  crash(): void {
    // First: the end of a connection is no news to a process that is gone.
    this.#dead = true
    for (const link of this.#links.values()) link.close()
    for (const run of this.#runs.values()) if (run.alarm !== null) run.alarm.arranged.cancelled = true
    this.#runs.clear()
  }

  // ------------------------------------------------------------------------------------------- the groups

  run(spec: GroupSpec, revision: number): void {
    if (this.#dead) return
    const known = this.#runs.get(spec.id)
    if (known !== undefined) {
      this.reads(() => this.#post(known, { kind: 'spec', spec, revision }))
      this.reads(() => this.#keep(spec))
      return
    }
    const { installation } = this.#setup
    const options = { spec, specRevision: revision, can: this.#setup.engineOf(spec.id), installation, writer: this.writer }
    const run: Run = { group: new Group(options, this.time()), alarm: null, wake: () => undefined }
    this.#runs.set(spec.id, run)
    this.#post(run, { kind: 'tick', silentHosts: 0, hosts: 0, stalledMs: 0, hurryEveryMs: 0 })
  }

  command(id: GroupId, command: Command): void {
    const run = this.#runs.get(id)
    if (run === undefined) return
    const number = this.#nextCommand++
    this.reads(() => this.#post(run, { kind: 'command', id: number, command }))
  }

  #keep(spec: GroupSpec): void {
    this.#met = new WeakMap()
    const kept = new Set(spec.nodes.map((node) => `${spec.id}/${node.id}/${formatAddress(node)}`))
    for (const [key, link] of this.#links) {
      if (!key.startsWith(`${spec.id}/`) || kept.has(key)) continue
      link.close()
      this.#links.delete(key)
    }
  }

  #post(run: Run, posted: Input): void {
    if (this.#dead || this.#runs.get(run.group.id) !== run) return
    const { tampering } = this.#setup
    const input = tampering.input === undefined ? posted : tampering.input(posted, run.group)
    if (input === null) return
    const asked = run.group.step(input, this.time())
    const effects = tampering.effects === undefined ? asked : tampering.effects(asked, run.group)
    for (const effect of effects) this.#carryOut(run, effect)
    this.#wake(run)
    this.#setup.events.stepped(this, run.group, input, effects)
  }

  #wake(run: Run): void {
    const at = run.group.wakeAt()
    if (run.alarm !== null) {
      if (run.alarm.at === at && !run.alarm.arranged.cancelled) return
      run.alarm.arranged.cancelled = true
    }
    run.alarm = null
    if (at === Infinity) return
    // No timer rings sooner than after a millisecond.
    const due = Math.max(this.#bornAt + at / this.#setup.pace, this.net.timeline.now + 1)
    const arranged = this.net.timeline.at(due, () => this.#rings(run, at, arranged))
    run.alarm = { at, arranged }
  }

  #rings(run: Run, at: Instant, arranged: Arranged): void {
    if (this.#dead) return
    if (this.#stalled !== null) {
      this.#stalled.timers.push(() => this.#rings(run, at, arranged))
      return
    }
    if (arranged.cancelled) return
    run.alarm = null
    const lateMs = Math.max(0, this.clock() - at)
    const survey = this.#surveyor.survey(() => this.#groups(), lateMs, this.clock())
    this.#post(run, {
      kind: 'tick',
      ...survey,
      stalledMs: lateMs > stallMs && this.#setup.tampering.timersFirst !== true ? lateMs : 0,
    })
  }

  *#groups(): Generator<Group> {
    for (const { group } of this.#runs.values()) yield group
  }

  // ------------------------------------------------------------------------------------------ the effects

  #carryOut(run: Run, effect: Effect): void {
    const { events, store } = this.#setup
    const id = run.group.id
    const engine = this.#setup.engineOf(id)
    const back = (input: Input): void => {
      this.open--
      this.#post(run, input)
    }
    if (effect.kind === 'publish') return events.published(id, effect.topology)
    if (effect.kind === 'reply') return events.answered(id, effect.answer)
    this.open++
    switch (effect.kind) {
      case 'load':
        return store.load(id, (stored) => this.reads(() => back({ kind: 'loaded', stored })))
      case 'note':
        return store.note(() => this.reads(() => back({ kind: 'noted' })))
      case 'save':
        this.#ready(id)
        return store.save(id, effect.expected, effect.record, effect.entry, (result) =>
          this.reads(() => back({ kind: 'saved', id: effect.id, result })),
        )
      case 'probe': {
        const link = this.#link(run, effect.target)
        return link.probe(engine.probe, effect.timeoutMs, (outcome) => {
          const result = readingOf(engine, outcome)
          if (!outcome.ok) this.#ready(id)
          if (result.ok && result.reading.role === 'primary') link.prepare('mark')
          back({ kind: 'probed', node: effect.target.node, sentAt: outcome.sentAt, result })
        })
      }
      case 'act':
        return this.#act(run, effect, back)
    }
  }

  #act(run: Run, effect: Extract<Effect, { kind: 'act' }>, back: (input: Input) => void): void {
    const engine = this.#setup.engineOf(run.group.id)
    const { action, id, target, queued } = effect
    const link = this.#link(run, target)
    const acted = (sentAt: Instant, result: ActionResult): void => back({ kind: 'acted', id, node: target.node, sentAt, result })
    if (!queued) {
      const told = (first: Outcome): void => {
        const ended = (outcome: Outcome): void =>
          acted(first.sentAt, outcome.ok ? engine.readActed(action, outcome.replies) : { ok: false, ...described(outcome.failure) })
        const more = first.ok ? engine.followUp(action, first.replies, this.connectionName) : null
        if (more === null) ended(first)
        else link.run('act', more, effect.timeoutMs, ended)
      }
      const script = engine.script(action)
      return action.name === 'mark' ? link.runProven(script, effect.timeoutMs, told) : link.run('act', script, effect.timeoutMs, told)
    }
    const sentAt = this.clock()
    const done = link.queue(engine.script(action))
    const result: ActionResult = done
      ? { ok: true, persisted: true, note: 'waits in its sockets' }
      : { ok: false, code: 'NOT_QUEUED', message: 'no connection from before its silence' }
    this.timer(0, () => acted(sentAt, result))
  }

  #ready(group: GroupId): void {
    for (const [key, link] of this.#links) if (key.startsWith(`${group}/`) && link.isWarm) link.prepare('act')
  }

  #link(run: Run, target: NodeTarget): SimNodeLink {
    let link = this.#met.get(target)
    if (link === undefined) {
      link = this.#linkTo(run, target)
      this.#met.set(target, link)
    }
    return link
  }

  #linkTo(run: Run, target: NodeTarget): SimNodeLink {
    const address = formatAddress(target.address)
    const key = `${target.group}/${target.node}/${address}`
    let link = this.#links.get(key)
    if (link === undefined) {
      const node: NodeId = target.node
      link = new SimNodeLink(this, address, () => {
        this.#ready(target.group)
        this.#post(run, { kind: 'disconnected', node })
      })
      this.#links.set(key, link)
    }
    return link
  }
}

function readingOf(engine: Engine, outcome: Outcome): ProbeResult {
  return outcome.ok ? engine.readProbe(outcome.replies) : { ok: false, failure: outcome.failure }
}

function described(failure: ProbeFailure): { code: string; message: string } {
  if (failure.kind === 'answered' || failure.kind === 'unasked') return { code: failure.code, message: failure.message }
  return { code: failure.kind.toUpperCase(), message: `the connection is ${failure.kind}; the command may have been executed` }
}
