// Users and tokens, for admins.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { AddToken, AddUser, Remove } from '../act/accounts.tsx'
import { type Refusal, ask } from '../api/ask.ts'
import type { Tokens, Users } from '../api/types.ts'
import { Asked } from '../look/asked.tsx'
import { dayTime } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'

export function UsersPanel() {
  const say = useSay()
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<string | null>(null)
  const users = useQuery<Users, Refusal>({ queryKey: ['users'], queryFn: ({ signal }) => ask('/api/v1/users', { signal }) })
  return (
    <section className="panel settings">
      <div className="page-head">
        <h2>{say('users.title')}</h2>
        <button type="button" className="button" onClick={() => setAdding(true)}>
          {say('users.add')}
        </button>
      </div>
      <Asked query={users}>
        {(answer) =>
          answer.users.length === 0 ? (
            <p className="quiet">{say('users.none')}</p>
          ) : (
            <table>
              <Heads />
              <tbody>
                {answer.users.map(({ name, role, groups, at, by }) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td>{role}</td>
                    <td className="mono">{groups.join(', ')}</td>
                    <td>
                      {dayTime(at)} · {by}
                    </td>
                    <td>
                      <button
                        type="button"
                        className="button small"
                        onClick={() => setRemoving(name)}
                        aria-label={say('users.removeOne', { name })}
                      >
                        {say('users.remove')}
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Asked>
      {adding && <AddUser close={() => setAdding(false)} />}
      {removing !== null && (
        <Remove
          title={say('users.removeOne', { name: removing })}
          intro={say('users.removeIntro')}
          verb={say('users.remove')}
          path={`/api/v1/users/${encodeURIComponent(removing)}`}
          close={() => setRemoving(null)}
        />
      )}
    </section>
  )
}

export function TokensPanel() {
  const say = useSay()
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<Tokens['tokens'][number] | null>(null)
  const tokens = useQuery<Tokens, Refusal>({ queryKey: ['tokens'], queryFn: ({ signal }) => ask('/api/v1/tokens', { signal }) })
  return (
    <section className="panel settings">
      <div className="page-head">
        <h2>{say('tokens.title')}</h2>
        <button type="button" className="button" onClick={() => setAdding(true)}>
          {say('tokens.add')}
        </button>
      </div>
      <Asked query={tokens}>
        {(answer) =>
          answer.tokens.length === 0 ? (
            <p className="quiet">{say('tokens.none')}</p>
          ) : (
            <table>
              <Heads />
              <tbody>
                {answer.tokens.map((token) => (
                  <tr key={token.id}>
                    <th scope="row">{token.name}</th>
                    <td>{token.role}</td>
                    <td className="mono">{token.groups.join(', ')}</td>
                    <td>
                      {dayTime(token.at)} · {token.by}
                      {token.expiresAt !== null && ` · ${say('tokens.until', { time: dayTime(token.expiresAt) })}`}
                    </td>
                    <td>
                      <button
                        type="button"
                        className="button small"
                        onClick={() => setRemoving(token)}
                        aria-label={say('tokens.revokeOne', { name: token.name })}
                      >
                        {say('tokens.revoke')}
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Asked>
      {adding && <AddToken close={() => setAdding(false)} />}
      {removing !== null && (
        <Remove
          title={say('tokens.revokeOne', { name: removing.name })}
          intro={say('tokens.revokeIntro')}
          verb={say('tokens.revoke')}
          path={`/api/v1/tokens/${encodeURIComponent(removing.id)}`}
          close={() => setRemoving(null)}
        />
      )}
    </section>
  )
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
