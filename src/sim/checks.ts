// What must hold in every history, looked at after every event that could break it.
import { formatAddress } from '../core/address.ts'
import { nowhere } from '../core/limits.ts'
import { type GroupRecord, type NodeId, isMoving } from '../core/model.ts'
import type { Group } from '../controller/group.ts'
import type { Effect, Input, NewLogEntry } from '../ports.ts'
import type { ControllerHost } from './controllerHost.ts'
import { Deeds } from './deeds.ts'
import { ElectionChecks } from './electionChecks.ts'
import type { History } from './history.ts'
import { Ledger } from './ledger.ts'
import { controllerName } from './plan.ts'
import type { Server } from './server.ts'
import { keysOf } from './stream.ts'
import { VerdictChecks } from './verdictChecks.ts'

export interface Violation {
  readonly check: string
  readonly text: string
  readonly at: number
}

export type Fail = (check: string, text: string) => void

/** A fault this shortly ago may explain a doubt. Longer than any silence that a policy of a plan waits for, flapping included. */
const doubtMs = 70_000
const replacedWithinMs = 25_000
/** Beyond its silence a frozen primary is replaced within this: less than its replicas' links go on saying up. */
const doubtedMs = 8_000
/** A starved controller watches for more than a quarter of the time, and each step waits until it goes on. */
const starvedSilence = 4
const starvedDoubtMs = 20_000
const wellMs = 20_000
const recordChars = 20_000
const openEffects = 60
const entriesPerMinute = 1_500

export class Checks {
  readonly #history: History
  readonly violations: Violation[] = []
  /** A check of this name is not made; for showing that it finds what it is for. */
  readonly #without: string | null
  readonly deeds = new Deeds()
  readonly ledger: Ledger
  readonly verdicts: VerdictChecks
  readonly #elections: ElectionChecks
  readonly #crowned = new Map<number, string>()
  #highest = 0
  #deadSince: number | null = null
  /** The recorded primary ran and was watched when it was last looked at; when that was, and who was in sync with it then. */
  #ranWatched = false
  #ranAt = 0
  #inSync: GroupRecord['inSync'] = []
  /** Since when the record calls its primary fenced. */
  #fencedAt = 0
  /** What the last record of each that was the primary says of its file. */
  readonly #fenced = new Map<NodeId, boolean>()
  #minute = { at: 0, entries: 0 }
  failovers = 0

  constructor(history: History, without: string | null) {
    this.#history = history
    this.#without = without
    const fail: Fail = (check, text) => this.fail(check, text)
    this.ledger = new Ledger(history, this.deeds, fail)
    this.verdicts = new VerdictChecks(history, this.deeds, fail)
    this.#elections = new ElectionChecks(history, fail)
  }

  fail(check: string, text: string): void {
    if (check === this.#without) return
    this.violations.push({ check, text, at: this.#now })
    if (this.#history.telling) this.#history.tell('VIOLATION', `${check}: ${text}`)
  }

  get #now(): number {
    return this.#history.timeline.now
  }

  byHand(node: string): void {
    this.deeds.byHand(node, this.#now)
  }

  ordered(): void {
    this.deeds.orderedAt = this.#now
  }

  restored(): void {
    this.deeds.restoredAt = this.#now
    this.#highest = 0
    // Nobody can know the epochs that only the lost record knew.
    this.#crowned.clear()
    this.ledger.restored()
  }

  // ------------------------------------------------------------------------------------------ the group

  stepped(host: ControllerHost, group: Group, input: Input, effects: readonly Effect[]): void {
    if (host.open > openEffects) this.fail('effects end', `${host.open} effects left and did not come back`)
    if (input.kind === 'probed' && input.result.ok) {
      this.ledger.read(host, group, input.node)
      this.verdicts.read(host, group, input.node)
    }
    this.verdicts.stepped(group, effects)
    this.#elections.stepped(host, group, effects)
    for (const effect of effects) {
      if (effect.kind === 'note' || effect.kind === 'save') this.#entry(effect.entry)
    }
  }

  #entry(entry: NewLogEntry): void {
    if (entry.sentence.trim() === '') this.fail('every hold has a sentence', `${entry.rule} says nothing`)
    if (this.#now - this.#minute.at > 60_000) this.#minute = { at: this.#now, entries: 0 }
    if (++this.#minute.entries === entriesPerMinute)
      this.fail('nothing grows', `${entriesPerMinute} log entries within a minute, the last: ${entry.sentence}`)
  }

  /** The last record that named it the primary said that its file has no boot fence. */
  wasUnfenced(node: NodeId): boolean {
    return this.#fenced.get(node) === false
  }

  /** A record is durable from now on. */
  saved(record: GroupRecord, entry: NewLogEntry, before: GroupRecord | null): void {
    this.#epochs(record)
    this.#fenced.set(record.primary, record.fenced)
    if (record.fenced && (before?.fenced !== true || record.epoch !== before.epoch)) this.#fencedAt = this.#now
    const size = JSON.stringify(record).length
    if (size > recordChars) this.fail('nothing grows', `the record has ${size} characters`)
    // A record that is not verified yet begins none: it names the newest that was seen.
    if (record.phase !== 'restored' && record.epoch > (before?.epoch ?? 0)) this.verdicts.newEpoch(record)
    if (isMoving(record)) {
      this.ledger.intended(record, entry)
      // What else is recorded while a move is under way chooses nobody.
      if (record.epoch > (before?.epoch ?? 0)) this.#fit(record, entry)
      if (before !== null) this.verdicts.intended(record, before)
      if (before?.phase === 'steady') this.#deposed(entry, before)
      else if (before !== null && isMoving(before) && before.candidate !== record.candidate && !this.#ordered())
        this.verdicts.givenUp(before)
      return
    }
    // Whoever is to replace this one is in sync with it, whoever was with the one before; while it runs, those that it says.
    const succeeds = record.phase !== 'steady' || before?.phase !== 'steady'
    if (succeeds || !this.#stopped(this.#history.node(record.primary))) this.#inSync = record.inSync
    if (before !== null && before.incarnation === record.incarnation && before.primary === record.primary) {
      // By an old copy of the store it was the primary all the time, and another had been recorded in its place.
      if (!isMoving(before) || record.primary !== before.candidate || this.ledger.reigns(record.primary))
        return this.verdicts.grown(record, before)
    }
    // A record that is not verified yet names nobody.
    if (record.phase === 'restored') return
    if (before?.phase === 'failover') this.failovers++
    if (before !== null && isMoving(before) && record.primary === before.candidate) this.#isPrimary(record)
    this.ledger.crowned(record, entry)
    this.#elections.crowned(record)
  }

  /** Belief comes from the node, not from the reply to a command. */
  #isPrimary(record: GroupRecord): void {
    const { running } = this.#history.node(record.primary)
    if (running === null || running.runId !== record.incarnation || running.follows === null) return
    if (this.#now - this.deeds.handAt < doubtMs) return
    this.fail('who is recorded as primary is one', `${record.primary} is recorded at epoch ${record.epoch} and is a replica`)
  }

  /** A process began after the group was formed. */
  booted(node: Server): void {
    const record = this.#history.store.record('g')
    if (record?.phase !== 'steady' || !record.fenced || record.primary !== node.id) return
    // A record from a backup says what was so once.
    if (this.deeds.restoredAt > -Infinity) return
    const { file } = node
    // What a person wrote into the next one is not known.
    if (node.running === null || file === null || node.fileLostAt >= this.#fencedAt) return
    const says = file.replicaof === null ? 'nobody' : formatAddress(file.replicaof)
    if (says === formatAddress(nowhere)) return
    this.fail(
      'a fenced primary boots closed',
      `${node.id} boots with a file that lets it follow ${says} although the record says that it is fenced`,
    )
  }

  /** A dead primary is replaced when there is somebody to replace it. */
  everySecond(): void {
    const history = this.#history
    this.#elections.everySecond()
    const { running } = history.stranger
    if (running === null || keysOf(running.data) !== 1 || running.follows !== null || running.guard !== 0) {
      this.fail('strangers are left alone', `the server of another group is not as it was: ${history.stranger.describe()}`)
    }
    const record = history.store.record('g')
    const dead = record === null ? null : history.node(record.primary)
    if (record !== null && dead !== null && !this.#stopped(dead)) {
      this.#ranWatched = this.#watching() && this.ledger.watches() && this.#isSeenToStop(dead, record)
      this.#ranAt = this.#now
      this.#inSync = record.inSync
    }
    // It died in the second in which its controller went, or stood still; or it woke for a moment in between, or was asked for at another place.
    else if (
      (this.#deadSince === null && !this.#watching()) ||
      (dead !== null && (this.#wasElsewhere(dead) || this.#isUnprovable(dead))) ||
      (record !== null && dead !== null && this.#deadSince === null && this.#diesUnseen(dead, record)) ||
      this.#wasAway()
    )
      this.#ranWatched = false
    if (dead === null || !this.#candidateIsGone(record) || !this.#stopped(dead) || !this.#wellOff(dead)) {
      this.#deadSince = null
      return
    }
    this.#deadSince ??= this.#now
    const how = history.net.isDown(dead.host) ? 'unreachable' : dead.running === null ? 'dead' : 'frozen'
    const withinMs = how === 'dead' ? replacedWithinMs : this.#silentForMs(this.#deadSince)
    if (this.#now - this.#deadSince < withinMs) return
    this.#deadSince = null
    this.fail(
      'a dead primary is replaced',
      `${dead.id} has been ${how} for ${withinMs} ms and its replicas are well, but nobody was promoted`,
    )
  }

  /** How long a silent primary may go on being one. */
  #silentForMs(since: number): number {
    const { policy, starvedAt } = this.#history
    return starvedAt >= since ? policy.silentAfterMs * starvedSilence + starvedDoubtMs : policy.silentAfterMs + doubtedMs
  }

  /** While a replica is fed by one that only we cannot reach, nothing is concluded: how long it ran unseen nobody can say then, and only a guard bounds what it took. */
  #isSeenToStop(primary: Server, record: GroupRecord): boolean {
    const { net, policy } = this.#history
    if (policy.acceptStaleRisk || (record.fenced && record.guard > 0)) return true
    const paths = [net.path(controllerName, primary.host), net.path(primary.host, controllerName)]
    // A slow one, which loses one in four, says what was so more than a silence ago.
    return !paths.some((path) => path.cut || path.extraMs > 0 || path.loss > 0)
  }

  /** Its controller is cut off from it and from a replica: neither a refusal nor the replica's link tells when it died. */
  #diesUnseen(primary: Server, record: GroupRecord): boolean {
    const { net, nodes } = this.#history
    const others = [...nodes.values()].filter((node) => node !== primary)
    return !this.#isSeenToStop(primary, record) && others.some((node) => net.cutSince(controllerName, node.host) <= this.#now)
  }

  /** It sleeps, and a replica does not let itself be asked to prove its link: how long it slept nobody learns. */
  #isUnprovable(dead: Server): boolean {
    return dead.frozen && [...this.#history.nodes.values()].some((node) => node.ailments.forbidden.has('client|kill'))
  }

  /** Since it was last looked at: awake, or not where the spec had it. */
  #wasElsewhere(dead: Server): boolean {
    return dead.thawedAt > this.#ranAt || this.#history.placedSince(dead.id) > this.#ranAt
  }

  /** The controller stood still for longer than silence may last, before the silence of the primary had lasted so long. */
  #wasAway(): boolean {
    const { away, policy } = this.#history
    return away.until > this.#ranAt && away.since < this.#ranAt + 1000 + policy.silentAfterMs
  }

  /** The controller that read the primary last is at work. */
  #watching(): boolean {
    const { controller } = this.#history
    return this.ledger.isWatcherHere() && controller !== null && !controller.exhausted && controller.worksFor > 0
  }

  /** It is dead; or frozen, or its host is gone, unless a policy or too many failovers make silence wait, or the store cannot take the decision. */
  #stopped(node: Server): boolean {
    const { net, policy, store } = this.#history
    if (!node.frozen && !net.isDown(node.host)) return node.running === null
    if (store.slowMs > 0 || store.unsure > 0) return false
    const lately = store.record('g')?.failovers.filter((at) => this.#history.wall() - at < policy.flapWindowMs) ?? []
    return policy.acceptSplitRisk !== 'never' && lately.length < policy.flapFailovers
  }

  /** A person named another candidate just now. */
  #ordered(): boolean {
    return this.#now - this.deeds.orderedAt < replacedWithinMs
  }

  /** Nobody is on his way to become primary, or he died on it. The candidate of a switchover has time only while the old primary runs. */
  #candidateIsGone(record: GroupRecord | null): boolean {
    if (record?.phase !== 'failover') return true
    const candidate = this.#history.node(record.candidate)
    return candidate.running === null && !this.#history.net.isDown(candidate.host)
  }

  /** Nothing was done to the others since well before it died: they were linked to it and in good order. */
  #wellOff(dead: Server): boolean {
    const history = this.#history
    const { controller } = history
    if (controller === null || controller.worksFor === 0 || controller.exhausted || history.spec.pause !== null) return false
    // Nobody watched it die: it may hold what no replica has.
    if (!this.#ranWatched || !this.ledger.isWatcherHere()) return false
    if (this.#now - this.deeds.handAt < wellMs) return false
    const fit = history.spec.nodes.every((node) => node.priority > 0 && node.maintenanceUntil === null)
    const record = history.store.record('g')
    const gone = record?.phase === 'failover' ? record.candidate : null
    const others = [...history.nodes.values()].filter((node) => node !== dead && node.id !== gone)
    const inSync = ({ id, running }: Server): boolean =>
      this.#inSync.some((member) => member.node === id && member.incarnation === running?.runId)
    // It may have been told to go on without a replica that lost its link, or slept, since it was last looked at.
    if (dead.resetAt > this.#ranAt) return false
    const well = (node: Server): boolean =>
      inSync(node) && node.awake && node.thawedAt <= this.#ranAt && node.linkedFor >= wellMs && history.steadyFor(node.id) >= wellMs
    return fit && others.length > 0 && others.every(well)
  }

  #epochs(record: GroupRecord): void {
    if (record.epoch < this.#highest) this.fail('epochs only rise', `epoch ${record.epoch} after ${this.#highest}`)
    this.#highest = Math.max(this.#highest, record.epoch)
    if (record.phase !== 'steady') return
    const known = this.#crowned.get(record.epoch)
    const name = `${record.primary} ${record.incarnation}`
    if (known === undefined) this.#crowned.set(record.epoch, name)
    else if (known !== name) {
      // An abandoned intent keeps its epoch for the primary that stays.
      this.fail('epochs only rise', `epoch ${record.epoch} has two primaries: ${known}, ${name}`)
    }
  }

  /** Who must not be promoted is not, unless a person names it. */
  #fit(record: GroupRecord & { readonly candidate: string }, entry: NewLogEntry): void {
    // A save that took its time was decided by what was asked for then.
    if (record.specRevision !== this.#history.revision) return
    const spec = this.#history.spec.nodes.find((node) => node.id === record.candidate)
    if (spec === undefined || /\.order|\.scheduled/.test(entry.rule) || record.candidate === record.primary) return
    if (record.phase === 'failover' && record.cause === 'operator') return
    if (spec.priority === 0) this.fail('priority 0 is never promoted', `${record.candidate} is the candidate by ${entry.rule}`)
    if ((spec.maintenanceUntil ?? 0) > this.#history.wall())
      this.fail('a node in maintenance is never promoted', `${record.candidate} is the candidate by ${entry.rule}`)
  }

  /** Moves that nobody has to be there for: each needs that somebody asked for it before. */
  #askedFor(entry: NewLogEntry, before: GroupRecord): boolean {
    const { spec, policy } = this.#history
    const wall = this.#history.wall()
    const priorityOf = (id: unknown): number => spec.nodes.find((node) => node.id === id)?.priority || Infinity
    switch (entry.rule) {
      case 'steady.maintenance':
        return spec.nodes.some((node) => node.id === before.primary && (node.maintenanceUntil ?? 0) >= wall - doubtMs)
      case 'steady.scheduled':
        return (spec.scheduled?.at ?? Infinity) <= wall + doubtMs
      case 'steady.failback':
        return policy.failback === 'atOnce' && priorityOf(entry.evidence['candidate']) < priorityOf(before.primary)
      default:
        return false
    }
  }

  /** A primary that runs and can be reached is replaced by an operator only. */
  #deposed(entry: NewLogEntry, before: GroupRecord): void {
    if (entry.rule.startsWith('steady.order') || this.#askedFor(entry, before)) {
      this.deeds.movedOn = { from: before.primary, at: this.#now }
      return
    }
    const node = this.#history.node(before.primary)
    const { running } = node
    if (running === null || running.runId !== before.incarnation || running.follows !== null || !node.awake) return
    const quietFor = this.#now - this.#history.disturbedAt(before.primary)
    if (quietFor < doubtMs || this.#now - this.deeds.handAt < doubtMs) return
    this.fail(
      'no healthy primary deposed',
      `${before.primary} was undisturbed for ${Math.round(quietFor)} ms, but ${entry.rule}: ${entry.sentence}`,
    )
  }
}
