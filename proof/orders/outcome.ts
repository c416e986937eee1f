// What one case came to, and whether that is right: judged by what the nodes' files held when all were stopped and by what writers were told.
import type { Verdict } from '../../src/core/status.ts'
import { judge } from '../harness/check.ts'
import type { Ack } from '../harness/writers.ts'
import type { Case } from './plan.ts'

/** The list of the writer that tries every node in turn. */
export const roamingKey = 'w'

export interface Outcome {
  readonly case: string
  readonly seed: number
  readonly end: 'converged' | 'held' | 'neither'
  /** After the last start; null unless converged. */
  readonly convergedMs: number | null
  readonly winner: string | null
  /** By node: the highest number its files held when all were stopped. */
  readonly held: Readonly<Record<string, number>>
  readonly acknowledged: number
  readonly hold: Pick<Verdict, 'rule' | 'sentence'> | null
  /** Acknowledged writes that no file held when all were stopped: gone, whatever regroup does. */
  readonly gone: number
  /** Why the winner was opened, in regroup's words. */
  readonly opened: Pick<Verdict, 'rule' | 'sentence'> | null
  /** Acknowledged writes that are nowhere in the end and of which regroup said so. */
  readonly discarded: number
  readonly violations: readonly string[]
  readonly notes: readonly string[]
}

/** A client that clings to one node and writes to it whenever that lets it: what it is told there makes data diverge. */
interface Clung {
  readonly node: string
  readonly key: string
  readonly acks: readonly Ack[]
}

export interface Stopped {
  readonly node: string
  readonly at: number
}

export interface Seen {
  readonly case: Case
  readonly stops: readonly Stopped[]
  /** Everything was stopped between these two moments. */
  readonly allStoppedAt: number
  readonly acks: readonly Ack[]
  /** By node, the writer's list in its files when all were stopped. */
  readonly files: ReadonlyMap<string, readonly number[]>
  readonly winner: string | null
  readonly convergedMs: number | null
  readonly hold: Pick<Verdict, 'rule' | 'sentence'> | null
  readonly opened: Pick<Verdict, 'rule' | 'sentence'> | null
  readonly lateness: string | null
  readonly notes: readonly string[]
  readonly violations: readonly string[]
  readonly clung: readonly Clung[]
  /** By node, every key that is a list and what stands in it after convergence; null when it did not converge. */
  readonly after: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> | null
  /** Nodes of which regroup said that something of theirs was discarded. */
  readonly discarded: ReadonlySet<string>
}

/** A primary's last moments before a crash: replication is asynchronous, so nobody else may have had these writes. */
const asynchronousMs = 100

export function outcomeOf(seen: Seen): Outcome {
  const before = seen.acks.filter((ack) => ack.at < seen.allStoppedAt)
  const highest = before.at(-1)?.n ?? 0
  const best = bestOf(seen.files)
  const gone = highest > best.highest
  const violations = [...seen.violations]
  if (seen.after !== null && seen.winner !== null) violations.push(...lostByWinner(seen, best))
  else if (seen.hold === null) violations.push(`neither converged nor held: ${seen.lateness ?? ''}`)
  else if (!gone) violations.push(`held although ${best.node} has all that was acknowledged: ${seen.hold.rule}: ${seen.hold.sentence}`)
  if (seen.winner !== null && highest > 0 && (seen.files.get(seen.winner) ?? []).length === 0 && gone) {
    violations.push(`${seen.winner} was empty and was opened although the group is known to have had data`)
  }
  violations.push(...differing(seen), ...unsaid(seen))
  if (seen.case.persistence === 'aof') violations.push(...unexplained(seen, before, best))
  return {
    case: seen.case.name,
    seed: seen.case.seed,
    end: seen.after !== null ? 'converged' : seen.hold !== null ? 'held' : 'neither',
    convergedMs: seen.convergedMs === null ? null : Math.round(seen.convergedMs),
    winner: seen.winner,
    held: Object.fromEntries([...seen.files].map(([node, list]) => [node, list.at(-1) ?? 0])),
    acknowledged: seen.acks.length,
    hold: seen.after === null ? seen.hold : null,
    gone: Math.max(0, highest - best.highest),
    opened: seen.opened,
    discarded: lostIn(seen).filter((ack) => seen.discarded.has(ack.node)).length,
    violations,
    notes: seen.notes,
  }
}

interface Best {
  readonly node: string
  readonly highest: number
  readonly list: readonly number[]
}

function bestOf(files: Seen['files']): Best {
  let best: Best = { node: 'none', highest: 0, list: [] }
  for (const [node, list] of files) {
    const highest = list.at(-1) ?? 0
    if (highest > best.highest) best = { node, highest, list }
  }
  return best
}

/** The winner has everything the best node had, and everything that was acknowledged since. */
function lostByWinner(seen: Seen, best: Best): string[] {
  const list = seen.after?.get(seen.winner ?? '')?.get(roamingKey) ?? []
  const there = new Set(list)
  const overtaken = new Set(seen.acks.filter((ack) => replaced(seen, ack)).map(({ n }) => n))
  const missing = best.list.filter((n) => !there.has(n) && !overtaken.has(n))
  const later = seen.acks.filter((ack) => ack.at >= seen.allStoppedAt && !there.has(ack.n) && !reported(seen, ack))
  const { disorder } = judge([], list)
  return [
    ...(missing.length > 0
      ? [`${seen.winner} won without ${missing.length} writes that ${best.node} held (${missing[0]} .. ${missing.at(-1)})`]
      : []),
    ...(later.length > 0 ? [`${later.length} writes acknowledged by ${later[0]?.node} while nodes were started are lost`] : []),
    ...(disorder.length > 0 ? [`${seen.winner} holds numbers out of order: ${disorder.slice(0, 3).join(', ')}`] : []),
  ]
}

/** A Pika that was taken over as it was found comes back open (docs/pika.md, P1): what it takes before it is closed goes, and must be said. */
function reported(seen: Seen, ack: Ack): boolean {
  return seen.case.engine === 'pika' && seen.discarded.has(ack.node)
}

/** Taken in the last moments of a primary that was replaced before everything stood still: nobody else had it, and it was said that it goes. */
function replaced(seen: Seen, ack: Ack): boolean {
  const end = seen.stops.find((stop) => stop.node === ack.node)
  return reported(seen, ack) && end !== undefined && ack.at >= end.at - asynchronousMs && ack.node !== seen.winner
}

/** Key by key, whoever wrote it. */
function differing(seen: Seen): string[] {
  const primary = seen.after?.get(seen.winner ?? '')
  if (primary === undefined) return []
  return [...(seen.after ?? [])].flatMap(([node, keys]) => {
    const names = [...new Set([...primary.keys(), ...keys.keys()])]
    const apart = names.filter((name) => JSON.stringify(keys.get(name)) !== JSON.stringify(primary.get(name)))
    return apart.length === 0 ? [] : [`${node} holds other data than its primary ${seen.winner} in ${apart.join(', ')}`]
  })
}

/** What was acknowledged and is nowhere in the end, of all writers. */
function lostIn(seen: Seen): Ack[] {
  if (seen.after === null || seen.winner === null) return []
  const held = seen.after.get(seen.winner)
  const roaming = judge(seen.acks, held?.get(roamingKey) ?? []).lost
  return [...roaming, ...seen.clung.flatMap(({ key, acks }) => judge(acks, held?.get(key) ?? []).lost)]
}

/** What one node alone was told is only ever lost with its word: its disk still had it when it came back. */
function unsaid(seen: Seen): string[] {
  return seen.clung.flatMap(({ node, key, acks }) => {
    const held = seen.after?.get(seen.winner ?? '')?.get(key)
    if (seen.after === null || seen.discarded.has(node)) return []
    const { lost } = judge(acks, held ?? [])
    return lost.length === 0
      ? []
      : [`${lost.length} writes that ${node} acknowledged to a client that clung to it are gone, and nothing was said`]
  })
}

/** With a file that survives a kill, an acknowledged write is missing only when it was taken in a crashed primary's last moments. */
function unexplained(seen: Seen, before: readonly Ack[], best: Best): string[] {
  const lost = judge(before, best.list).lost.filter((ack) => {
    if (reported(seen, ack)) return false
    const end = seen.stops.find((stop) => stop.node === ack.node)
    return end === undefined || ack.at < end.at - asynchronousMs
  })
  const first = lost[0]
  return first === undefined
    ? []
    : [`${lost.length} acknowledged writes lost that no crash explains, the first (${first.n}) taken by ${first.node}`]
}
