// A group's situation as people are shown it. Computes nothing that decides.
import { type Decided, caseOf } from './decide.ts'
import { type Verdict, flapping, verdictOf } from './diagnose.ts'
import { type Checkup, neverLookedAt } from './doctor/finding.ts'
import { closedGuard, nowhere } from './limits.ts'
import { type Address, type GroupRecord, type NodeId, type OperatorPause, isMoving } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers, follows, quietSince, refused, unheard } from './observe.ts'
import { type Passages, shownPassage } from './passage.ts'
import { type Tracked, shown } from './recovery.ts'
import { type Said, inEnglish, say, worded } from './said.ts'
import { type Situation, empty, hasTurn, inMaintenance, nodeOf, ours, paused } from './situation.ts'
import type {
  Glance,
  GroupState,
  GroupStatus,
  NodeFigures,
  NodeHealth,
  NodeRole,
  NodeStatus,
  RecordStatus,
  Verdict as ShownVerdict,
} from './status.ts'
import { progressOf } from './roll.ts'
import { preferredOf, scheduledOf } from './rulesPlanned.ts'
import { planSwitchover } from './switchoverPlan.ts'
import { topologyOf, writable } from './topology.ts'

function healthOf(s: Situation, node: NodeView): NodeHealth {
  if (unheard(node)) return 'unheard'
  if (answers(node)) return 'up'
  if (node.failure?.kind === 'answered') return 'answering'
  if (refused(node)) return 'refused'
  return s.now - (quietSince(node) ?? s.now) >= s.policy.silentAfterMs ? 'silent' : node.reading === null ? 'unheard' : 'up'
}

function roleOf(s: Situation, node: NodeView): NodeRole {
  if (node.reading === null || ['refused', 'silent'].includes(healthOf(s, node))) return 'unknown'
  if (node.reading.role === 'primary') {
    if (node.reading.guard === closedGuard) return 'fenced'
    return s.record?.primary === node.spec.id || s.record === null ? 'primary' : 'foreign primary'
  }
  return node.reading.upstream !== null && sameAddress(node.reading.upstream, nowhere) ? 'fenced' : 'replica'
}

function problemOf(s: Situation, node: NodeView): Said | null {
  const { failure } = node
  const trouble = node.troubles.at(-1) ?? null
  if (failure?.kind === 'answered' || failure?.kind === 'unasked') {
    return say('problem.answered', { error: failure.code, message: failure.message })
  }
  if (refused(node)) return say('problem.refused')
  if (failure !== null && healthOf(s, node) === 'silent') return say('problem.silent')
  if (node.persistProblem !== null) return say('problem.notInFile', { message: node.persistProblem })
  if (trouble !== null) return say('problem.trouble', { action: trouble.action, error: trouble.code, message: trouble.message })
  if (node.reading?.loading) return say('problem.loading')
  if (node.reading !== null && !ours(s, node) && answers(node)) return say('problem.foreign')
  const text = node.reading?.writeProblem ?? null
  return text === null ? null : say('text', { text })
}

function lagOf(s: Situation, node: NodeView): number | null {
  const primary = s.record === null ? null : nodeOf(s, s.record.primary).reading
  if (primary === null || node.reading === null || !answers(node)) return null
  const comparison = s.can.comparePositions(node.reading.position, primary.position, s.record?.lineage ?? [])
  if (comparison.order === 'equal' || comparison.order === 'ahead') return 0
  return comparison.order === 'behind' ? comparison.tail : null
}

/** Null when it is in none, or when it expired. */
function maintenanceOf(s: Situation, node: NodeView): OperatorPause | null {
  const { maintenanceUntil: until, maintenanceNote: note = { by: '', why: '' } } = node.spec
  if (until !== null && until > s.wall) return { until, ...note }
  const { roll } = s.spec
  return roll?.turn != null && hasTurn(s, node) ? { until: roll.turn.until, by: roll.by, why: 'rolling restart' } : null
}

/** The node of the group at an address. */
function nameOf(s: Situation, address: Address): NodeId | null {
  return [...s.nodes.values()].find((node) => sameAddress(node.spec, address))?.spec.id ?? null
}

function followedBy(s: Situation, node: NodeView): NodeStatus['follows'] {
  const upstream = node.reading?.upstream ?? null
  if (upstream === null || sameAddress(upstream, nowhere)) return null
  const { host, port, linkUp, syncing } = upstream
  return { node: nameOf(s, upstream), host, port, linkUp, syncing }
}

function recordStatus(record: GroupRecord): RecordStatus {
  const { at, writer, incarnation, hasData, fenced, failovers } = record
  const { cause, loss, lossSaid = null } = record.phase === 'failover' ? record : { cause: null, loss: null }
  return { at, writer, incarnation, hasData, fenced, cause, loss, lossSaid, failovers }
}

function nodeStatus(s: Situation, node: NodeView): NodeStatus {
  const quiet = quietSince(node)
  const problem = problemOf(s, node)
  return {
    ...figuresOf(s, node),
    address: { host: node.spec.host, port: node.spec.port },
    site: node.spec.site,
    role: roleOf(s, node),
    health: healthOf(s, node),
    problem: problem === null ? null : inEnglish(problem),
    problemSaid: problem,
    inSync: s.record?.inSync.some((m) => m.node === node.spec.id && m.incarnation === node.reading?.incarnation) ?? false,
    linkUp: node.reading?.upstream?.linkUp ?? null,
    follows: followedBy(s, node),
    attached: (node.reading?.replicas ?? []).map(({ host, port, online, acked }) => ({
      node: nameOf(s, { host, port }),
      host,
      port,
      online,
      acked,
    })),
    keys: node.reading?.keys ?? null,
    incarnation: node.reading?.incarnation ?? null,
    offset: node.reading?.position.kind === 'stream' ? node.reading.position.offset : null,
    version: node.reading?.version ?? null,
    maintenance: maintenanceOf(s, node),
    lastReplyAgoMs: node.heardAt === null || quiet === null ? null : Math.round(s.now - quiet),
  }
}

function figuresOf(s: Situation, node: NodeView): NodeFigures {
  return {
    id: node.spec.id,
    lagBytes: lagOf(s, node),
    opsPerSec: node.load?.opsPerSec ?? null,
    usedMemoryBytes: node.load?.usedMemoryBytes ?? null,
    probeMs: node.heardAt === null || !answers(node) ? null : Math.round((node.heardAt - node.askedAt) * 100) / 100,
  }
}

/** What charts show of its nodes. Every group is asked for it all the time; a whole status takes many times as long. */
export function figures(s: Situation): readonly NodeFigures[] {
  return Array.from(s.nodes.values(), (node) => figuresOf(s, node))
}

function isUnknown({ record }: Situation, verdict: Verdict): boolean {
  return record === null || record.phase === 'restored' || verdict.kind === 'unheard'
}

/** What is counted of a group. A whole status takes some fifty times as long, and there are thousands. */
export function glance(s: Situation): Glance {
  const heard = [...s.nodes.values()].filter((node) => isHeard(healthOf(s, node))).length
  return { group: s.spec.id, known: !isUnknown(s, verdictOf(s)), nodes: s.nodes.size, heard }
}

function isHeard(health: NodeHealth): boolean {
  return health === 'up' || health === 'answering'
}

/** healthy: writable, every node follows and is in sync. Who is in maintenance may do as he likes. */
function stateOf(s: Situation, verdict: Verdict): GroupState {
  const { record } = s
  if (record === null || isUnknown(s, verdict)) return 'unknown'
  if (!writable(s)) return 'down'
  const primary = nodeOf(s, record.primary)
  const settled = [...s.nodes.values()].every(
    (node) =>
      node === primary ||
      inMaintenance(s, node) ||
      (answers(node) &&
        follows(node, primary.spec) &&
        (node.reading.upstream?.linkUp ?? false) &&
        record.inSync.some((m) => m.node === node.spec.id)),
  )
  return settled && verdict.kind === 'alive' ? 'healthy' : 'degraded'
}

const names: Record<Verdict['kind'], string> = {
  unheard: 'primary not heard yet',
  alive: 'primary alive',
  suspect: 'primary suspected',
  unreadable: 'primary alive, unreadable',
  unasked: 'primary cannot be asked',
  contested: 'primary contested',
  unproven: 'primary silent, links to be proven',
  'self-suspect': 'self-suspect',
  dead: 'primary dead, proven',
  silent: 'primary unreachable',
  restarted: 'primary restarted',
  'not primary': 'primary moved or demoted',
  hung: 'primary hung',
  'shutting down': 'primary shutting down',
}

function diagnosisOf(record: GroupRecord | null, verdict: Verdict): string {
  if (record === null) return 'new group'
  if (isMoving(record)) return `${record.phase} to ${record.candidate}`
  return record.phase === 'restored' ? 'restored from a backup, not verified yet' : names[verdict.kind]
}

/** What is done now, or why it is not. */
function saidOf(s: Situation, { group: { step } }: Decided): Said {
  const { unsaved } = s.memory
  return step.kind !== 'save' || unsaved === null ? step.said : say('status.unstored', { what: step.said, message: unsaved.message })
}

/** Those in sync who would take over, were they not in maintenance; empty when somebody else would. */
function uncoveredBy(s: Situation): NodeId[] {
  if (s.record?.phase !== 'steady') return []
  const fit = s.record.inSync
    .map((member) => nodeOf(s, member.node))
    .filter((node) => node.spec.id !== s.record?.primary && node.spec.priority !== 0)
  return fit.every((node) => inMaintenance(s, node)) ? fit.map((node) => node.spec.id) : []
}

function warningsOf(s: Situation, decided: Decided): Said[] {
  const warnings = decided.nodes.flatMap((decision) => (decision.step.kind === 'hold' ? [decision.step.said] : []))
  for (const node of s.nodes.values()) {
    if (node.persistProblem !== null) {
      warnings.push(say('warning.notInFile', { node: node.spec.id, message: node.persistProblem }))
    }
  }
  if (s.record?.phase === 'steady' && s.record.hasData && s.nodes.size > 1 && s.record.inSync.length === 1) {
    warnings.push(say('warning.noneInSync', { primary: s.record.primary }))
  }
  const c = s.record?.phase === 'steady' && inMaintenance(s, nodeOf(s, s.record.primary)) ? caseOf(s) : null
  if (c !== null) {
    const plan = planSwitchover(c, null)
    if (!plan.ok) warnings.push(say('warning.maintenancePrimary', { primary: c.record.primary, why: plan.said }))
  }
  if (s.memory.unsaved !== null) warnings.push(say('warning.unstored', { message: s.memory.unsaved.message }))
  const uncovered = uncoveredBy(s)
  if (uncovered.length > 0) warnings.push(say('warning.uncovered', { nodes: uncovered, primary: s.record?.primary ?? '' }))
  if (flapping(s)) warnings.push(say('warning.flapping', { failovers: s.policy.flapFailovers }))
  if (s.record !== null && empty(nodeOf(s, s.record.primary)) && s.record.hasData)
    warnings.push(say('warning.empty', { primary: s.record.primary }))
  return warnings
}

function rollOf(s: Situation): GroupStatus['roll'] {
  if (s.spec.roll === undefined) return null
  const { was: _was, ...roll } = s.spec.roll
  return { ...roll, ...progressOf(s.spec.roll, s.nodes.values()) }
}

function failbackOf(s: Situation): GroupStatus['failback'] {
  const c = s.policy.failback === 'off' ? null : caseOf(s)
  const preferred = c === null ? null : preferredOf(c)
  if (preferred === null) return null
  const at = preferred.at === null ? null : Math.round(s.wall + preferred.at - s.now)
  return { node: preferred.node, at, window: s.policy.failback === 'window' ? s.policy.failbackWindow : null }
}

/** The whole status of a group at one instant. `last`: the decision or refusal in force. */
export function present(
  s: Situation,
  decided: Decided,
  last: Omit<ShownVerdict, 'sentence'>,
  { tracked, passages }: { readonly tracked: readonly Tracked[]; readonly passages: Passages },
  doctor: Checkup = neverLookedAt,
): GroupStatus {
  const { record } = s
  const topology = topologyOf(s)
  const warnings = warningsOf(s, decided)
  return {
    group: s.spec.id,
    engine: s.spec.engine,
    state: stateOf(s, decided.verdict),
    diagnosis: diagnosisOf(record, decided.verdict),
    ...worded(saidOf(s, decided)),
    evidence: { ...decided.verdict.evidence, ...decided.group.step.evidence },
    epoch: record?.epoch ?? 0,
    phase: record?.phase ?? 'new',
    primary: record?.primary ?? null,
    candidate: record !== null && isMoving(record) ? record.candidate : null,
    writable: topology.primary !== null,
    guard: { recorded: record?.guard ?? 0, set: record === null ? null : (nodeOf(s, record.primary).reading?.guard ?? null) },
    inSync: record?.inSync.map((m) => m.node) ?? [],
    record: record === null ? null : recordStatus(record),
    pause: paused(s) ? s.spec.pause : null,
    scheduled: scheduledOf(s),
    failback: failbackOf(s),
    roll: rollOf(s),
    verdict: { ...last, ...worded(last.said) },
    nodes: [...s.nodes.values()].map((node) => nodeStatus(s, node)),
    recoveries: tracked.flatMap((t) => {
      const node = s.nodes.get(t.node)
      return node === undefined ? [] : [shown(t, node)]
    }),
    passage: {
      running: passages.running === null ? null : shownPassage(passages.running),
      last: passages.last,
    },
    warnings: warnings.map(inEnglish),
    warningsSaid: warnings,
    specRevision: s.specRevision,
    doctor,
  }
}
