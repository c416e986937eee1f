// What an entry of the history rests on, by the names that the API has for it.
import type { LogEntry } from '../api/types.ts'
import { votesIn } from '../words/votes.ts'
import { useSay } from '../words/words.tsx'

export function Facts({ evidence }: Pick<LogEntry, 'evidence'>) {
  const say = useSay()
  return (
    <dl className="facts">
      {Object.entries(evidence).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === null ? '–' : name === 'votes' ? votesIn(String(value), say) : String(value)}</dd>
        </div>
      ))}
    </dl>
  )
}
