// Whether a whole spec may be stored: its own rules, what this server has, and what is under way in its groups.
import { type GroupRecord, type GroupSpec, type Policy, isMoving } from '../core/model.ts'
import { checkSpec } from '../core/spec.ts'
import { type Said, say } from '../core/said.ts'
import { type ErrorCode, UserError } from '../errors.ts'
import type { SpecRevision } from './facade.ts'

export interface Surroundings {
  /** Under every policy of the spec. */
  readonly defaults: Partial<Policy>
  readonly credentials: Pick<ReadonlySet<string>, 'has'>
  readonly recordOf: (group: string) => GroupRecord | null
  /** Groups that are to be removed and are not there. */
  readonly unknown: readonly string[]
}

interface Problem {
  readonly code: ErrorCode
  readonly said: Said
}

/** Throws every problem at once: UNKNOWN_GROUP or NODE_IS_PRIMARY when there is nothing else, or BAD_SPEC. */
export function mustBeSound({ groups, policies }: Pick<SpecRevision, 'groups' | 'policies'>, around: Surroundings): void {
  const problems: Problem[] = [
    ...checkSpec(groups, policies, around.defaults).map(bad),
    ...groups.flatMap((spec) => [...problemsOf(spec, around)]),
    ...around.unknown.map((group) => ({ code: 'UNKNOWN_GROUP', said: say('refusal.noGroup', { group }) }) as const),
  ]
  const [first, ...rest] = problems
  if (first === undefined) return
  if (rest.length === 0) throw new UserError(first.code, first.said)
  const code = rest.every((other) => other.code === first.code) ? first.code : 'BAD_SPEC'
  throw new UserError(
    code,
    say('refusal.specProblems', { count: problems.length }),
    problems.map(({ said }) => said),
  )
}

function bad(said: Said): Problem {
  return { code: 'BAD_SPEC', said }
}

function* problemsOf(spec: GroupSpec, { credentials, recordOf }: Surroundings): Generator<Problem> {
  const { credential } = spec
  if (credential !== null && !credentials.has(credential)) yield bad(say('spec.noCredential', { group: spec.id, credential }))
  const said = primaryTaken(spec, recordOf(spec.id))
  if (said !== null) yield { code: 'NODE_IS_PRIMARY', said }
}

/** The node without which the group's record would name nobody is not in its spec any more. */
function primaryTaken(spec: GroupSpec, record: GroupRecord | null): Said | null {
  if (record === null) return null
  const needed = isMoving(record) ? [record.primary, record.candidate] : [record.primary]
  const gone = needed.find((id) => !spec.nodes.some((node) => node.id === id))
  if (gone === undefined) return null
  const of = { node: gone, group: spec.id }
  return isMoving(record) && gone !== record.primary
    ? say('refusal.isCandidate', { ...of, phase: record.phase })
    : say('refusal.isPrimary', of)
}
