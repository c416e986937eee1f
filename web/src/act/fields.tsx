import { type ReactNode, useId } from 'react'
import { useSay } from '../words/words.tsx'
import { span } from '../words/figures.ts'

interface FieldProps {
  readonly label: string
  readonly hint?: string
  readonly children: (id: string, hint: string | undefined) => ReactNode
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId()
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      {children(id, hint === undefined ? undefined : `${id}-hint`)}
      {hint !== undefined && (
        <span id={`${id}-hint`} className="hint">
          {hint}
        </span>
      )}
    </div>
  )
}

interface TextProps {
  readonly label: string
  readonly value: string
  readonly set: (value: string) => void
  readonly hint?: string
  readonly type?: 'text' | 'password' | 'number'
  readonly placeholder?: string
  readonly autoComplete?: string
}

export function TextField({ label, value, set, hint, type = 'text', placeholder, autoComplete = 'off' }: TextProps) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(id, described) => (
        <input
          id={id}
          className="field"
          type={type}
          value={value}
          placeholder={placeholder}
          autoComplete={autoComplete}
          aria-describedby={described}
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Field>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly set: (value: string) => void
  readonly options: readonly { readonly value: string; readonly text: string }[]
  readonly hint?: string
}

export function Choice({ label, value, set, options, hint }: ChoiceProps) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(id, described) => (
        <select id={id} className="field" value={value} aria-describedby={described} onChange={(event) => set(event.target.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

const minute = 60_000
const spans = [15 * minute, 30 * minute, 60 * minute, 4 * 60 * minute, 24 * 60 * minute, 7 * 24 * 60 * minute]

export function SpanField({ value, set }: { readonly value: number; readonly set: (ms: number) => void }) {
  const say = useSay()
  return (
    <Choice
      label={say('act.for')}
      value={String(value)}
      set={(text) => set(Number(text))}
      options={spans.map((ms) => ({ value: String(ms), text: span(ms) }))}
    />
  )
}

export function WhyField({ value, set }: { readonly value: string; readonly set: (why: string) => void }) {
  const say = useSay()
  return <TextField label={say('act.why')} value={value} set={set} hint={say('act.whyHint')} />
}
