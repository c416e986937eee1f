// Secrets: made from the system's chance, kept as hashes. A secret of ours is long, so one SHA-256 keeps it; a password needs argon2id.
import { type Argon2Parameters, argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'

/** A new secret: 32 bytes that nobody guesses. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** A new name for something that is found by it; no secret. */
export function newId(): string {
  return randomBytes(6).toString('hex')
}

export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

export function isSecret(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(digest(secret)), Buffer.from(hash))
}

export interface PasswordHash {
  readonly algorithm: 'argon2id'
  /** KiB. */
  readonly memory: number
  readonly passes: number
  readonly salt: string
  readonly hash: string
}

/** OWASP's second choice of parameters: about 50 ms and 19 MiB here, so that a server with little memory can afford a login. */
const cost = { memory: 19_456, passes: 2 } as const
/** The pool of threads that hashes also looks up the names of nodes: one at a time, and a short queue. */
const maxWaiting = 8

let last: Promise<unknown> = Promise.resolve()
let waiting = 0

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16).toString('base64url')
  return { algorithm: 'argon2id', ...cost, salt, hash: await inTurn(() => argon(password, salt, cost)) }
}

/** Takes as long for nobody's password (null) as for a wrong one, so that names cannot be found out by time. Throws TOO_MANY. */
export async function isPassword(password: string, kept: PasswordHash | null): Promise<boolean> {
  const { salt, memory, passes, hash } = kept ?? { ...cost, salt: 'nobody has this', hash: '' }
  const found = Buffer.from(await inTurn(() => argon(password, salt, { memory, passes })))
  const wanted = Buffer.from(hash)
  return kept !== null && found.length === wanted.length && timingSafeEqual(found, wanted)
}

async function inTurn(hash: () => Promise<string>): Promise<string> {
  if (waiting >= maxWaiting) throw new UserError('TOO_MANY', say('refusal.loginsWait'))
  waiting++
  const turn = last.then(hash).finally(() => waiting--)
  last = turn.catch(() => {})
  return await turn
}

async function argon(password: string, salt: string, { memory, passes }: { memory: number; passes: number }): Promise<string> {
  const parameters: Argon2Parameters = { message: password, nonce: salt, parallelism: 1, tagLength: 32, memory, passes }
  return await new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, key) => (error === null ? resolve(key.toString('base64url')) : reject(error)))
  })
}
