// The group as it is: who is who, what is recorded and observed, what is under way.
import type { GroupStatus } from '../api/types.ts'
import { useNow } from '../live/hooks.ts'
import { FindingLine } from '../screens/doctor.tsx'
import { useSay } from '../words/words.tsx'
import { Graph, viewOf } from './graph.tsx'
import { Nodes } from './nodes.tsx'
import { PassageSteps, RecoverySteps } from './recovery.tsx'
import { RollPanel } from './roll.tsx'
import { Sides } from './sides.tsx'

/** A change of primary and a node's way back are news for so long. */
const newsMs = 15 * 60_000

export function Now({ status }: { readonly status: GroupStatus }) {
  const say = useSay()
  const now = useNow()
  const { running, last } = status.passage
  const passage = running ?? (last !== null && now - (last.endedAt ?? now) < newsMs ? last : null)
  const isUp = (node: string): boolean => status.nodes.some(({ id, health }) => id === node && health === 'up')
  const recoveries = status.recoveries.filter(({ node, endedAt }) => endedAt === null || (now - endedAt < newsMs && isUp(node)))
  return (
    <>
      <div className="halves">
        <div className="aside">
          <Graph status={viewOf(status)} />
          {recoveries.map((recovery) => (
            <RecoverySteps key={recovery.node} recovery={recovery} />
          ))}
        </div>
        <div className="aside">
          {status.roll !== null && <RollPanel status={status} />}
          <Sides status={status} />
          {passage !== null && <PassageSteps passage={passage} />}
        </div>
      </div>
      <Nodes status={status} />
      {status.doctor.findings.length > 0 && (
        <section className="panel findings">
          <h2>{say('now.doctor')}</h2>
          <ul>
            {status.doctor.findings.map((finding) => (
              <FindingLine key={`${finding.id} ${finding.node ?? ''} ${finding.sentence}`} finding={finding} />
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
