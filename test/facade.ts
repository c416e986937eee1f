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
import type { GroupSpec, Topology } from '../src/core/model.ts'
import { effectivePolicy } from '../src/core/policyLayers.ts'
import { checkSpec, diffSpec, diffWhole } from '../src/core/spec.ts'
import type { Glance, GroupStatus, NodeStatus } from '../src/core/status.ts'
import type { RollView } from '../src/core/roll.ts'
import type { StopPlan } from '../src/core/stopPlan.ts'
import { UserError } from '../src/errors.ts'
import type { Command, CommandAnswer } from '../src/ports.ts'
import { billingStatus, logEntry, ordersSpec, ordersStatus, plainly, safePlan, testTime, testTotals } from './samples.ts'

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
    glances: () => [...statuses.values()].map(glanceOf),
    status: statusOf,
    figures: (group) => statusOf(group).nodes,
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

function glanceOf({ group, state, nodes }: GroupStatus): Glance {
  const heard = nodes.filter(({ health }) => health === 'up' || health === 'answering').length
  return { group, known: state !== 'unknown', nodes: nodes.length, heard }
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
