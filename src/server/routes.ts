// The routes of the API. Each is a schema, one question to the controller, and its answer.
import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { ControllerFacade } from '../controller/facade.ts'
import { UserError } from '../errors.ts'
import { applyBody, commandGroup, setPause, specView } from './commands.ts'
import type { EventStream } from './events.ts'
import * as s from './schemas.ts'
import { refusalOf } from './problemReply.ts'
import { readSpecInput } from './specInput.ts'
import { ApplyBody } from './specSchemas.ts'

type GroupRoute = { Params: { group: string } }
type CommandRoute<Body extends TSchema> = GroupRoute & { Body: Static<Body> }

const defaultHistory = 50
const explained = 20

/** Errors are described once for all routes: any of them may be refused. */
function described(summary: string, answer: TSchema, rest: FastifySchema = {}): FastifySchema {
  return { summary, ...rest, response: { 200: answer, default: s.Problem } }
}

const ofGroup = { params: s.GroupParams }

export function healthRoutes(app: FastifyInstance, facade: ControllerFacade): void {
  app.get('/healthz', { schema: described('Whether this process lives.', s.Health) }, () => ({
    ok: true,
    installation: facade.installation,
  }))
  app.get('/readyz', { schema: described('Whether commands are taken, and of how many groups nothing is known yet.', s.Readiness) }, () => {
    const statuses = facade.statuses()
    return { ready: true, groups: statuses.length, unheard: statuses.filter((status) => status.state === 'unknown').length }
  })
}

export function groupRoutes(app: FastifyInstance, facade: ControllerFacade): void {
  const at = '/api/v1/groups'
  app.get(at, { schema: described('Every group.', s.Groups, { querystring: s.EmptyQuery }) }, () => ({ groups: facade.statuses() }))
  app.get<GroupRoute>(`${at}/:group`, { schema: described('One group.', s.GroupStatus, ofGroup) }, (request) =>
    facade.status(request.params.group),
  )
  app.get<GroupRoute>(
    `${at}/:group/explain`,
    { schema: described('One group with what was decided or refused lately, and why.', s.Explanation, ofGroup) },
    async ({ params }) => ({ status: facade.status(params.group), recent: await facade.history(params.group, explained) }),
  )
  app.get<GroupRoute & { Querystring: Static<typeof s.HistoryQuery> }>(
    `${at}/:group/history`,
    {
      schema: described('Decisions, refusals and events of a group, newest first.', s.History, { ...ofGroup, querystring: s.HistoryQuery }),
    },
    async ({ params, query }) => {
      const limit = query.limit ?? defaultHistory
      const found = await facade.history(params.group, limit + 1, query.before)
      const entries = found.slice(0, limit)
      return { entries, next: found.length > limit ? (entries.at(-1)?.seq ?? null) : null }
    },
  )
}

export function commandRoutes(app: FastifyInstance, facade: ControllerFacade, wall: () => number): void {
  const at = '/api/v1/groups/:group'
  const taking = (body: TSchema) => ({ ...ofGroup, body })
  app.post<CommandRoute<typeof s.SwitchoverBody>>(
    `${at}/switchover`,
    { schema: described('Moves the primary without losing a write.', s.Accepted, taking(s.SwitchoverBody)) },
    (request) => commandGroup(facade, request.params.group, { name: 'switchover', ...askedFor(request) }),
  )
  app.post<CommandRoute<typeof s.FailoverBody>>(
    `${at}/failover`,
    { schema: described('Promotes a replica although writes may be lost.', s.Accepted, taking(s.FailoverBody)) },
    (request) => commandGroup(facade, request.params.group, { name: 'failover', ...askedFor(request) }),
  )
  app.post<CommandRoute<typeof s.PauseBody>>(
    `${at}/pause`,
    { schema: described('Decide nothing in this group until the pause ends.', s.Paused, taking(s.PauseBody)) },
    async (request) => {
      const { forMs = s.defaultPauseMs, why = '' } = request.body
      const by = byOf(request)
      return await setPause(facade, request.params.group, { until: wall() + forMs, by, why }, by, why)
    },
  )
  app.post<CommandRoute<typeof s.ResumeBody>>(
    `${at}/resume`,
    { schema: described('Ends the pause of a group.', s.Paused, taking(s.ResumeBody)) },
    async (request) => await setPause(facade, request.params.group, null, byOf(request), request.body.why ?? ''),
  )
}

function askedFor(request: FastifyRequest<{ Body: { to?: string; dryRun?: boolean } }>) {
  return { to: request.body.to ?? null, dryRun: request.body.dryRun ?? false, by: byOf(request) }
}

export function specRoutes(app: FastifyInstance, facade: ControllerFacade): void {
  app.get('/api/v1/spec', { schema: described('What the operators asked for.', s.Spec) }, () => specView(facade))
  app.post<{ Body: unknown }>(
    '/api/v1/spec',
    {
      schema: described('Changes many groups as one revision, all or nothing.', s.Applied, { body: ApplyBody }),
      // The handler checks the whole of it at once: shape, addresses and the rules of specs.
      validatorCompiler: () => () => true,
    },
    (request) => applyBody(facade, checkedBody(request.body), byOf(request)),
  )
}

function checkedBody(body: unknown): ApplyBody {
  const read = readSpecInput(ApplyBody, body)
  if (!read.ok) throw refusalOf('BAD_SPEC', read.problems)
  return body as ApplyBody
}

export function eventRoute(app: FastifyInstance, events: EventStream): void {
  const summary = 'Server-sent events: `log` (a LogEntry), `status` (a GroupStatus), `spec` (the new revision).'
  app.get('/events', { exposeHeadRoute: false, schema: { summary, produces: ['text/event-stream'] } }, (_request, reply) => {
    events.attach(reply.raw)
    reply.hijack()
  })
}

/** Who asks, for the history: what the header X-Regroup-By says, until there is authentication. */
function byOf(request: Pick<FastifyRequest, 'headers'>): string {
  const header = request.headers['x-regroup-by']
  if (header === undefined) return 'api'
  if (typeof header === 'string' && /^[\x20-\x7e]{1,64}$/.test(header)) return header
  throw new UserError('BAD_INPUT', 'the header X-Regroup-By must be a name of 1 to 64 printable ASCII characters')
}
