// Carries the planned operations out on the simulated machines, and mends everything when the time for faults is over.
import { formatAddress } from '../core/address.ts'
import { type GroupRecord, isMoving } from '../core/model.ts'
import { Dice } from './dice.ts'
import { type Ailment, type Op, clientHosts, controllerName, starvedMs, strangerHost, strangerName } from './plan.ts'
import { RespError } from '../resp/value.ts'
import { type Batch, isReplies } from './batch.ts'
import type { Server } from './server.ts'
import { Ambushes } from './ambush.ts'
import { handName } from './deeds.ts'
import type { History } from './history.ts'
import { resolved } from './roles.ts'
import type { Conn, Peer } from './net.ts'

/** No operation is planned to last longer, but for those that last until the healing. */
const lastsAtMostMs = 120_000
const plain = ['stop', 'freeze', 'isolate', 'cut', 'slow', 'refuse', 'reset', 'ail', 'storeTrouble'] as const
/** What machines and networks do by themselves. */
type Plain = (typeof plain)[number]

function isPlain(op: Op): op is Extract<Op, { kind: Plain }> {
  return plain.some((kind) => kind === op.kind)
}

export class Faults {
  readonly #history: History
  /** How many operations cut each path. */
  readonly #cuts = new Map<string, number>()
  #over = false
  readonly ambushes: Ambushes

  constructor(history: History) {
    this.#history = history
    this.ambushes = new Ambushes(history, { later: (ms, then) => this.#later(ms, then), begin: (op) => this.#begin(op) })
    for (const op of history.plan.ops) history.timeline.at(op.at, () => this.#begin(op))
  }

  #begin(planned: Op): void {
    const history = this.#history
    const op = this.#over ? null : resolved(planned, history)
    if (op === null) return
    if (history.telling) history.tell('fault', JSON.stringify({ ...op, at: undefined }))
    this.#disturb(op)
    if (isPlain(op)) this.#beginPlain(op)
    else this.#beginOther(op)
  }

  #beginPlain(op: Extract<Op, { kind: Plain }>): void {
    const history = this.#history
    switch (op.kind) {
      case 'stop':
        return this.#stop(op)
      case 'freeze':
        return this.#freeze(op)
      case 'isolate':
        return this.#isolate(op)
      case 'cut':
        if (op.from !== op.to) this.#cutFor(op.ms, [[op.from, op.to]])
        return
      case 'slow':
        return this.#slow(op)
      case 'refuse':
        history.net.reject(this.#node(op.node).host, (from) => op.whom === 'all' || from === controllerName)
        return this.#later(op.ms, () => history.net.reject(this.#node(op.node).host, null))
      case 'reset':
        return this.#node(op.node).resetClients()
      case 'ail':
        ail(this.#node(op.node), op.what, true)
        return this.#later(op.ms, () => ail(this.#node(op.node), op.what, false))
      case 'storeTrouble':
        history.store.slowMs = op.slowMs
        history.store.unsure = op.unsure
        return this.#later(op.ms, () => this.#mendStore())
    }
  }

  #beginOther(op: Exclude<Op, { kind: Plain }>): void {
    const history = this.#history
    switch (op.kind) {
      case 'controllerCrash':
        history.crashController()
        return this.#later(op.downMs, () => history.startController())
      case 'controllerStall':
        return this.#stall(op.ms)
      case 'controllerStarved':
        return this.#starve(history.timeline.now + op.ms, Dice.of(op.seed))
      case 'wallJump':
        history.wallOffset += op.ms
        return
      case 'backUp':
        return history.store.backUp()
      case 'restore':
        history.crashController()
        if (!history.store.restore(op.told ?? true)) return this.#later(50, () => history.startController())
        history.checks.restored()
        for (const node of history.nodes.values()) node.recordLost(history.store.backedUpAt)
        // A spec that does not list whom its record needs is refused, so no copy has such a one.
        if (op.lacks !== undefined && !needs(history.store.record('g'), op.lacks)) history.forget(op.lacks)
        this.#later(op.ms ?? 0, () => history.listAll())
        return this.#later(50, () => history.startController())
      case 'switchover':
        if (op.inMs !== undefined) return this.#schedule(op.to, op.inMs)
        history.controller?.command('g', { name: 'switchover', to: op.to, by: 'ops', dryRun: false })
        return
      case 'failover':
        history.checks.ordered()
        history.controller?.command('g', { name: 'failover', to: op.to, by: 'ops', dryRun: false })
        return
      case 'pause':
        return history.changeSpec((spec) => ({ ...spec, pause: { until: history.wall() + op.ms, by: 'ops', why: 'work' } }))
      case 'maintain':
        return history.changeNode(op.node, (node) => ({ ...node, maintenanceUntil: history.wall() + op.ms }))
      case 'priority':
        return history.changeNode(op.node, (node) => ({ ...node, priority: op.priority }))
      case 'readdress':
        return this.#readdress(op.node)
      case 'wrongAddress': {
        history.changeNode(op.node, (node) => ({ ...node, host: strangerHost }))
        return this.#later(op.ms, () => history.rightAddresses())
      }
      case 'ambush':
        return this.ambushes.lay(op)
      case 'noDescriptors': {
        const host = history.controller
        if (host !== null) host.exhausted = true
        return this.#later(op.ms, () => {
          if (host !== null) host.exhausted = false
        })
      }
      case 'handReplicaof':
        return this.#byHand(op.node, op.of)
      case 'handMove':
        return this.#handMove(op.to, op.gapMs)
    }
  }

  /** Everything works again from now on, for good. */
  heal(): void {
    const history = this.#history
    this.#over = true
    for (const key of this.#cuts.keys()) {
      const [from = '', to = ''] = key.split('>')
      history.net.mend(from, to)
    }
    this.#mendStore()
    for (const node of history.nodes.values()) {
      history.net.reject(node.host, null)
      for (const other of history.hosts) history.net.slow(node.host, other, 0, 0)
      node.troubled()
      node.ailments.forbidden.clear()
      for (const what of plainAilments) node.ailments[what] = false
      node.thaw()
      // Who was told to end has ended.
      if (node.running?.isLeaving === true) node.kill()
      history.net.hostUp(node.host)
      node.start('synced')
    }
    for (const host of [controllerName, ...clientHosts]) for (const other of history.hosts) history.net.slow(host, other, 0, 0)
    history.controller?.resume()
    if (history.controller !== null) history.controller.exhausted = false
    history.startController()
    history.listAll()
    history.rightAddresses()
    history.changeSpec(({ scheduled: _taken, ...spec }) => ({
      ...spec,
      // Nobody waits for a day until a preferred node may be primary again.
      policy: { ...spec.policy, failback: 'off' },
      pause: null,
      nodes: spec.nodes.map((node) => ({ ...node, maintenanceUntil: null, priority: node.priority === 0 ? 100 : node.priority })),
    }))
    history.disturbed(history.hosts)
    history.woken(history.hosts)
  }

  /** The controller stands still for `ms`. */
  #stall(ms: number, then: () => void = () => undefined): void {
    const { controller, checks, policy, timeline } = this.#history
    const since = timeline.now
    controller?.stall()
    this.#later(ms, () => {
      if (ms > policy.silentAfterMs) this.#history.away = { since, until: timeline.now }
      checks.verdicts.resumed()
      controller?.resume()
      then()
    })
  }

  #starve(until: number, dice: Dice): void {
    const { timeline } = this.#history
    if (timeline.now >= until) return
    this.#history.starvedAt = timeline.now
    this.#stall(dice.between(...starvedMs.stands), () => this.#later(dice.between(...starvedMs.goes), () => this.#starve(until, dice)))
  }

  #schedule(to: string | null, inMs: number): void {
    const history = this.#history
    history.changeSpec((spec) => ({ ...spec, scheduled: { at: history.wall() + inMs, to, by: 'ops', why: '' } }))
  }

  #node(id: string): Server {
    return this.#history.node(id)
  }

  #later(ms: number, then: () => void): void {
    this.#history.timeline.after(ms, () => {
      if (!this.#over) then()
    })
  }

  #mendStore(): void {
    this.#history.store.slowMs = 0
    this.#history.store.unsure = 0
  }

  /** Remembers whom an operation touched, when it begins and when it ends. */
  #disturb(op: Op): void {
    const history = this.#history
    const touched = touches(op, history)
    history.disturbed(touched)
    const ms = 'ms' in op ? op.ms : 'downMs' in op ? op.downMs : 0
    for (let at = 1000; at < Math.min(ms, lastsAtMostMs); at += 1000) this.#later(at, () => history.disturbed(touched))
    if (ms === 0) return
    this.#later(ms, () => {
      history.disturbed(touched)
      history.woken(touched)
    })
  }

  #stop(op: Extract<Op, { kind: 'stop' }>): void {
    const node = this.#node(op.node)
    if (node.running === null) return
    if (op.how === 'power') {
      node.kill(true)
      this.#history.net.hostDown(node.host)
    } else if (op.how === 'term') node.terminate()
    else node.kill()
    const again = (): void => {
      this.#history.disturbed([node.host])
      if (node.running?.isLeaving === true) return this.#later(200, again)
      this.#history.net.hostUp(node.host)
      node.start(op.recovers, op.file)
    }
    this.#later(op.downMs, again)
  }

  #freeze(op: Extract<Op, { kind: 'freeze' }>): void {
    const node = this.#node(op.node)
    const { running } = node
    if (running === null || node.frozen) return
    node.freeze()
    this.#later(op.ms, () => {
      if (node.running === running) node.thaw()
    })
  }

  #isolate(op: Extract<Op, { kind: 'isolate' }>): void {
    const rest = this.#history.hosts.filter((host) => !op.hosts.includes(host))
    const into = rest.flatMap((from) => op.hosts.map((to) => [from, to] as const))
    const outOf = rest.flatMap((to) => op.hosts.map((from) => [from, to] as const))
    this.#cutFor(op.ms, [...(op.way === 'out' ? [] : into), ...(op.way === 'in' ? [] : outOf)])
  }

  #cutFor(ms: number, paths: readonly (readonly [string, string])[]): void {
    const { net } = this.#history
    for (const [from, to] of paths) {
      const key = `${from}>${to}`
      this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1)
      net.cut(from, to)
    }
    this.#later(ms, () => {
      for (const [from, to] of paths) {
        const key = `${from}>${to}`
        const left = (this.#cuts.get(key) ?? 1) - 1
        this.#cuts.set(key, left)
        if (left === 0) net.mend(from, to)
      }
    })
  }

  #slow(op: Extract<Op, { kind: 'slow' }>): void {
    const { net, hosts } = this.#history
    const set = (extraMs: number, loss: number): void => {
      for (const other of hosts) {
        net.slow(op.host, other, extraMs, loss)
        net.slow(other, op.host, extraMs, loss)
      }
    }
    set(op.extraMs, op.loss)
    this.#later(op.ms, () => set(0, 0))
  }

  // ------------------------------------------------------------------------------------------- operators

  #byHand(id: string, of: string | null, taken: () => void = () => undefined): void {
    const target = of === null ? null : of === strangerName ? { host: strangerHost, port: 6379 } : this.#node(of).setup.address
    if (of !== id) tellByHand(this.#history, this.#node(id), [this.#node(id).told(target)], taken)
  }

  /** An operator moves the primary: first the new one, after a while the others. */
  #handMove(to: string, gapMs: number): void {
    const history = this.#history
    const node = this.#node(to)
    const primary = history.store.record('g')?.primary
    // A careful operator: only to a replica whose link is up.
    if (primary === to || node.running?.link !== 'up') return
    const began = history.timeline.now
    const moved = (): void => history.checks.verdicts.moved(to, history.timeline.now - began)
    const atOnce = history.engine.canFollowOwnReplica
    this.#byHand(to, null)
    this.#later(gapMs, () => {
      if (atOnce) moved()
      for (const other of history.nodes.keys()) if (other !== to) this.#byHand(other, to, atOnce || other !== primary ? undefined : moved)
    })
  }

  /** A node moves to another host with its data: stopped, moved, started, and the spec is told. */
  #readdress(id: string): void {
    const history = this.#history
    const node = this.#node(id)
    if (node.running === null || node.frozen) return
    node.kill()
    history.moveNode(node)
    // What was begun is finished, also when the time of faults ends.
    history.timeline.after(500, () => {
      node.start('all')
      history.changeNode(id, (spec) => ({ ...spec, host: node.setup.address.host }))
    })
  }
}

const plainAilments = ['misconf', 'outOfMemory', 'busy', 'fullOfClients', 'fileUnwritable'] as const
const forbidden: Readonly<Partial<Record<Ailment, string>>> = { noKill: 'client|kill', noReplicaof: 'replicaof', noConfig: 'config|set' }

function needs(record: GroupRecord | null, id: string): boolean {
  return record !== null && (record.primary === id || (isMoving(record) && record.candidate === id))
}

function ail(node: Server, what: Ailment, begins: boolean): void {
  node.troubled()
  const command = forbidden[what]
  const plain = plainAilments.find((one) => one === what)
  if (plain !== undefined) node.ailments[plain] = begins
  else if (command !== undefined && begins) node.ailments.forbidden.add(command)
  else if (command !== undefined) node.ailments.forbidden.delete(command)
}

/** The hosts that an operation may have harmed. */
function touches(op: Op, history: History): readonly string[] {
  switch (op.kind) {
    case 'stop':
    case 'freeze':
    case 'refuse':
    case 'reset':
    case 'ail':
    case 'handReplicaof':
    case 'maintain':
    case 'readdress':
    case 'wrongAddress':
      return [history.node(op.node).host]
    case 'cut':
      return [op.from, op.to]
    case 'slow':
      return [op.host]
    case 'backUp':
    case 'priority':
    case 'pause':
    case 'switchover':
    case 'failover':
    case 'storeTrouble':
    case 'wallJump':
    case 'controllerCrash':
    case 'controllerStall':
    case 'controllerStarved':
    case 'noDescriptors':
    case 'ambush':
      return []
    case 'isolate':
    case 'restore':
    case 'handMove':
      return history.hosts
  }
}

const againMs = 300

/** An operator tells a node something; again while it says that its replicas have not left yet. `taken`: it did something else. */
export function tellByHand(
  history: History,
  node: Server,
  commands: readonly (readonly string[])[],
  taken: () => void = () => undefined,
): void {
  const write = {
    client: 'hand',
    n: 1,
    epoch: 0,
    node: node.id,
    follows: false,
    sentAt: history.timeline.now,
    at: null,
    ackedAt: null,
    lost: null,
  }
  const hand: Peer = {
    host: clientHosts[0],
    connected: (conn: Conn) => conn.ask({ kind: 'batch', tag: 0, commands, write } satisfies Batch),
    received: (conn: Conn, message: unknown) => {
      // It may have been on its way for long.
      history.checks.byHand(node.id)
      conn.closeHere()
      const [answer] = isReplies(message) ? message.values : []
      if (!(answer instanceof RespError) || !/already master/.test(answer.message)) return taken()
      history.timeline.after(againMs, () => tellByHand(history, node, commands, taken))
    },
    ended: () => undefined,
  }
  history.net.connect(hand, formatAddress(node.setup.address)).name = handName
}
