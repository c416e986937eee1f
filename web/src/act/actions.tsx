// The actions on a group. Each shows first what would happen.
import { useState } from 'react'
import type { Accepted, Applied, GroupStatus, Maintained, Paused } from '../api/types.ts'
import { Epoch } from '../look/marks.tsx'
import { Sentence } from '../look/sentence.tsx'
import { clockTime, span } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'
import { Action } from './action.tsx'
import { Choice, SpanField, WhyField } from './fields.tsx'
import { type GroupActionProps, epochTag, halfAnHour, pathOf, useOpened, useTargets } from './group.ts'
import { Schedule } from './planned.tsx'

function Moved({ before, answer }: { readonly before: GroupStatus; readonly answer: Accepted }) {
  const say = useSay()
  return (
    <>
      <p className="move">
        <b>{before.primary ?? '—'}</b> <Epoch epoch={before.epoch} /> <span aria-label={say('act.becomes')}>→</span>{' '}
        <b>{answer.candidate}</b> <Epoch epoch={answer.epoch} />
      </p>
      <p>
        <Sentence english={answer.sentence} said={answer.said} />
      </p>
      <ol className="then">
        {answer.steps.map((step, at) => (
          <li key={step}>
            <Sentence english={step} said={answer.stepsSaid[at]} />
          </li>
        ))}
      </ol>
    </>
  )
}

interface SwitchoverProps extends GroupActionProps {
  readonly to?: string
}

export function Switchover({ status, close, to = '' }: SwitchoverProps) {
  const say = useSay()
  const [opened, again] = useOpened(status)
  const [target, setTarget] = useState(to)
  const [later, setLater] = useState(false)
  const targets = useTargets(opened)
  if (later) return <Schedule status={opened} to={target} close={close} />
  return (
    <Action<Accepted>
      title={say('switchover.title', { group: opened.group })}
      intro={say('switchover.intro')}
      path={pathOf(opened, 'switchover')}
      body={target === '' ? {} : { to: target }}
      ready
      ifMatch={epochTag(opened)}
      told={(answer) => (
        <>
          <Moved before={opened} answer={answer} />
          <p className="good safe">{say('switchover.safe')}</p>
        </>
      )}
      verb={say('switchover.verb')}
      again={again}
      close={close}
    >
      <Choice label={say('act.to')} value={target} set={setTarget} options={targets} />
      <button type="button" className="button small" onClick={() => setLater(true)}>
        {say('schedule.later')}
      </button>
    </Action>
  )
}

export function Failover({ status, close }: GroupActionProps) {
  const say = useSay()
  const [opened, again] = useOpened(status)
  const [target, setTarget] = useState('')
  const targets = useTargets(opened)
  return (
    <Action<Accepted>
      title={say('failover.title', { group: opened.group })}
      intro={say('failover.intro')}
      path={pathOf(opened, 'failover')}
      body={{ acceptLoss: true, ...(target === '' ? {} : { to: target }) }}
      ready
      ifMatch={epochTag(opened)}
      told={(answer) => (
        <>
          <Moved before={opened} answer={answer} />
          <p className="bad strip">
            <b className="tone">{say('failover.unsafe')}</b>{' '}
            {answer.loss === null ? (
              say('failover.risk', { node: answer.candidate })
            ) : (
              <Sentence english={answer.loss} said={answer.lossSaid} />
            )}
          </p>
        </>
      )}
      verb={say('failover.verb')}
      hard
      again={again}
      close={close}
    >
      <Choice label={say('act.to')} value={target} set={setTarget} options={targets} />
    </Action>
  )
}

export function Pause({ status, close }: GroupActionProps) {
  const say = useSay()
  const [opened, again] = useOpened(status)
  const [forMs, setFor] = useState(halfAnHour)
  const [why, setWhy] = useState('')
  return (
    <Action<Paused>
      title={say('pause.title', { group: opened.group })}
      intro={say('pause.intro')}
      path={pathOf(opened, 'pause')}
      body={{ forMs, why }}
      ready
      ifMatch={null}
      told={({ pause }) => (
        <>
          <p>{say('pause.told', { time: pause === null ? '' : clockTime(pause.until), span: span(forMs) })}</p>
          <p className="warn safe">{say('pause.risk')}</p>
        </>
      )}
      verb={say('pause.verb')}
      again={again}
      close={close}
    >
      <SpanField value={forMs} set={setFor} />
      <WhyField value={why} set={setWhy} />
    </Action>
  )
}

export function Resume({ status, close }: GroupActionProps) {
  const say = useSay()
  const [opened, again] = useOpened(status)
  return (
    <Action<Paused>
      title={say('resume.title', { group: opened.group })}
      intro={say('resume.intro')}
      path={pathOf(opened, 'resume')}
      body={{}}
      ready
      ifMatch={null}
      told={() => <p>{say('resume.told')}</p>}
      verb={say('resume.verb')}
      again={again}
      close={close}
    />
  )
}

export function Maintain({ status, close, node = '' }: GroupActionProps & { readonly node?: string }) {
  const say = useSay()
  const [opened, again] = useOpened(status)
  const [chosen, setChosen] = useState(node === '' ? (opened.nodes[0]?.id ?? '') : node)
  const [forMs, setFor] = useState(halfAnHour)
  const [why, setWhy] = useState('')
  const inIt = opened.nodes.find(({ id }) => id === chosen)?.maintenance ?? null
  return (
    <Action<Maintained>
      title={say('maintain.title', { group: opened.group })}
      intro={say('maintain.intro')}
      path={pathOf(opened, 'maintain')}
      body={inIt === null ? { node: chosen, forMs, why } : { node: chosen, end: true, why }}
      ready={chosen !== ''}
      ifMatch={epochTag(opened)}
      told={({ maintenance, handover }) => (
        <>
          {handover !== null && <Moved before={opened} answer={handover} />}
          <p>
            {maintenance === null
              ? say('maintain.ends', { node: chosen })
              : say('maintain.told', { node: chosen, time: clockTime(maintenance.until) })}
          </p>
        </>
      )}
      verb={say(inIt === null ? 'maintain.verb' : 'maintain.end')}
      again={again}
      close={close}
    >
      <Choice
        label={say('act.node')}
        value={chosen}
        set={setChosen}
        options={opened.nodes.map(({ id, maintenance }) => ({
          value: id,
          text: `${id}${id === opened.primary ? ` — ${say('role.primary')}` : ''}${maintenance === null ? '' : ` — ${say('maintenance.on')}`}`,
        }))}
      />
      {inIt === null && <SpanField value={forMs} set={setFor} />}
      <WhyField value={why} set={setWhy} />
    </Action>
  )
}

/** One sentence per difference, as the server says it. */
export function Changes({ changes }: { readonly changes: Applied['changes'] }) {
  const say = useSay()
  if (changes.length === 0) return <p className="quiet">{say('spec.nothing')}</p>
  return (
    <ul className="changes">
      {changes.map(({ group, change, what, whatSaid }) => (
        <li key={group ?? '*'} className={change}>
          <b>
            <span aria-hidden="true">{{ add: '+', remove: '−', change: '~' }[change]}</span> {group ?? '*'}
          </b>{' '}
          <span className="quiet">{say(`change.${change}`)}</span>
          <ul>
            {what.map((sentence, at) => (
              <li key={sentence}>
                <Sentence english={sentence} said={whatSaid?.[at]} />
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  )
}
