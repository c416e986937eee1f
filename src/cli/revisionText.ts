// Revisions of the spec as text. Data in, text out.
import type { Difference, Revision, Revisions } from '../server/revisionSchemas.ts'
import { changeLines, specText } from './changesText.ts'
import { table } from './table.ts'
import { counted, instant, plain, safe } from './words.ts'
import type { Paint } from './words.ts'

/** Of a revision of many groups a list tells the first; `spec show` tells all. */
const told = 3

export function revisionsText({ revisions, next }: Revisions, paint: Paint): string {
  if (revisions.length === 0) return 'nothing was asked for yet\n'
  const rows = revisions.map((entry) => [String(entry.revision), instant(entry.at), safe(entry.by), safe(entry.why), whatOf(entry)])
  const more = next === null ? '' : `\nmore: regroup spec list --before ${next}\n`
  return `${table(['REV', 'TIME', 'BY', 'WHY', 'WHAT'], rows, paint)}\n${more}`
}

function whatOf({ changes, changed }: Revisions['revisions'][number]): string {
  const sentences = changes.flatMap(({ group, what }) => what.map((sentence) => `${group ?? 'policies'}: ${sentence}`))
  const first = sentences.slice(0, told).map(safe)
  const rest = sentences.length > told || changed > changes.length ? [`... (${counted(changed, 'group')})`] : []
  return [...first, ...rest].join('; ')
}

/** Who, when and why as comments over a file that `apply` takes. */
export function revisionText(revision: Revision): string {
  const { at, by, why, changes, groups, policies } = revision
  const head = [`revision ${revision.revision}, ${instant(at)} by ${by}${why === '' ? '' : `: ${why}`}`, ...changeLines(changes, plain)]
  return `${head.map((line) => `# ${safe(line).replaceAll('\n', ' ')}\n`).join('')}${specText(groups, policies)}`
}

export function differenceText({ from, to, changes }: Difference, paint: Paint): string {
  if (changes.length === 0) return `revisions ${from} and ${to} ask for the same\n`
  return `${[`from revision ${from} to ${to}`, ...changeLines(changes, paint)].join('\n')}\n`
}
