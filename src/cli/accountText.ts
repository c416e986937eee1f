// Users, tokens and the audit as people read them. Data in, text out.
import type { Static } from 'typebox'
import type * as a from '../server/accountSchemas.ts'
import { table } from './table.ts'
import { type Paint, instant, safe } from './words.ts'

type Right = Static<typeof a.Right>

function rightText({ role, groups }: Right): string {
  return `${role} of ${groups.includes('*') ? 'all groups' : groups.join(', ')}`
}

export function loggedInText({ who, expiresAt }: Static<typeof a.Asker>): string {
  const until = expiresAt === null ? '' : `, until ${instant(expiresAt)}`
  return who === null ? 'not logged in\n' : `logged in as ${safe(who.name)}, ${rightText(who)}${until}\n`
}

export function userText(what: string, user: Static<typeof a.User>, dryRun: boolean): string {
  return `${dryRun ? `dry run, not ${what}` : what}: ${safe(user.name)}, ${rightText(user)}\n`
}

export function usersText(users: readonly Static<typeof a.User>[], paint: Paint): string {
  if (users.length === 0)
    return 'no users: whoever is on the machine of the server may do everything; `regroup user add NAME --role admin`\n'
  const rows = users.map((user) => [safe(user.name), user.role, user.groups.join(' '), instant(user.at), safe(user.by)])
  return `${table(['NAME', 'ROLE', 'GROUPS', 'SINCE', 'BY'], rows, paint)}\n`
}

export function tokensText(tokens: readonly Static<typeof a.Token>[], now: number, paint: Paint): string {
  if (tokens.length === 0) return 'no tokens\n'
  const until = (at: number | null): string => (at === null ? 'never' : at <= now ? paint('yellow', 'expired') : instant(at))
  const rows = tokens.map((token) => [
    token.id,
    safe(token.name),
    token.role,
    token.groups.join(' '),
    until(token.expiresAt),
    safe(token.by),
  ])
  return `${table(['ID', 'NAME', 'ROLE', 'GROUPS', 'EXPIRES', 'BY'], rows, paint)}\n`
}

export function tokenMadeText(token: Static<typeof a.TokenMade>): string {
  const until = token.expiresAt === null ? 'does not expire' : `expires ${instant(token.expiresAt)}`
  const head = `token ${safe(token.name)}, ${rightText(token)}, ${until}`
  if (token.secret === null) return `dry run, not made: ${head}\n`
  return `${head}; revoke it with: regroup token revoke ${token.id}\n\n${token.secret}\n\nThis is shown once. Give it to a program as REGROUP_TOKEN, or in a file named by REGROUP_TOKEN_FILE.\n`
}

export function auditText({ entries, next }: Static<typeof a.AuditPage>, paint: Paint): string {
  const more = next === null ? '' : `\nmore: regroup audit --before ${next}\n`
  if (entries.length === 0) return `nothing was found\n${more}`
  const rows = entries.map((entry) => [
    instant(entry.at),
    String(entry.seq),
    safe(entry.by),
    entry.from,
    safe(`${entry.what.split(' ')[0] ?? ''} ${entry.path}`),
    entry.result === 'done' ? 'done' : paint('yellow', entry.result),
    safe([entry.why, entry.asked === '{}' ? null : entry.asked].filter((part) => part !== null).join(' ')),
  ])
  return `${table(['TIME', 'SEQ', 'BY', 'FROM', 'WHAT', 'RESULT', 'WHY'], rows, paint)}\n${more}`
}
