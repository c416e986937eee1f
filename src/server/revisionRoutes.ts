// The routes of the spec's revisions: which there are, what they say, how two differ, and going back to one.
import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import type { ApplyResult, ControllerFacade } from '../controller/facade.ts'
import { diffWhole } from '../core/spec.ts'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import { access } from './access.ts'
import { onCurrent, viewOf } from './commands.ts'
import * as r from './revisionSchemas.ts'
import { described } from './routes.ts'
import { Applied } from './schemas.ts'
import { groupOf, inputOf } from './specInput.ts'

const defaultLimit = 50
const looking = access('viewer', 'groups')

export function revisionRoutes(app: FastifyInstance): void {
  app.get<{ Querystring: Static<typeof r.RevisionsQuery> }>(
    '/api/v1/spec/revisions',
    {
      config: looking,
      schema: described('What was changed when, by whom and why, newest first.', r.Revisions, { querystring: r.RevisionsQuery }),
    },
    async ({ controller, query }): Promise<r.Revisions> => {
      const limit = query.limit ?? defaultLimit
      const found = await controller.revisions(limit + 1, query.before)
      const revisions = found.slice(0, limit).map((entry) => ({ ...entry, changes: changesOf(entry.changes) }))
      return { revisions, next: found.length > limit ? (revisions.at(-1)?.revision ?? null) : null }
    },
  )
  app.get<{ Params: { revision: string } }>(
    '/api/v1/spec/revisions/:revision',
    {
      config: looking,
      schema: described('The whole spec as it was at a revision, and what that one changed.', r.Revision, { params: r.RevisionParams }),
    },
    async ({ controller, params }): Promise<r.Revision> => {
      const revision = Number(params.revision)
      const [spec, changes] = await Promise.all([controller.specAt(revision), revision === 0 ? [] : controller.specChanges(revision)])
      return { ...viewOf(spec), changes: changesOf(changes) }
    },
  )
  app.get<{ Querystring: Static<typeof r.DiffQuery> }>(
    '/api/v1/spec/diff',
    { config: looking, schema: described('How two revisions differ, in sentences.', r.Difference, { querystring: r.DiffQuery }) },
    async ({ controller, query }): Promise<r.Difference> => {
      const to = query.to ?? controller.spec().revision
      const [before, after] = await Promise.all([controller.specAt(query.from), controller.specAt(to)])
      return { from: query.from, to, changes: changesOf(diffWhole(before, after)) }
    },
  )
  app.post<{ Body: r.RestoreBody }>(
    '/api/v1/spec/restore',
    {
      config: access('operator', 'groups', true),
      schema: described('Writes a new revision that asks for what an earlier one asked for.', Applied, { body: r.RestoreBody }),
    },
    (request) => restore(request.controller, request.body, request.who.name),
  )
}

/** Operators' pauses and maintenance stay as they are now: they say what is going on today. */
async function restore(facade: ControllerFacade, body: r.RestoreBody, by: string): Promise<ApplyResult> {
  return await onCurrent(facade, body.ifRevision ?? null, async (groups, ifRevision) => {
    const { revision, removeGroups = false, why = '', dryRun = false } = body
    const wanted = await facade.specAt(revision)
    const current = new Map(groups.map((group) => [group.id, group]))
    const put = wanted.groups.map((group) => groupOf(inputOf(group), current.get(group.id)))
    const remove = groups.flatMap(({ id }) => (put.some((group) => group.id === id) ? [] : [id]))
    if (remove.length > 0 && !removeGroups) throw wouldRemove(revision, remove)
    const { policies } = wanted
    return await facade.apply({ put, remove, policies, by, why: why === '' ? `restore of revision ${revision}` : why, dryRun, ifRevision })
  })
}

/** More names than these are no help in one line. */
const mostNamed = 5

function wouldRemove(revision: number, groups: readonly string[]): UserError {
  return new UserError(
    'WOULD_REMOVE_GROUPS',
    say('refusal.wouldRemove', { revision, groups: groups.slice(0, mostNamed), more: Math.max(0, groups.length - mostNamed) }),
  )
}

function changesOf(changes: ApplyResult['changes']): r.Difference['changes'] {
  return changes.map(({ group, change, what, whatSaid }) => ({
    group,
    change,
    what: [...what],
    ...(whatSaid === undefined ? {} : { whatSaid: [...whatSaid] }),
  }))
}
