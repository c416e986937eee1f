// Users, tokens and one's own password.
import { useState } from 'react'
import type { TokenMade } from '../api/types.ts'
import { span } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'
import { Choice, TextField } from './fields.tsx'
import { PlainForm } from './plainForm.tsx'

interface Closing {
  readonly close: () => void
}

const roles = ['viewer', 'operator', 'admin']
const shortest = 10
const day = 86_400_000
const lives = [day, 7 * day, 30 * day, 90 * day, 365 * day]

function patterns(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}

function useRight() {
  const say = useSay()
  const [name, setName] = useState('')
  const [role, setRole] = useState('viewer')
  const [groups, setGroups] = useState('*')
  const fields = (
    <>
      <TextField label={say('login.name')} value={name} set={setName} />
      <div className="form-row">
        <Choice
          label={say('people.role')}
          value={role}
          set={setRole}
          options={roles.map((value) => ({ value, text: `${value} — ${say(`right.${value as 'viewer'}`)}` }))}
        />
        <TextField label={say('people.groups')} value={groups} set={setGroups} hint={say('people.groupsHint')} />
      </div>
    </>
  )
  return { fields, right: { name: name.trim(), role, groups: patterns(groups) } }
}

export function AddUser({ close }: Closing) {
  const say = useSay()
  const { fields, right } = useRight()
  const [password, setPassword] = useState('')
  return (
    <PlainForm
      title={say('users.add')}
      intro={say('users.addIntro')}
      path="/api/v1/users"
      method="POST"
      body={{ ...right, password }}
      ready={right.name !== '' && password.length >= shortest}
      verb={say('users.add')}
      close={close}
    >
      {fields}
      <TextField
        label={say('login.password')}
        type="password"
        value={password}
        set={setPassword}
        autoComplete="new-password"
        hint={say('password.hint', { n: shortest })}
      />
    </PlainForm>
  )
}

export function AddToken({ close }: Closing) {
  const say = useSay()
  const { fields, right } = useRight()
  const [life, setLife] = useState(90 * day)
  return (
    <PlainForm<TokenMade>
      title={say('tokens.add')}
      intro={say('tokens.addIntro')}
      path="/api/v1/tokens"
      method="POST"
      body={{ ...right, forMs: life === 0 ? null : life }}
      ready={right.name !== ''}
      verb={say('tokens.add')}
      close={close}
      told={({ secret }) => (
        <>
          <p>{say('tokens.once')}</p>
          <pre tabIndex={0}>{secret}</pre>
        </>
      )}
    >
      {fields}
      <Choice
        label={say('tokens.life')}
        value={String(life)}
        set={(text) => setLife(Number(text))}
        options={[...lives.map((ms) => ({ value: String(ms), text: span(ms) })), { value: '0', text: say('tokens.ever') }]}
      />
    </PlainForm>
  )
}

interface RemoveProps extends Closing {
  readonly title: string
  readonly intro: string
  readonly verb: string
  readonly path: string
}

export function Remove({ title, intro, verb, path, close }: RemoveProps) {
  return <PlainForm title={title} intro={intro} path={path} method="DELETE" body={{}} ready verb={verb} hard close={close} />
}

export function OwnPassword({ close }: Closing) {
  const say = useSay()
  const [old, setOld] = useState('')
  const [next, setNext] = useState('')
  return (
    <PlainForm
      title={say('password.title')}
      intro={say('password.intro')}
      path="/api/v1/login/password"
      method="POST"
      body={{ old, new: next }}
      ready={old !== '' && next.length >= shortest}
      verb={say('password.title')}
      close={close}
    >
      <TextField label={say('password.old')} type="password" value={old} set={setOld} autoComplete="current-password" />
      <TextField
        label={say('password.new')}
        type="password"
        value={next}
        set={setNext}
        autoComplete="new-password"
        hint={say('password.hint', { n: shortest })}
      />
    </PlainForm>
  )
}
