// Who changed what, from where and why, newest first.
import '../look/pages.css'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type Refusal, ask } from '../api/ask.ts'
import type { AuditPage } from '../api/types.ts'
import { Refused } from '../look/refused.tsx'
import { dayTime } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'

type Entry = AuditPage['entries'][number]

export function AuditScreen() {
  const say = useSay()
  const pages = useInfiniteQuery<AuditPage, Refusal, readonly Entry[], readonly string[], number | null>({
    queryKey: ['audit'],
    queryFn: ({ signal, pageParam }) => ask(`/api/v1/audit?limit=100${pageParam === null ? '' : `&before=${pageParam}`}`, { signal }),
    initialPageParam: null,
    getNextPageParam: ({ next }) => next,
    select: (all) => all.pages.flatMap(({ entries }) => entries),
    refetchInterval: 10_000,
  })
  return (
    <>
      <h1 className="page-title">{say('nav.audit')}</h1>
      {pages.error !== null && <Refused refusal={pages.error} />}
      {pages.data?.length === 0 && <p className="note panel">{say('audit.none')}</p>}
      {pages.data !== undefined && pages.data.length > 0 && (
        <div className="panel scroll" tabIndex={0} role="region" aria-label={say('nav.audit')}>
          <table>
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
                <tr key={entry.seq}>
                  <td className="mono">{dayTime(entry.at)}</td>
                  <th scope="row">
                    {entry.by} <span className="quiet">{entry.as}</span>
                  </th>
                  <td className="mono">{entry.from}</td>
                  <td>
                    <code>{entry.what}</code> {entry.group !== null && <b>{entry.group}</b>}
                    <span className="problem mono">{entry.asked}</span>
                  </td>
                  <td>{entry.why ?? '–'}</td>
                  <td>
                    <span className={`badge ${entry.result === 'done' ? 'good' : 'warn'}`}>{entry.result}</span>
                    {entry.result !== 'done' && (
                      <span className="problem" lang="en">
                        {entry.sentence}
                      </span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {pages.hasNextPage && (
            <button type="button" className="button" onClick={() => void pages.fetchNextPage()}>
              {say('timeline.more')}
            </button>
          )}
        </div>
      )}
    </>
  )
}
