// A random history of one Pika group under the product's own Group, in virtual time: nodes die, freeze, come back, the controller restarts,
// clients write wherever somebody lets them. Then all is mended, and everything must be one again.
import type { Capabilities, GroupRecord, GroupSpec, NodeId } from '../../src/core/model.ts'
import { Group } from '../../src/controller/group.ts'
import type { Command, Effect, Input, NewLogEntry, SaveResult } from '../../src/ports.ts'
import { pika } from '../../src/engines/pika.ts'
import { Decoder } from '../../src/resp/decode.ts'
import type { RespValue } from '../../src/resp/value.ts'
import { Dice } from '../../src/sim/dice.ts'
import { PikaCluster } from './cluster.ts'

export interface Ack {
  readonly n: number
  readonly node: NodeId
  readonly at: number
}

export interface Lived {
  readonly violations: readonly string[]
  readonly log: readonly string[]
  readonly convergedMs: number
}

const key = 'w'
const healLimitMs = 120_000
const epochStart = 1_700_000_000_000

class Life {
  readonly cluster: PikaCluster
  readonly dice: Dice
  readonly can: Capabilities
  readonly spec: GroupSpec
  readonly ports = new Map<NodeId, number>()
  readonly acks: Ack[] = []
  readonly log: string[] = []
  readonly violations: string[] = []
  stored: { value: GroupRecord; version: number } | null = null
  group: Group
  #generation = 0
  #writers = 0
  #n = 0
  #wakesAt = Infinity

  constructor(seed: number, hole: Partial<Capabilities>) {
    this.can = { ...pika, ...hole }
    this.dice = Dice.of(seed)
    this.cluster = new PikaCluster({ seed: seed + 1, blockMostMs: 2_900, copyMs: 300 })
    const names = this.dice.chance(0.5) ? ['a', 'b'] : ['a', 'b', 'c']
    for (const [at, name] of names.entries()) this.ports.set(name, 9_221 + at * 10)
    const nodes = names.map((id) => ({
      id,
      host: '127.0.0.1',
      port: this.port(id),
      site: null,
      priority: 100,
      maintenanceUntil: null,
      overwrite: false,
    }))
    this.spec = { id: 'g', engine: 'pika', nodes, credential: null, tls: false, policy: {}, pause: null }
    for (const name of names) this.cluster.start(this.port(name))
    for (let n = 0; n < 20; n++) this.cluster.say(this.port('a'), 'RPUSH', 'old', String(n))
    for (const name of names.slice(1)) this.cluster.say(this.port(name), 'SLAVEOF', '127.0.0.1', String(this.port('a')))
    this.cluster.run(5_000)
    this.group = this.#newGroup()
  }

  port(id: NodeId): number {
    return this.ports.get(id) ?? 0
  }

  get now(): number {
    return this.cluster.time.now
  }

  say(text: string): void {
    this.log.push(`${(this.now / 1000).toFixed(3)} ${text}`)
  }

  // --------------------------------------------------------------------------------------- the controller

  #newGroup(): Group {
    const generation = ++this.#generation
    const options = { spec: this.spec, specRevision: 1, can: this.can, installation: 'inst', writer: `w${generation}` }
    return new Group(options, { now: this.now, wall: epochStart + this.now })
  }

  restartController(): void {
    this.say('the controller restarts')
    this.group = this.#newGroup()
    this.#wakesAt = Infinity
    this.tick()
  }

  tick(): void {
    this.post({ kind: 'tick', silentHosts: 0, hosts: this.ports.size, stalledMs: 0, hurryEveryMs: 25 })
  }

  command(command: Command): void {
    this.post({ kind: 'command', id: 1, command })
  }

  post(input: Input, generation = this.#generation): void {
    if (generation !== this.#generation) return
    for (const effect of this.group.step(input, { now: this.now, wall: epochStart + this.now })) this.#carryOut(effect)
    const at = Math.max(this.group.wakeAt(), this.now + 1)
    if (at >= this.#wakesAt || at === Infinity) return
    this.#wakesAt = at
    this.cluster.time.at(at, () => {
      if (this.#wakesAt !== at || generation !== this.#generation) return
      this.#wakesAt = Infinity
      this.tick()
    })
  }

  #later(ms: number, input: Input): void {
    const generation = this.#generation
    this.cluster.time.after(ms, () => this.post(input, generation))
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'load':
        return this.#later(2, { kind: 'loaded', stored: this.stored })
      case 'save':
        return this.#save(effect)
      case 'note':
        this.#tell(effect.entry)
        return this.#later(1, { kind: 'noted' })
      case 'publish':
        return this.#later(1, { kind: 'published' })
      case 'reply':
        return this.#later(1, { kind: 'replied', id: effect.id })
      case 'probe':
        return this.#probe(effect)
      case 'act':
        return this.#act(effect)
    }
  }

  #tell(entry: NewLogEntry): void {
    this.say(`e${entry.epoch} ${entry.rule}: ${entry.sentence}`)
  }

  #save({ id, expected, record, entry }: Extract<Effect, { kind: 'save' }>): void {
    const fits = (this.stored?.version ?? 0) === expected
    if (fits) {
      this.stored = { value: record, version: expected + 1 }
      this.#tell(entry)
    }
    const result: SaveResult = fits ? { ok: true, version: expected + 1 } : { ok: false, reason: 'conflict', message: 'written by another' }
    this.#later(2, { kind: 'saved', id, result })
  }

  #probe({ target, timeoutMs }: Extract<Effect, { kind: 'probe' }>): void {
    const { node } = target
    const sentAt = this.now
    this.#ask(node, pika.probe, timeoutMs, (replies) => {
      const result =
        replies === 'refused' || replies === 'silent' || replies === 'closed'
          ? ({ ok: false, failure: { kind: replies } } as const)
          : pika.readProbe(replies)
      return { kind: 'probed', node, sentAt, result }
    })
  }

  #act({ id, target, action, timeoutMs, queued }: Extract<Effect, { kind: 'act' }>): void {
    const { node } = target
    const { commands } = pika.script(action)
    const sentAt = this.now
    if (action.name !== 'mark' && action.name !== 'cutOlder')
      this.say(`${node} is told ${JSON.stringify(action)}${queued ? ' (queued)' : ''}`)
    if ((action.name === 'follow' || action.name === 'demote') && action.force) this.#mayCopy(node, action.target.port)
    if (queued) {
      this.#run(node, commands, () => undefined)
      return this.#later(1, { kind: 'acted', id, node, sentAt, result: { ok: true, persisted: true, note: 'waits in its sockets' } })
    }
    const ended = (replies: readonly RespValue[] | string): Input => {
      const result =
        typeof replies === 'string'
          ? ({ ok: false, code: replies.toUpperCase(), message: replies } as const)
          : pika.readActed(action, replies)
      if (!result.ok && action.name !== 'mark') this.say(`${node} answers ${action.name}: ${result.message}`)
      return { kind: 'acted', id, node, sentAt, result }
    }
    this.#ask(node, commands, timeoutMs, (replies) => {
      const more = typeof replies === 'string' ? null : pika.followUp(action, replies, '')
      if (more === null) return ended(replies)
      this.#ask(node, more.commands, timeoutMs, ended)
      return null
    })
  }

  /** P3: never from a primary that is empty or half copied over a node that is not. Emptied by a client (FLUSHALL) is not empty: its log goes on. */
  #mayCopy(node: NodeId, port: number): void {
    if (!this.cluster.runs(port)) return
    const from = this.cluster.node(port)
    const to = this.cluster.node(this.port(node))
    if (((from.log.end.file === 0 && from.log.end.offset === 0) || !from.eligible) && to.keys.size > 0)
      this.violations.push(`${node} is to be copied from port ${port}, which is empty or half copied`)
  }

  /** One batch on a connection, with a deadline; one input in the end, null: another batch gives it. */
  #ask(
    node: NodeId,
    commands: readonly (readonly string[])[],
    timeoutMs: number,
    input: (replies: readonly RespValue[] | 'refused' | 'silent' | 'closed') => Input | null,
  ): void {
    const generation = this.#generation
    let ended = false
    const end = (replies: Parameters<typeof input>[0]): void => {
      if (ended) return
      ended = true
      // What a controller that is gone asked is not gone on with.
      if (generation !== this.#generation) return
      const next = input(replies)
      if (next !== null) this.post(next, generation)
    }
    this.cluster.time.after(timeoutMs, () => end('silent'))
    this.cluster.time.after(1, () => {
      if (!this.cluster.runs(this.port(node))) return end('refused')
      return this.#run(node, commands, end)
    })
  }

  #run(node: NodeId, commands: readonly (readonly string[])[], end: (replies: readonly RespValue[] | 'closed') => void): void {
    this.cluster.serve(this.port(node), commands, (bytes) => {
      if (bytes === null) return end('closed')
      end(new Decoder().push(Buffer.concat(bytes)))
    })
  }

  // ------------------------------------------------------------------------------------------- the world

  /** Whoever lets them: what an old primary takes may be discarded, but nodes must not differ in the end. */
  writers(): void {
    const generation = ++this.#writers
    const write = (): void => {
      if (generation !== this.#writers) return
      const node = this.dice.pick([...this.ports.keys()])
      const n = ++this.#n
      if (this.cluster.runs(this.port(node))) {
        this.#run(node, [['RPUSH', key, String(n)]], (replies) => {
          if (replies !== 'closed' && typeof replies[0] === 'number') this.acks.push({ n, node, at: this.now })
        })
      }
      this.cluster.time.after(this.dice.between(5, 120), write)
    }
    write()
  }

  rest(): void {
    this.#writers++
  }

  kill(id: NodeId): void {
    this.say(`${id} is killed`)
    this.cluster.kill(this.port(id))
    this.post({ kind: 'disconnected', node: id })
  }

  start(id: NodeId): void {
    if (this.cluster.runs(this.port(id))) return
    this.say(`${id} starts`)
    this.cluster.start(this.port(id))
  }

  values(id: NodeId): string {
    return JSON.stringify(
      this.cluster
        .node(this.port(id))
        .keys.entries()
        .filter(([name]) => name !== 'regroup:mark')
        .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    )
  }
}

const faults = { kill: 6, bounce: 3, freeze: 4, controller: 2, switchover: 3, flush: 0.3, wipe: 0.5, allDown: 1 } as const

function strike(life: Life): void {
  const { dice, cluster } = life
  const id = dice.pick([...life.ports.keys()])
  const runs = cluster.runs(life.port(id))
  const back = (ms: number): void => void cluster.time.after(ms, () => life.start(id))
  switch (dice.weighted(faults)) {
    case 'kill':
      if (runs) life.kill(id)
      return back(dice.between(100, 20_000))
    case 'bounce':
      if (runs) life.kill(id)
      return back(dice.between(5, 400))
    case 'freeze':
      if (!runs || cluster.isFrozen(life.port(id))) return
      life.say(`${id} freezes`)
      cluster.freeze(life.port(id))
      cluster.time.after(dice.between(100, 30_000), () => {
        if (!cluster.runs(life.port(id))) return
        life.say(`${id} wakes`)
        cluster.thaw(life.port(id))
      })
      return
    case 'controller':
      return life.restartController()
    case 'switchover':
      return life.command({ name: 'switchover', to: null, by: 'anna', dryRun: false })
    case 'flush':
      if (runs && !cluster.isFrozen(life.port(id))) cluster.serve(life.port(id), [['FLUSHALL']], () => life.say(`${id} was told FLUSHALL`))
      return
    case 'wipe':
      if (life.stored?.value.primary === id || life.stored?.value.phase !== 'steady') return
      life.say(`${id} loses its disk`)
      cluster.wipe(life.port(id))
      return back(dice.between(100, 3_000))
    case 'allDown':
      for (const each of life.ports.keys()) {
        if (cluster.runs(life.port(each))) life.kill(each)
        cluster.time.after(dice.between(100, 15_000), () => life.start(each))
      }
  }
}

/** Why the group is not one yet; null when it is. */
function apart(life: Life): string | null {
  const record = life.stored?.value
  if (record === undefined || record.phase !== 'steady') return `the record is ${record?.phase ?? 'not there'}`
  for (const id of life.ports.keys()) {
    const node = life.cluster.node(life.port(id))
    if (id === record.primary) {
      if (node.upstream !== null || !node.users.may('default', 'set', 'write')) return `${id} is no open primary`
    } else if (node.upstream?.address.port !== life.port(record.primary) || node.upstream.state !== 'connected' || !node.eligible) {
      return `${id} does not follow ${record.primary}: ${node.upstream?.address.port} ${node.upstream?.state}`
    } else if (life.values(id) !== life.values(record.primary)) return `${id} holds other data than ${record.primary}`
    if (!record.inSync.some((member) => member.node === id)) return `${id} is not in sync`
  }
  return null
}

/** `hole`: what the core is told wrongly of the engine, to see whether this finds it. */
export function live(seed: number, hole: Partial<Capabilities> = {}): Lived {
  const life = new Life(seed, hole)
  const { dice, cluster } = life
  life.tick()
  life.writers()
  cluster.run(6_000)
  const strikes = 2 + dice.below(8)
  for (let n = 0; n < strikes; n++) {
    strike(life)
    cluster.run(dice.chance(0.4) ? dice.between(5, 800) : dice.between(500, 15_000))
  }
  for (const id of life.ports.keys()) {
    if (cluster.isFrozen(life.port(id))) cluster.thaw(life.port(id))
    life.start(id)
  }
  life.say('all is mended')
  const mendedAt = life.now
  cluster.run(31_000)
  life.rest()
  let last: string | null = ''
  if (!cluster.until(() => (last = apart(life)) === null, healLimitMs)) life.violations.push(`not one after ${healLimitMs} ms: ${last}`)
  return { violations: life.violations, log: life.log, convergedMs: life.now - mendedAt }
}
