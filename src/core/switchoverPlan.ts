// Whether a planned switchover could begin now, and to whom: what a command is answered with and what the rules begin.
import { type NodeId, type Reading, isMoving } from './model.ts'
import { type NodeView, answers, follows, isChangingRole } from './observe.ts'
import type { Case } from './rule.ts'
import { type Said, type Worded, say, worded } from './said.ts'
import { inMaintenance, nodeOf } from './situation.ts'

type Answering = NodeView & { readonly reading: Reading }

export type SwitchoverPlan = { readonly ok: true; readonly node: NodeId; readonly reading: Reading } | ({ readonly ok: false } & Worded)

/** Whether a planned switchover could begin now, and to whom. */
export function planSwitchover(c: Case, to: NodeId | null): SwitchoverPlan {
  const { s, record, verdict } = c
  const ready = ['alive', 'hung', 'shutting down'].includes(verdict.kind)
  if (isMoving(record)) return no(say('plan.moving', { phase: record.phase, node: record.candidate }))
  if (record.phase === 'restored') return no(say('plan.restored'))
  if (!ready || c.primary.reading?.position.kind !== 'stream')
    return no(say('plan.primaryLost', { primary: record.primary, verdict: verdict.kind }))
  if (to === record.primary) return no(say('plan.already', { node: to }))
  if (to !== null && inMaintenance(s, nodeOf(s, to))) return no(say('plan.inMaintenance', { node: to, group: s.spec.id }))
  const members = record.inSync.map((m) => nodeOf(s, m.node)).filter((node) => node.spec.id !== record.primary)
  // Of one whose role changes, perhaps since a switchover that was given up, the last word is from before that.
  const fit = members.filter(
    (node): node is Answering =>
      answers(node) && !isChangingRole(node) && follows(node, c.primary.spec) && node.reading.upstream?.linkUp === true,
  )
  const named =
    to === null ? fit.filter((node) => node.spec.priority !== 0 && !inMaintenance(s, node)) : fit.filter((node) => node.spec.id === to)
  const best = named.sort((a, b) => a.spec.priority - b.spec.priority)[0]
  return best === undefined ? no(nobody(to, fit)) : { ok: true, node: best.spec.id, reading: best.reading }
}

function no(said: Said): SwitchoverPlan {
  return { ok: false, ...worded(said) }
}

function nobody(to: NodeId | null, fit: readonly Answering[]): Said {
  const nodes = fit.map((node) => node.spec.id)
  if (to !== null) return say('plan.notInSync', { node: to, nodes })
  return nodes.length > 0 ? say('plan.noneMay', { nodes }) : say('plan.noneInSync')
}
