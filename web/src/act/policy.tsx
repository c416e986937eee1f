// Waits and limits: what is in force for a group and where each value comes from; changed for one group or for all whose names match.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Policy } from '../../../src/core/model.ts'
import { type Refusal, ask } from '../api/ask.ts'
import type { EffectivePolicy, PolicyRuleInput } from '../api/types.ts'
import { type Say, useSay } from '../words/words.tsx'
import { Choice, TextField } from './fields.tsx'
import { Loading, SpecChange, useSpec } from './specActions.tsx'

type Key = keyof Policy
type Values = Readonly<Partial<Record<Key, string>>>
type ChoiceKey = 'guard' | 'bootFence' | 'acceptSplitRisk' | 'acceptStaleRisk' | 'failback'

const choices: { readonly [K in ChoiceKey]: readonly `${Policy[K]}`[] } = {
  guard: ['auto', 'on', 'off'],
  bootFence: ['true', 'false'],
  acceptSplitRisk: ['auto', 'always', 'never'],
  acceptStaleRisk: ['true', 'false'],
  failback: ['off', 'window', 'atOnce'],
}

function isChoice(key: Key): key is ChoiceKey {
  return Object.hasOwn(choices, key)
}

/** As texts of the form: what is not set is empty. */
function textsOf(policy: Partial<Policy>): Values {
  return Object.fromEntries(Object.entries(policy).map(([key, value]) => [key, String(value)]))
}

/** What was filled in, as the API takes it. A text that is no number goes as it is: the server says what it must be. */
function policyOf(values: Values): Partial<Policy> {
  const set = Object.entries(values).filter(([, text]) => text.trim() !== '')
  return Object.fromEntries(
    set.map(([key, text]) => {
      const plain = text.trim()
      if (plain === 'true' || plain === 'false') return [key, plain === 'true']
      return [key, isChoice(key as Key) || key === 'failbackWindow' || Number.isNaN(Number(plain)) ? plain : Number(plain)]
    }),
  )
}

function sourceText(say: Say, from: string): string {
  if (from === 'built in' || from === 'group') return say(`policy.from.${from}`)
  return from
}

interface RowProps {
  readonly name: Key
  readonly value: string
  readonly set: (text: string) => void
  readonly hint?: string
}

function Row({ name, ...rest }: RowProps) {
  const say = useSay()
  if (!isChoice(name)) return <TextField label={name} {...rest} />
  const options = [{ value: '', text: say('policy.unset') }, ...choices[name].map((one) => ({ value: one, text: one }))]
  return <Choice label={name} options={options} {...rest} />
}

interface RowsProps {
  readonly keys: readonly Key[]
  readonly values: Values
  readonly set: (key: Key, text: string) => void
  readonly hint?: (key: Key) => string
}

function Rows({ keys, values, set, hint }: RowsProps) {
  const say = useSay()
  const about = (key: Key): string => [say(`policy.about.${key}`), ...(hint === undefined ? [] : [hint(key)])].join(' · ')
  return (
    <div className="policy">
      {keys.map((key) => (
        <Row key={key} name={key} value={values[key] ?? ''} set={(text) => set(key, text)} hint={about(key)} />
      ))}
    </div>
  )
}

function useEffective(group: string | null) {
  return useQuery<EffectivePolicy, Refusal>({
    queryKey: ['policy', group],
    queryFn: ({ signal }) => ask(`/api/v1/groups/${encodeURIComponent(group ?? '')}/policy`, { signal }),
    enabled: group !== null,
  })
}

export function GroupPolicy({ group, close }: { readonly group: string; readonly close: () => void }) {
  const say = useSay()
  const spec = useSpec()
  const effective = useEffective(group)
  const [changed, setChanged] = useState<Values>({})
  const title = say('policy.title', { group })
  const own = spec.data?.groups.find(({ name }) => name === group)
  if (spec.data === undefined || effective.data === undefined || own === undefined)
    return <Loading title={title} refusal={spec.error ?? effective.error} close={close} />
  const { policy } = effective.data
  // Over what is asked for now: after somebody else's change only what was written here goes on top of it.
  const values = { ...textsOf(own.policy ?? {}), ...changed }
  const again = (): void => {
    void spec.refetch()
    void effective.refetch()
  }
  const hint = (key: Key): string => {
    const found = policy[key]
    return found === undefined ? '' : say('policy.inForce', { value: String(found.value), from: sourceText(say, found.from) })
  }
  return (
    <SpecChange
      title={title}
      intro={say('policy.intro')}
      verb={say('policy.verb')}
      spec={spec.data}
      change={{ groups: [{ ...own, policy: policyOf(values) }] }}
      again={again}
      close={close}
    >
      <Rows keys={Object.keys(policy) as Key[]} values={values} set={(key, text) => setChanged({ ...changed, [key]: text })} hint={hint} />
    </SpecChange>
  )
}

/** What stands for a rule that is not there yet; no pattern of a rule looks so. */
const newRule = ''

/** The policies of many groups. The keys and what they are without any come from a group that there is. */
export function Policies({ close }: { readonly close: () => void }) {
  const say = useSay()
  const spec = useSpec()
  const first = spec.data?.groups[0]?.name ?? null
  const effective = useEffective(first)
  // A rule is known by its pattern: after somebody else's change it may stand at another place.
  const [which, setWhich] = useState<string | null>(null)
  const [changed, setChanged] = useState<{ readonly match?: string; readonly values: Values }>({ values: {} })
  const [removing, setRemoving] = useState(false)
  const title = say('policies.title')
  if (spec.data === undefined || (first !== null && effective.data === undefined))
    return <Loading title={title} refusal={spec.error ?? effective.error} close={close} />
  const { policies } = spec.data
  const chosen = which ?? policies[0]?.match ?? newRule
  const rule = policies.find((one) => one.match === chosen)
  const match = changed.match ?? rule?.match ?? ''
  const values = { ...textsOf(rule?.policy ?? {}), ...changed.values }
  // What is written belongs to the rule it was written into, whatever stands first by then.
  const change = (to: typeof changed): void => {
    setWhich(chosen)
    setChanged(to)
  }
  const next: PolicyRuleInput = { match: match.trim(), policy: policyOf(values) }
  const all = removing
    ? policies.filter((one) => one !== rule)
    : rule === undefined
      ? [...policies, next]
      : policies.map((one) => (one === rule ? next : one))
  return (
    <SpecChange
      title={title}
      intro={say('policies.intro')}
      verb={say(removing ? 'policies.remove' : 'policy.verb')}
      spec={spec.data}
      change={next.match === '' ? null : { policies: all }}
      again={() => void spec.refetch()}
      close={close}
    >
      <div className="form-row">
        <Choice
          label={say('policies.which')}
          value={chosen}
          set={(value) => {
            setWhich(value)
            setChanged({ values: {} })
            setRemoving(false)
          }}
          options={[...policies.map((one) => ({ value: one.match, text: one.match })), { value: newRule, text: say('policies.new') }]}
        />
        <TextField
          label={say('policies.match')}
          value={match}
          set={(text) => change({ ...changed, match: text })}
          hint={say('policies.matchHint')}
        />
      </div>
      {rule !== undefined && (
        <label className="check">
          <input type="checkbox" checked={removing} onChange={() => setRemoving(!removing)} />{' '}
          {say('policies.removeOne', { match: rule.match })}
        </label>
      )}
      {!removing && (
        <Rows
          keys={Object.keys(effective.data?.policy ?? values) as Key[]}
          values={values}
          set={(key, text) => change({ ...changed, values: { ...changed.values, [key]: text } })}
        />
      )}
    </SpecChange>
  )
}
