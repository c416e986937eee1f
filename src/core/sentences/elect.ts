// Who may become primary, or for whom the group waits, and what a promotion may lose.
import { quote } from '../situation.ts'

interface OfNode {
  readonly node: string
}
interface OfNodes {
  readonly nodes: readonly string[]
}

export const electSentences = {
  'elect.asking': (v: OfNodes) => `asks ${quote(v.nodes)} again before it elects`,
  'elect.better': (v: OfNode & { readonly better: string; readonly ms: number }) =>
    `${v.better} was seen ahead of ${v.node}: waits for it for ${v.ms} ms`,
  'elect.inSync': (v: OfNode) => `${v.node} was in sync and no node that answers is ahead of it`,
  'elect.inSyncBehind': (v: OfNode) => `${v.node} was in sync`,
  'elect.ahead': (v: OfNode & { readonly best: string }) => `${v.best} was in sync, and ${v.node} answers and holds even more`,
  'elect.diverged': (v: OfNode & { readonly rival: string; readonly group: string }) =>
    `${v.node} and ${v.rival} each hold writes that the other lacks. A person must choose whose are kept: ` +
    `\`regroup failover ${v.group} --accept-loss --to NODE\``,
  'elect.members': (v: OfNodes & { readonly primary: string; readonly ms: number }) =>
    `${v.primary} is back with its data; waits ${v.ms} ms for ${quote(v.nodes)}, which may hold more`,
  'elect.returned': (v: { readonly primary: string }) =>
    `${v.primary} is the recorded primary, is back with its data, and nothing newer is known`,
  'elect.allEmpty': (v: { readonly group: string }) =>
    `every node is here and empty, but the group had data. Restore a backup onto one of them, or start with nothing: \`regroup failover ${v.group} --accept-loss\``,
  'elect.barred': (v: { readonly why: readonly string[]; readonly group: string }) =>
    `every node is here, and none that holds data may be promoted: ${v.why.join('; ')}. Change that, or promote one as it is: \`regroup failover ${v.group} --accept-loss --to NODE\``,
  'elect.rollCall': (v: OfNode) => `every node of the group is here and ${v.node} holds the most`,
  'elect.nobodyHere': (v: OfNodes & { readonly why: readonly string[] }) =>
    `nobody can be promoted: ${v.why.join('; ')}; waits for ${quote(v.nodes)}`,
  'elect.nobody': (v: OfNodes & { readonly why: readonly string[]; readonly primary: string; readonly group: string }) =>
    `no node that answers is known to hold everything ${v.primary} acknowledged: ${v.why.join('; ')}; waits for ${quote(v.nodes)}. ` +
    `\`regroup failover ${v.group} --accept-loss\` promotes the best that is here`,
  'elect.noneByOrder': () =>
    'no node that may be promoted answers (priority 0, nodes in maintenance and half copied ones are promoted only by name)',
  'elect.namedAbsent': (v: OfNode) => `${v.node} does not answer, is loading or holds another group's data`,
  'elect.orderEmpty': (v: OfNode & { readonly fuller: string }) =>
    `${v.node} is empty while ${v.fuller} holds data: promoting it would wipe the group`,
  'elect.orderBest': (v: OfNode) => `an operator accepts the loss; ${v.node} holds the most of those that answer`,
  'elect.orderNamed': (v: OfNode) => `an operator accepts the loss; ${v.node} was named`,
  'whyNot.down': (v: OfNode) => `${v.node} is down`,
  'whyNot.mute': (v: OfNode) => `${v.node} does not answer`,
  'whyNot.foreign': (v: OfNode) => `${v.node} holds data that is not known as this group's`,
  'whyNot.loading': (v: OfNode) => `${v.node} is loading its data`,
  'whyNot.refuses': (v: OfNode) => `${v.node} refuses to be promoted`,
  'whyNot.asked': (v: OfNode) => `${v.node} is being asked again`,
  'whyNot.partial': (v: OfNode) => `${v.node} holds only a part of a copy`,
  'whyNot.priority': (v: OfNode) => `${v.node} has priority 0`,
  'whyNot.maintenance': (v: OfNode & { readonly group: string }) =>
    `${v.node} is in maintenance (\`regroup maintain ${v.group}/${v.node} --end\` ends it)`,
  'whyNot.empty': (v: OfNode) => `${v.node} is empty`,
  'whyNot.notInSync': (v: OfNode) => `${v.node} was not in sync`,
  'whyNot.restarted': (v: OfNode) => `${v.node} was restarted or lost its link since it was in sync`,
  'whyNot.snapshot': (v: OfNode) => `${v.node} came back from a snapshot and may lack what it acknowledged after that`,
  'whyNot.less': (v: OfNode) => `${v.node} came back with less than it had acknowledged, as far as is known`,
  'elect.splitRisk': (v: OfNodes & { readonly primary: string; readonly group: string }) =>
    `${v.primary} is silent and may still run${v.nodes.length > 0 ? ` together with ${quote(v.nodes)}` : ''}: promoting another node could make two primaries. ` +
    `Waits for a sign of them; \`regroup failover ${v.group} --accept-loss\` decides otherwise, policy acceptSplitRisk sets it for good`,
  'elect.unwatchedBack': (v: { readonly primary: string; readonly group: string }) =>
    `nobody watched ${v.primary} stop, so it may hold writes that no replica has. It is back and not known to hold them; ` +
    `\`regroup failover ${v.group} --accept-loss\` promotes the best replica`,
  'elect.unwatched': (v: { readonly primary: string; readonly group: string }) =>
    `nobody watched ${v.primary} stop, so it may hold writes that no replica has. Waits for ${v.primary} to come back; ` +
    `if it never will, \`regroup failover ${v.group} --accept-loss\` promotes the best replica`,
  'loss.all': (v: { readonly losses: readonly string[] }) => v.losses.join('; '),
  'loss.down': (v: OfNode) => `${v.node} is down`,
  'loss.noFile': (v: OfNode) => `${v.node} cannot write its file`,
  'loss.back': (v: { readonly why: readonly string[]; readonly primary: string }) =>
    `${v.why.join(', ')}; should it start where only ${v.primary} can be reached, ${v.primary} may accept writes again`,
  'loss.ownFile': (v: OfNode & { readonly primary: string }) =>
    `${v.node} cannot write its file; should it start where only ${v.primary} can be reached, it follows ${v.primary} again: ` +
    `what ${v.node} took is lost, and ${v.primary} may accept writes again`,
  'loss.clinging': (v: { readonly primary: string }) =>
    `${v.primary} may still accept writes from clients that cling to it; they would be lost`,
  'loss.silentBefore': (v: { readonly primary: string }) =>
    `${v.primary} did not answer for some time before it was lost: it may have accepted writes that no replica has`,
  'loss.unwatched': (v: { readonly primary: string }) =>
    `nobody watched ${v.primary} stop: it may have accepted writes that no replica has`,
  'loss.better': (v: OfNode) => `${v.node} was seen to hold more and did not come back`,
  'loss.open': (v: { readonly primary: string }) => `${v.primary} restarted open and may have taken writes since`,
  'loss.absent': (v: OfNodes) => `${quote(v.nodes)} did not come back in time and may hold more`,
  'loss.incomplete': (v: { readonly primary: string }) => `no node is known to hold everything that ${v.primary} had acknowledged`,
  'loss.partial': (v: OfNode) => `${v.node} holds only a part of a copy; the rest is lost`,
  'loss.discarded': (v: OfNodes & { readonly node: string }) => `what ${quote(v.nodes)} holds beyond ${v.node} is discarded`,
  'loss.heldBack': (v: OfNodes) => `${quote(v.nodes)} holds more but must not be promoted (priority 0, maintenance, or a part of a copy)`,
  'loss.refuses': (v: OfNodes) => `${quote(v.nodes)} holds more but refuses to be promoted`,
  'loss.blind': (v: OfNodes & { readonly node: string }) =>
    `the positions of ${v.node} and ${quote(v.nodes)} cannot be compared, their marks only to about a second`,
  'loss.short': (v: OfNode & { readonly primary: string; readonly bytes: number }) =>
    `${v.primary} was read ${v.bytes} bytes further than ${v.node} is now: that, and what it took afterwards, is lost`,
  'loss.shortItself': (v: { readonly primary: string; readonly bytes: number }) =>
    `${v.primary} was read ${v.bytes} bytes further than it is now: that, and what it took afterwards, is lost`,
  'loss.takenUnseen': (v: { readonly primary: string }) => `nobody watched ${v.primary} until it stopped: what it took last may be lost`,
}
