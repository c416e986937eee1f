// The audit: who changed what, from where, why, and what came of it. A log of its own in the store, bounded and paged like the others.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { LogEntry } from '../core/model.ts'
import type { NewLogEntry, Store } from '../ports.ts'
import { accessOf } from './access.ts'
import type { AuditEntry } from './accountSchemas.ts'
import type { HttpLog } from './http.ts'
import type { Problem } from './schemas.ts'

/** No group can have this name. */
const logName = '@audit'
const maxText = 500
/** A longer one stays in English. */
const maxSaid = 2000

/** So many entries are read at a time, and so many of them at most for one page: other work goes on meanwhile, and a rare word costs several pages. */
const readAtOnce = 1000
const readsAPage = 20

/** Whom, what and which group an entry must be about; each only when it is given. */
export interface Sought {
  readonly by?: string
  readonly what?: string
  readonly group?: string
}

export interface Audit {
  /** Newest first. `next`: where to go on; null when there is nothing older. There may be more although a page has fewer than `limit`. */
  page(
    limit: number,
    before?: number,
    sought?: Sought,
  ): Promise<{ readonly entries: readonly Static<typeof AuditEntry>[]; readonly next: number | null }>
}

/** Writes an entry for each request to a route that changes something, before it is answered; a dry run changes nothing. */
export function startAudit(app: FastifyInstance, store: Store, log: HttpLog, wall: () => number): Audit {
  app.addHook('onSend', async (request, reply, payload) => {
    if (!accessOf(request).changes || request.dryRun || request.replayed === true || request.who.kind === 'nobody') return payload
    const entry = entryOf(request, reply.statusCode, payload, wall())
    const saved = await store.commit([], [entry]).catch((error: unknown) => ({ ok: false, message: String(error) }) as const)
    // What was asked for is done or refused already; the log then is the only witness.
    if (!saved.ok) log.error('audit.lost', { ...entry.evidence, sentence: entry.sentence, error: saved.message })
    return payload
  })
  return {
    async page(limit, before, sought = {}) {
      const entries: Static<typeof AuditEntry>[] = []
      const atOnce = isSought(sought) ? readAtOnce : limit + 1
      let next = before
      for (let reads = 0; reads < readsAPage; reads++) {
        const found = await store.history(logName, atOnce, next)
        for (const entry of found) {
          const one = shown(entry)
          if (!meets(one, sought)) continue
          if (entries.length === limit) return { entries, next: entries.at(-1)?.seq ?? null }
          entries.push(one)
        }
        if (found.length < atOnce) return { entries, next: null }
        next = found.at(-1)?.seq
      }
      return { entries, next: next ?? null }
    },
  }
}

function entryOf(request: FastifyRequest, status: number, payload: unknown, at: number): NewLogEntry {
  const answer = status < 400 ? null : problemIn(payload)
  const { who } = request
  const said = answer?.said ?? null
  return {
    at,
    group: logName,
    epoch: 0,
    kind: 'event',
    rule: `${request.method} ${request.routeOptions.url ?? ''}`,
    sentence: answer === null ? `${request.method} ${pathOf(request)}` : (answer.detail ?? '').slice(0, maxText),
    ...(said === null || JSON.stringify(said).length > maxSaid ? {} : { said }),
    evidence: {
      by: who.name,
      as: who.kind,
      from: request.socket.remoteAddress ?? 'unknown',
      path: pathOf(request).slice(0, maxText),
      group: (request.params as { readonly group?: string }).group ?? null,
      why: textIn(request.body, 'why'),
      asked: JSON.stringify(factsOf(request)).slice(0, maxText),
      result: answer === null ? 'done' : (answer.code ?? 'INTERNAL'),
    },
  }
}

function isSought({ by, what, group }: Sought): boolean {
  return by !== undefined || what !== undefined || group !== undefined
}

function meets(entry: Static<typeof AuditEntry>, { by, what, group }: Sought): boolean {
  const has = (texts: readonly (string | null)[], part: string): boolean =>
    texts.some((text) => text?.toLowerCase().includes(part.toLowerCase()) ?? false)
  if (group !== undefined && entry.group !== group) return false
  if (by !== undefined && !has([entry.by, entry.from], by)) return false
  return what === undefined || has([entry.what, entry.path, entry.asked, entry.why, entry.result], what)
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? ''
}

function problemIn(payload: unknown): Partial<Pick<Problem, 'code' | 'detail' | 'said'>> {
  try {
    return JSON.parse(String(payload)) as Partial<Problem>
  } catch {
    return {}
  }
}

function textIn(body: unknown, key: string): string | null {
  const value = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)[key] : undefined
  return typeof value === 'string' && value !== '' ? value.slice(0, maxText) : null
}

type Properties = Readonly<Record<string, { readonly writeOnly?: boolean }>>

/** The short facts of a body that its schema knows; never what the schema calls write-only. */
function factsOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const { properties = {} } = (request.routeOptions.schema?.body ?? {}) as { readonly properties?: Properties }
  const body = (typeof request.body === 'object' && request.body !== null ? request.body : {}) as Readonly<Record<string, unknown>>
  const known = Object.entries(body).filter(
    ([key]) => Object.hasOwn(properties, key) && properties[key]?.writeOnly !== true && key !== 'why',
  )
  return Object.fromEntries(known.filter(([, value]) => isShort(value)))
}

function isShort(value: unknown): boolean {
  if (Array.isArray(value)) return value.length <= 20 && value.every((one) => typeof one === 'string' && one.length <= 100)
  return typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length <= 100)
}

function shown({ seq, at, rule, sentence, said, evidence }: LogEntry): Static<typeof AuditEntry> {
  const text = (key: string): string | null => (typeof evidence[key] === 'string' ? evidence[key] : null)
  return {
    seq,
    at,
    by: text('by') ?? '',
    as: text('as') ?? '',
    from: text('from') ?? '',
    what: rule,
    path: text('path') ?? '',
    group: text('group'),
    why: text('why'),
    asked: text('asked') ?? '',
    result: text('result') ?? '',
    sentence,
    ...(said === undefined ? {} : { said }),
  }
}
