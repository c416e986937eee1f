// A change of primary as steps, from what was decided and done at its epoch. Pure: the newest entries in, the steps out.
import type { GroupStatus, LogEntry } from '../api/types.ts'

export const phaseNames = ['decided', 'detached', 'paused', 'demoted', 'promoted', 'confirmed', 'opened', 'followed', 'synced'] as const
export type PhaseName = (typeof phaseNames)[number]

export interface PhaseStep {
  readonly name: PhaseName
  readonly state: 'done' | 'now' | 'waiting'
  /** Milliseconds after the decision; null when not reached. */
  readonly afterMs: number | null
  readonly sentence: string | null
}

export interface Passage {
  readonly kind: 'failover' | 'switchover' | 'first'
  readonly epoch: number
  readonly at: number
  readonly steps: readonly PhaseStep[]
  readonly over: boolean
}

/** Which rules tell that a step was reached. */
const told: Readonly<Record<PhaseName, RegExp>> = {
  decided: /^(?!failover\.|switchover\.).*/,
  detached: /^failover\.(?:detach|consent)/,
  paused: /^switchover\.pause/,
  demoted: /^switchover\.demote/,
  promoted: /^(?:failover|switchover)\.promote/,
  confirmed: /^(?:failover|switchover)\.seen/,
  opened: /^steady\.open/,
  followed: /^node\.follow/,
  synced: /^steady\.(?:grow|guarded)/,
}

const ways: Readonly<Record<Passage['kind'], readonly PhaseName[]>> = {
  failover: ['decided', 'detached', 'promoted', 'confirmed', 'opened', 'followed', 'synced'],
  switchover: ['decided', 'paused', 'demoted', 'promoted', 'confirmed', 'opened', 'followed', 'synced'],
  first: ['decided', 'opened', 'followed', 'synced'],
}

/** Which of them need not happen: shown when they did. */
const optional = new Set<PhaseName>(['detached', 'paused', 'demoted', 'followed'])

/** Null when nothing is known of the epoch in force. `entries`: newest first. */
export function passageOf(status: Pick<GroupStatus, 'epoch' | 'phase' | 'inSync' | 'nodes'>, entries: readonly LogEntry[]): Passage | null {
  const own = entries.filter(({ epoch }) => epoch === status.epoch).toReversed()
  const first = own[0]
  if (first === undefined) return null
  const kind = own.some(({ rule }) => rule.startsWith('switchover.')) || status.phase === 'switchover' ? 'switchover' : kindOf(own, status)
  const found = new Map<PhaseName, LogEntry>()
  for (const entry of own) {
    const name = ways[kind].find((step) => !found.has(step) && (step !== 'decided' || entry === first) && told[step].test(entry.rule))
    if (name !== undefined) found.set(name, entry)
  }
  const last = ways[kind].findLastIndex((name) => found.has(name))
  const next = ways[kind].find((name, at) => at > last && !optional.has(name))
  const over =
    status.phase === 'steady' && (found.has('synced') || status.inSync.length === status.nodes.length || status.nodes.length === 1)
  const steps = ways[kind].flatMap((name): PhaseStep[] => {
    const entry = found.get(name)
    // Who is alone has nobody to be in sync with it.
    if (entry === undefined && (optional.has(name) || (name === 'synced' && status.nodes.length === 1))) return []
    if (entry !== undefined) return [{ name, state: 'done', afterMs: entry.at - first.at, sentence: entry.sentence }]
    return [{ name, state: over ? 'done' : name === next ? 'now' : 'waiting', afterMs: null, sentence: null }]
  })
  return { kind, epoch: status.epoch, at: first.at, steps, over }
}

function kindOf(own: readonly LogEntry[], status: Pick<GroupStatus, 'phase'>): Passage['kind'] {
  return own.some(({ rule }) => rule.startsWith('failover.')) || status.phase === 'failover' ? 'failover' : 'first'
}
