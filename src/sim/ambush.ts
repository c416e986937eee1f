// Faults that wait for the moment in which they hurt most: an intent was just saved, a new primary was just recorded.
import { type GroupRecord, isMoving } from '../core/model.ts'
import type { History } from './history.ts'
import { type Moment, type Op, controllerName } from './plan.ts'

type Ambush = Extract<Op, { kind: 'ambush' }>

/** What a fault needs of those that carry faults out. */
export interface Means {
  later(ms: number, then: () => void): void
  begin(op: Op): void
}

export class Ambushes {
  readonly #history: History
  readonly #means: Means
  #waiting: readonly Ambush[] = []

  constructor(history: History, means: Means) {
    this.#history = history
    this.#means = means
  }

  lay(op: Ambush): void {
    this.#waiting = [...this.#waiting, op]
  }

  /** A record is durable from now on. */
  saved(record: GroupRecord, before: GroupRecord | null): void {
    const moment = momentOf(record, before)
    const op = this.#waiting.find((one) => one.moment === moment)
    if (op === undefined) return
    this.#waiting = this.#waiting.filter((one) => one !== op)
    const strike = (): void => this.#strike(op, record, before ?? record)
    // At once: before the controller hears that its record is saved.
    if (op.delayMs === 0) strike()
    else this.#means.later(op.delayMs, strike)
  }

  #strike(op: Ambush, record: GroupRecord, before: GroupRecord): void {
    const { timeline } = this.#history
    const at = timeline.now
    const old = this.#history.node(before.primary)
    const candidate = isMoving(record) ? record.candidate : record.primary
    const others = [...this.#history.nodes.keys()].filter((id) => id !== candidate && id !== record.primary)
    const other = others[0] ?? candidate
    const stop = { at, kind: 'stop', how: 'kill', downMs: op.ms, recovers: 'all', file: 'kept' } as const
    const host = (id: string): string => this.#history.node(id).host
    switch (op.deed) {
      case 'killCandidate':
        return this.#means.begin({ ...stop, node: candidate })
      case 'killOther':
        return this.#means.begin({ ...stop, node: other })
      case 'freezeCandidate':
        return this.#means.begin({ at, kind: 'freeze', node: candidate, ms: op.ms })
      case 'killController':
        return this.#means.begin({ at, kind: 'controllerCrash', downMs: op.ms })
      case 'cutCandidate':
        return this.#cut(op, host(candidate))
      case 'cutOtherWakePrimary':
        this.#cut(op, host(other))
        return old.thaw()
      case 'startPrimary':
        return old.start('all')
      case 'wakePrimary':
        return old.thaw()
      case 'killControllerWakePrimary':
        this.#means.begin({ at, kind: 'controllerCrash', downMs: op.ms })
        return old.thaw()
      case 'backUp':
        return this.#means.begin({ at, kind: 'backUp' })
      case 'orderOther':
        return this.#means.begin({ at, kind: 'failover', to: other })
    }
  }

  /** Between the controller and a node, both ways. */
  #cut(op: Ambush, host: string): void {
    const at = this.#history.timeline.now
    this.#means.begin({ at, kind: 'cut', from: controllerName, to: host, ms: op.ms })
    this.#means.begin({ at, kind: 'cut', from: host, to: controllerName, ms: op.ms })
  }
}

function momentOf(record: GroupRecord, before: GroupRecord | null): Moment | null {
  if (record.phase !== 'steady') return 'intent'
  return before !== null && before.phase !== 'steady' && before.incarnation !== record.incarnation ? 'crown' : null
}
