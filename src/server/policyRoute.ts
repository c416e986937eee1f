// The policy of a group as it is in force, and where each value comes from.
import type { FastifyInstance } from 'fastify'
import { described, looking } from './routes.ts'
import * as s from './schemas.ts'

export function policyRoute(app: FastifyInstance): void {
  app.get<{ Params: { group: string } }>(
    '/api/v1/groups/:group/policy',
    {
      config: looking,
      schema: described('The policy of a group in force, and where each value comes from.', s.EffectivePolicy, { params: s.GroupParams }),
    },
    ({ controller, params: { group } }): s.EffectivePolicy => ({ group, policy: controller.policy(group) }),
  )
}
