import { Fragment, memo } from 'react'
import { Link } from 'wouter'
import type { GroupStatus } from '../api/types.ts'
import { Epoch, NodeSign, State, stateTone, useNodeWords } from '../look/marks.tsx'
import { Sentence } from '../look/sentence.tsx'
import { untold } from '../look/untold.ts'
import { useSay } from '../words/words.tsx'

/** A group at a glance: what it is called, how it is, who is primary, and the sentence that says why. */
export const Tile = memo(function Tile({ status }: { readonly status: GroupStatus }) {
  const say = useSay()
  const words = useNodeWords()
  const coming = status.recoveries.filter(({ endedAt }) => endedAt === null)
  return (
    <Link className={`tile ${stateTone[status.state]}`} href={`/groups/${status.group}`}>
      <span className="tile-head">
        <b>{status.group}</b>
        <Epoch epoch={status.epoch} />
        <State state={status.state} />
      </span>
      <span className="tile-nodes">
        {[...status.nodes]
          .sort((a, b) => Number(b.role === 'primary') - Number(a.role === 'primary'))
          .map((node) => (
            <span key={node.id}>
              <NodeSign node={node} />
              {node.id}
              <span className="hidden">{words(node)}</span>
            </span>
          ))}
      </span>
      <span className="tile-says">
        {status.pause !== null && <span className="badge warn">{say('pause.on')}</span>}{' '}
        <Sentence english={status.sentence} said={status.said} />
        {untold(status).map(({ id, problem, said }) => (
          <Fragment key={id}>
            {' · '}
            {id}: <Sentence english={problem} said={said} />
          </Fragment>
        ))}
        {coming.map(({ node, steps }) => (
          <span key={node}>
            {' · '}
            {node}{' '}
            {say('tile.coming', { n: steps.filter(({ state }) => state === 'done' || state === 'skipped').length, all: steps.length })}
          </span>
        ))}
      </span>
    </Link>
  )
})
