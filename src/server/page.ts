// The web page: files that its build left. They know nothing by themselves; what the page shows it asks of the API as everybody does.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { access } from './access.ts'

/** Where a person can be on the page; the page itself finds out what to show there. */
export const pagePaths = ['/', '/groups/*', '/spec', '/doctor', '/controllers', '/audit', '/settings', '/login'] as const

/** Everything comes from here, nothing is written into the document, nobody may frame it. */
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
const notBuilt =
  'The page is not built. Run script/bootstrap in the folder of regroup, then load this again. ' +
  'The HTTP API and the regroup command work without it.\n'
const yearSeconds = 365 * 86_400
const anybody = { config: access('public', 'self'), schema: { hide: true } }

/** Serves the page out of `dir`, which need not be there. */
export async function pageRoutes(app: FastifyInstance, dir: string): Promise<void> {
  await app.register(fastifyStatic, { root: dir, serve: false, preCompressed: true, cacheControl: false })
  const document = (_request: unknown, reply: FastifyReply): FastifyReply => {
    void reply.headers({ 'content-security-policy': policy, 'referrer-policy': 'no-referrer', 'cache-control': 'no-cache' })
    if (existsSync(join(dir, 'index.html'))) return reply.sendFile('index.html')
    return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt)
  }
  for (const path of pagePaths) app.get(path, anybody, document)
  app.get('/icon.svg', anybody, (_request, reply) => reply.header('cache-control', 'no-cache').sendFile('icon.svg'))
  // The name of each has a hash of its content: another content is another name.
  app.get<{ Params: { '*': string } }>('/assets/*', anybody, (request, reply) =>
    reply.header('cache-control', `public, max-age=${yearSeconds}, immutable`).sendFile(`assets/${request.params['*']}`),
  )
}
