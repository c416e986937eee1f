// Writes docs/fsm.md from the rule tables, so that the page cannot say anything else than the code does.
import { writeFileSync } from 'node:fs'
import { type Table, tables } from '../src/core/decide.ts'

export const fsmFile = new URL('../docs/fsm.md', import.meta.url)

const header = `# The rules

<!-- Generated from the rule tables in src/core/ by script/fsm.ts. Do not edit: run \`script/run fsm\`. A test fails when it is stale. -->

Every decision of regroup is one of these rows. Within a phase the rows are asked from top to bottom and the first that matches wins; its
id stands in the log, in \`regroup explain\` and on the page. What lies behind the rows is in [protocol.md](protocol.md).

A \`save\` changes the record and is followed by nothing until it is durable. An \`act\` enforces the saved record. A \`hold\` is a refusal: it is
stored with its reason when the reason changes. A \`wait\` is part of the work, a \`rest\` means that all is well.
`

/** The whole page. Ends with a newline. */
export function fsmPage(from: readonly Table[] = tables): string {
  return [header, '## The phases of the record', '', diagram(from), ...from.map(section)].join('\n')
}

/** The phases that rows of a table lead to: those after \`save ->\` in their \`gives\`. */
function leadsTo(table: Table): ReadonlyMap<string, string[]> {
  const to = new Map<string, string[]>()
  for (const { id, gives } of table.rules) {
    for (const [, phase = ''] of gives.matchAll(/save -> (\w+)/g)) to.set(phase, [...(to.get(phase) ?? []), id.slice(id.indexOf('.') + 1)])
  }
  return to
}

function diagram(from: readonly Table[]): string {
  const arrows = from.flatMap((table) => [...leadsTo(table)].map(([to, ids]) => `  ${table.phase} --> ${to}: ${ids.join(', ')}`))
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> new', ...arrows, '```', ''].join('\n')
}

function section(table: Table): string {
  const rows = table.rules.map(({ id, gives, why }, index) => `| ${index + 1} | \`${id}\` | ${cell(gives)} | ${cell(why)} |`)
  return [`## ${table.phase}`, '', table.about, '', '| | Rule | Gives | Why |', '|---|---|---|---|', ...rows, ''].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (import.meta.main) writeFileSync(fsmFile, fsmPage())
