// The document of the API as pages to read and to try, from our own origin alone.
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** Its routes are the library's own; the route table asks for their declaration by this prefix. */
export const docsPath = '/api/v1/docs'

/** No script stands in the pages, and nothing is asked of anybody else. The one style that the library puts into them is known by its hash. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export async function docsRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: docsPath,
    staticCSP: policy,
    // The library's own validator is a server elsewhere.
    uiConfig: { validatorUrl: null, deepLinking: true, docExpansion: 'list', defaultModelsExpandDepth: 0 },
    theme: { title: 'regroup: the HTTP API' },
  })
}
