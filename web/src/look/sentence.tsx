import type { Said } from '../../../src/core/said.ts'
import { useTell } from '../words/words.tsx'

interface SentenceProps {
  readonly english: string
  readonly said: Said | null | undefined
}

/** What the server says, in the language of the person and marked as what it is. */
export function Sentence({ english, said }: SentenceProps) {
  const { text, lang } = useTell()(english, said)
  return <span lang={lang}>{text}</span>
}
