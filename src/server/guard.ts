// Before a handler: whether the request comes from our own pages, who asks, whether he may, how often, and whether he knows what is.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ControllerFacade } from '../controller/facade.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import { type Who, accessOf, checkAccess, nobody } from './access.ts'
import type { Accounts, Known } from './accounts.ts'
import { checkSite, isLoopback } from './crossSite.ts'
import { narrowed } from './narrowed.ts'
import { expectation, isStale, staleness } from './preconditions.ts'
import { type Throttle, throttle } from './throttle.ts'

/** What a browser must not do with an answer of the API, whatever is in it. The page sets its own policy. */
const headers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
} as const

export const cookieName = 'regroup_login'
/** A page with 1,000 groups asks far less; a loop without a pause far more. */
const requests = { burst: 2000, everyMs: 2 }
/** Tokens that nobody has, and wrong passwords, from one address. */
const failures = { burst: 20, everyMs: 5000 }
/** Wrong passwords for one name, from wherever. Who knows it waits at most this long. */
const failuresOfName = { burst: 10, everyMs: 10_000 }

interface LoggedIn {
  readonly secret: string
  readonly known: Known
}

export interface Guard {
  /** Logs in, or throws UNAUTHENTICATED or TOO_MANY. */
  login(request: FastifyRequest, reply: FastifyReply, name: string, password: string): Promise<LoggedIn>
  /** The asker's own password again, before something that a stolen login must not do. Throws as `login`. */
  recheck(request: FastifyRequest, reply: FastifyReply, password: string): Promise<void>
}

/** `wall` counts how long one has to wait; a clock that is set back makes somebody wait longer, never less. */
export function guard(app: FastifyInstance, facade: ControllerFacade, accounts: Accounts, wall: () => number): Guard {
  const asked = throttle(requests.burst, requests.everyMs, wall)
  const failed = throttle(failures.burst, failures.everyMs, wall)
  const named = throttle(failuresOfName.burst, failuresOfName.everyMs, wall)
  for (const name of ['who', 'whoNow', 'login', 'expiresAt', 'dryRun', 'controller']) app.decorateRequest(name)
  app.addHook('onRequest', (request, reply, done) => {
    request.who = nobody
    request.login = null
    request.expiresAt = null
    request.dryRun = false
    void reply.headers(headers)
    checkSite(request, !accounts.demanded)
    take(asked, addressOf(request), reply, 'requests')
    const known = whoAsks(request, reply, accounts, failed)
    request.who = known.who
    request.whoNow = () => knownBy(request, accounts)?.who ?? nobody
    request.login = known.login
    request.expiresAt = known.expiresAt
    checkAccess(known.who, accessOf(request), (request.params as { readonly group?: string }).group)
    done()
  })
  app.addHook('preHandler', async (request) => {
    request.dryRun = saysDryRun(request.query) || saysDryRun(request.body)
    const expected = expectation(request, accessOf(request))
    request.controller = narrowed(facade, request.who, {
      dryRun: request.dryRun,
      ifRevision: expected?.of === 'spec' ? expected.revision : null,
    })
    // Between this comparison and the handler nothing is waited for.
    if (expected !== null && isStale(request.controller, expected)) throw await staleness(request.controller, expected)
  })
  const checked = async <T>(request: FastifyRequest, reply: FastifyReply, name: string, check: () => Promise<T | null>): Promise<T> => {
    take(failed, addressOf(request), reply, 'failed logins')
    take(named, name, reply, 'failed logins')
    const found = await check()
    if (found === null) throw new UserError('UNAUTHENTICATED', say('refusal.wrongPassword'))
    failed.giveBack(addressOf(request))
    named.giveBack(name)
    return found
  }
  return {
    login: async (request, reply, name, password) => await checked(request, reply, name, () => accounts.login(name, password)),
    async recheck(request, reply, password) {
      const { name } = request.who
      await checked(request, reply, name, async () => ((await accounts.knows(name, password)) ? true : null))
    },
  }
}

function take(from: Throttle, key: string, reply: FastifyReply, what: 'requests' | 'failed logins' | 'unknown tokens'): void {
  if (from.take(key)) return
  const seconds = from.retryAfter(key)
  void reply.header('retry-after', String(seconds))
  throw new UserError('TOO_MANY', say('refusal.tooMany', { what, seconds }))
}

/** Who asks. Throws UNAUTHENTICATED for a token that nobody has. */
function whoAsks(request: FastifyRequest, reply: FastifyReply, accounts: Accounts, failed: Throttle): Known {
  const known = knownBy(request, accounts)
  if (known !== null) return known
  take(failed, addressOf(request), reply, 'unknown tokens')
  throw new UserError('UNAUTHENTICATED', say('refusal.badToken'))
}

/** By a token, by a login, or because nobody has to say it yet; null for a token that nobody has. */
function knownBy(request: FastifyRequest, accounts: Accounts): Known | null {
  const { authorization, cookie } = request.headers
  if (authorization !== undefined) return accounts.whoHas(/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '')
  // A login that ended is no mistake: the page asks who it is and shows the form.
  const login = accounts.whoHas(cookieIn(cookie) ?? '')
  return login ?? { who: accounts.demanded ? nobody : local(request), expiresAt: null, login: null }
}

function cookieIn(header: string | undefined): string | undefined {
  return new RegExp(`(?:^|;\\s*)(?:__Host-)?${cookieName}=([^;\\s]+)`).exec(header ?? '')?.[1]
}

/** Everybody on this machine, by the name that the header X-Regroup-By says. */
function local(request: FastifyRequest): Who {
  if (!isLoopback(request.socket.remoteAddress ?? '')) return nobody
  const by = request.headers['x-regroup-by']
  if (by !== undefined && (typeof by !== 'string' || !/^[\x20-\x7e]{1,64}$/.test(by)))
    throw new UserError('BAD_INPUT', say('refusal.badBy'))
  return { kind: 'local', name: by ?? 'api', role: 'admin', groups: ['*'] }
}

/** An IPv6 customer has a /64 at least. */
function addressOf(request: FastifyRequest): string {
  const address = request.socket.remoteAddress ?? 'unknown'
  return address.includes(':') && !address.startsWith('::ffff:') ? address.split(':').slice(0, 4).join(':') : address
}

function saysDryRun(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (value as { readonly dryRun?: unknown }).dryRun === true
}
