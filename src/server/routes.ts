// The routes of the API. Each is a schema, one question to the controller, and its answer.
import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { ControllerFacade } from '../controller/facade.ts'
import { access } from './access.ts'
import { applyBody, commandGroup, setPause, viewOf } from './commands.ts'
import type { EventStream } from './events.ts'
import type { HttpOptions } from './http.ts'
import { metricsPage, metricsType } from './metrics.ts'
import { Turns } from './turns.ts'
import { epochTag, revisionTag } from './preconditions.ts'
import * as s from './schemas.ts'
import { refusalOf } from './problemReply.ts'
import { readSpecInput } from './specInput.ts'
import { ApplyBody } from './specSchemas.ts'
import { compile } from './validation.ts'

type GroupRoute = { Params: { group: string } }
type CommandRoute<Body extends TSchema> = GroupRoute & { Body: Static<Body> }

const defaultHistory = 50
const explained = 20

/** Errors are described once for all routes: any of them may be refused. */
export function described(summary: string, answer: TSchema, rest: FastifySchema = {}): FastifySchema {
  return { summary, ...rest, response: { 200: answer, default: s.Problem } }
}

export const ofGroup = { params: s.GroupParams }

const anybody = access('public', 'self')
export const looking = access('viewer', 'group')
export const commanding = access('operator', 'group', true)

export function healthRoutes(app: FastifyInstance, facade: ControllerFacade): void {
  app.get('/healthz', { config: anybody, schema: described('Whether this process lives.', s.Health) }, () => ({
    ok: true,
    installation: facade.installation,
  }))
  const ready = described('Whether commands are taken, and of how many groups nothing is known yet.', s.Readiness)
  app.get('/readyz', { config: anybody, schema: ready }, () => {
    const glances = facade.glances()
    return { ready: true, groups: glances.length, unheard: glances.filter(({ known }) => !known).length }
  })
}

export function metricsRoute(app: FastifyInstance, { vitals, version, now }: Pick<HttpOptions, 'vitals' | 'version' | 'now'>): void {
  const summary = 'The process, every group and every node as numbers, in the text format of Prometheus.'
  app.get('/metrics', { config: access('viewer', 'groups'), schema: { summary, produces: ['text/plain'] } }, async (request, reply) => {
    return reply.type(metricsType).send(await metricsPage(request.controller, vitals.read(), version, new Turns(now)))
  })
}

export function groupRoutes(app: FastifyInstance): void {
  const at = '/api/v1/groups'
  app.get(
    at,
    { config: access('viewer', 'groups'), schema: described('Every group.', s.Groups, { querystring: s.EmptyQuery }) },
    ({ controller }) => ({ groups: controller.statuses() }),
  )
  app.get<GroupRoute>(`${at}/:group`, { config: looking, schema: described('One group.', s.GroupStatus, ofGroup) }, (request, reply) => {
    const status = request.controller.status(request.params.group)
    void reply.header('etag', epochTag(status.epoch))
    return status
  })
  app.get<GroupRoute>(
    `${at}/:group/explain`,
    { config: looking, schema: described('One group with what was decided or refused lately, and why.', s.Explanation, ofGroup) },
    async ({ controller, params: { group } }) => ({ status: controller.status(group), recent: await controller.history(group, explained) }),
  )
  app.get<GroupRoute & { Querystring: Static<typeof s.HistoryQuery> }>(
    `${at}/:group/history`,
    {
      config: looking,
      schema: described('Decisions, refusals and events of a group, newest first.', s.History, { ...ofGroup, querystring: s.HistoryQuery }),
    },
    async ({ controller, params, query }) => {
      const limit = query.limit ?? defaultHistory
      const found = await controller.history(params.group, limit + 1, query.before)
      const entries = found.slice(0, limit)
      return { entries, next: found.length > limit ? (entries.at(-1)?.seq ?? null) : null }
    },
  )
}

export function commandRoutes(app: FastifyInstance, wall: () => number): void {
  const at = '/api/v1/groups/:group'
  const taking = (body: TSchema) => ({ ...ofGroup, body })
  app.post<CommandRoute<typeof s.SwitchoverBody>>(
    `${at}/switchover`,
    { config: commanding, schema: described('Moves the primary without losing a write.', s.Accepted, taking(s.SwitchoverBody)) },
    (request) => commandGroup(request.controller, request.params.group, { name: 'switchover', ...askedFor(request) }),
  )
  app.post<CommandRoute<typeof s.FailoverBody>>(
    `${at}/failover`,
    { config: commanding, schema: described('Promotes a replica although writes may be lost.', s.Accepted, taking(s.FailoverBody)) },
    (request) => commandGroup(request.controller, request.params.group, { name: 'failover', ...askedFor(request) }),
  )
  app.post<CommandRoute<typeof s.PauseBody>>(
    `${at}/pause`,
    { config: commanding, schema: described('Decide nothing in this group until the pause ends.', s.Paused, taking(s.PauseBody)) },
    async (request) => {
      const { forMs = s.defaultPauseMs, why = '' } = request.body
      const by = request.who.name
      return await setPause(request.controller, request.params.group, { until: wall() + forMs, by, why }, by, why)
    },
  )
  app.post<CommandRoute<typeof s.ResumeBody>>(
    `${at}/resume`,
    { config: commanding, schema: described('Ends the pause of a group.', s.Paused, taking(s.ResumeBody)) },
    async (request) => await setPause(request.controller, request.params.group, null, request.who.name, request.body.why ?? ''),
  )
}

function askedFor(request: FastifyRequest<{ Body: { to?: string; dryRun?: boolean } }>) {
  return { to: request.body.to ?? null, dryRun: request.body.dryRun ?? false, by: request.who.name }
}

export function specRoutes(app: FastifyInstance): void {
  const asked = described('What the operators asked for.', s.Spec)
  app.get('/api/v1/spec', { config: access('viewer', 'groups'), schema: asked }, ({ controller }, reply) => {
    const spec = viewOf(controller.spec())
    void reply.header('etag', revisionTag(spec.revision))
    return spec
  })
  app.post<{ Body: unknown }>(
    '/api/v1/spec',
    {
      config: access('operator', 'groups', true),
      schema: described('Changes many groups as one revision, all or nothing.', s.Applied, { body: ApplyBody }),
      // The handler checks the whole of it at once: shape, addresses and the rules of specs.
      validatorCompiler: (part) => (part.httpPart === 'body' ? () => true : compile(part)),
    },
    (request) => applyBody(request.controller, checkedBody(request.body), request.who.name),
  )
}

function checkedBody(body: unknown): ApplyBody {
  const read = readSpecInput(ApplyBody, body)
  if (!read.ok) throw refusalOf('BAD_SPEC', read.problems)
  return body as ApplyBody
}

export function eventRoute(app: FastifyInstance, events: EventStream): void {
  const summary =
    'Server-sent events: `log` (a LogEntry), `status` (a GroupStatus), `spec` (the new revision), `topology`, and `beat` every 15 s. With the header Last-Event-ID ' +
    'it goes on after that event; when that is not known any more, or with `state=true`, it begins with `state`: {why, revision, groups}.'
  const schema = { summary, querystring: s.EventsQuery, produces: ['text/event-stream'] }
  app.get<{ Querystring: Static<typeof s.EventsQuery> }>(
    '/events',
    { exposeHeadRoute: false, config: access('viewer', 'groups'), schema },
    (request, reply) => {
      const { who, whoNow, controller, headers } = request
      const lastId = headers['last-event-id']
      // What the hooks said of this answer is said of the stream too.
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value)
      events.attach(reply.raw, {
        who,
        whoNow,
        controller,
        lastId: typeof lastId === 'string' ? lastId : null,
        wantsState: request.query.state ?? false,
      })
      reply.hijack()
    },
  )
}
