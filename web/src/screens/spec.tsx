// What operators asked for: every revision, how any two differ, and going back to one.
import '../look/pages.css'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Changes } from '../act/actions.tsx'
import { Action } from '../act/action.tsx'
import { Choice, WhyField } from '../act/fields.tsx'
import { Policies } from '../act/policy.tsx'
import { type Refusal, ask } from '../api/ask.ts'
import type { Applied, Difference, Revisions } from '../api/types.ts'
import { useMay } from '../live/asker.ts'
import { Asked } from '../look/asked.tsx'
import { Refused } from '../look/refused.tsx'
import { dayTime } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'

type Entry = Revisions['revisions'][number]

export function SpecScreen() {
  const say = useSay()
  const list = useInfiniteQuery<Revisions, Refusal, { readonly entries: readonly Entry[] }, readonly string[], number | null>({
    queryKey: ['revisions'],
    queryFn: ({ signal, pageParam }) =>
      ask(`/api/v1/spec/revisions?limit=50${pageParam === null ? '' : `&before=${pageParam}`}`, { signal }),
    initialPageParam: null,
    getNextPageParam: ({ next }) => next,
    select: ({ pages }) => ({ entries: pages.flatMap(({ revisions }) => revisions) }),
  })
  const may = useMay()
  const [chosen, setChosen] = useState<number | null>(null)
  const [editing, setEditing] = useState(false)
  if (list.data === undefined) return list.error === null ? <Waiting /> : <Refused refusal={list.error} />
  const { entries } = list.data
  const newest = entries[0]
  if (newest === undefined)
    return (
      <div className="note panel">
        <h1>{say('nav.spec')}</h1>
        <p>{say('spec.none')}</p>
      </div>
    )
  const shown = entries.find(({ revision }) => revision === chosen) ?? newest
  return (
    <>
      <div className="page-head">
        <h1 className="page-title">{say('nav.spec')}</h1>
        <button type="button" className="button" disabled={!may('operator')} onClick={() => setEditing(true)}>
          {say('policies.title')}
        </button>
      </div>
      {editing && <Policies close={() => setEditing(false)} />}
      <div className="split">
        <div className="panel">
          <ol className="revisions">
            {entries.map((entry) => (
              <li key={entry.revision}>
                <button type="button" aria-pressed={entry === shown} onClick={() => setChosen(entry.revision)}>
                  <b>{say('spec.revision', { n: entry.revision })}</b>
                  <span className="quiet">
                    {dayTime(entry.at)} · {entry.by}
                  </span>
                  <span>{entry.why === '' ? say('spec.noWhy') : entry.why}</span>
                </button>
              </li>
            ))}
          </ol>
          {list.hasNextPage && (
            <button type="button" className="button wide" onClick={() => void list.fetchNextPage()}>
              {say('timeline.more')}
            </button>
          )}
        </div>
        <Shown key={shown.revision} entry={shown} newest={newest.revision} entries={entries} />
      </div>
    </>
  )
}

function Waiting() {
  const say = useSay()
  return (
    <p className="note" role="status">
      <span className="wait" /> {say('act.asking')}
    </p>
  )
}

interface ShownProps {
  readonly entry: Entry
  readonly newest: number
  readonly entries: readonly Entry[]
}

function Shown({ entry, newest, entries }: ShownProps) {
  const say = useSay()
  const may = useMay()
  const { revision } = entry
  const [other, setOther] = useState(revision === newest ? revision - 1 : newest)
  const [restoring, setRestoring] = useState(false)
  const [from, to] = [Math.min(revision, other), Math.max(revision, other)]
  const difference = useQuery<Difference, Refusal>({
    queryKey: ['difference', from, to],
    queryFn: ({ signal }) => ask(`/api/v1/spec/diff?from=${from}&to=${to}`, { signal }),
  })
  const others = [...new Set([...entries.map((one) => one.revision), revision - 1])].filter((one) => one !== revision && one >= 0)
  return (
    <section className="panel shown-revision">
      <div className="head-line">
        <h2>{say('spec.revision', { n: revision })}</h2>
        {revision === newest && <span className="badge good">{say('spec.inForce')}</span>}
        <span className="gap" />
        <button type="button" className="button" disabled={revision === newest || !may('operator')} onClick={() => setRestoring(true)}>
          {say('restore.verb')}
        </button>
      </div>
      <p className="quiet">
        {dayTime(entry.at)} · {entry.by} · {say('spec.changed', { n: entry.changed })}
      </p>
      <Choice
        label={say('spec.compare')}
        value={String(other)}
        set={(text) => setOther(Number(text))}
        options={others.map((one) => ({ value: String(one), text: one === 0 ? say('spec.beginning') : say('spec.revision', { n: one }) }))}
      />
      <h3>{say('spec.between', { from, to })}</h3>
      <Asked query={difference}>{({ changes }) => <Changes changes={changes} />}</Asked>
      {restoring && <Restore revision={revision} newest={newest} close={() => setRestoring(false)} />}
    </section>
  )
}

interface RestoreProps {
  readonly revision: number
  readonly newest: number
  readonly close: () => void
}

function Restore({ revision, newest, close }: RestoreProps) {
  const say = useSay()
  const [why, setWhy] = useState('')
  const [removing, setRemoving] = useState(false)
  const [on, setOn] = useState(newest)
  return (
    <Action<Applied>
      title={say('restore.title', { n: revision })}
      intro={say('restore.intro')}
      path="/api/v1/spec/restore"
      body={{ revision, removeGroups: removing, ...(why === '' ? {} : { why }) }}
      ready
      ifMatch={`"revision-${on}"`}
      told={({ changes }) => <Changes changes={changes} />}
      idle={({ changes }) => changes.length === 0}
      verb={say('restore.verb')}
      hard={removing}
      again={() => setOn(newest)}
      close={close}
    >
      <label className="check">
        <input type="checkbox" checked={removing} onChange={() => setRemoving(!removing)} /> {say('restore.remove')}
      </label>
      <WhyField value={why} set={setWhy} />
    </Action>
  )
}
