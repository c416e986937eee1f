// When each group is looked at, and what was found. A few groups at a time, spread over the interval; what it knows is lost with the process.
import { type Examination, type Patient } from '../core/doctor/examination.ts'
import { findingsOf } from '../core/doctor/examine.ts'
import { rateOverMs } from '../core/doctor/replicationChecks.ts'
import { type Checkup, type DoctorReport, neverLookedAt } from '../core/doctor/finding.ts'
import { type Fleet, fleetOf } from '../core/doctor/fleet.ts'
import type { Facts, Inspected } from '../core/doctor/inspection.ts'
import { policyOf } from '../core/limits.ts'
import type { GroupId, Instant, NodeId } from '../core/model.ts'
import { answers, type NodeView } from '../core/observe.ts'
import { type Said, inEnglish, say } from '../core/said.ts'
import { engineOf } from '../engines/all.ts'
import type { Alarm, Clock, World } from '../ports.ts'
import { phaseOf } from './cadence.ts'
import type { Group } from './group.ts'

export interface DoctorSettings {
  readonly everyMs: number
  /** Checks whose findings are not told. */
  readonly ignore: ReadonlySet<string>
  /** The hosts under which other machines know the one that we run on. */
  readonly controllerHosts: ReadonlySet<string>
}

export interface Ward {
  readonly groups: ReadonlyMap<GroupId, Group>
  readonly world: World
  readonly clock: Clock
  readonly alarm: Alarm
  /** What is known of a group is something else now. */
  readonly changed: (group: GroupId) => void
}

/** A new group is left to settle before it is looked at; so is one that just got another primary. */
const settleMs = 10_000
/** Groups under examination at once. */
const atOnce = 4
/**
 * The time between two beginnings. A first round through a thousand groups takes five minutes; where that would be more than half of the
 * interval, half of the interval sets the pace.
 */
const gapMs = { most: 300, least: 100, whileWaitedFor: 20 }
/** A node that needs longer is told as not examined. */
const timeoutMs = 2000
/**
 * All groups are looked at for what they share, which changes with failovers: what was seen is good for this long, since a look at a thousand
 * groups is tens of milliseconds in which nothing else is done. It is seen anew after the spec changed, and for whoever asks: what he is told
 * was never seen before he asked.
 */
const fleetForMs = 60_000
/** No group's name: it has a letter that none may have. */
const alarmName = ':doctor'

interface Chart {
  readonly checkup: Checkup
  readonly dueAt: Instant
  /** Of each node, at the last look. */
  readonly facts: ReadonlyMap<NodeId, { readonly facts: Facts; readonly at: Instant }>
}

export class Doctor {
  readonly #settings: DoctorSettings
  readonly #ward: Ward
  readonly #charts = new Map<GroupId, Chart>()
  readonly #under = new Set<GroupId>()
  /** Who waits for a group to be looked at. */
  readonly #waiting = new Map<GroupId, (() => void)[]>()
  #lastAt: Instant = -Infinity
  #seen: { readonly fleet: Fleet; readonly at: Instant } | null = null
  #closed = false

  constructor(settings: DoctorSettings, ward: Ward) {
    this.#settings = settings
    this.#ward = ward
  }

  /** Groups came, went or got another spec. */
  rounds(): void {
    const now = this.#ward.clock.now()
    this.#seen = null
    for (const id of this.#charts.keys()) if (!this.#ward.groups.has(id)) this.#discharge(id)
    for (const id of this.#ward.groups.keys())
      if (!this.#charts.has(id)) this.#write(id, { checkup: neverLookedAt, dueAt: now + settleMs, facts: new Map() })
    this.#wake()
  }

  /** Something about the group changed: look at it soon instead of at the end of the interval. */
  soon(id: GroupId): void {
    const chart = this.#charts.get(id)
    const dueAt = this.#ward.clock.now() + settleMs
    if (chart === undefined || chart.dueAt <= dueAt) return
    this.#write(id, { ...chart, dueAt })
    this.#wake()
  }

  /** Looks at these now, still a few at a time; ends when all were looked at. */
  async look(ids: Iterable<GroupId>): Promise<void> {
    this.#seen = null
    const looks = [...ids].map((id) => {
      const chart = this.#charts.get(id)
      if (chart !== undefined) this.#charts.set(id, { ...chart, dueAt: -Infinity })
      return new Promise<void>((resolve) => {
        if (chart === undefined || this.#closed) resolve()
        else this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve])
      })
    })
    this.#wake()
    await Promise.all(looks)
  }

  checkup(id: GroupId): Checkup {
    return this.#charts.get(id)?.checkup ?? neverLookedAt
  }

  report(): DoctorReport {
    const groups = [...this.#charts].map(([group, { checkup }]) => ({ group, ...checkup }))
    return { everyMs: this.#settings.everyMs, ignored: [...this.#settings.ignore], groups }
  }

  close(): void {
    this.#closed = true
    this.#ward.alarm.clear(alarmName)
    for (const id of this.#waiting.keys()) this.#told(id)
  }

  #discharge(id: GroupId): void {
    this.#charts.delete(id)
    this.#told(id)
  }

  #told(id: GroupId): void {
    for (const resolve of this.#waiting.get(id) ?? []) resolve()
    this.#waiting.delete(id)
  }

  #write(id: GroupId, chart: Chart): void {
    const { clock } = this.#ward
    const nextAt = Math.round(clock.wall() + Math.max(0, chart.dueAt - clock.now()))
    this.#charts.set(id, { ...chart, checkup: { ...chart.checkup, nextAt } })
  }

  /** Whose turn is first of those that nobody looks at now. */
  #first(): readonly [GroupId, Chart] | null {
    let first: readonly [GroupId, Chart] | null = null
    for (const each of this.#charts)
      if (!this.#under.has(each[0]) && each[1].dueAt < (first === null ? Infinity : first[1].dueAt)) first = each
    return first
  }

  #wake(): void {
    if (this.#closed || this.#under.size >= atOnce) return
    const first = this.#first()
    if (first !== null)
      this.#ward.alarm.set(alarmName, Math.max(first[1].dueAt, this.#lastAt + this.#gap(), this.#ward.clock.now()), () => this.#ring())
  }

  #gap(): number {
    if (this.#waiting.size > 0) return gapMs.whileWaitedFor
    return Math.max(gapMs.least, Math.min(gapMs.most, this.#settings.everyMs / 2 / this.#charts.size))
  }

  #ring(): void {
    const now = this.#ward.clock.now()
    const [id, chart] = this.#first() ?? []
    const group = id === undefined ? undefined : this.#ward.groups.get(id)
    if (chart !== undefined && chart.dueAt <= now && group !== undefined) {
      this.#lastAt = now
      // In the middle of a change of primary there are better things to do; whoever waits for it is not kept waiting.
      const moving = group.record !== null && group.record.phase !== 'steady'
      if (moving && !this.#waiting.has(group.id)) this.#write(group.id, { ...chart, dueAt: now + settleMs })
      else this.#examine(group, chart)
    }
    this.#wake()
  }

  #examine(group: Group, chart: Chart): void {
    const { id } = group
    this.#under.add(id)
    // Whoever asks from now on wants another look.
    this.#charts.set(id, { ...chart, dueAt: Infinity })
    const asked = new Map<NodeId, { inspected: Inspected; user: string }>()
    const inspector = engineOf(group.spec.engine)?.inspector ?? null
    const living = inspector === null ? [] : [...group.view.values()].filter(lives)
    let open = living.length
    const done = (): void => {
      this.#under.delete(id)
      if (this.#ward.groups.get(id) === group && !this.#closed) this.#conclude(group, asked)
      this.#wake()
    }
    if (open === 0) return done()
    for (const node of living) {
      const target = { group: id, node: node.spec.id, address: { host: node.spec.host, port: node.spec.port } }
      this.#ward.world.inspect(target, timeoutMs, (inspected, user) => {
        asked.set(node.spec.id, { inspected, user })
        open--
        if (open === 0) done()
      })
    }
  }

  #conclude(group: Group, asked: ReadonlyMap<NodeId, { readonly inspected: Inspected; readonly user: string }>): void {
    const { clock } = this.#ward
    const now = clock.now()
    const chart = this.#charts.get(group.id)
    if (chart === undefined) return
    const patients = [...group.view.values()].map((view) => patientOf(view, asked.get(view.spec.id)?.inspected ?? null, chart, now))
    const findings = findingsOf(this.#examination(group, patients, [...asked.values()][0]?.user ?? 'default'), this.#settings.ignore)
    const first = chart.checkup.at === null
    // Groups that began together do not stay together.
    const spread = first ? (phaseOf(group.id) * this.#settings.everyMs) / 2 : 0
    const again = chart.dueAt === -Infinity
    const facts = new Map(patients.flatMap((patient) => remembered(patient, chart, now)))
    const checkup: Checkup = { at: clock.wall(), nextAt: null, findings, unexamined: patients.flatMap(unexamined) }
    this.#write(group.id, { checkup, dueAt: again ? -Infinity : now + this.#settings.everyMs - spread, facts })
    if (!again) this.#told(group.id)
    this.#ward.changed(group.id)
  }

  #examination(group: Group, patients: readonly Patient[], user: string): Examination {
    const { spec, record } = group
    const inspector = engineOf(spec.engine)?.inspector
    const words = { grant: inspector?.grant(user) ?? '', relink: inspector?.relink ?? '' }
    return {
      spec,
      policy: policyOf(spec),
      record,
      patients,
      user,
      ...words,
      controllerHosts: this.#settings.controllerHosts,
      fleet: this.#fleet(),
    }
  }

  #fleet(): Fleet {
    const now = this.#ward.clock.now()
    if (this.#seen === null || now - this.#seen.at >= fleetForMs) this.#seen = { fleet: fleetOf(this.#ward.groups.values()), at: now }
    return this.#seen.fleet
  }
}

/** It answers something. A node that is silent or refuses would only cost time, and `status` says so already. */
function lives(node: NodeView): boolean {
  return answers(node) || node.failure?.kind === 'answered'
}

function patientOf(view: NodeView, inspected: Inspected | null, chart: Chart, now: Instant): Patient {
  const facts = inspected?.ok === true ? inspected.inspection.facts : null
  const last = chart.facts.get(view.spec.id)
  const same = last !== undefined && facts !== null && last.facts.incarnation === facts.incarnation
  return { id: view.spec.id, view, inspected, facts, before: same ? { facts: last.facts, agoMs: now - last.at } : null }
}

/** What the next look is compared with: a look that is repeated at once would give no rate. */
function remembered({ id, facts, before }: Patient, chart: Chart, now: Instant) {
  const last = chart.facts.get(id)
  if (last !== undefined && before !== null && before.agoMs < rateOverMs) return [[id, last] as const]
  return facts === null ? [] : [[id, { facts, at: now }] as const]
}

function unexamined(patient: Patient): Checkup['unexamined'] {
  const said = patient.facts === null ? whyNot(patient) : null
  return said === null ? [] : [{ node: patient.id, why: inEnglish(said), whySaid: said }]
}

function whyNot({ inspected, view }: Patient): Said {
  if (inspected === null && lives(view)) return say('unexamined.engine')
  if (inspected === null) return say(view.reading === null && view.failure === null ? 'unexamined.unheard' : 'unexamined.mute')
  if (inspected.ok) return say('unexamined.denied')
  const { failure } = inspected
  if (failure.kind === 'answered' || failure.kind === 'unasked')
    return say('problem.answered', { error: failure.code, message: failure.message })
  return say(failure.kind === 'refused' ? 'problem.refused' : 'unexamined.mute')
}
