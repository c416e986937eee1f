// The boot fence of a primary: what its file says of its role, and what the record says of that.
import { amended, rerooted } from './draft.ts'
import { refuses } from './observe.ts'
import { type Case, type Rule, act, save } from './rule.ts'
import { say } from './said.ts'

export const fencedRule: Rule<Case> = {
  id: 'steady.fenced',
  why: 'the file of the primary says "replica of nowhere" now; its history has a new name since',
  gives: 'save -> steady',
  when: (c) => !c.record.fenced && c.primary.persisted?.as === 'nowhere',
  then: (c) => {
    const lineage = c.primary.reading === null ? c.record.lineage : rerooted(c.s, c.record, c.primary.reading)
    return save(say('steady.fenced', { primary: c.primary.spec.id }), amended(c.s, c.record, { fenced: true, lineage }))
  },
}

/** Before anything about the primary: whoever elects must know that it may come back open. */
export const unfencedRule: Rule<Case> = {
  id: 'steady.unfenced',
  why: 'the primary refused to be made a replica of nowhere, and its role was written over the boot fence: it would come back open',
  gives: 'save -> steady',
  when: (c) => c.record.fenced && c.primary.persisted?.as === 'primary',
  then: (c) => save(say('steady.unfenced', { primary: c.primary.spec.id }), amended(c.s, c.record, { fenced: false })),
}

export const bootFenceRules: readonly Rule<Case>[] = [
  {
    id: 'steady.tryFile',
    why: 'the boot fence costs the replicas their links; a file that could not be written is tried alone first',
    gives: 'act persist',
    when: (c) =>
      fenceWanted(c) &&
      c.primary.persistProblem !== null &&
      !refuses(c.primary, 'bootFence', c.s.now) &&
      !refuses(c.primary, 'persist', c.s.now),
    then: (c) => act(say('steady.tryFile', { primary: c.primary.spec.id }), [{ node: c.primary.spec.id, action: { name: 'persist' } }]),
  },
  {
    id: 'steady.bootFence',
    why: 'a primary whose file says "primary" comes back writable and alone after any restart; its file shall say "replica of nowhere"',
    gives: 'act bootFence',
    when: (c) => fenceWanted(c) && c.primary.persistProblem === null && !refuses(c.primary, 'bootFence', c.s.now),
    then: (c) => act(say('steady.bootFence', { primary: c.primary.spec.id }), [{ node: c.primary.spec.id, action: { name: 'bootFence' } }]),
  },
]

/** The primary's file does not say "replica of nowhere" yet, and it should. */
function fenceWanted(c: Case): boolean {
  return c.s.policy.bootFence && c.s.can.canBootFenceRunning && !c.record.fenced
}
