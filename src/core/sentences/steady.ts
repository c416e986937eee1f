// What a group says whose record names its primary and in which nothing is under way.
import { quote } from '../situation.ts'

interface OfPrimary {
  readonly primary: string
}

interface Elsewhere extends OfPrimary {
  readonly spec: string
  readonly witness: string
  readonly address: string
  readonly group: string
}

function stillFed({ primary, witness, address, group }: Elsewhere): string {
  return (
    `${witness} is still fed by ${address}, so ${primary} lives there: no failover. Correct its address in the spec; ` +
    `if it shall go all the same, \`regroup failover ${group} --accept-loss\``
  )
}

export const steadySentences = {
  'steady.orderedBy': (v: { readonly by: string | null }) => `ordered by ${v.by ?? 'an operator'}`,
  'steady.paused': (v: { readonly by: string; readonly why: string; readonly verdict: string; readonly group: string }) =>
    `paused by ${v.by} (${v.why}); the primary is ${v.verdict}. \`regroup resume ${v.group}\` lets it act`,
  'steady.wouldDo': (v: { readonly by: string; readonly what: string }) => `paused by ${v.by}; would do: ${v.what}`,
  'steady.unheard': (v: OfPrimary) => `${v.primary} has not been heard yet`,
  'steady.suspect': (v: OfPrimary) => `${v.primary} does not answer; gathering evidence`,
  'steady.suspectFlapping': (v: OfPrimary & { readonly failovers: number; readonly minutes: number }) =>
    `${v.primary} does not answer; ${v.failovers} failovers within ${v.minutes} min, so silence must last longer before it counts`,
  'steady.unreadable': (v: OfPrimary & { readonly error: string; readonly message: string }) =>
    `${v.primary} is alive but answers ${v.error}: ${v.message}. No failover for that; mend the node or regroup's rights`,
  'steady.unasked': (v: OfPrimary & { readonly message: string }) => `${v.primary} cannot be asked: ${v.message}`,
  'steady.selfSuspect': (v: OfPrimary) => `${v.primary} is silent, but so are most hosts: no verdict by silence`,
  'steady.contested': (v: OfPrimary & { readonly failure: string | null }) =>
    `regroup cannot reach ${v.primary} (${v.failure ?? 'no answer'}), but a replica's link or position proves that it lives: no failover. Mend the way from here to it`,
  'steady.elsewhere': (v: Elsewhere) => `another server answers at ${v.spec}, which the spec calls ${v.primary}; ${stillFed(v)}`,
  'steady.elsewhereMute': (v: Elsewhere) => `nobody answers at ${v.spec}, which the spec calls ${v.primary}; ${stillFed(v)}`,
  'steady.unprovable': (v: OfPrimary & { readonly why: readonly string[] }) =>
    `${v.primary} is silent, and regroup cannot make its replicas prove their links (${v.why.join('; ')}). Give regroup the right to CLIENT KILL`,
  'steady.unprovableNode': (v: { readonly node: string; readonly message: string }) => `${v.node}: ${v.message}`,
  'steady.prove': (v: OfPrimary & { readonly nodes: readonly string[] }) =>
    `${v.primary} cannot be reached; ${quote(v.nodes)} must prove the link to it`,
  'steady.moved': (v: OfPrimary) => `the primary was moved by hand to ${v.primary} and every node that answers follows it`,
  'steady.movedInDoubt': (v: OfPrimary) =>
    `the primary was moved by hand to ${v.primary} and every node that answers follows it. Nothing tells what they wrote meanwhile: the others are copied anew`,
  'steady.foreignUpstream': (v: OfPrimary & { readonly address: string; readonly group: string }) =>
    `${v.primary} follows ${v.address}, which is no node of this group. Add that node, or \`regroup failover ${v.group} --accept-loss --to NODE\``,
  'steady.handover': (v: OfPrimary) => `${v.primary} was made a replica by somebody else; waits a moment for a new primary to appear`,
  'lost.dead': (v: OfPrimary) => `${v.primary} refuses connections and no replica has a link to it`,
  'lost.silent': (v: OfPrimary) => `${v.primary} has been silent too long and no replica can prove a link to it`,
  'lost.stranger': (v: OfPrimary) =>
    `${v.primary} is not at its address, where another server answers, has been silent too long, and no replica can prove a link to it`,
  'lost.restarted': (v: OfPrimary) => `${v.primary} is another process than the recorded one`,
  'lost.notPrimary': (v: OfPrimary) => `${v.primary} is no longer a primary`,
  'lost.lost': (v: OfPrimary) => `${v.primary} is lost`,
  'lost.elects': (v: { readonly lead: string; readonly why: string }) => `${v.lead}; ${v.why}`,
  'lost.promote': (v: { readonly lead: string; readonly node: string; readonly why: string; readonly risk: string | null }) =>
    `${v.lead}; promote ${v.node}: ${v.why}${v.risk === null ? '' : `. Risk: ${v.risk}`}`,
  'lost.reopen': (v: { readonly lead: string; readonly node: string; readonly why: string; readonly risk: string | null }) =>
    `${v.lead}; re-open ${v.node}: ${v.why}${v.risk === null ? '' : `. Risk: ${v.risk}`}`,
  'steady.floor': (v: OfPrimary) =>
    `nobody can be promoted yet; how far ${v.primary} was read is kept, so that nobody takes less for all that it held`,
  'steady.shuttingDown': (v: OfPrimary) => `${v.primary} is shutting down`,
  'steady.latePause': (v: OfPrimary) => `lifts a write pause that may have come late to ${v.primary}`,
  'steady.hung': (v: OfPrimary & { readonly why: string }) => `${v.primary} answers but cannot write: ${v.why}`,
  'steady.stale': (v: OfPrimary) => `asks ${v.primary} again after an action`,
  'steady.resumeWrites': (v: OfPrimary) => `lets the writes of ${v.primary} go on`,
  'steady.fenced': (v: OfPrimary) => `${v.primary} boots fenced from now on`,
  'steady.unfenced': (v: OfPrimary) => `${v.primary} boots fenced no more: it has replicas, and its file says primary now`,
  'steady.rerooted': (v: OfPrimary) => `the history of ${v.primary} has a new replication id`,
  'steady.shrink': (v: OfPrimary & { readonly out: readonly string[] }) => `out of sync by the word of ${v.primary}: ${quote(v.out)}`,
  'steady.relax': (v: OfPrimary) => `no replica is in sync: ${v.primary} may write without one`,
  'steady.open': (v: OfPrimary) => `${v.primary} is opened to writes`,
  'steady.tryFile': (v: OfPrimary) => `tries whether the file of ${v.primary} can be written now`,
  'steady.bootFence': (v: OfPrimary) => `writes the boot fence into the file of ${v.primary}`,
  'steady.hasData': () => 'the group holds data now',
  'steady.tighten': (v: OfPrimary & { readonly guard: number }) => `${v.primary} shall write only with ${v.guard} replica that keeps up`,
  'steady.guarded': (v: OfPrimary) => `${v.primary} is guarded`,
  'steady.replayed': (v: OfPrimary & { readonly nodes: readonly string[] }) =>
    `${quote(v.nodes)} came back with less than it held and follows ${v.primary} by itself; a primary crashed before, so no log has everything: it is copied anew`,
  'steady.doubted': (v: OfPrimary & { readonly nodes: readonly string[] }) =>
    `made a primary by somebody, or fed by one for all anybody saw, beside ${v.primary} and in its history: ${quote(v.nodes)}. Unless it takes over, it is copied anew, whatever its position says`,
  'steady.misled': (v: OfPrimary & { readonly nodes: readonly string[] }) =>
    `${quote(v.nodes)} follows a node that does not hold, or did not hold, what ${v.primary} holds: it is copied anew, whatever its position says`,
  'steady.strayed': (v: OfPrimary & { readonly nodes: readonly string[] }) =>
    `${quote(v.nodes)} follows ${v.primary} by itself and holds what that one lacks: it is copied anew`,
  'steady.newcomer': (v: OfPrimary & { readonly nodes: readonly string[] }) =>
    `${quote(v.nodes)} came to the group after a restore and follows ${v.primary} by itself; nothing tells what it holds: it is copied anew`,
  'steady.uncopied': (v: OfPrimary & { readonly nodes: readonly string[] }) =>
    `${quote(v.nodes)} follows ${v.primary} without the full copy it was told to take, since its first attempt failed: it is told again`,
  'steady.copies': (v: OfPrimary & { readonly nodes: readonly string[] }) =>
    `to be copied anew from ${v.primary}, and in doubt until that ended: ${quote(v.nodes)}`,
  'steady.resolved': (v: { readonly nodes: readonly string[] }) => `copied anew, in doubt no more: ${quote(v.nodes)}`,
  'steady.grow': (v: { readonly nodes: readonly string[] }) => `in sync: ${quote(v.nodes)}`,
  'steady.healthy': (v: OfPrimary & { readonly epoch: number }) => `${v.primary} is primary at epoch ${v.epoch}`,
}
