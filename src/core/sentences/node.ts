// What is said of one node under the saved record: what it is told, or why it is not.
import { quote } from '../situation.ts'

interface OfNode {
  readonly node: string
}
interface Follower extends OfNode {
  readonly primary: string
}
/** A node that bears a later epoch than the record. */
interface Later {
  readonly epoch: number | null
  readonly recorded: number
}
/** What is said of the node that such a one follows. */
interface Feeder extends OfNode, Later {
  readonly later: string
  readonly group: string
}

/** Who holds more than the living primary follows nobody until a person chose. */
function choice(v: OfNode & { readonly group: string }): string {
  return `Choose: \`regroup failover ${v.group} --accept-loss --to ${v.node}\`, or \`overwrite: true\` of ${v.node} in the spec when what it holds may go`
}

export const nodeSentences = {
  'node.cutOlder': (v: OfNode) => `ends what earlier controllers may have left for ${v.node}`,
  'node.fenceReturned': (v: OfNode) => `${v.node} restarted open: fenced until it is known what it holds`,
  'node.primary': (v: OfNode) => `${v.node} is the recorded primary`,
  'node.queueDemotion': (v: OfNode) => `a demotion waits for ${v.node} to wake`,
  'node.down': (v: OfNode) => `${v.node} is down`,
  'node.mute': (v: OfNode) => `${v.node} does not answer`,
  'node.newerLed': (v: OfNode & Later & { readonly upstream: string }) =>
    `${v.node} is detached from ${v.upstream}: it bears epoch ${v.epoch}, the record only ${v.recorded}, and what ${v.upstream} is given would wipe it`,
  'node.feedsNewer': (v: Feeder) => `${v.node} follows nobody before ${v.later} is detached from it: that one bears a later epoch`,
  'node.feedsNewerSilent': (v: Feeder) =>
    `${v.node} follows nobody: its replica ${v.later} does not answer and bears epoch ${v.epoch}, the record only ${v.recorded}; it would be copied over as soon as it is back. Start ${v.later}, or give up what it holds: \`regroup node remove ${v.group} ${v.later}\``,
  'node.newer': (v: OfNode & Later & { readonly group: string }) =>
    `${v.node} bears epoch ${v.epoch}, the record only ${v.recorded}: it may hold newer data. Choose: \`regroup failover ${v.group} --accept-loss --to NODE\``,
  'node.foreign': (v: OfNode & { readonly group: string }) =>
    `${v.node} holds data of its own that is not this group's. Empty it, or \`regroup node remove ${v.group} ${v.node}\` and add it again with --overwrite`,
  'node.foreignOpen': (v: OfNode & { readonly group: string }) =>
    `${v.node} takes writes and holds data of its own that is not this group's: what clients of ${v.group} still write there is lost to it. It may be somebody else's server, so it is not closed. If it is none, stop it and empty it, or \`regroup node remove ${v.group} ${v.node}\` and add it again with --overwrite`,
  'node.fenceMeanwhile': (v: Follower) => `${v.node} is not the recorded primary: closed until it may follow ${v.primary}`,
  'node.fence': (v: OfNode) => `${v.node} is not the recorded primary: fenced`,
  'node.madePrimary': (v: OfNode) => `${v.node} was made a primary by somebody else; waits a moment for the other one to follow it`,
  'node.ledAway': (v: OfNode) => `${v.node} was led to another node by somebody else; waits a moment for what comes next`,
  'node.still': (v: OfNode) => `${v.node} is closed and detached, to see what it holds`,
  'node.ring': (v: OfNode) =>
    `${v.node} is closed and follows nobody: it and its replicas follow each other, and none of them can be led away`,
  'node.awaitsCopy': (v: Follower) =>
    `${v.node} is detached from ${v.primary}, which is gone, or cannot be read, before it was copied: what comes back there may hold nothing, and would be copied over it`,
  'node.outlives': (v: Follower) =>
    `${v.node} is detached from ${v.primary}, which came back as a replica of another and holds less: that would be copied over it`,
  'node.mend': (v: Follower & { readonly why: string }) => `${v.node} is detached from ${v.primary}: ${v.why}`,
  'node.stillAgain': (v: OfNode) => `${v.node} is asked again to be closed and detached`,
  'node.mayFollow': (v: OfNode) => `${v.node} may follow`,
  'node.unrecorded': (v: Follower) => `${v.node} is to be copied anew from ${v.primary}: told as soon as that is in the record`,
  'node.fed': (v: Follower) => `${v.node} stays closed and follows ${v.primary} when its own replicas have left it`,
  'node.demote': (v: Follower) => `${v.node} becomes a replica of ${v.primary}`,
  'node.demoteCopy': (v: Follower) => `${v.node} becomes a replica of ${v.primary}, by a full copy`,
  'node.follow': (v: Follower) => `${v.node} follows ${v.primary}`,
  'node.followCopy': (v: Follower) => `${v.node} follows ${v.primary}, by a full copy`,
  'node.discarding': (v: { readonly what: string; readonly discards: string }) => `${v.what}; discards ${v.discards}`,
  'discards.part': () => 'a part of a copy',
  'discards.log': (v: { readonly bytes: number }) => `${v.bytes} bytes of its log`,
  'discards.stream': (v: { readonly bytes: number }) => `${v.bytes} bytes of its stream`,
  'discards.unknown': () => 'an unknown amount: its position cannot be compared',
  'discards.untold': () => 'whatever only it holds: nothing tells what that is',
  'discards.crashed': () => 'writes that its own log may not know: it crashed as the primary',
  'node.persist': (v: OfNode) => `${v.node} keeps its role in its file`,
  'node.persistCut': (v: OfNode) => `${v.node} keeps its role in its file; its clients are cut`,
  'node.settled': (v: OfNode) => `${v.node} is settled`,
  'link.gaveUp': () => 'its position does not fit, and it has given up',
  'link.otherId': () => 'it has another replication id, and is not let in',
  'link.copyOpen': () => 'its copy did not end, although its link is up',
  'link.unanswered': (v: { readonly seconds: number }) => `it has waited for more than ${v.seconds} s for its primary's answer`,
  'link.stuck': (v: { readonly seconds: number }) => `its link has been down for more than ${v.seconds} s while the primary lives`,
  'rejoin.answer': (v: { readonly nodes: readonly string[] }) => `waits for an answer of ${quote(v.nodes)}`,
  'rejoin.mark': (v: { readonly primary: string; readonly epoch: number | null }) =>
    `waits until ${v.primary} bears the mark of epoch ${v.epoch}`,
  'rejoin.lesser': (v: Follower & { readonly group: string }) => `${v.primary} holds less than ${v.node}. ${choice(v)}`,
  'rejoin.part': (v: Follower & { readonly group: string }) =>
    `${v.primary} holds only a part of a copy, and ${v.node} may hold what it lacks. ${choice(v)}`,
  'rejoin.left': (v: Follower) => `${v.node} left ${v.primary} just now: waits until the old connection is closed`,
  'rejoin.wait': (v: { readonly primary: string }) => `waits for ${v.primary}`,
  'rejoin.ask': (v: { readonly primary: string }) => `asks ${v.primary} again`,
  'rejoin.further': (v: Follower & { readonly bytes: number; readonly group: string }) =>
    `${v.node} holds ${v.bytes} bytes more than its primary ${v.primary}: copying would wipe them. ${choice(v)}`,
}
