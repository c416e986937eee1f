// Who is who, who copies from whom and how far behind, and who is seen by the controller.
import { useMemo } from 'react'
import type { GroupStatus, Moment, NodeStatus } from '../api/types.ts'
import { NodeSign, nodeTone } from '../look/marks.tsx'
import { Sentence } from '../look/sentence.tsx'
import { bytes, count, span } from '../words/figures.ts'
import { useSay } from '../words/words.tsx'
import { type Wire, Wires } from './wires.tsx'

/** A node as the graph shows it, now or at a past moment, of which less is known. */
export interface GraphNode extends Pick<NodeStatus, 'id' | 'role' | 'health' | 'inSync'> {
  /** Null: for a primary, and when it did not say. `node`: null outside the group. */
  readonly follows: { readonly node: string | null; readonly linkUp: boolean } | null
  readonly facts: Pick<NodeStatus, 'address' | 'lagBytes' | 'probeMs' | 'keys' | 'maintenance' | 'problem' | 'problemSaid'> | null
}

export interface GraphView {
  readonly primary: string | null
  readonly candidate: string | null
  readonly nodes: readonly GraphNode[]
}

/** The graph of a past moment. What is not in the history is not shown. */
export function viewAt({ primary, candidate, inSync, nodes }: Moment): GraphView {
  return {
    primary,
    candidate,
    nodes: Object.entries(nodes).map(([id, { role, health, linkUp }]) => ({
      id,
      role,
      health,
      inSync: inSync.includes(id),
      follows: linkUp === null ? null : { node: primary, linkUp },
      facts: null,
    })),
  }
}

const controller = ' controller'

/** The graph of now. */
export function viewOf(status: GroupStatus): GraphView {
  const { primary, candidate, nodes } = status
  return { primary, candidate, nodes: nodes.map((node) => ({ ...node, facts: node })) }
}

export function Graph({ status }: { readonly status: GraphView }) {
  const say = useSay()
  const [tops, others] = useMemo(() => ranked(status), [status])
  const shown = new Set(status.nodes.map(({ id }) => id))
  const wires = [...tops, ...others].flatMap((node): Wire[] => {
    const seen: Wire = { from: controller, to: node.id, kind: isSeen(node) ? 'seen' : 'unseen', label: '' }
    const upstream = node.follows?.node ?? (tops.includes(node) ? null : status.primary)
    return upstream === null || upstream === node.id || !shown.has(upstream) ? [seen] : [seen, linkOf(upstream, node, say('graph.noLink'))]
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
function ranked(status: GraphView): readonly [readonly GraphNode[], readonly GraphNode[]] {
  const isTop = (node: GraphNode): boolean => node.id === status.primary || (node.role === 'foreign primary' && node.health === 'up')
  return [status.nodes.filter(isTop), status.nodes.filter((node) => !isTop(node))]
}

function isSeen({ health }: GraphNode): boolean {
  return health === 'up' || health === 'answering'
}

function linkOf(upstream: string, node: GraphNode, none: string): Wire {
  const at = { from: upstream, to: node.id }
  if (node.follows?.linkUp !== true || node.health !== 'up') return { ...at, kind: 'down', label: none }
  const lag = node.facts?.lagBytes ?? null
  return { ...at, kind: node.inSync ? 'up' : 'syncing', label: lag === null ? '' : bytes(lag) }
}

function Card({ node, status }: { readonly node: GraphNode; readonly status: GraphView }) {
  const say = useSay()
  const candidate = status.candidate === node.id
  return (
    <li className={`card ${nodeTone(node)} ${candidate ? 'candidate' : ''}`} data-at={node.id}>
      <p className="card-head">
        <NodeSign node={node} />
        <b>{node.id}</b>
        <span className="card-role">{say(`role.${node.role}`)}</span>
      </p>
      <p className="card-says">
        <span className="tone">{say(`health.${node.health}`)}</span>
        {node.health === 'up' && <span>{say(node.inSync ? 'sync.in' : 'sync.out')}</span>}
        {candidate && <span className="badge">{say('graph.candidate')}</span>}
        {node.facts !== null && node.facts.maintenance !== null && <span className="badge warn">{say('maintenance.on')}</span>}
      </p>
      {node.follows !== null && (
        <p className="hidden">
          {say('graph.follows', { node: node.follows.node ?? say('graph.outside') })},{' '}
          {say(node.follows.linkUp ? 'graph.linkUp' : 'graph.noLink')}
        </p>
      )}
      {node.follows !== null && node.follows.node === null && (
        <p className="card-problem">{say('graph.follows', { node: say('graph.outside') })}</p>
      )}
      {node.facts !== null && <Facts facts={node.facts} up={node.health === 'up'} />}
    </li>
  )
}

function Facts({ facts, up }: { readonly facts: NonNullable<GraphNode['facts']>; readonly up: boolean }) {
  const say = useSay()
  return (
    <>
      <p className="mono quiet">
        {facts.address.host}:{facts.address.port}
      </p>
      {up && (
        <p className="quiet">
          {facts.probeMs !== null && <span>{say('graph.probe', { time: span(facts.probeMs) })}</span>}
          {facts.keys !== null && <span> · {say('graph.keys', { n: count(facts.keys) })}</span>}
          {facts.lagBytes !== null && <span className="hidden"> · {say('graph.behind', { n: bytes(facts.lagBytes) })}</span>}
        </p>
      )}
      {facts.problem !== null && (
        <p className="card-problem">
          <Sentence english={facts.problem} said={facts.problemSaid} />
        </p>
      )}
    </>
  )
}
