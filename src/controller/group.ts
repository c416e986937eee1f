// One replication group: inputs in, effects out, synchronous. Observes, diagnoses, decides; the world carries the effects out.
import { markAction, markable, marking, nextSeq } from '../core/canary.ts'
import { type Decided, caseOf, decide } from '../core/decide.ts'
import type { Checkup } from '../core/doctor/finding.ts'
import { policyOf } from '../core/limits.ts'
import {
  type Memory,
  canaryEnded,
  inForce,
  judged,
  linkedStill,
  newMemory,
  nothingToStore,
  settled,
  stoodStill,
  told,
  watch,
  withMembers,
  withSilentHosts,
} from '../core/memory.ts'
import type { Action } from '../core/action.ts'
import type { Capabilities, GroupRecord, GroupSpec, Instant, NodeId, Policy, Topology, WallTime } from '../core/model.ts'
import { assert } from '../core/model.ts'
import {
  type NodeView,
  acted,
  acting,
  answers,
  disconnected,
  excused,
  isChangingRole,
  newNode,
  probed,
  refuses,
  stalled,
  stirred,
  troubleOf,
} from '../core/observe.ts'
import { present } from '../core/present.ts'
import type { Act, Case, Decision, RecordDraft } from '../core/rule.ts'
import type { Situation } from '../core/situation.ts'
import type { GroupStatus } from '../core/status.ts'
import { sameTopology, topologyOf } from '../core/topology.ts'
import type { Effect, Input, SaveResult } from '../ports.ts'
import { Asker } from './asker.ts'
import { asksLoad, probeTimeout } from './cadence.ts'
import { Notebook, type Told } from './notebook.ts'
import { Rest } from './rest.ts'
import { Ordered } from './ordered.ts'
import { OwnPause } from './ownPause.ts'
import { Progress } from './progress.ts'

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

interface PendingSave {
  readonly id: number
  readonly record: GroupRecord
}

export class Group {
  readonly id: string
  #spec: GroupSpec
  #policy: Policy
  #specRevision: number
  readonly #options: GroupOptions
  #record: GroupRecord | null = null
  #version = 0
  #loaded = false
  #loading = false
  #nodes = new Map<NodeId, NodeView>()
  readonly #asker: Asker
  readonly #progress = new Progress()
  readonly #ordered = new Ordered()
  #memory: Memory
  #pending: PendingSave | null = null
  #nextId = 1
  #decided: Decided | null = null
  readonly #rest = new Rest()
  readonly #notebook: Notebook
  #published: Topology | null = null
  /** How long we stood still ourselves; the next decision takes it off every node's silence. */
  readonly #ownPause = new OwnPause()
  #steppedAt: Instant = -Infinity
  /** When the next tick is due, until something comes in; null: not looked for since. */
  #wakesAt: Instant | null = null
  #hurryEveryMs = 0

  constructor(options: GroupOptions, time: Time) {
    this.id = options.spec.id
    this.#options = options
    this.#spec = options.spec
    this.#asker = new Asker(options.spec.id)
    this.#policy = policyOf(options.spec)
    this.#specRevision = options.specRevision
    this.#memory = newMemory(time.now)
    this.#notebook = new Notebook(options.spec.id, time.wall)
    this.#takeSpec(options.spec, options.specRevision, time.now)
  }

  /** Takes one input in and says what is to be done. Never throws but for our own bugs. */
  step(input: Input, time: Time): Effect[] {
    const effects: Effect[] = []
    this.#ownPause.note(input, input.kind === 'tick' ? Infinity : Math.min(this.wakeAt(), this.#asker.endsBy(this.#policy)), time.now)
    this.#steppedAt = time.now
    this.#wakesAt = null
    const id = 'node' in input ? input.node : ''
    const [node, before] = [this.#nodes.get(id), this.#situation(time)]
    this.#take(input, time, effects)
    if (this.#ordered.late(time.now, effects)) this.#memory = { ...this.#memory, order: null }
    if (!this.#loaded) {
      if (!this.#loading) effects.push({ kind: 'load', group: this.id })
      this.#loading = true
      return effects
    }
    const decides = !this.#isAtRest() || !this.#rest.isNothingNew(input, before, node, this.#nodes.get(id))
    if (decides) this.#decide(this.#remember(time, effects), time, effects)
    this.#canary(time, effects)
    // At rest only a tick asks. Were a late answer followed by the next question at once, a loop that is late would read answers and nothing else.
    if (input.kind !== 'probed' || !input.result.ok || !this.#asker.isSettled) this.#ask(time, effects)
    if (decides) this.#publish(time, effects)
    return effects
  }

  #isAtRest(): boolean {
    return this.#rest.isRestful && !this.#ownPause.isNew && this.#memory.frozen === null && this.#asker.isSettled
  }

  /** When the next tick is due at the latest. Whoever arms a timer asks after each step, and the next step asks whether it comes late. */
  wakeAt(): Instant {
    return (this.#wakesAt ??= this.#nextWake())
  }

  #nextWake(): Instant {
    // Without its record it decides nothing; the answer of the store wakes it.
    if (!this.#loaded) return this.#ordered.until
    const markAt = markable(this.#record, this.#nodes, this.#memory) === null ? Infinity : this.#memory.canary.dueAt
    const silenceAt = this.#asker.silenceAt(this.#nodes, this.#policy, this.#memory.judgesFrom, this.#steppedAt)
    return Math.min(this.#ordered.until, this.#asker.nextAt(), markAt, silenceAt)
  }

  // -------------------------------------------------------------------------------------------- inputs

  #take(input: Input, time: Time, effects: Effect[]): void {
    switch (input.kind) {
      case 'tick':
        this.#memory = withSilentHosts(this.#memory, input.silentHosts, input.hosts)
        this.#hurryEveryMs = input.hurryEveryMs
        return
      case 'probed': {
        const node = this.#nodes.get(input.node)
        if (node === undefined) return
        this.#asker.ended(input.node, input.result.ok)
        // Where a role change holds everything up, a node that is silent meanwhile is not silent.
        const busy = this.#options.can.roleChangeMs > 0 && isChangingRole(node)
        const unheard = !input.result.ok && input.result.failure.kind === 'silent'
        const next = busy && unheard ? excused(node, time.now) : probed(node, input.sentAt, input.result, time.now)
        this.#nodes.set(input.node, next)
        if (stirred(node, next)) this.#asker.stir(time.now)
        if (this.#record !== null)
          this.#memory = (input.node === this.#record.primary ? watch : linkedStill)(this.#memory, this.#record, this.#nodes)
        // A switchover reads the one after the other; waiting for the next round would be the clients' wait.
        if (this.#record?.phase === 'switchover' && input.node === this.#record.primary)
          this.#asker.hurry([this.#record.candidate], time.now)
        return
      }
      case 'disconnected': {
        const node = this.#nodes.get(input.node)
        if (node === undefined) return
        this.#nodes.set(input.node, disconnected(node, time.now))
        this.#asker.hurry(input.node === this.#record?.primary ? this.#nodes.keys() : [input.node], time.now)
        return
      }
      case 'acted':
        return this.#acted(input, time)
      case 'saved':
        return this.#saved(input.id, input.result, time, effects)
      case 'loaded':
        this.#loading = false
        this.#pending = null
        this.#progress.recall(input.passage ?? null)
        this.#inForce(input.stored?.value ?? null, input.stored?.version ?? 0, time.now)
        this.#ordered.read(this.#record, effects)
        if (!this.#loaded) this.#memory = { ...this.#memory, loadedAt: time.now }
        this.#loaded = true
        return
      case 'spec':
        return this.#takeSpec(input.spec, input.revision, time.now)
      case 'command':
        this.#memory = this.#ordered.take(input, this.#loaded ? this.#situation(time) : null, this.#memory, effects)
        return
      case 'noted':
      case 'published':
      case 'replied':
        return
    }
  }

  #takeSpec(spec: GroupSpec, revision: number, now: Instant): void {
    this.#spec = spec
    this.#policy = policyOf(spec)
    this.#specRevision = revision
    const nodes = new Map<NodeId, NodeView>()
    const fresh = new Set<NodeId>()
    for (const node of spec.nodes) {
      const known = this.#nodes.get(node.id)
      const stays = known !== undefined && known.spec.host === node.host && known.spec.port === node.port
      nodes.set(node.id, stays ? { ...known, spec: node } : newNode(node))
      if (!stays) fresh.add(node.id)
    }
    this.#nodes = nodes
    this.#asker.takeNodes(spec.nodes, fresh, now)
  }

  #acted(input: Extract<Input, { kind: 'acted' }>, time: Time): void {
    const node = this.#nodes.get(input.node)
    if (this.#memory.canary.inFlight?.id === input.id) {
      this.#memory = canaryEnded(this.#memory, node, input.result, time.now)
      return
    }
    if (node?.acting?.id !== input.id) return
    const { action } = node.acting
    this.#nodes.set(input.node, acted(node, input.result, time.now))
    this.#memory = told(this.#memory, node, action, input.result, time.now)
    this.#asker.stir(time.now)
    this.#asker.hurry([input.node], time.now)
  }

  #saved(id: number, result: SaveResult, time: Time, effects: Effect[]): void {
    const pending = this.#pending
    if (pending === null || pending.id !== id) return
    this.#pending = null
    this.#ordered.saved(pending.record.nonce, result, effects)
    this.#memory = settled(this.#memory, result.ok || result.reason === 'conflict' ? null : result.message, time.now)
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
    if (record !== null && record.inSync !== before?.inSync) this.#memory = withMembers(this.#memory, record.inSync, now)
    const changed = before?.epoch !== record?.epoch || before?.incarnation !== record?.incarnation || before?.phase !== record?.phase
    if (!changed) return
    this.#memory = inForce(this.#memory, before, record, this.#nodes, now)
    this.#asker.stir(now)
    this.#asker.hurryAll(now)
  }

  // -------------------------------------------------------------------------------------------- memory

  #situation(time: Time): Situation {
    return {
      spec: this.#spec,
      specRevision: this.#specRevision,
      policy: this.#policy,
      can: this.#options.can,
      installation: this.#options.installation,
      record: this.#record,
      nodes: this.#nodes,
      memory: this.#memory,
      now: time.now,
      wall: time.wall,
    }
  }

  /** Brings what is remembered up to the present before anything is decided; gives what is decided about. */
  #remember(time: Time, effects: Effect[]): { readonly s: Situation; readonly c: Case | null } {
    const stalledMs = this.#ownPause.take()
    if (stalledMs > 0) {
      this.#nodes = new Map([...this.#nodes].map(([id, node]) => [id, stalled(node, stalledMs, time.now)]))
      this.#memory = stoodStill(this.#memory, stalledMs, this.#policy.silentAfterMs, time.now)
    }
    const s = this.#situation(time)
    const c = caseOf(s)
    if (c === null) return { s, c }
    const passage = this.#progress.remember(c)
    if (passage !== null) effects.push({ kind: 'note', entry: this.#notebook.ended(passage, time.wall), passage })
    const memory = judged(this.#memory, c.verdict, time.now)
    if (memory === this.#memory) return { s, c }
    this.#memory = memory
    const judgedNow = this.#situation(time)
    return { s: judgedNow, c: caseOf(judgedNow) }
  }

  // ----------------------------------------------------------------------------------------- decisions

  #decide({ s, c }: { readonly s: Situation; readonly c: Case | null }, time: Time, effects: Effect[]): void {
    const decided = decide(s, c)
    if (decided.group.rule !== this.#decided?.group.rule) this.#asker.stir(time.now)
    this.#decided = decided
    if (decided.group.step.kind !== 'save') this.#memory = nothingToStore(this.#memory, time.now)
    this.#rest.decided(decided, time.now)
    this.#carryOut(decided.group, 'group', time, effects)
    for (const decision of decided.nodes) this.#carryOut(decision, `node ${decision.node}`, time, effects)
    this.#settle(decided, time.now)
  }

  #carryOut(decision: Decision, about: string, time: Time, effects: Effect[]): void {
    const { step, rule } = decision
    if (step.kind === 'save') {
      const maySave = this.#pending === null && (this.#memory.unsaved?.retryAt ?? time.now) <= time.now
      if (maySave) this.#save(rule, step.record, step, time, effects)
      return
    }
    if (step.kind === 'act' && (step.acts.filter((act) => this.#act(act, time, effects)).length === 0 || step.again === true)) return
    // What was ordered cannot be begun any more: the refusal stands in the history.
    if (step.kind === 'hold' && about === 'group') {
      this.#memory = { ...this.#memory, order: null }
      this.#ordered.refused(step.said, effects)
    }
    const entry = this.#notebook.say(about, rule, step, this.#record?.epoch ?? 0, time.now, time.wall)
    if (entry !== null) effects.push({ kind: 'note', entry })
  }

  #save(rule: string, draft: RecordDraft, told: Told, time: Time, effects: Effect[]): void {
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
    this.#memory = { ...this.#memory, order: null }
    this.#ordered.saving(record, told.said, effects)
    const entry = this.#notebook.decided(rule, told, record.epoch, time.wall)
    effects.push({ kind: 'save', id, expected: this.#version, record, entry })
  }

  /** Sends an action unless the node is busy with one; says whether that is news. */
  #act(act: Act, time: Time, effects: Effect[]): boolean {
    const node = this.#nodes.get(act.node)
    const record = this.#record
    if (node === undefined || node.acting !== null || record === null) return false
    // What is being saved may name another.
    if (act.action.name === 'promote' && this.#pending !== null) return false
    // It said no to this lately: not again before its time.
    if (refuses(node, act.action.name, time.now) || (!node.cleared && refuses(node, 'cutOlder', time.now))) return false
    const id = this.#nextId++
    const queued = act.queued ?? false
    // First what an earlier controller may have left there; the rule comes back to its own action then.
    const action: Action = node.cleared || queued ? act.action : { name: 'cutOlder' }
    const started = acting(node, { id, action, since: time.now, ...(queued ? { queued } : {}) })
    this.#nodes.set(act.node, queued ? { ...started, queuedEpoch: record.epoch } : started)
    if (action.name === 'promote') this.#memory = { ...this.#memory, promotedIn: record.epoch }
    const target = this.#asker.target(act.node)
    const timeoutMs = Math.max(this.#policy.actionTimeoutMs, this.#options.can.roleChangeMs)
    effects.push({ kind: 'act', id, target, action, epoch: record.epoch, timeoutMs, queued })
    // Refused before and only tried again: no news until it succeeds.
    return action === act.action && troubleOf(node, action.name) === null
  }

  /** Something is wrong or changing until every node that answers is where it belongs. */
  #settle(decided: Decided, now: Instant): void {
    const calm = decided.group.step.kind === 'rest' && decided.nodes.every((d) => d.step.kind !== 'act') && this.#pending === null
    const busy = [...this.#nodes.values()].some(
      (node) => node.acting !== null || (answers(node) && node.actedAt !== null && node.askedAt < node.actedAt),
    )
    if (calm && !busy) this.#asker.settle()
    else this.#asker.unsettle(now)
  }

  // --------------------------------------------------------------------------------- probes and canary

  #ask(time: Time, effects: Effect[]): void {
    for (const node of this.#asker.due(this.#nodes, this.#policy, this.#hurryEveryMs, time.now)) {
      const withLoad = asksLoad(node, time.now)
      effects.push({ kind: 'probe', target: this.#asker.target(node.spec.id), timeoutMs: probeTimeout(this.#policy), withLoad })
    }
  }

  /** A primary that was just opened gets its mark at once: nobody else knows after a restart whose data it holds. */
  #canary(time: Time, effects: Effect[]): void {
    const found = markable(this.#record, this.#nodes, this.#memory)
    if (found === null || this.#memory.canary.dueAt > time.now) return
    const [id, seq] = [this.#nextId++, nextSeq(found, this.#memory)]
    this.#memory = marking(this.#memory, id, seq, time.now, this.#asker.turn(this.#policy.canaryEveryMs, time.now))
    const action = markAction(found.record, this.#options, seq)
    const target = this.#asker.target(found.primary.spec.id)
    effects.push({ kind: 'act', id, target, action, epoch: found.record.epoch, timeoutMs: this.#policy.canaryTimeoutMs, queued: false })
  }

  // ------------------------------------------------------------------------------------------- outward

  #publish(time: Time, effects: Effect[]): void {
    const topology = topologyOf(this.#situation(time), this.#decided?.verdict)
    if (sameTopology(this.#published, topology)) return
    this.#published = topology
    this.#progress.told(topology, time.now)
    effects.push({ kind: 'publish', topology })
  }

  /** What is shown of it now. */
  status(time: Time, doctor?: Checkup): GroupStatus {
    const s = this.#situation(time)
    return present(s, this.#decided ?? decide(s), this.#notebook.last, this.#progress.shown(), doctor)
  }

  /** Looks at it as the rules do now. */
  seen<T>(time: Time, look: (s: Situation) => T): T {
    return look(this.#situation(time))
  }

  /** What clients may be told now; null while the record is being read. */
  topology(time: Time): Topology | null {
    return this.#loaded ? topologyOf(this.#situation(time)) : null
  }

  get silentAfterMs(): number {
    return this.#policy.silentAfterMs
  }

  /** How its nodes are asked. */
  get asking(): Pick<Asker, 'hurried' | 'allHeard'> {
    return this.#asker
  }

  get spec(): GroupSpec {
    return this.#spec
  }

  get record(): GroupRecord | null {
    return this.#record
  }

  get view(): ReadonlyMap<NodeId, NodeView> {
    return this.#nodes
  }
}
