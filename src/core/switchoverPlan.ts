// Whether a planned switchover could begin now, and to whom: what a command is answered with and what the rules begin.
import { type NodeId, type Reading, isMoving } from './model.ts'
import { type NodeView, answers, follows } from './observe.ts'
import type { Case } from './rule.ts'
import { inMaintenance, nodeOf, quote } from './situation.ts'

type Answering = NodeView & { readonly reading: Reading }

export type SwitchoverPlan =
  | { readonly ok: true; readonly node: NodeId; readonly reading: Reading }
  | { readonly ok: false; readonly sentence: string }

/** Whether a planned switchover could begin now, and to whom. */
export function planSwitchover(c: Case, to: NodeId | null): SwitchoverPlan {
  const { s, record, verdict } = c
  const ready = ['alive', 'hung', 'shutting down'].includes(verdict.kind)
  if (isMoving(record)) return { ok: false, sentence: `a ${record.phase} to ${record.candidate} is under way; wait for it to end` }
  if (record.phase === 'restored')
    return { ok: false, sentence: 'the record is that of a backup and was not verified yet; `regroup explain` says what it waits for' }
  if (!ready || c.primary.reading?.position.kind !== 'stream')
    return { ok: false, sentence: `the primary ${record.primary} is ${verdict.kind}; a planned switchover needs it alive` }
  if (to === record.primary) return { ok: false, sentence: `${to} is the primary already` }
  if (to !== null && inMaintenance(s, nodeOf(s, to)))
    return { ok: false, sentence: `${to} is in maintenance; \`regroup maintain ${s.spec.id}/${to} --end\` ends it` }
  const members = record.inSync.map((m) => nodeOf(s, m.node)).filter((node) => node.spec.id !== record.primary)
  const fit = members.filter(
    (node): node is Answering => answers(node) && follows(node, c.primary.spec) && node.reading.upstream?.linkUp === true,
  )
  const named =
    to === null ? fit.filter((node) => node.spec.priority !== 0 && !inMaintenance(s, node)) : fit.filter((node) => node.spec.id === to)
  const best = named.sort((a, b) => a.spec.priority - b.spec.priority)[0]
  return best === undefined ? { ok: false, sentence: nobody(to, fit) } : { ok: true, node: best.spec.id, reading: best.reading }
}

function nobody(to: NodeId | null, fit: readonly Answering[]): string {
  const names = quote(fit.map((node) => node.spec.id))
  if (to === null && fit.length > 0) return `of those in sync (${names}) none may be promoted: priority 0 or in maintenance`
  const why = to === null ? 'no replica is in sync with its link up' : `${to} is not in sync with its link up; in sync are ${names}`
  return `${why}. A switchover to it would lose data; wait until it has caught up`
}
