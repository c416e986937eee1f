// Users, tokens and logins, in the store: compare-and-set, only hashes, and none of them ever leaves it.
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { Change, Store, Stored } from '../ports.ts'
import type { Role, Who } from './access.ts'
import { type PasswordHash, digest, hashPassword, isPassword, isSecret, newId, newSecret } from './secrets.ts'

interface Right {
  readonly role: Role
  /** Patterns of groups. */
  readonly groups: readonly string[]
}

/** Milliseconds since 1970 throughout. */
export interface User extends Right {
  readonly name: string
  readonly at: number
  readonly by: string
  readonly password: PasswordHash
}

export interface Token extends Right {
  readonly id: string
  readonly name: string
  readonly at: number
  readonly by: string
  readonly expiresAt: number | null
  readonly hash: string
}

interface Login {
  readonly id: string
  readonly user: string
  readonly at: number
  readonly expiresAt: number
  readonly hash: string
}

export interface NewUser extends Right {
  readonly name: string
  readonly password: string
}

export type UserChange = Partial<Omit<NewUser, 'name'>>

export interface NewToken extends Right {
  readonly name: string
  readonly expiresAt: number | null
}

/** What one asks with; `expiresAt` null: it does not end by itself. */
export interface Known {
  readonly who: Who
  readonly expiresAt: number | null
  /** Of a login, to end it by. */
  readonly login: string | null
}

/** A working day; who works longer logs in again. */
export const loginMs = 12 * 3_600_000
/** More is a mistake of a program that makes one for each run, or never ends its own. */
export const maxUsers = 1000
export const maxTokens = 1000
const maxLogins = 20

const headKey = 'auth/head'
const userKey = (name: string): string => `auth/user/${name}`
const tokenKey = (id: string): string => `auth/token/${id}`
const loginKey = (id: string): string => `auth/login/${id}`

export class Accounts {
  readonly #store: Store
  readonly #wall: () => number
  readonly #stopWatching: () => void
  readonly #adminHash: string | null
  #users = new Map<string, User>()
  #tokens = new Map<string, Token>()
  #logins = new Map<string, Login>()
  #versions = new Map<string, number>()

  private constructor(store: Store, wall: () => number, adminSecret: string | null) {
    this.#store = store
    this.#wall = wall
    this.#adminHash = adminSecret === null ? null : digest(adminSecret)
    this.#stopWatching = store.watch('auth/', () => void this.#read().catch(() => {}))
  }

  /** `adminSecret`: whoever has it is an admin, besides those in the store; it is for who may read this server's own files. */
  static async open(store: Store, wall: () => number, adminSecret: string | null): Promise<Accounts> {
    const accounts = new Accounts(store, wall, adminSecret)
    await accounts.#read()
    return accounts
  }

  close(): void {
    this.#stopWatching()
  }

  /** Whether anybody was named who may use this server; until then nobody has to say who he is. */
  get demanded(): boolean {
    return this.#users.size + this.#tokens.size > 0
  }

  get users(): readonly User[] {
    return [...this.#users.values()]
  }

  get tokens(): readonly Token[] {
    return [...this.#tokens.values()]
  }

  /** Who asks with this secret; null when it is none, or not any more. */
  whoHas(secret: string): Known | null {
    const [kind, id, rest] = secret.split('.')
    if (kind === 'rga' && rest === undefined && this.#adminHash !== null && isSecret(secret, this.#adminHash))
      return { who: { kind: 'token', name: 'admin.token', role: 'admin', groups: ['*'] }, expiresAt: null, login: null }
    if (id === undefined || rest === undefined) return null
    const found = kind === 'rgt' ? this.#tokens.get(id) : kind === 'rgl' ? this.#logins.get(id) : undefined
    if (found === undefined || !isSecret(rest, found.hash) || (found.expiresAt !== null && found.expiresAt <= this.#wall())) return null
    if ('user' in found) {
      const user = this.#users.get(found.user)
      return user === undefined ? null : { who: whoOf('user', user), expiresAt: found.expiresAt, login: found.id }
    }
    return { who: { ...whoOf('token', found), name: `token:${found.name}` }, expiresAt: found.expiresAt, login: null }
  }

  /** A secret for this user, or null when name and password do not belong together. Throws TOO_MANY, STORE_BROKEN. */
  async login(name: string, password: string): Promise<{ readonly secret: string; readonly known: Known } | null> {
    const user = this.#users.get(name) ?? null
    if (!(await isPassword(password, user?.password ?? null)) || user === null) return null
    // It was changed while we looked.
    if (this.#users.get(name)?.password.hash !== user.password.hash) return null
    const secret = newSecret()
    const at = this.#wall()
    const login: Login = { id: newId(), user: name, at, expiresAt: at + loginMs, hash: digest(secret) }
    const own = [...this.#logins.values()].filter((other) => other.user === name).toSorted((a, b) => a.at - b.at)
    const over = [...this.#logins.values()].filter((other) => other.expiresAt <= at)
    const ended = new Set([...over, ...own.slice(0, Math.max(0, own.length - maxLogins + 1))])
    await this.#write([this.#put(loginKey(login.id), login), ...[...ended].map((one) => this.#put(loginKey(one.id), null))])
    return { secret: `rgl.${login.id}.${secret}`, known: { who: whoOf('user', user), expiresAt: login.expiresAt, login: login.id } }
  }

  async logout(id: string): Promise<void> {
    if (this.#logins.has(id)) await this.#write([this.#put(loginKey(id), null)])
  }

  /** Throws USER_EXISTS, LAST_ADMIN. On a dry run everything but the writing. */
  async addUser({ name, password, role, groups }: NewUser, by: string, dryRun: boolean): Promise<User> {
    if (this.#users.has(name)) throw new UserError('USER_EXISTS', say('refusal.userExists', { name }))
    if (this.#users.size >= maxUsers) throw new UserError('NOT_NOW', say('refusal.usersFull', { most: maxUsers }))
    this.#firstIsAdmin({ role, groups })
    const user: User = { name, role, groups, at: this.#wall(), by, password: await hashPassword(password) }
    if (!dryRun) await this.#decide([this.#put(userKey(name), user)])
    return user
  }

  /** Another password ends the user's logins. Throws UNKNOWN_USER, LAST_ADMIN. */
  async changeUser(name: string, { password, ...right }: UserChange, dryRun: boolean): Promise<User> {
    const before = this.#user(name)
    const user: User = { ...before, ...right, ...(password === undefined ? {} : { password: await hashPassword(password) }) }
    if (!isAdmin(user)) this.#notLast(before.name, null)
    if (!dryRun) await this.#decide([this.#put(userKey(name), user), ...(password === undefined ? [] : this.#endLogins(name))])
    return user
  }

  /** Throws UNKNOWN_USER, LAST_ADMIN. */
  async removeUser(name: string, dryRun: boolean): Promise<User> {
    const user = this.#user(name)
    this.#notLast(name, null)
    if (!dryRun) await this.#decide([this.#put(userKey(name), null), ...this.#endLogins(name)])
    return user
  }

  /** Whether this is the user's password. Throws UNKNOWN_USER, TOO_MANY. */
  async knows(name: string, password: string): Promise<boolean> {
    return await isPassword(password, this.#user(name).password)
  }

  /** `secret` is shown now and never again; null on a dry run. Throws LAST_ADMIN, NOT_NOW. */
  async addToken({ name, role, groups, expiresAt }: NewToken, by: string, dryRun: boolean) {
    if (this.#tokens.size >= maxTokens) throw new UserError('NOT_NOW', say('refusal.tokensFull', { most: maxTokens }))
    this.#firstIsAdmin({ role, groups })
    const secret = newSecret()
    const token: Token = { id: newId(), name, role, groups, at: this.#wall(), by, expiresAt, hash: digest(secret) }
    if (!dryRun) await this.#decide([this.#put(tokenKey(token.id), token)])
    return { token, secret: dryRun ? null : `rgt.${token.id}.${secret}` }
  }

  /** Throws UNKNOWN_TOKEN, LAST_ADMIN. */
  async removeToken(id: string, dryRun: boolean): Promise<Token> {
    const token = this.#tokens.get(id)
    if (token === undefined) throw new UserError('UNKNOWN_TOKEN', say('refusal.noToken', { id }))
    this.#notLast(null, id)
    if (!dryRun) await this.#decide([this.#put(tokenKey(id), null)])
    return token
  }

  #user(name: string): User {
    const user = this.#users.get(name)
    if (user === undefined) throw new UserError('UNKNOWN_USER', say('refusal.noUser', { name }))
    return user
  }

  /** From the first user or token on everybody must say who he is: it must be one who can name others. */
  #firstIsAdmin(right: Right): void {
    if (this.demanded || isAdmin(right)) return
    throw new UserError('LAST_ADMIN', say('refusal.firstAdmin'))
  }

  /** Throws LAST_ADMIN when without this user or token nobody was left who can name others. */
  #notLast(user: string | null, token: string | null): void {
    const others = this.users.some((one) => one.name !== user && isAdmin(one))
    const tokens = this.tokens.some((one) => one.id !== token && isAdmin(one) && one.expiresAt === null)
    if (!others && !tokens) throw new UserError('LAST_ADMIN', say('refusal.lastAdmin'))
  }

  #endLogins(user: string): Change[] {
    return [...this.#logins.values()].filter((login) => login.user === user).map((login) => this.#put(loginKey(login.id), null))
  }

  #put(key: string, value: User | Token | Login | null): Change {
    return { key, expected: this.#versions.get(key) ?? 0, value }
  }

  /** Every change of who may do what goes through one key, so that two admins cannot take each other's right at once. */
  async #decide(changes: readonly Change[]): Promise<void> {
    await this.#write([{ key: headKey, expected: this.#versions.get(headKey) ?? 0, value: { at: this.#wall() } }, ...changes])
  }

  /** Throws REVISION_CONFLICT, STORE_BROKEN. */
  async #write(changes: readonly Change[]): Promise<void> {
    const saved = await this.#store.commit(changes, [])
    await this.#read()
    if (saved.ok) return
    if (saved.reason === 'conflict') throw new UserError('REVISION_CONFLICT', say('refusal.usersChanged'))
    throw new UserError('STORE_BROKEN', say('refusal.unsure', { message: saved.message }))
  }

  async #read(): Promise<void> {
    const stored = await this.#store.list<User | Token | Login>('auth/')
    const under = <T>(prefix: string) => new Map(stored.flatMap((one) => entryOf<T>(one, prefix)))
    this.#users = under<User>('auth/user/')
    this.#tokens = under<Token>('auth/token/')
    this.#logins = under<Login>('auth/login/')
    this.#versions = new Map(stored.map((one) => [one.key, one.version]))
  }
}

function entryOf<T>(stored: Stored<unknown> & { readonly key: string }, prefix: string): [string, T][] {
  return stored.key.startsWith(prefix) ? [[stored.key.slice(prefix.length), stored.value as T]] : []
}

function whoOf(kind: 'user' | 'token', { name, role, groups }: Right & { readonly name: string }): Who {
  return { kind, name, role, groups }
}

function isAdmin({ role, groups }: Right): boolean {
  return role === 'admin' && groups.includes('*')
}
