// The HTTP API of one regroup server, as a client sees it. A server that does not answer is a value here: proofs kill it.
import type { GroupRecord, GroupSpec, LogEntry, Policy } from '../../src/core/model.ts'
import type { GroupStatus } from '../../src/core/status.ts'

export interface GroupInput {
  readonly name: string
  readonly engine: GroupSpec['engine']
  readonly policy?: Partial<Policy>
  readonly nodes: readonly { readonly name: string; readonly address: string; readonly priority?: number }[]
}

/** `status: 0`: no answer, and `detail` says why. */
export type Answer<T> =
  | { readonly ok: true; readonly status: number; readonly body: T }
  | { readonly ok: false; readonly status: number; readonly code: string; readonly detail: string }

export interface Explained {
  readonly status: GroupStatus
  readonly recent: readonly LogEntry[]
}

export interface Commanded {
  readonly epoch: GroupRecord['epoch']
  readonly candidate: string
}

const limitMs = 5_000
/** A command waits for the store, on a machine that is busy on purpose; as long as the command line waits. */
const commandLimitMs = 30_000

export class Api {
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  async healthy(): Promise<boolean> {
    return (await this.#ask<unknown>('/healthz', null, 1_000)).ok
  }

  async groups(): Promise<readonly GroupStatus[] | null> {
    const answer = await this.#ask<{ groups: GroupStatus[] }>('/api/v1/groups')
    return answer.ok ? answer.body.groups : null
  }

  /** Null when the server does not answer or does not know the group. */
  async group(group: string, withinMs = limitMs): Promise<GroupStatus | null> {
    const answer = await this.#ask<GroupStatus>(`/api/v1/groups/${group}`, null, withinMs)
    return answer.ok ? answer.body : null
  }

  async explain(group: string): Promise<Explained | null> {
    const answer = await this.#ask<Explained>(`/api/v1/groups/${group}/explain`)
    return answer.ok ? answer.body : null
  }

  /** Newest first, at most so many; fewer when the server stops answering. */
  async history(group: string, limit = 200): Promise<readonly LogEntry[]> {
    const all: LogEntry[] = []
    for (let before = ''; all.length < limit;) {
      const page = Math.min(limit - all.length, 500)
      const answer = await this.#ask<{ entries: LogEntry[]; next: number | null }>(`/api/v1/groups/${group}/history?limit=${page}${before}`)
      if (!answer.ok) break
      all.push(...answer.body.entries)
      if (answer.body.next === null) break
      before = `&before=${answer.body.next}`
    }
    return all
  }

  apply(groups: readonly GroupInput[], remove: readonly string[] = [], why = 'proof'): Promise<Answer<unknown>> {
    return this.#ask('/api/v1/spec', { groups, remove, why })
  }

  switchover(group: string, to?: string): Promise<Answer<Commanded>> {
    return this.#ask(`/api/v1/groups/${group}/switchover`, to === undefined ? {} : { to })
  }

  schedule(group: string, to: string, inMs: number, why = 'proof'): Promise<Answer<unknown>> {
    return this.#ask(`/api/v1/groups/${group}/schedule`, { to, at: Date.now() + inMs, why })
  }

  failover(group: string, to?: string): Promise<Answer<Commanded>> {
    return this.#ask(`/api/v1/groups/${group}/failover`, { acceptLoss: true, ...(to === undefined ? {} : { to }) })
  }

  async #ask<T>(path: string, body: unknown = null, withinMs = body === null ? limitMs : commandLimitMs): Promise<Answer<T>> {
    try {
      const response = await fetch(`${this.url}${path}`, {
        signal: AbortSignal.timeout(withinMs),
        ...(body === null ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      })
      const given = (await response.json()) as T & { code?: string; detail?: string; details?: string[] }
      if (response.ok) return { ok: true, status: response.status, body: given }
      const detail = [given.detail ?? '', ...(given.details ?? [])].join('; ')
      return { ok: false, status: response.status, code: given.code ?? 'UNKNOWN', detail }
    } catch (error) {
      return { ok: false, status: 0, code: 'NO_ANSWER', detail: error instanceof Error ? error.message : String(error) }
    }
  }
}
