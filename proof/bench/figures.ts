// Runs to figures: median and worst of each, and how many times quicker one system is than the other.
import { figures, round, table } from '../harness/report.ts'
import type { System } from './beds.ts'
import type { Seen } from './scenarios.ts'

export type Result = ReadonlyMap<System, readonly Seen[]>

export interface Figure {
  readonly median: number
  readonly worst: number
}

/** Null: not measured in this scenario. A `missed` run never came so far while it was watched. */
export interface Figures {
  readonly runs: number
  readonly gapMs: Figure | null
  readonly lost: Figure
  readonly stale: Figure
  readonly rejoinMs: Figure | null
  readonly linkUpMs: Figure | null
}

export interface ScenarioFigures {
  readonly name: string
  readonly ours: Figures | null
  readonly peer: Figures | null
  /** Sentinel with min-replicas-to-write 1 and max-lag 2. */
  readonly guardedPeer: Figures | null
  /** The peer's median gap through ours; in a return, of the time to replica. */
  readonly ratio: number | null
}

export function figuresOf(name: string, result: Result): ScenarioFigures {
  const [ours, peer, guardedPeer] = (['regroup', 'sentinel', 'guarded sentinel'] as const).map((system) => of(result.get(system) ?? []))
  const subject = name === 'return' ? 'rejoinMs' : 'gapMs'
  const [a, b] = [ours?.[subject], peer?.[subject]]
  const ratio = a === undefined || b === undefined || a === null || b === null ? null : round(b.median / a.median)
  return { name, ours: ours ?? null, peer: peer ?? null, guardedPeer: guardedPeer ?? null, ratio }
}

function of(seen: readonly Seen[]): Figures | null {
  if (seen.length === 0) return null
  const figure = (key: keyof Seen): Figure | null => {
    const one = figures(seen.flatMap((run) => run[key] ?? []))
    return one === null ? null : { median: one.median, worst: one.max }
  }
  const none = { median: 0, worst: 0 }
  return {
    runs: seen.length,
    gapMs: figure('gapMs'),
    lost: figure('lost') ?? none,
    stale: figure('stale') ?? none,
    rejoinMs: figure('rejoinMs'),
    linkUpMs: figure('linkUpMs'),
  }
}

export function tableOf(all: readonly ScenarioFigures[]): string {
  const text = (one: Figure | null | undefined): string => (one === null || one === undefined ? '-' : `${one.median} / ${one.worst}`)
  const rows = all.flatMap(({ name, ours, peer, guardedPeer, ratio }) =>
    (
      [
        ['regroup', ours],
        ['Sentinel', peer],
        ['Sentinel, guarded', guardedPeer],
      ] as const
    )
      .filter(([, figures]) => figures !== null)
      .map(([system, figures], at) => [
        at === 0 ? name : '',
        system,
        figures?.runs ?? 0,
        text(figures?.gapMs),
        text(figures?.lost),
        text(figures?.stale),
        text(figures?.rejoinMs),
        text(figures?.linkUpMs),
        at === 0 && ratio !== null ? `${ratio} x` : '',
      ]),
  )
  const head = ['scenario', 'system', 'runs', 'gap ms', 'lost', 'stale', 'replica after ms', 'link up after ms', 'quicker']
  return `median / worst\n${table(head, rows)}`
}
