// One group on a tape: its effects are carried out on a few lines of model, in virtual time, and written down as a story.
import { Group } from '../src/controller/group.ts'
import { closedGuard, nowhere } from '../src/core/limits.ts'
import type { Action, ActionResult } from '../src/core/action.ts'
import {
  type GroupRecord,
  type GroupSpec,
  type Mark,
  type NodeId,
  type Policy,
  type ProbeResult,
  type Reading,
  isMoving,
} from '../src/core/model.ts'
import { sameAddress } from '../src/core/address.ts'
import type { Passage } from '../src/core/status.ts'
import { redis } from '../src/engines/redis.ts'
import type { Command, Effect, Input, SaveResult, Stored } from '../src/ports.ts'
import { epochStart, installation, specOf } from './situations.ts'

/** A node as the model keeps it. `hand`: what was done to it from outside. */
interface Model {
  readonly id: NodeId
  state: 'up' | 'frozen' | 'down'
  process: number
  of: { host: string; port: number } | null
  linkUp: boolean
  file: { host: string; port: number } | null
  guard: number
  replid: string
  replid2: string
  second: number
  offset: number
  keys: number
  mark: Mark | null
  queued: Action[]
}

/** How the next saves end. `unknown`: written, but its outcome is lost; `lost`: the outcome is unknown and it was not written. */
export type Saving = 'ok' | 'conflict' | 'unknown' | 'lost' | 'never'

const latencyMs = 1
const replySilentMs = 2000

export class Tape {
  readonly lines: string[] = []
  readonly nodes = new Map<NodeId, Model>()
  readonly group: Group
  saving: Saving = 'ok'
  stored: Stored<GroupRecord> | null = null
  /** The last change of primary, as the store keeps it. */
  passage: Passage | null = null
  now = 0
  /** How often the group was woken by its own wish. */
  ticks = 0
  #tickedAt = -1
  spec: GroupSpec
  #later: { readonly at: number; readonly input: Input }[] = []
  #histories = 1
  #commands = 1

  constructor(ids: readonly NodeId[], policy: Partial<Policy> = {}, stored: Stored<GroupRecord> | null = null) {
    this.spec = { id: 'g', engine: 'redis', nodes: ids.map((id) => specOf(id)), credential: null, tls: false, policy, pause: null }
    this.stored = stored
    for (const id of ids) this.nodes.set(id, this.#fresh(id, ids[0] ?? id))
    this.group = new Group({ spec: this.spec, specRevision: 1, can: redis, installation, writer: 'w1' }, this.#time())
  }

  /** The story so far. */
  get text(): string {
    return `${this.lines.join('\n')}\n`
  }

  /** Lets time pass. */
  run(ms: number): void {
    const end = this.now + ms
    // The controller wakes a new group once.
    if (this.ticks === 0) this.#tick()
    for (;;) {
      const next = this.#later.toSorted((a, b) => a.at - b.at)[0]
      // A timer of 0 ms rings after one.
      const ring = Math.max(this.group.wakeAt(), this.now === this.#tickedAt ? this.now + 1 : this.now)
      const at = Math.max(this.now, Math.min(next?.at ?? Infinity, ring))
      if (at > end) break
      this.now = at
      this.#replicate()
      if (next === undefined || next.at > at) this.#tick()
      else {
        this.#later = this.#later.filter((each) => each !== next)
        this.step(next.input)
      }
      if (this.lines.length > 500) throw new Error(`the story does not end:\n${this.text}`)
    }
    this.now = end
  }

  #tick(): void {
    this.ticks++
    this.#tickedAt = this.now
    this.step({ kind: 'tick', silentHosts: 0, hosts: 0, stalledMs: 0, hurryEveryMs: 0 })
  }

  step(input: Input): void {
    for (const effect of this.group.step(input, this.#time())) this.#carryOut(effect)
  }

  say(line: string): void {
    this.lines.push(`> ${line}`)
  }

  node(id: NodeId): Model {
    const node = this.nodes.get(id)
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }

  // ---------------------------------------------------------------------------------- what happens

  kill(id: NodeId): void {
    this.say(`${id} is killed`)
    this.node(id).state = 'down'
    this.step({ kind: 'disconnected', node: id })
  }

  freeze(id: NodeId): void {
    this.say(`${id} is frozen`)
    this.node(id).state = 'frozen'
  }

  thaw(id: NodeId): void {
    this.say(`${id} wakes`)
    const node = this.node(id)
    node.state = 'up'
    for (const action of node.queued.splice(0)) this.#apply(node, action)
  }

  /** Its append-only file is on: it has its data and its mark, and its position is unknown. */
  start(id: NodeId): void {
    const node = this.node(id)
    this.say(
      `${id} is started; its file says ${node.file === null ? 'primary' : sameAddress(node.file, nowhere) ? 'replica of nowhere' : 'replica'}`,
    )
    Object.assign(node, {
      state: 'up',
      process: node.process + 1,
      of: node.file,
      guard: 0,
      replid: this.#history(),
      replid2: '',
      second: -1,
      offset: 0,
    })
  }

  write(id: NodeId, bytes = 100): void {
    const node = this.node(id)
    node.offset += bytes
    node.keys++
  }

  command(command: Command): void {
    this.say(`an operator: ${command.name}${command.to === null ? '' : ` to ${command.to}`}${command.dryRun ? ', dry run' : ''}`)
    this.step({ kind: 'command', id: this.#commands++, command })
  }

  // -------------------------------------------------------------------------------------- the model

  #time(): { now: number; wall: number } {
    return { now: this.now, wall: epochStart + this.now }
  }

  #history(): string {
    return `R${this.#histories++}`
  }

  #fresh(id: NodeId, first: NodeId): Model {
    const { host, port } = specOf(first)
    const of = id === first ? null : { host, port }
    const position = { replid: this.#history(), replid2: '', second: -1, offset: 0 }
    return { id, state: 'up', process: 1, of, linkUp: false, file: of, guard: 0, ...position, keys: 1, mark: null, queued: [] }
  }

  #upstream(node: Model): Model | undefined {
    const { of } = node
    return of === null ? undefined : [...this.nodes.values()].find((other) => sameAddress(specOf(other.id), of))
  }

  /** Replicas have at once what their primary has; a frozen primary holds its links. */
  #replicate(): void {
    for (const node of this.nodes.values()) {
      const primary = this.#upstream(node)
      if (node.state !== 'up') continue
      if (primary?.state === 'frozen') continue
      node.linkUp = primary?.state === 'up' && primary.of === null
      if (!node.linkUp || primary === undefined) continue
      const { replid, replid2, second, offset, keys, mark } = primary
      Object.assign(node, { replid, replid2, second, offset, keys, mark })
    }
  }

  #reading(node: Model): Reading {
    const attached = [...this.nodes.values()].filter((other) => other.state === 'up' && other.linkUp && this.#upstream(other) === node)
    const { of, replid, replid2, second, offset, guard, keys, mark } = node
    return {
      engine: 'redis',
      version: '7.0.15',
      incarnation: `${node.id}${node.process}`,
      role: of === null ? 'primary' : 'replica',
      upstream: of === null ? null : { ...of, linkUp: node.linkUp, syncing: false },
      replicas: attached.map((other) => ({ host: '127.0.0.1', port: specOf(other.id).port, online: true, acked: other.offset })),
      position: { kind: 'stream', replid, replid2, second, offset },
      usable: of !== null || offset > 0,
      loading: false,
      shuttingDown: false,
      durable: true,
      guard,
      keys,
      mark,
      writeProblem: null,
    }
  }

  #turn(node: Model): void {
    if (node.of === null) return
    Object.assign(node, { of: null, linkUp: false, replid2: node.replid, second: node.offset + 1, replid: this.#history() })
  }

  #apply(node: Model, action: Action): void {
    switch (action.name) {
      case 'promote':
        this.#turn(node)
        node.guard = closedGuard
        node.file = nowhere
        return
      case 'bootFence':
        node.file = nowhere
        Object.assign(node, { replid2: node.replid, second: node.offset + 1, replid: this.#history() })
        return
      case 'open':
      case 'guard':
        node.guard = action.guard
        return
      case 'fence':
        Object.assign(node, { of: nowhere, file: nowhere, linkUp: false, guard: 0 })
        return
      case 'follow':
      case 'demote':
        Object.assign(node, { of: action.target, linkUp: false, guard: 0 })
        if (action.name === 'follow' || action.persist) node.file = action.target
        return
      case 'mark':
        node.mark = action.mark
        node.offset += 50
        return
      case 'proveLink':
        node.linkUp = this.#upstream(node)?.state === 'up'
        return
      case 'persist':
        node.file = node.of
        return
      case 'cutOlder':
      case 'pauseWrites':
      case 'resumeWrites':
      case 'release':
    }
  }

  // ------------------------------------------------------------------------------------ the effects

  #post(afterMs: number, input: Input): void {
    this.#later.push({ at: this.now + afterMs, input })
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'probe':
        return this.#probe(effect)
      case 'act':
        return this.#act(effect)
      case 'save':
        return this.#save(effect)
      case 'load':
        this.lines.push('load')
        return this.#post(latencyMs, { kind: 'loaded', stored: this.stored, passage: this.passage })
      case 'note':
        this.passage = effect.passage ?? this.passage
        this.lines.push(`note ${effect.entry.kind} ${effect.entry.rule}: ${effect.entry.sentence}`)
        return this.#post(latencyMs, { kind: 'noted' })
      case 'publish': {
        const { primary, replicas, epoch } = effect.topology
        const followers = replicas.map((r) => `${r.node}${r.inSync ? '' : '?'}`).join(' ')
        this.lines.push(`publish epoch ${epoch}: ${primary === null ? 'nobody' : `${primary.node} <- ${followers || 'nobody'}`}`)
        return this.#post(latencyMs, { kind: 'published' })
      }
      case 'reply':
        this.lines.push(`reply ${effect.answer.ok ? 'ok' : effect.answer.code}: ${effect.answer.sentence}`)
        if (effect.answer.ok && effect.answer.loss !== null) this.lines.push(`  lost or risked: ${effect.answer.loss}`)
        return this.#post(latencyMs, { kind: 'replied', id: effect.id })
    }
  }

  #probe({ target, timeoutMs }: Extract<Effect, { kind: 'probe' }>): void {
    const node = this.nodes.get(target.node)
    const sentAt = this.now
    const probed = (result: ProbeResult): Input => ({ kind: 'probed', node: target.node, sentAt, result })
    if (node === undefined || node.state === 'down') return this.#post(latencyMs, probed({ ok: false, failure: { kind: 'refused' } }))
    if (node.state === 'frozen') return this.#post(timeoutMs, probed({ ok: false, failure: { kind: 'silent' } }))
    this.#replicate()
    this.#post(latencyMs, probed({ ok: true, reading: this.#reading(node) }))
  }

  #act({ id, target, action, queued }: Extract<Effect, { kind: 'act' }>): void {
    const node = this.nodes.get(target.node)
    const sentAt = this.now
    if (action.name !== 'mark') this.lines.push(`act ${target.node} ${worded(action)}${queued ? ' (queued)' : ''}`)
    const ended = (result: ActionResult): Input => ({ kind: 'acted', id, node: target.node, sentAt, result })
    const done: ActionResult = { ok: true, persisted: true, note: null }
    if (queued && node !== undefined) {
      node.queued.push(action)
      return this.#post(0, ended(done))
    }
    if (node === undefined || node.state === 'down') return this.#post(latencyMs, ended({ ok: false, code: 'REFUSED', message: 'refused' }))
    if (node.state === 'frozen') return this.#post(replySilentMs, ended({ ok: false, code: 'SILENT', message: 'no answer in time' }))
    this.#apply(node, action)
    this.#post(latencyMs, ended(done))
  }

  #save({ id, expected, record, entry }: Extract<Effect, { kind: 'save' }>): void {
    const at = isMoving(record) ? `${record.phase} ${record.primary} -> ${record.candidate}` : `${record.phase} ${record.primary}`
    const inSync = record.inSync.map((m) => m.node).join(' ')
    this.lines.push(`save ${entry.rule}: epoch ${record.epoch} ${at}, in sync ${inSync}, guard ${record.guard}`)
    if (this.saving === 'never') return
    const fits = expected === (this.stored?.version ?? 0)
    const written = fits && (this.saving === 'ok' || this.saving === 'unknown')
    if (written) this.stored = { value: record, version: expected + 1 }
    const result: SaveResult =
      this.saving === 'unknown' || this.saving === 'lost'
        ? { ok: false, reason: 'unknown', message: 'the outcome was lost' }
        : written
          ? { ok: true, version: expected + 1 }
          : { ok: false, reason: 'conflict', message: 'somebody else wrote' }
    if (!result.ok) this.lines.push(`(the save ends as ${result.reason})`)
    this.#post(latencyMs, { kind: 'saved', id, result })
  }
}

function worded(action: Action): string {
  const { name } = action
  if (name === 'follow') return `follow ${letter(action.target.port)}`
  if (name === 'demote') return `demote, follow ${letter(action.target.port)}`
  return name === 'open' || name === 'guard' ? `${name} ${action.guard}` : name
}

function letter(port: number): string {
  return String.fromCharCode(port - 7_000 + 96)
}
