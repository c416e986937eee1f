// A group as it stood at an entry of its history.
import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import type { ControllerFacade } from '../controller/facade.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import { described, looking, ofGroup } from './routes.ts'
import * as s from './schemas.ts'

/** How far back a moment is looked for when the entry itself has none. */
const maxBack = 500

export function pastRoute(app: FastifyInstance): void {
  app.get<{ Params: { group: string }; Querystring: Static<typeof s.AtQuery> }>(
    '/api/v1/groups/:group/at',
    {
      config: looking,
      schema: described('How the group stood at an entry of its history: roles, epoch, phase, and why.', s.Past, {
        ...ofGroup,
        querystring: s.AtQuery,
      }),
    },
    async ({ controller, params, query }) => await pastOf(controller, params.group, query.seq),
  )
}

/** Throws UNKNOWN_GROUP, UNKNOWN_ENTRY. */
async function pastOf(controller: ControllerFacade, group: string, seq: number) {
  const [entry, ...before] = await controller.history(group, maxBack, seq + 1)
  if (entry?.seq !== seq) throw new UserError('UNKNOWN_ENTRY', say('refusal.noEntry', { group, seq }))
  const [newest] = await controller.history(group, 1)
  const moment = [entry, ...before].find((one) => one.moment !== undefined)?.moment ?? null
  return {
    entry,
    moment,
    exact: entry.moment !== undefined,
    previous: before[0]?.seq ?? null,
    next: newest !== undefined && newest.seq > seq ? seq + 1 : null,
  }
}
