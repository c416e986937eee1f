// What was done since this process began, as numbers that only rise: for monitoring, never for a decision.
import { type GroupId, type GroupRecord, type ProbeResult, isMoving } from '../core/model.ts'

/** How a question to a node ended. */
export const probeEnds = ['reading', 'answered', 'refused', 'closed', 'silent', 'unasked'] as const
export type ProbeEnd = (typeof probeEnds)[number]

export interface Moves {
  /** Completed changes of primary by force; a restarted primary that was opened again counts. */
  readonly failovers: number
  /** Completed planned ones. */
  readonly switchovers: number
}

export interface Totals {
  readonly probes: Readonly<Record<ProbeEnd, number>>
  readonly moves: ReadonlyMap<GroupId, Moves>
}

const none: Moves = { failovers: 0, switchovers: 0 }

export class Counts implements Totals {
  readonly probes: Record<ProbeEnd, number> = { reading: 0, answered: 0, refused: 0, closed: 0, silent: 0, unasked: 0 }
  readonly moves = new Map<GroupId, Moves>()

  probed(result: ProbeResult): void {
    this.probes[result.ok ? 'reading' : result.failure.kind]++
  }

  /** Another record is in force in a group. */
  recorded(group: GroupId, before: GroupRecord | null, after: GroupRecord | null): void {
    if (before === null || !isMoving(before) || after?.phase !== 'steady' || after.primary !== before.candidate) return
    const moves = this.moves.get(group) ?? none
    const kind = before.phase === 'failover' ? 'failovers' : 'switchovers'
    this.moves.set(group, { ...moves, [kind]: moves[kind] + 1 })
  }

  forget(group: GroupId): void {
    this.moves.delete(group)
  }
}
