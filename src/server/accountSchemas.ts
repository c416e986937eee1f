// Users, tokens, logins and the audit, as the API takes and gives them. No hash is among them.
import { Type } from 'typebox'
import { say } from '../core/said.ts'
import { namePattern } from '../core/spec.ts'
import { must } from './rules.ts'
import { roles } from './access.ts'
import { HistoryQuery, Said } from './schemas.ts'
import { why } from './specSchemas.ts'

const closed = { additionalProperties: false }
const nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])
const text = Type.String()
const wall = Type.Integer({ description: 'Milliseconds since 1970.' })

const role = Type.Enum([...roles], { description: 'viewer (looks), operator (acts on groups) or admin (decides who may)' })
const pattern = Type.String({
  pattern: '^[A-Za-z0-9._*-]{1,63}$',
  description: 'a name of a group, in which * stands for any letters: orders-*',
})
const groups = Type.Array(pattern, { minItems: 1, maxItems: 50, description: 'a list of 1 to 50 patterns of groups; ["*"] for all' })
const name = Type.String({ pattern: namePattern, description: must(say('rule.name')) })
/** Long enough to be no word, short enough to be hashed at once. */
const password = Type.String({ minLength: 10, maxLength: 200, writeOnly: true, description: 'a text of 10 to 200 characters' })
const anyPassword = Type.String({ maxLength: 200, writeOnly: true, description: 'a text' })

export const Right = Type.Object({ name: text, role, groups: Type.Array(text) })

export const Asker = Type.Object({
  who: nullable(
    Type.Object(
      { kind: Type.Enum(['user', 'token', 'local']), name: text, role, groups: Type.Array(text) },
      { description: 'null: log in first.' },
    ),
  ),
  demanded: Type.Boolean({ description: 'false: nobody was named yet, and whoever is on this machine may do everything.' }),
  expiresAt: nullable(wall),
})

export const LoggedIn = Type.Object({
  ...Asker.properties,
  secret: nullable(Type.String({ description: 'For the header Authorization: Bearer. Null when it was set as a cookie.' })),
})

export const LoginBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 63, description: 'the name of a user' }),
    password: anyPassword,
    as: Type.Optional(Type.Enum(['cookie', 'secret'], { description: 'cookie (for a page; when not given) or secret (for a program)' })),
  },
  { ...closed, description: 'a mapping with name and password' },
)

export const OwnPasswordBody = Type.Object({ old: anyPassword, new: password }, { ...closed, description: 'a mapping with old and new' })

export const User = Type.Object({ name: text, role, groups: Type.Array(text), at: wall, by: text })
export const Users = Type.Object({ users: Type.Array(User) })
export const UserBody = Type.Object(
  { name, password, role, groups: Type.Optional(groups), why: Type.Optional(why) },
  { ...closed, description: 'a mapping with name, password and role' },
)
export const UserChangeBody = Type.Object(
  { password: Type.Optional(password), role: Type.Optional(role), groups: Type.Optional(groups), why: Type.Optional(why) },
  { ...closed, description: 'a mapping with password, role, groups' },
)
export const UserParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 63 }) })

export const Token = Type.Object({ id: text, name: text, role, groups: Type.Array(text), at: wall, by: text, expiresAt: nullable(wall) })
export const Tokens = Type.Object({ tokens: Type.Array(Token) })
export const maxTokenMs = 10 * 365 * 86_400_000
export const TokenBody = Type.Object(
  {
    name,
    role,
    groups: Type.Optional(groups),
    forMs: Type.Optional(
      nullable(Type.Integer({ minimum: 60_000, maximum: maxTokenMs, description: `60000 to ${maxTokenMs} ms (10 years)` })),
    ),
    why: Type.Optional(why),
  },
  { ...closed, description: 'a mapping with name and role' },
)
export const TokenMade = Type.Object({
  ...Token.properties,
  secret: nullable(Type.String({ description: 'Shown now and never again; null on a dry run.' })),
})
export const TokenParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 63 }) })
export const ReasonBody = Type.Object({ why: Type.Optional(why) }, { ...closed, description: 'a mapping' })

export const AuditEntry = Type.Object({
  seq: Type.Integer({ description: 'Rises by one.' }),
  at: wall,
  by: text,
  as: Type.String({ description: 'user, token or local (this machine, before anybody was named)' }),
  from: Type.String({ description: 'The address it came from.' }),
  what: Type.String({ description: 'The route.' }),
  path: text,
  group: nullable(text),
  why: nullable(text),
  asked: Type.String({ description: 'The short facts of the body, as JSON; never a secret.' }),
  result: Type.String({ description: 'done, or the code of the refusal' }),
  sentence: text,
  said: Type.Optional(Said),
})
const part = (of: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: `a text of up to 200 letters: ${of}` }))
export const AuditQuery = Type.Object(
  {
    ...HistoryQuery.properties,
    by: part('only entries in whose author or address it stands'),
    what: part('only entries in whose route, path, facts, reason or result it stands'),
    group: part('the name of a group: only entries about it'),
  },
  closed,
)
export const AuditPage = Type.Object({
  entries: Type.Array(AuditEntry, { description: 'Newest first. What is sought for may give fewer than `limit` and go on all the same.' }),
  next: nullable(Type.Integer({ description: 'The value of `before` that gives the entries after these; null when there are none.' })),
})
