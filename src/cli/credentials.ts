// `credentials` of regroup.yaml: what nodes are spoken to with. The only place where passwords are read.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { inEnglish, say } from '../core/said.ts'
import { namePattern } from '../core/spec.ts'
import type { Path } from '../server/problems.ts'

export interface Credential {
  /** Null: the password alone, for the default user. */
  readonly username: string | null
  readonly password: string
  /** Tried when the first is refused; null: there is none. While a password is changed, nodes may want either. */
  readonly next: string | null
}

const closed = { additionalProperties: false }

const places = {
  password: Type.Optional(Type.String({ minLength: 1, writeOnly: true, description: 'a text; put it in quotes' })),
  passwordFile: Type.Optional(Type.String({ minLength: 1, description: 'the path of a file whose first line is the password' })),
  passwordEnv: Type.Optional(Type.String({ minLength: 1, description: 'the name of an environment variable' })),
}
const PasswordSchema = Type.Object(places, { ...closed, description: 'a mapping with one of password, passwordFile and passwordEnv' })

export const CredentialSchema = Type.Object(
  {
    username: Type.Optional(Type.String({ minLength: 1, description: 'a user name' })),
    ...places,
    next: Type.Optional(PasswordSchema),
  },
  { ...closed, description: 'a mapping with one of password, passwordFile and passwordEnv' },
)

type WrittenPassword = Static<typeof PasswordSchema>
export type WrittenCredential = Static<typeof CredentialSchema>

/** Where passwords may stand: paths are relative to `directory`. */
export interface Surroundings {
  readonly directory: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly fail: (path: Path, message: string) => void
}

export function credentialsOf(written: Readonly<Record<string, WrittenCredential>>, around: Surroundings): Record<string, Credential> {
  const entries = Object.entries(written).map(([name, entry]) => {
    const place = ['credentials', name]
    const next = entry.next === undefined ? null : passwordOf(entry.next, [...place, 'next'], around)
    return [name, { username: entry.username ?? null, password: passwordOf(entry, place, around), next }] as const
  })
  return Object.fromEntries(entries)
}

function passwordOf(entry: WrittenPassword, place: Path, { directory, env, fail }: Surroundings): string {
  if (entry.passwordFile !== undefined) {
    const at = [...place, 'passwordFile']
    const text = fileText(at, resolve(directory, entry.passwordFile), fail)
    const password = text?.split(/\r?\n/)[0] ?? ''
    if (text !== null && password === '') fail(at, 'the first line of this file is empty')
    return password
  }
  if (entry.passwordEnv === undefined) return entry.password ?? ''
  const password = env[entry.passwordEnv] ?? ''
  if (password === '') fail([...place, 'passwordEnv'], `the environment variable ${entry.passwordEnv} is not set`)
  return password
}

/** Null when it cannot be read, which was told to `fail`. */
export function fileText(place: Path, file: string, fail: Surroundings['fail']): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    fail(place, `${file} cannot be read: ${reason(error)}`)
    return null
  }
}

/** What a schema cannot say. `isWhole`: whether the shape of what stands there is right. */
export function checkCredentials(
  written: Readonly<Record<string, WrittenCredential>>,
  isWhole: (place: Path) => boolean,
  fail: Surroundings['fail'],
): void {
  for (const [name, entry] of Object.entries(written)) {
    const place = ['credentials', name]
    if (!isWhole(place)) continue
    if (!new RegExp(namePattern).test(name)) fail(place, `this key must be ${inEnglish(say('rule.name'))}`)
    for (const [at, one] of [[place, entry] as const, ...(entry.next === undefined ? [] : [[[...place, 'next'], entry.next] as const])]) {
      const given = (['password', 'passwordFile', 'passwordEnv'] as const).filter((key) => one[key] !== undefined)
      if (given.length !== 1) fail(at, `needs exactly one of password, passwordFile and passwordEnv, not ${given.length}`)
    }
  }
}

/** The names of those whose password stands in the settings themselves. */
export function inPlainSight(written: Readonly<Record<string, WrittenCredential>>): string[] {
  return Object.entries(written).flatMap(([name, { password, next }]) =>
    password === undefined && next?.password === undefined ? [] : [name],
  )
}

export function reason(error: unknown): string {
  const code = (error as { readonly code?: unknown }).code
  const words: Readonly<Record<string, string>> = { ENOENT: 'it is not there', EACCES: 'permission denied', EISDIR: 'it is a directory' }
  return (typeof code === 'string' ? words[code] : undefined) ?? (error instanceof Error ? error.message : String(error))
}
