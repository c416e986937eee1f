import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Refusal } from '../api/ask.ts'
import { useSay } from '../words/words.tsx'
import { Refused } from './refused.tsx'

interface AskedProps<T> {
  readonly query: UseQueryResult<T, Refusal>
  readonly children: (answer: T) => ReactNode
}

/** What was asked for, or that it is on its way, or why it cannot be had. */
export function Asked<T>({ query, children }: AskedProps<T>) {
  const say = useSay()
  if (query.data !== undefined) return children(query.data)
  if (query.error === null)
    return (
      <p className="note" role="status">
        <span className="wait" /> {say('act.asking')}
      </p>
    )
  return (
    <div className="note">
      <Refused refusal={query.error} />
    </div>
  )
}
