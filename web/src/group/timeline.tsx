// What was decided, what was refused and what was done, newest first, each with its reason and its evidence.
import { useState } from 'react'
import { useSearchParams } from 'wouter'
import type { LogEntry } from '../api/types.ts'
import type { Entries } from '../live/group.ts'
import { Epoch } from '../look/marks.tsx'
import { Refused } from '../look/refused.tsx'
import { Sentence } from '../look/sentence.tsx'
import { dayTime } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'
import { Facts } from './facts.tsx'
import { Past } from './past.tsx'

const kinds = ['decision', 'hold', 'event'] as const

export function Timeline({ entries }: { readonly entries: Entries }) {
  const say = useSay()
  const [query, setQuery] = useSearchParams()
  const seq = query.get('at') === null ? null : Number(query.get('at'))
  const choose = (next: number | null): void => setQuery(next === null ? {} : { at: String(next) }, { replace: true })
  const [hidden, setHidden] = useState<readonly string[]>([])
  const shown = entries.entries.filter(({ kind }) => !hidden.includes(kind))
  return (
    <>
      <Past entries={entries.entries} seq={seq} choose={choose} more={entries.loading ? null : entries.more} />
      <section className="panel timeline">
        <div className="timeline-head" role="group" aria-label={say('timeline.kinds')}>
          {kinds.map((kind) => (
            <label key={kind}>
              <input
                type="checkbox"
                checked={!hidden.includes(kind)}
                onChange={() => setHidden(hidden.includes(kind) ? hidden.filter((one) => one !== kind) : [...hidden, kind])}
              />
              <KindSign kind={kind} /> {say(`kind.${kind}`)}
            </label>
          ))}
        </div>
        {entries.refusal !== null && <Refused refusal={entries.refusal} />}
        <ol>
          {shown.map((entry) => (
            <Entry key={entry.seq} entry={entry} shown={entry.seq === seq} choose={() => choose(entry.seq)} />
          ))}
        </ol>
        {entries.loading ? (
          <p className="note" role="status">
            <span className="wait" /> {say('timeline.loading')}
          </p>
        ) : shown.length === 0 ? (
          <p className="note">{say('timeline.none')}</p>
        ) : (
          entries.more !== null && (
            <button type="button" className="button" onClick={entries.more}>
              {say('timeline.more')}
            </button>
          )
        )}
      </section>
    </>
  )
}

export function KindSign({ kind }: { readonly kind: LogEntry['kind'] }) {
  return (
    <svg className={`sign ${{ decision: 'good', hold: 'warn', event: 'none' }[kind]}`} viewBox="0 0 16 16" aria-hidden="true">
      {kind === 'decision' && <path d="M2 2.5 14 8 2 13.5Z" className="fill" />}
      {kind === 'hold' && <path d="M3 2h3.6v12H3Zm6.4 0H13v12H9.4Z" className="fill" />}
      {kind === 'event' && <circle cx="8" cy="8" r="3" className="fill" />}
    </svg>
  )
}

interface EntryProps {
  readonly entry: LogEntry
  /** It is the moment that is looked at. */
  readonly shown: boolean
  readonly choose: () => void
}

function Entry({ entry, shown, choose }: EntryProps) {
  const say = useSay()
  const facts = Object.keys(entry.evidence).length
  return (
    <li className={`entry ${entry.kind} ${shown ? 'chosen' : ''}`}>
      <button type="button" className="moment" title={say('past.look')} aria-current={shown} onClick={choose}>
        <time dateTime={new Date(entry.at).toISOString()}>{dayTime(entry.at)}</time>
      </button>
      <Epoch epoch={entry.epoch} />
      <span className="entry-kind">
        <KindSign kind={entry.kind} /> <span className="hidden">{say(`kind.${entry.kind}`)}</span>
      </span>
      <div>
        <p>
          <Sentence english={entry.sentence} said={entry.said} />
        </p>
        {facts === 0 ? (
          <p className="quiet">
            <code>{entry.rule}</code> · {entry.seq}
          </p>
        ) : (
          <details>
            <summary>
              <code>{entry.rule}</code> · {entry.seq} · {say('timeline.evidence', { n: facts })}
            </summary>
            <Facts evidence={entry.evidence} />
          </details>
        )}
      </div>
    </li>
  )
}
