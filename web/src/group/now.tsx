// The group as it is: who is who, what is recorded and observed, what is under way.
import type { GroupStatus, LogEntry } from '../api/types.ts'
import { useNow } from '../live/hooks.ts'
import { Graph } from './graph.tsx'
import { Nodes } from './nodes.tsx'
import { passageOf } from './phases.ts'
import { PassageSteps, RecoverySteps } from './recovery.tsx'
import { Sides } from './sides.tsx'

/** A change of primary and a node's way back are news for so long. */
const newsMs = 15 * 60_000

export function Now({ status, entries }: { readonly status: GroupStatus; readonly entries: readonly LogEntry[] }) {
  const now = useNow()
  const passage = passageOf(status, entries)
  const recoveries = status.recoveries.filter(({ endedAt }) => endedAt === null || now - endedAt < newsMs)
  return (
    <>
      <div className="now">
        <Graph status={status} />
        <div className="aside">
          <Sides status={status} />
          {passage !== null && (!passage.over || now - passage.at < newsMs) && <PassageSteps passage={passage} />}
          {recoveries.map((recovery) => (
            <RecoverySteps key={recovery.node} recovery={recovery} />
          ))}
        </div>
      </div>
      <Nodes status={status} />
    </>
  )
}
