// What people are told, as a code and its values. English is rendered from these, and so is every other language: there is no second copy.
import { commandSentences } from './sentences/command.ts'
import { doctorSentences } from './sentences/doctor.ts'
import { electSentences } from './sentences/elect.ts'
import { failoverSentences } from './sentences/failover.ts'
import { newSentences } from './sentences/new.ts'
import { nodeSentences } from './sentences/node.ts'
import { planSentences } from './sentences/plan.ts'
import { plannedSentences } from './sentences/planned.ts'
import { refusalSentences } from './sentences/refusal.ts'
import { releaseSentences } from './sentences/release.ts'
import { specSentences } from './sentences/spec.ts'
import { statusSentences } from './sentences/status.ts'
import { steadySentences } from './sentences/steady.ts'

/** Every sentence by its code, in English. A code is kept when its words change; a sentence that says something else gets another code. */
export const english = {
  ...newSentences,
  ...steadySentences,
  ...plannedSentences,
  ...failoverSentences,
  ...electSentences,
  ...nodeSentences,
  ...statusSentences,
  ...commandSentences,
  ...doctorSentences,
  ...planSentences,
  ...specSentences,
  ...refusalSentences,
  ...releaseSentences,
}

export type Catalog = typeof english
export type Code = keyof Catalog

export type SaidValue = string | number | boolean | null | Said | readonly (string | Said)[]

/** A sentence that is not in any language yet. A value may be one itself: a reason, or a list of them. */
export interface Said {
  readonly code: Code
  readonly values: Readonly<Record<string, SaidValue>>
}

/** What a sentence takes: where it puts in a text, another sentence may stand. */
type Taken<Value> = Value extends readonly string[]
  ? readonly (string | Said)[]
  : Value extends string
    ? string extends Value
      ? string | Said
      : Value
    : Value
type Given<Sentence> = Sentence extends (values: infer Values) => string
  ? unknown extends Values
    ? []
    : [values: { readonly [Name in keyof Values]: Taken<Values[Name]> }]
  : []

export function say<C extends Code>(code: C, ...[values]: Given<Catalog[C]>): Said {
  return { code, values: values ?? {} }
}

/** The sentence in a language. `words`: that language's sentences by code. */
export function told(said: Said, words: { readonly [C in Code]: Catalog[C] }): string {
  const sentence: (values: never) => string = words[said.code]
  return sentence(valuesIn(said.values, words) as never)
}

/** Most sentences have no other in them, and every step of a group makes some: their values serve as they are. */
function valuesIn(values: Said['values'], words: Catalog): Readonly<Record<string, unknown>> {
  for (const name in values) {
    if (typeof values[name] === 'object' && values[name] !== null) {
      return Object.fromEntries(Object.entries(values).map(([each, value]) => [each, inWords(value, words)]))
    }
  }
  return values
}

function inWords(value: SaidValue, words: Catalog): string | number | boolean | null | readonly string[] {
  if (value === null || typeof value !== 'object') return value
  return 'code' in value ? told(value, words) : value.map((each) => (typeof each === 'string' ? each : told(each, words)))
}

export function inEnglish(said: Said): string {
  return told(said, english)
}

/** A sentence as it is shown: in English, and as what any other language is made of. */
export interface Worded {
  readonly sentence: string
  readonly said: Said
}

export function worded(said: Said): Worded {
  return { sentence: inEnglish(said), said }
}
