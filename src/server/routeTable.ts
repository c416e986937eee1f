// The table of all routes. What a declaration means for a route is made here, so that no route can forget it.
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import { Type } from 'typebox'
import type { TObject } from 'typebox'
import type { Access } from './access.ts'

export interface DeclaredRoute {
  readonly method: string
  readonly url: string
  readonly access: Access
}

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

const dryRun = Type.Boolean({ description: 'true or false; true: only say what would be done' })

/**
 * Refuses routes without a declaration from now on, completes the others, and lists them. Call it before any route is added.
 * `open`: what a library adds under this path is for anybody to look at.
 */
export function routeTable(app: FastifyInstance, open: string | null = null): readonly DeclaredRoute[] {
  const routes: DeclaredRoute[] = []
  app.addHook('onRoute', (route) => {
    const isOpen = open !== null && (route.url === open || route.url.startsWith(`${open}/`))
    if (isOpen) route.config = { ...route.config, access: { role: 'public', scope: 'self', changes: false } }
    const access = declarationOf(route)
    route.schema = { ...completed(route.schema ?? {}, access) }
    for (const method of methodsOf(route)) routes.push({ method, url: route.url, access })
  })
  return routes
}

function methodsOf(route: RouteOptions): readonly string[] {
  return [route.method].flat()
}

function declarationOf(route: RouteOptions): Access {
  const access = route.config?.access
  const name = `${methodsOf(route).join(',')} ${route.url}`
  if (access === undefined) throw new Error(`${name} does not declare who may ask it: config.access is missing`)
  if ((access.scope === 'group') !== route.url.split('/').includes(':group'))
    throw new Error(`${name} declares the scope ${access.scope}; that of a path with :group is "group", and of no other`)
  if (access.changes && methodsOf(route).some((method) => reading.has(method)))
    throw new Error(`${name} declares that it changes something; only looking may be asked for like this`)
  return access
}

/** The dry run that every command takes, and for the document: who may ask, and what If-Match is for. */
function completed(schema: FastifySchema, access: Access): FastifySchema {
  const rights =
    access.role === 'public' ? 'Anybody may ask.' : `Needs the role ${access.role}${access.scope === 'system' ? ' for all groups' : ''}.`
  const description = [schema.description, rights].filter((part) => part !== undefined).join(' ')
  const shown = { ...schema, description, security: access.role === 'public' ? [] : [{ token: [] }, { login: [] }] }
  if (!access.changes || access.scope === 'self') return shown
  const query = schema.querystring as TObject | undefined
  return {
    ...shown,
    querystring: Type.Object({ ...query?.properties, dryRun: Type.Optional(dryRun) }, { additionalProperties: false }),
    headers:
      schema.headers ??
      Type.Object({
        'idempotency-key': Type.Optional(
          Type.String({
            description: 'A name for this very command: sent again within 10 minutes it is answered again and not done again.',
          }),
        ),
        'if-match': Type.Optional(
          Type.String({
            description: 'The ETag of what was read, "epoch-N" of a group or "revision-N" of the spec; when it is another now: 412.',
          }),
        ),
      }),
  }
}
