// Situations for tests of the core: a group as it may be found, said in a line. Times are plain numbers around `now` = 10,000.
import { closedGuard, policyOf } from '../src/core/limits.ts'
import { type Memory, newMemory } from '../src/core/memory.ts'
import type {
  Address,
  AttachedReplica,
  CandidateIdentity,
  Capabilities,
  FailoverCause,
  GroupRecord,
  GroupSpec,
  Instant,
  Mark,
  NodeId,
  NodeSpec,
  Policy,
  ProbeFailure,
  Reading,
  Epoch,
} from '../src/core/model.ts'
import { type NodeView, newNode } from '../src/core/observe.ts'
import type { Situation } from '../src/core/situation.ts'
import { redis } from '../src/engines/redis.ts'

export const now = 10_000
/** Wall time of instant 0. */
export const epochStart = 1_700_000_000_000
export const installation = 'inst'
/** When an answering node's last question left. */
const asked = now - 10
/** When a lost primary was found lost: before the last questions left. */
const lostAt = now - 15

/** What a node says, where it differs from a node in good order. */
export interface Says extends Partial<Omit<Reading, 'position' | 'upstream' | 'replicas' | 'mark'>> {
  readonly offset?: number
  readonly replid?: string
  readonly replid2?: string
  readonly second?: number
  /** Whom it follows: a node, `nowhere`, or an address outside the group. Null: a primary. Default: the group's primary. */
  readonly of?: NodeId | Address | null
  readonly linkUp?: boolean
  readonly syncing?: boolean
  /** `epoch.seq`, a whole mark, or none. */
  readonly mark?: string | Mark | null
  readonly lists?: readonly AttachedReplica[]
  /** What is known of it beside its reading. */
  readonly view?: Partial<Omit<NodeView, 'spec' | 'reading'>>
  readonly spec?: Partial<NodeSpec>
}

export interface Told {
  readonly id: NodeId
  readonly says: Says | null
  readonly view: Partial<NodeView>
}

export function specOf(id: NodeId, change: Partial<NodeSpec> = {}): NodeSpec {
  const port = 7_000 + id.charCodeAt(0) - 96
  return { id, host: '127.0.0.1', port, site: null, priority: 100, maintenanceUntil: null, overwrite: false, ...change }
}

// --------------------------------------------------------------------------------------------- nodes

/** It answers. */
export function alive(id: NodeId, says: Says = {}): Told {
  return { id, says, view: { askedAt: asked, heardAt: asked + 1, firstAskedAt: 1 } }
}

function failing(id: NodeId, since: Instant, failure: ProbeFailure, says: Says): Told {
  return { id, says, view: { askedAt: since - 1, heardAt: since, firstAskedAt: 1, failingSince: since, failure } }
}

/** Heard last at `since`. */
export function silent(id: NodeId, since: Instant, says: Says = {}): Told {
  return failing(id, since, { kind: 'silent' }, says)
}

/** Nothing listens there since `since`. */
export function refused(id: NodeId, since: Instant, says: Says = {}): Told {
  return failing(id, since, { kind: 'refused' }, says)
}

/** It answers questions with an error since `since`. */
export function answering(id: NodeId, since: Instant, code: string, says: Says = {}): Told {
  return failing(id, since, { kind: 'answered', code, message: `${code} said the node` }, says)
}

/** We could not ask since `since`. */
export function unasked(id: NodeId, since: Instant, says: Says = {}): Told {
  return failing(id, since, { kind: 'unasked', code: 'DNS', message: 'the host name does not resolve' }, says)
}

/** Never asked. */
export function unheard(id: NodeId): Told {
  return { id, says: null, view: {} }
}

/** Asked since `since`, never heard. */
export function mute(id: NodeId, since: Instant, kind: 'silent' | 'refused' = 'silent'): Told {
  return { id, says: null, view: { firstAskedAt: since, failingSince: since, failure: { kind } } }
}

export function markOf(text: string, group = 'g'): Mark {
  const [epoch, seq] = text.split('.')
  return { installation, group, epoch: Number(epoch), seq: Number(seq) }
}

/** A reading in good order, changed by what is said. */
export function readingOf(id: NodeId, primary: NodeId | null, says: Says = {}): Reading {
  const { offset = 1000, replid = 'R1', replid2 = '', second = -1, linkUp = true, syncing = false, lists = [], ...rest } = says
  const of = says.of === undefined ? (id === primary ? null : primary) : says.of
  const mark = says.mark === undefined ? '1.10' : says.mark
  const { view: _view, spec: _spec, of: _of, ...facts } = rest
  return {
    engine: 'redis',
    version: '7.0.15',
    incarnation: `${id}1`,
    role: of === null ? 'primary' : 'replica',
    usable: true,
    loading: false,
    shuttingDown: false,
    durable: false,
    guard: 0,
    keys: 3,
    writeProblem: null,
    ...facts,
    upstream: of === null ? null : { ...addressOf(of), linkUp: of !== 'nowhere' && linkUp, syncing },
    replicas: lists,
    position: { kind: 'stream', replid, replid2, second, offset },
    mark: typeof mark === 'string' ? markOf(mark) : mark,
    ...(says.markUnread === true ? { markUnread: true } : {}),
  }
}

function addressOf(of: NodeId | Address): Address {
  if (typeof of !== 'string') return of
  if (of === 'nowhere') return { host: '127.0.0.1', port: 1 }
  const { host, port } = specOf(of)
  return { host, port }
}

/** A replica as its primary lists it. */
export function lists(id: NodeId, change: Partial<AttachedReplica> = {}): AttachedReplica {
  const { host, port } = specOf(id)
  return { host, port, online: true, acked: 1000, ...change }
}

function viewOf(told: Told, primary: NodeId | null, attached: readonly AttachedReplica[]): NodeView {
  const spec = specOf(told.id, told.says?.spec)
  const base = newNode(spec)
  if (told.says === null) return { ...base, ...told.view }
  const says =
    told.id === primary && told.says.of === undefined ? { lists: attached, guard: guardOf(attached.length + 1), ...told.says } : told.says
  const reading = readingOf(told.id, primary, says)
  const before = { reading, askedAt: (told.view.askedAt ?? 0) - 100 }
  // A node in good order has its role in its file.
  const persisted: NodeView['persisted'] =
    reading.upstream === null
      ? { incarnation: reading.incarnation, as: 'nowhere', target: addressOf('nowhere') }
      : { incarnation: reading.incarnation, as: 'replica', target: { host: reading.upstream.host, port: reading.upstream.port } }
  const openIn =
    reading.upstream === null && reading.guard !== closedGuard && reading.position.kind === 'stream'
      ? { history: reading.position.replid, from: before.askedAt, to: now }
      : null
  return { ...base, reading, before, persisted, openIn, cleared: true, ...told.view, ...told.says.view }
}

// -------------------------------------------------------------------------------------------- groups

/** A group in the middle of its life: recorded primary, everybody told is in sync, epoch 1, watched. `null`: nothing is recorded yet. */
export function group(primary: NodeId | null, ...told: readonly Told[]): Situation {
  const follows = (t: Told): boolean => t.id !== primary && t.says !== null && (t.says.of === undefined || t.says.of === primary)
  const attached = told.filter(follows).map((t) => lists(t.id, { acked: t.says?.offset ?? 1000 }))
  const nodes = new Map(told.map((t) => [t.id, viewOf(t, primary, attached)]))
  const spec: GroupSpec = {
    id: 'g',
    engine: 'redis',
    nodes: [...nodes.values()].map((node) => node.spec),
    credential: null,
    tls: false,
    policy: {},
    pause: null,
  }
  const record = primary === null ? null : recordOf(primary, nodes)
  return {
    spec,
    specRevision: 1,
    policy: policyOf(spec),
    can: redis,
    installation,
    record,
    nodes,
    memory: memoryOf(record, nodes, attached),
    now,
    wall: epochStart + now,
  }
}

/** One replica acknowledges where there are two or more. */
function guardOf(nodes: number): number {
  return nodes > 2 ? 1 : 0
}

function recordOf(primary: NodeId, nodes: ReadonlyMap<NodeId, NodeView>): GroupRecord {
  return {
    phase: 'steady',
    epoch: 1,
    primary,
    incarnation: `${primary}1`,
    inSync: [...nodes.keys()].map((node) => ({ node, incarnation: `${node}1` })),
    guard: guardOf(nodes.size),
    hasData: true,
    fenced: true,
    floor: null,
    lineage: [{ epoch: 1, node: primary, at: epochStart - 3_600_000, replid: 'R1', start: 1, continues: false }],
    failovers: [],
    specRevision: 1,
    writer: 'w1',
    nonce: 'w1.1',
    at: epochStart,
  }
}

/** The recorded process was watched as a primary until it was last heard, or until just before it was seen to be gone. */
function memoryOf(record: GroupRecord | null, nodes: ReadonlyMap<NodeId, NodeView>, attached: readonly AttachedReplica[]): Memory {
  if (record === null) return newMemory(0)
  const memory = { ...newMemory(0), tuned: record.incarnation }
  const primary = nodes.get(record.primary)
  const { reading = null, heardAt = null } = primary ?? {}
  if (heardAt === null) return memory
  if (reading !== null && reading.incarnation === record.incarnation && reading.role === 'primary') {
    return { ...memory, lostAt: primary?.failure === null ? null : lostAt, watched: { reading, at: heardAt } }
  }
  return { ...memory, lostAt, watched: { reading: readingOf(record.primary, record.primary, { lists: attached }), at: lostAt - 5 } }
}

// ------------------------------------------------------------------------------------------- changes

/** The same group seen at another instant, nothing heard since. */
export function at(s: Situation, instant: Instant): Situation {
  return { ...s, now: instant, wall: epochStart + instant }
}

type AnyRecord = Partial<Omit<GroupRecord, 'phase'>>

export function recorded(s: Situation, change: AnyRecord): Situation {
  return s.record === null ? s : { ...s, record: { ...s.record, ...change } }
}

export function remembered(s: Situation, change: Partial<Memory>): Situation {
  return { ...s, memory: { ...s.memory, ...change } }
}

/** Nobody of this process saw the primary. */
export function unwatched(s: Situation): Situation {
  return remembered(s, { watched: null })
}

export function withPolicy(s: Situation, policy: Partial<Policy>): Situation {
  return { ...s, spec: { ...s.spec, policy }, policy: { ...s.policy, ...policy } }
}

export function withSpec(s: Situation, change: Partial<GroupSpec>): Situation {
  return { ...s, spec: { ...s.spec, ...change } }
}

export function able(s: Situation, change: Partial<Capabilities>): Situation {
  return { ...s, can: { ...s.can, ...change } }
}

/** It was chosen in good order: its first process, the group's history, the newest mark. */
function candidateIs(candidate: NodeId): CandidateIdentity {
  return { incarnation: `${candidate}1`, replid: 'R1', mark: { epoch: 1, seq: 10 } }
}

/** The intent to promote `candidate` by force is saved, at epoch 2, in force since 9,000. */
export function failingOver(
  s: Situation,
  candidate: NodeId,
  cause: FailoverCause = 'dead',
  is: Partial<CandidateIdentity> = {},
): Situation {
  if (s.record === null) return s
  const intent = { phase: 'failover', candidate, candidateIs: { ...candidateIs(candidate), ...is }, cause, loss: null } as const
  const { phase: _phase, ...record } = s.record
  return remembered({ ...s, record: { ...record, ...intent, epoch: intentEpoch(s.record) } }, { recordAt: 9_000 })
}

/** The same failover, of which people were told what it may cost. */
export function riskSaid(s: Situation): Situation {
  return s.record?.phase === 'failover' ? { ...s, record: { ...s.record, loss: 'may lose something' } } : s
}

/** The epoch after that of the history of now: no mark bears it. */
function intentEpoch({ lineage }: GroupRecord): Epoch {
  return Math.max(1, lineage.at(-1)?.epoch ?? 0) + 1
}

/** The intent to move to `candidate` in a planned way is saved by this process, at the next epoch, in force since 9,000. */
export function switching(s: Situation, candidate: NodeId): Situation {
  if (s.record === null) return s
  const { phase: _phase, ...record } = s.record
  const intent = { phase: 'switchover', candidate, candidateIs: candidateIs(candidate), deadline: epochStart + 12_000 } as const
  return remembered({ ...s, record: { ...record, ...intent, epoch: intentEpoch(s.record) } }, { recordAt: 9_000 })
}

export function nodeIn(s: Situation, id: NodeId): NodeView {
  const node = s.nodes.get(id)
  if (node === undefined) throw new Error(`there is no ${id}`)
  return node
}

/** One node changed beside its reading. */
export function viewed(s: Situation, id: NodeId, change: Partial<NodeView>): Situation {
  const node = s.nodes.get(id)
  return node === undefined ? s : { ...s, nodes: new Map(s.nodes).set(id, { ...node, ...change }) }
}
