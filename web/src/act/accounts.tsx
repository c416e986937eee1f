// Users, tokens and one's own password.
import { type ReactNode, useState } from 'react'
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

interface AddProps<Answer> extends Closing {
  readonly kind: 'users' | 'tokens'
  /** What it has besides a name and a right. */
  readonly more: Readonly<Record<string, unknown>>
  readonly ready?: boolean
  readonly told?: (answer: Answer) => ReactNode
  readonly children: ReactNode
}

function Add<Answer>({ kind, more, ready = true, children, ...rest }: AddProps<Answer>) {
  const say = useSay()
  const { fields, right } = useRight()
  return (
    <PlainForm<Answer>
      {...rest}
      title={say(`${kind}.add`)}
      intro={say(`${kind}.addIntro`)}
      path={`/api/v1/${kind}`}
      method="POST"
      body={{ ...right, ...more }}
      ready={right.name !== '' && ready}
      verb={say(`${kind}.add`)}
    >
      {fields}
      {children}
    </PlainForm>
  )
}

export function AddUser({ close }: Closing) {
  const say = useSay()
  const [password, setPassword] = useState('')
  return (
    <Add kind="users" more={{ password }} ready={password.length >= shortest} close={close}>
      <TextField
        label={say('login.password')}
        type="password"
        value={password}
        set={setPassword}
        autoComplete="new-password"
        hint={say('password.hint', { n: shortest })}
      />
    </Add>
  )
}

export function AddToken({ close }: Closing) {
  const say = useSay()
  const [life, setLife] = useState(90 * day)
  return (
    <Add<TokenMade>
      kind="tokens"
      more={{ forMs: life === 0 ? null : life }}
      close={close}
      told={({ secret }) => (
        <>
          <p>{say('tokens.once')}</p>
          <pre tabIndex={0}>{secret}</pre>
        </>
      )}
    >
      <Choice
        label={say('tokens.life')}
        value={String(life)}
        set={(text) => setLife(Number(text))}
        options={[...lives.map((ms) => ({ value: String(ms), text: span(ms) })), { value: '0', text: say('tokens.ever') }]}
      />
    </Add>
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
