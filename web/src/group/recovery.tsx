// A node's way back, step by step, and a change of primary the same way.
import type { Passage, Recovery, RecoveryStep } from '../api/types.ts'
import { Sentence } from '../look/sentence.tsx'
import { span } from '../words/figures.ts'
import { useNow } from '../live/hooks.ts'
import { useSay } from '../words/words.tsx'

interface StepProps {
  readonly name: string
  readonly state: 'done' | 'now' | 'waiting' | 'failed' | 'skipped'
  readonly afterMs: number | null
  readonly note: Pick<RecoveryStep, 'note' | 'noteSaid'> | null
}

function Step({ name, state, afterMs, note }: StepProps) {
  const say = useSay()
  return (
    <li className={`step ${state}`} aria-current={state === 'now' ? 'step' : undefined}>
      <span className="step-mark" aria-hidden="true">
        {{ done: '✓', now: '', waiting: '', failed: '✕', skipped: '–' }[state]}
      </span>
      <span className="step-name">{name}</span>
      <span className="hidden">{say(`step.${state}`)}</span>
      {afterMs !== null && <span className="step-time">{span(afterMs)}</span>}
      {note?.note != null && (
        <span className="step-note">
          <Sentence english={note.note} said={note.noteSaid} />
        </span>
      )}
    </li>
  )
}

export function RecoverySteps({ recovery }: { readonly recovery: Recovery }) {
  const say = useSay()
  const now = useNow()
  const reached = recovery.steps.filter(({ state }) => state === 'done' || state === 'skipped').length
  const lasted = (recovery.endedAt ?? now) - recovery.startedAt
  return (
    <details className="panel passage" open={recovery.endedAt === null}>
      <summary>
        {say(recovery.endedAt === null ? 'recovery.coming' : 'recovery.back', { node: recovery.node })}
        <span className="quiet">{say('recovery.after', { time: span(Math.max(0, lasted)) })}</span>
      </summary>
      <progress value={reached} max={recovery.steps.length} aria-label={say('recovery.progress', { node: recovery.node })} />
      <ol className="steps">
        {recovery.steps.map((step) => (
          <Step key={step.name} name={say(`recovery.${step.name}`)} state={step.state} afterMs={step.afterMs} note={step} />
        ))}
      </ol>
    </details>
  )
}

export function PassageSteps({ passage }: { readonly passage: Passage }) {
  const say = useSay()
  const now = useNow()
  const { kind, epoch, from, to, startedAt, steps } = passage
  const lost = steps.some(({ name, state }) => name === 'proven' && state === 'done')
  return (
    <section className="panel passage">
      <h2>
        {to === null ? say(lost ? 'passage.lost' : 'passage.suspected') : say(`passage.${kind}`, { n: epoch })}
        <span className="quiet">{say('ago', { time: span(Math.max(0, now - startedAt)) })}</span>
      </h2>
      <p className="quiet">
        {from}
        {to !== null && ` → ${to}`}
      </p>
      <ol className="steps">
        {steps.map(({ name, state, afterMs }) => (
          <Step key={name} name={say(`passage.step.${name}`)} state={state} afterMs={afterMs} note={null} />
        ))}
      </ol>
    </section>
  )
}
