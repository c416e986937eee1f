// Credentials as text: names, never passwords. Data in, text out.
import type { CredentialCheck, CredentialList, Reloaded } from '../server/credentialSchemas.ts'
import { table } from './table.ts'
import { counted, safe } from './words.ts'
import type { Paint } from './words.ts'

export function listText({ credentials }: CredentialList, paint: Paint): string {
  if (credentials.length === 0) return 'regroup.yaml has no credentials\n'
  const rows = credentials.map(({ name, username, hasNext, groups }) => [
    safe(name),
    safe(username ?? 'default'),
    hasNext ? 'yes' : 'no',
    groups.length === 0 ? '-' : safe(groups.join(', ')),
  ])
  return `${table(['NAME', 'USER', 'NEXT', 'GROUPS'], rows, paint)}\n`
}

export function checkText({ name, nodes }: CredentialCheck, paint: Paint): string {
  if (nodes.length === 0) return `no group uses ${safe(name)}\n`
  const colour = (text: string): string =>
    text === 'accepted' ? paint('green', text) : paint(text === 'refused' ? 'red' : 'yellow', safe(text))
  const rows = nodes.map(({ group, node, current, next }) => [safe(group), safe(node), colour(current), next === null ? '-' : colour(next)])
  const accepting = (key: 'current' | 'next'): number => nodes.filter((node) => node[key] === 'accepted').length
  const hasNext = nodes.some(({ next }) => next !== null)
  const counts = [
    `current: ${accepting('current')} of ${nodes.length}`,
    ...(hasNext ? [`next: ${accepting('next')} of ${nodes.length}`] : []),
  ]
  return `${table(['GROUP', 'NODE', 'CURRENT', 'NEXT'], rows, paint)}\n\naccepted by ${counts.join(', ')}\n`
}

export function reloadedText({ changed, restart, warnings }: Reloaded): string {
  const lines = [
    changed.length === 0
      ? 'read again; nothing changed'
      : `read again; ${counted(changed.length, 'credential')} changed: ${safe(changed.join(', '))}`,
  ]
  if (restart.length > 0) lines.push(`these changed too and need a restart: ${restart.join(', ')}`)
  return `${[...lines, ...warnings.map(safe)].join('\n')}\n`
}
