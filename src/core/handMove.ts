// What somebody did to the recorded primary by hand: moved it inside the group, attached it to a stranger, or gave it a wrong address.
import { formatAddress, sameAddress } from './address.ts'
import { nowhere } from './limits.ts'
import type { Instant } from './model.ts'
import { answers, follows, freshSince, unheard } from './observe.ts'
import { type Answering, orderOf } from './order.ts'
import type { Case } from './rule.ts'
import { type Said, say } from './said.ts'
import { others, ours } from './situation.ts'

/** By readings asked for after `since`: exactly one open primary that the old one and every node that answers follows, and that lacks nothing the old one has. */
export function movedTo(c: Case, since: Instant): Answering | null {
  if (c.verdict.kind !== 'not primary' || !answers(c.primary)) return null
  const here = others(c.s, c.primary.spec.id).filter((node): node is Answering => freshSince(node, since))
  const [found, second] = here.filter((node) => node.reading.role === 'primary')
  // Another group's server is no successor, whoever points at it.
  if (found === undefined || second !== undefined || !ours(c.s, found)) return null
  const followers = [...here.filter((node) => node !== found), c.primary]
  if (!followers.every((node) => follows(node, found.spec))) return null
  return ['behind', 'diverged', 'unknown'].includes(orderOf(c.s, found, c.primary)) ? null : found
}

/**
 * By its own word it follows a node of the group whose first answer is on its way, because only now the spec gives that node its address: whether it
 * was made the primary by hand is known in a moment.
 */
export function ledToUnheard(c: Case): boolean {
  return c.verdict.kind === 'not primary' && others(c.s, c.primary.spec.id).some((node) => unheard(node) && follows(c.primary, node.spec))
}

/** It follows an address that is no node of this group (and not nowhere): somebody attached it to a foreign primary. */
export function foreignUpstream(c: Case): string | null {
  const upstream = c.primary.reading?.upstream ?? null
  if (c.verdict.kind !== 'not primary' || upstream === null || sameAddress(upstream, nowhere)) return null
  const known = [...c.s.nodes.values()].some((node) => sameAddress(node.spec, upstream))
  return known ? null : `${upstream.host}:${upstream.port}`
}

/** Where the recorded primary lives although the spec says otherwise, and what to do; null when it does not. */
export function elsewhere({ verdict, primary, s }: Case): Said | null {
  if (verdict.kind !== 'contested' || verdict.elsewhere === null) return null
  const { id, ...at } = primary.spec
  const { witness, elsewhere: address } = verdict
  const code = answers(primary) ? 'steady.elsewhere' : 'steady.elsewhereMute'
  return say(code, { primary: id, spec: formatAddress(at), witness, address, group: s.spec.id })
}
