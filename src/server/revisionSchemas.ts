// What the API says of the spec's revisions, and what it takes to restore one.
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { Changes, Spec } from './schemas.ts'
import { why } from './specSchemas.ts'

const closed = { additionalProperties: false }
const number = (description: string) => Type.Integer({ minimum: 0, description })

const Entry = Type.Object({
  revision: Type.Integer(),
  at: Type.Integer({ description: 'Milliseconds since 1970.' }),
  by: Type.String(),
  why: Type.String(),
  changed: Type.Integer({ description: 'How many groups it changed.' }),
  changes: Changes,
})

export const Revisions = Type.Object({
  revisions: Type.Array(Entry, { description: 'Newest first, each with the first of its changes.' }),
  next: Type.Union([Type.Integer(), Type.Null()], { description: 'The value of `before` that gives the revisions before these.' }),
})

/** The whole spec as it was, in the form that POST takes, and what this revision changed. */
export const Revision = Type.Interface([Spec], { changes: Changes })
export const Difference = Type.Object({ from: Type.Integer(), to: Type.Integer(), changes: Changes })

export const RevisionParams = Type.Object({ revision: Type.String({ pattern: '^[0-9]{1,10}$', description: 'the number of a revision' }) })

export const RevisionsQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: '1 to 500; 50 when not given' })),
    before: Type.Optional(Type.Integer({ minimum: 1, description: 'a whole number from 1: only revisions with a smaller number' })),
  },
  closed,
)

export const DiffQuery = Type.Object(
  {
    from: number('a revision; 0 is the beginning'),
    to: Type.Optional(number('a revision; the current one when not given')),
  },
  closed,
)

export const RestoreBody = Type.Object(
  {
    revision: number('a revision'),
    removeGroups: Type.Optional(
      Type.Boolean({ description: 'true or false; true: groups that were not there then are left alone from now on' }),
    ),
    why: Type.Optional(why),
    dryRun: Type.Optional(Type.Boolean({ description: 'true or false; true: only say what would change' })),
    ifRevision: Type.Optional(Type.Union([Type.Null(), number('a revision')], { description: 'null or a revision' })),
  },
  { ...closed, description: 'a mapping with revision' },
)

export type RestoreBody = Static<typeof RestoreBody>
export type Revisions = Static<typeof Revisions>
export type Revision = Static<typeof Revision>
export type Difference = Static<typeof Difference>
