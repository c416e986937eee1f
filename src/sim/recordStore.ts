// The durable store of the simulator: one record per group, changed by compare-and-set; slow, unsure and restorable.
import { restored } from '../core/draft.ts'
import type { GroupId, GroupRecord } from '../core/model.ts'
import type { NewLogEntry, SaveResult, Stored } from '../ports.ts'
import type { Dice } from './dice.ts'
import type { Timeline } from './timeline.ts'

export interface StoreEvents {
  saved(group: GroupId, record: GroupRecord, entry: NewLogEntry, before: GroupRecord | null): void
}

const briskMs = [0.3, 2] as const

export class RecordStore {
  readonly #timeline: Timeline
  readonly #dice: Dice
  readonly #events: StoreEvents
  readonly #stored = new Map<GroupId, Stored<GroupRecord>>()
  readonly #backups = new Map<GroupId, Stored<GroupRecord>>()
  #busyUntil = 0
  /** When the save that was just applied was asked for: what was read later it could not say. */
  askedAt = -Infinity
  /** Added to everything, in ms. */
  slowMs = 0
  /** How often the outcome of a save is not known. */
  unsure = 0
  backedUpAt = -Infinity

  constructor(timeline: Timeline, dice: Dice, events: StoreEvents) {
    this.#timeline = timeline
    this.#dice = dice
    this.#events = events
  }

  record(group: GroupId): GroupRecord | null {
    return this.#stored.get(group)?.value ?? null
  }

  /** One thing after the other: what is read sees all that was asked for before. */
  #next(): number {
    const ms = this.#dice.between(...briskMs) + this.#dice.next() * this.slowMs
    this.#busyUntil = Math.max(this.#busyUntil, this.#timeline.now + ms)
    return this.#busyUntil
  }

  load(group: GroupId, done: (stored: Stored<GroupRecord> | null) => void): void {
    this.#timeline.at(this.#next(), () => done(this.#stored.get(group) ?? null))
  }

  note(done: () => void): void {
    this.#timeline.at(this.#next(), done)
  }

  save(group: GroupId, expected: number, record: GroupRecord, entry: NewLogEntry, done: (result: SaveResult) => void): void {
    const unsure = this.unsure > 0 && this.#dice.chance(this.unsure)
    // It may be applied, and be applied late, although nobody learns of it.
    const applies = !unsure || this.#dice.chance(0.5)
    const at = this.#next()
    const askedAt = this.#timeline.now
    if (unsure)
      this.#timeline.after(this.#dice.next() * (at - this.#timeline.now), () =>
        done({ ok: false, reason: 'unknown', message: 'the disk did not answer' }),
      )
    this.#timeline.at(at, () => {
      if (!applies) return
      const before = this.#stored.get(group)
      if ((before?.version ?? 0) !== expected) {
        if (!unsure) done({ ok: false, reason: 'conflict', message: 'somebody else wrote' })
        return
      }
      const version = expected + 1
      this.#stored.set(group, { value: record, version })
      this.askedAt = askedAt
      this.#events.saved(group, record, entry, before?.value ?? null)
      if (!unsure) done({ ok: true, version })
    })
  }

  backUp(): void {
    this.backedUpAt = this.#timeline.now
    for (const [group, stored] of this.#stored) this.#backups.set(group, stored)
  }

  /**
   * With the versions of then. `told`: each record says that it is restored; else its disk was put back and nobody knows. Only while no
   * controller runs. Gives whether there was a backup.
   */
  restore(told: boolean): boolean {
    for (const [group, { value, version }] of this.#backups) this.#stored.set(group, { value: told ? restored(value) : value, version })
    return this.#backups.size > 0
  }
}
