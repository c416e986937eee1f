// Who is who: logins, users, tokens, and the audit of what all of them changed.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import { access } from './access.ts'
import * as a from './accountSchemas.ts'
import type { Accounts, Token, User } from './accounts.ts'
import type { Audit } from './audit.ts'
import { type Guard, cookieName } from './guard.ts'
import { described } from './routes.ts'
import * as s from './schemas.ts'

const self = access('viewer', 'self', true)
const looking = access('admin', 'system')
const deciding = access('admin', 'system', true)
const defaultPage = 50

type Of<Body> = { Body: Body }

export function loginRoutes(app: FastifyInstance, accounts: Accounts, guard: Guard): void {
  const at = '/api/v1/login'
  const asker = (request: FastifyRequest) => ({
    who: request.who.kind === 'nobody' ? null : request.who,
    demanded: accounts.demanded,
    expiresAt: request.expiresAt,
  })
  app.get(at, { config: access('public', 'self'), schema: described('Who asks, and whether that is needed.', a.Asker) }, asker)
  app.post<Of<Static<typeof a.LoginBody>>>(
    at,
    { config: access('public', 'self', true), schema: described('Logs in with a password.', a.LoggedIn, { body: a.LoginBody }) },
    async (request, reply) => {
      const { name, password, as = 'cookie' } = request.body
      const { secret, known } = await guard.login(request, reply, name, password)
      request.who = known.who
      request.expiresAt = known.expiresAt
      if (as === 'cookie') setCookie(request, reply, secret)
      return { ...asker(request), secret: as === 'secret' ? secret : null }
    },
  )
  app.delete(at, { config: self, schema: described('Logs out.', a.Asker, { body: a.ReasonBody }) }, async (request, reply) => {
    if (request.login !== null) await accounts.logout(request.login)
    setCookie(request, reply, null)
    return { who: null, demanded: accounts.demanded, expiresAt: null }
  })
  app.post<Of<Static<typeof a.OwnPasswordBody>>>(
    `${at}/password`,
    {
      config: self,
      schema: described('Another password for oneself; every login of this user ends.', a.User, { body: a.OwnPasswordBody }),
    },
    async (request, reply) => {
      const { who, body } = request
      if (who.kind !== 'user') throw new UserError('BAD_INPUT', say('refusal.noPassword', { name: who.name }))
      await guard.recheck(request, reply, body.old)
      return shownUser(await accounts.changeUser(who.name, { password: body.new }, false))
    },
  )
}

/** HttpOnly: no script reads it. SameSite=Strict: no other site's page sends it. */
function setCookie(request: FastifyRequest, reply: FastifyReply, secret: string | null): void {
  const secure = request.protocol === 'https'
  const name = secure ? `__Host-${cookieName}` : cookieName
  const end = secret === null ? '; Max-Age=0' : ''
  void reply.header('set-cookie', `${name}=${secret ?? ''}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}${end}`)
}

export function userRoutes(app: FastifyInstance, accounts: Accounts): void {
  const at = '/api/v1/users'
  app.get(at, { config: looking, schema: described('Every user.', a.Users, { querystring: s.EmptyQuery }) }, () => ({
    users: accounts.users.map(shownUser),
  }))
  app.post<Of<Static<typeof a.UserBody>>>(
    at,
    { config: deciding, schema: described('A new user.', a.User, { body: a.UserBody }) },
    async ({ body, who, dryRun }) => {
      const { name, password, role, groups = ['*'] } = body
      return shownUser(await accounts.addUser({ name, password, role, groups }, who.name, dryRun))
    },
  )
  app.patch<Of<Static<typeof a.UserChangeBody>> & { Params: { name: string } }>(
    `${at}/:name`,
    {
      config: deciding,
      schema: described('Another role, other groups or another password of a user.', a.User, {
        params: a.UserParams,
        body: a.UserChangeBody,
      }),
    },
    async ({ params, body: { why: _why, ...change }, dryRun }) => shownUser(await accounts.changeUser(params.name, change, dryRun)),
  )
  app.delete<{ Params: { name: string } }>(
    `${at}/:name`,
    { config: deciding, schema: described('Removes a user and ends its logins.', a.User, { params: a.UserParams, body: a.ReasonBody }) },
    async ({ params, dryRun }) => shownUser(await accounts.removeUser(params.name, dryRun)),
  )
}

export function tokenRoutes(app: FastifyInstance, accounts: Accounts, wall: () => number): void {
  const at = '/api/v1/tokens'
  app.get(at, { config: looking, schema: described('Every token, without its secret.', a.Tokens, { querystring: s.EmptyQuery }) }, () => ({
    tokens: accounts.tokens.map(shownToken),
  }))
  app.post<Of<Static<typeof a.TokenBody>>>(
    at,
    { config: deciding, schema: described('A new token; its secret is shown this once.', a.TokenMade, { body: a.TokenBody }) },
    async ({ body, who, dryRun }) => {
      const { name, role, groups = ['*'], forMs = null } = body
      const expiresAt = forMs === null ? null : wall() + forMs
      const { token, secret } = await accounts.addToken({ name, role, groups, expiresAt }, who.name, dryRun)
      return { ...shownToken(token), secret }
    },
  )
  app.delete<{ Params: { id: string } }>(
    `${at}/:id`,
    { config: deciding, schema: described('Revokes a token.', a.Token, { params: a.TokenParams, body: a.ReasonBody }) },
    async ({ params, dryRun }) => shownToken(await accounts.removeToken(params.id, dryRun)),
  )
}

export function auditRoute(app: FastifyInstance, audit: Audit): void {
  app.get<{ Querystring: Static<typeof a.AuditQuery> }>(
    '/api/v1/audit',
    { config: looking, schema: described('Who changed what, newest first.', a.AuditPage, { querystring: a.AuditQuery }) },
    async ({ query: { limit = defaultPage, before, ...sought } }) => {
      const { entries, next } = await audit.page(limit, before, sought)
      return { entries: [...entries], next }
    },
  )
}

function shownUser({ name, role, groups, at, by }: User): Static<typeof a.User> {
  return { name, role, groups: [...groups], at, by }
}

function shownToken({ id, name, role, groups, at, by, expiresAt }: Token): Static<typeof a.Token> {
  return { id, name, role, groups: [...groups], at, by, expiresAt }
}
