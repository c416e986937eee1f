// How a node may come back to the recorded primary, where the server tells no history from another (docs/pika.md, P2): it is measured while
// nobody writes to it or feeds it, and copied anew unless it is shown to hold nothing that the primary lacks.
import { forcedTo, inDoubt, mayBeCopied, strayed } from './doubt.ts'
import { closedGuard, nowhere, stuckLinkMs, unansweredMs } from './limits.ts'
import { type Instant, type Reading, logIdOf } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers, follows } from './observe.ts'
import type { Case } from './rule.ts'
import { type Said, say } from './said.ts'
import { empty, keptItsData } from './situation.ts'

export type Rejoin =
  /** As it is, or by a copy that replaces what it holds. */
  | { readonly kind: 'go'; readonly force: boolean; readonly forget: boolean; readonly discards: Said | null }
  | { readonly kind: 'wait' | 'hold'; readonly said: Said }

/** It takes writes, or somebody other than the recorded primary feeds it: what it holds may change under the measurement. */
export function mustBeStilled(c: Case, node: NodeView): boolean {
  if (c.s.can.namesHistories || !answers(node)) return false
  const { role, guard, upstream } = node.reading
  if (role === 'primary') return guard !== null && guard !== closedGuard
  if (follows(node, c.primary.spec)) return (inDoubt(c, node) && mayBeCopied(c, node) && !forcedTo(c, node)) || strayed(c, node)
  return upstream !== null && !sameAddress(upstream, nowhere)
}

/** Why its link to the recorded primary will not mend by itself; null when it may. */
export function brokenLink(c: Case, node: NodeView): Said | null {
  if (c.s.can.namesHistories || !answers(node) || !follows(node, c.primary.spec)) return null
  const { upstream, partial = false } = node.reading
  if (upstream === null || upstream.syncing) return null
  if (upstream.failed) return say('link.gaveUp')
  if (!upstream.linkUp && hasOtherId(node, c.primary)) return say('link.otherId')
  if (upstream.linkUp) return partial ? say('link.copyOpen') : null
  const longer = (since: Instant | null, ms: number): boolean => since !== null && c.s.now - since > ms
  if (longer(node.unansweredSince, unansweredMs)) return say('link.unanswered', { seconds: unansweredMs / 1000 })
  return longer(node.unlinkedSince, stuckLinkMs) ? say('link.stuck', { seconds: stuckLinkMs / 1000 }) : null
}

/**
 * It is not in sync and follows the recorded primary without a link: it may have been told to by force, perhaps by a controller before us, and would
 * be emptied by whatever comes back there with nothing (docs/pika.md, P3). Not so once a copy began: then that is gone already.
 */
export function awaitsCopy(c: Case, node: NodeView): boolean {
  if (c.s.can.namesHistories || !answers(node) || !follows(node, c.primary.spec) || keptItsData(c.record, node)) return false
  return node.reading.upstream?.linkUp === false && !node.reading.partial
}

/** Both are named, and by different ids: neither position nor force brings these together (P9). */
function hasOtherId(node: NodeView, primary: NodeView): boolean {
  const own = node.reading === null ? '' : logIdOf(node.reading.position)
  const its = primary.reading === null ? '' : logIdOf(primary.reading.position)
  return own !== '' && its !== '' && own !== its
}

/**
 * It was the primary, nothing of a successor's has reached it, and it is another process than one of its reigns began with: a crash may have
 * left writes that its log does not know, and being opened again does not end them (P11).
 */
function crashedInOffice(c: Case, node: NodeView, reading: Reading): boolean {
  const { position } = reading
  if (position.kind !== 'stream') return false
  const { lineage } = c.record
  const { id } = node.spec
  let at = lineage.findLastIndex((entry) => entry.node === id && entry.replid === position.replid)
  for (let reign = lineage[at]; reign !== undefined; reign = lineage[at]) {
    if (reign.incarnation !== undefined && reign.incarnation !== reading.incarnation) return true
    // With nothing of the one before it held what it had held in its own reign before that.
    const own = lineage[at - 1]?.node === id || !reign.continues
    at = own ? lineage.slice(0, at).findLastIndex((entry) => entry.node === id) : -1
  }
  return false
}

/** A connection to this very primary that failed closes late, and takes a new one with it (P13), whomever the node followed in between. */
function leftJustNow(c: Case, node: NodeView): boolean {
  const { now, can, memory } = c.s
  if (node.left.length === 0) return node.reading?.role === 'replica' && now - memory.loadedAt < can.rejoinAfterMs
  return node.left.some(({ from, at }) => from !== null && sameAddress(from, c.primary.spec) && now - at < can.rejoinAfterMs)
}

/** It answers, and was asked no longer ago than silence may last: an answer that was long on its way may be that of a process which is gone. */
function heardLately({ s }: Case, node: NodeView): node is NodeView & { readonly reading: Reading } {
  return answers(node) && s.now - node.askedAt <= s.policy.silentAfterMs
}

/** It holds nothing, or a person said that what it holds may go. */
function mayGo(node: NodeView): boolean {
  return empty(node) || node.spec.overwrite
}

/** For a node that is still, or whose server finds out by itself. The primary is alive. */
export function rejoinOf(c: Case, node: NodeView): Rejoin {
  if (c.s.can.namesHistories) return { kind: 'go', force: false, forget: false, discards: null }
  const { primary } = c
  const [who, name] = [node.spec.id, primary.spec.id]
  if (!heardLately(c, node) || !heardLately(c, primary)) return { kind: 'wait', said: say('rejoin.answer', { nodes: [who, name] }) }
  const { position } = primary.reading
  // Never towards a primary that is empty, half copied, or whose history is not known yet (P3).
  const known = position.kind === 'stream' && position.replid === c.record.lineage.at(-1)?.replid
  const epoch = c.record.lineage.at(-1)?.epoch ?? null
  if (!known) return { kind: 'wait', said: say('rejoin.mark', { primary: name, epoch }) }
  if ((primary.reading.partial || empty(primary)) && !mayGo(node)) {
    const code = primary.reading.partial ? 'rejoin.part' : 'rejoin.lesser'
    return { kind: 'hold', said: say(code, { primary: name, node: who, group: c.s.spec.id }) }
  }
  if (leftJustNow(c, node)) return { kind: 'wait', said: say('rejoin.left', { node: who, primary: name }) }
  return measured(c, node, node.reading)
}

function measured(c: Case, node: NodeView, reading: Reading): Rejoin {
  const { primary, s, record } = c
  const copied = (discards: Said | null): Rejoin => ({ kind: 'go', force: true, forget: hasOtherId(node, primary), discards })
  if (primary.reading === null) return { kind: 'wait', said: say('rejoin.wait', { primary: primary.spec.id }) }
  const comparison = s.can.comparePositions(reading.position, primary.reading.position, record.lineage)
  if (empty(node)) return copied(null)
  if (reading.partial) return copied(say('discards.part'))
  if (comparison.order === 'diverged') return copied(say('discards.log', { bytes: comparison.tail }))
  if (comparison.order === 'incomparable') return copied(say('discards.unknown'))
  const crashed = crashedInOffice(c, node, reading)
  if (inDoubt(c, node) && !(comparison.order === 'ahead' && mayGo(node)))
    return copied(say(crashed ? 'discards.crashed' : 'discards.untold'))
  if (comparison.order === 'ahead') {
    const both = { node: node.spec.id, primary: primary.spec.id }
    if (primary.askedAt < node.askedAt) return { kind: 'wait', said: say('rejoin.ask', { primary: both.primary }) }
    if (mayGo(node)) return copied(say('discards.log', { bytes: comparison.tail }))
    return { kind: 'hold', said: say('rejoin.further', { ...both, bytes: comparison.tail, group: s.spec.id }) }
  }
  if (crashed) return copied(say('discards.crashed'))
  if (node.unfit !== null && sameAddress(node.unfit, primary.spec)) return copied(null)
  return { kind: 'go', force: false, forget: false, discards: null }
}
