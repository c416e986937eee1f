// Whether a whole spec may be stored: its own rules, what this server has, and what is under way in its groups.
import { type GroupRecord, type GroupSpec, type Policy, isMoving } from '../core/model.ts'
import { checkSpec } from '../core/spec.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { SpecRevision } from './facade.ts'

export interface Surroundings {
  /** Under every policy of the spec. */
  readonly defaults: Partial<Policy>
  readonly credentials: Pick<ReadonlySet<string>, 'has'>
  readonly recordOf: (group: string) => GroupRecord | null
}

/** Throws BAD_SPEC with every problem, or NODE_IS_PRIMARY. */
export function mustBeSound({ groups, policies }: Pick<SpecRevision, 'groups' | 'policies'>, around: Surroundings): void {
  const problems = checkSpec(groups, policies, around.defaults)
  for (const spec of groups) {
    if (spec.credential !== null && !around.credentials.has(spec.credential)) {
      problems.push(say('spec.noCredential', { group: spec.id, credential: spec.credential }))
    }
    mustKeepPrimary(spec, around.recordOf(spec.id))
  }
  const [first, ...rest] = problems
  if (first === undefined) return
  throw rest.length === 0
    ? new UserError('BAD_SPEC', first)
    : new UserError('BAD_SPEC', say('refusal.specProblems', { count: problems.length }), problems)
}

function mustKeepPrimary(spec: GroupSpec, record: GroupRecord | null): void {
  if (record === null) return
  const needed = isMoving(record) ? [record.primary, record.candidate] : [record.primary]
  const gone = needed.find((id) => !spec.nodes.some((node) => node.id === id))
  if (gone === undefined) return
  const of = { node: gone, group: spec.id }
  const said =
    isMoving(record) && gone !== record.primary ? say('refusal.isCandidate', { ...of, phase: record.phase }) : say('refusal.isPrimary', of)
  throw new UserError('NODE_IS_PRIMARY', said)
}
