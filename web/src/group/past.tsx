// The group at any past moment, from what each entry of the history kept of it. A slider goes through them.
import type { LogEntry } from '../api/types.ts'
import { Epoch } from '../look/marks.tsx'
import { Sentence } from '../look/sentence.tsx'
import { dayTime } from '../words/figures.ts'
import { useSay, useTell } from '../words/words.tsx'
import { Facts } from './facts.tsx'
import { Graph, viewAt } from './graph.tsx'

interface PastProps {
  /** Newest first. */
  readonly entries: readonly LogEntry[]
  /** The entry that is looked at; null: the newest, whichever that is. */
  readonly seq: number | null
  readonly choose: (seq: number | null) => void
  /** Null: there are none before these. */
  readonly more: (() => void) | null
}

export function Past({ entries, seq, choose, more }: PastProps) {
  const say = useSay()
  const tell = useTell()
  const last = entries.length - 1
  const found = seq === null ? 0 : entries.findIndex((entry) => entry.seq === seq)
  const at = found === -1 ? 0 : found
  const entry = entries[at]
  if (entry === undefined) return null
  const go = (index: number): void => {
    if (index >= last && more !== null) more()
    choose(index <= 0 ? null : (entries[Math.min(index, last)]?.seq ?? null))
  }
  const when = say('past.at', { time: dayTime(entry.at), seq: entry.seq })
  return (
    <section className="past" aria-label={say('past.title')}>
      <div className="panel past-head">
        <button type="button" className="button" disabled={at >= last} onClick={() => go(at + 1)}>
          <span aria-hidden="true">◀</span> {say('past.earlier')}
        </button>
        <input
          type="range"
          min={0}
          max={Math.max(last, 1)}
          value={last - at}
          aria-label={say('past.slider')}
          aria-valuetext={`${when}: ${tell(entry.sentence, entry.said).text}`}
          onChange={(event) => go(last - Number(event.target.value))}
        />
        <button type="button" className="button" disabled={at === 0} onClick={() => go(at - 1)}>
          {say('past.later')} <span aria-hidden="true">▶</span>
        </button>
        <button type="button" className="button" disabled={seq === null} onClick={() => choose(null)}>
          {say('past.now')}
        </button>
      </div>
      <div className="past-body">
        {entry.moment === undefined ? <p className="note panel">{say('past.unknown')}</p> : <Graph status={viewAt(entry.moment)} />}
        <Stood entry={entry} when={when} />
      </div>
    </section>
  )
}

/** The record from this entry on, and why. */
function Stood({ entry, when }: { readonly entry: LogEntry; readonly when: string }) {
  const say = useSay()
  const { moment } = entry
  const facts = Object.keys(entry.evidence).length
  return (
    <div className="panel stood">
      <p className="head-line">
        <b>{when}</b>
        <Epoch epoch={entry.epoch} />
        {moment !== undefined && <span className={`badge ${moment.phase === 'steady' ? '' : 'warn'}`}>{say(`phase.${moment.phase}`)}</span>}
      </p>
      <p className="says">
        <Sentence english={entry.sentence} said={entry.said} />
      </p>
      <p className="quiet">
        <code>{entry.rule}</code> · {say(`kind.${entry.kind}`)}
      </p>
      {moment !== undefined && (
        <p>
          {say('role.primary')}: <b>{moment.primary ?? say('sides.nobody')}</b> · {say('sync.in')}:{' '}
          {moment.inSync.join(', ') || say('sides.nobody')} · {say('past.guard', { n: moment.guard })} ·{' '}
          <span className={`tone ${moment.writable ? 'good' : 'bad'}`}>{say(moment.writable ? 'past.writable' : 'past.unwritable')}</span>
        </p>
      )}
      {facts > 0 && <Facts evidence={entry.evidence} />}
    </div>
  )
}
