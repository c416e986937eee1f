// What clients that follow were told is written, and what becomes of it: a write may be gone only for a reason that docs/protocol.md names.
import { flapSilenceFactor } from '../core/limits.ts'
import { type GroupRecord, isMoving } from '../core/model.ts'
import type { Said } from '../core/said.ts'
import { parseMark } from '../engines/mark.ts'
import type { Group } from '../controller/group.ts'
import type { NewLogEntry } from '../ports.ts'
import type { Fail } from './checks.ts'
import type { ControllerHost } from './controllerHost.ts'
import type { Deeds } from './deeds.ts'
import type { History } from './history.ts'
import { controllerName } from './plan.ts'
import type { Server } from './server.ts'
import { type Data, type Stream, type Write, heldOf, markOf, within } from './stream.ts'

/** The primary's position as a controller last read it. */
interface Watched {
  /** The controller's name in records. */
  readonly writer: string
  readonly at: number
  readonly stream: Stream
  readonly offset: number
}

/** A decision and what was said about it. */
interface Intent {
  readonly record: GroupRecord
  readonly entry: NewLogEntry
  /** What was last known of the primary when it was decided. */
  readonly watched: Watched | null
}

/** Somebody was recorded as primary, and all that may explain what he lacks. */
interface Crown {
  readonly epoch: number
  readonly node: string
  readonly at: number
  /** Null: it was taken as it was found, or moved by hand. */
  readonly intent: Intent | null
  readonly entry: NewLogEntry
}

/** `min-replicas-max-lag` is 2, ages are whole seconds, and a primary looks at them once a second (docs/protocol.md, M6). */
const guardEngagesMs = 4_000
/** How much longer than the silence a death counts as watched, and an unguarded primary may take writes until another is recorded. */
const watchedMs = 5_000
/** A primary is read at least so often while it is well; whom it does not list any more is out by then. */
const unlistedMs = 2_500
/** An append-only file that is synced every second. */
const diskMs = 2_000
/** A person's command takes effect, and regroup has understood it, within this. */
const handEndsMs = 4_000
/** What came of it is judged within this. */
const handMs = 150_000
/** A node that woke executes what it finds in its sockets at once. */
const wokeMs = 1_000
/** Who can be reached again is asked, told what it was not told by those before us, and closed within this. */
const reachedWithinMs = 500
/** Answers overtake each other by no more than the clients there are, and by those that waited for a late one. */
const unordered = 64

export class Ledger {
  readonly #history: History
  readonly #deeds: Deeds
  readonly #fail: Fail
  readonly #writers = new Map<number, string>()
  readonly #streams = new Set<Stream>()
  #crowns: readonly Crown[] = []
  #watched: Watched | null = null
  #intent: Intent | null = null
  /** By host: when its replica was last attached to the primary that was just read. */
  readonly #attachedAt = new Map<string, number>()
  /** Acknowledged writes that are gone, by the reason that excuses it. */
  readonly lost = new Map<string, number>()
  /** How often each reason was needed. */
  readonly excused = new Map<string, number>()
  acked = 0

  constructor(history: History, deeds: Deeds, fail: Fail) {
    this.#history = history
    this.#deeds = deeds
    this.#fail = fail
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
    // Its answer was on the way when another was recorded.
    const running = crown === null ? null : this.#history.node(crown.node).running
    if (crown !== null && running !== null && heldOf(running.data, at.stream) <= at.index) this.#judge([write], crown)
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
    const late = at.when - crown.at
    const { thawedAt } = this.#history.node(write.node)
    const inSockets = write.sentAt <= thawedAt && at.when - thawedAt < wokeMs
    const excuse =
      this.#told(write, crown) ??
      this.#byPeople(write) ??
      this.#unnamed(write.node) ??
      // An operator made it a primary again after it had been replaced.
      (this.#deeds.handAt >= crown.at && this.#now - this.#deeds.handAt < handMs ? 'by hand' : null) ??
      (this.#history.bootedOpen({ stream: at.stream, length: 0 }) ? 'unfenced' : null) ??
      (guarded(crown) && late < guardEngagesMs ? 'guard' : null) ??
      (this.#refusedEverybody(write, crown) ? 'refused everybody' : null) ??
      (inSockets ? 'in its sockets' : null)
    this.#gone(write, excuse)
    this.#count([excuse])
    if (excuse !== null) return
    this.#fail(
      'a replaced primary takes no writes',
      `${write.node} took a write of epoch ${write.epoch} ${Math.round(late)} ms after ${crown.node} replaced it at epoch ${crown.epoch}`,
    )
  }

  /** Nobody could tell it from a dead one while it was replaced: it takes writes again from when clients reach it until we do. */
  #refusedEverybody({ node: id, at }: Write, crown: Crown): boolean {
    const { net, controller, policy } = this.#history
    const node = this.#history.node(id)
    if (at === null || crown.intent?.record.phase !== 'failover' || crown.intent.record.cause !== 'dead' || guarded(crown)) return false
    if (!net.refusedAt(node.host, crown.at) || node.endAfter(crown.at) < at.when || controller === null) return false
    const reachable = Math.max(net.clearSince(controllerName, node.host), this.#now - controller.runsFor)
    return at.when - reachable <= policy.retryDownMs + reachedWithinMs
  }

  /** The spec of a backup does not name it: nobody can close it. */
  #unnamed(node: string): string | null {
    const named = this.#history.spec.nodes.some((one) => one.id === node)
    return !named && this.#now - this.#deeds.restoredAt < handMs ? 'after a backup' : null
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
    if (record === null || record.primary !== id || reading?.role !== 'primary' || reading.incarnation !== record.incarnation) return
    const running = this.#history.node(id).running
    if (running?.runId !== record.incarnation || reading.position.kind !== 'stream') return
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

  intended(record: GroupRecord, entry: NewLogEntry): void {
    this.#intent = { record, entry, watched: this.#watched }
  }

  /** Somebody is primary from now on: what he lacks is lost, and must have an excuse. */
  crowned(record: GroupRecord, entry: NewLogEntry): void {
    const intent = this.#intent?.record.epoch === record.epoch ? this.#intent : null
    const crown: Crown = { epoch: record.epoch, node: record.primary, at: this.#now, intent, entry }
    this.#crowns = [...this.#crowns.slice(-20), crown]
    const { running } = this.#history.node(record.primary)
    if (running !== null && running.runId === record.incarnation) this.#judge(this.#missingFrom(running.data), crown)
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
      const excuse = this.#excuse(write, crown)
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

  // -------------------------------------------------------------------------------------------- excuses

  #excuse(write: Write, crown: Crown): string | null {
    return this.#told(write, crown) ?? this.#byPeople(write) ?? this.#byNature(write, crown)
  }

  /** People were told what it may lose, or asked for it. */
  #told({ at }: Write, { intent }: Pick<Crown, 'intent'>): string | null {
    // A person said of every node that its data may go: what had been written by then.
    const given = at !== null && at.when <= this.#deeds.orderedAt && this.#history.spec.nodes.every((node) => node.overwrite)
    if (intent === null && given) return 'ordered'
    if (intent?.record.phase !== 'failover') return null
    const { cause, loss, lossSaid } = intent.record
    if (cause === 'operator') return 'ordered'
    if (loss === null) return null
    const bytes = bytesOf(lossSaid ?? null)
    // The last bytes that the primary held when it was read, and what it took soon after, are said to be gone, and nothing else.
    return bytes === null || (at !== null && this.#unread(at, intent, this.#silenceMs(intent.record), bytes)) ? 'reported' : null
  }

  /** Done to the nodes or to the store behind regroup's back: what had been written by then may go. */
  #byPeople({ at }: Write, outdated = false): string | null {
    if (at === null) return null
    const { handAt, restoredAt } = this.#deeds
    if (at.when <= handAt + handEndsMs && this.#now - handAt < handMs) return 'by hand'
    return !outdated && at.when <= restoredAt + handEndsMs && this.#now - restoredAt < handMs ? 'after a backup' : null
  }

  /** What no rule can promise. Nothing of it holds for a planned switchover. */
  #byNature(write: Write, crown: Pick<Crown, 'intent' | 'node'>): string | null {
    const { at } = write
    if (at === null) return null
    if (this.#history.bootedOpen({ stream: at.stream, length: 0 })) return 'unfenced'
    const { intent } = crown
    if (intent?.record.phase !== 'failover') return null
    const { rule } = intent.entry
    if (/elect\.(inSync|ahead)/.test(rule)) {
      if (this.#asynchronous(at, intent, crown.node)) return 'asynchronous'
      const last = at.stream.acked.at(-1)?.at?.when ?? at.when
      return guarded(crown) && at.when >= last - guardEngagesMs ? 'guard' : null
    }
    // A roll call that promotes another than who took it says that nobody is known to be complete.
    const itself = /elect\.returned/.test(rule) || (/elect\.rollCall/.test(rule) && crown.node === write.node)
    return itself && this.#lacksOnDisk(write, at, intent) ? 'disk' : null
  }

  /** Of what its primary was last read to have its disk may lack an append-only file's last seconds; of what came after that, all. */
  #lacksOnDisk(write: Write, at: NonNullable<Write['at']>, intent: Intent): boolean {
    const node = this.#history.node(write.node)
    const { persistence } = node.setup
    if (persistence === 'aof') return node.endAfter(at.when) - at.when <= diskMs
    // Whoever keeps nothing is elected only while the group was read to hold nothing.
    return this.#unread(at, intent, this.#history.policy.silentAfterMs, 0)
  }

  /** A replica that was in sync may lack the policy's bytes, by what its primary was last read to have, and what came after that reading. */
  #asynchronous(at: NonNullable<Write['at']>, intent: Intent, candidate: string): boolean {
    const { watched, record } = intent
    // A member that the primary did not list any more was no member.
    const listedAt = this.#attachedAt.get(this.#history.node(candidate).host) ?? -Infinity
    if (watched === null || watched.at - listedAt > unlistedMs) return false
    return this.#unread(at, intent, this.#silenceMs(record), this.#history.policy.inSyncMaxLagBytes)
  }

  /** How long a primary had to be silent before it counted. */
  #silenceMs(record: GroupRecord): number {
    const { policy } = this.#history
    const failovers = record.failovers.filter((when) => record.at - when < policy.flapWindowMs)
    return policy.silentAfterMs * (failovers.length >= policy.flapFailovers ? flapSilenceFactor : 1)
  }

  /** It came after the last reading, or is among the last bytes of it; who decided had read it himself, not longer ago than that. */
  #unread(at: NonNullable<Write['at']>, { watched, record }: Intent, silenceMs: number, bytes: number): boolean {
    if (watched === null || watched.writer !== record.writer || watched.stream !== at.stream) return false
    return at.when <= watched.at + silenceMs + watchedMs && at.stream.offsetAt(at.index + 1) > watched.offset - bytes
  }

  /** The recorded primary follows nobody by itself: the recorded process leads, and a fenced file says nowhere. */
  #followsNobody(node: Server): boolean {
    const record = this.#history.store.record('g')
    return record?.primary === node.id && (record.fenced || record.incarnation === node.running?.runId)
  }

  /** Whoever is on his way already feeds others: he is judged as when he is recorded, and nobody else who is copied. */
  #coming(by: Data): Pick<Crown, 'node' | 'intent'> | null {
    const record = this.#history.store.record('g')
    if (record === null || !isMoving(record)) return null
    const { candidate: node } = record
    const { running } = this.#history.node(node)
    return running !== null && within(by, running.data) ? { node, intent: this.#intent } : null
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
    const open = this.#history.bootedOpen(by) && !this.#followsNobody(node)
    const given = this.#history.spec.nodes.some((one) => one.id === node.id && one.overwrite) ? 'ordered' : null
    // A record that is older than what a node bears, after a restore: nothing may follow it blindly.
    const bears = parseMark(markOf(held) ?? '')?.epoch ?? 0
    const outdated = bears > (this.#history.store.record('g')?.epoch ?? 0)
    const coming = this.#coming(by)
    const excuses = new Set<string>()
    const unexcused = missing.filter((write) => {
      const excuse = open
        ? 'unfenced'
        : (given ??
          (coming === null ? null : this.#told(write, coming)) ??
          this.#byPeople(write, outdated) ??
          (coming === null ? null : this.#byNature(write, coming)))
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

/** How many bytes are said to be gone; null when it is not said in bytes. */
function bytesOf(loss: Said | null): number | null {
  if (loss?.code !== 'loss.short' && loss?.code !== 'loss.shortItself') return null
  const { bytes } = loss.values
  return typeof bytes === 'number' ? bytes : null
}

/** A guard that a restart does not shed stood when it was decided. */
function guarded({ intent }: Pick<Crown, 'intent'>): boolean {
  return intent !== null && intent.record.guard > 0 && intent.record.fenced
}

function holdsWrite(node: Server, write: Write): boolean {
  const { running } = node
  return running !== null && write.at !== null && heldOf(running.data, write.at.stream) > write.at.index
}
