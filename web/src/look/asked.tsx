import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Refusal } from '../api/ask.ts'
import { useRefusal } from '../live/hooks.ts'
import { useSay } from '../words/words.tsx'
import { Refused } from './refused.tsx'

interface AskedProps<T> {
  readonly query: UseQueryResult<T, Refusal>
  readonly children: (answer: T) => ReactNode
}

/** What was asked for, or that it is on its way, or why it cannot be had. */
export function Asked<T>({ query, children }: AskedProps<T>) {
  const say = useSay()
  const refusal = useRefusal(query)
  if (query.data !== undefined) return children(query.data)
  if (refusal === null)
    return (
      <p className="note" role="status">
        <span className="wait" /> {say('act.asking')}
      </p>
    )
  return (
    <div className="note">
      <Refused refusal={refusal} />
    </div>
  )
}
