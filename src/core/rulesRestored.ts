// A group whose record was read from a copy of the store: what it says may be long past, so everybody is asked before anything is done.
import { doubtsAll, failover, newestEpoch, outdated, readopted } from './draft.ts'
import { type Election, electByOrder, electRestored } from './elect.ts'
import { seenBeyond, showsWhatWasKnown } from './holdings.ts'
import { bearsItsEnd, bearsLater } from './laterEpoch.ts'
import { nowhere } from './limits.ts'
import { together } from './loss.ts'
import { type FailoverCause, type GroupRecord, type Reading, isMoving, latestEpoch } from './model.ts'
import { sameAddress } from './address.ts'
import { type NodeView, answers, freshSince } from './observe.ts'
import { type Answering, orderOf } from './order.ts'
import { type Case, type Decision, type Rule, hold, save, wait } from './rule.ts'
import { all, foreign, ledBy, names, waiting, whyMissing } from './rulesNew.ts'
import { type Said, say } from './said.ts'
import { type Situation, empty, paused } from './situation.ts'

const choice = (s: Situation) => ({ group: s.spec.id, node: 'NODE' })

/** Nodes that were told to follow somebody whom the restored spec does not know. */
function strayed(s: Situation): NodeView[] {
  return all(s).filter((node) => {
    const upstream = node.reading?.upstream ?? null
    return upstream !== null && !sameAddress(upstream, nowhere) && !all(s).some((other) => sameAddress(other.spec, upstream))
  })
}

/** Of these, those that really have a living stranger before them. */
function led(s: Situation): NodeView[] {
  return strayed(s).filter((node) => node.reading?.upstream?.linkUp === true || node.reading?.upstream?.syncing === true)
}

/** The one primary that every other node follows, when nobody holds what it lacks. */
function leader(c: Case): Answering | null {
  const primary = ledBy(c.s)
  if (primary === null || (c.record.hasData && empty(primary))) return null
  const lacksNothing = all(c.s).every(
    (node) => node === primary || !answers(node) || empty(node) || ['behind', 'equal'].includes(orderOf(c.s, node, primary)),
  )
  return lacksNothing ? primary : null
}

/** For as long as it stays as it is, nothing is decided. */
function isHeld(c: Case): boolean {
  if (waiting(c.s).length > 0) return false
  if (paused(c.s) || !all(c.s).every(answers) || foreign(c.s).length > 0 || led(c.s).length > 0) return true
  return leader(c) === null && electRestored(c.s, c.record).kind === 'hold'
}

/** Somebody bears what the record does not speak of. */
function isBeyond({ s, record }: Case): boolean {
  return newestEpoch(s) > record.epoch || seenBeyond(s, record) !== null
}

function decided(c: Case, election: Election, cause: FailoverCause): Decision {
  const why = election.said
  if (election.kind === 'wait') return { rule: election.rule, step: wait(say('restored.elect', { why }), election.evidence) }
  if (election.kind === 'hold') return { rule: election.rule, step: hold(say('restored.elect', { why }), election.evidence) }
  const draft = failover(c.s, c.record, election, cause)
  const unknown = c.s.nodes.size > 1 && doubtsAll(c.s, c.record, election.node, election.reading)
  const said = say('restored.promote', { node: election.node, why, risk: election.risk, unknown })
  return { rule: election.rule, step: save(said, { ...draft, floor: floorAt(election) }, election.evidence) }
}

function whom(nodes: readonly NodeView[], verb: 'follows' | 'followed'): Said[] {
  return nodes.map(({ spec, reading }) =>
    say(`restored.${verb}`, { node: spec.id, address: `${reading?.upstream?.host}:${reading?.upstream?.port}` }),
  )
}

/** A stranger that is gone may have been the primary of today. */
function withStrangers(s: Situation, election: Election): Election {
  const lost = strayed(s)
  if (election.kind !== 'candidate' || lost.length === 0) return election
  const strangers = say('restored.strangers', { who: whom(lost, 'followed') })
  return { ...election, risk: together([election.risk, strangers]) }
}

/** Until it is primary nobody who holds less may take its place. */
function floorAt({ reading }: Extract<Election, { kind: 'candidate' }>): GroupRecord['floor'] {
  const { position, mark } = reading
  return position.kind === 'stream' ? { replid: position.replid, offset: position.offset, markSeq: mark?.seq ?? 0 } : null
}

/**
 * A primary of a later epoch than the record's. The recorded process too: it was replaced since and chosen again, and which epochs were given
 * meanwhile only its mark tells, which ours would replace; that it is no primary any more shows that it was replaced. Of the others, what bears such
 * a mark and is no primary may be a leftover: `node.newer`.
 * Or, while a change of primary is under way, whoever bears its epoch, and the candidate when it bears a later one: marks of it are written only when
 * it is over, so it was, after the copy was made.
 */
function successor(c: Case): (NodeView & { readonly reading: Reading }) | null {
  const { s, record } = c
  for (const node of all(s)) {
    if (!freshSince(node, s.memory.loadedAt)) continue
    const leads = node.reading.role === 'primary' || node.spec.id === record.primary
    if ((leads && bearsLater(s, record, node)) || bearsItsEnd(s, record, node)) return node
  }
  return null
}

/** An old copy of the store that nobody told us of: it is found out by the epochs that only a later record can have given. */
export const outdatedRule: Rule<Case> = {
  id: 'steady.outdated',
  why: 'a primary of a later epoch than the record, or the epoch of a change that is under way on any node, or a later one on its candidate: the record is an old copy, and who it names was replaced since',
  gives: 'save -> restored',
  // A pause does not stop what is under way, so it does not hide either that it was over long ago.
  when: (c) => (isMoving(c.record) || !paused(c.s)) && successor(c) !== null,
  then: (c) => {
    const node = successor(c)
    if (node === null) return hold(say('new.nobody'))
    const epoch = node.reading.mark === null ? 0 : latestEpoch(node.reading.mark)
    const { epoch: recorded, primary } = c.record
    const { id } = node.spec
    const said =
      epoch === recorded
        ? say('record.outdatedMove', { node: id, epoch, primary })
        : say('record.outdated', { node: id, epoch, recorded, primary })
    return save(said, outdated(c.s, c.record), {
      node: id,
      epoch,
      recorded,
    })
  },
}

export const restoredRules: readonly Rule<Case>[] = [
  {
    id: 'restored.order',
    why: 'an operator named who is primary; a person may decide what nodes that do not answer leave open',
    gives: 'save -> failover',
    when: (c) => c.s.memory.order?.name === 'failover',
    then: (c) => decided(c, electByOrder(c.s, c.s.memory.order?.to ?? null), 'operator'),
  },
  {
    id: 'restored.seen',
    why: 'it cannot be verified now, and a node bears what the copy does not speak of: whoever goes on later, or after a restart of that node, must know of it',
    gives: 'save -> restored',
    when: (c) => isBeyond(c) && isHeld(c),
    then: (c) => {
      const record = outdated(c.s, c.record)
      return save(say('restored.seen', { epoch: record.epoch }), record, { epoch: record.epoch, recorded: c.record.epoch })
    },
  },
  {
    id: 'restored.paused',
    why: 'an operator paused the group: it is watched and nothing else',
    gives: 'hold',
    when: (c) => paused(c.s),
    then: () => hold(say('restored.paused')),
  },
  {
    id: 'restored.waiting',
    why: 'unknown is not down: every node gets the time to answer first',
    gives: 'wait',
    when: (c) => waiting(c.s).length > 0,
    then: (c) => wait(say('restored.waiting', { nodes: names(waiting(c.s)) })),
  },
  {
    id: 'restored.unreachable',
    why: 'a node that does not answer may have become primary since the backup was made, and hold the newest data',
    gives: 'hold',
    when: (c) => all(c.s).some((node) => !answers(node)),
    then: (c) => hold(say('restored.unreachable', { missing: whyMissing(c.s), ...choice(c.s) })),
  },
  {
    id: 'restored.foreign',
    why: "a node with another group's mark holds that group's data; following would wipe it",
    gives: 'hold',
    when: (c) => foreign(c.s).length > 0,
    then: (c) => hold(say('restored.foreign', { nodes: names(foreign(c.s)) })),
  },
  {
    id: 'restored.stranger',
    why: 'a node is linked to somebody whom the restored spec does not know: that may be the primary of today, added after the backup',
    gives: 'hold',
    when: (c) => led(c.s).length > 0,
    then: (c) => hold(say('restored.stranger', { who: whom(led(c.s), 'follows'), ...choice(c.s) })),
  },
  {
    id: 'restored.adopt',
    why: 'everybody answers, and all follow one primary who lacks nothing: it is the primary of today, whatever the backup says',
    gives: 'save -> steady',
    when: (c) => leader(c) !== null,
    then: (c) => {
      const primary = leader(c)
      if (primary === null) return hold(say('new.nobody'))
      const { id } = primary.spec
      const before = id === c.record.primary ? null : c.record.primary
      const risk = showsWhatWasKnown(c.s, c.record, primary) ? null : say('loss.incomplete', { primary: c.record.primary })
      const record = readopted(c.s, c.record, id, primary.reading)
      const unknown = c.s.nodes.size > 1 && doubtsAll(c.s, c.record, id, primary.reading)
      return save(say('restored.adopt', { primary: id, before, risk, unknown }), record, { primary: id, backup: c.record.primary })
    },
  },
  {
    id: 'restored.elect',
    why: 'everybody answers and nobody leads: the best of them all, whoever was in sync when the backup was made',
    gives: 'save -> failover, or hold',
    when: () => true,
    then: (c) => decided(c, withStrangers(c.s, electRestored(c.s, c.record)), 'no primary'),
  },
]
