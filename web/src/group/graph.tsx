// Who is who, who copies from whom and how far behind, and who is seen by the controller.
import { useMemo } from 'react'
import type { GroupStatus, NodeStatus } from '../api/types.ts'
import { NodeSign, nodeTone } from '../look/marks.tsx'
import { bytes, count, span } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'
import { type Wire, Wires } from './wires.tsx'

const controller = ' controller'

export function Graph({ status }: { readonly status: GroupStatus }) {
  const say = useSay()
  const [tops, others] = useMemo(() => ranked(status), [status])
  const wires = [...tops, ...others].flatMap((node): Wire[] => {
    const seen: Wire = { from: controller, to: node.id, kind: isSeen(node) ? 'seen' : 'unseen', label: '' }
    return others.includes(node) && status.primary !== null ? [seen, linkOf(status.primary, node, say('graph.noLink'))] : [seen]
  })
  return (
    <section className="graph panel" aria-label={say('graph.title')}>
      <Wires wires={wires} />
      <div className="rank">
        <div className="observer" data-at={controller}>
          <b>{say('graph.controller')}</b>
          <span>{say('graph.sees', { n: status.nodes.filter(isSeen).length, all: status.nodes.length })}</span>
        </div>
      </div>
      <ul className="rank">
        {tops.map((node) => (
          <Card key={node.id} node={node} status={status} />
        ))}
      </ul>
      {others.length > 0 && (
        <ul className="rank">
          {others.map((node) => (
            <Card key={node.id} node={node} status={status} />
          ))}
        </ul>
      )}
    </section>
  )
}

/** The recorded primary, and whoever else says that it is one, above the rest. */
function ranked(status: GroupStatus): readonly [readonly NodeStatus[], readonly NodeStatus[]] {
  const isTop = (node: NodeStatus): boolean => node.id === status.primary || (node.role === 'foreign primary' && node.health === 'up')
  return [status.nodes.filter(isTop), status.nodes.filter((node) => !isTop(node))]
}

function isSeen({ health }: NodeStatus): boolean {
  return health === 'up' || health === 'answering'
}

function linkOf(primary: string, node: NodeStatus, none: string): Wire {
  const at = { from: primary, to: node.id }
  if (node.linkUp !== true || node.health !== 'up') return { ...at, kind: 'down', label: none }
  return { ...at, kind: node.inSync ? 'up' : 'syncing', label: node.lagBytes === null ? '' : bytes(node.lagBytes) }
}

function Card({ node, status }: { readonly node: NodeStatus; readonly status: GroupStatus }) {
  const say = useSay()
  const candidate = status.candidate === node.id
  return (
    <li className={`card ${nodeTone(node)} ${candidate ? 'candidate' : ''}`} data-at={node.id}>
      <p className="card-head">
        <NodeSign node={node} />
        <b>{node.id}</b>
        <span className="card-role">{say(`role.${node.role}`)}</span>
      </p>
      <p className="mono quiet">
        {node.address.host}:{node.address.port}
      </p>
      <p className="card-says">
        <span className="tone">{say(`health.${node.health}`)}</span>
        {node.health === 'up' && <span>{say(node.inSync ? 'sync.in' : 'sync.out')}</span>}
        {candidate && <span className="badge">{say('graph.candidate')}</span>}
        {node.maintenance !== null && <span className="badge warn">{say('maintenance.on')}</span>}
      </p>
      <p className="quiet">
        {node.probeMs !== null && <span>{say('graph.probe', { time: span(node.probeMs) })}</span>}{' '}
        {node.keys !== null && node.health === 'up' && <span>{say('graph.keys', { n: count(node.keys) })}</span>}
        <span className="hidden">
          {node.linkUp === null ? '' : say(node.linkUp ? 'graph.linkUp' : 'graph.noLink')}
          {node.lagBytes === null ? '' : `, ${say('graph.behind', { n: bytes(node.lagBytes) })}`}
        </span>
      </p>
      {node.problem !== null && (
        <p className="card-problem" lang="en">
          {node.problem}
        </p>
      )}
    </li>
  )
}
