// What would happen if something died or were stopped: a question, which changes nothing.
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { StopPlan } from '../core/stopPlan.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import { described, looking, ofGroup } from './routes.ts'
import { Said, nullable, text, worded } from './schemas.ts'

const whom = (verb: string) =>
  Type.String({
    minLength: 1,
    maxLength: 270,
    description: `what ${verb}: a node of the group, "all", or a host: then every group with a node there is asked`,
  })

const PlanQuery = Type.Object(
  { ifDies: Type.Optional(whom('fails by itself')), stop: Type.Optional(whom('is stopped')) },
  { additionalProperties: false },
)

const names = Type.Array(text)

export const Plans = Type.Object({
  plans: Type.Array(
    Type.Object({
      group: text,
      what: Type.Enum(['dies', 'stops']),
      nodes: names,
      safety: Type.Enum(['safe', 'prepare', 'outage', 'risk'], {
        description:
          'safe: writes go on, a primary that dies meanwhile is replaced without known loss. prepare: so after `first`. outage: nobody can write until it is back, nothing is lost in this order. risk: see `reasons`.',
      }),
      ...worded,
      outcomes: Type.Array(
        Type.Object({
          when: text,
          whenSaid: Said,
          rule: text,
          ...worded,
          primary: nullable(text, 'Who would be primary then; null: nobody.'),
          loss: nullable(text, 'What is known to be lost or risked.'),
          lossSaid: nullable(Said),
          writes: Type.Union([
            Type.Object({ stop: Type.Enum(['no', 'until']) }),
            Type.Object({
              stop: Type.Literal('moment'),
              waitsMs: Type.Number({ description: 'What the rules wait; the work of promoting comes on top.' }),
            }),
          ]),
        }),
      ),
      reasons: names,
      reasonsSaid: Type.Array(Said),
      first: Type.Array(text, { description: 'Commands to give before.' }),
      stop: Type.Array(text, { description: 'The order of stopping.' }),
      start: Type.Array(text, { description: 'The order of starting.' }),
    }),
  ),
})

export function stopPlanRoutes(app: FastifyInstance): void {
  app.get<{ Params: { group: string }; Querystring: Static<typeof PlanQuery> }>(
    '/api/v1/groups/:group/plan',
    {
      config: looking,
      schema: described('What would happen if something died or were stopped now, by the rules that would decide it.', Plans, {
        ...ofGroup,
        querystring: PlanQuery,
      }),
    },
    ({ controller, params: { group }, query: { ifDies, stop } }) => {
      if (ifDies !== undefined && stop === undefined) return answered(controller.plan(group, 'dies', ifDies))
      if (stop !== undefined && ifDies === undefined) return answered(controller.plan(group, 'stops', stop))
      throw new UserError('BAD_INPUT', say('refusal.planWhat'))
    },
  )
}

async function answered(plans: Promise<readonly StopPlan[]>): Promise<{ readonly plans: readonly StopPlan[] }> {
  return { plans: await plans }
}
