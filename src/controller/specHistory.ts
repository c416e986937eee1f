// The revisions of the spec: what each of them changed, so that any that is kept can be told, compared and restored.
import type { PolicyRule } from '../core/policyLayers.ts'
import { diffWhole } from '../core/spec.ts'
import type { GroupSpec, WallTime } from '../core/model.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { Change, Store } from '../ports.ts'
import type { SpecChange, SpecRevision, SpecRevisionEntry } from './facade.ts'

/** Revisions kept. A pause is one too: at ten a day three months, and what nobody restores any more goes. */
export const revisionsKept = 1000
/** Changes told in a list; a revision itself tells all of its. One value must stay under 1 MiB. */
export const changesListed = 20

/** What one revision did to one group; null: it was not there. */
interface GroupChange {
  readonly before: GroupSpec | null
  readonly after: GroupSpec | null
}

/** What one revision did to the policies of many groups; it stands where a group of this name would, and no group can have it. */
interface PolicyChange {
  readonly before: readonly PolicyRule[]
  readonly after: readonly PolicyRule[]
}

const policiesName = '*'
type Whole = Pick<SpecRevision, 'groups' | 'policies'>

/** How regroup 0.1.0 wrote a revision: what it put, without what was there before. */
interface OldRevision extends Omit<SpecRevisionEntry, 'changed'> {
  readonly put: readonly GroupSpec[]
  readonly remove: readonly string[]
}

const revisionPrefix = 'spec/revision/'
const revisionKey = (revision: number): string => `${revisionPrefix}${String(revision).padStart(10, '0')}`
const changePrefix = (revision: number): string => `spec/change/${String(revision).padStart(10, '0')}/`

export class SpecHistory {
  readonly #store: Store
  readonly #kept: number

  constructor(store: Store, kept: number) {
    this.#store = store
    this.#kept = kept
  }

  /** What a commit must contain to remember this revision, and to forget the oldest. */
  async remembering(
    entry: Omit<SpecRevisionEntry, 'changed' | 'changes'>,
    changes: readonly SpecChange[],
    before: Whole,
    after: Whole,
  ): Promise<Change[]> {
    const { revision } = entry
    const head: SpecRevisionEntry = { ...entry, changed: changes.length, changes: changes.slice(0, changesListed) }
    const find = (groups: readonly GroupSpec[]) => {
      const known = new Map(groups.map((group) => [group.id, group]))
      return (id: string): GroupSpec | null => known.get(id) ?? null
    }
    const [was, is] = [find(before.groups), find(after.groups)]
    const policies: PolicyChange = { before: before.policies, after: after.policies }
    return [
      { key: revisionKey(revision), expected: 0, value: head },
      ...changes.map(({ group }): Change => ({
        key: changePrefix(revision) + (group ?? policiesName),
        expected: 0,
        value: group === null ? policies : { before: was(group), after: is(group) },
      })),
      ...(await this.#forgetting(revision - this.#kept)),
    ]
  }

  async #forgetting(revision: number): Promise<Change[]> {
    const head = revision < 1 ? null : await this.#store.get(revisionKey(revision))
    if (head === null) return []
    const changes = await this.#store.list(changePrefix(revision))
    return [{ key: revisionKey(revision), version: head.version }, ...changes].map(({ key, version }) => ({
      key,
      expected: version,
      value: null,
    }))
  }

  /** Newest first. `before`: only smaller numbers. */
  async list(limit: number, before = Infinity): Promise<readonly SpecRevisionEntry[]> {
    const all = await this.#store.list<SpecRevisionEntry>(revisionPrefix)
    return all
      .map((stored) => stored.value)
      .filter((entry) => entry.revision < before)
      .toReversed()
      .slice(0, limit)
  }

  /**
   * The whole spec as it was at a revision: the current one, with what came later taken back. Throws UNKNOWN_REVISION.
   * All is asked for in one turn, so that a revision written meanwhile changes nothing of it.
   */
  async at(revision: number, current: SpecRevision): Promise<SpecRevision> {
    const later = Array.from(
      { length: Math.max(0, Math.min(current.revision - revision, this.#kept)) },
      (_, index) => current.revision - index,
    )
    const [head, oldest, ...changes] = await Promise.all([
      this.#store.get<SpecRevisionEntry>(revisionKey(revision)),
      this.#store.get<SpecRevisionEntry>(revisionKey(revision + 1)),
      ...later.map((number) => this.#store.list<GroupChange | PolicyChange>(changePrefix(number))),
    ])
    const isBeginning = revision === 0 && (oldest !== null || current.revision === 0)
    if (head === null && !isBeginning) throw unknownRevision(revision, current.revision, this.#kept)
    const groups = new Map(current.groups.map((group) => [group.id, group]))
    let { policies } = current
    for (const { key, value } of changes.flat()) {
      const id = key.slice(key.lastIndexOf('/') + 1)
      if (isOfPolicies(value)) policies = value.before
      else if (value.before === null) groups.delete(id)
      else groups.set(id, value.before)
    }
    const { at, by, why } = head?.value ?? beginning
    const byName = [...groups.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return { revision, at, by, why, groups: byName, policies }
  }

  /** Everything that a revision changed. Throws UNKNOWN_REVISION. */
  async changes(revision: number, current: number): Promise<readonly SpecChange[]> {
    const [head, changes] = await Promise.all([
      this.#store.get(revisionKey(revision)),
      this.#store.list<GroupChange | PolicyChange>(changePrefix(revision)),
    ])
    if (head === null) throw unknownRevision(revision, current, this.#kept)
    const side = (of: keyof GroupChange): Whole => {
      const groups = changes.flatMap(({ value }) => (isOfPolicies(value) ? [] : (value[of] ?? [])))
      return { groups, policies: changes.flatMap(({ value }) => (isOfPolicies(value) ? value[of] : [])) }
    }
    return diffWhole(side('before'), side('after'))
  }

  /** Brings what 0.1.0 wrote into today's form, in one commit. It kept every revision, so nothing is missing. */
  async upgrade(): Promise<void> {
    const stored = await this.#store.list<OldRevision | SpecRevisionEntry>(revisionPrefix)
    const groups = new Map<string, GroupSpec>()
    const changes: Change[] = []
    for (const { key, version, value } of stored) {
      if (!('put' in value)) continue
      const { put, remove, ...entry } = value
      changes.push({
        key,
        expected: version,
        value: { ...entry, changed: entry.changes.length, changes: entry.changes.slice(0, changesListed) },
      })
      for (const [id, after] of [...put.map((group) => [group.id, group] as const), ...remove.map((id) => [id, null] as const)]) {
        changes.push({ key: changePrefix(entry.revision) + id, expected: 0, value: { before: groups.get(id) ?? null, after } })
        if (after === null) groups.delete(id)
        else groups.set(id, after)
      }
    }
    if (changes.length === 0) return
    const done = await this.#store.commit(changes, [])
    if (!done.ok) throw new UserError('STORE_BROKEN', `the revisions of the spec could not be brought up to date: ${done.message}`)
  }
}

function isOfPolicies(change: GroupChange | PolicyChange): change is PolicyChange {
  return Array.isArray(change.before)
}

const beginning: { at: WallTime; by: string; why: string } = { at: 0, by: '', why: '' }

function unknownRevision(revision: number, current: number, kept: number): UserError {
  return new UserError('UNKNOWN_REVISION', say('refusal.noRevision', { revision, current, oldest: Math.max(1, current - kept + 1) }))
}
