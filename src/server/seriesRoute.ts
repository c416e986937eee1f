// The points of a group's charts.
import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import type { ControllerFacade } from '../controller/facade.ts'
import type { NodeFigures } from '../core/status.ts'
import { UserError } from '../errors.ts'
import { described, looking, ofGroup } from './routes.ts'
import * as s from './schemas.ts'
import { type Series, spans } from './series.ts'

export function seriesRoute(app: FastifyInstance, series: Series): void {
  app.get<{ Params: { group: string }; Querystring: Static<typeof s.SeriesQuery> }>(
    '/api/v1/groups/:group/series',
    {
      config: looking,
      schema: described('Lag, load and probe time of every node, for charts: the last hour or day since this process began.', s.Series, {
        ...ofGroup,
        querystring: s.SeriesQuery,
      }),
    },
    ({ controller, params: { group }, query: { span = 'hour' } }) => {
      // Throws for a group that is not there.
      controller.status(group)
      const points = series.read(group, span)
      return { span, ...(points ?? { endsAt: 0, everyMs: spans[span].everyMs, nodes: {} }) }
    },
  )
}

/** Takes in what the next groups in turn look like now. */
export function takeIn(series: Series, facade: ControllerFacade, wall: number): void {
  series.tick(
    facade.spec().groups.map((group) => group.id),
    (group) => figuresIn(facade, group),
    wall,
  )
}

/** Null for a group that does not run, as when this version cannot manage its engine. */
function figuresIn(facade: ControllerFacade, group: string): readonly NodeFigures[] | null {
  try {
    return facade.figures(group)
  } catch (error) {
    if (error instanceof UserError && error.code === 'UNKNOWN_GROUP') return null
    throw error
  }
}
