// Requests out of the API's own document: mostly as it says, each part now and then as it does not.
import * as fc from 'fast-check'

export const askers = ['nobody', 'viewer', 'operator', 'admin', 'stranger'] as const
export type AskerName = (typeof askers)[number]

export interface FuzzRequest {
  readonly asker: AskerName
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Null: none. */
  readonly body: string | null
}

interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minimum?: number
  readonly maximum?: number
}

interface Parameter {
  readonly in: string
  readonly name: string
  readonly required?: boolean
  readonly schema: Schema
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** Words that mean something here, beside any text. The group that is watched is not among them: it shall still be there at the end. */
const words = [
  'n1',
  'n2',
  'other',
  '*',
  '',
  'ann',
  'bob',
  '127.0.0.1:1',
  'redis',
  'correct horse battery',
  '__proto__',
  '../..',
  '%00',
  '\u0000é🙂',
]
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
)
const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant('x'.repeat(70_000)), fc.constant(1e308), fc.constant(-1))

/** A value that the schema allows, and one time in ten any other. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: allowed(schema) }, { weight: 1, arbitrary: anything })
}

function allowed(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(allowed))
  switch ([schema.type].flat()[0] ?? 'anything') {
    case 'object':
      return objectOf(schema)
    case 'array':
      return fc.array(valueOf(schema.items ?? {}), { maxLength: 3 })
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? -5, max: Math.min(schema.maximum ?? 1e9, 1e9) }),
        fc.constantFrom(0, 1, schema.maximum ?? 9),
      )
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'string':
      return text
    default:
      return anything
  }
}

function objectOf({ properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, valueOf(schema)]))
  const whole = fc.record(fields, { requiredKeys: [...required] })
  const foreign = fc.tuple(whole, text, anything).map(([value, key, extra]) => ({ ...value, [key]: extra }))
  return fc.oneof({ weight: 12, arbitrary: whole }, { weight: 1, arbitrary: foreign })
}

const header = fc.record(
  {
    'if-match': fc.oneof(
      fc.constantFrom('"epoch-1"', '"epoch-2"', '"revision-1"', '*', 'W/"x"'),
      fc.string({ maxLength: 20 }).map(printable),
    ),
    'x-regroup-by': fc.string({ maxLength: 80 }).map(printable),
    origin: fc.constantFrom('http://evil.example', 'null'),
    'content-type': fc.constantFrom(
      'text/plain',
      'application/jsonx',
      'application/json; charset=utf-8',
      'multipart/form-data; boundary=x',
    ),
    'last-event-id': fc.constantFrom('x-1', '-', '9'.repeat(40)),
    cookie: fc.constantFrom('regroup_login=rgl.x.y', 'regroup_login=', 'a=b; c'),
  },
  { requiredKeys: [] },
)

/** What a header may hold; everything else the client refuses itself. */
function printable(given: string): string {
  return given.replaceAll(/[^\x20-\x7e]/g, '?').trim()
}

function pathOf(path: string, parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const named = parameters.filter((one) => one.in === 'path')
  const values = named.map((one) =>
    one.name === 'group'
      ? fc.oneof({ weight: 5, arbitrary: fc.constant('shop') }, { weight: 1, arbitrary: text })
      : fc.oneof(text, valueOf(one.schema).map(shown)),
  )
  const queried = parameters.filter((one) => one.in === 'query')
  const query = fc.record(Object.fromEntries(queried.map((one) => [one.name, valueOf(one.schema)])), {
    requiredKeys: queried.filter((one) => one.required === true).map((one) => one.name),
  })
  return fc.tuple(fc.tuple(...values), query).map(([parts, asked]) => {
    const filled = named.reduce((so, one, index) => so.replace(`{${one.name}}`, encoded(parts[index] ?? '')), path)
    const search = Object.entries(asked).map(([key, value]) => `${key}=${encoded(shown(value))}`)
    return search.length === 0 ? filled : `${filled}?${search.join('&')}`
  })
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** A lone surrogate cannot be written in a URL. */
function encoded(given: string): string {
  return encodeURIComponent(given.toWellFormed()).slice(0, 3000)
}

const noJson = fc.constantFrom('{', '[]', 'null', '"x"', '{"__proto__": {"role": "admin"}}', '['.repeat(20_000), '')

/** Every operation of the document as often as any other. */
export function requests({ paths }: OpenApi): fc.Arbitrary<FuzzRequest> {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationOf(path, method, operation)),
  )
  return fc.oneof(...operations)
}

function operationOf(path: string, method: string, { parameters = [], requestBody }: Operation): fc.Arbitrary<FuzzRequest> {
  const schema = requestBody?.content['application/json']?.schema
  const json = schema === undefined ? null : valueOf(schema).map((value) => JSON.stringify(value) ?? '')
  const body = json === null ? fc.constant(null) : fc.oneof({ weight: 9, arbitrary: json }, { weight: 1, arbitrary: noJson })
  return fc
    .record({ asker: fc.constantFrom(...askers), path: pathOf(path, parameters), given: fc.option(header, { nil: {}, freq: 3 }), body })
    .map(({ asker, path: filled, given, body: sent }) => {
      const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
      const type = sent === null && method !== 'delete' ? {} : { 'content-type': 'application/json' }
      return { asker, method: method.toUpperCase(), path: filled, headers: { ...type, ...headers }, body: method === 'get' ? null : sent }
    })
}
