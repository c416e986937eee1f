// What clients that follow were told is written, and what becomes of it: a write may be gone only for a reason in excuses.ts.
import { closedGuard } from '../core/limits.ts'
import { type GroupRecord, isMoving } from '../core/model.ts'
import type { Group } from '../controller/group.ts'
import type { NewLogEntry } from '../ports.ts'
import type { Fail } from './checks.ts'
import type { ControllerHost } from './controllerHost.ts'
import type { Deeds } from './deeds.ts'
import { type Crown, Excuses, type Intent, type ReadOpen, type Watched, handEndsMs, riskIn } from './excuses.ts'
import type { History } from './history.ts'
import type { Server } from './server.ts'
import { type Data, type Stream, type Write, heldOf } from './stream.ts'

/** Answers overtake each other by no more than the clients there are, and by those that waited for a late one. */
const unordered = 64

export class Ledger {
  readonly #history: History
  readonly #deeds: Deeds
  readonly #fail: Fail
  readonly #excuses: Excuses
  readonly #writers = new Map<number, string>()
  readonly #streams = new Set<Stream>()
  #crowns: readonly Crown[] = []
  #watched: Watched | null = null
  #intent: Intent | null = null
  /** By host: when its replica was last attached to the primary that was just read. */
  readonly #attachedAt = new Map<string, number>()
  /** What a primary that came back writes, and which controller read it first while it was open, and when. */
  readonly #readOpen = new Map<Stream, ReadOpen>()
  /** Acknowledged writes that are gone, by the reason that excuses it. */
  readonly lost = new Map<string, number>()
  /** How often each reason was needed. */
  readonly excused = new Map<string, number>()
  acked = 0

  constructor(history: History, deeds: Deeds, fail: Fail) {
    this.#history = history
    this.#deeds = deeds
    this.#fail = fail
    this.#excuses = new Excuses(
      history,
      deeds,
      (host) => this.#attachedAt.get(host) ?? -Infinity,
      (stream) => this.#readOpen.get(stream) ?? null,
    )
  }

  get #now(): number {
    return this.#history.timeline.now
  }

  restored(): void {
    this.#writers.clear()
  }

  // --------------------------------------------------------------------------------------------- clients

  ackedWrite(write: Write): void {
    const { at } = write
    if (at === null) throw new Error('the simulator is wrong: a write was acknowledged and not executed')
    write.ackedAt = this.#now
    if (!write.follows) return
    this.acked++
    const crown = this.#successor(write)
    if (crown !== null && at.when >= crown.at) return this.#deposed(write, crown)
    this.#streams.add(at.stream)
    at.stream.acked.push(write)
    // Nobody can know the epochs that only the lost record knew.
    const unknown = at.when <= this.#deeds.restoredAt + handEndsMs
    const writer = unknown ? write.node : this.#writers.get(write.epoch)
    if (writer === undefined) this.#writers.set(write.epoch, write.node)
    else if (writer !== write.node) {
      this.#fail('one writer per epoch', `${writer} and ${write.node} both accepted writes of clients that follow epoch ${write.epoch}`)
    }
    // Its answer was on the way when another was recorded, or another process of the same node.
    const next = crown ?? this.#crowns.find((one) => one.epoch > write.epoch && at.when < one.at) ?? null
    // By what that one held then: it may have died since, and the next decision is not the one that this write went with.
    if (next !== null && next.data !== null && heldOf(next.data, at.stream) <= at.index) this.#judge([write], next)
  }

  /** Who was recorded after the node that took the write was it for the last time, unless it is the one recorded now. */
  #successor(write: Write): Crown | null {
    if (this.#history.store.record('g')?.primary === write.node) return null
    const last = this.#crowns.findLastIndex((one) => one.node === write.node)
    return this.#crowns.slice(last + 1).find((one) => one.epoch > write.epoch) ?? null
  }

  /** A client was told OK by a node for what it executed after another was recorded in its place. */
  #deposed(write: Write, crown: Crown): void {
    const { at } = write
    if (at === null) return
    const excuse = this.#excuses.late(write, at, crown)
    this.#gone(write, excuse)
    this.#count([excuse])
    if (excuse !== null) return
    this.#fail(
      'a replaced primary takes no writes',
      `${write.node} took a write of epoch ${write.epoch} ${Math.round(at.when - crown.at)} ms after ${crown.node} replaced it at epoch ${crown.epoch}`,
    )
  }

  #gone(write: Write, excuse: string | null): void {
    write.lost = excuse ?? 'without excuse'
    this.lost.set(write.lost, (this.lost.get(write.lost) ?? 0) + 1)
  }

  #count(excuses: Iterable<string | null>): void {
    for (const one of excuses) if (one !== null) this.excused.set(one, (this.excused.get(one) ?? 0) + 1)
  }

  // --------------------------------------------------------------------------------------------- crowns

  /** The controller knows now how far its primary is. */
  read(host: ControllerHost, group: Group, id: string): void {
    const { record } = group
    const reading = group.view.get(id)?.reading
    if (record === null || record.primary !== id || reading?.role !== 'primary') return
    const running = this.#history.node(id).running
    if (running?.runId !== reading.incarnation || reading.position.kind !== 'stream') return
    if (reading.incarnation !== record.incarnation) {
      const { stream } = running.data
      const first = this.#readOpen.get(stream)
      if (reading.guard !== closedGuard && first?.writer !== host.writer) this.#readOpen.set(stream, { writer: host.writer, at: this.#now })
      return
    }
    for (const host of running.fed) this.#attachedAt.set(host, this.#now)
    const { offset } = reading.position
    this.#watched = { writer: host.writer, at: this.#now, stream: running.data.stream, offset }
  }

  /** The controller of now is the one that read the primary last. */
  isWatcherHere(): boolean {
    return this.#watched !== null && this.#watched.writer === this.#history.controller?.writer
  }

  /** The controller of now reads its primary. */
  watches(): boolean {
    const { policy } = this.#history
    return this.#watched !== null && this.isWatcherHere() && this.#now - this.#watched.at <= policy.silentAfterMs
  }

  /** What else is recorded while a move is under way, that somebody is in doubt for example, takes nothing back of what its decision said. */
  intended(record: GroupRecord, entry: NewLogEntry): void {
    const before = this.#intentOf(record)
    const goesOn = before !== null && isSameMove(before.record, record) && riskIn(entry) === null
    this.#intent = goesOn ? { ...before, record } : { at: this.#now, record, entry, watched: this.#watched }
  }

  /** The latest decision, if it is the one that led to this record. */
  #intentOf(record: GroupRecord | null): Intent | null {
    return this.#intent?.record.epoch === record?.epoch ? this.#intent : null
  }

  /** Somebody is primary from now on: what he lacks is lost, and must have an excuse. */
  crowned(record: GroupRecord, entry: NewLogEntry): void {
    // A restored store may find somebody at an epoch that the lost record had given to a move of another, which was given up.
    const led = this.#intentOf(record)
    const intent = led !== null && isMoving(led.record) && led.record.candidate === record.primary ? led : null
    const { running } = this.#history.node(record.primary)
    const data = running?.runId === record.incarnation ? { ...running.data } : null
    const crown: Crown = {
      epoch: record.epoch,
      node: record.primary,
      at: this.#now,
      askedAt: this.#history.store.askedAt,
      intent,
      entry,
      data,
    }
    this.#crowns = [...this.#crowns.slice(-20), crown]
    if (data !== null) this.#judge(this.#missingFrom(data), crown)
  }

  /** Nobody was recorded as primary after it. */
  reigns(node: string): boolean {
    return this.#crowns.at(-1)?.node === node
  }

  /** It was last recorded as regroup or a person found it, not by a promotion. */
  wasTakenAsFound(node: string): boolean {
    return this.#crowns.findLast((crown) => crown.node === node)?.intent === null
  }

  /** At the end the primary has all that was not given up. */
  final(): void {
    const crown = this.#crowns.at(-1)
    const running = crown === undefined ? null : this.#history.node(crown.node).running
    if (crown !== undefined && running !== null) this.#judge(this.#missingFrom(running.data), crown)
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

  #judge(missing: readonly Write[], crown: Crown): void {
    const excuses = new Set<string | null>()
    const unexcused: Write[] = []
    for (const write of missing) {
      const excuse = write.at === null ? null : this.#excuses.lacking(write, write.at, crown)
      excuses.add(excuse)
      this.#gone(write, excuse)
      if (excuse === null) unexcused.push(write)
    }
    this.#count(excuses)
    const [first] = unexcused
    if (first === undefined) return
    const last = unexcused.at(-1)
    const span = `acknowledged ${Math.round(this.#now - (first.ackedAt ?? 0))} to ${Math.round(this.#now - (last?.ackedAt ?? 0))} ms before`
    const where = `${first.node} (epoch ${first.epoch})`
    const { rule, sentence } = crown.intent?.entry ?? crown.entry
    const holders = [...this.#history.nodes.values()].filter((node) => holdsWrite(node, first)).map((node) => node.id)
    this.#fail(
      'no acknowledged write lost',
      `${unexcused.length} writes that ${where} ${span} are not in ${crown.node}; ${rule}: ${sentence}. Held by ${holders.join(' ') || 'nobody'}`,
    )
  }

  /** What the recorded process holds, when it runs and is not this node. */
  #keptBy(node: Server): Data | null {
    const record = this.#history.store.record('g')
    if (record === null || record.primary === node.id) return null
    const { running } = this.#history.node(record.primary)
    return running?.runId === record.incarnation ? running.data : null
  }

  /** A copy replaces what a node held: nothing that still counts, and that the recorded primary lacks, may go that way. */
  wiped(node: Server, held: Data, by: Data): void {
    const missing: Write[] = []
    const kept = this.#keptBy(node)
    for (const stream of this.#streams) {
      const [has, gets] = [heldOf(held, stream), Math.max(heldOf(by, stream), kept === null ? 0 : heldOf(kept, stream))]
      if (has <= gets) continue
      for (const write of stream.acked) {
        if (write.lost === null && write.at !== null && write.at.index < has && write.at.index >= gets) missing.push(write)
      }
    }
    const excuseOf = this.#excuses.copied(node, held, by, this.#intentOf(this.#history.store.record('g')), this.#crowns.at(-1) ?? null)
    const excuses = new Set<string>()
    const unexcused = missing.filter((write) => {
      const excuse = write.at === null ? null : excuseOf(write, write.at)
      this.#gone(write, excuse)
      if (excuse !== null) excuses.add(excuse)
      return excuse === null
    })
    this.#count(excuses)
    const [first] = unexcused
    if (first === undefined) return
    this.#fail(
      'no newer data wiped',
      `${node.id} loses ${unexcused.length} acknowledged writes by a full copy; the first was taken by ${first.node} at epoch ${first.epoch} ${Math.round(this.#now - (first.ackedAt ?? 0))} ms ago`,
    )
  }
}

function holdsWrite(node: Server, write: Write): boolean {
  const { running } = node
  return running !== null && write.at !== null && heldOf(running.data, write.at.stream) > write.at.index
}

function isSameMove(a: GroupRecord, b: GroupRecord): boolean {
  return isMoving(a) && isMoving(b) && a.phase === b.phase && a.epoch === b.epoch && a.candidate === b.candidate
}
