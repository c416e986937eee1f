// Whom the command says it is: a token from the environment or a file, else the login that `regroup login` left. Never an argument:
// those are seen by everybody on the machine.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { UserError } from '../errors.ts'

type Logins = Readonly<Record<string, string>>

/** Null: none; a server that knows nobody yet does not ask. Throws BAD_INPUT for a file that cannot be read. */
export function secretFor(server: string, env: NodeJS.ProcessEnv = process.env): string | null {
  const { REGROUP_TOKEN: token, REGROUP_TOKEN_FILE: file } = env
  if (token !== undefined && token !== '') return token.trim()
  if (file !== undefined && file !== '') return firstLine(file)
  return loginFor(server, env)
}

/** What `regroup login` left for this server; null: nothing. */
export function loginFor(server: string, env: NodeJS.ProcessEnv = process.env): string | null {
  return loginsIn(fileOf(env))[keyOf(server)] ?? null
}

/** Remembers the login for this server, or forgets it (null). Readable by this user alone. */
export function keepLogin(server: string, secret: string | null, env: NodeJS.ProcessEnv = process.env): void {
  const file = fileOf(env)
  const { [keyOf(server)]: _old, ...others } = loginsIn(file)
  const logins = secret === null ? others : { ...others, [keyOf(server)]: secret }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, `${JSON.stringify(logins, null, 2)}\n`, { mode: 0o600 })
  chmodSync(fresh, 0o600)
  renameSync(fresh, file)
}

function fileOf(env: NodeJS.ProcessEnv): string {
  const base = env['XDG_CONFIG_HOME']
  return join(base === undefined || base === '' ? join(homedir(), '.config') : base, 'regroup', 'logins.json')
}

function keyOf(server: string): string {
  return server.replace(/\/+$/, '')
}

function firstLine(file: string): string {
  try {
    const line = readFileSync(file, 'utf8').split(/\r?\n/)[0]?.trim() ?? ''
    if (line !== '') return line
  } catch (error) {
    throw new UserError(
      'BAD_INPUT',
      `REGROUP_TOKEN_FILE names ${file}, which cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  throw new UserError('BAD_INPUT', `REGROUP_TOKEN_FILE names ${file}, whose first line is empty`)
}

/** A file that is missing or damaged holds no login; the server then asks for one. */
function loginsIn(file: string): Logins {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Logins
  } catch {
    return {}
  }
}
