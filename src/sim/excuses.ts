// For which reasons an acknowledged write may be gone (docs/simulator.md): each holds as narrowly as it is true.
import { flapSilenceFactor } from '../core/limits.ts'
import { type GroupRecord, isMoving, latestEpoch } from '../core/model.ts'
import { sameAddress } from '../core/address.ts'
import type { Code, Said } from '../core/said.ts'
import { parseMark } from '../engines/mark.ts'
import type { NewLogEntry } from '../ports.ts'
import { type Deeds, handName } from './deeds.ts'
import type { History } from './history.ts'
import { controllerName } from './plan.ts'
import type { Server } from './server.ts'
import { type Data, type Stream, type Write, heldOf, markOf, within } from './stream.ts'

type Executed = NonNullable<Write['at']>

/** The primary's position as a controller last read it. */
export interface Watched {
  /** The controller's name in records. */
  readonly writer: string
  readonly at: number
  readonly stream: Stream
  readonly offset: number
}

/** A decision and what was said about it. */
export interface Intent {
  readonly at: number
  readonly record: GroupRecord
  readonly entry: NewLogEntry
  /** What was last known of the primary when it was decided. */
  readonly watched: Watched | null
}

/** Somebody was recorded as primary, and all that may explain what he lacks. */
/** Which controller read first that a primary was back and open, and when. */
export interface ReadOpen {
  readonly writer: string
  readonly at: number
}

export interface Crown {
  readonly epoch: number
  readonly node: string
  readonly at: number
  /** When its save left for the store, which may be slow. */
  readonly askedAt: number
  /** Null: it was taken as it was found, or moved by hand. */
  readonly intent: Intent | null
  readonly entry: NewLogEntry
  /** What the recorded process held then; null when it was gone already. */
  readonly data: Data | null
}

/**
 * `min-replicas-max-lag` is 2, ages are whole seconds, and a primary looks at them once a second (docs/protocol.md, M6). Only while it runs: a
 * frozen one finds its replicas' last words in its sockets when it wakes (M14).
 */
const guardEngagesMs = 4_000
/** How much longer than the silence a death counts as watched, and an unguarded primary may take writes until another is recorded. */
const watchedMs = 5_000
/** A primary is read at least so often while it is well; whom it does not list any more is out by then. */
const unlistedMs = 2_500
/** An append-only file is synced every second, while its process runs. */
const diskMs = 2_000
/** A person's command takes effect, and regroup has understood it, within this. */
export const handEndsMs = 4_000
/** What came of it is judged within this. */
const handMs = 150_000
/** A node that woke executes what it finds in its sockets at once. */
const wokeMs = 1_000
/** Who could be reached for so long was asked before it was decided. */
const askedMs = 5_000
/** Who can be reached again is asked, told what it was not told by those before us, and closed within this. */
const reachedWithinMs = 500
/** Losses of what the old primary may take from now on, and of what it may have taken with nobody looking. */
const stillTakes: ReadonlySet<Code> = new Set(['loss.clinging', 'loss.back', 'loss.ownFile'])
const tookUnseen: ReadonlySet<Code> = new Set(['loss.silentBefore', 'loss.unwatched', 'loss.takenUnseen', 'loss.open'])

export class Excuses {
  readonly #history: History
  readonly #deeds: Deeds
  /** When the replica on this host was last attached to the primary that was read then. */
  readonly #listedAt: (host: string) => number
  /** Which controller read the process that writes this, another than the recorded one, as an open primary. */
  readonly #openTo: (stream: Stream) => ReadOpen | null

  constructor(history: History, deeds: Deeds, listedAt: (host: string) => number, openTo: (stream: Stream) => ReadOpen | null) {
    this.#history = history
    this.#deeds = deeds
    this.#listedAt = listedAt
    this.#openTo = openTo
  }

  get #now(): number {
    return this.#history.timeline.now
  }

  /** Whoever was recorded does not have it. */
  lacking(write: Write, at: Executed, crown: Crown): string | null {
    return (
      this.#ordered(at, crown) ??
      this.#reported(write, at, crown) ??
      saidOfFound(at, crown) ??
      this.#byHand(at, this.#deeds.handOn(write.node, crown.node)) ??
      // Made a primary by a person and restarted between two questions: it bears a history of its own where nothing tells (docs/pika.md, P2).
      (this.#history.node(crown.node).ledUnseen ? 'by hand' : null) ??
      this.#byBackup(at) ??
      this.#byNature(write, at, crown)
    )
  }

  /** It was taken after another was recorded in its node's place. */
  late(write: Write, at: Executed, crown: Crown): string | null {
    const { thawedAt } = this.#history.node(write.node)
    const handAt = this.#deeds.handOn(write.node)
    const inSockets = write.sentAt <= thawedAt && at.when - thawedAt < wokeMs
    return (
      this.#ordered(at, crown) ??
      this.#reported(write, at, crown, true) ??
      this.#byHand(at, handAt) ??
      this.#byBackup(at) ??
      this.#unnamed(write.node, at, crown) ??
      // An operator made it a primary again after it had been replaced.
      (handAt >= crown.at && this.#now - handAt < handMs ? 'by hand' : null) ??
      (this.#history.bootedOpen({ stream: at.stream, length: 0 }) ? 'unfenced' : null) ??
      (guarded(crown) && this.#ranSince(write.node, crown.at, at.when) < guardEngagesMs ? 'guard' : null) ??
      (this.#refusedEverybody(write, at, crown) ? 'refused everybody' : null) ??
      (this.#ledBack(write.node, at, crown) ? 'led back' : null) ??
      (inSockets ? 'in its sockets' : null)
    )
  }

  /**
   * A full copy replaced what the node held. `intent`: the one of the record of now; `reigns`: the latest that was recorded. Gives the question to
   * ask of each write.
   */
  copied(node: Server, held: Data, by: Data, intent: Intent | null, reigns: Crown | null): (write: Write, at: Executed) => string | null {
    if (this.#history.bootedOpen(by) && !this.#followsNobody(node)) return () => 'unfenced'
    if (this.#history.spec.nodes.some((one) => one.id === node.id && one.overwrite)) return () => 'ordered'
    if (this.#cameBehindAHand(node)) return () => 'by hand'
    // A record that is older than what a node bears, after a restore: nothing may be led to it blindly.
    const mark = parseMark(markOf(held) ?? '')
    const bears = mark === null ? 0 : latestEpoch(mark)
    const outdated = bears > (this.#history.store.record('g')?.epoch ?? 0) && !this.#cameByItself(node) && !this.#unheardOf(node)
    const coming = this.#coming(by, intent)
    // Whoever feeds it, and the one before, may have been led by hand too.
    const byPeople = (at: Executed): string | null => this.#byHand(at, this.#deeds.handAt) ?? (outdated ? null : this.#byBackup(at))
    if (coming === null) return (write, at) => byPeople(at) ?? (reigns === null ? null : this.#foretold(node, write, at, reigns))
    return (write, at) =>
      this.#ordered(at, coming) ?? this.#reported(write, at, coming) ?? byPeople(at) ?? this.#byNature(write, at, coming)
  }

  // ------------------------------------------------------------------------------------------ by whom

  /**
   * A person asked for it: of every node's data that they may go, what had been written by then; or for this very promotion.
   * A decision of ours must say what it loses all the same; but not one that an old copy of the store undid before the person's word:
   * regroup does not know then that its primary was one, and only the person can end that.
   */
  #ordered(at: Executed, { intent, at: since = Infinity }: Pick<Crown, 'intent'> & Partial<Pick<Crown, 'at'>>): string | null {
    const { orderedAt, restoredAt } = this.#deeds
    const given = at.when <= orderedAt && this.#history.spec.nodes.every((node) => node.overwrite)
    const undone = since <= restoredAt && restoredAt <= orderedAt
    if (given && (intent === null || undone)) return 'ordered'
    if (intent === null) return null
    return intent.record.phase === 'failover' && intent.record.cause === 'operator' ? 'ordered' : null
  }

  /** People were told what it may lose. `late`: it came after the promotion. */
  #reported(
    write: Write,
    at: Executed,
    { intent, entry }: Pick<Crown, 'intent'> & Partial<Pick<Crown, 'entry'>>,
    late = false,
  ): string | null {
    if (intent?.record.phase !== 'failover') return null
    // When it was decided, and what the promotion itself showed.
    const said = [intent.record.lossSaid ?? null, entry === undefined ? null : riskIn(entry)]
    return said.some((loss) => loss !== null && this.#covers(loss, write, at, intent, late)) ? 'reported' : null
  }

  #covers(said: Said, write: Write, at: Executed, intent: Intent, late: boolean): boolean {
    const { losses, bytes } = said.values
    if (said.code === 'loss.all')
      return Array.isArray(losses) && losses.some((each) => typeof each !== 'string' && this.#covers(each, write, at, intent, late))
    if (stillTakes.has(said.code)) return this.#unseen(write, at, intent)
    if (late) return false
    if (tookUnseen.has(said.code)) return this.#unseen(write, at, intent)
    // The last bytes that the primary held when it was read, and what it took soon after.
    if (typeof bytes !== 'number' || this.#unread(at, intent, this.#silenceMs(intent.record), bytes)) return true
    return this.#amongLastOfFloor(at, intent, bytes)
  }

  /** Another controller read the primary last: this one's bytes are the last of those up to where the record says that it was read, and no others. */
  #amongLastOfFloor(at: Executed, { watched, record }: Intent, bytes: number): boolean {
    if (watched === null || record.floor === null || watched.stream !== at.stream || watched.writer === record.writer) return false
    const end = at.stream.offsetAt(at.index + 1)
    return end > record.floor.offset - bytes && end <= record.floor.offset
  }

  /** The old primary took it, and no controller read that it had; whoever decided need not be the last that read it. */
  #unseen({ node }: Write, at: Executed, { watched, record }: Intent): boolean {
    if (node !== record.primary) return false
    // An offset stands still while nobody is fed, so what came after the last reading is told by its time.
    if (watched === null || at.when > watched.at) return true
    if (watched.stream !== at.stream) return false
    // Another controller knows only how far the record says that it was read.
    const known = watched.writer === record.writer ? watched.offset : (record.floor?.offset ?? 0)
    return at.stream.offsetAt(at.index + 1) > known
  }

  /**
   * The spec of a backup did not name it when another was recorded: nobody could close it, and nobody could wait for it. Until it is named again
   * and regroup reaches it.
   */
  #unnamed(id: string, at: Executed, crown: Crown): string | null {
    const { net, controller, spec, listedAt, policy } = this.#history
    if (this.#now - this.#deeds.restoredAt >= handMs) return null
    if (!spec.nodes.some((one) => one.id === id)) return 'after a backup'
    if (listedAt < crown.at) return null
    const reachable = Math.max(
      listedAt,
      net.clearSince(controllerName, this.#history.node(id).host),
      this.#now - (controller?.runsFor ?? 0),
    )
    return at.when - reachable <= policy.retryDownMs + reachedWithinMs ? 'after a backup' : null
  }

  /**
   * Nobody could tell it from a dead one while it was replaced: it takes writes again from when clients reach it until we do. So it is of one that
   * refuses us alone while its connections are reset: a Pika's replicas try again only after 11.6 s (docs/pika.md, P8). Who had a link then is
   * asked about where it is replaced (`VerdictChecks.intended`).
   */
  #refusedEverybody({ node: id, client }: Write, at: Executed, crown: Crown): boolean {
    const { net, controller } = this.#history
    const node = this.#history.node(id)
    if (crown.intent?.record.phase !== 'failover' || crown.intent.record.cause !== 'dead' || guarded(crown)) return false
    if (!net.refusedAt(node.host, crown.at, client) || node.endAfter(crown.at) < at.when || controller === null) return false
    return this.#isOutOfReach(node.host, at.when)
  }

  /**
   * Its guard is served only by nodes that were told to leave it when another was to take its place, could not write that down, which nobody
   * knew before, and were restarted since: until a controller that is at work reaches it.
   */
  #ledBack(id: string, at: Executed, crown: Crown): boolean {
    const { nodes } = this.#history
    const { running, host } = this.#history.node(id)
    const { intent } = crown
    if (!guarded(crown) || intent === null || running === null || running.fed.length === 0) return false
    const servants = [...nodes.values()].filter((node) => running.fed.includes(node.host))
    if (!servants.every((node) => this.#deeds.followsItsFile(node.id) && node.unwrittenAt >= intent.at)) return false
    return this.#isOutOfReach(host, at.when)
  }

  /** Nothing of what a controller wanted of the host could be done there by then. */
  #isOutOfReach(host: string, by: number): boolean {
    const { net, controller, policy } = this.#history
    if (controller === null) return true
    const reachable = Math.max(net.clearSince(controllerName, host), this.#now - controller.runsFor)
    return by - reachable <= policy.retryDownMs + reachedWithinMs
  }

  /** For how long it ran until then, less the last time for which it was frozen. */
  #ranSince(id: string, from: number, until: number): number {
    const { frozeAt, thawedAt } = this.#history.node(id)
    return until - from - Math.max(0, Math.min(thawedAt, until) - Math.max(frozeAt, from))
  }

  /** Done to a node behind regroup's back at `handAt`: what had been written by then may go. */
  #byHand(at: Executed, handAt: number): string | null {
    return at.when <= handAt + handEndsMs && this.#now - handAt < handMs ? 'by hand' : null
  }

  /** Done to the store. */
  #byBackup(at: Executed): string | null {
    const { restoredAt } = this.#deeds
    return at.when <= restoredAt + handEndsMs && this.#now - restoredAt < handMs ? 'after a backup' : null
  }

  /** What no rule can promise. Nothing of it holds for a planned switchover. */
  #byNature(write: Write, at: Executed, crown: Pick<Crown, 'intent' | 'node'>): string | null {
    const { intent } = crown
    if (this.#history.bootedOpen({ stream: at.stream, length: 0 }) && !this.#knewItOpen(write, at, crown)) return 'unfenced'
    if (intent?.record.phase !== 'failover') return null
    const { rule } = intent.entry
    if (/elect\.(inSync|ahead)/.test(rule)) {
      if (this.#asynchronous(at, intent, crown.node)) return 'asynchronous'
      const last = at.stream.acked.at(-1)?.at?.when ?? at.when
      if (guarded(crown) && at.when >= last - guardEngagesMs) return 'guard'
    }
    // A roll call that promotes another than who took it says that nobody is known to be complete.
    const itself = /elect\.returned/.test(rule) || (/elect\.(rollCall|ahead)/.test(rule) && crown.node === write.node)
    // Nor is it ahead of a replica in sync that has what it lost.
    if (/elect\.ahead/.test(rule) && this.#heldInSync(at, intent)) return null
    return itself && this.#lacksOnDisk(write, at, intent) ? 'disk' : null
  }

  /** Who replaced it by another had read that it was back and open: then that is said; not what was read when the last word on it was on its way to a slow store. */
  #knewItOpen(
    write: Write,
    at: Executed,
    { intent, node, askedAt = Infinity }: Pick<Crown, 'intent' | 'node'> & { readonly askedAt?: number },
  ): boolean {
    const open = this.#openTo(at.stream)
    if (intent?.record.phase !== 'failover' || node === write.node || open === null) return false
    return open.writer === intent.record.writer && open.at <= askedAt
  }

  /** A replica that was in sync holds it and could be asked. */
  #heldInSync(at: Executed, { record }: Intent): boolean {
    const { net } = this.#history
    return record.inSync.some(({ node: id, incarnation }) => {
      const node = this.#history.node(id)
      const { running } = node
      if (id === record.primary || running?.runId !== incarnation || !node.awake) return false
      const reached = this.#now - Math.max(node.calmSince, net.clearSince(controllerName, node.host)) >= askedMs
      return reached && heldOf(running.data, at.stream) > at.index
    })
  }

  /** Of what its primary was last read to have its disk may lack an append-only file's last seconds; of what came after that, all. */
  #lacksOnDisk(write: Write, at: Executed, intent: Intent): boolean {
    const node = this.#history.node(write.node)
    const { persistence } = node.setup
    if (persistence === 'aof') return this.#ranSince(write.node, at.when, node.endAfter(at.when)) <= diskMs
    // Whoever keeps nothing is elected only while the group was read to hold nothing.
    return this.#unread(at, intent, this.#history.policy.silentAfterMs, 0)
  }

  /** A replica that was in sync may lack the policy's bytes, by what its primary was last read to have, and what came after that reading. */
  #asynchronous(at: Executed, intent: Intent, candidate: string): boolean {
    const { watched, record } = intent
    // A member that the primary did not list any more was no member.
    const listedAt = this.#listedAt(this.#history.node(candidate).host)
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
  #unread(at: Executed, { watched, record }: Intent, silenceMs: number, bytes: number): boolean {
    if (watched === null || watched.writer !== record.writer || watched.stream !== at.stream) return false
    return at.when <= watched.at + silenceMs + watchedMs && at.stream.offsetAt(at.index + 1) > watched.offset - bytes
  }

  /**
   * What it was started with led it to a node that a person had led away, before anybody told it anything; and no controller could undo what the
   * person did, because it does not reach that node.
   */
  #cameBehindAHand(node: Server): boolean {
    const { net, nodes, policy } = this.#history
    const follows = node.running?.follows ?? null
    const upstream = follows === null ? undefined : [...nodes.values()].find((one) => sameAddress(one.setup.address, follows))
    if (upstream === undefined || !this.#deeds.followsItsFile(node.id)) return false
    const reachedFor = this.#now - net.clearSince(controllerName, upstream.host)
    return this.#now - this.#deeds.handOn(upstream.id) < handMs && reachedFor <= policy.retryDownMs + reachedWithinMs
  }

  /** It was said, when the latest primary was recorded, that this may go. */
  #foretold(node: Server, write: Write, at: Executed, reigns: Crown): string | null {
    if (this.#didWhatWaited(node, reigns)) return this.#reported(write, at, reigns, true)
    return write.node === node.id && at.when >= reigns.at && this.#wentBack(node, reigns) ? 'reported' : null
  }

  /**
   * It was replaced before an older copy of the store was put in place, and does only now what it was told then, to follow its successor: that lay in
   * its sockets, which no controller reached since.
   */
  #didWhatWaited(node: Server, { at, node: successor, intent }: Crown): boolean {
    const { controller, nodes, store } = this.#history
    if (at > this.#deeds.restoredAt || store.record('g')?.phase !== 'restored' || intent?.record.primary !== node.id) return false
    const [follows, target] = [node.running?.follows ?? null, nodes.get(successor)]
    if (follows === null || target === undefined || !sameAddress(follows, target.setup.address)) return false
    const told = this.#deeds.toldBy(node.id)
    return told !== null && told !== handName && told !== controller?.connectionName
  }

  /** It could not write its file when it became primary, and the file led it back to the one that it had replaced, which no controller could close. */
  #wentBack(node: Server, { node: primary, intent, entry }: Crown): boolean {
    if (riskIn(entry)?.code !== 'loss.ownFile' || primary !== node.id || !this.#deeds.followsItsFile(node.id)) return false
    const [follows, old] = [node.running?.follows ?? null, this.#history.nodes.get(intent?.record.primary ?? '')]
    return follows !== null && old !== undefined && sameAddress(follows, old.setup.address) && this.#isOutOfReach(old.host, this.#now)
  }

  /** Its own file led it to the recorded primary before anybody could tell it anything: a file that could not be written names the old one. */
  #cameByItself(node: Server): boolean {
    const { nodes } = this.#history
    const follows = node.running?.follows ?? null
    const primary = nodes.get(this.#history.store.record('g')?.primary ?? '')
    return follows !== null && primary !== undefined && sameAddress(follows, primary.setup.address) && this.#deeds.followsItsFile(node.id)
  }

  /** Cut off since before the restore: no controller that has the old record read what it bears. Whom it follows was led away in good faith. */
  #unheardOf(node: Server): boolean {
    return this.#history.net.cutSince(controllerName, node.host) <= this.#deeds.restoredAt
  }

  /** The recorded primary follows nobody by itself: the recorded process leads, and a fenced file says nowhere. */
  #followsNobody(node: Server): boolean {
    const record = this.#history.store.record('g')
    return record?.primary === node.id && (record.fenced || record.incarnation === node.running?.runId)
  }

  /** Whoever is on his way already feeds others: he is judged as when he is recorded, and nobody else who is copied. */
  #coming(by: Data, intent: Intent | null): Pick<Crown, 'node' | 'intent'> | null {
    const record = this.#history.store.record('g')
    if (record === null || !isMoving(record)) return null
    const { candidate: node } = record
    const { running } = this.#history.node(node)
    return running !== null && within(by, running.data) ? { node, intent } : null
  }
}

/** After a restore a primary was taken as it was found, and people were told then that nobody is known to hold everything. */
function saidOfFound(at: Executed, { intent, entry, at: since }: Crown): string | null {
  if (intent !== null || entry.rule !== 'restored.adopt' || at.when > since) return null
  return riskIn(entry) === null ? null : 'reported'
}

/** What an entry says is lost. */
export function riskIn({ said }: NewLogEntry): Said | null {
  const risk = said?.values['risk'] ?? null
  return risk !== null && typeof risk === 'object' && 'code' in risk ? risk : null
}

/** A guard that a restart does not shed stood when it was decided. */
function guarded({ intent }: Pick<Crown, 'intent'>): boolean {
  return intent !== null && intent.record.guard > 0 && intent.record.fenced
}
