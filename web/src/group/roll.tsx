// A rolling restart, from wherever it is: what is next, and the button for it. regroup restarts nothing itself; a person does.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Switchover } from '../act/actions.tsx'
import { type Refusal, ask } from '../api/ask.ts'
import type { GroupStatus, Rolling } from '../api/types.ts'
import { useMay } from '../live/asker.ts'
import { Asked } from '../look/asked.tsx'
import { Refused } from '../look/refused.tsx'
import { Sentence } from '../look/sentence.tsx'
import { useSay } from '../words/words.tsx'

export function RollPanel({ status }: { readonly status: GroupStatus }) {
  const say = useSay()
  const path = `/api/v1/groups/${encodeURIComponent(status.group)}/roll`
  const rolling = useQuery<Rolling, Refusal>({
    queryKey: ['roll', status.group],
    queryFn: ({ signal }) => ask(path, { signal }),
    refetchInterval: 1000,
  })
  return (
    <section className="panel passage">
      <Asked query={rolling}>
        {({ roll }) =>
          roll !== null && (
            <>
              <h2>
                {say('roll.title')}
                <span className="quiet">{say('roll.count', { n: roll.restarted.length, all: roll.was.length })}</span>
              </h2>
              <progress value={roll.restarted.length} max={roll.was.length} aria-label={say('roll.title')} />
              <ol className="steps">
                {roll.was.map(({ node }) => (
                  <li
                    key={node}
                    className={`step ${roll.restarted.includes(node) ? 'done' : roll.turn?.node === node ? 'now' : 'waiting'}`}
                  >
                    <span className="step-mark" aria-hidden="true">
                      {roll.restarted.includes(node) && '✓'}
                    </span>
                    <span className="step-name">{node}</span>
                    <span className="quiet">
                      {say(roll.restarted.includes(node) ? 'roll.restarted' : roll.turn?.node === node ? 'roll.turn' : 'step.waiting')}
                    </span>
                  </li>
                ))}
              </ol>
              <p className={roll.step.kind === 'doubt' ? 'bad strip' : ''}>
                <Sentence english={roll.step.sentence} said={roll.step.said} />
              </p>
              <Next status={status} path={path} step={roll.step} turn={roll.turn?.node ?? null} />
            </>
          )
        }
      </Asked>
    </section>
  )
}

interface NextProps {
  readonly status: GroupStatus
  readonly path: string
  readonly step: NonNullable<Rolling['roll']>['step']
  readonly turn: string | null
}

function Next({ status, path, step, turn }: NextProps) {
  const say = useSay()
  const may = useMay()
  const client = useQueryClient()
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const [moving, setMoving] = useState(false)
  const send = async (body: { readonly restart: string } | { readonly end: true }): Promise<void> => {
    try {
      await ask(path, { method: 'POST', body })
      setRefusal(null)
      await client.invalidateQueries()
    } catch (error) {
      setRefusal(error as Refusal)
    }
  }
  if (!may('operator', status.group)) return null
  // It has its turn, and is still the process that it was.
  const given = step.kind === 'restart' && step.node === turn
  return (
    <>
      {refusal !== null && <Refused refusal={refusal} />}
      {given && turn !== null && <p>{say('roll.restartNow', { node: turn })}</p>}
      <div className="buttons">
        <button type="button" className={`button ${step.kind === 'done' ? 'main' : ''}`} onClick={() => void send({ end: true })}>
          {say('roll.end')}
        </button>
        {step.kind === 'restart' && !given && (
          <button type="button" className="button main" onClick={() => void send({ restart: step.node })}>
            {say('roll.give', { node: step.node })}
          </button>
        )}
        {step.kind === 'switchover' && (
          <button type="button" className="button main" onClick={() => setMoving(true)}>
            {say('roll.move', { node: step.to })}
          </button>
        )}
      </div>
      {moving && step.kind === 'switchover' && <Switchover status={status} to={step.to} close={() => setMoving(false)} />}
    </>
  )
}
