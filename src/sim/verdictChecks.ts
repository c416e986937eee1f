// What a controller may conclude: looked at with the eyes of the world, which knows who runs, who is linked and which paths are clear.
import { closedGuard, handoverGraceMs } from '../core/limits.ts'
import { type GroupRecord, type Moving, type NodeId, isMoving, latestEpoch } from '../core/model.ts'
import { sameAddress } from '../core/address.ts'
import { parseMark } from '../engines/mark.ts'
import type { Group } from '../controller/group.ts'
import type { Effect } from '../ports.ts'
import type { Fail } from './checks.ts'
import type { ControllerHost } from './controllerHost.ts'
import { type Deeds, handName } from './deeds.ts'
import type { History } from './history.ts'
import { clientHosts, controllerName } from './plan.ts'
import type { Running, Server } from './server.ts'
import { type Data, markOf, within } from './stream.ts'

/** A replica's link at one time: whose process it led to, and all that the primary had then. */
interface Link {
  readonly of: string
  readonly data: Data
}

/** A witness, and the path to it, was undisturbed for as long as any policy of a plan takes to reach a verdict, and some seconds. */
const witnessMs = 12_000
/** A position that rises is read within this beyond a period and three ways to the node: a question may have left it just before. */
const seenRisingMs = 100
/** An unanswered write tells for as long as the canary's deadline, and a second. */
const beyondCanaryMs = 1_000
/** An unanswered mark is known by then, and the next one answered. */
const pausedAgoMs = 6_000
const knownMs = 5_000
const undisturbedMs = 20_000
/** So long after standing still a controller has taken in what its sockets held. */
const resumedMs = 1_500
/** What a person left a moment ago closes within this, and takes with it what was begun since. */
const handClosesMs = 8_000
const movedWithinMs = 15_000

export class VerdictChecks {
  readonly #history: History
  readonly #deeds: Deeds
  readonly #fail: Fail
  /** The latest link of each replica. */
  readonly #links = new Map<NodeId, { readonly process: string; readonly link: Link }>()
  /** The link with which a controller first saw a replica up, since it last saw it down. */
  readonly #seenUp = new Map<NodeId, { readonly host: ControllerHost; readonly process: string; readonly link: Link }>()
  /** The controllers in the order in which they began, and the latest that each node was told anything by. */
  readonly #controllers: string[] = []
  readonly #heard = new Map<string, number>()
  #resumedAt = -Infinity
  /** When the save left that is durable now. */
  #decidedAt = -Infinity

  constructor(history: History, deeds: Deeds, fail: Fail) {
    this.#history = history
    this.#deeds = deeds
    this.#fail = fail
  }

  get #now(): number {
    return this.#history.timeline.now
  }

  // ------------------------------------------------------------------------------------------ who deposes

  /** An intent against a primary is durable. */
  intended(record: GroupRecord, before: GroupRecord): void {
    const node = this.#history.node(before.primary)
    const { running } = node
    // Nobody is deposed who is to be opened again himself.
    if (!isMoving(record) || record.candidate === before.primary) return
    if (running === null || running.runId !== before.incarnation || running.follows !== null) return
    const cause = record.phase === 'failover' ? record.cause : 'planned'
    // Called another process although the recorded one runs: its address is not its own.
    if (cause === 'dead' || cause === 'silent' || cause === 'restarted') {
      const witness = this.#witness(node, this.#decidedAt)
      if (witness !== undefined)
        this.#fail('no primary deposed that a replica can reach', `${node.id} is called ${cause}, and ${witness.id} is linked to it`)
    }
    if (cause === 'hung') this.#hung(node)
  }

  /** Clients are told that nobody may write, under a record that names a primary and begins nothing. */
  #silenced(group: Group): void {
    const { record } = group
    if (record?.phase !== 'steady') return
    const node = this.#history.node(record.primary)
    const { running } = node
    if (running === null || running.runId !== record.incarnation || running.follows !== null || running.guard === closedGuard) return
    // What it answers itself may tell that it does not write; so does a mark that is not answered while its writes are paused.
    if (
      running.isLeaving ||
      running.pausedUntil > this.#now - pausedAgoMs ||
      this.#now - this.#history.net.clearSince(controllerName, node.host) >= witnessMs
    )
      return
    const witness = this.#areWhereTheyShould() ? this.#witness(node, this.#now) : undefined
    if (witness !== undefined)
      this.#fail('clients keep a primary that a replica can reach', `${node.id} is published no more, and ${witness.id} is linked to it`)
  }

  /** Somebody whom the controller could ask when it decided is linked to it. */
  #witness(primary: Server, decidedAt: number): Server | undefined {
    const { net, controller, nodes } = this.#history
    if (!primary.awake || this.#now - primary.calmSince < witnessMs || controller === null) return undefined
    if (controller.worksFor < witnessMs || controller.hasRoomFor < witnessMs) return undefined
    const clear = (a: string, b: string): boolean => this.#now - net.clearSince(a, b) >= witnessMs
    return [...nodes.values()].find(
      (node) =>
        node !== primary &&
        node.awake &&
        this.#now - node.calmSince >= witnessMs &&
        node.running?.link === 'up' &&
        node.linkedFor >= witnessMs &&
        this.#provesLife(node.running, decidedAt) &&
        node.running.follows?.host === primary.host &&
        clear(primary.host, node.host) &&
        clear(controllerName, node.host),
    )
  }

  /**
   * A link that cannot be made to prove that it stands (null: it can) says up whatever became of its primary: what came over it tells, within the
   * silence before the decision, and so long before it that its position was read since.
   */
  #provesLife(running: Running, decidedAt: number): boolean {
    const { policy, plan } = this.#history
    const readMs = policy.probeEveryMs + seenRisingMs + 3 * (plan.farMs ?? 0)
    return running.took(decidedAt - policy.silentAfterMs + readMs, decidedAt - readMs) !== false
  }

  /** A candidate is passed over that does what it was asked, and answers nobody while it does (docs/pika.md, P15). */
  givenUp(before: Moving): void {
    const { net, controller } = this.#history
    const node = this.#history.node(before.candidate)
    if (node.running?.isChangingRole !== true || this.#now - node.calmSince < witnessMs) return
    if (controller === null || controller.runsFor < witnessMs) return
    // Asked for at another place it is gone, whatever it does.
    if (this.#now - this.#history.placedSince(node.id) < witnessMs) return
    // A person told it to: it answers nobody meanwhile, and no controller can know why (docs/pika.md, P15).
    if (this.#deeds.toldBy(node.id) === handName) return
    if (node.running.runId !== before.candidateIs.incarnation || this.#now - net.clearSince(controllerName, node.host) < witnessMs) return
    this.#fail('a change of role is no silence', `${node.id} is given up while its role changes`)
  }

  /** It was led to a primary again while its failed link to it was still closing (docs/pika.md, P13). */
  madeTooSoon(node: Server): void {
    if (this.#now - this.#deeds.handAt < handClosesMs) return
    this.#fail('no server is told what may end it', `${node.id} was led back to a primary before its failed link to it had closed`)
  }

  /** Nothing kept its writes from being answered. */
  #hung(primary: Server): void {
    const { net, policy, controller } = this.#history
    const longMs = policy.canaryTimeoutMs + beyondCanaryMs
    const clear = this.#now - net.clearSince(controllerName, primary.host) >= longMs
    if (!primary.awake || this.#now - primary.calmSince < longMs || controller === null || controller.worksFor < longMs || !clear) return
    this.#fail('who is called hung cannot write', `${primary.id} is replaced although nothing has ailed it for ${longMs} ms`)
  }

  // -------------------------------------------------------------------------------------- who may be elected

  linked(node: Server, running: Running): void {
    const of = running.follows
    const primary = [...this.#history.nodes.values()].find((one) => one.host === of?.host)?.running ?? null
    if (primary === null) this.#links.delete(node.id)
    else this.#links.set(node.id, { process: running.runId, link: { of: primary.runId, data: primary.data } })
  }

  /** A controller took a reading in. */
  read(host: ControllerHost, group: Group, id: NodeId): void {
    const reading = group.view.get(id)?.reading
    const node = this.#history.node(id)
    if (reading?.role === 'primary' && reading.incarnation === node.running?.runId) node.seen()
    const known = this.#seenUp.get(id)
    const latest = this.#links.get(id)
    if (reading == null || latest === undefined || !reading.upstream?.linkUp || latest.process !== reading.incarnation) {
      this.#seenUp.delete(id)
    } else if (
      known === undefined ||
      known.host !== host ||
      known.process !== reading.incarnation ||
      this.#replaced(known.link, latest.link)
    ) {
      this.#seenUp.set(id, { host, ...latest })
    }
  }

  /** A later link leads to another process, or to one whose data were replaced since by others. */
  #replaced(known: Link, latest: Link): boolean {
    if (known === latest) return false
    const primary = [...this.#history.nodes.values()].find((one) => one.running?.runId === latest.of)?.running
    return known.of !== latest.of || (primary != null && !within(known.data, primary.data))
  }

  /** The in-sync set grew: who is new holds what the primary had when its link came up. */
  grown(record: GroupRecord, before: GroupRecord): void {
    for (const member of record.inSync) {
      if (before.inSync.some((one) => one.node === member.node && one.incarnation === member.incarnation)) continue
      const seen = this.#seenUp.get(member.node)
      const { running, ledUnseen } = this.#history.node(member.node)
      if (ledUnseen || running === null || running.runId !== member.incarnation || seen?.process !== member.incarnation) continue
      if (seen.link.of !== record.incarnation || within(seen.link.data, running.data)) continue
      this.#fail(
        'who joins the in-sync set lacks nothing',
        `${member.node} is called in sync and lacks what ${record.primary} had when it was linked`,
      )
    }
  }

  // ------------------------------------------------------------------------------------------- epochs

  /** Whatever epoch a node bears that answers, a new one is above it. */
  newEpoch(record: GroupRecord): void {
    const { net, controller, nodes } = this.#history
    if (controller === null || Math.min(controller.hasRoomFor, controller.runsFor) < knownMs) return
    const { spec } = this.#history
    for (const node of nodes.values()) {
      // The spec of a backup does not name it: nobody asks it.
      if (spec.nodes.every((one) => one.id !== node.id)) continue
      const known = this.#now - Math.max(node.calmSince, net.clearSince(controllerName, node.host)) >= knownMs
      const text = node.running === null || !known ? null : markOf(node.running.data)
      const mark = text === null ? null : parseMark(text)
      if (mark === null || mark.group !== spec.id || latestEpoch(mark) < record.epoch) continue
      this.#fail('a new epoch is above every mark', `epoch ${record.epoch} is begun while ${node.id} bears ${latestEpoch(mark)}`)
    }
  }

  // -------------------------------------------------------------------------------------- controllers

  began(host: ControllerHost): void {
    this.#controllers.push(host.connectionName)
  }

  /** A node is told something by a controller: not by one that is gone, once it heard its successor. */
  told(node: Server, by: string): void {
    const index = this.#controllers.indexOf(by)
    if (index < 0) return
    const latest = this.#heard.get(node.id) ?? 0
    if (index < latest) {
      this.#fail(
        'the words of a dead controller are not heard',
        `${node.id} does what a controller said that is gone, after it heard another`,
      )
    }
    // Who may not end the connections of before cannot keep their words out.
    if (!node.ailments.forbidden.has('client|kill')) this.#heard.set(node.id, Math.max(index, latest))
  }

  /** A controller goes on after standing still. */
  resumed(): void {
    if (this.#undisturbed() && this.#areWhereTheyShould() && this.#history.unsettled() === null) this.#resumedAt = this.#now
  }

  /** Nobody has named an address that is not the node's. */
  #areWhereTheyShould(): boolean {
    const { spec } = this.#history
    return spec.nodes.every((node) => this.#isWhereItShould(node.id))
  }

  #isWhereItShould(id: NodeId): boolean {
    const named = this.#history.spec.nodes.find((node) => node.id === id)
    return named !== undefined && sameAddress(this.#history.node(id).setup.address, named)
  }

  /** What a group does; our own pause is no sign of anybody's silence. */
  stepped(group: Group, effects: readonly Effect[]): void {
    if (effects.some((effect) => effect.kind === 'save')) this.#decidedAt = this.#now
    if (effects.some((effect) => effect.kind === 'publish' && effect.topology.primary === null)) this.#silenced(group)
    if (this.#now - this.#resumedAt > resumedMs) return
    const doubt = effects.find((effect) =>
      effect.kind === 'act'
        ? effect.action.name === 'proveLink'
        : (effect.kind === 'note' || effect.kind === 'save') && effect.entry.rule.startsWith('steady.lost'),
    )
    if (doubt === undefined || !this.#undisturbed() || !this.#areWhereTheyShould()) return
    this.#fail('a pause of ours is no silence of theirs', `after the controller stood still: ${saying(doubt)}`)
  }

  /** An operator gives the second of two commands that move the primary, `gapMs` after the first. */
  moved(to: NodeId, gapMs: number): void {
    const { store, timeline } = this.#history
    const old = this.#history.node(store.record('g')?.primary ?? to).running
    const next = this.#history.node(to).running
    // What the old one took between the two commands the new one lacks: that is for a person to give up.
    if (old === null || next === null || old === next || !within(old.data, next.data)) return
    // What does not bear the group's mark is not adopted, whoever leads there.
    if (parseMark(markOf(next.data) ?? '')?.group !== this.#history.spec.id) return
    // Where another server answers for the recorded one, nobody can read whom that follows: a second primary beside it is closed.
    if (!this.#isWhereItShould(store.record('g')?.primary ?? to)) return
    // What is under way is finished first.
    if (store.record('g')?.phase !== 'steady') return
    // A preferred one may come back.
    if (this.#history.policy.failback !== 'off' || gapMs >= handoverGraceMs - 500 || !this.#free() || !this.#reaches(clientHosts[0])) return
    const given = this.#now
    timeline.after(movedWithinMs, () => {
      const primary = store.record('g')?.primary
      // A stranger at the address of any of them does not follow the new one.
      const alone = this.#free() && this.#areWhereTheyShould() && this.#deeds.handAt <= given + knownMs && this.#deeds.orderedAt < given
      // It stood until it was moved on.
      const { movedOn } = this.#deeds
      const stood = movedOn !== null && movedOn.from === to && movedOn.at >= given
      if (alone && primary !== to && !stood)
        this.#fail(
          "an operator's move stands",
          `the primary was moved to ${to} by hand, and ${primary} is recorded ${movedWithinMs} ms later`,
        )
    })
  }

  /** Who sits there can tell every node something. */
  #reaches(host: string): boolean {
    const { net, nodes } = this.#history
    return [...nodes.values()].every((node) => this.#now - net.clearSince(host, node.host) >= knownMs)
  }

  /** Nothing keeps a controller from doing what it should. */
  #free(): boolean {
    const { controller, spec, store } = this.#history
    if (controller === null || Math.min(controller.hasRoomFor, controller.runsFor) < movedWithinMs) return false
    return this.#undisturbed() && spec.pause === null && store.slowMs === 0 && store.unsure === 0
  }

  /** Nothing was done to nodes and paths for a while; the controller is not counted. */
  #undisturbed(): boolean {
    const { net, nodes } = this.#history
    const long = (since: number): boolean => this.#now - since >= undisturbedMs
    const hosts = [controllerName, ...[...nodes.values()].map((node) => node.host)]
    return (
      [...nodes.values()].every((node) => long(node.calmSince)) &&
      hosts.every((a, index) => hosts.slice(index + 1).every((b) => long(net.clearSince(a, b))))
    )
  }
}

function saying(effect: Effect): string {
  if (effect.kind === 'act') return `${effect.target.node} is told ${effect.action.name}`
  return effect.kind === 'note' || effect.kind === 'save' ? effect.entry.sentence : effect.kind
}
