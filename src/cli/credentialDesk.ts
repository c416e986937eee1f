// What the API may ask about credentials, put together of the book, the groups and the nodes.
import type { TlsOptions } from '../adapters/connection.ts'
import { type Acceptance, tryCredential } from '../adapters/tryCredential.ts'
import type { ControllerFacade } from '../controller/facade.ts'
import type { GroupSpec } from '../core/model.ts'
import { engineOf } from '../engines/all.ts'
import { UserError } from '../errors.ts'
import type { CredentialDesk } from '../server/credentialRoutes.ts'
import type { CredentialBook } from './credentialBook.ts'

/** A node that does not say within this whether it accepts a password is told as such. */
const tryWithinMs = 2000
/** Nodes asked at once: each is a connection that is closed again. */
const atOnce = 32

export interface DeskOptions {
  readonly book: CredentialBook
  readonly facade: Pick<ControllerFacade, 'spec'>
  readonly tls: (group: GroupSpec) => TlsOptions | null
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void
}

export function credentialDesk({ book, facade, tls, log }: DeskOptions): CredentialDesk {
  const users = (name: string): GroupSpec[] => facade.spec().groups.filter((group) => group.credential === name)
  return {
    list: () => ({
      credentials: Object.entries(book.all).map(([name, { username, next }]) => ({
        name,
        username,
        hasNext: next !== null,
        groups: users(name).map((group) => group.id),
      })),
    }),
    async check(name) {
      if (!book.has(name)) {
        const known = Object.keys(book.all)
        throw new UserError(
          'BAD_INPUT',
          `there is no credential ${JSON.stringify(name)}; ${known.length === 0 ? 'regroup.yaml has none' : `there are ${known.join(', ')}`}`,
        )
      }
      const [current = null, next = null] = book.of(name)
      const places = users(name).flatMap((group) => group.nodes.map((node) => ({ group, node })))
      const nodes: Awaited<ReturnType<CredentialDesk['check']>>['nodes'] = []
      for (let from = 0; from < places.length; from += atOnce) {
        const asked = places.slice(from, from + atOnce).map(async ({ group, node }) => {
          const ask = async (credential: typeof current): Promise<Acceptance> =>
            await tryCredential(
              {
                address: { host: node.host, port: node.port },
                tls: tls(group),
                credential,
                defaultUser: engineOf(group.engine).defaultUser,
              },
              tryWithinMs,
            )
          const [a, b] = await Promise.all([ask(current), next === null ? null : ask(next)])
          return { group: group.id, node: node.id, current: said(a), next: b === null ? null : said(b) }
        })
        nodes.push(...(await Promise.all(asked)))
      }
      return { name, nodes }
    },
    reload(dryRun) {
      const used = new Map<string, string[]>()
      for (const { id, credential } of facade.spec().groups)
        if (credential !== null) used.set(credential, [...(used.get(credential) ?? []), id])
      const reloaded = book.reload(used, dryRun)
      if (!dryRun) log('credentials.reloaded', { changed: reloaded.changed, restart: reloaded.restart })
      return reloaded
    },
  }
}

function said(acceptance: Acceptance): string {
  return typeof acceptance === 'string' ? acceptance : acceptance.unknown
}
