// What a value must be, as the description of its schema and as a sentence in any language.
import { type Said, inEnglish } from '../core/said.ts'

const rules = new Map<string, Said>()

/** A schema's description that is told in any language when it is not kept. */
export function must(said: Said): string {
  const text = inEnglish(said)
  rules.set(text, said)
  return text
}

/** What a description says; those that were written as plain text stay so. */
export function ruled(description: string): string | Said {
  return rules.get(description) ?? description
}
