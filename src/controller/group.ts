// One replication group: inputs in, effects out, synchronous. Observes, diagnoses, decides; the world carries the effects out.
import { type Decided, caseOf, decide } from '../core/decide.ts'
import { electByOrder } from '../core/elect.ts'
import { closedGuard, policyOf } from '../core/limits.ts'
import {
  type Capabilities,
  type Epoch,
  type Evidence,
  type GroupRecord,
  type GroupSpec,
  type Instant,
  type NodeId,
  type WallTime,
  assert,
} from '../core/model.ts'
import { type NodeView, acted, acting, answers, disconnected, follows, newNode, probed, stalled } from '../core/observe.ts'
import { present } from '../core/present.ts'
import { type Tracked, track } from '../core/recovery.ts'
import type { Act, Decision, RecordDraft } from '../core/rule.ts'
import { planSwitchover } from '../core/rulesSteady.ts'
import { type Memory, type Situation, newMemory } from '../core/situation.ts'
import type { GroupStatus, Verdict as ShownVerdict } from '../core/status.ts'
import { topologyOf } from '../core/topology.ts'
import { lost } from '../core/diagnose.ts'
import type { Command, CommandAnswer, Effect, Input, NewLogEntry, NodeTarget, SaveResult } from '../ports.ts'
import { phaseOf, probeGap, probeTimeout, spread } from './cadence.ts'

export interface Time {
  readonly now: Instant
  readonly wall: WallTime
}

export interface GroupOptions {
  readonly spec: GroupSpec
  readonly specRevision: number
  readonly can: Capabilities
  readonly installation: string
  /** Unique to this process: names it in records. */
  readonly writer: string
}

interface Asking {
  readonly dueAt: Instant
  /** Sent and not ended. */
  readonly sentAt: Instant | null
  readonly attempts: number
}

interface PendingSave {
  readonly id: number
  readonly record: GroupRecord
}

export class Group {
  readonly id: string
  #spec: GroupSpec
  #specRevision: number
  readonly #options: GroupOptions
  #record: GroupRecord | null = null
  #version = 0
  #loaded = false
  #loading = false
  #nodes = new Map<NodeId, NodeView>()
  #asking = new Map<NodeId, Asking>()
  #tracked = new Map<NodeId, Tracked>()
  #memory: Memory
  #pending: PendingSave | null = null
  #nextId = 1
  #unsettledSince: Instant | null = null
  #decided: Decided | null = null
  #last: ShownVerdict
  #noted = new Map<string, string>()
  #published = ''

  constructor(options: GroupOptions, time: Time) {
    this.id = options.spec.id
    this.#options = options
    this.#spec = options.spec
    this.#specRevision = options.specRevision
    this.#memory = newMemory(time.now)
    this.#last = { rule: 'start', kind: 'hold', sentence: 'reads the record', evidence: {}, at: time.wall }
    this.#takeSpec(options.spec, options.specRevision, time.now)
  }

  /** Takes one input in and says what is to be done. Never throws but for our own bugs. */
  step(input: Input, time: Time): Effect[] {
    const effects: Effect[] = []
    this.#take(input, time, effects)
    if (!this.#loaded) {
      if (!this.#loading) {
        this.#loading = true
        effects.push({ kind: 'load', group: this.id })
      }
      return effects
    }
    this.#remember(time)
    this.#decide(time, effects)
    this.#canary(time, effects)
    this.#ask(time, effects)
    this.#publish(time, effects)
    return effects
  }

  /** When the next tick is due at the latest. */
  wakeAt(): Instant {
    let at = Infinity
    for (const asking of this.#asking.values()) if (asking.sentAt === null) at = Math.min(at, asking.dueAt)
    for (const node of this.#nodes.values()) {
      if (node.failure !== null && node.failure.kind !== 'answered' && node.heardAt !== null) at = Math.min(at, this.#silenceEnds(node))
    }
    if (this.#memory.canary.inFlight === null) at = Math.min(at, Math.max(this.#memory.canary.dueAt, 0))
    return at
  }

  /** The next instant at which a node's silence may mean something new; far away once it has been judged. */
  #silenceEnds(node: NodeView): Instant {
    const at = (node.heardAt ?? 0) + policyOf(this.#spec).silentAfterMs
    const asked = this.#asking.get(node.spec.id)?.sentAt ?? null
    return asked !== null && at > asked ? at : Infinity
  }

  // -------------------------------------------------------------------------------------------- inputs

  #take(input: Input, time: Time, effects: Effect[]): void {
    switch (input.kind) {
      case 'tick':
        return this.#tick(input)
      case 'probed': {
        const node = this.#nodes.get(input.node)
        const asking = this.#asking.get(input.node)
        if (node === undefined || asking === undefined) return
        this.#nodes.set(input.node, probed(node, input.sentAt, input.result, time.now))
        this.#asking.set(input.node, { ...asking, sentAt: null, attempts: input.result.ok ? 0 : asking.attempts + 1 })
        if (input.node === this.#record?.primary) this.#watch(time)
        // A switchover reads the one after the other; waiting for the next round would be the clients' wait.
        if (this.#record?.phase === 'switchover' && input.node === this.#record.primary) this.#hurry([this.#record.candidate], time.now)
        return
      }
      case 'disconnected': {
        const node = this.#nodes.get(input.node)
        if (node === undefined) return
        this.#nodes.set(input.node, disconnected(node, time.now))
        this.#hurry(input.node === this.#record?.primary ? [...this.#nodes.keys()] : [input.node], time.now)
        return
      }
      case 'acted':
        return this.#acted(input, time)
      case 'saved':
        return this.#saved(input.id, input.result, time, effects)
      case 'loaded':
        this.#loading = false
        this.#pending = null
        this.#inForce(input.stored?.value ?? null, input.stored?.version ?? 0, time.now)
        if (!this.#loaded) this.#memory = { ...this.#memory, loadedAt: time.now }
        this.#loaded = true
        return
      case 'spec':
        return this.#takeSpec(input.spec, input.revision, time.now)
      case 'command':
        effects.push({ kind: 'reply', id: input.id, answer: this.#command(input.command, time) })
        return
      case 'noted':
      case 'published':
      case 'replied':
        return
    }
  }

  #tick(input: Extract<Input, { kind: 'tick' }>): void {
    const frozen = input.hosts >= 5 && input.silentHosts >= 2 && input.silentHosts * 2 > input.hosts
    this.#memory = { ...this.#memory, frozen: frozen ? { silentHosts: input.silentHosts, hosts: input.hosts } : null }
    if (input.stalledMs > 0) this.#stalled = input.stalledMs
  }

  /** Milliseconds our own loop was late; applied with the time of the step. */
  #stalled = 0

  #takeSpec(spec: GroupSpec, revision: number, now: Instant): void {
    this.#spec = spec
    this.#specRevision = revision
    const nodes = new Map<NodeId, NodeView>()
    const asking = new Map<NodeId, Asking>()
    for (const node of spec.nodes) {
      const known = this.#nodes.get(node.id)
      const moved = known !== undefined && (known.spec.host !== node.host || known.spec.port !== node.port)
      nodes.set(node.id, known === undefined || moved ? newNode(node) : { ...known, spec: node })
      const first = { dueAt: now + (this.#loaded ? 0 : phaseOf(`${spec.id}/${node.id}`) * 20), sentAt: null, attempts: 0 }
      asking.set(node.id, known === undefined || moved ? first : (this.#asking.get(node.id) ?? first))
    }
    this.#nodes = nodes
    this.#asking = asking
  }

  #acted(input: Extract<Input, { kind: 'acted' }>, time: Time): void {
    const { canary } = this.#memory
    if (canary.inFlight?.id === input.id) {
      const okAt = input.result.ok ? time.now : canary.okAt
      const problem =
        input.result.ok || !['SILENT', 'MISCONF'].includes(input.result.code) ? null : `${input.result.code}: ${input.result.message}`
      this.#memory = { ...this.#memory, canary: { ...canary, inFlight: null, okAt, problem } }
      return
    }
    const node = this.#nodes.get(input.node)
    if (node?.acting?.id !== input.id) return
    const { action } = node.acting
    const next = acted(node, input.result, time.now)
    this.#nodes.set(input.node, next)
    if (input.result.ok) {
      const incarnation = node.reading?.incarnation ?? null
      if (action.name === 'open') this.#memory = { ...this.#memory, tuned: incarnation }
      if (action.name === 'pauseWrites') this.#memory = { ...this.#memory, writesPausedAt: time.now }
    }
    this.#hurry([input.node], time.now)
  }

  #saved(id: number, result: SaveResult, time: Time, effects: Effect[]): void {
    const pending = this.#pending
    if (pending === null || pending.id !== id) return
    this.#pending = null
    if (result.ok) return this.#inForce(pending.record, result.version, time.now)
    // Somebody else wrote, or nobody knows: only reading tells.
    this.#loading = true
    this.#loaded = false
    effects.push({ kind: 'load', group: this.id })
  }

  /** A record is in force from now on. */
  #inForce(record: GroupRecord | null, version: number, now: Instant): void {
    const before = this.#record
    this.#record = record
    this.#version = version
    const changed = before?.epoch !== record?.epoch || before?.incarnation !== record?.incarnation || before?.phase !== record?.phase
    if (!changed) return
    const same = before?.incarnation === record?.incarnation
    const steady = record?.phase === 'steady'
    this.#memory = {
      ...this.#memory,
      recordAt: now,
      lostAt: steady ? null : this.#memory.lostAt,
      watched: same ? this.#memory.watched : null,
      targets: same ? this.#memory.targets : new Map(),
      writesPausedAt: null,
      abortedAt: steady && before?.phase === 'switchover' && same ? now : this.#memory.abortedAt,
      canary: { ...this.#memory.canary, problem: null, dueAt: now },
    }
    this.#hurry([...this.#nodes.keys()], now)
    if (record !== null && !same) this.#watchNow(now)
  }

  // -------------------------------------------------------------------------------------------- memory

  #situation(time: Time): Situation {
    return {
      spec: this.#spec,
      specRevision: this.#specRevision,
      policy: policyOf(this.#spec),
      can: this.#options.can,
      installation: this.#options.installation,
      writer: this.#options.writer,
      record: this.#record,
      nodes: this.#nodes,
      memory: this.#memory,
      now: time.now,
      wall: time.wall,
    }
  }

  /** The recorded primary gave a reading: remember it as a primary, and what its replicas must reach. */
  #watch(time: Time): void {
    this.#watchNow(time.now)
    const record = this.#record
    const primary = record === null ? undefined : this.#nodes.get(record.primary)
    if (record === null || primary === undefined || !answers(primary) || primary.reading.position.kind !== 'stream') return
    const targets = new Map(this.#memory.targets)
    for (const node of this.#nodes.values()) {
      const link = answers(node) ? `${node.reading.incarnation} ${primary.reading.incarnation}` : ''
      const up = answers(node) && follows(node, primary.spec) && (node.reading.upstream?.linkUp ?? false)
      if (!up) targets.delete(node.spec.id)
      else if (node.askedAt <= primary.askedAt && targets.get(node.spec.id)?.link !== link) {
        targets.set(node.spec.id, { link, offset: primary.reading.position.offset })
      }
    }
    this.#memory = { ...this.#memory, targets }
  }

  #watchNow(now: Instant): void {
    const primary = this.#record === null ? undefined : this.#nodes.get(this.#record.primary)
    if (primary === undefined || !answers(primary) || primary.reading.role !== 'primary') return
    if (primary.reading.incarnation !== this.#record?.incarnation || primary.reading.shuttingDown) return
    this.#memory = { ...this.#memory, watched: { reading: primary.reading, at: now } }
  }

  /** Brings what is remembered up to the present before anything is decided. */
  #remember(time: Time): void {
    if (this.#stalled > 0) {
      for (const [id, node] of this.#nodes) this.#nodes.set(id, stalled(node, time.now))
      this.#stalled = 0
    }
    const verdict = caseOf(this.#situation(time))?.verdict
    if (verdict === undefined) return
    const { lostAt } = this.#memory
    if (lost(verdict) && lostAt === null) this.#memory = { ...this.#memory, lostAt: time.now }
    if (verdict.kind === 'alive' && lostAt !== null) this.#memory = { ...this.#memory, lostAt: null }
    const record = this.#record
    const primary = record === null ? undefined : this.#nodes.get(record.primary)
    if (record === null || primary === undefined) return
    for (const node of this.#nodes.values()) {
      const next = track(this.#tracked.get(node.spec.id) ?? null, node, primary, record, time.now, time.wall)
      if (next === null) this.#tracked.delete(node.spec.id)
      else this.#tracked.set(node.spec.id, next)
    }
  }

  // ----------------------------------------------------------------------------------------- decisions

  #decide(time: Time, effects: Effect[]): void {
    const decided = decide(this.#situation(time))
    this.#decided = decided
    this.#carryOut(decided.group, 'group', time, effects)
    for (const decision of decided.nodes) {
      const about = String(decision.step.evidence['node'] ?? decision.rule)
      this.#carryOut(decision, about, time, effects)
    }
    this.#settle(decided, time.now)
  }

  #carryOut(decision: Decision, about: string, time: Time, effects: Effect[]): void {
    const { step, rule } = decision
    if (step.kind === 'save') {
      if (this.#pending === null) this.#save(rule, step.record, step.sentence, step.evidence, time, effects)
      return
    }
    if (step.kind === 'act') {
      const sent = step.acts.filter((act) => this.#act(act, time, effects))
      if (sent.length > 0) this.#say('event', rule, step.sentence, step.evidence, about, time, effects)
      return
    }
    if (step.kind === 'hold') {
      if (this.#memory.order !== null && about === 'group') this.#memory = { ...this.#memory, order: null }
      this.#say('hold', rule, step.sentence, step.evidence, about, time, effects)
      return
    }
    if (about === 'group' && this.#noted.get(about) !== rule) {
      this.#noted.set(about, rule)
      this.#last = { rule, kind: 'decision', sentence: step.sentence, evidence: step.evidence, at: time.wall }
    }
  }

  #save(rule: string, draft: RecordDraft, sentence: string, evidence: Evidence, time: Time, effects: Effect[]): void {
    const last = this.#record
    assert(last === null || draft.epoch >= last.epoch, 'epochs never fall')
    assert(
      last === null || draft.primary === last.primary || draft.epoch > last.epoch || last.phase !== 'steady',
      'another primary needs another epoch',
    )
    const id = this.#nextId++
    const { writer } = this.#options
    const record: GroupRecord = { ...draft, specRevision: this.#specRevision, writer, nonce: `${writer}.${id}`, at: time.wall }
    this.#pending = { id, record }
    const own = record.phase === 'switchover' ? record.epoch : this.#memory.ownSwitchover
    this.#memory = { ...this.#memory, order: null, ownSwitchover: own }
    const entry = this.#entry('decision', rule, sentence, evidence, record.epoch, time)
    effects.push({ kind: 'save', id, expected: this.#version, record, entry })
    this.#noted.set('group', rule)
    this.#last = { rule, kind: 'decision', sentence, evidence, at: time.wall }
  }

  /** Sends an action unless the node is busy with one. */
  #act(act: Act, time: Time, effects: Effect[]): boolean {
    const node = this.#nodes.get(act.node)
    const record = this.#record
    if (node === undefined || node.acting !== null || record === null) return false
    const id = this.#nextId++
    const queued = act.queued ?? false
    const started = acting(node, { id, action: act.action, since: time.now })
    this.#nodes.set(act.node, queued ? { ...started, queuedEpoch: record.epoch } : started)
    if (act.action.name === 'promote') this.#memory = { ...this.#memory, promotedIn: record.epoch }
    const { actionTimeoutMs } = policyOf(this.#spec)
    effects.push({
      kind: 'act',
      id,
      target: this.#target(node),
      action: act.action,
      epoch: record.epoch,
      timeoutMs: actionTimeoutMs,
      queued,
    })
    return true
  }

  /** Puts a decision or refusal into the history when its rule or its reason changed. */
  #say(kind: 'hold' | 'event', rule: string, sentence: string, evidence: Evidence, about: string, time: Time, effects: Effect[]): void {
    const key = `${rule} ${kind === 'hold' ? sentence : ''}`
    if (about === 'group')
      this.#last = {
        rule,
        kind: kind === 'hold' ? 'hold' : 'decision',
        sentence,
        evidence,
        at: this.#noted.get(about) === key ? this.#last.at : time.wall,
      }
    if (kind === 'hold' && this.#noted.get(about) === key) return
    this.#noted.set(about, key)
    effects.push({ kind: 'note', entry: this.#entry(kind, rule, sentence, evidence, this.#record?.epoch ?? 0, time) })
  }

  #entry(kind: NewLogEntry['kind'], rule: string, sentence: string, evidence: Evidence, epoch: Epoch, time: Time): NewLogEntry {
    return { at: time.wall, group: this.id, epoch, kind, rule, sentence, evidence }
  }

  /** Something is wrong or changing until every node that answers is where it belongs. */
  #settle(decided: Decided, now: Instant): void {
    const calm = decided.group.step.kind === 'rest' && decided.nodes.every((d) => d.step.kind !== 'act') && this.#pending === null
    const busy = [...this.#nodes.values()].some(
      (node) => node.acting !== null || (answers(node) && node.actedAt !== null && node.askedAt < node.actedAt),
    )
    if (calm && !busy) this.#unsettledSince = null
    else this.#unsettledSince ??= now
  }

  // --------------------------------------------------------------------------------- probes and canary

  #target(node: NodeView): NodeTarget {
    return { group: this.id, node: node.spec.id, address: { host: node.spec.host, port: node.spec.port } }
  }

  /** Ask these nodes at once. */
  #hurry(ids: readonly NodeId[], now: Instant): void {
    for (const id of ids) {
      const asking = this.#asking.get(id)
      if (asking !== undefined) this.#asking.set(id, { ...asking, dueAt: Math.min(asking.dueAt, now) })
    }
  }

  #ask(time: Time, effects: Effect[]): void {
    const policy = policyOf(this.#spec)
    for (const [id, asking] of this.#asking) {
      const node = this.#nodes.get(id)
      if (node === undefined || asking.sentAt !== null) continue
      const gap = probeGap(policy, node, this.#unsettledSince, time.now)
      const due = Math.min(asking.dueAt, this.#lastAsked(id) + gap)
      if (due > time.now) {
        if (due !== asking.dueAt) this.#asking.set(id, { ...asking, dueAt: due })
        continue
      }
      this.#asked.set(id, time.now)
      this.#asking.set(id, { dueAt: time.now + spread(gap, asking.attempts), sentAt: time.now, attempts: asking.attempts })
      effects.push({ kind: 'probe', target: this.#target(node), timeoutMs: probeTimeout(policy) })
    }
  }

  readonly #asked = new Map<NodeId, Instant>()

  #lastAsked(id: NodeId): Instant {
    return this.#asked.get(id) ?? -Infinity
  }

  #canary(time: Time, effects: Effect[]): void {
    const { canary, tuned } = this.#memory
    const record = this.#record
    if (record?.phase !== 'steady' || canary.inFlight !== null || canary.dueAt > time.now) return
    const policy = policyOf(this.#spec)
    const primary = this.#nodes.get(record.primary)
    this.#memory = { ...this.#memory, canary: { ...canary, dueAt: time.now + policy.canaryEveryMs } }
    if (primary === undefined || !answers(primary) || tuned !== record.incarnation || primary.reading.incarnation !== record.incarnation)
      return
    if (primary.reading.role !== 'primary' || primary.reading.guard === closedGuard) return
    const id = this.#nextId++
    const seq = Math.max(canary.seq, primary.reading.mark?.seq ?? 0, record.floor?.markSeq ?? 0) + 1
    this.#memory = { ...this.#memory, canary: { ...this.#memory.canary, seq, inFlight: { id, since: time.now } } }
    const mark = { installation: this.#options.installation, group: this.id, epoch: record.epoch, seq }
    effects.push({
      kind: 'act',
      id,
      target: this.#target(primary),
      action: { name: 'mark', mark },
      epoch: record.epoch,
      timeoutMs: policy.canaryTimeoutMs,
      queued: false,
    })
  }

  // ------------------------------------------------------------------------------------------- outward

  #publish(time: Time, effects: Effect[]): void {
    const topology = topologyOf(this.#situation(time))
    const text = JSON.stringify({ ...topology, at: 0 })
    if (text === this.#published) return
    this.#published = text
    effects.push({ kind: 'publish', topology })
  }

  #command(command: Command, time: Time): CommandAnswer {
    const s = this.#situation(time)
    if (command.to !== null && !this.#nodes.has(command.to)) {
      return {
        ok: false,
        code: 'UNKNOWN_NODE',
        sentence: `group ${this.id} has no node ${command.to}; it has ${[...this.#nodes.keys()].join(', ')}`,
      }
    }
    if (!this.#loaded) return { ok: false, code: 'NOT_NOW', sentence: 'the record is being read; try again' }
    const epoch = (this.#record?.epoch ?? 0) + 1
    const { to, by, dryRun } = command
    if (command.name === 'failover') {
      const choice = electByOrder(s, to)
      if (choice.kind === 'hold')
        return { ok: false, code: choice.sentence.includes('wipe') ? 'WOULD_LOSE_DATA' : 'NOT_NOW', sentence: choice.sentence }
      if (!dryRun) this.#memory = { ...this.#memory, order: { name: 'failover', to: choice.node, by } }
      return { ok: true, epoch, candidate: choice.node, sentence: `${choice.sentence}. ${choice.loss ?? ''}`.trim() }
    }
    const c = caseOf(s)
    if (c === null) return { ok: false, code: 'NOT_NOW', sentence: 'the group has no recorded primary yet' }
    const plan = planSwitchover(c, to)
    if (!plan.ok) return { ok: false, code: 'NOT_NOW', sentence: plan.sentence }
    if (!dryRun) this.#memory = { ...this.#memory, order: { name: 'switchover', to: plan.node, by } }
    return {
      ok: true,
      epoch,
      candidate: plan.node,
      sentence: `switch over from ${c.record.primary} to ${plan.node}; writes pause for a moment, nothing is lost`,
    }
  }

  /** What is shown of it now. */
  status(time: Time): GroupStatus {
    const s = this.#situation(time)
    return present(s, this.#decided ?? decide(s), this.#last, [...this.#tracked.values()])
  }

  /** Hosts of this group's nodes that say nothing at all, and all its hosts. */
  hosts(time: Time): { readonly all: readonly string[]; readonly silent: readonly string[] } {
    const { silentAfterMs } = policyOf(this.#spec)
    const nodes = [...this.#nodes.values()]
    const mute = nodes.filter((node) => node.failure?.kind === 'silent' && time.now - (node.heardAt ?? time.now) >= silentAfterMs / 2)
    return { all: nodes.map((node) => node.spec.host), silent: mute.map((node) => node.spec.host) }
  }

  /** The actions that give the nodes back: a plain file for the primary. Null when nothing is recorded or it does not answer. */
  release(): NodeTarget | null {
    const record = this.#record
    const primary = record === null ? undefined : this.#nodes.get(record.primary)
    return record?.phase === 'steady' && primary !== undefined && answers(primary) && primary.reading.role === 'primary'
      ? this.#target(primary)
      : null
  }

  get record(): GroupRecord | null {
    return this.#record
  }

  get view(): ReadonlyMap<NodeId, NodeView> {
    return this.#nodes
  }
}
