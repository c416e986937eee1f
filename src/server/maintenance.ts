// Maintenance of a node: an operator's word, kept in the spec. The primary hands over first, so it is refused while nobody can take over.
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { ControllerFacade } from '../controller/facade.ts'
import type { GroupId, GroupSpec, NodeId, NodeSpec, OperatorPause } from '../core/model.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import { groupIn, onCurrent } from './commands.ts'
import { commanding, described, ofGroup } from './routes.ts'
import { Accepted, Pause, defaultPauseMs, dryRun, maxPauseMs, nullable, text } from './schemas.ts'
import { why } from './specSchemas.ts'

const MaintainBody = Type.Object(
  {
    node: Type.String({ minLength: 1, maxLength: 63, description: 'the name of a node of the group' }),
    forMs: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: maxPauseMs,
        description: `1000 to ${maxPauseMs} ms (7 days); ${defaultPauseMs} when not given`,
      }),
    ),
    end: Type.Optional(Type.Boolean({ description: 'true or false; true: the maintenance ends now' })),
    why: Type.Optional(why),
    dryRun: Type.Optional(dryRun),
  },
  { additionalProperties: false, description: 'a mapping with node' },
)

export const Maintained = Type.Object({
  revision: Type.Integer(),
  node: text,
  maintenance: nullable(Pause),
  handover: nullable(Accepted, 'The switchover that comes first, when the node is the primary.'),
})
export type Maintained = Static<typeof Maintained>

export function maintenanceRoutes(app: FastifyInstance, wall: () => number): void {
  app.post<{ Params: { group: string }; Body: Static<typeof MaintainBody> }>(
    '/api/v1/groups/:group/maintain',
    {
      config: commanding,
      schema: described('Puts a node into maintenance, or ends it.', Maintained, { ...ofGroup, body: MaintainBody }),
    },
    (request) => {
      const { node, forMs = defaultPauseMs, end = false, why = '' } = request.body
      const { dryRun, who } = request
      const by = who.name
      const wanted = end ? null : { until: wall() + forMs, by, why }
      return setMaintenance(request.controller, { group: request.params.group, node, wanted, by, why, dryRun })
    },
  )
}

interface Asked {
  readonly group: GroupId
  readonly node: NodeId
  readonly wanted: OperatorPause | null
  readonly by: string
  readonly why: string
  readonly dryRun: boolean
}

/** Ending what is in no maintenance changes nothing. Throws NOT_NOW when the node is the primary and cannot hand over. */
async function setMaintenance(facade: ControllerFacade, asked: Asked): Promise<Maintained> {
  const { group, node, wanted, by, why, dryRun } = asked
  const handover = wanted === null ? null : await handoverOf(facade, group, node, by)
  return await onCurrent(facade, null, async (groups, ifRevision) => {
    const { spec, found } = nodeIn(groups, group, node)
    const unchanged = wanted === null && found.maintenanceUntil === null
    const put = [{ ...spec, nodes: spec.nodes.map((other) => (other === found ? maintained(found, wanted) : other)) }]
    const revision = unchanged ? ifRevision : (await facade.apply({ put, remove: [], by, why, dryRun, ifRevision })).revision
    return { revision, node, maintenance: wanted, handover }
  })
}

/** A node of the spec with its maintenance set or ended. */
export function maintained(node: NodeSpec, wanted: OperatorPause | null): NodeSpec {
  const { maintenanceNote: _before, ...plain } = node
  if (wanted === null) return { ...plain, maintenanceUntil: null }
  return { ...plain, maintenanceUntil: wanted.until, maintenanceNote: { by: wanted.by, why: wanted.why } }
}

/** The switchover that comes first; null when the node is not the primary. */
async function handoverOf(facade: ControllerFacade, group: GroupId, node: NodeId, by: string): Promise<Maintained['handover']> {
  const { primary, candidate, phase } = facade.status(group)
  if (candidate === node && (phase === 'failover' || phase === 'switchover'))
    throw new UserError('NOT_NOW', say('refusal.underWay', { phase, node }))
  if (primary !== node) return null
  const answer = await facade.command(group, { name: 'switchover', to: null, by, dryRun: true })
  if (answer.ok) return { ...answer, steps: [...answer.steps], stepsSaid: [...answer.stepsSaid] }
  throw new UserError(answer.code, say('refusal.noSuccessor', { group, node, why: answer.said }))
}

/** Throws UNKNOWN_GROUP and UNKNOWN_NODE. */
function nodeIn(groups: readonly GroupSpec[], group: GroupId, node: NodeId): { readonly spec: GroupSpec; readonly found: NodeSpec } {
  const spec = groupIn(groups, group)
  const found = spec.nodes.find((candidate) => candidate.id === node)
  if (found !== undefined) return { spec, found }
  throw new UserError('UNKNOWN_NODE', say('refusal.noNode', { group, node, names: spec.nodes.map(({ id }) => id) }))
}
