// Asks the HTTP API. What it refuses is an error with its code, its sentence and its way out.
import type { Said } from '../../../src/core/said.ts'
import type { Problem } from './types.ts'

/** A server older than this page gives its sentences in English only. */
type Told = Pick<Problem, 'code' | 'status' | 'detail' | 'details'> & Partial<Pick<Problem, 'said' | 'detailsSaid'>>

/** The API said no, or could not be reached (status 0, code NO_SERVER). */
export class Refusal extends Error {
  readonly code: string
  readonly status: number
  readonly said: Said | null
  readonly details: readonly string[]
  readonly detailsSaid: readonly (Said | null)[]

  constructor(problem: Told) {
    super(problem.detail)
    this.name = 'Refusal'
    this.code = problem.code
    this.status = problem.status
    this.said = problem.said ?? null
    this.details = problem.details
    this.detailsSaid = problem.detailsSaid ?? []
  }
}

export interface Sent {
  readonly method?: 'POST' | 'PATCH' | 'DELETE'
  readonly body?: unknown
  /** The tag of what the person looked at; refused when it is another now. */
  readonly ifMatch?: string
  readonly signal?: AbortSignal
}

/** How far the server's clock is ahead of ours; the header has seconds. */
let ahead = 0

/** Milliseconds since 1970 by the server's clock, to a second or two. */
export function serverNow(): number {
  return Date.now() + ahead
}

/** A request that needs longer is not answered any more. */
const limitMs = 20_000

export async function ask<T>(path: string, sent: Sent = {}): Promise<T> {
  const response = await answered(path, sent)
  const date = Date.parse(response.headers.get('date') ?? '')
  if (Number.isFinite(date)) ahead = Math.abs(date - Date.now()) < 2000 ? 0 : date - Date.now()
  const body: unknown = await response.json().catch(() => undefined)
  // An answer that was cut in the middle is none, although it began well.
  if (response.ok && body !== undefined) return body as T
  throw new Refusal(isProblem(body) ? body : unreadable(response.status))
}

async function answered(path: string, { method, body, ifMatch, signal }: Sent): Promise<Response> {
  try {
    return await fetch(path, {
      ...(method === undefined ? {} : { method, body: JSON.stringify(body ?? {}) }),
      headers: {
        ...(method === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        'x-regroup-by': 'page',
      },
      signal: AbortSignal.any([AbortSignal.timeout(limitMs), ...(signal === undefined ? [] : [signal])]),
    })
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new Refusal({ code: 'NO_SERVER', status: 0, detail: 'The server does not answer.', details: [] })
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && typeof (body as { readonly code?: unknown }).code === 'string'
}

function unreadable(status: number): Told {
  return { code: 'UNREADABLE', status, detail: `The server answered ${status} without a reason.`, details: [] }
}
