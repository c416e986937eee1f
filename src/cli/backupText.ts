// Backups as text. Data in, text out.
import type { CopyFacts, Restored } from '../adapters/store/restore.ts'
import type { Spec } from '../server/schemas.ts'
import { specText } from './changesText.ts'
import { counted, instant, safe } from './words.ts'

export function backupText(file: string, facts: CopyFacts): string {
  return `${safe(file)}: ${contents(facts)}\n`
}

function contents({ groups, revision }: CopyFacts): string {
  return `${counted(groups, 'group')}, revision ${revision} of the spec`
}

export function restoredText(file: string, restored: Restored): string {
  const made = restored.at === null ? 'copied by hand' : `made ${instant(restored.at)}`
  const lines = [
    `${safe(restored.path)} is ${safe(file)} now, ${made}: ${contents(restored)}`,
    restored.kept === null ? 'there was no store before' : `the store that was there is ${safe(restored.kept)}`,
    'start the server: before it does anything in a group it waits until every node of it answers',
  ]
  return `${lines.join('\n')}\n`
}

/** Which revision it is, as a comment over a file that `apply` takes. */
export function exportText({ revision, at, by, groups, policies }: Spec): string {
  return `# revision ${revision} of ${instant(at)} by ${safe(by).replaceAll('\n', ' ')}\n${specText(groups, policies)}`
}
