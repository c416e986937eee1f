// `regroup credential`: what nodes are spoken to with. No command shows or takes a password.
import { Command } from 'commander'
import type { CredentialCheck, CredentialList, Reloaded } from '../server/credentialSchemas.ts'
import { checkText, listText, reloadedText } from './credentialText.ts'
import { sessionOf } from './session.ts'

const at = '/api/v1/credentials'

export function credentialCommand(): Command {
  const credential = new Command('credential').description('what nodes are spoken to with: which accept it, reading it again')
  credential
    .command('list')
    .description('the credentials of the server and the groups that use them')
    .action(async (_options: unknown, command: Command) => {
      const session = sessionOf(command)
      const found = await session.client.get<CredentialList>(at)
      session.show(found, () => listText(found, session.paint))
    })
  credential
    .command('check <name>')
    .description('whether each node accepts the password, and the next one, on a new connection')
    .action(async (name: string, _options: unknown, command: Command) => {
      const session = sessionOf(command)
      const found = await session.client.get<CredentialCheck>(`${at}/${encodeURIComponent(name)}/check`)
      session.show(found, () => checkText(found, session.paint))
    })
  credential
    .command('reload')
    .description('have the server read the credentials of its regroup.yaml again')
    .option('--dry-run', 'only say what would change')
    .action(async ({ dryRun = false }: { dryRun?: boolean }, command: Command) => {
      const session = sessionOf(command)
      const done = await session.client.post<Reloaded>(`${at}/reload?dryRun=${dryRun}`, {})
      session.show(done, () => (dryRun ? `dry run: ${reloadedText(done)}` : reloadedText(done)))
    })
  return credential
}
