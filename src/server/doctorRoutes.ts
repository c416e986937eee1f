// The routes of the doctor: what it found, and to have it look now.
import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { access } from './access.ts'
import { described } from './routes.ts'
import * as s from './schemas.ts'

export function doctorRoutes(app: FastifyInstance): void {
  const at = '/api/v1/doctor'
  const found = 'What could make a failover fail or lose data, of every group, as it was when the doctor last looked.'
  app.get(
    at,
    { config: access('viewer', 'groups'), schema: described(found, s.DoctorReport, { querystring: s.EmptyQuery }) },
    ({ controller }) => controller.doctor(),
  )
  app.post<{ Body: Static<typeof s.ExamineBody> }>(
    at,
    {
      config: access('operator', 'groups'),
      schema: described('Looks now, at one group or at all, and says what was found. Changes nothing.', s.DoctorReport, {
        body: s.ExamineBody,
      }),
    },
    async ({ controller, body: { group } }) => {
      await controller.examine(group === undefined ? controller.doctor().groups.map((one) => one.group) : [group])
      return controller.doctor()
    },
  )
}
