// What is shown of a group besides its decisions: what a person should mend, and why a node is not simply up.
import { quote } from '../situation.ts'

interface OfNode {
  readonly node: string
}

interface Move {
  readonly from: string
  readonly to: string
}
interface Times {
  readonly opened: number
  readonly attached: number
}

export const statusSentences = {
  'recovery.copying': () => 'full copy under way',
  'recovery.acknowledges': () => "waits for an acknowledgement past the primary's offset",
  'passage.failover': (v: Move & Times) =>
    `the failover from ${v.from} to ${v.to} is done: open to writes after ${v.opened} ms, all others that answer follow after ${v.attached} ms`,
  'passage.switchover': (v: Move & Times) =>
    `the switchover from ${v.from} to ${v.to} is done: open to writes after ${v.opened} ms, all others that answer follow after ${v.attached} ms`,
  'passage.returned': (v: { readonly primary: string } & Times) =>
    `${v.primary} is primary again: open to writes after ${v.opened} ms, all others that answer follow after ${v.attached} ms`,
  'passage.failoverGivenUp': (v: Move) => `the failover from ${v.from} to ${v.to} ended before it was done`,
  'passage.switchoverGivenUp': (v: Move) => `the switchover from ${v.from} to ${v.to} was given up: ${v.from} stays primary`,
  'status.reads': () => 'reads the record',
  'status.unstored': (v: { readonly what: string; readonly message: string }) =>
    `${v.what}; not done, since it cannot be stored (${v.message})`,
  'warning.notInFile': (v: OfNode & { readonly message: string }) =>
    `${v.node} runs with a role that is not in its file (${v.message}): start it with a writable config file, or a restart brings back its old role`,
  'warning.noneInSync': (v: { readonly primary: string }) =>
    `no replica is in sync: if ${v.primary} dies now, nobody can be promoted without loss`,
  'warning.maintenancePrimary': (v: { readonly primary: string; readonly why: string }) =>
    `${v.primary} is in maintenance and still primary: ${v.why}`,
  'warning.unstored': (v: { readonly message: string }) =>
    `decisions cannot be stored, so none is carried out: ${v.message}. Make the store writable; regroup goes on by itself`,
  'warning.uncovered': (v: { readonly nodes: readonly string[]; readonly primary: string }) =>
    `${quote(v.nodes)} in maintenance: if ${v.primary} dies now, nobody takes over until \`regroup maintain NODE --end\``,
  'warning.flapping': (v: { readonly failovers: number }) =>
    `${v.failovers} forced failovers lately: silence must last longer before the next`,
  'warning.empty': (v: { readonly primary: string }) => `${v.primary} is empty although the group held data`,
  'problem.answered': (v: { readonly error: string; readonly message: string }) => `${v.error}: ${v.message}`,
  'problem.refused': () => 'nothing listens at its address',
  'problem.silent': () => 'no answer',
  'problem.notInFile': (v: { readonly message: string }) => `its role is not in its file: ${v.message}`,
  'problem.trouble': (v: { readonly action: string; readonly error: string; readonly message: string }) =>
    `${v.action} refused: ${v.error} ${v.message}`,
  'problem.loading': () => 'loading its data',
  'problem.foreign': () => "holds data that is not this group's",
  /** Words of somebody else, as they came. */
  text: (v: { readonly text: string }) => v.text,
}
