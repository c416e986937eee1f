// The credentials of a running server: read again when they are asked to, never half.
import type { Credential as OneCredential } from '../adapters/connection.ts'
import { UserError } from '../errors.ts'
import type { Reloaded } from '../server/credentialSchemas.ts'
import type { Credential } from './credentials.ts'
import type { LoadedSettings, Settings } from './settings.ts'

export class CredentialBook {
  readonly #load: () => LoadedSettings
  /** What the process was started with: everything but the credentials stays as it was then. */
  readonly #started: Settings
  #credentials: Settings['credentials']
  /** Made once for each, so that whoever holds one can tell it from another. */
  #tried = new Map<string, readonly OneCredential[]>()

  constructor(started: Settings, load: () => LoadedSettings) {
    this.#load = load
    this.#started = started
    this.#credentials = started.credentials
  }

  get all(): Settings['credentials'] {
    return this.#credentials
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#credentials, name)
  }

  /** In the order in which they are tried; empty for a name that is not there. */
  of(name: string): readonly OneCredential[] {
    const known = this.#tried.get(name) ?? triesOf(this.#credentials[name])
    this.#tried.set(name, known)
    return known
  }

  /**
   * Reads regroup.yaml, and the files and variables it names, again. Connections that stand keep what they were let in with.
   * `used`: groups by the credential they name. Throws BAD_SETTINGS, and changes nothing then.
   */
  reload(used: ReadonlyMap<string, readonly string[]>, dryRun: boolean): Reloaded {
    const { settings, warnings } = this.#load()
    const missing = [...used].filter(([name]) => !Object.hasOwn(settings.credentials, name))
    if (missing.length > 0) {
      const lines = missing.map(([name, groups]) => `credential ${name} is not there, but groups name it: ${groups.join(', ')}`)
      throw new UserError('BAD_SETTINGS', 'the credentials were not read again: groups need what is not there', lines)
    }
    const names = new Set([...Object.keys(this.#credentials), ...Object.keys(settings.credentials)])
    const changed = [...names].filter((name) => !same(this.#credentials[name], settings.credentials[name])).toSorted()
    const others = (Object.keys(settings) as (keyof Settings)[]).filter((key) => key !== 'credentials')
    const restart = others.filter((key) => JSON.stringify(settings[key]) !== JSON.stringify(this.#started[key]))
    if (dryRun) return { changed, restart, warnings: [...warnings] }
    this.#credentials = settings.credentials
    for (const name of changed) this.#tried.delete(name)
    return { changed, restart, warnings: [...warnings] }
  }
}

function triesOf(credential: Credential | undefined): readonly OneCredential[] {
  if (credential === undefined) return []
  const { username, password, next } = credential
  return [password, ...(next === null ? [] : [next])].map((one) => ({ username, password: one }))
}

function same(a: Credential | undefined, b: Credential | undefined): boolean {
  return a?.username === b?.username && a?.password === b?.password && a?.next === b?.next
}
