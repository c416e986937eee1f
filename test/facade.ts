// A controller for the tests of the faces: fixed statuses, a spec that really changes, and commands that are recorded.
import type {
  ApplyRequest,
  ApplyResult,
  ControllerEvent,
  ControllerFacade,
  SpecChange,
  SpecRevision,
  SpecRevisionEntry,
} from '../src/controller/facade.ts'
import type { GroupSpec, LogEntry, Topology } from '../src/core/model.ts'
import { effectivePolicy } from '../src/core/policyLayers.ts'
import { checkSpec, diffSpec, diffWhole } from '../src/core/spec.ts'
import type { GroupStatus, NodeStatus } from '../src/core/status.ts'
import type { RollView } from '../src/core/roll.ts'
import type { StopPlan } from '../src/core/stopPlan.ts'
import { type Worded, say, worded } from '../src/core/said.ts'
import { UserError } from '../src/errors.ts'
import type { Command, CommandAnswer } from '../src/ports.ts'
import type { Vitals } from '../src/server/metrics.ts'

/** 2026-11-22 07:00:00 UTC. */
export const testTime = Date.UTC(2026, 10, 22, 7, 0, 0)

export const ordersSpec: GroupSpec = {
  id: 'orders',
  engine: 'redis',
  nodes: [nodeSpec('a', 6379), nodeSpec('b', 6380), nodeSpec('c', 6381)],
  credential: null,
  tls: false,
  policy: { silentAfterMs: 900 },
  pause: null,
}

/** A sentence of a test, as the controller gives one. */
export function plainly(text: string): Worded {
  return worded(say('text', { text }))
}

function nodeSpec(id: string, port: number): GroupSpec['nodes'][number] {
  return { id, host: '127.0.0.1', port, site: 's1', priority: 100, maintenanceUntil: null, overwrite: false }
}

export function nodeStatus(id: string, port: number, change: Partial<NodeStatus> = {}): NodeStatus {
  return {
    id,
    address: { host: '127.0.0.1', port },
    site: 's1',
    role: 'replica',
    health: 'up',
    problem: null,
    problemSaid: null,
    inSync: true,
    linkUp: true,
    lagBytes: 0,
    follows: { node: 'a', host: '127.0.0.1', port: 6379, linkUp: true, syncing: false },
    attached: [],
    keys: 1200,
    incarnation: `${id}-1`,
    offset: 4711,
    version: '7.0.15',
    maintenance: null,
    lastReplyAgoMs: 120,
    opsPerSec: 1500,
    usedMemoryBytes: 2_097_152,
    probeMs: 0.5,
    ...change,
  }
}

/** A healthy group of three. */
export const ordersStatus: GroupStatus = {
  group: 'orders',
  engine: 'redis',
  state: 'healthy',
  diagnosis: 'all well',
  ...plainly('a is primary; b and c follow in sync'),
  evidence: { primary: 'a', inSync: 3 },
  epoch: 4,
  phase: 'steady',
  primary: 'a',
  candidate: null,
  writable: true,
  guard: { recorded: 1, set: 1 },
  inSync: ['a', 'b', 'c'],
  record: {
    at: testTime - 5000,
    writer: 'w',
    incarnation: 'a-1',
    hasData: true,
    fenced: true,
    cause: null,
    loss: null,
    lossSaid: null,
    failovers: [],
  },
  pause: null,
  scheduled: null,
  failback: null,
  roll: null,
  verdict: { rule: 'steady.well', kind: 'decision', ...plainly('nothing to do'), evidence: {}, at: testTime - 5000 },
  nodes: [nodeStatus('a', 6379, { role: 'primary', linkUp: null, lagBytes: null }), nodeStatus('b', 6380), nodeStatus('c', 6381)],
  recoveries: [],
  passage: { running: null, last: null },
  warnings: [],
  warningsSaid: [],
  specRevision: 3,
  doctor: {
    at: testTime - 180_000,
    nextAt: testTime + 420_000,
    findings: [],
    unexamined: [],
  },
}

/** After a failover: the old primary is on its way back. */
export const billingStatus: GroupStatus = {
  ...ordersStatus,
  group: 'billing',
  state: 'degraded',
  diagnosis: 'replica returning',
  ...plainly('b is primary; a returns as its replica'),
  epoch: 7,
  primary: 'b',
  guard: { recorded: 0, set: 0 },
  inSync: ['b'],
  pause: { until: testTime + 1_800_000, by: 'cli:ann', why: 'moving racks' },
  verdict: {
    rule: 'failover.dead',
    kind: 'decision',
    ...plainly('a is dead, proven: promoted b'),
    evidence: { refused: 3, 'b.offset': 81_234, lost: null },
    at: testTime - 61_000,
  },
  nodes: [
    nodeStatus('a', 7001, { problem: 'full sync in progress', inSync: false, linkUp: false, lagBytes: null, keys: null }),
    nodeStatus('b', 7002, { role: 'primary', site: null, linkUp: null, lagBytes: null }),
  ],
  recoveries: [
    {
      node: 'a',
      startedAt: testTime - 2000,
      endedAt: null,
      steps: [
        { name: 'seen', state: 'done', afterMs: 0, note: null },
        { name: 'fenced', state: 'skipped', afterMs: null, note: 'closed by its own boot fence' },
        { name: 'demoted', state: 'done', afterMs: 350, note: null },
        { name: 'role persisted', state: 'done', afterMs: 352, note: null },
        { name: 'link up', state: 'now', afterMs: null, note: 'receiving 12 MB' },
        { name: 'in sync', state: 'waiting', afterMs: null, note: null },
      ],
    },
  ],
  warnings: ['node a has no append-only file: switch it on, or a restart empties it'],
  specRevision: 3,
  doctor: {
    at: testTime - 60_000,
    nextAt: testTime + 540_000,
    findings: [
      {
        id: 'timeout.keepalive',
        severity: 'advice',
        node: 'b',
        ...plainly('b never asks whether a silent client still exists'),
        wayOut: '300 s is the default',
        wayOutSaid: plainly('300 s is the default').said,
        commands: ['redis-cli -h 127.0.0.1 -p 7002 CONFIG SET tcp-keepalive 300'],
      },
    ],
    unexamined: [{ node: 'a', why: 'it does not answer' }],
  },
}

export function logEntry(seq: number, change: Partial<LogEntry> = {}): LogEntry {
  return {
    seq,
    at: testTime - 100_000 + seq * 1000,
    group: 'orders',
    epoch: 4,
    kind: 'decision',
    rule: 'steady.well',
    sentence: `entry ${seq}`,
    evidence: {},
    ...change,
  }
}

/** What a process says of itself. */
export const testVitals: Vitals = {
  cpuSeconds: 12.5,
  residentBytes: 98_000_000,
  heapBytes: 31_000_000,
  startedAt: testTime / 1000 - 60,
  loopDelay: { p50: 0.0101, p99: 0.0125, max: 0.031 },
}

const testTotals = {
  probes: { reading: 900, answered: 0, refused: 3, closed: 1, silent: 0, unasked: 0 },
  moves: new Map([['billing', { failovers: 2, switchovers: 1 }]]),
}

export const safePlan: StopPlan = {
  group: 'orders',
  what: 'dies',
  nodes: ['a'],
  safety: 'safe',
  ...plainly('b would take over from a'),
  outcomes: [
    {
      when: 'a dies',
      whenSaid: plainly('a dies').said,
      rule: 'steady.lost/elect.inSync',
      ...plainly('promote b'),
      primary: 'b',
      loss: null,
      lossSaid: null,
      writes: { stop: 'moment', waitsMs: 2 },
    },
    {
      when: 'a falls silent',
      whenSaid: plainly('a falls silent').said,
      rule: 'steady.lost/elect.inSync',
      ...plainly('promote b'),
      primary: 'b',
      loss: 'a may accept writes',
      lossSaid: plainly('a may accept writes').said,
      writes: { stop: 'moment', waitsMs: 1152 },
    },
  ],
  reasons: [],
  reasonsSaid: [],
  first: [],
  stop: [],
  start: [],
}

export const riskyPlan: StopPlan = {
  ...safePlan,
  group: 'billing',
  what: 'stops',
  nodes: ['a', 'b'],
  safety: 'risk',
  ...plainly('nobody could take over'),
  outcomes: [
    {
      when: 'a, b are stopped',
      whenSaid: plainly('a, b are stopped').said,
      rule: 'steady.healthy',
      ...plainly('c is primary'),
      primary: 'c',
      loss: null,
      lossSaid: null,
      writes: { stop: 'no' },
    },
    {
      when: 'c dies meanwhile',
      whenSaid: plainly('c dies meanwhile').said,
      rule: 'steady.lost/elect.nobody',
      ...plainly('c refuses connections; nobody can be promoted'),
      primary: null,
      loss: null,
      lossSaid: null,
      writes: { stop: 'until' },
    },
  ],
  reasons: ['if c dies meanwhile: nobody can be promoted'],
  first: ['regroup maintain billing/a --for 30m', 'regroup maintain billing/b --for 30m'],
  stop: ['b', 'a'],
  start: ['a', 'b'],
}

export interface TestFacade extends ControllerFacade {
  readonly commands: { readonly group: string; readonly command: Command }[]
  readonly applied: ApplyRequest[]
  /** What was asked about stopping something. */
  readonly asked: string[]
  plans: readonly StopPlan[]
  /** Groups that the doctor was sent to. */
  readonly examined: string[]
  /** The roll of a group whose status has one. */
  rolling: RollView | null
  /** What the next commands are answered with. */
  answer: CommandAnswer
  /** Runs before every apply: another operator who comes first. */
  beforeApply: () => void
  /** Why no copy can be made. */
  backupFails: UserError | null
  /** Another operator's revision, with the same groups. */
  overtake(): void
  put(status: GroupStatus): void
  emit(event: ControllerEvent): void
  listeners(): number
  /** What each listener asked for. */
  kinds(): readonly (readonly ControllerEvent['kind'][] | null)[]
}

type Listener = (event: ControllerEvent) => void
type Kinds = readonly ControllerEvent['kind'][] | null

function listening(listeners: Map<Listener, Kinds>, listener: Listener, kinds: Kinds): () => void {
  const wanted: Listener = (event) => {
    if (kinds === null || kinds.includes(event.kind)) listener(event)
  }
  listeners.set(wanted, kinds)
  return () => listeners.delete(wanted)
}

function planned(facade: TestFacade, question: string): readonly StopPlan[] {
  facade.asked.push(question)
  return facade.plans
}

/** What tests set and read, before they do. */
function untouched() {
  return {
    installation: 'test-installation',
    commands: [],
    applied: [],
    asked: [],
    plans: [safePlan],
    rolling: null,
    answer: {
      ok: true,
      epoch: 5,
      candidate: 'b',
      ...plainly('b takes over from a'),
      steps: ['b is promoted'],
      stepsSaid: [],
      loss: null,
      lossSaid: null,
    },
    beforeApply: () => {},
    backupFails: null,
  } satisfies Partial<TestFacade>
}

export function testFacade(
  specs: readonly GroupSpec[] = [ordersSpec],
  given: readonly GroupStatus[] = [ordersStatus, billingStatus],
): TestFacade {
  const statuses = new Map(given.map((status) => [status.group, status]))
  const listeners = new Map<Listener, Kinds>()
  const entries = Array.from({ length: 60 }, (_, index) => logEntry(60 - index))
  let spec: SpecRevision = { revision: 3, at: testTime - 86_400_000, by: 'cli:ann', why: 'first groups', groups: specs, policies: [] }
  const past: Past[] = [{ spec, changes: diffSpec([], specs) }]
  const statusOf = (group: string): GroupStatus => {
    const status = statuses.get(group)
    if (status === undefined) throw new UserError('UNKNOWN_GROUP', `there is no group "${group}"; regroup status lists them`)
    return status
  }
  const facade: TestFacade = {
    ...untouched(),
    statuses: () => [...statuses.values()],
    status: statusOf,
    topology: (group) => topologyOf(statusOf(group)),
    roll: (group) => (statusOf(group).roll === null ? null : facade.rolling),
    plan: async (group, what, whom) => planned(facade, `${statusOf(group).group}: ${what} ${whom}`),
    spec: () => spec,
    policy: (group) =>
      effectivePolicy(spec.groups.find(({ id }) => id === statusOf(group).group) ?? { id: group, policy: {} }, spec.policies, {}),
    revisions: async (limit, before) => entriesOf(past, limit, before),
    specAt: async (revision) => revisionIn(past, revision).spec,
    specChanges: async (revision) => revisionIn(past, revision).changes,
    async apply(request): Promise<ApplyResult> {
      facade.applied.push(request)
      facade.beforeApply()
      const next = { groups: applied(spec, request), policies: request.policies ?? spec.policies }
      const result = { dryRun: request.dryRun, changes: diffWhole(spec, next) }
      if (request.dryRun || result.changes.length === 0) return { revision: spec.revision, ...result }
      spec = { revision: spec.revision + 1, at: testTime, by: request.by, why: request.why, ...next }
      past.push({ spec, changes: result.changes })
      facade.emit({ kind: 'spec', revision: spec.revision })
      return { revision: spec.revision, ...result }
    },
    ...doctorOf(statuses, statusOf),
    backup: () => piecesOf('a copy of everything', facade.backupFails),
    async command(group, command) {
      statusOf(group)
      facade.commands.push({ group, command })
      return facade.answer
    },
    totals: () => testTotals,
    async history(group, limit, before = Infinity) {
      statusOf(group)
      return entries.filter((entry) => entry.seq < before).slice(0, limit)
    },
    subscribe: (listener, kinds) => listening(listeners, listener, kinds ?? null),
    overtake() {
      spec = { ...spec, revision: spec.revision + 1 }
    },
    put(status) {
      statuses.set(status.group, status)
      facade.emit({ kind: 'status', status })
    },
    emit(event) {
      for (const listener of listeners.keys()) listener(event)
    },
    listeners: () => listeners.size,
    kinds: () => [...listeners.values()],
  }
  return facade
}

/** A revision and what it changed, from the first that is known. */
interface Past {
  readonly spec: SpecRevision
  readonly changes: readonly SpecChange[]
}

function revisionIn(past: readonly Past[], revision: number): Past {
  const found = past.find(({ spec }) => spec.revision === revision)
  if (found === undefined) throw new UserError('UNKNOWN_REVISION', `there is no revision ${revision}`)
  return found
}

function entriesOf(past: readonly Past[], limit: number, before = Infinity): SpecRevisionEntry[] {
  return past
    .map(({ spec: { revision, at, by, why }, changes }) => ({ revision, at, by, why, changed: changes.length, changes }))
    .filter((entry) => entry.revision < before)
    .toReversed()
    .slice(0, limit)
}

function doctorOf(
  statuses: ReadonlyMap<string, GroupStatus>,
  statusOf: (group: string) => GroupStatus,
): Pick<TestFacade, 'doctor' | 'examine' | 'examined'> {
  const examined: string[] = []
  return {
    examined,
    doctor() {
      const groups = [...statuses.values()].map(({ group, doctor }) => ({ group, ...doctor }))
      return { everyMs: 600_000, ignored: ['persistence.none'], groups }
    },
    async examine(groups) {
      for (const group of groups) statusOf(group)
      examined.push(...groups)
    },
  }
}

async function* piecesOf(text: string, failure: UserError | null): AsyncGenerator<Uint8Array> {
  if (failure !== null) throw failure
  for (const word of text.split(/(?= )/)) yield Buffer.from(word)
}

/** What follows from a status. */
function topologyOf(status: GroupStatus): Topology {
  const place = (node: NodeStatus) => ({ node: node.id, ...node.address })
  const primary = status.writable ? status.nodes.find(({ id }) => id === status.primary) : undefined
  const replicas = status.nodes.filter((node) => primary !== undefined && node.role === 'replica' && node.health === 'up')
  return {
    group: status.group,
    epoch: status.epoch,
    primary: primary === undefined ? null : place(primary),
    replicas: replicas.map((node) => ({ ...place(node), inSync: node.inSync })),
    at: testTime,
  }
}

function applied(spec: SpecRevision, request: ApplyRequest): readonly GroupSpec[] {
  if (request.ifRevision !== null && request.ifRevision !== spec.revision) {
    throw new UserError('REVISION_CONFLICT', `the spec is at revision ${spec.revision}, not ${request.ifRevision}; read it again`)
  }
  const put = new Map(request.put.map((group) => [group.id, group]))
  const kept = spec.groups.filter((group) => !request.remove.includes(group.id)).map((group) => put.get(group.id) ?? group)
  const known = new Set(kept.map((group) => group.id))
  const next = [...kept, ...request.put.filter((group) => !known.has(group.id))]
  const problems = checkSpec(next, request.policies ?? spec.policies)
  if (problems.length > 0) throw new UserError('BAD_SPEC', `the spec has ${problems.length} problems`, problems)
  return next
}
