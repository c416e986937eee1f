// `regroup spec`: the revisions of what was asked for. Which there are, what they say, how two differ, going back to one.
import { Command } from 'commander'
import type { ApplyResult } from '../controller/facade.ts'
import { UserError } from '../errors.ts'
import type { Difference, Revision, Revisions } from '../server/revisionSchemas.ts'
import { appliedText } from './changesText.ts'
import { differenceText, revisionText, revisionsText } from './revisionText.ts'
import { sessionOf } from './session.ts'
import { changing, specPath, wholeNumber } from './specCommands.ts'
import type { ChangeOptions } from './specCommands.ts'

export function revisionCommand(): Command {
  const spec = new Command('spec').description('what was asked for: its revisions, and going back to one')
  spec
    .command('list')
    .description('who changed what when, and why, newest first')
    .option('--limit <n>', 'how many, 1 to 500', wholeNumber, 20)
    .option('--before <rev>', 'only revisions before this one', wholeNumber)
    .action(async (options: { limit: number; before?: number }, command: Command) => {
      const session = sessionOf(command)
      const before = options.before === undefined ? '' : `&before=${options.before}`
      const found = await session.client.get<Revisions>(`${specPath}/revisions?limit=${options.limit}${before}`)
      session.show(found, () => revisionsText(found, session.paint))
    })
  spec
    .command('show <rev>')
    .description('all groups as they were at a revision, as `apply` reads them')
    .action(async (rev: string, _options: unknown, command: Command) => {
      const session = sessionOf(command)
      const found = await session.client.get<Revision>(`${specPath}/revisions/${revisionIn(rev)}`)
      session.show(found, () => revisionText(found))
    })
  spec
    .command('diff <a> [b]')
    .description('how two revisions differ; b is the current one when not given')
    .action(async (a: string, b: string | undefined, _options: unknown, command: Command) => {
      const session = sessionOf(command)
      const to = b === undefined ? '' : `&to=${revisionIn(b)}`
      const found = await session.client.get<Difference>(`${specPath}/diff?from=${revisionIn(a)}${to}`)
      session.show(found, () => differenceText(found, session.paint))
    })
  changing(spec.command('restore <rev>'))
    .description('ask again for what a revision asked for, as a new revision; pauses and maintenance stay')
    .option('--remove-groups', 'leave groups alone that were not there then')
    .action(async (rev: string, options: ChangeOptions & { readonly removeGroups?: boolean }, command: Command) => {
      const session = sessionOf(command)
      const { dryRun = false, removeGroups = false, why = `spec restore ${rev}` } = options
      const result = await session.client.post<ApplyResult>(`${specPath}/restore`, { revision: revisionIn(rev), removeGroups, dryRun, why })
      session.show(result, () => appliedText(result, session.paint))
    })
  return spec
}

function revisionIn(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new UserError('BAD_INPUT', `${JSON.stringify(text)} is no revision; \`regroup spec list\` shows their numbers`)
}
