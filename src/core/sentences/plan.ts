// What would happen if something were stopped or died, and the next step of a rolling restart.
import { quote } from '../situation.ts'

interface OfNode {
  readonly node: string
}
interface OfNodes {
  readonly nodes: readonly string[]
}
interface OfPrimary {
  readonly primary: string
}

const isOrAre = ({ nodes }: OfNodes): string => (nodes.length === 1 ? 'is' : 'are')

export const planSentences = {
  'when.processEnds': (v: OfNodes) => `${quote(v.nodes)} dies: its process ends`,
  'when.fallsSilent': (v: OfNodes) => `${quote(v.nodes)} falls silent: host lost, network cut, frozen`,
  'when.die': (v: OfNodes) => `${quote(v.nodes)} ${v.nodes.length === 1 ? 'dies' : 'die'}`,
  'when.stopped': (v: OfNodes) => `${quote(v.nodes)} ${isOrAre(v)} stopped`,
  'when.diesMeanwhile': (v: OfPrimary) => `${v.primary} dies meanwhile`,
  'when.stoppedAsItIs': (v: OfNodes) => `${quote(v.nodes)} stopped as it is now`,
  'when.handsOver': (v: OfPrimary) => `${v.primary} hands over first`,
  'when.started': (v: OfPrimary) => `${v.primary} is started first`,
  'when.allStopped': (v: OfPrimary) => `all are stopped, ${v.primary} last`,
  'ifStops.nothingRecorded': () => 'nothing is recorded yet, so nothing can be said',
  'ifStops.now': (v: { readonly what: string }) => `as it is now: ${v.what}`,
  'ifStops.because': (v: { readonly when: string; readonly what: string }) => `${v.when}: ${v.what}`,
  'ifDies.notHealed': (v: OfPrimary) => `${v.primary} is the primary, and its loss would not simply be healed`,
  'ifDies.takesOver': (v: OfPrimary & OfNode) =>
    `${v.node} would take over from ${v.primary}; known to be lost: nothing but what ${v.primary} had not sent yet`,
  'ifStops.guard': (v: OfPrimary) => `policy guard refuses every write of ${v.primary} while no replica keeps up`,
  'ifStops.untilBack': () => 'writes stop until a replica is back',
  'ifStops.meanwhile': (v: OfPrimary & { readonly what: string }) => `if ${v.primary} dies meanwhile: ${v.what}`,
  'ifStops.nobodyMeanwhile': (v: OfPrimary) => `${v.primary} goes on writing, but nobody could take over from it without loss`,
  'ifStops.goesOn': (v: OfPrimary & OfNode) => `${v.primary} goes on writing, and ${v.node} could take over from it`,
  'ifStops.cannotHandOver': (v: OfPrimary) => `${v.primary} is the primary and cannot hand over first`,
  'ifStops.nobodyElse': (v: { readonly why: string }) => `nobody else can take over: ${v.why}`,
  'ifStops.handsOver': (v: OfPrimary & OfNode) => `${v.primary} is the primary: it hands over to ${v.node} first, then it may be stopped`,
  'ifStops.saveFirst': (v: OfPrimary) =>
    `${v.primary} has no append-only file: stop it with SHUTDOWN SAVE, or what it did not save is gone`,
  'ifStops.startedAgain': (v: OfPrimary & { readonly what: string }) => `when ${v.primary} is started again: ${v.what}`,
  'ifStops.notGoOn': () => 'regroup would not simply go on after it',
  'ifStops.outage': (v: OfPrimary) =>
    `nobody can write from the stop of ${v.primary} until it is back; stopped last and started first, it has everything`,
  'roll.done': () => 'every node was restarted and is in sync',
  'roll.paused': (v: { readonly by: string; readonly group: string }) =>
    `the group is paused by ${v.by}; \`regroup resume ${v.group}\` ends it`,
  'roll.switchover': (v: OfNode) => `a switchover to ${v.node} is under way`,
  'roll.moving': (v: { readonly phase: 'failover' | 'restored'; readonly what: string }) => `a ${v.phase} is under way: ${v.what}`,
  'roll.failovers': (v: { readonly failovers: number; readonly group: string }) =>
    `${v.failovers === 1 ? 'a failover' : `${v.failovers} failovers`} happened since it began; look at \`regroup history ${v.group}\``,
  'roll.down': (v: OfNode) => `${v.node} is down, and it is not its turn`,
  'roll.answer': (v: OfNode) => `waits for an answer of ${v.node}`,
  'roll.inSync': (v: OfNode) => `waits until ${v.node} is in sync`,
  'roll.inSyncAgain': (v: OfNode) => `waits until ${v.node} is in sync again`,
  'roll.comeBack': (v: OfNode) => `waits for ${v.node} to come back`,
  'roll.stillRuns': (v: OfNode) => `${v.node} may be restarted; it still runs as before`,
  'roll.back': (v: OfNode) => `${v.node} is back; waits until it is in sync`,
  'roll.without': (v: OfNode & { readonly what: string; readonly why: readonly string[] }) =>
    `without ${v.node}, ${v.what}: ${v.why.join('; ')}`,
  'roll.may': (v: OfNode & { readonly what: string }) => `${v.node} may be restarted: ${v.what}`,
  'roll.onlyNode': (v: OfPrimary) => `${v.primary} is the only node: its restart stops the writes. Restart it by hand`,
  'roll.left': (v: OfPrimary & { readonly why: string }) => `${v.primary} is left, and ${v.why}`,
  'roll.handsOver': (v: OfPrimary & OfNode) => `only the primary ${v.primary} is left: it hands over to ${v.node} first`,
  'roll.unknown': () => 'the record is not known yet',
}
