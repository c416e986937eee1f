// Shown instead of everything else while the server wants to know who asks.
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { TextField } from '../act/fields.tsx'
import { type Refusal, ask } from '../api/ask.ts'
import { Refused } from '../look/refused.tsx'
import { useSay } from '../words/words.tsx'

export function Login() {
  const say = useSay()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [going, setGoing] = useState(false)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const go = async (): Promise<void> => {
    setGoing(true)
    try {
      await ask('/api/v1/login', { method: 'POST', body: { name, password } })
      await client.resetQueries()
    } catch (error) {
      setRefusal(error as Refusal)
    }
    setGoing(false)
  }
  return (
    <form
      className="login panel"
      onSubmit={(event) => {
        event.preventDefault()
        void go()
      }}
    >
      <h1>{say('login.title')}</h1>
      <p className="quiet">{say('login.why')}</p>
      <TextField label={say('login.name')} value={name} set={setName} autoComplete="username" />
      <TextField label={say('login.password')} type="password" value={password} set={setPassword} autoComplete="current-password" />
      {refusal !== null && <Refused refusal={refusal} />}
      <button type="submit" className="button main" disabled={going || name === '' || password === ''}>
        {going && <span className="wait" />} {say('login.verb')}
      </button>
    </form>
  )
}
