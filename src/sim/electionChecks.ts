// Who is elected, by what the electing controller had been told and by what is so; and that a switchover does not last for ever.
import { nowhere } from '../core/limits.ts'
import type { GroupRecord, Instant, NodeId, Reading } from '../core/model.ts'
import { sameAddress } from '../core/address.ts'
import { type NodeView, answers } from '../core/observe.ts'
import type { Group } from '../controller/group.ts'
import type { Effect } from '../ports.ts'
import type { Fail } from './checks.ts'
import type { ControllerHost } from './controllerHost.ts'
import type { History } from './history.ts'
import { controllerName } from './plan.ts'
import type { Server } from './server.ts'
import { type Data, keysOf, within } from './stream.ts'

type Forced = Extract<GroupRecord, { readonly phase: 'failover' }>
type Heard = NodeView & { readonly reading: Reading }

/** What was asked for so lately counts in every election that it could count in. */
const lateMs = 500
/** One canary may be under way to a node while another node is read. */
const marksApart = 2
/** Its deadline, what a wall clock may have been set by meanwhile left aside, and the time to notice and to save. */
const switchoverEndsMs = 20_000
const undisturbedMs = 15_000

export class ElectionChecks {
  readonly #history: History
  readonly #fail: Fail
  /** The recorded primary, when it held a part of a copy as it was recorded. */
  #partInOffice: NodeId | null = null
  /** When the spec last called another place by the recorded primary's name. */
  #misnamedAt = -Infinity
  #moving: { readonly epoch: number; readonly since: number; readonly wallOffset: number } | null = null

  constructor(history: History, fail: Fail) {
    this.#history = history
    this.#fail = fail
  }

  /** A controller decides to promote somebody by force. */
  stepped(host: ControllerHost, group: Group, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'save' || effect.record.phase !== 'failover' || effect.record.cause === 'operator') continue
      if (effect.record.epoch === group.record?.epoch) continue
      const data = this.#dataOf(effect.record.candidate, effect.record.candidateIs.incarnation)
      if (data === null) continue
      this.#overEmpty(effect.record, data, group)
      this.#passedOver(effect.record, data, group, host.time().now)
    }
  }

  #dataOf(id: NodeId, incarnation: string): Data | null {
    const { running } = this.#history.node(id)
    return running?.runId === incarnation ? running.data : null
  }

  /** Nothing is no data: when all are empty a person restores a backup, or says that nothing it is. */
  #overEmpty(record: Forced, data: Data, group: Group): void {
    // It was read with data, and wiped since: the promotion looks again.
    if (
      keysOf(data) > 0 ||
      (group.view.get(record.candidate)?.reading?.keys ?? 0) > 0 ||
      this.#history.store.record(this.#history.spec.id)?.hasData !== true
    )
      return
    this.#fail('nothing is never promoted over data', `${record.candidate} is empty and is to be primary of a group that has data`)
  }

  /** Whoever answered with a newer mark, and holds all that the chosen one holds, is the better one. */
  #passedOver(record: Forced, data: Data, group: Group, now: Instant): void {
    const chosen = group.view.get(record.candidate)
    if (!this.#isAsRead(record.candidate, chosen?.reading ?? null)) return
    const better = [...group.view.values()].find((view) => {
      const id = view.spec.id
      if (id === record.candidate || !answers(view) || now - view.askedAt > lateMs || !this.#mayBe(view, group)) return false
      // It is what must be got rid of.
      if (record.cause === 'hung' && id === record.primary) return false
      const held = this.#dataOf(id, view.reading.incarnation)
      return held !== null && this.#isAsRead(id, view.reading) && within(data, held) && newer(view.reading, chosen?.reading ?? null)
    })
    if (better === undefined) return
    this.#fail(
      'nobody who holds more is passed over',
      `${record.candidate} is to be primary, and ${better.spec.id} answers, bears a newer mark and holds everything that it holds`,
    )
  }

  /** It still holds the history that the controller was told of; a copy may have replaced it since. */
  #isAsRead(id: NodeId, reading: Reading | null): boolean {
    const replid = this.#history.node(id).running?.replid ?? null
    return replid === null || reading?.position.kind !== 'stream' || reading.position.replid === replid
  }

  /** Nothing but what it holds decides whether it becomes primary. */
  #mayBe(view: Heard, group: Group): boolean {
    const { spec, reading } = view
    // What holds a part of a copy nobody can tell (docs/pika.md, P5); of one that was made the primary so, it is the history since.
    if (reading.partial && !this.#isLedByPart(spec.id, group)) return false
    const ours = reading.mark !== null && reading.mark.group === group.id && reading.mark.installation === 'inst'
    const told = view.acting !== null || (view.actedAt !== null && view.askedAt < view.actedAt)
    return ours && !told && !reading.loading && spec.priority > 0 && spec.maintenanceUntil === null && view.troubles.length === 0
  }

  /** The recorded primary, whose server said so of itself when it was recorded, and whom nobody feeds. */
  #isLedByPart(id: NodeId, group: Group): boolean {
    const upstream = group.view.get(id)?.reading?.upstream ?? null
    return this.#partInOffice === id && (upstream === null || sameAddress(upstream, nowhere))
  }

  /** Somebody is recorded as the primary anew. */
  crowned({ primary }: GroupRecord): void {
    this.#partInOffice = this.#history.node(primary).running?.isPartial ? primary : null
  }

  everySecond(): void {
    const { store, spec, timeline, wallOffset } = this.#history
    const record = store.record(spec.id)
    if (record?.phase !== 'switchover') {
      this.#moving = null
      return
    }
    if (this.#moving?.epoch !== record.epoch) this.#moving = { epoch: record.epoch, since: timeline.now, wallOffset }
    const lastsMs = timeline.now - this.#moving.since
    const primary = this.#history.node(record.primary)
    const named = spec.nodes.find((node) => node.id === record.primary)
    if (named === undefined || !sameAddress(named, primary.setup.address)) this.#misnamedAt = timeline.now
    // Whoever is gone, or has stepped down, hands nothing over: that is for an election, and it may have to wait.
    if (primary.running?.runId !== record.incarnation || primary.running.follows !== null) return
    // Nor may it take its place again when an operator keeps it from being primary.
    if (spec.nodes.some((node) => node.id === record.primary && (node.priority === 0 || node.maintenanceUntil !== null))) return
    if (lastsMs < switchoverEndsMs || this.#moving.wallOffset !== wallOffset || !this.#free(primary)) return
    this.#moving = { ...this.#moving, since: timeline.now }
    this.#fail(
      'a switchover ends',
      `the switchover from ${record.primary} to ${record.candidate} lasts for ${Math.round(lastsMs)} ms, and nothing keeps the controller from ending it`,
    )
  }

  /**
   * Since well before now nothing was done to the primary, to the controller, or to the way between them, and the spec has the primary where it
   * is: at another address nobody hears it, so it is silent, and after too many failovers silence lasts ten times as long. A controller that cannot open
   * connections ends it too: to give it up it need ask nobody.
   */
  #free(primary: Server): boolean {
    const { net, controller, store, timeline } = this.#history
    const long = (since: number): boolean => timeline.now - since >= undisturbedMs
    return (
      controller !== null &&
      controller.runsFor >= undisturbedMs &&
      store.slowMs === 0 &&
      store.unsure === 0 &&
      primary.awake &&
      long(primary.calmSince) &&
      long(this.#misnamedAt) &&
      long(net.clearSince(controllerName, primary.host))
    )
  }
}

function newer({ mark: one }: Reading, chosen: Reading | null): boolean {
  const mark = chosen?.mark ?? null
  if (one === null || mark === null) return one !== null
  return one.epoch > mark.epoch || (one.epoch === mark.epoch && one.seq >= mark.seq + marksApart)
}
