// What an operator is told of a command: what it would do, step by step, or why it cannot be done.
export const commandSentences = {
  'command.reading': () => 'the record is being read; try again',
  'command.open': () => 'another order is just being stored; look at what came of it, then try again',
  'command.unstored': (v: { readonly message: string }) => `this was not stored, and nothing was begun: ${v.message}`,
  'command.storeHangs': (v: { readonly seconds: number }) =>
    `the store has taken nothing for ${v.seconds} s, so nothing was begun; look at its disk, then try again`,
  'command.unsure': (v: { readonly seconds: number }) =>
    `the store has not said within ${v.seconds} s whether this is stored; if it is, it is carried out: look at \`regroup status\` and at the disk of the store`,
  'command.noGroup': () => 'the group was removed, or changed into another kind, before this was begun',
  'command.noNode': (v: { readonly group: string; readonly node: string; readonly nodes: readonly string[] }) =>
    `group ${v.group} has no node ${v.node}; it has ${v.nodes.join(', ')}`,
  'command.noPrimary': () => 'the group has no recorded primary yet; `regroup explain` says what it waits for',
  'command.switchover': (v: { readonly from: string; readonly to: string }) =>
    `switch over from ${v.from} to ${v.to}; writes pause for a moment, nothing is lost`,
  'step.writesWait': (v: { readonly from: string; readonly to: string; readonly ms: number }) =>
    `writes to ${v.from} wait until ${v.to} has everything; after ${v.ms} ms it is given up and ${v.from} stays`,
  'step.becomesReplica': (v: { readonly from: string; readonly to: string }) => `${v.from} becomes a replica of ${v.to}`,
  'step.othersClosed': () => 'every other node that answers is closed to writes',
  'step.promoted': (v: { readonly to: string; readonly epoch: number }) =>
    `${v.to} is promoted at epoch ${v.epoch}, takes writes, and clients are told`,
  'step.follow': (v: { readonly nodes: readonly string[]; readonly to: string }) =>
    `${v.nodes.join(', ')} ${v.nodes.length === 1 ? 'follows' : 'follow'} ${v.to}`,
}
