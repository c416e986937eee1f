// A switchover at an instant to come: asked for, looked at in the status, taken back. It stands in the spec; the rules make or refuse it.
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { GroupSpec, Scheduled, WallTime } from '../core/model.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import { groupIn, onCurrent } from './commands.ts'
import { commanding, described, ofGroup } from './routes.ts'
import { ScheduledAnswer, dryRun, to } from './schemas.ts'
import { why } from './specSchemas.ts'

/** Who plans further ahead plans something else. */
const maxAheadMs = 366 * 86_400_000

const ScheduleBody = Type.Object(
  {
    at: Type.Optional(Type.Integer({ description: 'milliseconds since 1970, at most a year ahead' })),
    to: Type.Optional(to),
    cancel: Type.Optional(Type.Boolean({ description: 'true or false; true: no switchover is scheduled any more' })),
    why: Type.Optional(why),
    dryRun: Type.Optional(dryRun),
  },
  { additionalProperties: false, description: 'a mapping with at, or with cancel' },
)
type ScheduleBody = Static<typeof ScheduleBody>

export function scheduleRoutes(app: FastifyInstance, wall: () => WallTime): void {
  app.post<{ Params: { group: string }; Body: ScheduleBody }>(
    '/api/v1/groups/:group/schedule',
    {
      config: commanding,
      schema: described('Schedules a switchover, or takes it back. There is one at most.', ScheduledAnswer, {
        ...ofGroup,
        body: ScheduleBody,
      }),
    },
    ({ body, controller, params: { group }, who, dryRun: onlySay }) => {
      const now = wall()
      const by = who.name
      const cancel = body.cancel ?? false
      const wanted = cancel ? null : scheduled(body, by, now)
      return onCurrent(controller, null, async (groups, ifRevision) => {
        const spec = groupIn(groups, group)
        checkNode(spec, wanted)
        const { scheduled: _before, ...rest } = spec
        const put = [wanted === null ? rest : { ...rest, scheduled: wanted }]
        const { revision } = await controller.apply({ put, remove: [], by, why: body.why ?? '', dryRun: onlySay, ifRevision })
        return { revision, scheduled: wanted }
      })
    },
  )
}

function scheduled({ at, to: node, why: text = '' }: ScheduleBody, by: string, now: WallTime): Scheduled {
  if (at === undefined) throw new UserError('BAD_INPUT', say('refusal.atMissing'))
  if (at <= now)
    throw new UserError('BAD_INPUT', say('refusal.atPast', { at: new Date(at).toISOString(), now: new Date(now).toISOString() }))
  if (at > now + maxAheadMs) throw new UserError('BAD_INPUT', say('refusal.atFar', { at: new Date(Math.min(at, 8.64e15)).toISOString() }))
  return { at, to: node ?? null, by, why: text }
}

function checkNode(spec: GroupSpec, wanted: Scheduled | null): void {
  if (wanted === null || wanted.to === null || spec.nodes.some((node) => node.id === wanted.to)) return
  const names = spec.nodes.map((node) => node.id)
  throw new UserError('UNKNOWN_NODE', say('refusal.noNode', { group: spec.id, node: wanted.to, names }))
}
