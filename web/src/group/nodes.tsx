// Every node with everything that is known of it, and what can be done with it.
import { useState } from 'react'
import { Maintain, Switchover } from '../act/actions.tsx'
import { Reattach, RemoveNode } from '../act/specActions.tsx'
import type { GroupStatus, NodeStatus } from '../api/types.ts'
import { useMay } from '../live/asker.ts'
import { NodeSign, nodeTone } from '../look/marks.tsx'
import { Sentence } from '../look/sentence.tsx'
import { bytes, clockTime, count, span } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'

type Verb = 'switchover' | 'maintain' | 'reattach' | 'remove'

export function Nodes({ status }: { readonly status: GroupStatus }) {
  const say = useSay()
  const may = useMay()
  const [acting, setActing] = useState<{ readonly node: string; readonly verb: Verb } | null>(null)
  const close = (): void => setActing(null)
  return (
    <section className="panel nodes" aria-label={say('nodes.title')}>
      <div className="scroll" tabIndex={0} role="region" aria-label={say('nodes.title')}>
        <table className="stack">
          <thead>
            <tr>
              {(['node', 'address', 'role', 'health', 'sync', 'lag', 'keys', 'reply', 'probe', 'version', 'site'] as const).map((key) => (
                <th key={key} scope="col">
                  {say(`nodes.${key}`)}
                </th>
              ))}
              <th scope="col">
                <span className="hidden">{say('nodes.act')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {status.nodes.map((node) => (
              <tr key={node.id}>
                <Facts node={node} />
                <td className="whole">
                  {may('operator', status.group) && (
                    <Verbs node={node} primary={status.primary} choose={(verb) => setActing({ node: node.id, verb })} />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {acting?.verb === 'switchover' && <Switchover status={status} to={acting.node} close={close} />}
      {acting?.verb === 'maintain' && <Maintain status={status} node={acting.node} close={close} />}
      {acting?.verb === 'reattach' && <Reattach group={status.group} node={acting.node} close={close} />}
      {acting?.verb === 'remove' && <RemoveNode group={status.group} node={acting.node} close={close} />}
    </section>
  )
}

function Facts({ node }: { readonly node: NodeStatus }) {
  const say = useSay()
  return (
    <>
      <th scope="row">
        <NodeSign node={node} /> {node.id}
      </th>
      <td data-label={say('nodes.address')} className="mono">
        {node.address.host}:{node.address.port}
      </td>
      <td data-label={say('nodes.role')}>{say(`role.${node.role}`)}</td>
      <td data-label={say('nodes.health')}>
        <span className={`tone ${nodeTone(node)}`}>{say(`health.${node.health}`)}</span>
        {node.problem !== null && (
          <span className="problem">
            <Sentence english={node.problem} said={node.problemSaid} />
          </span>
        )}
        {node.maintenance !== null && (
          <span className="problem">
            {say('maintenance.until', { time: clockTime(node.maintenance.until), by: node.maintenance.by })} {node.maintenance.why}
          </span>
        )}
      </td>
      <td data-label={say('nodes.sync')} className={node.health === 'up' ? '' : 'quiet'}>
        {say(node.inSync ? 'sync.in' : 'sync.out')}
      </td>
      <td data-label={say('nodes.lag')} className="figure">
        {node.lagBytes === null ? '–' : bytes(node.lagBytes)}
      </td>
      <td data-label={say('nodes.keys')} className="figure">
        {node.keys === null ? '–' : count(node.keys)}
      </td>
      <td data-label={say('nodes.reply')} className="figure">
        {node.lastReplyAgoMs === null ? '–' : say('ago', { time: span(node.lastReplyAgoMs) })}
      </td>
      <td data-label={say('nodes.probe')} className="figure">
        {node.probeMs === null ? '–' : span(node.probeMs)}
      </td>
      <td data-label={say('nodes.version')}>{node.version ?? '–'}</td>
      <td data-label={say('nodes.site')}>{node.site ?? '–'}</td>
    </>
  )
}

interface VerbsProps {
  readonly node: NodeStatus
  readonly primary: string | null
  readonly choose: (verb: Verb) => void
}

/** A choice that does one thing and stands at its first line again. */
function Verbs({ node, primary, choose }: VerbsProps) {
  const say = useSay()
  const verbs: readonly Verb[] = node.id === primary ? ['maintain'] : ['switchover', 'maintain', 'reattach', 'remove']
  return (
    <select
      className="field verbs"
      value=""
      aria-label={say('nodes.actOn', { node: node.id })}
      onChange={(event) => choose(event.target.value as Verb)}
    >
      <option value="">{say('nodes.act')}…</option>
      {verbs.map((verb) => (
        <option key={verb} value={verb}>
          {say(`nodes.verb.${verb}`)}
        </option>
      ))}
    </select>
  )
}
