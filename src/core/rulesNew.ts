// A group that has no record yet: take it as it is found, or ask a person.
import { adopted, identityOf, newestEpoch } from './draft.ts'
import { electByOrder } from './elect.ts'
import { lossOf } from './loss.ts'
import type { Reading } from './model.ts'
import { type NodeView, answers, follows, quietSince } from './observe.ts'
import { type Rule, hold, save, wait } from './rule.ts'
import { type Said, say } from './said.ts'
import { type Situation, empty, isOurs } from './situation.ts'

type Answering = NodeView & { readonly reading: Reading }

export const all = (s: Situation): NodeView[] => [...s.nodes.values()]
export const names = (nodes: readonly NodeView[]): string[] => nodes.map((node) => node.spec.id)
const primaries = (s: Situation): Answering[] =>
  all(s).filter((node): node is Answering => answers(node) && node.reading.role === 'primary')

/** Asked, but not long enough ago to call it unreachable. */
export function waiting(s: Situation): NodeView[] {
  return all(s).filter(
    (node) =>
      !answers(node) &&
      !['answered', 'unasked'].includes(node.failure?.kind ?? '') &&
      s.now - (quietSince(node) ?? s.now) < s.policy.silentAfterMs,
  )
}

/** Each node that does not answer, and what came instead. */
export function whyMissing(s: Situation): Said[] {
  const missing = all(s).filter((node) => !answers(node))
  return missing.map(({ spec, failure }) => {
    const why = failure?.kind === 'answered' || failure?.kind === 'unasked' ? failure.message : (failure?.kind ?? 'unheard')
    return say('new.missing', { node: spec.id, why: why.replace(/\.$/, '') })
  })
}

export function foreign(s: Situation): NodeView[] {
  return all(s).filter((node) => {
    const mark = node.reading?.mark
    return mark !== null && mark !== undefined && !isOurs(s, mark) && !node.spec.overwrite
  })
}

function marks(s: Situation): string {
  return [...new Set(foreign(s).map((node) => `${node.reading?.mark?.group} of ${node.reading?.mark?.installation}`))].join(', ')
}

/** The one primary that every other node follows. */
export function ledBy(s: Situation): Answering | null {
  const [primary, second] = primaries(s)
  if (primary === undefined || second !== undefined) return null
  return all(s).every((node) => node === primary || follows(node, primary.spec)) ? primary : null
}

/** Standalone primaries of which at most one holds data: that one, else the first. */
function firstOfFresh(s: Situation): Answering | null {
  const found = primaries(s)
  const full = found.filter((node) => !empty(node))
  if (found.length !== s.nodes.size || full.length > 1) return null
  return full[0] ?? found[0] ?? null
}

export const newRules: readonly Rule<Situation>[] = [
  {
    id: 'new.order',
    why: 'an operator named who is primary; a person may decide what the nodes do not tell',
    gives: 'save -> failover',
    when: (s) => s.memory.order?.name === 'failover' && electByOrder(s, s.memory.order.to).kind === 'candidate',
    then: (s) => {
      const choice = electByOrder(s, s.memory.order?.to ?? null)
      const reading = choice.kind === 'candidate' ? s.nodes.get(choice.node)?.reading : null
      if (choice.kind !== 'candidate' || reading === null || reading === undefined) return hold(choice.said, choice.evidence)
      const base = adopted(s, choice.node, reading, newestEpoch(s) + 1)
      const intent = { candidate: choice.node, candidateIs: identityOf(choice.reading), cause: 'operator', ...lossOf(choice.risk) } as const
      return save(choice.said, { ...base, ...intent, phase: 'failover' }, choice.evidence)
    },
  },
  {
    id: 'new.paused',
    why: 'an operator paused the group: it is watched and nothing else',
    gives: 'hold',
    when: (s) => s.spec.pause !== null && s.spec.pause.until > s.wall,
    then: () => hold(say('new.paused')),
  },
  {
    id: 'new.waiting',
    why: 'unknown is not down: every node gets the time to answer first',
    gives: 'wait',
    when: (s) => waiting(s).length > 0,
    then: (s) => wait(say('new.waiting', { nodes: names(waiting(s)) })),
  },
  {
    id: 'new.unreachable',
    why: 'a node that does not answer might hold the newest data, so a new group is adopted only when everybody is heard',
    gives: 'hold',
    when: (s) => all(s).some((node) => !answers(node)),
    then: (s) => hold(say('new.unreachable', { missing: whyMissing(s), group: s.spec.id, node: 'NODE' })),
  },
  {
    id: 'new.foreign',
    why: "a node with another group's mark holds that group's data; following would wipe it",
    gives: 'hold',
    when: (s) => foreign(s).length > 0,
    then: (s) =>
      hold(say('new.foreign', { nodes: names(foreign(s)), marks: marks(s), group: s.spec.id, node: ledBy(s)?.spec.id ?? 'NODE' }), {
        marks: marks(s),
      }),
  },
  {
    id: 'new.adopt',
    why: 'one primary that every other node follows is a working group: take it as it is',
    gives: 'save -> steady',
    when: (s) => ledBy(s) !== null,
    then: (s) => adopt(s, ledBy(s)),
  },
  {
    id: 'new.form',
    why: 'fresh nodes, at most one with data: make it the primary, the others have nothing to lose',
    gives: 'save -> steady',
    when: (s) => firstOfFresh(s) !== null,
    then: (s) => adopt(s, firstOfFresh(s)),
  },
  {
    id: 'new.histories',
    why: 'two nodes with data of their own: joining them would wipe one',
    gives: 'hold',
    when: (s) => primaries(s).length > 1,
    then: (s) => hold(say('new.histories', { nodes: names(primaries(s)), group: s.spec.id, node: 'NODE' })),
  },
  {
    id: 'new.noPrimary',
    why: 'nobody is primary and nothing is recorded: only a person knows who was',
    gives: 'hold',
    when: () => true,
    then: (s) => hold(say('new.noPrimary', { group: s.spec.id, node: 'NODE' })),
  },
]

function adopt(s: Situation, primary: Answering | null): ReturnType<typeof hold> {
  if (primary === null) return hold(say('new.nobody'))
  const { id } = primary.spec
  return save(say('new.adopt', { primary: id }), adopted(s, id, primary.reading, newestEpoch(s) + 1), {
    primary: id,
    keys: primary.reading.keys,
  })
}
