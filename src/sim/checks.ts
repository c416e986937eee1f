// What must hold in every history, looked at after every event that could break it.
import { formatAddress } from '../core/address.ts'
import { nowhere } from '../core/limits.ts'
import { type GroupRecord, isMoving } from '../core/model.ts'
import type { Group } from '../controller/group.ts'
import type { Effect, Input, NewLogEntry } from '../ports.ts'
import type { ControllerHost } from './controllerHost.ts'
import type { History } from './history.ts'
import { describe } from './redisInfo.ts'
import type { RedisNode } from './redisNode.ts'
import { type Data, type Stream, type Write, heldOf, keysOf } from './stream.ts'

export interface Violation {
  readonly check: string
  readonly text: string
  readonly at: number
}

/** The primary's position as a controller last read it. */
interface Watched {
  readonly host: ControllerHost
  readonly at: number
  readonly incarnation: string
  readonly stream: Stream
  readonly offset: number
}

/** A fault this shortly ago may explain a doubt. Longer than any silence that a policy of a plan waits for, flapping included. */
const doubtMs = 70_000
/** Replication is asynchronous, a guard looks at ages of two seconds once a second: an end may take this much with it. */
const tailMs = 5_000
/** A node that was cut off or stood still has commands in its sockets; they are executed this soon after. */
const wokeMs = 3_000
const handMs = 150_000
const replacedWithinMs = 25_000
const wellMs = 20_000
/** A controller knows by then how its group stands. */
const watchedMs = 5_000
/** Its marks order restarted nodes to the canary's period; what is older must not be given up while somebody here has it. */
const recordChars = 20_000
const openEffects = 60
/** Answers overtake each other by no more than the clients there are, and by those that waited for a late one. */
const unordered = 64
const entriesPerMinute = 1_500

export class Checks {
  readonly #history: History
  readonly violations: Violation[] = []
  /** A check of this name is not made; for showing that it finds what it is for. */
  readonly #without: string | null
  readonly #writers = new Map<number, string>()
  readonly #crowned = new Map<number, string>()
  readonly #streams = new Set<Stream>()
  /** Each new primary, with the reason why writes of the one before may be lost. */
  #crowns: { readonly epoch: number; readonly node: string; readonly at: number; readonly reported: string | null }[] = []
  #watched: Watched | null = null
  #intent: { readonly record: GroupRecord; readonly entry: NewLogEntry } | null = null
  #entryLast: NewLogEntry | null = null
  #handAt = -Infinity
  #orderedAt = -Infinity
  #restoredAt = -Infinity
  #highest = 0
  #deadSince: number | null = null
  /** Whose end counts as watched: this controller ran, and went on, since then. */
  #watcher: { readonly controller: ControllerHost | null; readonly since: number } = { controller: null, since: 0 }
  /** The recorded primary ran and was watched when it was last looked at. */
  #ranWatched = false
  #minute = { at: 0, entries: 0 }
  readonly lost = new Map<string, number>()
  acked = 0
  failovers = 0

  constructor(history: History, without: string | null) {
    this.#history = history
    this.#without = without
  }

  fail(check: string, text: string): void {
    if (check === this.#without) return
    this.violations.push({ check, text, at: this.#now })
    if (this.#history.telling) this.#history.tell('VIOLATION', `${check}: ${text}`)
  }

  get #now(): number {
    return this.#history.timeline.now
  }

  byHand(): void {
    this.#handAt = this.#now
  }

  ordered(): void {
    this.#orderedAt = this.#now
  }

  restored(): void {
    this.#restoredAt = this.#now
    this.#highest = 0
    // Nobody can know the epochs that only the lost record knew.
    this.#crowned.clear()
    this.#writers.clear()
  }

  // --------------------------------------------------------------------------------------------- clients

  ackedWrite(write: Write): void {
    const { at } = write
    if (at === null) throw new Error('the simulator is wrong: a write was acknowledged and not executed')
    write.ackedAt = this.#now
    if (!write.follows) return
    this.acked++
    if (this.#deposedAck(write)) return
    this.#streams.add(at.stream)
    at.stream.acked.push(write)
    const writer = this.#writers.get(write.epoch)
    if (writer === undefined) this.#writers.set(write.epoch, write.node)
    else if (writer !== write.node) {
      this.fail('one writer per epoch', `${writer} and ${write.node} both accepted writes of clients that follow epoch ${write.epoch}`)
    }
  }

  /** A client was told OK by a node that had been replaced already: what may explain that is written down at once. */
  #deposedAck(write: Write): boolean {
    // Whoever came after this node was primary for the last time.
    const last = this.#crowns.findLastIndex((one) => one.node === write.node)
    const crown = this.#crowns.slice(last + 1).find((one) => one.epoch > write.epoch)
    if (crown === undefined || write.at === null) return false
    const current = this.#history.store.record('g')?.primary === write.node
    if (current) return false
    const since = this.#now - crown.at
    const woke = this.#now - this.#history.wokenAt(write.node) < wokeMs
    const unfenced = this.#history.bootedOpen({ stream: write.at.stream, length: 0 })
    // An operator made it a primary again after it had been replaced.
    const byHand = this.#handAt >= crown.at && this.#now - this.#handAt < handMs
    const excuse = crown.reported ?? (unfenced ? 'unfenced' : byHand ? 'by hand' : since < tailMs ? 'tail' : woke ? 'woke' : null)
    write.lost = excuse ?? 'without excuse'
    this.lost.set(write.lost, (this.lost.get(write.lost) ?? 0) + 1)
    if (excuse === null) {
      this.fail(
        'a replaced primary takes no writes',
        `${write.node} took a write of epoch ${write.epoch} ${Math.round(since)} ms after ${crown.node} replaced it at epoch ${crown.epoch}`,
      )
    }
    return true
  }

  // ------------------------------------------------------------------------------------------ the group

  stepped(host: ControllerHost, group: Group, input: Input, effects: readonly Effect[]): void {
    if (host.open > openEffects) this.fail('effects end', `${host.open} effects left and did not come back`)
    if (input.kind === 'probed' && input.result.ok) this.#read(host, group, input.node)
    for (const effect of effects) {
      if (effect.kind === 'note' || effect.kind === 'save') this.#entry(effect.entry)
    }
  }

  /** The controller knows now how far its primary is. */
  #read(host: ControllerHost, group: Group, id: string): void {
    const { record } = group
    const reading = group.view.get(id)?.reading
    if (record === null || record.primary !== id || reading?.role !== 'primary' || reading.incarnation !== record.incarnation) return
    const running = this.#history.node(id).running
    if (running?.runId !== record.incarnation || reading.position.kind !== 'stream') return
    const { offset } = reading.position
    this.#watched = { host, at: this.#now, incarnation: record.incarnation, stream: running.data.stream, offset }
  }

  #entry(entry: NewLogEntry): void {
    if (entry.sentence.trim() === '') this.fail('every hold has a sentence', `${entry.rule} says nothing`)
    if (this.#now - this.#minute.at > 60_000) this.#minute = { at: this.#now, entries: 0 }
    if (++this.#minute.entries === entriesPerMinute)
      this.fail('nothing grows', `${entriesPerMinute} log entries within a minute, the last: ${entry.sentence}`)
  }

  /** A record is durable from now on. */
  saved(record: GroupRecord, entry: NewLogEntry, before: GroupRecord | null): void {
    this.#epochs(record)
    this.#entryLast = entry
    const size = JSON.stringify(record).length
    if (size > recordChars) this.fail('nothing grows', `the record has ${size} characters`)
    if (isMoving(record)) {
      this.#intent = { record, entry }
      this.#fit(record, entry)
      if (before?.phase === 'steady') this.#deposed(entry, before)
      return
    }
    if (before !== null && before.incarnation === record.incarnation && before.primary === record.primary) return
    if (before?.phase === 'failover') this.failovers++
    const intent = this.#intent?.record.epoch === record.epoch ? this.#intent.record : null
    this.#crowns = [
      ...this.#crowns.slice(-20),
      { epoch: record.epoch, node: record.primary, at: this.#now, reported: this.#reported(intent, entry) },
    ]
    this.#crownedNow(record, entry)
  }

  /** A process began after the group was formed. */
  booted(node: RedisNode): void {
    const record = this.#history.store.record('g')
    if (record?.phase !== 'steady' || !record.fenced || record.primary !== node.id) return
    // A record from a backup says what was so once.
    if (this.#restoredAt > -Infinity) return
    const { file } = node
    if (node.running === null || file === null) return
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
    const { running } = history.stranger
    if (running === null || keysOf(running.data) !== 1 || running.config.replicaof !== null || running.config.guard !== 0) {
      this.fail('strangers are left alone', `the server of another group is not as it was: ${describe(history.stranger)}`)
    }
    const { controller } = history
    if (controller !== this.#watcher.controller || controller === null || controller.isStalled) {
      this.#watcher = { controller, since: this.#now }
    }
    const record = history.store.record('g')
    const dead = record === null ? null : history.node(record.primary)
    if (dead !== null && dead.running !== null) this.#ranWatched = this.#now - this.#watcher.since >= watchedMs
    if (dead === null || !this.#candidateIsGone(record) || dead.running !== null || history.net.isDown(dead.host) || !this.#wellOff(dead)) {
      this.#deadSince = null
      return
    }
    this.#deadSince ??= this.#now
    if (this.#now - this.#deadSince < replacedWithinMs) return
    this.#deadSince = null
    this.fail(
      'a dead primary is replaced',
      `${dead.id} has been dead for ${replacedWithinMs} ms and its replicas are well, but nobody was promoted`,
    )
  }

  /** Nobody is on his way to become primary, or he died on it. */
  #candidateIsGone(record: GroupRecord | null): boolean {
    if (record === null || !isMoving(record)) return true
    const candidate = this.#history.node(record.candidate)
    return candidate.running === null && !this.#history.net.isDown(candidate.host)
  }

  /** Nothing was done to the others since well before it died: they were linked to it and in good order. */
  #wellOff(dead: RedisNode): boolean {
    const history = this.#history
    if (history.controller === null || history.controller.isStalled || history.spec.pause !== null) return false
    // Nobody watched it die: it may hold what no replica has.
    if (!this.#ranWatched) return false
    if (this.#now - this.#handAt < wellMs) return false
    const fit = history.spec.nodes.every((node) => node.priority > 0 && node.maintenanceUntil === null)
    const record = history.store.record('g')
    const gone = record !== null && isMoving(record) ? record.candidate : null
    const others = [...history.nodes.values()].filter((node) => node !== dead && node.id !== gone)
    const inSync = (node: RedisNode): boolean => record?.inSync.some((member) => member.node === node.id) ?? false
    const well = (node: RedisNode): boolean =>
      inSync(node) && node.awake && node.linkedFor >= wellMs && history.steadyFor(node.id) >= wellMs
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
    const spec = this.#history.knownSpec.nodes.find((node) => node.id === record.candidate)
    if (spec === undefined || entry.rule.includes('.order') || record.candidate === record.primary) return
    if (record.phase === 'failover' && record.cause === 'operator') return
    if (spec.priority === 0) this.fail('priority 0 is never promoted', `${record.candidate} is the candidate by ${entry.rule}`)
  }

  /** A primary that runs and can be reached is replaced by an operator only. */
  #deposed(entry: NewLogEntry, before: GroupRecord): void {
    if (entry.rule.startsWith('steady.order')) return
    const node = this.#history.node(before.primary)
    const { running } = node
    if (running === null || running.runId !== before.incarnation || running.config.replicaof !== null || !node.awake) return
    const quietFor = this.#now - this.#history.disturbedAt(before.primary)
    if (quietFor < doubtMs || this.#now - this.#handAt < doubtMs) return
    this.fail(
      'no healthy primary deposed',
      `${before.primary} was undisturbed for ${Math.round(quietFor)} ms, but ${entry.rule}: ${entry.sentence}`,
    )
  }

  // ------------------------------------------------------------------------------------------ lost writes

  /** Somebody is primary from now on: what he lacks is lost, and must have an excuse. */
  #crownedNow(record: GroupRecord, entry: NewLogEntry): void {
    const running = this.#history.node(record.primary).running
    if (running === null || running.runId !== record.incarnation) return
    const missing = this.#missingFrom(running.data)
    if (missing.length > 0) this.#judge(missing, record, entry)
  }

  /** Acknowledged to clients that follow, not given up yet, and not in this data set. */
  #missingFrom(data: Data): Write[] {
    const missing: Write[] = []
    for (const stream of this.#streams) {
      const held = heldOf(data, stream)
      // Told in nearly the order of the stream.
      for (let index = stream.acked.length - 1, past = 0; index >= 0 && past < unordered; index--) {
        const write = stream.acked[index]
        if (write === undefined || write.at === null) continue
        if (write.at.index < held) past++
        else if (write.lost === null) missing.push(write)
      }
    }
    return missing
  }

  #judge(missing: readonly Write[], record: GroupRecord, entry: NewLogEntry): void {
    const intent = this.#intent?.record.epoch === record.epoch ? this.#intent : null
    const reported = this.#reported(intent?.record ?? null, entry)
    const unexcused: Write[] = []
    for (const write of missing) {
      const excuse = reported ?? this.#excuse(write)
      write.lost = excuse ?? 'without excuse'
      this.lost.set(write.lost, (this.lost.get(write.lost) ?? 0) + 1)
      if (excuse === null) unexcused.push(write)
    }
    const [first] = unexcused
    if (first === undefined) return
    const last = unexcused.at(-1)
    const span = `acknowledged ${Math.round(this.#now - (first.ackedAt ?? 0))} to ${Math.round(this.#now - (last?.ackedAt ?? 0))} ms before`
    const where = `${first.node} (epoch ${first.epoch})`
    this.fail(
      'no acknowledged write lost',
      `${unexcused.length} writes that ${where} ${span} are not in ${record.primary}; ${intent?.entry.rule ?? entry.rule}: ${intent?.entry.sentence ?? entry.sentence}. Held by ${this.#holders(first)}`,
    )
  }

  #holders(write: Write): string {
    const holders = [...this.#history.nodes.values()].filter((node) => holdsWrite(node, write)).map((node) => node.id)
    return holders.length === 0 ? 'nobody' : holders.join(' ')
  }

  /** The loss was told to people, or a person did it. */
  #reported(intent: GroupRecord | null, entry: NewLogEntry): string | null {
    if (intent?.phase === 'failover' && intent.cause === 'operator') return 'ordered'
    if (intent?.phase === 'failover' && intent.loss !== null) return 'reported'
    if (entry.rule === 'steady.moved' || this.#now - this.#handAt < handMs) return 'by hand'
    if (this.#now - this.#restoredAt < handMs) return 'after a backup'
    if (this.#now - this.#orderedAt < tailMs) return 'ordered'
    return null
  }

  #excuse(write: Write): string | null {
    const { at, ackedAt } = write
    if (at === null || ackedAt === null) return null
    const watched = this.#watched
    const maxLag = this.#history.policy.inSyncMaxLagBytes
    const end = at.stream.offsetAt(at.index + 1)
    const current = watched !== null && watched.host === this.#history.controller && watched.stream === at.stream
    if (current && end > watched.offset - maxLag) return 'asynchronous'
    if (this.#history.bootedOpen({ stream: at.stream, length: 0 })) return 'unfenced'
    const last = at.stream.acked.at(-1)?.ackedAt ?? ackedAt
    if (ackedAt >= last - tailMs) return 'tail'
    if (this.#holders(write) === 'nobody' && this.#history.files(write) === 0) return 'gone with the disks'
    return null
  }

  /** A copy replaces what a node held: nothing that still counts may go that way. */
  wiped(node: RedisNode, held: Data, by: Data): void {
    const missing: Write[] = []
    for (const stream of this.#streams) {
      const [has, gets] = [heldOf(held, stream), heldOf(by, stream)]
      if (has <= gets) continue
      for (const write of stream.acked) {
        if (write.lost === null && write.at !== null && write.at.index < has && write.at.index >= gets) missing.push(write)
      }
    }
    if (missing.length === 0) return
    if (this.#now - this.#handAt < handMs || this.#history.bootedOpen(by)) {
      for (const write of missing) write.lost = 'wiped by a primary that no fence held'
      this.lost.set('wiped unfenced', (this.lost.get('wiped unfenced') ?? 0) + missing.length)
      return
    }
    this.fail(
      'no newer data wiped',
      `${node.id} loses ${missing.length} acknowledged writes by a full copy; the first was taken by ${missing[0]?.node} at epoch ${missing[0]?.epoch} ${Math.round(this.#now - (missing[0]?.ackedAt ?? 0))} ms ago`,
    )
    for (const write of missing) write.lost = 'wiped'
  }

  /** At the end the primary has all that was not given up. */
  final(): void {
    const record = this.#history.store.record('g')
    const running = record === null ? null : this.#history.node(record.primary).running
    if (running === null || running === undefined) return
    const missing = this.#missingFrom(running.data)
    if (missing.length > 0 && record !== null && this.#entryLast !== null) this.#judge(missing, record, this.#entryLast)
  }
}

function holdsWrite(node: RedisNode, write: Write): boolean {
  const { running } = node
  return running !== null && write.at !== null && heldOf(running.data, write.at.stream) > write.at.index
}
