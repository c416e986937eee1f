import type { ReactNode } from 'react'
import type { Refusal } from '../api/ask.ts'
import { meaningOf } from '../words/errors.zh.ts'
import { useLanguage } from '../words/words.tsx'
import { Sentence } from './sentence.tsx'

interface RefusedProps {
  readonly refusal: Refusal
  readonly children?: ReactNode
}

/** A refusal with its code, its sentence and each of its details. */
export function Refused({ refusal, children }: RefusedProps) {
  return (
    <div className="refused bad" role="alert">
      <code>{refusal.code}</code>
      <Why refusal={refusal} />
      {refusal.details.length > 0 && (
        <ul>
          {refusal.details.map((detail, at) => (
            <li key={detail}>
              <Sentence english={detail} said={refusal.detailsSaid[at]} />
            </li>
          ))}
        </ul>
      )}
      {children}
    </div>
  )
}

/** Where a sentence is told in English only (what a disk or a library said), what its code means stands before it. */
function Why({ refusal }: { readonly refusal: Refusal }) {
  const language = useLanguage()
  const meaning = language === 'en' || refusal.said !== null ? null : meaningOf(refusal.code)
  return (
    <>
      {meaning !== null && <p>{meaning}</p>}
      {/* That nobody answered is the page's own word and not the server's: the meaning is all of it. */}
      {(meaning === null || refusal.status !== 0) && (
        <p>
          <Sentence english={refusal.message} said={refusal.said} />
        </p>
      )}
    </>
  )
}
