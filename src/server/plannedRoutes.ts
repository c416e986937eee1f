// Routes for work that is planned.
import type { FastifyInstance } from 'fastify'
import { maintenanceRoutes } from './maintenance.ts'
import { rollRoutes } from './roll.ts'
import { scheduleRoutes } from './schedule.ts'
import { stopPlanRoutes } from './stopPlan.ts'

export function plannedRoutes(app: FastifyInstance, wall: () => number): void {
  maintenanceRoutes(app, wall)
  stopPlanRoutes(app)
  rollRoutes(app, wall)
  scheduleRoutes(app, wall)
}
