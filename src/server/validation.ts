// Requests against their schemas, in words, and bodies as JSON.
import type { FastifyInstance } from 'fastify'
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import type { TSchema } from 'typebox'
import { Convert } from 'typebox/value'
import { refusalOf } from './problemReply.ts'
import { problemsOf } from './problems.ts'

/** Queries arrive as texts; their numbers are read before they are judged. */
export function compile({ schema, httpPart }: Pick<FastifyRouteSchemaDef<unknown>, 'schema' | 'httpPart'>) {
  return (data: unknown) => {
    const value = httpPart === 'querystring' ? Convert(schema as TSchema, data) : data
    const problems = problemsOf(schema as TSchema, value)
    return problems.length === 0 ? { value } : { error: refusalOf('BAD_INPUT', problems) }
  }
}

/** JSON bodies only; nothing at all counts as {}, since most commands need no body. */
export function takeJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {})
    else void parse(request, body.toString(), done)
  })
}
