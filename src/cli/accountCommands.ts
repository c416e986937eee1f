// Who may do what: login, users, tokens, and the audit.
import { Command, Option } from 'commander'
import type { Static } from 'typebox'
import { UserError } from '../errors.ts'
import { roles } from '../server/access.ts'
import type * as a from '../server/accountSchemas.ts'
import { auditText, loggedInText, tokenMadeText, tokensText, userText, usersText } from './accountText.ts'
import { keepLogin, loginFor } from './logins.ts'
import { readNewPassword, readPassword } from './password.ts'
import { sessionOf } from './session.ts'
import { collect, wholeNumber } from './specCommands.ts'
import { durationWithin } from './words.ts'

type User = Static<typeof a.User>
type LoggedIn = Static<typeof a.LoggedIn>

const at = { login: '/api/v1/login', users: '/api/v1/users', tokens: '/api/v1/tokens', audit: '/api/v1/audit' }

export function accountCommands(): Command[] {
  return [loginCommand(), logoutCommand(), passwordCommand(), userCommand(), tokenCommand(), auditCommand()]
}

function loginCommand(): Command {
  return new Command('login')
    .description('log in as a user; the password is asked for, or read from stdin')
    .argument('<name>')
    .action(async (name: string, _options: unknown, command: Command) => {
      const session = sessionOf(command)
      const password = await readPassword(`password of ${name}: `)
      // As nobody: the login of before may have ended, and who comes with it is refused.
      const { secret, ...known } = await session.client.as(null).post<LoggedIn>(at.login, { name, password, as: 'secret' })
      keepLogin(session.client.url, secret)
      session.show(known, () => loggedInText(known))
    })
}

function logoutCommand(): Command {
  return new Command('logout').description('end the login of this terminal').action(async (_options: unknown, command: Command) => {
    const session = sessionOf(command)
    // A token of the environment is somebody else: whether that is good says nothing about the login.
    const login = session.client.as(loginFor(session.client.url))
    const ended = await login.send<Static<typeof a.Asker>>('DELETE', at.login, {}).catch(unlessUnknown)
    keepLogin(session.client.url, null)
    session.show(ended ?? { who: null }, () =>
      ended === null ? 'the server did not know this login any more; it is forgotten here\n' : 'logged out\n',
    )
  })
}

/** A login that ended, or of a server that is another one now, need not be ended. */
function unlessUnknown(error: unknown): null {
  if (error instanceof UserError && error.code === 'UNAUTHENTICATED') return null
  throw error
}

function passwordCommand(): Command {
  return new Command('passwd')
    .description('change your own password; every login of yours ends')
    .action(async (_options: unknown, command: Command) => {
      const session = sessionOf(command)
      const { who } = await session.client.get<Static<typeof a.Asker>>(at.login)
      const name = who?.name ?? 'nobody'
      const old = await readPassword(`old password of ${name}: `)
      const user = await session.client.post<User>(`${at.login}/password`, { old, new: await readNewPassword(name) })
      keepLogin(session.client.url, null)
      session.show(user, () => `${user.name} has another password; log in again\n`)
    })
}

interface RightOptions {
  readonly role?: string
  readonly group?: readonly string[]
  readonly why?: string
  readonly dryRun?: boolean
}

function withRight(command: Command, isNew: boolean): Command {
  const role = new Option('--role <role>', 'viewer looks, operator acts on groups, admin decides who may').choices(roles)
  return command
    .addOption(isNew ? role.makeOptionMandatory() : role)
    .option('--group <pattern>', 'only these groups, * for any letters; once for each', collect)
    .option('--why <text>', 'stands in the audit')
    .option('--dry-run', 'only say what would be done')
}

function rightOf({ role, group, why }: RightOptions) {
  return {
    ...(role === undefined ? {} : { role }),
    ...(group === undefined ? {} : { groups: group }),
    ...(why === undefined ? {} : { why }),
  }
}

function query({ dryRun }: RightOptions): string {
  return dryRun === true ? '?dryRun=true' : ''
}

function userCommand(): Command {
  const user = new Command('user').description('people who may use this server')
  user
    .command('list')
    .description('every user')
    .action(async (_options: unknown, command: Command) => {
      const session = sessionOf(command)
      const { users } = await session.client.get<Static<typeof a.Users>>(at.users)
      session.show(users, () => usersText(users, session.paint))
    })
  withRight(user.command('add <name>'), true)
    .description('a new user; the password is asked for, or read from stdin')
    .action(async (name: string, options: RightOptions, command: Command) => {
      const session = sessionOf(command)
      const password = await readNewPassword(name)
      const made = await session.client.post<User>(at.users + query(options), { name, password, ...rightOf(options) })
      session.show(made, () => userText('added', made, options.dryRun === true))
    })
  withRight(user.command('change <name>'), false)
    .description('another role, other groups, another password')
    .option('--password', 'ask for a new password')
    .action(async (name: string, options: RightOptions & { password?: boolean }, command: Command) => {
      const session = sessionOf(command)
      const password = options.password === true ? { password: await readNewPassword(name) } : {}
      const path = `${at.users}/${encodeURIComponent(name)}${query(options)}`
      const changed = await session.client.send<User>('PATCH', path, { ...rightOf(options), ...password })
      session.show(changed, () => userText('changed', changed, options.dryRun === true))
    })
  user
    .command('remove <name>')
    .description('remove a user and end its logins')
    .option('--why <text>', 'stands in the audit')
    .option('--dry-run', 'only say what would be done')
    .action(async (name: string, options: RightOptions, command: Command) => {
      const session = sessionOf(command)
      const removed = await session.client.send<User>(
        'DELETE',
        `${at.users}/${encodeURIComponent(name)}${query(options)}`,
        rightOf(options),
      )
      session.show(removed, () => userText('removed', removed, options.dryRun === true))
    })
  return user
}

function tokenCommand(): Command {
  const token = new Command('token').description('tokens for programs')
  token
    .command('list')
    .description('every token, without its secret')
    .action(async (_options: unknown, command: Command) => {
      const session = sessionOf(command)
      const { tokens } = await session.client.get<Static<typeof a.Tokens>>(at.tokens)
      session.show(tokens, () => tokensText(tokens, Date.now(), session.paint))
    })
  withRight(token.command('create <name>'), true)
    .description('a new token, shown this once')
    .option('--expires <duration>', 'such as 90d; never when not given')
    .action(async (name: string, options: RightOptions & { expires?: string }, command: Command) => {
      const session = sessionOf(command)
      const forMs = options.expires === undefined ? {} : { forMs: durationWithin('--expires', options.expires, '1m', '3650d') }
      const made = await session.client.post<Static<typeof a.TokenMade>>(at.tokens + query(options), {
        name,
        ...rightOf(options),
        ...forMs,
      })
      session.show(made, () => tokenMadeText(made))
    })
  token
    .command('revoke <id>')
    .description('a token is good for nothing from now on')
    .option('--why <text>', 'stands in the audit')
    .option('--dry-run', 'only say what would be done')
    .action(async (id: string, options: RightOptions, command: Command) => {
      const session = sessionOf(command)
      const path = `${at.tokens}/${encodeURIComponent(id)}${query(options)}`
      const revoked = await session.client.send<Static<typeof a.Token>>('DELETE', path, rightOf(options))
      session.show(
        revoked,
        () => `${options.dryRun === true ? 'dry run: would revoke' : 'revoked'} token ${revoked.name} (${revoked.id})\n`,
      )
    })
  return token
}

function auditCommand(): Command {
  return new Command('audit')
    .description('who changed what, from where, why, and what came of it, newest first')
    .option('--limit <n>', 'how many, 1 to 500', wholeNumber, 50)
    .option('--before <seq>', 'only entries with a smaller seq', wholeNumber)
    .option('--by <text>', 'only entries in whose author or address it stands')
    .option('--what <text>', 'only entries in whose route, facts, reason or result it stands')
    .option('--group <name>', 'only entries about this group')
    .action(async (options: { limit: number; before?: number; by?: string; what?: string; group?: string }, command: Command) => {
      const session = sessionOf(command)
      const given = Object.entries(options).map(([name, value]): [string, string] => [name, String(value)])
      const page = await session.client.get<Static<typeof a.AuditPage>>(`${at.audit}?${new URLSearchParams(given).toString()}`)
      session.show(page, () => auditText(page, session.paint))
    })
}
