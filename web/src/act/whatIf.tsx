// Is it safe to stop this, and what would happen: asked of the very rules that would decide it. Changes nothing.
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import { type Refusal, ask } from '../api/ask.ts'
import type { GroupStatus, Plans } from '../api/types.ts'
import { Dialog } from '../look/dialog.tsx'
import type { Tone } from '../look/marks.tsx'
import { Refused } from '../look/refused.tsx'
import { Sentence } from '../look/sentence.tsx'
import { span } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'
import { Choice } from './fields.tsx'

type Plan = Plans['plans'][number]

const tones: Readonly<Record<Plan['safety'], Tone>> = { safe: 'good', prepare: 'warn', outage: 'warn', risk: 'bad' }

export function WhatIf({ status, close }: { readonly status: GroupStatus; readonly close: () => void }) {
  const say = useSay()
  const [what, setWhat] = useState('stop')
  const [whom, setWhom] = useState(status.primary ?? status.nodes[0]?.id ?? 'all')
  const hosts = [...new Set(status.nodes.map(({ address }) => address.host))]
  const plan = useQuery<Plans, Refusal>({
    queryKey: ['plan', status.group, what, whom],
    queryFn: ({ signal }) => ask(`/api/v1/groups/${encodeURIComponent(status.group)}/plan?${what}=${encodeURIComponent(whom)}`, { signal }),
    gcTime: 0,
  })
  return (
    <Dialog title={say('whatIf.title', { group: status.group })} close={close}>
      <p className="intro">{say('whatIf.intro')}</p>
      <div className="form-row long">
        <Choice
          label={say('whatIf.what')}
          value={what}
          set={setWhat}
          options={[
            { value: 'stop', text: say('whatIf.stop') },
            { value: 'ifDies', text: say('whatIf.dies') },
          ]}
        />
        <Choice
          label={say('whatIf.whom')}
          value={whom}
          set={setWhom}
          options={[
            ...status.nodes.map(({ id }) => ({ value: id, text: id === status.primary ? `${id} — ${say('role.primary')}` : id })),
            ...hosts.map((host) => ({ value: host, text: say('whatIf.host', { host }) })),
            { value: 'all', text: say('whatIf.all') },
          ]}
        />
      </div>
      <section className="preview" aria-live="polite">
        {plan.error !== null ? (
          <Refused refusal={plan.error} />
        ) : plan.data === undefined ? (
          <p className="quiet">
            <span className="wait" /> {say('act.asking')}
          </p>
        ) : (
          plan.data.plans.map((one) => <Told key={one.group} plan={one} />)
        )}
      </section>
      <div className="buttons">
        <button type="button" className="button main" onClick={close}>
          {say('whatIf.close')}
        </button>
      </div>
    </Dialog>
  )
}

function Told({ plan }: { readonly plan: Plan }) {
  const say = useSay()
  return (
    <div className="would">
      <p className={`safe ${tones[plan.safety]}`}>
        {plan.group}: {say(`safety.${plan.safety}`)}
      </p>
      <p>
        <Sentence english={plan.sentence} said={plan.said} />
      </p>
      <List
        title={say('whatIf.reasons')}
        items={plan.reasons.map((reason, at) => (
          <Sentence key={reason} english={reason} said={plan.reasonsSaid[at]} />
        ))}
      />
      <List
        title={say('whatIf.first')}
        items={plan.first.map((command) => (
          <code key={command}>{command}</code>
        ))}
      />
      {plan.outcomes.map((outcome) => (
        <div key={outcome.when} className="outcome">
          <p>
            <b>
              <Sentence english={outcome.when} said={outcome.whenSaid} />
            </b>
            : <Sentence english={outcome.sentence} said={outcome.said} />
          </p>
          <p className="quiet">
            <code>{outcome.rule}</code> ·{' '}
            {outcome.writes.stop === 'moment'
              ? say('writes.moment', { time: span(outcome.writes.waitsMs) })
              : say(outcome.writes.stop === 'no' ? 'writes.no' : 'writes.until')}
            {outcome.primary !== null && ` · ${say('whatIf.primary', { node: outcome.primary })}`}
          </p>
          {outcome.loss !== null && (
            <p className="bad tone">
              <Sentence english={outcome.loss} said={outcome.lossSaid} />
            </p>
          )}
        </div>
      ))}
      {plan.stop.length > 1 && <p>{say('whatIf.order', { stop: plan.stop.join(', '), start: plan.start.join(', ') })}</p>}
    </div>
  )
}

function List({ title, items }: { readonly title: string; readonly items: readonly ReactElement[] }) {
  if (items.length === 0) return null
  return (
    <div>
      <h3>{title}</h3>
      <ul className="plain">
        {items.map((item) => (
          <li key={item.key}>{item}</li>
        ))}
      </ul>
    </div>
  )
}
