// Idempotency-Key: a command that is sent again, because its answer got lost, is answered again and not done again.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import { accessOf } from './access.ts'
import { digest } from './secrets.ts'

/** Whoever asks again does so within minutes. A restart of ours forgets it all: `If-Match` holds over that too. */
export const keptMs = 10 * 60_000
export const maxKept = 1000
/** A longer answer is not kept, and its command may be done twice. */
const maxAnswerBytes = 65_536

interface Kept {
  /** What was asked, so that a key that is used twice is found out. */
  readonly request: string
  readonly at: number
  /** Null while the first is under way. */
  answer: { readonly status: number; readonly type: string; readonly payload: string } | null
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Where its answer is to be kept. */
    kept?: Kept
    /** It was answered with what an earlier one was answered. */
    replayed?: true
  }
}

/** For every route that changes something, but those of a login: its answer is a secret. Call it after the guard. */
export function rememberAnswers(app: FastifyInstance, wall: () => number): void {
  const all = new Map<string, Kept>()
  for (const name of ['kept', 'replayed']) app.decorateRequest(name)
  app.addHook('preHandler', async (request, reply) => {
    const name = keyOf(request)
    if (name === null) return
    const now = wall()
    forget(all, now)
    const asked = digest(JSON.stringify([request.method, request.url, request.headers['if-match'] ?? null, request.body ?? null]))
    const known = all.get(name)
    if (known === undefined) {
      request.kept = { request: asked, at: now, answer: null }
      all.set(name, request.kept)
      return
    }
    if (known.request !== asked) throw new UserError('BAD_INPUT', say('refusal.keyReused'))
    if (known.answer === null) throw new UserError('NOT_NOW', say('refusal.keyBusy'))
    request.replayed = true
    const { status, type, payload } = known.answer
    return reply.code(status).type(type).header('idempotency-replayed', 'true').send(payload)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.kept === undefined) return payload
    const text = typeof payload === 'string' && payload.length <= maxAnswerBytes ? payload : null
    // What went wrong inside of us may go right the next time.
    if (text === null || reply.statusCode >= 500) all.delete(keyOf(request) ?? '')
    else request.kept.answer = { status: reply.statusCode, type: String(reply.getHeader('content-type')), payload: text }
    return payload
  })
}

/** One asker's keys are nobody else's. */
function keyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  const { changes, scope } = accessOf(request)
  if (key === undefined || !changes || scope === 'self') return null
  if (typeof key === 'string' && /^[\x21-\x7e]{1,100}$/.test(key)) return `${request.who.kind} ${request.who.name} ${key}`
  throw new UserError('BAD_INPUT', say('refusal.badKey'))
}

/** The oldest stand first. */
function forget(all: Map<string, Kept>, now: number): void {
  for (const [name, { at }] of all) {
    if (now - at < keptMs && all.size < maxKept) return
    all.delete(name)
  }
}
