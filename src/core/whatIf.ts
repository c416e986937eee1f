// What would happen: the very rules, asked about a situation that is not so yet. Nothing here decides.
import { type Decided, caseOf, decide } from './decide.ts'
import { flapSilenceFactor, nowhere, proveWithinMs } from './limits.ts'
import { inForce, judged, watch } from './memory.ts'
import type { GroupRecord, Instant, NodeId, Position, Reading } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers, follows } from './observe.ts'
import type { Act, Decision, RecordDraft } from './rule.ts'
import { type Said, type Worded, worded } from './said.ts'
import { type Situation, nodeOf } from './situation.ts'

/** dies: its process ends, its host answers. falls silent: host lost, network cut, frozen. */
export type Fate = 'dies' | 'falls silent'

/** How it comes to rest: a node is chosen, a refusal that lasts, or all is well without a change of primary. */
export interface Foreseen extends Worded {
  readonly kind: 'elected' | 'held' | 'calm'
  readonly rule: string
  readonly elected: NodeId | null
  /** What is known to be lost or risked by it; null when nothing is. */
  readonly risk: Said | null
  /** Milliseconds that the rules themselves wait; the work of promoting comes on top. */
  readonly waitedMs: number
  /** The situation it comes to rest in; of an election the one before it. */
  readonly then: Situation
}

/** Save, act, look again: a group settles in a few steps. More would be a rule that never rests, which is not looked into here. */
const maxSteps = 40

type Nodes = ReadonlyMap<NodeId, NodeView>
type Answering = NodeView & { readonly reading: Reading }

function mapped(nodes: Nodes, change: (node: NodeView) => NodeView): Nodes {
  return new Map([...nodes].map(([id, node]) => [id, change(node)]))
}

/** The same so much later: who answers was asked again, and nothing else happened. */
function later(s: Situation, ms: number): Situation {
  const now = s.now + ms
  const nodes = mapped(s.nodes, (node) => (answers(node) ? askedAgain(node, now) : node))
  const memory = s.record === null ? s.memory : watch(s.memory, s.record, nodes)
  const next = { ...s, nodes, memory, now, wall: s.wall + ms }
  const c = caseOf(next)
  return c === null ? next : { ...next, memory: judged(memory, c.verdict, now) }
}

function askedAgain(node: Answering, now: Instant): NodeView {
  return { ...node, askedAt: now, heardAt: now, before: { reading: node.reading, askedAt: node.askedAt }, acting: null, actedAt: null }
}

/** These nodes are gone a moment from now; every link to them is down, and no primary lists them. */
export function without(s: Situation, gone: readonly NodeId[], fate: Fate): Situation {
  const lost = gone.map((id) => nodeOf(s, id).spec)
  const start = later(quiet(s), 1)
  const nodes = mapped(start.nodes, (node) => {
    if (gone.includes(node.spec.id)) {
      const failure = { kind: fate === 'dies' ? 'refused' : 'silent' } as const
      return { ...node, failure, failingSince: start.now, heardAt: start.now }
    }
    if (!answers(node)) return node
    const { upstream, replicas } = node.reading
    const cut = upstream !== null && lost.some((spec) => follows(node, spec))
    const reading = {
      ...node.reading,
      position: cut && upstream.linkUp ? arrived(start, node.reading) : node.reading.position,
      upstream: cut ? { ...upstream, linkUp: false, syncing: false } : upstream,
      replicas: replicas.filter((replica) => !lost.some((spec) => sameAddress(spec, replica))),
    }
    // It could still tell of the primary's life by its last movement.
    return { ...node, reading, advancedAfter: cut ? null : node.advancedAfter }
  })
  return later({ ...start, nodes }, 1)
}

/** What is on its way to a linked replica gets there: that it was read before its primary is age and no lag. */
function arrived(s: Situation, { position }: Reading): Position {
  const its = s.record === null ? undefined : nodeOf(s, s.record.primary).reading?.position
  const behind = its !== undefined && s.can.comparePositions(position, its, s.record?.lineage ?? []).order === 'behind'
  return behind ? its : position
}

/** The primary holds whatever its replicas have from it: that they were read a little after it is age. */
function sent(s: Situation, primary: NodeView, reading: Reading): Reading {
  let newest = reading
  for (const { reading: its, spec } of s.nodes.values()) {
    if (its === null || spec === primary.spec) continue
    const further = s.can.comparePositions(its.position, newest.position, s.record?.lineage ?? []).order === 'ahead'
    const [one, two] = [its.mark, newest.mark]
    const later = one !== null && two !== null && one.epoch === two.epoch && one.seq > two.seq
    newest = { ...newest, position: further ? its.position : newest.position, mark: later ? one : two }
  }
  return newest
}

/** A node that was gone is back as another process, with what it had written to its disk: its file says that it is a replica of nowhere. */
export function back(s: Situation, id: NodeId): Situation {
  const node = nodeOf(s, id)
  const reading = node.reading === null || id !== s.record?.primary ? node.reading : sent(s, node, node.reading)
  if (reading === null || reading.position.kind !== 'stream') return s
  const { replid, offset } = reading.position
  // Source: docs/protocol.md, M1.
  const position = reading.durable
    ? ({ kind: 'stream', replid: `${replid} again`, replid2: '', second: -1, offset: 0 } as const)
    : ({ kind: 'stream', replid: `${replid} again`, replid2: replid, second: offset + 1, offset } as const)
  const again: NodeView = {
    ...node,
    reading: {
      ...reading,
      incarnation: `${reading.incarnation} again`,
      role: 'replica',
      upstream: { ...nowhere, linkUp: false, syncing: false },
      replicas: [],
      position,
    },
    failure: null,
    failingSince: null,
    wasOpen: null,
    openIn: null,
    fellBack: false,
    grew: null,
  }
  return later({ ...s, nodes: new Map(s.nodes).set(id, again) }, 1)
}

/** What is on its way in reality is none of this question's business. */
function quiet(s: Situation): Situation {
  const { canary } = s.memory
  return { ...s, memory: { ...s.memory, order: null, frozen: null, canary: { ...canary, inFlight: null } } }
}

/** These nodes are in maintenance. */
export function inWork(s: Situation, ids: readonly NodeId[]): Situation {
  const nodes = mapped(quiet(s).nodes, (node) =>
    ids.includes(node.spec.id) ? { ...node, spec: { ...node.spec, maintenanceUntil: Infinity } } : node,
  )
  return { ...quiet(s), nodes }
}

/** A planned switchover has ended, and every replica is in sync with the new primary. */
export function movedTo(s: Situation, id: NodeId): Situation {
  const { record } = s
  const next = nodeOf(s, id)
  if (record === null || !answers(next) || next.reading.position.kind !== 'stream') return s
  const { replid, offset } = next.reading.position
  const replicas = [...s.nodes.values()].filter((node) => node !== next && answers(node))
  const listed = replicas.map(({ spec: { host, port } }) => ({ host, port, online: true, acked: offset }))
  const upstream = { host: next.spec.host, port: next.spec.port, linkUp: true, syncing: false }
  const guard = record.guard
  const nodes = mapped(s.nodes, (node) => {
    if (node === next) return { ...node, reading: { ...next.reading, role: 'primary', upstream: null, replicas: listed, guard } }
    return answers(node)
      ? { ...node, reading: { ...node.reading, role: 'replica', upstream, replicas: [], position: next.reading.position } }
      : node
  })
  const epoch = record.epoch + 1
  const moved: GroupRecord = {
    ...record,
    phase: 'steady',
    epoch,
    primary: id,
    incarnation: next.reading.incarnation,
    lineage: [...record.lineage, { epoch, node: id, at: s.wall, replid, start: offset, continues: true }],
  }
  const memory = inForce(s.memory, record, moved, nodes, s.now)
  return later({ ...s, nodes, record: moved, memory: { ...memory, tuned: moved.incarnation, abortedAt: null } }, 1)
}

// ------------------------------------------------------------------------------------------ the rules

/** Lets the rules go on from here until a primary is chosen, or nothing changes any more. */
export function foresee(from: Situation): Foreseen {
  let s = from
  const waits = waitsOf(from)
  for (let step = 0; step < maxSteps; step++) {
    const { group } = decide(s)
    const waitedMs = Math.max(0, s.now - from.now)
    if (group.step.kind === 'save') {
      const { record } = group.step
      if (record.phase === 'failover' || record.phase === 'switchover') return elected(s, group, record, waitedMs)
      s = later({ ...s, record: { ...record, writer: '', nonce: '', at: s.wall, specRevision: s.specRevision } }, 1)
      continue
    }
    if (group.step.kind === 'act') {
      s = later(acted(s, group.step.acts), 1)
      continue
    }
    if (group.step.kind === 'rest' && group.rule !== 'steady.stale') return atRest('calm', s, group, waitedMs)
    const next = waits.find((ms) => ms > waitedMs)
    if (next === undefined) return atRest('held', s, group, waitedMs)
    s = later(s, next - waitedMs)
  }
  return atRest('held', s, decide(s).group, 0)
}

/** The instants at which a wait of some rule ends, after which it may decide otherwise. */
function waitsOf(s: Situation): readonly number[] {
  const { silentAfterMs, betterCandidateMs } = s.policy
  const silence = [0, silentAfterMs, silentAfterMs * flapSilenceFactor]
  const sums = silence.flatMap((ms) => [ms, ms + proveWithinMs, ms + betterCandidateMs, ms + proveWithinMs + betterCandidateMs])
  return [...new Set(sums.map((ms) => ms + 2))].toSorted((a, b) => a - b)
}

function elected(
  s: Situation,
  { rule, step }: Decision,
  record: Extract<RecordDraft, { phase: 'failover' | 'switchover' }>,
  waitedMs: number,
): Foreseen {
  const risk = record.phase === 'failover' ? (record.lossSaid ?? null) : null
  return { kind: 'elected', rule, ...worded(step.said), elected: record.candidate, risk, waitedMs, then: s }
}

function atRest(kind: 'held' | 'calm', s: Situation, { rule, step }: Decided['group'], waitedMs: number): Foreseen {
  return { kind, rule, ...worded(step.said), elected: null, risk: null, waitedMs, then: s }
}

/** What a node says after it was told something, as far as a rule looks at it. */
function acted(s: Situation, acts: readonly Act[]): Situation {
  return acts.reduce((before, { node: id, action }) => {
    const node = nodeOf(before, id)
    if (node.reading === null) return before
    const nodes = (change: Partial<NodeView>): Nodes => new Map(before.nodes).set(id, { ...node, ...change })
    if (action.name === 'open' || action.name === 'guard') {
      const memory = { ...before.memory, tuned: node.reading.incarnation }
      return { ...before, nodes: nodes({ reading: { ...node.reading, guard: action.guard } }), memory }
    }
    if (action.name === 'proveLink') return { ...before, nodes: nodes({ proof: { since: before.now, done: before.now } }) }
    if (action.name === 'resumeWrites')
      return { ...before, nodes: nodes({ paused: null }), memory: { ...before.memory, writesResumedAt: before.now } }
    return before
  }, s)
}
