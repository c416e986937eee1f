// Users and tokens, for admins: two lists of who may use the server, in one form.
import { useQuery } from '@tanstack/react-query'
import { type ComponentType, useState } from 'react'
import { AddToken, AddUser, Remove } from '../act/accounts.tsx'
import { type Refusal, ask } from '../api/ask.ts'
import type { Tokens, Users } from '../api/types.ts'
import { Asked } from '../look/asked.tsx'
import { dayTime } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'

interface Person {
  /** Its place under the path of all. */
  readonly id: string
  readonly name: string
  readonly role: string
  readonly groups: readonly string[]
  readonly at: number
  readonly by: string
  /** Null: until it is taken away. */
  readonly until: number | null
}

interface PeopleProps<Answer> {
  readonly kind: 'users' | 'tokens'
  readonly all: (answer: Answer) => readonly Person[]
  readonly Add: ComponentType<{ readonly close: () => void }>
}

function People<Answer>({ kind, all, Add }: PeopleProps<Answer>) {
  const say = useSay()
  const path = `/api/v1/${kind}`
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<Person | null>(null)
  const people = useQuery<Answer, Refusal>({ queryKey: [kind], queryFn: ({ signal }) => ask(path, { signal }) })
  return (
    <section className="panel settings">
      <div className="page-head">
        <h2>{say(`${kind}.title`)}</h2>
        <button type="button" className="button" onClick={() => setAdding(true)}>
          {say(`${kind}.add`)}
        </button>
      </div>
      <Asked query={people}>
        {(answer) =>
          all(answer).length === 0 ? (
            <p className="quiet">{say(`${kind}.none`)}</p>
          ) : (
            <table>
              <Heads />
              <tbody>
                {all(answer).map((one) => (
                  <Row key={one.id} kind={kind} person={one} remove={() => setRemoving(one)} />
                ))}
              </tbody>
            </table>
          )
        }
      </Asked>
      {adding && <Add close={() => setAdding(false)} />}
      {removing !== null && (
        <Remove
          title={say(`${kind}.removeOne`, { name: removing.name })}
          intro={say(`${kind}.removeIntro`)}
          verb={say(`${kind}.remove`)}
          path={`${path}/${encodeURIComponent(removing.id)}`}
          close={() => setRemoving(null)}
        />
      )}
    </section>
  )
}

interface RowProps {
  readonly kind: 'users' | 'tokens'
  readonly person: Person
  readonly remove: () => void
}

function Row({ kind, person, remove }: RowProps) {
  const say = useSay()
  const { name, role, groups, at, by, until } = person
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{role}</td>
      <td className="mono">{groups.join(', ')}</td>
      <td>
        {dayTime(at)} · {by}
        {until !== null && ` · ${say('tokens.until', { time: dayTime(until) })}`}
      </td>
      <td>
        <button type="button" className="button small" onClick={remove} aria-label={say(`${kind}.removeOne`, { name })}>
          {say(`${kind}.remove`)}
        </button>
      </td>
    </tr>
  )
}

export function UsersPanel() {
  return <People<Users> kind="users" all={({ users }) => users.map((one) => ({ ...one, id: one.name, until: null }))} Add={AddUser} />
}

export function TokensPanel() {
  return <People<Tokens> kind="tokens" all={({ tokens }) => tokens.map((one) => ({ ...one, until: one.expiresAt }))} Add={AddToken} />
}

function Heads() {
  const say = useSay()
  return (
    <thead>
      <tr>
        {(['name', 'role', 'groups', 'since'] as const).map((key) => (
          <th key={key} scope="col">
            {say(`people.${key}`)}
          </th>
        ))}
        <th scope="col">
          <span className="hidden">{say('nodes.act')}</span>
        </th>
      </tr>
    </thead>
  )
}
