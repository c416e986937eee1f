// The signs of the page. Role is a shape, health is its colour and filling, state and epoch have signs of their own; a word stands beside each.
import type { GroupState, NodeStatus } from '../api/types.ts'
import { useSay } from '../words/words.tsx'

export type Tone = 'good' | 'warn' | 'bad' | 'none'

export const stateTone: Readonly<Record<GroupState, Tone>> = { healthy: 'good', degraded: 'warn', down: 'bad', unknown: 'none' }

/** A disc with a check, a triangle with a bar, a square with a cross, a broken ring. */
export function StateSign({ state }: { readonly state: GroupState }) {
  return (
    <svg className={`sign ${stateTone[state]}`} viewBox="0 0 16 16" aria-hidden="true">
      {state === 'healthy' && (
        <>
          <circle cx="8" cy="8" r="7" className="fill" />
          <path d="m4.8 8.3 2.2 2.2 4.2-4.6" className="cut" />
        </>
      )}
      {state === 'degraded' && (
        <>
          <path d="M8 1.2 15.2 14H.8Z" className="fill" />
          <path d="M8 5.6v4.2m0 1.6v.6" className="cut" />
        </>
      )}
      {state === 'down' && (
        <>
          <rect x="1" y="1" width="14" height="14" rx="2" className="fill" />
          <path d="m5 5 6 6m0-6-6 6" className="cut" />
        </>
      )}
      {state === 'unknown' && <circle cx="8" cy="8" r="6.2" className="broken" />}
    </svg>
  )
}

export function State({ state }: { readonly state: GroupState }) {
  const say = useSay()
  return (
    <span className={`state ${stateTone[state]}`}>
      <StateSign state={state} />
      {say(`state.${state}`)}
    </span>
  )
}

type Seen = Pick<NodeStatus, 'role' | 'health' | 'inSync'>

export function nodeTone({ health, inSync, role }: Seen): Tone {
  if (health === 'unheard') return 'none'
  if (health === 'silent' || health === 'refused') return 'bad'
  if (health === 'answering' || role === 'foreign primary' || role === 'unknown') return 'warn'
  return inSync ? 'good' : 'warn'
}

const shapes: Readonly<Record<NodeStatus['role'], string>> = {
  primary: 'M8 .8 15.2 8 8 15.2.8 8Z',
  'foreign primary': 'M8 .8 15.2 8 8 15.2.8 8Z',
  replica: 'M14 8A6 6 0 1 1 2 8a6 6 0 1 1 12 0Z',
  fenced: 'M2.5 2.5h11v11h-11Z',
  unknown: 'M14 8A6 6 0 1 1 2 8a6 6 0 1 1 12 0Z',
}

/** Diamond: primary. Disc: replica. Box with a bar: fenced. Filled: up and in sync. Ring: not in sync. Crossed: down. Broken: not heard. */
export function NodeSign({ node }: { readonly node: Seen }) {
  const down = node.health === 'silent' || node.health === 'refused'
  const filled = node.health === 'up' && node.inSync && node.role !== 'foreign primary'
  const broken = node.health === 'unheard' || node.health === 'silent'
  return (
    <svg className={`sign ${nodeTone(node)}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={shapes[node.role]} className={filled ? 'fill' : broken ? 'broken' : 'ring'} />
      {down && <path d="m5.5 5.5 5 5m0-5-5 5" className="line" />}
      {!down && node.role === 'fenced' && <path d="M5 8h6" className={filled ? 'cut' : 'line'} />}
      {!down && node.role === 'foreign primary' && <path d="M8 5v6" className="line" />}
    </svg>
  )
}

/** What the sign says, in words. */
export function useNodeWords(): (node: Seen) => string {
  const say = useSay()
  return ({ role, health, inSync }) =>
    [say(`role.${role}`), say(`health.${health}`), ...(health === 'up' ? [say(inSync ? 'sync.in' : 'sync.out')] : [])].join(', ')
}

/** The epoch is a tag of its own kind wherever it stands. */
export function Epoch({ epoch }: { readonly epoch: number }) {
  const say = useSay()
  return (
    <span className="epoch">
      <span className="hidden">{say('epoch.is', { n: epoch })}</span>
      <span aria-hidden="true">e{epoch}</span>
    </span>
  )
}
