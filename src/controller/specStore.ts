// The spec in the store: one key per group, and what each revision changed.
import type { GroupSpec, WallTime } from '../core/model.ts'
import type { PolicyRule } from '../core/policyLayers.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { Change, Store } from '../ports.ts'
import type { ApplyRequest, SpecChange, SpecRevision } from './facade.ts'
import { SpecHistory, revisionsKept } from './specHistory.ts'

type Head = Omit<SpecRevision, 'groups' | 'policies'>

const headKey = 'spec/head'
const policiesKey = 'spec/policies'
const groupKey = (id: string): string => `spec/group/${id}`

export class SpecStore {
  readonly history: SpecHistory
  readonly #store: Store
  readonly #versions = new Map<string, number>()
  #current: SpecRevision = { revision: 0, at: 0, by: '', why: '', groups: [], policies: [] }

  private constructor(store: Store, kept: number) {
    this.#store = store
    this.history = new SpecHistory(store, kept)
  }

  /** Errors: those of the store. `kept`: how many revisions are remembered. */
  static async read(store: Store, kept = revisionsKept): Promise<SpecStore> {
    const specs = new SpecStore(store, kept)
    await specs.history.upgrade()
    await specs.#read()
    return specs
  }

  get current(): SpecRevision {
    return this.#current
  }

  async #read(): Promise<void> {
    const head = await this.#store.get<Head>(headKey)
    const groups = await this.#store.list<GroupSpec>('spec/group/')
    const policies = await this.#store.get<readonly PolicyRule[]>(policiesKey)
    this.#versions.clear()
    this.#versions.set(headKey, head?.version ?? 0)
    this.#versions.set(policiesKey, policies?.version ?? 0)
    for (const group of groups) this.#versions.set(group.key, group.version)
    const { revision, at, by, why } = head?.value ?? { revision: 0, at: 0, by: '', why: '' }
    this.#current = { revision, at, by, why, groups: groups.map((group) => group.value), policies: policies?.value ?? [] }
  }

  /**
   * Writes one revision, all or nothing; a removed group's record goes with it. Gives its number.
   * Throws REVISION_CONFLICT when somebody else wrote first, STORE_BROKEN when the store cannot say.
   */
  async write(
    request: Pick<ApplyRequest, 'by' | 'why' | 'remove'>,
    changes: readonly SpecChange[],
    after: Pick<SpecRevision, 'groups' | 'policies'>,
    at: WallTime,
  ): Promise<number> {
    const revision = this.#current.revision + 1
    const { by, why, remove } = request
    const changed = new Set(changes.map((change) => change.group))
    const put = after.groups.filter((group) => changed.has(group.id))
    const head: Head = { revision, at, by, why }
    const saved = await this.#store.commit(
      [
        { key: headKey, expected: this.#versions.get(headKey) ?? 0, value: head },
        ...(await this.history.remembering(head, changes, this.#current, after)),
        ...put.map((group): Change => ({ key: groupKey(group.id), expected: this.#versions.get(groupKey(group.id)) ?? 0, value: group })),
        ...(changed.has(null) ? [{ key: policiesKey, expected: this.#versions.get(policiesKey) ?? 0, value: after.policies }] : []),
        ...(await this.#removals(remove)),
      ],
      [],
    )
    await this.#read()
    if (saved.ok) return revision
    if (saved.reason === 'conflict') throw new UserError('REVISION_CONFLICT', say('refusal.specChanged'))
    // What was read after the attempt is the truth.
    const { current } = this
    if (current.revision === revision && current.by === by && current.at === at) return revision
    throw new UserError('STORE_BROKEN', say('refusal.specUnstored', { revision: current.revision, message: saved.message }))
  }

  async #removals(ids: readonly string[]): Promise<Change[]> {
    const changes: Change[] = []
    for (const id of ids) {
      changes.push({ key: groupKey(id), expected: this.#versions.get(groupKey(id)) ?? 0, value: null })
      for (const key of [recordKey(id), passageKey(id)]) {
        const stored = await this.#store.get(key)
        if (stored !== null) changes.push({ key, expected: stored.version, value: null })
      }
    }
    return changes
  }
}

export const recordPrefix = 'record/'

/** Where a group's record is. */
export function recordKey(group: string): string {
  return recordPrefix + group
}

/** Where the last change of its primary is. */
export function passageKey(group: string): string {
  return `passage/${group}`
}
