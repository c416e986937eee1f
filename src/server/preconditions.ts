// If-Match: a command from a page that is out of date is refused, with what changed since.
import type { FastifyRequest } from 'fastify'
import type { ControllerFacade } from '../controller/facade.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { Access } from './access.ts'

/** What the asker takes for true: the epoch of a group, or the revision of the spec. */
export type Expectation =
  | { readonly of: 'group'; readonly group: string; readonly epoch: number }
  | { readonly of: 'spec'; readonly revision: number }

/** Decisions that are told of what changed since. */
const maxTold = 10

export function epochTag(epoch: number): string {
  return `"epoch-${epoch}"`
}

export function revisionTag(revision: number): string {
  return `"revision-${revision}"`
}

/** What If-Match says; null when it says nothing or `*`. Throws BAD_INPUT for a tag that this route cannot compare. */
export function expectation(request: Pick<FastifyRequest, 'headers' | 'params'>, access: Access): Expectation | null {
  const header = request.headers['if-match']?.trim()
  if (header === undefined || header === '*' || !access.changes) return null
  const [, kind, digits] = /^"(epoch|revision)-(\d{1,15})"$/.exec(header) ?? []
  const { group = null } = request.params as { readonly group?: string }
  if (kind === 'revision') return { of: 'spec', revision: Number(digits) }
  if (kind === 'epoch' && group !== null) return { of: 'group', group, epoch: Number(digits) }
  throw new UserError('BAD_INPUT', say('refusal.ifMatch', { ofGroup: group !== null, header: JSON.stringify(header.slice(0, 100)) }))
}

export function isStale(controller: ControllerFacade, known: Expectation): boolean {
  if (known.of === 'spec') return controller.spec().revision !== known.revision
  return controller.status(known.group).epoch !== known.epoch
}

/** The refusal, with the decisions that led to what is now. */
export async function staleness(controller: ControllerFacade, known: Expectation): Promise<UserError> {
  if (known.of === 'spec') {
    const { revision: now, by, why } = controller.spec()
    return new UserError('STALE', say('refusal.staleSpec', { now, known: known.revision, by, why }))
  }
  const { group, epoch } = known
  const status = controller.status(group)
  const entries = await controller.history(group, 200)
  const since = entries.filter((entry) => entry.kind === 'decision' && entry.epoch > epoch)
  const told = since
    .slice(0, maxTold)
    .map((entry) => say('refusal.since', { epoch: entry.epoch, sentence: entry.said ?? say('text', { text: entry.sentence }) }))
  return new UserError(
    'STALE',
    say('refusal.staleEpoch', { group, now: status.epoch, known: epoch, sentence: status.said }),
    told.toReversed(),
  )
}
