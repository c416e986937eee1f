// A group whose record was read from a copy of the store: what it says may be long past, so everybody is asked before anything is done.
import { failover, readopted } from './draft.ts'
import { type Election, electByOrder, electRestored } from './elect.ts'
import { nowhere } from './limits.ts'
import type { FailoverCause, GroupRecord } from './model.ts'
import { type NodeView, answers, sameAddress } from './observe.ts'
import { type Answering, orderOf } from './order.ts'
import { type Case, type Decision, type Rule, hold, riskOf, save, wait } from './rule.ts'
import { all, foreign, ledBy, names, waiting, whyMissing } from './rulesNew.ts'
import { type Situation, empty, paused } from './situation.ts'

const wayOut = (s: Situation): string => `choose the primary: \`regroup failover ${s.spec.id} --accept-loss --to NODE\``

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

function decided(c: Case, election: Election, cause: FailoverCause): Decision {
  const lead = 'the record is that of a backup'
  if (election.kind === 'wait') return { rule: election.rule, step: wait(`${lead}; ${election.sentence}`, election.evidence) }
  if (election.kind === 'hold') return { rule: election.rule, step: hold(`${lead}; ${election.sentence}`, election.evidence) }
  const draft = failover(c.s, c.record, election, cause)
  const sentence = `${lead}; promote ${election.node}: ${election.sentence}${riskOf(election.loss)}`
  return { rule: election.rule, step: save(sentence, { ...draft, floor: floorAt(election) }, election.evidence) }
}

function whom(nodes: readonly NodeView[], verb: string): string {
  return nodes.map((node) => `${node.spec.id} ${verb} ${node.reading?.upstream?.host}:${node.reading?.upstream?.port}`).join(', ')
}

/** A stranger that is gone may have been the primary of today. */
function withStrangers(s: Situation, election: Election): Election {
  const lost = strayed(s)
  if (election.kind !== 'candidate' || lost.length === 0) return election
  const risk = `${whom(lost, 'followed')}, which this group does not know and which may hold more`
  return { ...election, loss: election.loss === null ? risk : `${election.loss}; ${risk}` }
}

/** Until it is primary nobody who holds less may take its place. */
function floorAt({ reading }: Extract<Election, { kind: 'candidate' }>): GroupRecord['floor'] {
  const { position, mark } = reading
  return position.kind === 'stream' ? { replid: position.replid, offset: position.offset, markSeq: mark?.seq ?? 0 } : null
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
    id: 'restored.paused',
    why: 'an operator paused the group: it is watched and nothing else',
    gives: 'hold',
    when: (c) => paused(c.s),
    then: () => hold('paused by an operator; its record is that of a backup and was not verified yet'),
  },
  {
    id: 'restored.waiting',
    why: 'unknown is not down: every node gets the time to answer first',
    gives: 'wait',
    when: (c) => waiting(c.s).length > 0,
    then: (c) => wait(`the record is that of a backup; waits to hear from ${names(waiting(c.s))}`),
  },
  {
    id: 'restored.unreachable',
    why: 'a node that does not answer may have become primary since the backup was made, and hold the newest data',
    gives: 'hold',
    when: (c) => all(c.s).some((node) => !answers(node)),
    then: (c) =>
      hold(
        `the record is that of a backup, so it is verified when every node answers; missing: ${whyMissing(c.s)}. Start them, remove them, or ${wayOut(c.s)}`,
      ),
  },
  {
    id: 'restored.foreign',
    why: "a node with another group's mark holds that group's data; following would wipe it",
    gives: 'hold',
    when: (c) => foreign(c.s).length > 0,
    then: (c) =>
      hold(
        `the record is that of a backup, and ${names(foreign(c.s))} bears the mark of another group or installation: it went elsewhere since. Remove it from this group, or add it with --overwrite when its data may go`,
      ),
  },
  {
    id: 'restored.stranger',
    why: 'a node is linked to somebody whom the restored spec does not know: that may be the primary of today, added after the backup',
    gives: 'hold',
    when: (c) => led(c.s).length > 0,
    then: (c) =>
      hold(
        `the record is that of a backup, and ${whom(led(c.s), 'follows')}, which is no node of this group. Add that node, or ${wayOut(c.s)}`,
      ),
  },
  {
    id: 'restored.adopt',
    why: 'everybody answers, and all follow one primary who lacks nothing: it is the primary of today, whatever the backup says',
    gives: 'save -> steady',
    when: (c) => leader(c) !== null,
    then: (c) => {
      const primary = leader(c)
      if (primary === null) return hold('nobody to adopt')
      const { id } = primary.spec
      const was = id === c.record.primary ? '' : `, where the backup has ${c.record.primary}`
      return save(`verified after a restore: every node answers and follows ${id}${was}`, readopted(c.s, c.record, id, primary.reading), {
        primary: id,
        backup: c.record.primary,
      })
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
