// Who may do what. Every route declares it; one that does not is refused when the server starts.
import type { FastifyContextConfig, FastifyRequest } from 'fastify'
import type { ControllerFacade } from '../controller/facade.ts'
import { matchesName } from '../core/policyLayers.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'

/** Each may do what those before it may. viewer: looks. operator: acts on groups. admin: decides who may. */
export const roles = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

export interface Access {
  /** The least role that may ask; public: anybody, without a name. */
  readonly role: Role | 'public'
  /**
   * group: about `:group` of the path. groups: about several, and `request.controller` shows and takes only those that the asker may reach.
   * system: about the whole server, so that a right to some groups is not enough. self: about the asker alone.
   */
  readonly scope: 'group' | 'groups' | 'system' | 'self'
  /** Whether something may be another afterwards. Such a route takes `dryRun` and `If-Match`, and stands in the audit. */
  readonly changes: boolean
}

/** The declaration that every route needs as its `config`. */
export function access(role: Access['role'], scope: Access['scope'], changes = false): FastifyContextConfig {
  return { access: { role, scope, changes } }
}

/** Who asks. */
export interface Who {
  /** local: this machine, as long as nobody was named yet. nobody: did not say who it is. */
  readonly kind: 'user' | 'token' | 'local' | 'nobody'
  /** As it stands in the history and the audit. */
  readonly name: string
  readonly role: Role | null
  /** Patterns of groups: `*` stands for any letters. */
  readonly groups: readonly string[]
}

export const nobody: Who = { kind: 'nobody', name: 'nobody', role: null, groups: [] }

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
  interface FastifyRequest {
    who: Who
    /** Who it is by now, for what goes on for long. */
    whoNow: () => Who
    /** The login that it came with, to end it by. */
    login: string | null
    expiresAt: number | null
    /** Only say what would be done: by the query or by the body. */
    dryRun: boolean
    /** The controller as this asker may see it. */
    controller: ControllerFacade
  }
}

/** Throws UNAUTHENTICATED or FORBIDDEN unless `who` may ask this. */
export function checkAccess(who: Who, access: Access, group: string | undefined): void {
  if (access.role === 'public') return
  if (who.role === null) throw new UserError('UNAUTHENTICATED', say('refusal.who'))
  if (!reaches(who.role, access.role))
    throw new UserError('FORBIDDEN', say('refusal.role', { needed: access.role, name: who.name, role: who.role }))
  if (group !== undefined) mustReach(who, group)
  if (access.scope === 'system' && !who.groups.includes('*'))
    throw new UserError('FORBIDDEN', say('refusal.system', { name: who.name, groups: who.groups }))
}

function reaches(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed)
}

/** Throws FORBIDDEN for a group outside the asker's scope, whether there is one of that name or not. */
export function mustReach(who: Who, group: string): void {
  if (!sees(who, group)) throw new UserError('FORBIDDEN', say('refusal.reach', { name: who.name, group, groups: who.groups }))
}

export function sees(who: Who, group: string): boolean {
  return who.groups.some((pattern) => matchesName(pattern, group))
}

/** What the route that was asked declares. */
export function accessOf(request: FastifyRequest): Access {
  const { access } = request.routeOptions.config
  // Only the handler of unknown routes has none.
  return access ?? { role: 'public', scope: 'self', changes: false }
}
