// The HTTP API. It decides nothing: it checks what comes in, asks the controller, and says what came of it.
import swagger from '@fastify/swagger'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import { Convert } from 'typebox/value'
import type { ControllerFacade } from '../controller/facade.ts'
import { formatAddress, parseAddress } from '../core/address.ts'
import type { Address } from '../core/model.ts'
import { UserError } from '../errors.ts'
import { type Who, accessOf, checkAccess, declaredRoutes } from './access.ts'
import { checkSite, isLoopback } from './crossSite.ts'
import { startEvents } from './events.ts'
import type { EventStream } from './events.ts'
import { narrowed } from './narrowed.ts'
import { errorHandler, refusalOf, sendProblem } from './problemReply.ts'
import { problemsOf } from './problems.ts'
import type { Vitals } from './metrics.ts'
import { plannedRoutes } from './plannedRoutes.ts'
import { revisionRoutes } from './revisionRoutes.ts'
import { access, commandRoutes, eventRoute, groupRoutes, healthRoutes, metricsRoute, specRoutes } from './routes.ts'

type Facts = Readonly<Record<string, unknown>>

export interface HttpLog {
  info(event: string, facts: Facts): void
  error(event: string, facts: Facts): void
}

export interface HttpOptions {
  readonly facade: ControllerFacade
  /** host:port; port 0 takes a free one. Loopback only. */
  readonly listen: string
  readonly log: HttpLog
  /** Milliseconds since 1970. */
  readonly wall: () => number
  /** Runs something each so many milliseconds; returns how to stop. */
  readonly every: (ms: number, run: () => void) => () => void
  readonly version: string
  readonly vitals: () => Vitals
}

export interface HttpServer {
  /** host:port that is listened on. */
  readonly address: string
  close(): Promise<void>
}

/** 20,000 groups of three nodes in one apply. */
const maxBodyBytes = 16 * 1_048_576
/** A request that needs longer to arrive is no command. */
const requestTimeoutMs = 30_000

/** Serves the API until closed. Throws LISTEN_REFUSED for an address that is taken or not loopback. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const wanted = listenAddress(options.listen)
  const events = startEvents(options.facade, options.every)
  try {
    const app = await appOf(options, events)
    await app.listen(wanted)
    const bound = app.server.address()
    const address = formatAddress({ host: wanted.host, port: typeof bound === 'object' && bound !== null ? bound.port : wanted.port })
    options.log.info('http.listening', { address })
    return { address, close: async () => await closing(app, events) }
  } catch (error) {
    events.close()
    throw listenError(error, options.listen)
  }
}

async function closing(app: FastifyInstance, events: EventStream): Promise<void> {
  events.close()
  await app.close()
}

/** What `listen` says, before anything is started. Throws LISTEN_REFUSED. Why loopback only: there is no authentication yet, and these commands move primaries. */
export function listenAddress(text: string): Address {
  const address = text.endsWith(':0') ? zeroPort(text) : parseAddress(text)
  if (address === null) throw new UserError('LISTEN_REFUSED', `${JSON.stringify(text)} is no address to listen on; write 127.0.0.1:7070`)
  if (isLoopback(address.host)) return address
  throw new UserError(
    'LISTEN_REFUSED',
    `${text} can be reached from other machines and regroup has no authentication yet; listen on 127.0.0.1 and forward the port`,
  )
}

function zeroPort(text: string): Address | null {
  const address = parseAddress(`${text.slice(0, -1)}1`)
  return address === null ? null : { host: address.host, port: 0 }
}

function listenError(error: unknown, listen: string): unknown {
  const code = error instanceof Error ? (error as { readonly code?: unknown }).code : undefined
  if (code === 'EADDRINUSE')
    return new UserError('LISTEN_REFUSED', `${listen} is taken by another process; stop it or listen on another port`)
  if (code === 'EADDRNOTAVAIL' || code === 'EACCES') return new UserError('LISTEN_REFUSED', `${listen} cannot be listened on (${code})`)
  return error
}

async function appOf(options: HttpOptions, events: EventStream): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 100 },
    frameworkErrors: (error, _request, reply) => sendProblem(reply, new UserError('BAD_INPUT', error.message)),
  })
  app.setErrorHandler(errorHandler(options.log))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new UserError('UNKNOWN_ROUTE', `there is no ${request.method} ${request.url}; /api/v1/openapi.json lists what there is`),
    ),
  )
  app.setValidatorCompiler(({ schema, httpPart }) => validator(schema as TSchema, httpPart === 'querystring'))
  // Schemas of answers are for the document. Serializing by them would hide what they forgot.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  takeJson(app)
  declaredRoutes(app)
  guard(app, options.facade)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'regroup', description: 'Keeps replication groups of Pika, Redis and Valkey available.', version: options.version },
    },
  })
  healthRoutes(app, options.facade)
  metricsRoute(app, options)
  groupRoutes(app)
  commandRoutes(app, options.wall)
  specRoutes(app)
  revisionRoutes(app)
  plannedRoutes(app, options.wall)
  eventRoute(app, events)
  app.get('/api/v1/openapi.json', { config: access('public', 'self'), schema: { summary: 'This document.' } }, () => app.swagger())
  return app
}

/** Before anything of a request is read: whether it comes from our own pages, who asks, and whether he may. */
function guard(app: FastifyInstance, facade: ControllerFacade): void {
  app.decorateRequest('who')
  app.decorateRequest('controller')
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    checkSite(request)
    request.who = local(request.headers['x-regroup-by'])
    checkAccess(request.who, accessOf(request), (request.params as { readonly group?: string }).group)
    request.controller = narrowed(facade, request.who)
    done()
  })
}

/** Everybody on this machine, by the name that the header X-Regroup-By says. */
function local(by: string | string[] | undefined): Who {
  if (by !== undefined && (typeof by !== 'string' || !/^[\x20-\x7e]{1,64}$/.test(by)))
    throw new UserError('BAD_INPUT', 'the header X-Regroup-By must be a name of 1 to 64 printable ASCII characters')
  return { kind: 'local', name: by ?? 'api', role: 'admin', groups: ['*'] }
}

/** Queries arrive as texts; their numbers are read before they are judged. */
function validator(schema: TSchema, isQuery: boolean) {
  return (data: unknown) => {
    const value = isQuery ? Convert(schema, data) : data
    const problems = problemsOf(schema, value)
    return problems.length === 0 ? { value } : { error: refusalOf('BAD_INPUT', problems) }
  }
}

/** JSON bodies only; nothing at all counts as {}, since most commands need no body. */
function takeJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {})
    else void parse(request, body.toString(), done)
  })
}
