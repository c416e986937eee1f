// Columns without lines around them: they survive copying into a ticket. Pure.
import Table from 'cli-table3'
import type { Paint } from './words.ts'

const sides = ['top', 'bottom', 'left', 'right', 'mid'] as const
const none: Record<string, string> = Object.fromEntries([
  ...sides.flatMap((side) => ['', '-mid', '-left', '-right'].map((end) => [`${side}${end}`, ''])),
  ['middle', ''],
])

/** Rows under a head, two spaces between columns, nothing behind the last. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const made = new Table({
    head: head.map((text) => paint('grey', text)),
    chars: none,
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [] },
  })
  for (const row of rows) made.push([...row])
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
