// The HTTP API. It decides nothing: it checks what comes in, asks the controller, and says what came of it.
import { X509Certificate } from 'node:crypto'
import { Server as TlsServer } from 'node:tls'
import swagger from '@fastify/swagger'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ControllerFacade } from '../controller/facade.ts'
import { formatAddress } from '../core/address.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { Store } from '../ports.ts'
import { access } from './access.ts'
import { auditRoute, loginRoutes, tokenRoutes, userRoutes } from './accountRoutes.ts'
import { Accounts } from './accounts.ts'
import { startAudit } from './audit.ts'
import { controllerRoutes } from './controllerRoutes.ts'
import { doctorRoutes } from './doctorRoutes.ts'
import { type CredentialDesk, credentialRoutes } from './credentialRoutes.ts'
import { docsPath, docsRoutes } from './docs.ts'
import { startEvents } from './events.ts'
import type { EventStream } from './events.ts'
import { cookieName, guard } from './guard.ts'
import { rememberAnswers } from './idempotency.ts'
import { addressIn, checkReach, listenError } from './listen.ts'
import type { Vitals } from './metrics.ts'
import { pageRoutes } from './page.ts'
import { pastRoute } from './pastRoute.ts'
import { plannedRoutes } from './plannedRoutes.ts'
import { backupRoute } from './backupRoute.ts'
import { policyRoute } from './policyRoute.ts'
import { revisionRoutes } from './revisionRoutes.ts'
import { errorHandler, sendProblem } from './problemReply.ts'
import { routeTable } from './routeTable.ts'
import type { DeclaredRoute } from './routeTable.ts'
import { commandRoutes, eventRoute, groupRoutes, healthRoutes, metricsRoute, specRoutes } from './routes.ts'
import { newId } from './secrets.ts'
import { Series, tickMs } from './series.ts'
import { seriesRoute, takeIn } from './seriesRoute.ts'
import { compile, takeJson } from './validation.ts'

type Facts = Readonly<Record<string, unknown>>

export interface HttpLog {
  info(event: string, facts: Facts): void
  error(event: string, facts: Facts): void
}

export interface HttpOptions {
  readonly facade: ControllerFacade
  /** Users, tokens, logins and the audit are kept in it. */
  readonly store: Store
  /** Whoever has it is an admin: for who may read the files of this server. Null: nobody. */
  readonly adminSecret: string | null
  /** host:port; port 0 takes a free one. Loopback only until somebody was named who may ask. */
  readonly listen: string
  readonly log: HttpLog
  /** Milliseconds since 1970. */
  readonly wall: () => number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Runs something each so many milliseconds; returns how to stop. */
  readonly every: (ms: number, run: () => void) => () => void
  readonly version: string
  /** `read`: for who scrapes metrics, the loop's delay since it was read before. `recent`: the same for who looks at the controllers. */
  readonly vitals: { readonly read: () => Vitals; readonly recent: () => Vitals }
  /** Not given: HTTP without TLS. */
  readonly certificate?: CertificateSource | null
  /** Beyond this machine without TLS: somebody in front of us ends it. */
  readonly plainHttp?: boolean
  /** The folder of the built page, which need not be there. Not given: no page. */
  readonly page?: string
  /** What the process knows of its credentials. Not given: no routes for them. */
  readonly credentials?: CredentialDesk
}

export interface CertificateSource {
  /** PEM text of both. */
  readonly current: { readonly cert: string; readonly key: string }
  /** Calls `changed` with each new pair; returns how to stop. */
  watch(changed: (next: CertificateSource['current']) => void): () => void
}

export interface HttpServer {
  /** host:port that is listened on. */
  readonly address: string
  readonly routes: readonly DeclaredRoute[]
  close(): Promise<void>
}

/** 20,000 groups of three nodes in one apply. */
const maxBodyBytes = 16 * 1_048_576
/** A request that needs longer to arrive is no command. */
const requestTimeoutMs = 30_000

/** Serves the API until closed. Throws LISTEN_REFUSED for an address that is taken, or reached by others while nobody has to say who he is. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const wanted = addressIn(options.listen)
  const accounts = await Accounts.open(options.store, options.wall, options.adminSecret)
  const events = startEvents(options.facade, newId(), options.every)
  const series = new Series()
  const stopSeries = options.every(tickMs, () => takeIn(series, options.facade, options.wall()))
  const hasTls = (options.certificate ?? null) !== null
  let stopCertificate = (): void => {}
  let app: FastifyInstance | null = null
  const close = async (): Promise<void> => {
    stopCertificate()
    stopSeries()
    events.close()
    accounts.close()
    await app?.close()
  }
  try {
    checkReach(options.listen, accounts.demanded, hasTls || (options.plainHttp ?? false))
    const made = await appOf(options, accounts, events, series)
    const { routes } = made
    app = made.app
    await app.listen(wanted)
    stopCertificate = renewing(app, options)
    const bound = app.server.address()
    const address = formatAddress({ host: wanted.host, port: typeof bound === 'object' && bound !== null ? bound.port : wanted.port })
    options.log.info('http.listening', { address, tls: hasTls, authentication: accounts.demanded })
    return { address, routes, close }
  } catch (error) {
    // Routes may have begun what only the end of the application ends.
    await close()
    throw listenError(error, options.listen)
  }
}

/** New connections get the newest certificate; those that stand keep theirs. */
function renewing(app: FastifyInstance, { certificate, log }: HttpOptions): () => void {
  const { server } = app
  if (!(server instanceof TlsServer) || certificate == null) return () => {}
  return certificate.watch((next) => {
    server.setSecureContext({ ...next })
    log.info('http.certificate', { validTo: new X509Certificate(next.cert).validTo })
  })
}

async function appOf(options: HttpOptions, accounts: Accounts, events: EventStream, series: Series) {
  const { current: https } = options.certificate ?? { current: null }
  const settings = {
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 100 },
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, new UserError('BAD_INPUT', say('text', { text: error.message }))),
  }
  // To the handlers both are the same.
  const app = https === null ? Fastify(settings) : (Fastify({ ...settings, https }) as unknown as FastifyInstance)
  app.setErrorHandler(errorHandler(options.log))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, new UserError('UNKNOWN_ROUTE', say('refusal.noRoute', { method: request.method, url: request.url }))),
  )
  app.setValidatorCompiler(compile)
  // Schemas of answers are for the document. Serializing by them would hide what they forgot.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  takeJson(app)
  const routes = routeTable(app, docsPath)
  const { facade, store, log, wall, version } = options
  const guarded = guard(app, facade, accounts, wall)
  rememberAnswers(app, wall)
  const audit = startAudit(app, store, log, wall)
  await app.register(swagger, { openapi: documentOf(version) })
  await docsRoutes(app)
  healthRoutes(app, facade)
  metricsRoute(app, options)
  loginRoutes(app, accounts, guarded)
  userRoutes(app, accounts)
  tokenRoutes(app, accounts, wall)
  auditRoute(app, audit)
  groupRoutes(app)
  seriesRoute(app, series)
  pastRoute(app)
  commandRoutes(app, wall)
  specRoutes(app)
  policyRoute(app)
  revisionRoutes(app)
  backupRoute(app)
  if (options.credentials !== undefined) credentialRoutes(app, options.credentials)
  plannedRoutes(app, options.wall)
  doctorRoutes(app)
  controllerRoutes(app, options)
  eventRoute(app, events)
  if (options.page !== undefined) await pageRoutes(app, options.page)
  app.get('/api/v1/openapi.json', { config: access('public', 'self'), schema: { summary: 'This document.' } }, () => app.swagger())
  return { app, routes }
}

function documentOf(version: string) {
  return {
    openapi: '3.1.0',
    info: { title: 'regroup', description: 'Keeps replication groups of Pika, Redis and Valkey available.', version },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token, or the secret of a login.' },
        login: { type: 'apiKey', in: 'cookie', name: cookieName, description: 'The login of a page.' },
      },
    },
  } as const
}
