// What happens later or bit by bit: a switchover at an hour to come, a rolling restart.
import { useState } from 'react'
import { serverNow } from '../api/ask.ts'
import type { Rolling, ScheduledAnswer } from '../api/types.ts'
import { dayTime } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'
import { Action } from './action.tsx'
import { Choice, Field, WhyField } from './fields.tsx'
import { type GroupActionProps, epochTag, pathOf, useOpened, useTargets } from './group.ts'

const hour = 3_600_000

/** As the browser's own field for day and hour has it, in the person's time zone. */
function fieldTime(at: number): string {
  return dayTime(at).slice(0, 16).replace(' ', 'T')
}

export function Schedule({ status, to, close }: GroupActionProps & { readonly to: string }) {
  const say = useSay()
  const [opened, again] = useOpened(status)
  const [target, setTarget] = useState(to)
  const [when, setWhen] = useState(() => fieldTime(serverNow() + hour))
  const [why, setWhy] = useState('')
  const targets = useTargets(opened)
  const at = Date.parse(when)
  return (
    <Action<ScheduledAnswer>
      title={say('schedule.title', { group: opened.group })}
      intro={say('schedule.intro')}
      path={pathOf(opened, 'schedule')}
      body={{ at, ...(target === '' ? {} : { to: target }), why }}
      ready={Number.isFinite(at)}
      ifMatch={epochTag(opened)}
      told={({ scheduled }) =>
        scheduled === null ? (
          <p>{say('schedule.none')}</p>
        ) : (
          <p>{say('schedule.would', { node: scheduled.to ?? say('act.best'), time: dayTime(scheduled.at) })}</p>
        )
      }
      verb={say('schedule.verb')}
      again={again}
      close={close}
    >
      <div className="form-row long">
        <Choice label={say('act.to')} value={target} set={setTarget} options={targets} />
        <Field label={say('schedule.at')}>
          {(id) => <input id={id} className="field" type="datetime-local" value={when} onChange={(event) => setWhen(event.target.value)} />}
        </Field>
      </div>
      <WhyField value={why} set={setWhy} />
    </Action>
  )
}

export function CancelSchedule({ status, close }: GroupActionProps) {
  const say = useSay()
  const [opened, again] = useOpened(status)
  return (
    <Action<ScheduledAnswer>
      title={say('schedule.cancelTitle')}
      intro={opened.group}
      path={pathOf(opened, 'schedule')}
      body={{ cancel: true }}
      ready
      ifMatch={null}
      told={() => <p>{say('schedule.none')}</p>}
      verb={say('schedule.cancel')}
      again={again}
      close={close}
    />
  )
}

export function BeginRoll({ status, close }: GroupActionProps) {
  const say = useSay()
  const [opened, again] = useOpened(status)
  const [why, setWhy] = useState('')
  return (
    <Action<Rolling>
      title={say('do.roll')}
      intro={say('roll.intro')}
      path={pathOf(opened, 'roll')}
      body={{ why }}
      ready
      ifMatch={epochTag(opened)}
      told={() => <p>{say('roll.told')}</p>}
      verb={say('roll.begin')}
      again={again}
      close={close}
    >
      <WhyField value={why} set={setWhy} />
    </Action>
  )
}
