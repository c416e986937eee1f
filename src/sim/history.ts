// One simulated history: its machines, its controller, its clients, and what is done to them until all is well again.
import { closedGuard, persistRetryMs, policyOf, restMs } from '../core/limits.ts'
import type { GroupSpec, NodeId, NodeSpec, Policy, Topology, WallTime } from '../core/model.ts'
import { sameAddress } from '../core/address.ts'
import type { Engine } from '../engines/engine.ts'
import { pika } from '../engines/pika.ts'
import { redis } from '../engines/redis.ts'
import { Checks } from './checks.ts'
import { Client } from './client.ts'
import { ControllerHost, type Tampering, wallStart } from './controllerHost.ts'
import { Dice } from './dice.ts'
import { handName } from './deeds.ts'
import { Faults } from './faults.ts'
import { Net } from './net.ts'
import { type Plan, clientHosts, controllerName, quietMs } from './plan.ts'
import { RecordStore } from './recordStore.ts'
import { RedisNode, type RedisSetup } from './redisNode.ts'
import { PikaServer } from './pikaServer.ts'
import type { Running, Server, ServerEvents } from './server.ts'
import { addNeighbours, addStranger, begin, foundAs } from './beginnings.ts'
import { type Data, type Stream, heldOf, offsetOf } from './stream.ts'
import { Timeline } from './timeline.ts'

export interface Options {
  /** Given every line of the transcript. */
  readonly tell: ((line: string) => void) | null
  /** Name of a check that is not made. */
  readonly without: string | null
  /** In place of the plan's. */
  readonly engine: Engine | null
  readonly tampering: Tampering
}

const engines = { redis, pika }

export const plainOptions: Options = { tell: null, without: null, engine: null, tampering: {} }

const port = 6379
const groupName = 'g'

export class History {
  readonly plan: Plan
  readonly timeline = new Timeline()
  readonly net: Net
  readonly store: RecordStore
  readonly checks: Checks
  readonly nodes = new Map<string, Server>()
  readonly clients: Client[] = []
  readonly rulesFired = new Map<string, number>()
  readonly policy: Policy
  readonly engine: Engine
  readonly faults: Faults
  readonly stranger: Server
  readonly neighbours: GroupSpec | null
  controller: ControllerHost | null = null
  wallOffset = 0
  /** When a spec of a backup was given the nodes again that it did not know. */
  listedAt = -Infinity
  /** When the controller last stood still for longer than silence may last: what it did not see then nobody watched (docs/protocol.md, A11). */
  away = { since: -Infinity, until: -Infinity }
  /** When the controller was last made to stand still because its machine is overloaded. */
  starvedAt = -Infinity
  spec: GroupSpec
  /** Log entries, saves and actions so far, but for those that nobody can end; a settled group makes none. */
  stirs = 0
  readonly #dice: Dice
  readonly #options: Options
  readonly #disturbed = new Map<string, number>()
  readonly #woken = new Map<string, number>()
  readonly #openBoots = new Set<Stream>()
  readonly #placedAt = new Map<NodeId, number>()
  #revision = 1
  #moved = 0
  #began = false

  constructor(plan: Plan, options: Options) {
    this.plan = plan
    this.#options = options
    this.engine = options.engine ?? engines[plan.engine ?? 'redis']
    this.#dice = Dice.of(plan.seed ^ 0x5eed)
    this.net = new Net(this.timeline, this.#dice.fork(), { host: controllerName, ms: plan.farMs ?? 0 })
    this.checks = new Checks(this, options.without)
    this.store = new RecordStore(this.timeline, this.#dice.fork(), {
      saved: (group, record, entry, before) => {
        if (group !== groupName) return
        this.#fired(entry.rule)
        if (this.telling) this.tell('saved', `${entry.rule}: ${entry.sentence} (epoch ${record.epoch}) ${JSON.stringify(entry.evidence)}`)
        this.checks.saved(record, entry, before)
        this.faults.ambushes.saved(record, before)
      },
    })
    this.spec = specOf(plan)
    this.policy = policyOf(this.spec)
    for (const planned of plan.nodes) this.#addNode(planned)
    this.stranger = addStranger(this)
    this.neighbours = addNeighbours(this)
    this.#addClients()
    begin(this)
    this.timeline.at(500, () => this.startController())
    this.timeline.at(quietMs, () => {
      this.#began = true
    })
    this.faults = new Faults(this)
    this.timeline.at(quietMs, () => this.#watch())
  }

  /** What is no event but a state that lasts. */
  #watch(): void {
    this.checks.everySecond()
    this.timeline.after(1000, () => this.#watch())
  }

  #addNode(planned: Plan['nodes'][number]): void {
    const node = this.newNode(planned.id, { ...planned, address: { host: planned.host, port }, replicaof: foundAs(this.plan, planned) })
    this.nodes.set(planned.id, node)
    if (this.plan.found !== 'down' || planned !== this.plan.nodes.at(-1)) node.start('all')
  }

  newNode(id: string, setup: RedisSetup, engine = this.engine.name): Server {
    const events: ServerEvents = {
      wiped: (which, held, by) => this.checks.ledger.wiped(which, held, by),
      linked: (which, running) => this.checks.verdicts.linked(which, running),
      told: (which, by) => {
        this.checks.deeds.told(which.id, by)
        if (by === handName) this.checks.byHand(which.id)
        // Pika's list of clients has no names: nobody can end there what a dead controller left in its sockets.
        else if (engine !== 'pika') this.checks.verdicts.told(which, by)
      },
      booted: (which, running, complete) => this.#booted(which, running, complete),
      madeTooSoon: (which) => this.checks.verdicts.madeTooSoon(which),
      tell: (which, text) => {
        if (this.telling) this.tell(which.id, text)
      },
    }
    const dice = this.#dice.fork()
    return engine === 'pika' ? new PikaServer(id, setup, this.net, dice, events) : new RedisNode(id, setup, this.net, dice, events)
  }

  #addClients(): void {
    for (const [index, one] of this.plan.clients.entries()) {
      const { address } = this.node(one.node).setup
      const make = (): void => {
        const name = `c${index + 1}`
        const clingsTo = one.follows ? null : { node: one.node, address }
        const setup = { ...one, name, host: clientHosts[index % 2] ?? 'app1', clingsTo }
        this.clients.push(new Client(setup, this.net, this.#dice.fork(), { acked: (write) => this.checks.ledger.ackedWrite(write) }))
      }
      if (one.follows) make()
      else this.timeline.at(quietMs, make)
    }
  }

  // ------------------------------------------------------------------------------------------------ talk

  get telling(): boolean {
    return this.#options.tell !== null
  }

  tell(who: string, text: string): void {
    this.#options.tell?.(`${(this.timeline.now / 1000).toFixed(3).padStart(9)} ${who.padEnd(9)} ${text}`)
  }

  node(id: string): Server {
    const node = this.nodes.get(id)
    if (node === undefined) throw new Error(`there is no node ${id}`)
    return node
  }

  get hosts(): readonly string[] {
    return [...[...this.nodes.values()].map((node) => node.host), controllerName, ...clientHosts]
  }

  wall(): WallTime {
    return wallStart + this.timeline.now + this.wallOffset
  }

  // --------------------------------------------------------------------------------------- what happened

  disturbed(hosts: readonly string[]): void {
    for (const host of hosts) this.#disturbed.set(host, this.timeline.now)
  }

  woken(hosts: readonly string[]): void {
    for (const host of hosts) this.#woken.set(host, this.timeline.now)
  }

  disturbedAt(node: string): number {
    const at = (host: string): number => this.#disturbed.get(host) ?? -Infinity
    return Math.max(at(this.node(node).host), at(controllerName))
  }

  #booted(node: Server, running: Running, complete: boolean): void {
    this.checks.deeds.began(node.id)
    if (this.#began) this.checks.booted(node)
    // Where a running primary cannot be given its fence, one that was taken over as it was found has none; nor has one that was opened again and
    // refused it, as the record said of it when it was last the primary. Replaced since, it comes back open all the same.
    const declined = node.declinedFence && this.checks.wasUnfenced(node.id)
    const neverFenced = !this.engine.canBootFenceRunning && (declined || this.checks.ledger.wasTakenAsFound(node.id))
    const unfenced = !complete || node.file === null || !this.policy.bootFence || neverFenced
    if (this.#began && unfenced && running.follows === null) this.#openBoots.add(running.data.stream)
  }

  /** The data are those of a process that came back as an open primary with less, without a file, or by a policy without a fence. */
  bootedOpen(data: Data): boolean {
    return this.#openBoots.has(data.stream)
  }

  /** For how long nothing was done to it or to the controller. */
  steadyFor(node: string): number {
    return this.timeline.now - this.disturbedAt(node)
  }

  /** Of the spec, as the controller hears it. */
  get revision(): number {
    return this.#revision
  }

  /** When it was last no longer cut off or standing still: what waited in its sockets is executed then. */
  wokenAt(node: string): number {
    return this.#woken.get(this.node(node).host) ?? -Infinity
  }

  #fired(rule: string): void {
    this.rulesFired.set(rule, (this.rulesFired.get(rule) ?? 0) + 1)
  }

  // ------------------------------------------------------------------------------------------ controller

  startController(): void {
    if (this.controller !== null) return
    const host = new ControllerHost({
      name: controllerName,
      net: this.net,
      dice: this.#dice.fork(),
      store: this.store,
      engineOf: (group) => (group === groupName ? this.engine : redis),
      tampering: this.#options.tampering,
      installation: 'inst',
      pace: this.plan.pace,
      wall: () => this.wall(),
      events: {
        stepped: (which, group, input, effects) => {
          if (group.id !== groupName) return
          for (const effect of effects) this.#effect(effect)
          this.checks.stepped(which, group, input, effects)
        },
        published: (group, topology) => {
          if (group === groupName) this.#publish(topology)
        },
        answered: (_group, answer) => {
          if (this.telling) this.tell('answer', answer.sentence)
        },
      },
    })
    this.controller = host
    this.checks.verdicts.began(host)
    if (this.telling) this.tell('ctl', 'starts')
    host.run(this.spec, this.#revision)
    if (this.neighbours !== null) host.run(this.neighbours, 1)
  }

  #effect(effect: Parameters<NonNullable<Checks['stepped']>>[3][number]): void {
    if (effect.kind === 'note') {
      if (!this.#unmendable(effect.entry.rule)) this.stirs++
      this.#fired(effect.entry.rule)
      if (this.telling) this.tell(effect.entry.kind, `${effect.entry.rule}: ${effect.entry.sentence}`)
    } else if (effect.kind === 'save') this.stirs++
    else if (effect.kind === 'act' && effect.action.name !== 'mark') {
      if (!this.#unmendable(`node.${effect.action.name}`)) this.stirs++
      if (this.telling) this.tell('act', `${effect.target.node} ${JSON.stringify(effect.action)}${effect.queued ? ' queued' : ''}`)
    }
  }

  /** A node whose file could not be written is asked once a minute whether it can be now. */
  #unmendable(rule: string): boolean {
    const againMs = persistRetryMs + restMs + this.policy.probeEveryMs + 1_000
    const asked = (node: Server): boolean => this.timeline.now - node.unwrittenAt < againMs
    return (rule === 'node.persist' || rule === 'steady.tryFile') && [...this.nodes.values()].some(asked)
  }

  crashController(): void {
    if (this.controller === null) return
    if (this.telling) this.tell('ctl', 'dies')
    this.controller.crash()
    this.controller = null
  }

  changeSpec(change: (spec: GroupSpec) => GroupSpec): void {
    this.spec = change(this.spec)
    this.#placed()
    this.#revision++
    this.controller?.run(this.spec, this.#revision)
  }

  changeNode(id: string, change: (node: NodeSpec) => NodeSpec): void {
    this.changeSpec((spec) => ({ ...spec, nodes: spec.nodes.map((node) => (node.id === id ? change(node) : node)) }))
  }

  /** The spec does not have this node. */
  forget(id: NodeId): void {
    this.changeSpec((spec) => ({ ...spec, nodes: spec.nodes.filter((node) => node.id !== id) }))
  }

  /** The spec has every node again. */
  listAll(): void {
    const listed = (id: NodeId): boolean => this.spec.nodes.some((node) => node.id === id)
    if ([...this.nodes.keys()].every(listed)) return
    this.listedAt = this.timeline.now
    this.changeSpec((spec) => ({
      ...spec,
      nodes: specOf(this.plan).nodes.map(
        (node) => spec.nodes.find((one) => one.id === node.id) ?? { ...node, ...this.node(node.id).setup.address },
      ),
    }))
  }

  /** Every node's address in the spec is the one that it has. */
  rightAddresses(): void {
    this.changeSpec((spec) => ({ ...spec, nodes: spec.nodes.map((node) => ({ ...node, ...this.node(node.id).setup.address })) }))
  }

  moveNode(node: Server): void {
    this.#moved++
    node.move({ host: `10.0.1.${this.#moved}`, port })
    this.#placed()
  }

  /** Since when the spec has this node where it is; Infinity: it has not. */
  placedSince(id: NodeId): number {
    return this.#placedAt.get(id) ?? -Infinity
  }

  #placed(): void {
    for (const node of this.nodes.values()) {
      const isPlaced = this.spec.nodes.some((one) => one.id === node.id && sameAddress(one, node.setup.address))
      if (!isPlaced) this.#placedAt.set(node.id, Infinity)
      else if (this.placedSince(node.id) === Infinity) this.#placedAt.set(node.id, this.timeline.now)
    }
  }

  #publish(topology: Topology): void {
    if (this.telling)
      this.tell('publish', topology.primary === null ? 'nobody may write' : `${topology.primary.node} at epoch ${topology.epoch}`)
    for (const client of this.clients) {
      if (client.follows) this.net.carry(client.hears, () => client.told(topology))
    }
  }

  // --------------------------------------------------------------------------------------------- the end

  /** What still keeps the group from being in order; null when nothing does. */
  unsettled(): string | null {
    const record = this.store.record('g')
    if (record === null) return 'nothing is recorded'
    if (this.net.isHolding) return 'something sent long ago is still under way'
    if (record.phase !== 'steady') return `a ${record.phase} is under way`
    if (record.inDoubt !== undefined && record.inDoubt.length > 0) return `${record.inDoubt.join(' ')} in doubt`
    const primary = this.node(record.primary)
    const { running } = primary
    if (running === null || running.runId !== record.incarnation) return `${primary.id} is not the recorded process`
    if (running.follows !== null) return `${primary.id} is a replica`
    if (running.guard === closedGuard) return `${primary.id} is closed`
    if (running.pausedUntil > this.timeline.now) return `the writes of ${primary.id} are paused`
    // A file that could not be written is tried again once a minute.
    if (this.policy.bootFence && this.engine.canBootFenceRunning && !record.fenced && primary.file !== null)
      return `the file of ${primary.id} is not fenced`
    for (const node of this.nodes.values()) {
      if (node === primary) continue
      const replica = node.running
      const of = replica?.follows
      if (of?.host !== primary.host || of.port !== port) return `${node.id} does not follow ${primary.id}`
      const names = node.file?.replicaof
      if (node.file !== null && (names?.host !== primary.host || names.port !== port))
        return `the file of ${node.id} does not name ${primary.id}`
      if (replica?.link !== 'up') return `the link of ${node.id} is ${replica?.link}`
      if (!node.ledUnseen && heldOf(running.data, replica.data.stream) < replica.data.length)
        return `${node.id} holds what ${primary.id} does not`
      if (offsetOf(running.data) - offsetOf(replica.data) > 10_000) return `${node.id} is behind`
      if (!record.inSync.some((m) => m.node === node.id && m.incarnation === replica.runId)) return `${node.id} is not in sync`
    }
    return null
  }
}

function specOf(plan: Plan): GroupSpec {
  return {
    id: groupName,
    engine: plan.engine ?? 'redis',
    nodes: plan.nodes.map(({ id, host, priority }) => ({ id, host, port, site: null, priority, maintenanceUntil: null, overwrite: false })),
    credential: null,
    tls: false,
    policy: plan.policy,
    pause: null,
  }
}
