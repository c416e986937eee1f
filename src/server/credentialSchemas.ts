// What the API says of credentials: their names, never what they hold.
import { Type } from 'typebox'
import type { Static } from 'typebox'

const texts = (description: string) => Type.Array(Type.String(), { description })

export const CredentialList = Type.Object({
  credentials: Type.Array(
    Type.Object({
      name: Type.String(),
      username: Type.Union([Type.String(), Type.Null()], { description: 'null: the default user' }),
      hasNext: Type.Boolean({ description: 'Whether a second password is tried when the first is refused.' }),
      groups: texts('The groups that name it.'),
    }),
  ),
})

const Accepted = Type.String({ description: 'accepted, refused, or why nobody knows' })

export const CredentialCheck = Type.Object({
  name: Type.String(),
  nodes: Type.Array(
    Type.Object({ group: Type.String(), node: Type.String(), current: Accepted, next: Type.Union([Accepted, Type.Null()]) }),
    { description: 'What each node of the groups that name it says to each password, on a new connection.' },
  ),
})

export const Reloaded = Type.Object({
  changed: texts('The credentials that are others now.'),
  restart: texts('Sections of regroup.yaml that differ from what the server was started with; they need a restart.'),
  warnings: texts('What a person should mend.'),
})

/** Nothing is to be said but `dryRun`, which every change takes. */
export const ReloadBody = Type.Object({}, { additionalProperties: false, description: 'a mapping without keys' })

export const CredentialParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 63 }) })

export type CredentialList = Static<typeof CredentialList>
export type CredentialCheck = Static<typeof CredentialCheck>
export type Reloaded = Static<typeof Reloaded>
