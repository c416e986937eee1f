// A store that is a copy of another: what it says was so when the copy was made. It must know that, or it would be believed.
import { restored } from '../core/draft.ts'
import type { GroupRecord, WallTime } from '../core/model.ts'
import { UserError } from '../errors.ts'
import type { Change, NewLogEntry, Store } from '../ports.ts'
import { recordPrefix } from './specStore.ts'

/** Stands in every copy and in no store that was opened since. */
export const copyKey = 'copy'

/** When the copy was made; null: a file that was copied by hand, nobody knows when. */
export interface CopyNote {
  readonly at: WallTime | null
}

/** A copy of the store that says of itself that it is one. */
export function copyOf(store: Store, wall: WallTime): AsyncIterable<Uint8Array> {
  return store.copy([{ key: copyKey, value: { at: wall } satisfies CopyNote }])
}

/**
 * Takes note that the store is a copy: every record becomes a restored one, in the same commit that removes the mark of the copy.
 * Gives how many records, or null for a store that is none. Throws STORE_BROKEN when the store cannot say.
 */
export async function admitCopy(store: Store, wall: WallTime): Promise<number | null> {
  const copy = await store.get<CopyNote>(copyKey)
  if (copy === null) return null
  const records = await store.list<GroupRecord>(recordPrefix)
  const made = copy.value.at === null ? 'made by hand' : `made at ${new Date(copy.value.at).toISOString()}`
  const changes = records.map(({ key, version, value }): Change => ({ key, expected: version, value: restored(value) }))
  const entries = records.map(({ key, value }): NewLogEntry => ({
    at: wall,
    group: key.slice(recordPrefix.length),
    epoch: value.epoch,
    kind: 'event',
    rule: 'store.restored',
    sentence: `the store was restored from a copy ${made}: who is primary and in sync is verified before anything is done`,
    evidence: { primary: value.primary, copiedAt: copy.value.at },
  }))
  const done = await store.commit([{ key: copyKey, expected: copy.version, value: null }, ...changes], entries)
  if (!done.ok) throw new UserError('STORE_BROKEN', `the restored store cannot be taken into use: ${done.message}`)
  return records.length
}
