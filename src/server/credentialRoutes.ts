// The routes of credentials: which there are, whether the nodes accept them, reading them again.
import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { access } from './access.ts'
import * as c from './credentialSchemas.ts'
import { described } from './routes.ts'

/** What the process knows of its credentials. */
export interface CredentialDesk {
  list(): c.CredentialList
  /** Throws BAD_INPUT for a name that is not there. */
  check(name: string): Promise<c.CredentialCheck>
  /** Throws BAD_SETTINGS, and changes nothing then or when it is only asked. */
  reload(dryRun: boolean): c.Reloaded
}

const looking = access('admin', 'system')

export function credentialRoutes(app: FastifyInstance, desk: CredentialDesk): void {
  const at = '/api/v1/credentials'
  app.get(at, { config: looking, schema: described('The names of the credentials and who uses them.', c.CredentialList) }, () =>
    desk.list(),
  )
  app.get<{ Params: Static<typeof c.CredentialParams> }>(
    `${at}/:name/check`,
    {
      config: looking,
      schema: described('Whether each node accepts each password now.', c.CredentialCheck, { params: c.CredentialParams }),
    },
    async ({ params }) => await desk.check(params.name),
  )
  app.post(
    `${at}/reload`,
    {
      config: access('admin', 'system', true),
      schema: described('Reads the credentials of regroup.yaml again.', c.Reloaded, { body: c.ReloadBody }),
    },
    ({ dryRun }) => desk.reload(dryRun),
  )
}
