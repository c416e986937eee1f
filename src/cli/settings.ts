// regroup.yaml: the settings of one server process. Read once, complete and frozen. Groups and their policies live in the store.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Type } from 'typebox'
import type { TSchema } from 'typebox'
import { pairProblem } from '../adapters/certificate.ts'
import { checks } from '../core/doctor/examine.ts'
import { windowProblem } from '../core/dailyWindow.ts'
import { defaults as policyDefaults } from '../core/limits.ts'
import type { Policy } from '../core/model.ts'
import { inEnglish } from '../core/said.ts'
import { timingProblem } from '../core/spec.ts'
import { UserError } from '../errors.ts'
import { addressIn, loopbackIn } from '../server/listen.ts'
import { problemsOf } from '../server/problems.ts'
import type { Path, Problem } from '../server/problems.ts'
import { PolicyInput } from '../server/specSchemas.ts'
import {
  type Credential,
  CredentialSchema,
  type WrittenCredential,
  checkCredentials,
  credentialsOf,
  fileText,
  inPlainSight,
  reason,
} from './credentials.ts'
import { readYaml } from './yamlText.ts'

/** For connections to nodes. `ca`, `cert`, `key` hold the files' PEM text. */
export interface NodeTls {
  readonly ca: string | null
  readonly cert: string | null
  readonly key: string | null
  readonly verify: boolean
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface Settings {
  readonly listen: {
    readonly http: string
    /** The paths of the HTTP server's own certificate and key; null: HTTP without TLS. */
    readonly certificate: { readonly cert: string; readonly key: string } | null
    /** Beyond this machine without TLS: somebody in front of us ends it. */
    readonly plainHttp: boolean
    /** Null is off. */
    readonly sentinel: string | null
  }
  /** `path` is absolute. */
  readonly store: { readonly kind: 'embedded'; readonly path: string }
  readonly log: { readonly level: LogLevel }
  readonly credentials: Readonly<Record<string, Credential>>
  readonly tls: NodeTls
  readonly defaults: Partial<Policy>
  /** `ignore`: checks whose findings are not told. */
  readonly doctor: { readonly everyMs: number; readonly ignore: readonly string[] }
}

export interface LoadedSettings {
  readonly settings: Settings
  /** The file that was read, null when there was none. */
  readonly file: string | null
  /** What a person should mend although the server can start. */
  readonly warnings: readonly string[]
}

/** What is wrong with a setting is wrong for days: ten minutes are soon enough. */
const doctorMs = 600_000
const leastDoctorMs = 10_000
const closed = { additionalProperties: false }
const path = (what: string) => Type.Optional(Type.String({ minLength: 1, description: `the path of ${what}` }))

const address = (example: string) => Type.Optional(Type.String({ description: `host:port, as ${example}` }))

const section = (properties: Record<string, TSchema>, description: string) =>
  Type.Optional(Type.Object(properties, { ...closed, description }))

const SettingsSchema = Type.Object(
  {
    listen: section(
      {
        http: address('127.0.0.1:7070'),
        cert: path('a PEM file'),
        key: path('a PEM file'),
        plainHttp: Type.Optional(Type.Boolean({ description: 'true or false' })),
        sentinel: address('127.0.0.1:26379'),
      },
      'a mapping with http, cert, key, plainHttp and sentinel',
    ),
    store: section({ kind: Type.Optional(Type.Enum(['embedded'])), path: path('a directory') }, 'a mapping with kind and path'),
    log: section({ level: Type.Optional(Type.Enum(['debug', 'info', 'warn', 'error'])) }, 'a mapping with level'),
    credentials: Type.Optional(Type.Record(Type.String(), CredentialSchema, { description: 'a mapping of names to credentials' })),
    tls: section(
      {
        ca: path('a PEM file'),
        cert: path('a PEM file'),
        key: path('a PEM file'),
        verify: Type.Optional(Type.Boolean({ description: 'true or false' })),
      },
      'a mapping with ca, cert, key and verify',
    ),
    defaults: Type.Optional(PolicyInput),
    doctor: section(
      {
        everyMs: Type.Optional(
          Type.Integer({
            minimum: leastDoctorMs,
            maximum: 86_400_000,
            description: `${leastDoctorMs} to 86400000 ms: how often each group is examined; ${doctorMs} when not given`,
          }),
        ),
        ignore: Type.Optional(
          Type.Array(
            Type.Enum(
              checks.map(({ id }) => id),
              { description: 'the id of a check; docs/doctor.md lists them' },
            ),
            { description: 'a list of ids of checks' },
          ),
        ),
      },
      'a mapping with everyMs and ignore',
    ),
  },
  { ...closed, description: 'a mapping' },
)

interface Written {
  readonly listen?: {
    readonly http?: string
    readonly sentinel?: string
    readonly cert?: string
    readonly key?: string
    readonly plainHttp?: boolean
  }
  readonly store?: { readonly path?: string }
  readonly log?: { readonly level?: LogLevel }
  readonly credentials?: Readonly<Record<string, WrittenCredential>>
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly verify?: boolean }
  readonly defaults?: Partial<Policy>
  readonly doctor?: { readonly everyMs?: number; readonly ignore?: readonly string[] }
}

type Env = Readonly<Record<string, string | undefined>>
type Fail = (path: Path, message: string) => void

/**
 * Reads `file`; without it `regroup.yaml` beside us when there is one, else the defaults. Paths in it are relative to it.
 * Throws BAD_SETTINGS with every problem, each with line, column and path.
 */
export function loadSettings(file: string | undefined, env: Env = process.env): LoadedSettings {
  return load(file, env, () => {})
}

/**
 * As `loadSettings`, for a server that is to start with them: its own certificate must be there and whole. One that runs keeps what it has
 * while the files are being renewed, so whoever reads the settings for something else does not look at them.
 */
export function loadToStart(file: string | undefined, env: Env = process.env): LoadedSettings {
  return load(file, env, checkCertificate)
}

function load(file: string | undefined, env: Env, check: (settings: Settings, fail: Fail) => void): LoadedSettings {
  const found = file ?? (existsSync('regroup.yaml') ? 'regroup.yaml' : null)
  if (found === null) return { settings: frozen(settingsOf({}, process.cwd(), env, () => {})), file: null, warnings: [] }
  const yaml = readYaml(textOf(found), found)
  // An empty file says nothing, which is allowed.
  const written: Written = yaml.value ?? {}
  const problems = yaml.readable ? problemsOf(SettingsSchema, written) : []
  const fail: Fail = (path, message) => problems.push({ path, of: 'value', message })
  // Values are looked up only when their shape is right; what can be judged beside a malformed one still is.
  const settings = problems.length > 0 ? null : settingsOf(written, dirname(resolve(found)), env, fail)
  if (settings !== null) check(settings, fail)
  if (isMapping(written)) checkMeaning(written, fail, [...problems])
  const lines = yaml.lines(problems)
  if (settings === null || lines.length > 0) {
    throw new UserError('BAD_SETTINGS', `${found} has ${lines.length === 1 ? 'a problem' : `${lines.length} problems`}`, lines)
  }
  return { settings: frozen(settings), file: found, warnings: warningsOf(written, found) }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError('BAD_SETTINGS', `${file} cannot be read: ${reason(error)}`)
  }
}

function settingsOf(written: Written, directory: string, env: Env, fail: Fail): Settings {
  const { tls = {} } = written
  const pem = (key: 'ca' | 'cert' | 'key'): string | null => {
    const file = tls[key]
    return file === undefined ? null : fileText(['tls', key], resolve(directory, file), fail)
  }
  return {
    listen: {
      http: written.listen?.http ?? '127.0.0.1:7070',
      certificate: certificateOf(written.listen ?? {}, directory),
      plainHttp: written.listen?.plainHttp ?? false,
      sentinel: written.listen?.sentinel ?? null,
    },
    store: { kind: 'embedded', path: resolve(directory, written.store?.path ?? '.regroup') },
    log: { level: written.log?.level ?? 'info' },
    credentials: credentialsOf(written.credentials ?? {}, { directory, env, fail }),
    tls: { ca: pem('ca'), cert: pem('cert'), key: pem('key'), verify: tls.verify ?? true },
    defaults: written.defaults ?? {},
    doctor: { everyMs: written.doctor?.everyMs ?? doctorMs, ignore: written.doctor?.ignore ?? [] },
  }
}

/** The server's own certificate: its files are read anew when they change, so only their names are kept. */
function certificateOf({ cert, key }: NonNullable<Written['listen']>, directory: string): Settings['listen']['certificate'] {
  return cert === undefined || key === undefined ? null : { cert: resolve(directory, cert), key: resolve(directory, key) }
}

function checkCertificate({ listen: { certificate } }: Settings, fail: Fail): void {
  if (certificate === null) return
  const [cert, key] = [fileText(['listen', 'cert'], certificate.cert, fail), fileText(['listen', 'key'], certificate.key, fail)]
  const problem = cert === null || key === null ? null : pairProblem({ cert, key })
  if (problem !== null) fail(['listen', 'cert'], problem)
}

/** What a schema cannot say. Judges what is well-formed, even when something beside it is not. */
function checkMeaning(written: Written, fail: Fail, problems: readonly Problem[]): void {
  const isWhole = (place: Path): boolean => !problems.some(({ path }) => place.every((part, index) => path[index] === part))
  if (isMapping(written.credentials)) checkCredentials(written.credentials, isWhole, fail)
  if (isMapping(written.defaults) && isWhole(['defaults'])) {
    const message = timingProblem({ ...policyDefaults, ...written.defaults })
    if (message !== null)
      fail(['defaults', written.defaults.silentAfterMs === undefined ? 'probeEveryMs' : 'silentAfterMs'], inEnglish(message))
  }
  if (isMapping(written.defaults) && isWhole(['defaults', 'failbackWindow']) && written.defaults.failbackWindow !== undefined) {
    const problem = windowProblem(written.defaults.failbackWindow)
    if (problem !== null) fail(['defaults', 'failbackWindow'], inEnglish(problem))
  }
  for (const [key, check] of [
    ['http', addressIn],
    ['sentinel', loopbackIn],
  ] as const) {
    const text = isMapping(written.listen) && isWhole(['listen', key]) ? written.listen[key] : undefined
    const problem = text === undefined ? null : problemOf(() => check(text))
    if (problem !== null) fail(['listen', key], problem)
  }
  for (const place of ['tls', 'listen'] as const) {
    const section = written[place]
    if (isMapping(section) && isWhole([place]) && (section.cert === undefined) !== (section.key === undefined))
      fail([place], 'cert and key belong together; give both or neither')
  }
}

/** What a check would throw; null when it is content. */
function problemOf(check: () => unknown): string | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
}

function warningsOf(written: Written, file: string): string[] {
  const plain = inPlainSight(written.credentials ?? {})
  if (plain.length === 0 || (statSync(file).mode & 0o044) === 0) return []
  const names = plain.join(', ')
  return [`${file} holds a password (${names}) and others on this machine can read it; chmod 600 ${file}, or use passwordFile`]
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part)
    Object.freeze(value)
  }
  return value
}
