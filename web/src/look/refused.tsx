import type { ReactNode } from 'react'
import type { Refusal } from '../api/ask.ts'

/** A refusal with its code, its sentence and each of its details. */
export function Refused({ refusal, children }: { readonly refusal: Refusal; readonly children?: ReactNode }) {
  return (
    <div className="refused bad" role="alert">
      <code>{refusal.code}</code>
      <p lang="en">{refusal.message}</p>
      {refusal.details.length > 0 && (
        <ul lang="en">
          {refusal.details.map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
      {children}
    </div>
  )
}
