// What the routes ask of the controller where one call is not enough: it keeps what a request is silent about.
import type { ApplyResult, ControllerFacade, SpecRevision } from '../controller/facade.ts'
import type { GroupId, GroupSpec, OperatorPause } from '../core/model.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { Command } from '../ports.ts'
import type { Paused, Spec } from './schemas.ts'
import type { ApplyBody, GroupInput } from './specSchemas.ts'
import { groupOf, inputOf } from './specInput.ts'

/** Somebody else wrote between our reading and our writing. Three of those in a row are a storm; the caller should know. */
const attempts = 3

/** A revision in the form that people write. */
export function viewOf({ revision, at, by, why, groups, policies }: SpecRevision): Spec {
  const pauses = groups.flatMap((group) => (group.pause === null ? [] : [[group.id, group.pause] as const]))
  const rules = policies.map(({ match, policy }) => ({ match, policy }))
  return { revision, at, by, why, groups: groups.map(inputOf), policies: rules, pauses: Object.fromEntries(pauses) }
}

/** Applies a checked body. Pauses and maintenance of the groups it names stay as they are. */
export async function applyBody(facade: ControllerFacade, body: ApplyBody, by: string): Promise<ApplyResult> {
  return await onCurrent(facade, body.ifRevision ?? null, async (groups, ifRevision) => {
    const current = new Map(groups.map((group) => [group.id, group]))
    const put = (body.groups ?? []).map((input: GroupInput) => groupOf(input, current.get(input.name)))
    const { remove = [], why = '', dryRun = false } = body
    const policies = body.policies === undefined ? {} : { policies: body.policies }
    return await facade.apply({ put, remove, ...policies, by, why, dryRun, ifRevision })
  })
}

/** Sets or ends a group's pause. Ending what is not paused changes nothing. */
export async function setPause(
  facade: ControllerFacade,
  group: GroupId,
  pause: OperatorPause | null,
  by: string,
  why: string,
): Promise<Paused> {
  return await onCurrent(facade, null, async (groups, ifRevision) => {
    const spec = groupIn(groups, group)
    if (pause === null && spec.pause === null) return { revision: ifRevision, pause }
    const { revision } = await facade.apply({ put: [{ ...spec, pause }], remove: [], by, why, dryRun: false, ifRevision })
    return { revision, pause }
  })
}

/** Throws UNKNOWN_GROUP. */
export function groupIn(groups: readonly GroupSpec[], id: GroupId): GroupSpec {
  const spec = groups.find((candidate) => candidate.id === id)
  if (spec === undefined) throw new UserError('UNKNOWN_GROUP', say('refusal.noGroup', { group: id }))
  return spec
}

/** Runs a read-modify-write on the current spec, again when another writer came first and the caller did not name a revision. */
export async function onCurrent<T>(
  facade: ControllerFacade,
  ifRevision: number | null,
  write: (groups: readonly GroupSpec[], revision: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const { revision, groups } = facade.spec()
    try {
      return await write(groups, ifRevision ?? revision)
    } catch (error) {
      const lostRace = error instanceof UserError && error.code === 'REVISION_CONFLICT'
      if (!lostRace || ifRevision !== null || attempt === attempts) throw error
    }
  }
}

/** Gives a command to a group; a refusal is thrown with its code and sentence. */
export async function commandGroup(facade: ControllerFacade, group: GroupId, command: Command) {
  const answer = await facade.command(group, command)
  if (!answer.ok) throw new UserError(answer.code, answer.said)
  return answer
}
