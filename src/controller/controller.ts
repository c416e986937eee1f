// The set of groups of one process: reads the spec, runs a Group for each, and is what the faces ask.
import { stallMs } from '../core/limits.ts'
import { momentOf } from '../core/moment.ts'
import { type GroupId, type GroupSpec, type LogEntry, type Policy, type Topology, type WallTime } from '../core/model.ts'
import { type EffectivePolicy, effectivePolicy, layeredPolicy } from '../core/policyLayers.ts'
import { diffWhole, withMore } from '../core/spec.ts'
import type { DoctorReport } from '../core/doctor/finding.ts'
import { figures, glance } from '../core/present.ts'
import type { Glance, GroupStatus, NodeFigures } from '../core/status.ts'
import { type RollView, rollView } from '../core/roll.ts'
import { type Question, type StopPlan, stopPlan } from '../core/stopPlan.ts'
import { engineOf } from '../engines/all.ts'
import { type Said, say, worded } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { Alarm, Clock, Command, CommandAnswer, Dice, Effect, Input, NewLogEntry, Store, World, WorldEffect } from '../ports.ts'
import { Counts, type Totals } from './counts.ts'
import { Doctor, type DoctorSettings } from './doctor.ts'
import type { ApplyRequest, ApplyResult, ControllerEvent, ControllerFacade, SpecChange, SpecRevision, SpecRevisionEntry } from './facade.ts'
import { Group, type Time } from './group.ts'
import { admitCopy, copyOf } from './restoredStore.ts'
import { release, toRelease } from './release.ts'
import { mustBeSound } from './specCheck.ts'
import { SpecStore } from './specStore.ts'
import { fewAtATime, nodesMeant } from './stopQuestion.ts'
import { Surveyor } from './survey.ts'

export interface ControllerOptions {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly dice: Dice
  readonly alarm: Alarm
  /** Under every group's own policy. */
  readonly defaults: Partial<Policy>
  /** The names that a group's `credential` may take. */
  readonly credentials: Pick<ReadonlySet<string>, 'has'>
  readonly doctor: DoctorSettings
  /** Told once per decision, refusal and role change, where it is carried out. */
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void
}

/** What the world and the alarm call for a group. Made once: they are called thousands of times a second. */
interface Calls {
  readonly group: Group
  /** Takes the end of an effect of it. */
  readonly ended: (input: Input) => void
  readonly ring: (lateMs: number) => void
}

/** So many new groups begin together, and the next ones so much later or when the loop comes to it. */
const beginAtOnce = 10
const beginEveryMs = 10
/** A group that is not decided about is shown anew at most this often. */
const statusEveryMs = 1000
/** Entries fetched for the event stream at once. */
const entriesAtOnce = 100

export class Controller implements ControllerFacade {
  readonly installation: string
  readonly #options: ControllerOptions
  readonly #writer: string
  readonly #specs: SpecStore
  readonly #groups = new Map<GroupId, Group>()
  readonly #calls = new Map<GroupId, Calls>()
  /** Not begun yet, in their order. */
  readonly #beginning: Group[] = []
  /** What was asked for, by name. */
  #written = new Map<GroupId, GroupSpec>()
  /** Removed groups whose nodes are still being released: how they are spoken to must be known until then. */
  readonly #leaving = new Map<GroupId, GroupSpec>()
  readonly #listeners = new Map<(event: ControllerEvent) => void, readonly ControllerEvent['kind'][] | null>()
  readonly #answers = new Map<string, (answer: CommandAnswer) => void>()
  readonly #told = new Map<GroupId, number>()
  readonly #shown = new Map<GroupId, string>()
  readonly #doctor: Doctor
  readonly #counts = new Counts()
  readonly #surveyor = new Surveyor()
  #nextCommand = 1
  #closed = false

  private constructor(options: ControllerOptions, installation: string, specs: SpecStore) {
    this.#options = options
    this.installation = installation
    this.#writer = options.dice.id()
    this.#specs = specs
    const { world, clock, alarm } = options
    const changed = (id: GroupId): void => {
      const group = this.#groups.get(id)
      if (group !== undefined && this.#wanted('status')) this.#show(group)
    }
    this.#doctor = new Doctor(options.doctor, { groups: this.#groups, world, clock, alarm, changed })
  }

  /** Reads the store; `begin` starts the groups. Errors: those of the store. */
  static async open(options: ControllerOptions): Promise<Controller> {
    const { store, dice } = options
    const restored = await admitCopy(store, options.clock.wall())
    if (restored !== null) options.log('store.restored', { records: restored })
    const known = await store.get<string>('installation')
    const installation = known?.value ?? dice.id()
    if (known === null) await store.commit([{ key: 'installation', expected: 0, value: installation }], [])
    return new Controller(options, installation, await SpecStore.read(store))
  }

  /** Starts every group of the spec. */
  begin(): void {
    this.#run(this.#specs.current.groups)
  }

  close(): void {
    this.#closed = true
    this.#doctor.close()
    this.#options.alarm.clear(' begin')
    for (const id of this.#groups.keys()) this.#options.alarm.clear(id)
    this.#groups.clear()
    this.#options.world.keep([])
  }

  // ---------------------------------------------------------------------------------------- the facade

  statuses(): readonly GroupStatus[] {
    const time = this.#time()
    return [...this.#groups.values()].map((group) => group.status(time, this.#doctor.checkup(group.id)))
  }

  glances(): readonly Glance[] {
    return Array.from(this.#groups.values(), (group) => group.seen(this.#time(), glance))
  }

  status(id: GroupId): GroupStatus {
    return this.#group(id).status(this.#time(), this.#doctor.checkup(id))
  }

  figures(id: GroupId): readonly NodeFigures[] {
    return this.#group(id).seen(this.#time(), figures)
  }

  topology(id: GroupId): Topology | null {
    return this.#group(id).topology(this.#time())
  }

  roll(id: GroupId): RollView | null {
    return this.#group(id).seen(this.#time(), rollView)
  }

  plan(id: GroupId, what: Question['what'], whom: string): Promise<readonly StopPlan[]> {
    const { nodes } = this.#group(id).seen(this.#time(), (s) => s.spec)
    const meant = [...nodesMeant(this.#specs.current.groups, { id, nodes }, whom)]
    const { alarm, clock } = this.#options
    const name = `plan ${this.#nextCommand++}`
    return fewAtATime(
      meant,
      ([group, asked]) => this.#groups.get(group)?.seen(this.#time(), (s) => stopPlan(s, { what, nodes: asked })),
      () => new Promise((go) => alarm.set(name, clock.now(), () => go())),
    )
  }

  /** The spec that a group's nodes are spoken to by; null when there is none. */
  specOf(id: GroupId): GroupSpec | null {
    return this.#written.get(id) ?? this.#leaving.get(id) ?? null
  }

  policy(id: GroupId): EffectivePolicy {
    this.#group(id)
    const { groups, policies } = this.#specs.current
    return effectivePolicy(groups.find((spec) => spec.id === id) ?? { id, policy: {} }, policies, this.#options.defaults)
  }

  spec(): SpecRevision {
    return this.#specs.current
  }

  revisions(limit: number, before?: number): Promise<readonly SpecRevisionEntry[]> {
    return this.#specs.history.list(limit, before)
  }

  specAt(revision: number): Promise<SpecRevision> {
    return this.#specs.history.at(revision, this.#specs.current)
  }

  specChanges(revision: number): Promise<readonly SpecChange[]> {
    return this.#specs.history.changes(revision, this.#specs.current.revision)
  }

  async apply(request: ApplyRequest): Promise<ApplyResult> {
    const before = this.#specs.current
    if (request.ifRevision !== null && request.ifRevision !== before.revision) {
      throw new UserError('REVISION_CONFLICT', say('refusal.specRevision', { now: before.revision, known: request.ifRevision }))
    }
    const put = new Map(request.put.map((spec) => [spec.id, spec]))
    const kept = before.groups.filter((spec) => !request.remove.includes(spec.id))
    const groups = [...kept.map((spec) => put.get(spec.id) ?? spec), ...request.put.filter((spec) => !kept.some((k) => k.id === spec.id))]
    const after = { groups, policies: request.policies ?? before.policies }
    const { defaults, credentials } = this.#options
    const unknown = request.remove.filter((id) => !this.#groups.has(id))
    mustBeSound(after, { defaults, credentials, recordOf: (id) => this.#groups.get(id)?.record ?? null, unknown })
    const changes = diffWhole(before, after)
    if (request.dryRun || changes.length === 0) return { revision: before.revision, dryRun: request.dryRun, changes }
    const leaving = request.remove.flatMap((id) => ({ id, target: toRelease(this.#group(id)) }))
    const revision = await this.#specs.write(request, changes, after, this.#options.clock.wall())
    this.#options.log('spec.changed', { revision, by: request.by, changes: changes.length })
    for (const { id } of leaving) this.#leaving.set(id, before.groups.find((spec) => spec.id === id) ?? emptySpec)
    this.#run(groups)
    for (const { group } of changes) if (group !== null) this.#doctor.soon(group)
    const told = await Promise.all(leaving.map(async ({ id, target }) => ({ id, said: await release(this.#options.world, target) })))
    for (const { id } of leaving) this.#leaving.delete(id)
    // Others may have come meanwhile, and others be leaving.
    this.#options.world.keep([...this.#specs.current.groups, ...this.#leaving.values()].flatMap(targetsOf))
    this.#emit({ kind: 'spec', revision })
    const releases = (group: GroupId | null): Said[] => told.flatMap(({ id, said }) => (id === group ? [said] : []))
    return { revision, dryRun: false, changes: changes.map((change) => withMore(change, releases(change.group))) }
  }

  async command(id: GroupId, command: Command): Promise<CommandAnswer> {
    this.#group(id)
    const number = this.#nextCommand++
    return new Promise((resolve) => {
      this.#answers.set(`${id} ${number}`, resolve)
      this.#step(id, { kind: 'command', id: number, command })
    })
  }

  backup(): AsyncIterable<Uint8Array> {
    return copyOf(this.#options.store, this.#options.clock.wall())
  }

  doctor(): DoctorReport {
    return this.#doctor.report()
  }

  async examine(ids: readonly GroupId[]): Promise<void> {
    await this.#doctor.look(ids.map((id) => this.#group(id).id))
  }

  async history(id: GroupId, limit: number, before?: number): Promise<readonly LogEntry[]> {
    this.#group(id)
    return this.#options.store.history(id, limit, before)
  }

  totals(): Totals {
    return this.#counts
  }

  subscribe(listener: (event: ControllerEvent) => void, kinds?: readonly ControllerEvent['kind'][]): () => void {
    if (!this.#wanted('log')) {
      this.#logSince = this.#options.clock.wall()
      this.#lastSeq.clear()
    }
    this.#listeners.set(listener, kinds ?? null)
    return () => this.#listeners.delete(listener)
  }

  // ------------------------------------------------------------------------------------------ the spec

  /** Makes the running groups those of the spec. */
  #run(specs: readonly GroupSpec[]): void {
    const time = this.#time()
    this.#written = new Map(specs.map((spec) => [spec.id, spec]))
    for (const [id, group] of this.#groups) {
      const spec = this.#written.get(id)
      // What is known of nodes was said by another engine or over another kind of connection: the group is met anew.
      if (spec !== undefined && spec.engine === group.spec.engine && spec.tls === group.spec.tls) continue
      this.#groups.delete(id)
      this.#calls.delete(id)
      this.#counts.forget(id)
      this.#options.alarm.clear(id)
      this.#refuseOrders(id)
    }
    const staying = specs.filter((spec) => this.#groups.has(spec.id))
    this.#options.world.keep([...staying, ...this.#leaving.values()].flatMap(targetsOf))
    const { revision, policies } = this.#specs.current
    const fresh: Group[] = []
    for (const written of specs) {
      const spec = { ...written, policy: layeredPolicy(written, policies, this.#options.defaults) }
      if (this.#groups.has(spec.id)) {
        this.#step(spec.id, { kind: 'spec', spec, revision })
        continue
      }
      const { installation } = this
      const group = new Group({ spec, specRevision: revision, can: engineOf(spec.engine), installation, writer: this.#writer }, time)
      this.#groups.set(spec.id, group)
      this.#calls.set(spec.id, this.#callsOf(group))
      fresh.push(group)
    }
    this.#begin(fresh)
    this.#doctor.rounds()
  }

  /** Who waits for an answer of a group that is no more. */
  #refuseOrders(id: GroupId): void {
    for (const [asked, answer] of this.#answers)
      if (asked.startsWith(`${id} `) && this.#answers.delete(asked))
        answer({ ok: false, code: 'NOT_NOW', ...worded(say('command.noGroup')) })
  }

  /** New groups begin in their order and a few at a time, as fast as the loop keeps up: a thousand at once would all be served late. */
  #begin(fresh: readonly Group[]): void {
    const isUnderWay = this.#beginning.length > 0
    this.#beginning.push(...fresh)
    if (!isUnderWay) this.#beginSome()
  }

  #beginSome(): void {
    const first = { kind: 'tick', silentHosts: 0, hosts: 0, stalledMs: 0, hurryEveryMs: 0 } as const
    for (const { id } of this.#beginning.splice(0, beginAtOnce)) this.#step(id, first)
    if (this.#beginning.length > 0) this.#options.alarm.set(' begin', this.#options.clock.now() + beginEveryMs, () => this.#beginSome())
  }

  // -------------------------------------------------------------------------------------------- groups

  #time(): Time {
    return { now: this.#options.clock.now(), wall: this.#options.clock.wall() }
  }

  #group(id: GroupId): Group {
    const group = this.#groups.get(id)
    if (group === undefined) throw new UserError('UNKNOWN_GROUP', say('refusal.noGroup', { group: id }))
    return group
  }

  #callsOf(group: Group): Calls {
    const calls: Calls = {
      group,
      ended: (input) => {
        this.#post(calls, input)
        if (input.kind === 'saved' || input.kind === 'noted') void this.#tell(group.id)
      },
      ring: (lateMs) => {
        const survey = this.#surveyor.survey(() => this.#groups.values(), lateMs, this.#options.clock.now())
        const { silentHosts, hosts, hurryEveryMs } = survey
        this.#post(calls, { kind: 'tick', silentHosts, hosts, hurryEveryMs, stalledMs: lateMs > stallMs ? lateMs : 0 })
      },
    }
    return calls
  }

  #step(id: GroupId, input: Input): void {
    const calls = this.#calls.get(id)
    if (calls !== undefined) this.#post(calls, input)
  }

  #post(calls: Calls, input: Input): void {
    const { group } = calls
    const { id } = group
    // A group that was removed and added again under its name is another one.
    if (this.#groups.get(id) !== group || this.#closed) return
    const before = group.record
    const effects = group.step(input, this.#time())
    if (input.kind === 'probed') this.#counts.probed(input.result)
    if (group.record !== before) this.#counts.recorded(id, before, group.record)
    for (const effect of effects) this.#carryOut(group, effect, calls)
    this.#options.alarm.set(id, group.wakeAt(), calls.ring)
    if (!this.#wanted('status')) return
    const decisive = input.kind === 'saved' || effects.some((effect) => effect.kind === 'note' || effect.kind === 'publish')
    if (decisive || this.#due(id)) this.#show(group)
  }

  #carryOut(group: Group, effect: Effect, { ended }: Calls): void {
    const { id } = group
    if (effect.kind === 'publish') {
      this.#doctor.soon(id)
      this.#emit({ kind: 'topology', topology: effect.topology })
      return
    }
    if (effect.kind === 'reply') {
      this.#answers.get(`${id} ${effect.id}`)?.(effect.answer)
      this.#answers.delete(`${id} ${effect.id}`)
      return
    }
    const { world } = this.#options
    if (effect.kind !== 'save' && effect.kind !== 'note') return world.run(effect, ended)
    if (effect.kind === 'note') this.#log(effect.entry)
    world.run(this.#witnessed(group, effect), (input) => {
      // A decision that the store did not take is none; it is made again.
      if (effect.kind === 'save' && input.kind === 'saved' && input.result.ok) this.#log(effect.entry)
      ended(input)
    })
  }

  #log({ group, kind, epoch, rule, sentence }: NewLogEntry): void {
    this.#options.log(`group.${kind}`, { group, epoch, rule, sentence })
  }

  /** A decision or refusal, with how the group stands, as it goes into the history. */
  #witnessed(group: Group, effect: Extract<Effect, { kind: 'save' | 'note' }>): WorldEffect {
    const moment = momentOf(group.status(this.#time()), effect.kind === 'save' ? effect.record : group.record)
    return { ...effect, entry: { ...effect.entry, moment } }
  }

  // -------------------------------------------------------------------------------------------- events

  #emit(event: ControllerEvent): void {
    for (const [listener, kinds] of this.#listeners) if (kinds === null || kinds.includes(event.kind)) listener(event)
  }

  #wanted(kind: ControllerEvent['kind']): boolean {
    for (const kinds of this.#listeners.values()) if (kinds === null || kinds.includes(kind)) return true
    return false
  }

  #due(id: GroupId): boolean {
    const now = this.#options.clock.now()
    if (now - (this.#told.get(id) ?? -Infinity) < statusEveryMs) return false
    this.#told.set(id, now)
    return true
  }

  /** Sends a group's status when a person would see a difference. */
  #show(group: Group): void {
    const status = group.status(this.#time(), this.#doctor.checkup(group.id))
    const text = JSON.stringify({
      ...status,
      evidence: 0,
      verdict: { ...status.verdict, evidence: 0 },
      nodes: status.nodes.map((node) => ({ ...node, lastReplyAgoMs: 0, probeMs: 0, opsPerSec: 0, usedMemoryBytes: 0 })),
    })
    if (this.#shown.get(group.id) === text) return
    this.#shown.set(group.id, text)
    this.#emit({ kind: 'status', status })
  }

  readonly #lastSeq = new Map<GroupId, number>()
  /** When somebody began to listen to entries. */
  #logSince: WallTime = 0

  /** Sends the entries that were stored since the last time. */
  async #tell(id: GroupId): Promise<void> {
    if (!this.#wanted('log')) return
    const entries = await this.#options.store.history(id, entriesAtOnce)
    const last = this.#lastSeq.get(id) ?? entries.find((entry) => entry.at < this.#logSince)?.seq ?? 0
    for (const entry of entries.toReversed()) {
      if (entry.seq <= (this.#lastSeq.get(id) ?? last)) continue
      this.#lastSeq.set(id, entry.seq)
      this.#emit({ kind: 'log', entry })
    }
  }
}

const emptySpec: GroupSpec = { id: '', engine: 'redis', nodes: [], credential: null, tls: false, policy: {}, pause: null }

function targetsOf(spec: GroupSpec): Parameters<World['keep']>[0] {
  return spec.nodes.map((node) => ({ group: spec.id, node: node.id, address: { host: node.host, port: node.port } }))
}
