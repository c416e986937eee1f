// Errors as application/problem+json (RFC 9457): a code, a sentence and a way out, never a stack trace.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'
import type { HttpLog } from './http.ts'
import { problemSaid } from './problems.ts'
import type { Problem } from './problems.ts'
import type { Problem as ProblemBody } from './schemas.ts'

/** `status` overrides the code's own, for what HTTP itself refuses (413, 415). */
export function problemBody(error: UserError, status = error.status): ProblemBody {
  return {
    type: `urn:regroup:error:${error.code}`,
    title: titleOf(error.code),
    status,
    code: error.code,
    detail: error.message,
    said: error.said,
    details: [...error.details],
    detailsSaid: [...error.detailsSaid],
  }
}

export function sendProblem(reply: FastifyReply, error: UserError, status = error.status): void {
  void reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(error, status)))
}

/** Every problem of a request in one error; its sentence is the problem itself when there is only one. */
export function refusalOf(code: 'BAD_INPUT' | 'BAD_SPEC', problems: readonly Problem[]): UserError {
  const [first] = problems
  if (problems.length === 1 && first !== undefined) return new UserError(code, problemSaid(first))
  return new UserError(code, say('refusal.problems', { count: problems.length }), problems.map(problemSaid))
}

/** Fastify's error handler: what a person did is told, what we did is logged and only named. */
export function errorHandler(log: HttpLog) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    if (error instanceof UserError) return sendProblem(reply, error)
    const status = statusOf(error)
    if (status >= 400 && status < 500)
      return sendProblem(reply, new UserError('BAD_INPUT', say('text', { text: messageOf(error) })), status)
    log.error('http.failed', {
      method: request.method,
      url: request.url,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    return sendProblem(reply, new UserError('INTERNAL', say('refusal.internal')))
  }
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null ? (error as { readonly statusCode?: unknown }).statusCode : undefined
  return typeof status === 'number' ? status : 500
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
