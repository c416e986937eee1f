// A rolling restart: begun, a node's turn, ended. Each is one revision of the spec, so that whoever goes on knows where it stands.
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { ControllerFacade } from '../controller/facade.ts'
import type { GroupId, GroupSpec, NodeId, Roll, WallTime } from '../core/model.ts'
import type { RollView } from '../core/roll.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import { groupIn, onCurrent } from './commands.ts'
import { commanding, described, looking, ofGroup } from './routes.ts'
import * as s from './schemas.ts'
import { why } from './specSchemas.ts'

/** A node that does not come back in this time is no longer spared an alarm. */
export const restartWithinMs = 30 * 60_000

const RollBody = Type.Object(
  {
    restart: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description: 'the name of the node that is restarted now; it is in maintenance from then on',
      }),
    ),
    end: Type.Optional(Type.Boolean({ description: 'true or false; true: the roll is over, whatever is left of it' })),
    why: Type.Optional(why),
    dryRun: Type.Optional(s.dryRun),
  },
  { additionalProperties: false, description: 'a mapping; without restart and end a roll is begun, or gone on with' },
)

const step = (kind: string, more: Record<string, Type.TSchema> = {}) => Type.Object({ kind: Type.Literal(kind), ...s.worded, ...more })

export const Rolling = Type.Object({
  roll: s.nullable(
    Type.Object({
      ...s.Roll,
      was: Type.Array(Type.Object({ node: s.text, incarnation: s.text }), { description: 'The process of each node when it began.' }),
      step: Type.Union([step('restart', { node: s.text }), step('switchover', { to: s.text }), step('wait'), step('doubt'), step('done')], {
        description: 'What is next. doubt: a person should look before it goes on.',
      }),
    }),
    'Null: none was begun.',
  ),
})

export function rollRoutes(app: FastifyInstance, wall: () => WallTime): void {
  type Route = { Params: { group: string } }
  const path = '/api/v1/groups/:group/roll'
  app.get<Route>(
    path,
    { config: looking, schema: described('Where a rolling restart stands, and what is next.', Rolling, ofGroup) },
    ({ controller, params }) => ({ roll: controller.roll(params.group) }),
  )
  app.post<Route & { Body: Static<typeof RollBody> }>(
    path,
    {
      config: commanding,
      schema: described('Begins a rolling restart or goes on with it, gives a node its turn, ends it.', Rolling, {
        ...ofGroup,
        body: RollBody,
      }),
    },
    ({ body, controller, params, who, dryRun }) => {
      const asked: Asked = { group: params.group, by: who.name, why: body.why ?? '', dryRun, at: wall() }
      if (body.end === true) return changed(controller, asked, 'the rolling restart ends', ended)
      if (body.restart !== undefined) return restart(controller, asked, body.restart)
      return begin(controller, asked)
    },
  )
}

interface Asked {
  readonly group: GroupId
  readonly by: string
  readonly why: string
  readonly dryRun: boolean
  readonly at: WallTime
}

/** Goes on with the one that was begun; else remembers the process of every node. Throws NOT_NOW when one does not answer. */
async function begin(facade: ControllerFacade, asked: Asked): Promise<Static<typeof Rolling>> {
  const { group, by, why, at } = asked
  const { nodes } = facade.status(group)
  const mute = nodes.filter((node) => node.health !== 'up' || node.incarnation === null).map((node) => node.id)
  return await changed(facade, asked, 'a rolling restart begins', (spec) => {
    if (spec.roll !== undefined) return { ...spec, roll: { ...spec.roll, since: at, by, why: why === '' ? spec.roll.why : why } }
    if (mute.length > 0) throw new UserError('NOT_NOW', say('refusal.rollMute', { names: mute }))
    const was = nodes.map(({ id, incarnation }) => ({ node: id, incarnation: incarnation ?? '' }))
    return { ...spec, roll: { since: at, by, why, was, turn: null } satisfies Roll }
  })
}

/** Gives a node its turn. Throws NOT_NOW when it is not the one that may be restarted now. */
async function restart(facade: ControllerFacade, asked: Asked, node: NodeId): Promise<Static<typeof Rolling>> {
  const roll = rollIn(facade, asked.group)
  if (roll.step.kind !== 'restart' || roll.step.node !== node)
    throw new UserError('NOT_NOW', say('refusal.rollTurn', { node, why: roll.step.said }))
  const { epoch } = facade.status(asked.group)
  return await changed(facade, asked, `${node} is restarted`, (spec) => {
    if (spec.roll === undefined) throw new UserError('NOT_NOW', say('refusal.rollEnded', { group: asked.group }))
    return { ...spec, roll: { ...spec.roll, turn: { node, epoch, until: asked.at + restartWithinMs } } }
  })
}

function ended({ roll: _over, ...rest }: GroupSpec): GroupSpec {
  return rest
}

/** Throws NOT_NOW when none was begun. */
function rollIn(facade: ControllerFacade, group: GroupId): RollView {
  const roll = facade.roll(group)
  if (roll === null) throw new UserError('NOT_NOW', say('refusal.noRoll', { group }))
  return roll
}

/** Writes the changed group as one revision, unless nothing changed. */
async function changed(
  facade: ControllerFacade,
  asked: Asked,
  what: string,
  change: (spec: GroupSpec) => GroupSpec,
): Promise<Static<typeof Rolling>> {
  const { group, by, why, dryRun } = asked
  await onCurrent(facade, null, async (groups, ifRevision) => {
    const spec = groupIn(groups, group)
    await facade.apply({ put: [change(spec)], remove: [], by, why: why === '' ? what : why, dryRun, ifRevision })
  })
  return { roll: facade.roll(group) as Static<typeof Rolling>['roll'] }
}
