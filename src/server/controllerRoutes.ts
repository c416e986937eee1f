// Who watches the groups. In this version it is one, and it decides alone.
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { probeEnds } from '../controller/counts.ts'
import { access } from './access.ts'
import type { HttpOptions } from './http.ts'
import { described } from './routes.ts'
import { EmptyQuery, text } from './schemas.ts'

const total = Type.Integer({ description: 'Since it began.' })

export const Controllers = Type.Object({
  controllers: Type.Array(
    Type.Object({
      installation: text,
      version: text,
      startedAt: Type.Integer({ description: 'Milliseconds since 1970.' }),
      /** Groups and nodes that the asker may see. */
      groups: Type.Integer(),
      nodes: Type.Integer(),
      heard: Type.Integer({ description: 'Nodes that answer.' }),
      votes: Type.String({ description: 'How many of how many observers its evidence comes from.' }),
      probes: Type.Object(Object.fromEntries(probeEnds.map((end) => [end, total] as const))),
    }),
  ),
})

export function controllerRoutes(app: FastifyInstance, { version, wall }: Pick<HttpOptions, 'version' | 'wall'>): void {
  const startedAt = wall()
  app.get(
    '/api/v1/controllers',
    { config: access('viewer', 'groups'), schema: described('Who watches the groups.', Controllers, { querystring: EmptyQuery }) },
    ({ controller }) => {
      const statuses = controller.statuses()
      const nodes = statuses.flatMap((status) => status.nodes)
      const heard = nodes.filter(({ health }) => health === 'up' || health === 'answering').length
      const own = { installation: controller.installation, version, startedAt, votes: '1 of 1', probes: { ...controller.totals().probes } }
      return { controllers: [{ ...own, groups: statuses.length, nodes: nodes.length, heard }] }
    },
  )
}
