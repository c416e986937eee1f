// Who changed what, from where and why, newest first.
import '../look/pages.css'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useSearchParams } from 'wouter'
import { TextField } from '../act/fields.tsx'
import { type Refusal, ask } from '../api/ask.ts'
import type { AuditPage } from '../api/types.ts'
import { Refused } from '../look/refused.tsx'
import { Sentence } from '../look/sentence.tsx'
import { dayTime } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'

type Entry = AuditPage['entries'][number]

/** What is sought for stands in the address, so that it can be passed on. */
const keys = ['by', 'what', 'group'] as const
type Sought = Readonly<Record<(typeof keys)[number], string>>

export function AuditScreen() {
  const say = useSay()
  const [query, setQuery] = useSearchParams()
  const sought = Object.fromEntries(keys.map((key) => [key, query.get(key) ?? ''])) as Sought
  const pages = useInfiniteQuery<AuditPage, Refusal, readonly Entry[], readonly string[], number | null>({
    queryKey: ['audit', ...keys.map((key) => sought[key])],
    queryFn: ({ signal, pageParam }) => {
      const given: [string, string][] = Object.entries({ ...sought, before: pageParam === null ? '' : String(pageParam) }).filter(
        ([, value]) => value !== '',
      )
      return ask(`/api/v1/audit?${new URLSearchParams([['limit', '100'], ...given]).toString()}`, { signal })
    },
    placeholderData: keepPreviousData,
    initialPageParam: null,
    getNextPageParam: ({ next }) => next,
    select: (all) => all.pages.flatMap(({ entries }) => entries),
    refetchInterval: 10_000,
  })
  return (
    <>
      <h1 className="page-title">{say('nav.audit')}</h1>
      <Search sought={sought} seek={(next) => setQuery(next, { replace: true })} />
      {pages.error !== null && <Refused refusal={pages.error} />}
      {pages.data?.length === 0 && <p className="note panel">{say('audit.none')}</p>}
      {pages.data !== undefined && pages.data.length > 0 && (
        <div className="panel scroll" tabIndex={0} role="region" aria-label={say('nav.audit')}>
          <table className="stack">
            <thead>
              <tr>
                {(['at', 'by', 'from', 'what', 'why', 'result'] as const).map((key) => (
                  <th key={key} scope="col">
                    {say(`audit.${key}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {pages.data.map((entry) => (
                <Row key={entry.seq} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {pages.hasNextPage && (
        <button type="button" className="button" onClick={() => void pages.fetchNextPage()}>
          {say('timeline.more')}
        </button>
      )}
      <p className="quiet">{say('audit.bound')}</p>
    </>
  )
}

function Row({ entry }: { readonly entry: Entry }) {
  const say = useSay()
  return (
    <tr>
      <td data-label={say('audit.at')} className="mono">
        {dayTime(entry.at)}
      </td>
      <th scope="row">
        {entry.by} <span className="quiet">{entry.as}</span>
      </th>
      <td data-label={say('audit.from')} className="mono">
        {entry.from}
      </td>
      <td data-label={say('audit.what')} className="whole">
        <code>{entry.what}</code> {entry.group !== null && <b>{entry.group}</b>}
        <span className="problem mono">{entry.asked}</span>
      </td>
      <td data-label={say('audit.why')}>{entry.why ?? '–'}</td>
      <td data-label={say('audit.result')}>
        <span className={`badge ${entry.result === 'done' ? 'good' : 'warn'}`}>
          {entry.result === 'done' ? say('audit.done') : entry.result}
        </span>
        {entry.result !== 'done' && (
          <span className="problem">
            <Sentence english={entry.sentence} said={entry.said} />
          </span>
        )}
      </td>
    </tr>
  )
}

interface SearchProps {
  readonly sought: Sought
  readonly seek: (next: Readonly<Record<string, string>>) => void
}

function Search({ sought, seek }: SearchProps) {
  const say = useSay()
  return (
    <search className="form-row" aria-label={say('audit.search')}>
      {keys.map((key) => (
        <TextField
          key={key}
          label={say(`audit.${key}`)}
          value={sought[key]}
          set={(value) => seek(Object.fromEntries(Object.entries({ ...sought, [key]: value }).filter(([, one]) => one !== '')))}
        />
      ))}
    </search>
  )
}
