// One group: understood in five seconds, acted on in two clicks.
import '../look/group.css'
import { Fragment, Suspense, lazy, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { BeginRoll, CancelSchedule } from '../act/planned.tsx'
import { Failover, Maintain, Pause, Resume, Switchover } from '../act/actions.tsx'
import { GroupPolicy } from '../act/policy.tsx'
import { AddNode, RemoveGroup } from '../act/specActions.tsx'
import { WhatIf } from '../act/whatIf.tsx'
import type { GroupStatus } from '../api/types.ts'
import { useAsker, useMay } from '../live/asker.ts'
import { useEntries, useGroup } from '../live/group.ts'
import { useNow, useRefusal } from '../live/hooks.ts'
import { Epoch, State, stateTone } from '../look/marks.tsx'
import { Refused } from '../look/refused.tsx'
import { Sentence } from '../look/sentence.tsx'
import { untold } from '../look/untold.ts'
import { clockTime, dayTime, span } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'
import { Now } from './now.tsx'
import { Timeline } from './timeline.tsx'

/** Apart from the rest: the charts' library is fetched when somebody looks at them. */
const Charts = lazy(() => import('./charts.tsx'))

export const tabs = ['now', 'timeline', 'charts'] as const
type Tab = (typeof tabs)[number]

export function GroupScreen({ group, tab }: { readonly group: string; readonly tab: string }) {
  const say = useSay()
  const query = useGroup(group)
  const status = query.data
  const refusal = useRefusal(query)
  const entries = useEntries(group)
  if (status === undefined)
    return refusal === null ? (
      <p className="note" role="status">
        <span className="wait" /> {say('group.loading', { group })}
      </p>
    ) : (
      <div className="note">
        <h1>{say('group.failed', { group })}</h1>
        <Refused refusal={refusal} />
        <p>
          <Link className="button" href="/">
            {say('group.back')}
          </Link>
        </p>
      </div>
    )
  const shown: Tab = tabs.find((one) => one === tab) ?? 'now'
  return (
    <>
      <Head status={status} />
      <nav className="tabs" aria-label={say('group.tabs')}>
        {tabs.map((one) => (
          <Link key={one} href={`/groups/${group}${one === 'now' ? '' : `/${one}`}`} aria-current={one === shown ? 'page' : undefined}>
            {say(`tab.${one}`)}
          </Link>
        ))}
      </nav>
      {shown === 'now' && <Now status={status} />}
      {shown === 'charts' && (
        <Suspense
          fallback={
            <p className="note" role="status">
              <span className="wait" /> {say('act.asking')}
            </p>
          }
        >
          <Charts group={group} />
        </Suspense>
      )}
      {shown === 'timeline' && <Timeline entries={entries} />}
    </>
  )
}

function Head({ status }: { readonly status: GroupStatus }) {
  const say = useSay()
  const troubles = untold(status)
  const now = useNow()
  return (
    <header className={`head panel ${stateTone[status.state]}`}>
      <div className="head-line">
        <h1>{status.group}</h1>
        <Epoch epoch={status.epoch} />
        <State state={status.state} />
        {status.state !== 'down' && (
          <span className={`badge ${status.writable ? '' : 'bad'}`}>{say(status.writable ? 'group.writable' : 'group.unwritable')}</span>
        )}
        {status.phase !== 'steady' && <span className="badge warn">{say(`phase.${status.phase}`)}</span>}
        <span className="badge">{status.engine}</span>
      </div>
      <p className="says">
        <Sentence english={status.sentence} said={status.said} />
      </p>
      <p className="quiet">
        {say(`diagnosis.${status.diagnosis as 'primary alive'}`)} · <code>{status.verdict.rule}</code> ·{' '}
        {say('ago', { time: span(Math.max(0, now - status.verdict.at)) })}
      </p>
      {troubles.length > 0 && (
        <p className="strip">
          {troubles.map(({ id, problem, said }, at) => (
            <Fragment key={id}>
              {at > 0 && ' · '}
              {id}: <Sentence english={problem} said={said} />
            </Fragment>
          ))}
        </p>
      )}
      {status.pause !== null && (
        <p className="warn strip">
          <b>{say('pause.on')}</b>{' '}
          {say('pause.left', {
            time: clockTime(status.pause.until),
            left: span(Math.max(0, status.pause.until - now)),
            by: status.pause.by,
          })}
          {status.pause.why !== '' && ` — ${status.pause.why}`}
        </p>
      )}
      <Planned status={status} />
      {status.warnings.map((warning, at) => (
        <p key={warning} className="warn strip">
          <Sentence english={warning} said={status.warningsSaid[at]} />
        </p>
      ))}
      <Actions status={status} />
    </header>
  )
}

/** What is going to happen by itself. */
function Planned({ status }: { readonly status: GroupStatus }) {
  const say = useSay()
  const may = useMay()
  const now = useNow()
  const [cancelling, setCancelling] = useState(false)
  const { scheduled, failback } = status
  return (
    <>
      {scheduled !== null && (
        <p className="none strip">
          {say('schedule.told', {
            node: scheduled.to ?? say('act.best'),
            time: dayTime(scheduled.at),
            left: span(Math.max(0, scheduled.at - now)),
            by: scheduled.by,
          })}{' '}
          {scheduled.why}{' '}
          {may('operator', status.group) && (
            <button type="button" className="button small" onClick={() => setCancelling(true)}>
              {say('schedule.cancel')}
            </button>
          )}
        </p>
      )}
      {failback !== null && (
        <p className="none strip">
          {failback.at === null
            ? say('failback.waits', { node: failback.node })
            : say('failback.told', { node: failback.node, time: dayTime(failback.at), window: failback.window ?? '' })}
        </p>
      )}
      {cancelling && <CancelSchedule status={status} close={() => setCancelling(false)} />}
    </>
  )
}

type Verb = 'policy' | 'roll' | 'whatIf' | 'switchover' | 'failover' | 'pause' | 'resume' | 'maintain' | 'addNode' | 'removeGroup'

function Actions({ status }: { readonly status: GroupStatus }) {
  const say = useSay()
  const may = useMay()
  const { data: asker } = useAsker()
  const [, go] = useLocation()
  const [verb, setVerb] = useState<Verb | null>(null)
  const close = (): void => setVerb(null)
  const allowed = may('operator', status.group)
  const button = (which: Verb, kind = ''): React.ReactNode => (
    <button type="button" className={`button ${kind}`} disabled={!allowed} onClick={() => setVerb(which)}>
      {say(`do.${which}`)}
    </button>
  )
  const group = { group: status.group, close }
  return (
    <>
      <div className="actions" role="group" aria-label={say('group.actions')}>
        {button('switchover', status.writable ? 'main' : '')}
        {button(status.pause === null ? 'pause' : 'resume')}
        {button('maintain')}
        <button type="button" className="button" onClick={() => setVerb('whatIf')}>
          {say('do.whatIf')}
        </button>
        {button('addNode')}
        {status.roll === null && button('roll')}
        {button('policy')}
        <span className="gap" />
        {button('failover')}
        {button('removeGroup')}
      </div>
      {!allowed && asker !== undefined && (
        <p className="quiet">{say('group.lookOnly', { name: asker.who?.name ?? '', role: asker.who?.role ?? '' })}</p>
      )}
      {verb === 'switchover' && <Switchover status={status} close={close} />}
      {verb === 'failover' && <Failover status={status} close={close} />}
      {verb === 'pause' && <Pause status={status} close={close} />}
      {verb === 'resume' && <Resume status={status} close={close} />}
      {verb === 'maintain' && <Maintain status={status} close={close} />}
      {verb === 'roll' && <BeginRoll status={status} close={close} />}
      {verb === 'whatIf' && <WhatIf status={status} close={close} />}
      {verb === 'policy' && <GroupPolicy {...group} />}
      {verb === 'addNode' && <AddNode {...group} />}
      {verb === 'removeGroup' && <RemoveGroup {...group} done={() => go('/')} />}
    </>
  )
}
