// Changes of what was asked for: a group or a node comes or goes. Each writes a revision of the spec, on top of the one that was looked at.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Refusal, ask } from '../api/ask.ts'
import type { Applied, GroupInput, NodeInput, PolicyRuleInput, Spec } from '../api/types.ts'
import { Dialog } from '../look/dialog.tsx'
import { Refused } from '../look/refused.tsx'
import { useSay } from '../words/words.tsx'
import { Action } from './action.tsx'
import { Changes } from './actions.tsx'
import { Choice, TextField, WhyField } from './fields.tsx'

const path = '/api/v1/spec'

/** The spec as it was when the dialog was opened; a change on top of another one is refused. */
export function useSpec() {
  return useQuery<Spec, Refusal>({
    queryKey: ['spec', 'opened'],
    queryFn: ({ signal }) => ask(path, { signal }),
    staleTime: Infinity,
    gcTime: 0,
  })
}

export function Loading({
  title,
  refusal,
  close,
}: {
  readonly title: string
  readonly refusal: Refusal | null
  readonly close: () => void
}) {
  const say = useSay()
  return (
    <Dialog title={title} close={close}>
      {refusal === null ? (
        <p className="quiet">
          <span className="wait" /> {say('act.asking')}
        </p>
      ) : (
        <Refused refusal={refusal} />
      )}
      <div className="buttons">
        <button type="button" className="button" onClick={close}>
          {say('act.cancel')}
        </button>
      </div>
    </Dialog>
  )
}

interface ChangeProps {
  readonly title: string
  readonly intro: string
  readonly verb: string
  readonly hard?: boolean
  readonly spec: Spec
  readonly change: {
    readonly groups?: readonly GroupInput[]
    readonly remove?: readonly string[]
    readonly policies?: readonly PolicyRuleInput[]
  } | null
  readonly again: () => void
  readonly close: () => void
  readonly done?: () => void
  readonly children?: React.ReactNode
}

export function SpecChange({ spec, change, children, done, ...rest }: ChangeProps) {
  const [why, setWhy] = useState('')
  return (
    <Action<Applied>
      {...rest}
      path={path}
      body={{ ...change, why }}
      ready={change !== null}
      ifMatch={`"revision-${spec.revision}"`}
      told={({ changes }) => <Changes changes={changes} />}
      idle={({ changes }) => changes.length === 0}
      {...(done === undefined ? {} : { done })}
    >
      {children}
      <WhyField value={why} set={setWhy} />
    </Action>
  )
}

interface Row {
  readonly name: string
  readonly address: string
}

const threeRows: readonly Row[] = ['a', 'b', 'c'].map((name) => ({ name, address: '' }))

export function AddGroup({ close }: { readonly close: () => void }) {
  const say = useSay()
  const spec = useSpec()
  const [name, setName] = useState('')
  const [engine, setEngine] = useState('redis')
  const [credential, setCredential] = useState('')
  const [rows, setRows] = useState(threeRows)
  const title = say('addGroup.title')
  if (spec.data === undefined) return <Loading title={title} refusal={spec.error} close={close} />
  const nodes = rows
    .filter((row) => row.address.trim() !== '')
    .map((row): NodeInput => ({ name: row.name.trim(), address: row.address.trim() }))
  const taken = spec.data.groups.some((group) => group.name === name.trim())
  const group = {
    name: name.trim(),
    engine: engine as NonNullable<GroupInput['engine']>,
    ...(credential.trim() === '' ? {} : { credential: credential.trim() }),
    nodes,
  }
  const set = (at: number, part: Partial<Row>): void => setRows(rows.map((row, index) => (index === at ? { ...row, ...part } : row)))
  return (
    <SpecChange
      title={title}
      intro={say('addGroup.intro')}
      verb={say('addGroup.verb')}
      spec={spec.data}
      again={() => void spec.refetch()}
      change={group.name === '' || nodes.length === 0 || taken ? null : { groups: [group] }}
      close={close}
    >
      <div className="form-row">
        <TextField
          label={say('addGroup.name')}
          value={name}
          set={setName}
          {...(taken ? { hint: say('addGroup.taken', { name: name.trim() }) } : {})}
        />
        <Choice
          label={say('overview.engine')}
          value={engine}
          set={setEngine}
          options={['redis', 'valkey', 'pika'].map((value) => ({ value, text: value }))}
        />
        <TextField label={say('addGroup.credential')} value={credential} set={setCredential} placeholder={say('addGroup.none')} />
      </div>
      {rows.map((row, at) => (
        // The row itself has no other name: its name is what is being written.
        // oxlint-disable-next-line react/no-array-index-key
        <div className="form-row" key={at}>
          <TextField label={say('addNode.name')} value={row.name} set={(value) => set(at, { name: value })} />
          <TextField
            label={say('addNode.address')}
            value={row.address}
            set={(value) => set(at, { address: value })}
            placeholder="10.0.0.1:6379"
          />
        </div>
      ))}
      <button type="button" className="button" onClick={() => setRows([...rows, { name: '', address: '' }])}>
        {say('addGroup.row')}
      </button>
    </SpecChange>
  )
}

interface OfGroup {
  readonly group: string
  readonly close: () => void
}

export function AddNode({ group, close }: OfGroup) {
  const say = useSay()
  const spec = useSpec()
  const [name, setName] = useState('')
  const [address, setAddress] = useState('')
  const [site, setSite] = useState('')
  const [priority, setPriority] = useState('100')
  const title = say('addNode.title', { group })
  const found = spec.data?.groups.find((one) => one.name === group)
  if (spec.data === undefined || found === undefined) return <Loading title={title} refusal={spec.error} close={close} />
  const node: NodeInput = {
    name: name.trim(),
    address: address.trim(),
    ...(site.trim() === '' ? {} : { site: site.trim() }),
    priority: Number(priority),
  }
  return (
    <SpecChange
      title={title}
      intro={say('addNode.intro')}
      verb={say('addNode.verb')}
      spec={spec.data}
      again={() => void spec.refetch()}
      change={node.name === '' || node.address === '' ? null : { groups: [{ ...found, nodes: [...found.nodes, node] }] }}
      close={close}
    >
      <div className="form-row">
        <TextField label={say('addNode.name')} value={name} set={setName} />
        <TextField label={say('addNode.address')} value={address} set={setAddress} placeholder="10.0.0.1:6379" />
      </div>
      <div className="form-row">
        <TextField label={say('overview.site')} value={site} set={setSite} />
        <TextField label={say('addNode.priority')} type="number" value={priority} set={setPriority} hint={say('addNode.priorityHint')} />
      </div>
    </SpecChange>
  )
}

interface OfNode extends OfGroup {
  readonly node: string
}

export function RemoveNode({ group, node, close }: OfNode) {
  const say = useSay()
  const spec = useSpec()
  const title = say('removeNode.title', { node, group })
  const found = spec.data?.groups.find((one) => one.name === group)
  if (spec.data === undefined || found === undefined) return <Loading title={title} refusal={spec.error} close={close} />
  return (
    <SpecChange
      title={title}
      intro={say('removeNode.intro')}
      verb={say('removeNode.verb')}
      hard
      spec={spec.data}
      again={() => void spec.refetch()}
      change={{ groups: [{ ...found, nodes: found.nodes.filter(({ name }) => name !== node) }] }}
      close={close}
    />
  )
}

/** A node that holds data of its own follows only after a person said that these may go. */
export function Reattach({ group, node, close }: OfNode) {
  const say = useSay()
  const spec = useSpec()
  const title = say('reattach.title', { node, group })
  const found = spec.data?.groups.find((one) => one.name === group)
  if (spec.data === undefined || found === undefined) return <Loading title={title} refusal={spec.error} close={close} />
  return (
    <SpecChange
      title={title}
      intro={say('reattach.intro', { node })}
      verb={say('reattach.verb')}
      hard
      spec={spec.data}
      again={() => void spec.refetch()}
      change={{ groups: [{ ...found, nodes: found.nodes.map((one) => (one.name === node ? { ...one, overwrite: true } : one)) }] }}
      close={close}
    />
  )
}

export function RemoveGroup({ group, close, done }: OfGroup & { readonly done: () => void }) {
  const say = useSay()
  const spec = useSpec()
  const title = say('removeGroup.title', { group })
  if (spec.data === undefined) return <Loading title={title} refusal={spec.error} close={close} />
  return (
    <SpecChange
      title={title}
      intro={say('removeGroup.intro')}
      verb={say('removeGroup.verb')}
      hard
      spec={spec.data}
      again={() => void spec.refetch()}
      change={{ remove: [group] }}
      close={close}
      done={done}
    />
  )
}
