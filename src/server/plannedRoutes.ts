// Routes for work that is planned.
import type { FastifyInstance } from 'fastify'
import { maintenanceRoutes } from './maintenance.ts'

export function plannedRoutes(app: FastifyInstance, wall: () => number): void {
  maintenanceRoutes(app, wall)
}
