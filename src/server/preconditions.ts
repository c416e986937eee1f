// If-Match: a command from a page that is out of date is refused, with what changed since.
import type { FastifyRequest } from 'fastify'
import type { ControllerFacade } from '../controller/facade.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { Access } from './access.ts'

/** What the asker takes for true: the epoch of a group, or the revision of the spec. */
export interface Expectation {
  readonly group: string | null
  readonly epoch: number | null
  readonly revision: number | null
}

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
  if (kind === 'revision') return { group, epoch: null, revision: Number(digits) }
  if (kind === 'epoch' && group !== null) return { group, epoch: Number(digits), revision: null }
  throw new UserError('BAD_INPUT', say('refusal.ifMatch', { ofGroup: group !== null, header: JSON.stringify(header.slice(0, 100)) }))
}

export function isStale(controller: ControllerFacade, { group, epoch, revision }: Expectation): boolean {
  if (revision !== null) return controller.spec().revision !== revision
  return group !== null && epoch !== null && controller.status(group).epoch !== epoch
}

/** The refusal, with the decisions that led to what is now. */
export async function staleness(controller: ControllerFacade, { group, epoch, revision }: Expectation): Promise<UserError> {
  if (group === null || epoch === null) {
    const { revision: now, by, why } = controller.spec()
    return new UserError('STALE', say('refusal.staleSpec', { now, known: revision ?? 0, by, why }))
  }
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
