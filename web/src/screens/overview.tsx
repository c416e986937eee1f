// Every group at a glance. What needs a person stands first.
import '../look/overview.css'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useSearchParams } from 'wouter'
import { AddGroup } from '../act/specActions.tsx'
import type { GroupStatus } from '../api/types.ts'
import { useMay } from '../live/asker.ts'
import { useGroups, useGroupsRefusal, useLink, useSettled } from '../live/hooks.ts'
import { State, stateTone } from '../look/marks.tsx'
import { Refused } from '../look/refused.tsx'
import { useSay } from '../words/words.tsx'
import { type Choices, byNeed, choicesOf, filterOf, matching, noChoices, states } from './filter.ts'
import { Tile } from './tile.tsx'

const tileWidth = 270
const tileHeight = 112
const gap = 10

export function Overview() {
  const say = useSay()
  const groups = useGroups()
  return (
    <>
      <h1 className="hidden">{say('overview.title')}</h1>
      {groups === null ? (
        <Unread />
      ) : groups.size === 0 ? (
        <div className="note panel">
          <h2>{say('overview.first.title')}</h2>
          <p>{say('overview.first.text')}</p>
          <AddButton />
        </div>
      ) : (
        <Groups groups={groups} />
      )}
    </>
  )
}

/** No group was read yet: it takes a moment, or there is no server, or it refuses. */
function Unread() {
  const say = useSay()
  const link = useLink()
  const refusal = useGroupsRefusal()
  if (link.kind !== 'cut' && refusal === null)
    return (
      <div className="note" role="status">
        <span className="wait" /> {say('overview.loading')}
      </div>
    )
  return (
    <div className="note" role="status">
      <h2>{say(link.kind === 'cut' ? 'overview.unknown' : 'overview.failed')}</h2>
      {link.kind !== 'cut' && <p>{say('overview.again')}</p>}
      {refusal !== null && <Refused refusal={refusal} />}
    </div>
  )
}

function AddButton() {
  const say = useSay()
  const may = useMay()
  const [adding, setAdding] = useState(false)
  return (
    <>
      <button type="button" className="button" disabled={!may('operator')} onClick={() => setAdding(true)}>
        {say('addGroup.title')}
      </button>
      {adding && <AddGroup close={() => setAdding(false)} />}
    </>
  )
}

function Groups({ groups }: { readonly groups: ReadonlyMap<string, GroupStatus> }) {
  const say = useSay()
  const [query, setQuery] = useSearchParams()
  const filter = useMemo(() => filterOf(query), [query])
  const found = useMemo(() => matching(groups.values(), filter), [groups, filter])
  const shown = useMemo(
    () => found.filter(({ state }) => filter.state === '' || state === filter.state).sort(byNeed),
    [found, filter.state],
  )
  const choices = useChoices(groups)
  const set = useCallback(
    (key: string, value: string): void =>
      setQuery(
        (before) => {
          const next = new URLSearchParams(before)
          if (value === '') next.delete(key)
          else next.set(key, value)
          return next
        },
        { replace: true },
      ),
    [setQuery],
  )
  return (
    <>
      <Counts found={found} chosen={filter.state} choose={(state) => set('state', state)} />
      <div className="filters">
        <Search text={filter.text} search={(text) => set('q', text)} />
        <Chosen which="engine" all={choices.engines} value={filter.engine} set={set} />
        <Chosen which="site" all={choices.sites} value={filter.site} set={set} />
        <Chosen which="host" all={choices.hosts} value={filter.host} set={set} />
        <AddButton />
      </div>
      <p className="shown" role="status">
        {say('overview.shown', { n: shown.length, all: groups.size })}
      </p>
      {shown.length === 0 ? (
        <div className="note panel">
          <h2>{say('overview.none')}</h2>
          <button type="button" className="button" onClick={() => setQuery(new URLSearchParams(), { replace: true })}>
            {say('overview.clear')}
          </button>
        </div>
      ) : (
        <Tiles groups={shown} />
      )}
    </>
  )
}

/** The last choices stand while there are no others. */
function useChoices(groups: ReadonlyMap<string, GroupStatus>): Choices {
  const [last, setLast] = useState(noChoices)
  const choices = useMemo(() => choicesOf(groups.values(), last), [groups, last])
  if (choices !== last) setLast(choices)
  return choices
}

interface ChosenProps {
  readonly which: 'engine' | 'site' | 'host'
  readonly all: readonly string[]
  readonly value: string
  readonly set: (key: string, value: string) => void
}

/** There may be as many hosts as groups. */
const Chosen = memo(function Chosen({ which, all, value, set }: ChosenProps) {
  const say = useSay()
  if (all.length <= 1 && value === '') return null
  return (
    <label>
      {say(`overview.${which}`)}
      <select className="field" value={value} onChange={(event) => set(which, event.target.value)}>
        <option value="">{say('overview.any')}</option>
        {all.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  )
})

interface CountsProps {
  readonly found: readonly GroupStatus[]
  readonly chosen: string
  readonly choose: (state: string) => void
}

function Counts({ found, chosen, choose }: CountsProps) {
  const say = useSay()
  return (
    <div className="states panel" role="group" aria-label={say('overview.state')}>
      <button type="button" aria-pressed={chosen === ''} onClick={() => choose('')}>
        <strong>{found.length}</strong>
        <span className="state">{say('overview.all')}</span>
      </button>
      {states.map((state) => {
        const count = found.filter((group) => group.state === state).length
        return (
          <button
            key={state}
            type="button"
            className={`${stateTone[state]} ${count === 0 ? 'zero' : ''}`}
            aria-pressed={chosen === state}
            onClick={() => choose(chosen === state ? '' : state)}
          >
            <strong>{count}</strong>
            <State state={state} />
          </button>
        )
      })}
    </div>
  )
}

/** `/` goes to it from anywhere on the screen. */
function Search({ text, search }: { readonly text: string; readonly search: (text: string) => void }) {
  const say = useSay()
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState(text)
  const settled = useSettled(typed, 120)
  useEffect(() => {
    if (settled !== text) search(settled)
    // Only what was typed leads to a search; `text` follows it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [settled])
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return
      event.preventDefault()
      input.current?.focus()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return (
    <input
      ref={input}
      className="field"
      type="search"
      value={typed}
      placeholder={`${say('overview.search')}  /`}
      aria-label={say('overview.search')}
      aria-keyshortcuts="/"
      onChange={(event) => setTyped(event.target.value)}
    />
  )
}

/** Only the rows in sight are in the document: a thousand groups scroll as ten do. */
function Tiles({ groups }: { readonly groups: readonly GroupStatus[] }) {
  const list = useRef<HTMLDivElement>(null)
  const [{ columns, top }, setPlace] = useState({ columns: 4, top: 0 })
  useLayoutEffect(() => {
    const measure = (): void => {
      const box = list.current?.getBoundingClientRect()
      if (box === undefined) return
      setPlace({ columns: Math.max(1, Math.floor((box.width + gap) / (tileWidth + gap))), top: box.top + window.scrollY })
    }
    measure()
    const observer = new ResizeObserver(measure)
    if (list.current !== null) observer.observe(list.current)
    return () => observer.disconnect()
  }, [])
  const rows = useWindowVirtualizer({
    count: Math.ceil(groups.length / columns),
    estimateSize: () => tileHeight + gap,
    overscan: 4,
    scrollMargin: top,
  })
  return (
    <div ref={list} className="tiles" role="list" style={{ height: rows.getTotalSize() }}>
      {rows.getVirtualItems().map(({ index, key, start }) => (
        <div
          key={key}
          role="presentation"
          className="tile-row"
          style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, transform: `translateY(${start - top}px)` }}
        >
          {groups.slice(index * columns, (index + 1) * columns).map((status, at) => (
            <div key={status.group} role="listitem" aria-setsize={groups.length} aria-posinset={index * columns + at + 1}>
              <Tile status={status} />
            </div>
          ))}
        </div>
      ))}
    </div>
  )
}
