// What is said while a candidate is promoted.
import { quote } from '../situation.ts'

interface OfNode {
  readonly node: string
}

interface Unfenced extends OfNode {
  readonly message: string
  readonly group: string
}

/** `rights`: what its server closes it with. */
const unfenced = ({ node, message, group }: Unfenced, rights: string): string =>
  `${node} cannot write, answers, and refuses to be closed (${message}): another primary beside it would make two. ` +
  `Give regroup the right to ${rights}, stop ${node}, or \`regroup failover ${group} --accept-loss\``

export const failoverSentences = {
  'failover.unread': () => 'the candidate has no reading',
  /** `risk`: not in entries of earlier versions. */
  'failover.done': (v: OfNode & { readonly epoch: number; readonly risk?: string | null }) =>
    `${v.node} is primary at epoch ${v.epoch}${(v.risk ?? null) === null ? '' : `. Risk: ${v.risk}`}`,
  'failover.returning': (v: { readonly primary: string }) =>
    `${v.primary} answers again and nobody was promoted yet: it is asked once more`,
  'failover.recovered': (v: { readonly primary: string }) => `${v.primary} answers again before anybody was promoted: it stays primary`,
  'failover.fence': () => "fences open primaries other than the candidate's process",
  'failover.closing': (v: OfNode) => `waits until ${v.node} is closed`,
  'failover.unfenced': (v: Unfenced) => unfenced(v, '`REPLICAOF`'),
  'failover.unfencedByAccess': (v: Unfenced) => unfenced(v, '`ACL` and to change its role'),
  'failover.refuses': (v: OfNode & { readonly message: string }) => `${v.node} refuses to be promoted (${v.message})`,
  'failover.surpassed': (v: OfNode) => `the candidate ${v.node} was told nothing yet, and somebody who holds more is back`,
  'failover.candidateGone': (v: OfNode) => `the candidate ${v.node} is gone`,
  'failover.detach': () => 'detaches the replicas from the silent primary',
  'failover.detaching': (v: { readonly nodes: readonly string[] }) => `waits until ${quote(v.nodes)} left the silent primary`,
  'failover.consent': () => 'asks the replicas again before the promotion',
  'failover.risk': (v: OfNode & { readonly risk: string }) => `promotes ${v.node} all the same. Risk: ${v.risk}`,
  'failover.promote': (v: OfNode) => `promotes ${v.node}, closed`,
  'failover.waiting': (v: OfNode) => `waits for ${v.node}`,
  'failover.waitingRefused': (v: OfNode & { readonly message: string }) => `waits for ${v.node} (${v.message})`,
}
