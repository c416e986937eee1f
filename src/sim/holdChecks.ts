// Whether a person is rightly waited for once everything is healed: judged by what the nodes hold, not by what the group was told.
import { sameAddress } from '../core/address.ts'
import { nowhere } from '../core/limits.ts'
import type { Code, SaidValue } from '../core/said.ts'
import type { GroupStatus } from '../core/status.ts'
import { parseMark } from '../engines/mark.ts'
import type { History } from './history.ts'
import type { Running } from './server.ts'
import { keysOf, markOf, within } from './stream.ts'

/** All data are gone: the one hold that stops and starts alone may end with. */
export const allGone = 'elect.allEmpty'

/** The rules by which only a person may end a hold, each with what must be so then. */
const standing: Readonly<Record<string, (history: History) => boolean>> = {
  [allGone]: (history) => processes(history).every((running) => keysOf(running.data) === 0),
  // Priorities and maintenance were ended with everything else.
  'elect.barred': (history) => processes(history).every((running) => running.isPartial || keysOf(running.data) === 0),
  'elect.diverged': differ,
  'new.histories': (history) => processes(history).filter((running) => running.follows === null).length > 1,
  'new.noPrimary': (history) => processes(history).every((running) => running.follows !== null),
  'new.foreign': (history) => processes(history).some(isForeign),
  'restored.foreign': (history) => processes(history).some(isForeign),
  // That one may be the primary of today: nothing that an old copy of the store says, and nothing that its replica shows, tells.
  'restored.stranger': (history) => processes(history).some((running) => isLedAway(history, running)),
  'steady.foreignUpstream': (history) => {
    const primary = history.nodes.get(history.store.record('g')?.primary ?? '')?.running ?? null
    return primary !== null && isLedAway(history, primary)
  },
}

/** What is said of a node that waits for a person, beside a group whose primary may be in order. */
const ofNode: readonly (readonly [rule: string, codes: ReadonlySet<Code>, isSo: (history: History) => boolean])[] = [
  [
    'node.foreign',
    new Set<Code>(['node.foreign', 'node.foreignOpen', 'node.newer', 'node.feedsNewerSilent', 'whyNot.foreign', 'elect.unwatchedBack']),
    hasMore,
  ],
  ['node.measure', new Set<Code>(['rejoin.lesser', 'rejoin.further']), hasMore],
  // What such a primary lacks nobody can tell, whatever lies on the other's disk.
  ['node.measure', new Set<Code>(['rejoin.part']), isLedByPart],
]

export interface Hold {
  readonly rule: string
  /** What only a person can end is so. */
  readonly isSo: boolean
}

/** Null: nothing that may last. */
export function holdOf(history: History, status: GroupStatus): Hold | null {
  const { rule } = status.verdict
  const known = Object.keys(standing).find((name) => rule.includes(name))
  if (known !== undefined) return { rule, isSo: standing[known]?.(history) === true }
  const says = [status.said, ...status.warningsSaid].flatMap(codesIn)
  const said = ofNode.filter(([, codes]) => says.some((code) => codes.has(code)))
  const [first] = said
  return first === undefined ? null : { rule: first[0], isSo: said.every(([, , isSo]) => isSo(history)) }
}

/** Of a sentence and of all that stand in it. */
function codesIn(value: SaidValue): Code[] {
  if (value === null || typeof value !== 'object') return []
  return 'code' in value ? [value.code, ...Object.values(value.values).flatMap(codesIn)] : value.flatMap(codesIn)
}

function processes(history: History): readonly Running[] {
  return [...history.nodes.values()].flatMap(({ running }) => (running === null ? [] : [running]))
}

/** Nobody holds all that the others hold. */
function differ(history: History): boolean {
  const all = processes(history)
  return all.every((one) => all.some((other) => !within(other.data, one.data)))
}

/** Data, and no mark of this group. */
function isForeign({ data }: Running): boolean {
  const text = markOf(data)
  const mark = text === null ? null : parseMark(text)
  return keysOf(data) > 0 && (mark?.group !== 'g' || mark.installation !== 'inst')
}

/** Somebody holds what the primary lacks, or what nobody can know as this group's. */
function hasMore(history: History): boolean {
  const record = history.store.record('g')
  const primary = record === null ? null : history.node(record.primary).running
  return processes(history).some((one) => isForeign(one) || primary === null || !within(one.data, primary.data))
}

/** The primary's server says that it holds a part of a copy. */
function isLedByPart(history: History): boolean {
  const record = history.store.record('g')
  return record !== null && history.node(record.primary).running?.isPartial === true
}

/** It follows who is no node of the group, and somewhere. */
function isLedAway({ nodes }: History, { follows }: Running): boolean {
  if (follows === null || sameAddress(follows, nowhere)) return false
  return ![...nodes.values()].some((node) => sameAddress(node.setup.address, follows))
}
