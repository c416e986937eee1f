// What is wrong with a value, for a person: every problem, each with the path of its key, in words instead of schema keywords.
import type { TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Compile } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { Errors } from 'typebox/value'
import { type Said, inEnglish, say } from '../core/said.ts'
import { ruled } from './rules.ts'

export type Path = readonly (string | number)[]

/** `of`: whether the place is the key itself (it should not be there) or its value. */
export interface Problem {
  readonly path: Path
  readonly of: 'key' | 'value'
  readonly message: string | Said
}

// The library stops at 8; a person wants them all. Beyond this the first ones are enough to start with.
Settings.Set({ maxErrors: 200 })

type Schema = Readonly<Record<string, unknown>>

/** Every way in which `value` breaks `schema`; empty when it does not. The schema's descriptions complete "must be ...". */
export function problemsOf(schema: TSchema, value: unknown): Problem[] {
  if (isRight(schema, value)) return []
  const errors = Errors(schema, value)
  const unions = new Set(errors.filter((error) => error.keyword === 'anyOf').map((error) => `${error.schemaPath}/anyOf/`))
  return errors
    .filter((error) => error.keyword !== 'boolean' && ![...unions].some((union) => error.schemaPath.startsWith(union)))
    .flatMap((error) => worded(error, at(schema, error.schemaPath), value))
}

/** Compiled once per schema: a spec of thousands of groups must not hold up the loop that watches them. */
const compiled = new WeakMap<TSchema, { Check(value: unknown): boolean }>()

function isRight(schema: TSchema, value: unknown): boolean {
  const check = compiled.get(schema) ?? Compile(schema)
  compiled.set(schema, check)
  return check.Check(value)
}

function worded(error: TLocalizedValidationError, schema: Schema, root: unknown): Problem[] {
  const path = pathOf(error.instancePath, root)
  const value = (message: Said): Problem[] => [{ path, of: 'value', message }]
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys(schema['properties'] ?? {})
    return error.params.additionalProperties.map((key) => ({ path: [...path, key], of: 'key', message: unknownKey(key, known) }))
  }
  if (error.keyword === 'required') {
    return error.params.requiredProperties.map((key) => ({ path: [...path, key], of: 'value', message: missing(key, schema) }))
  }
  if (error.keyword === 'minItems')
    return value(error.params.limit === 1 ? say('input.empty') : say('input.few', { least: error.params.limit }))
  if (error.keyword === 'maxItems') return value(say('input.many', { most: error.params.limit }))
  if (error.keyword === 'enum') return value(notOneOf(error.params.allowedValues, valueAt(root, path), schema['description']))
  // A secret that was written wrongly is still a secret.
  const found = schema['writeOnly'] === true ? 'not of the right form' : shown(valueAt(root, path))
  return value(say('input.is', { found, must: described(error, schema) }))
}

function described(error: TLocalizedValidationError, schema: Schema): string | Said {
  if (typeof schema['description'] === 'string') return ruled(schema['description'])
  // One of several, mostly something or nothing: what the first of them is, is meant.
  const [first] = Array.isArray(schema['anyOf']) ? (schema['anyOf'] as readonly Schema[]) : []
  if (typeof first?.['description'] === 'string') return ruled(first['description'])
  if (error.keyword !== 'type') return error.message.replace(/^must be /, '')
  const words: Readonly<Record<string, string>> = {
    integer: 'a whole number',
    number: 'a number',
    string: 'a text',
    boolean: 'true or false',
  }
  const type = String(error.params.type)
  return words[type] ?? (type === 'object' ? 'a mapping' : 'a list')
}

function missing(key: string, schema: Schema): Said {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>
  const description = properties[key]?.['description']
  return typeof description === 'string' ? say('input.missingAs', { must: ruled(description) }) : say('input.missing')
}

function unknownKey(key: string, known: readonly string[]): Said {
  const near = nearest(key, known)
  if (near !== null) return say('input.unknownKeyNear', { key: quoted(key), near: quoted(near) })
  return known.length === 0 ? say('input.unknownKey', { key: quoted(key) }) : say('input.unknownKeyOf', { key: quoted(key), known })
}

/** More than these are no help in one line; the description says where they are listed. */
const mostListed = 12

function notOneOf(values: readonly unknown[], value: unknown, description: unknown): Said {
  const allowed = values.map(String)
  const near = typeof value === 'string' ? nearest(value, allowed) : null
  const found = shown(value)
  if (allowed.length > mostListed && typeof description === 'string') {
    const must = ruled(description)
    return near === null ? say('input.is', { found, must }) : say('input.isNear', { found, must, near: quoted(near) })
  }
  return near === null ? say('input.among', { found, allowed }) : say('input.amongNear', { found, allowed, near: quoted(near) })
}

/** The one of `known` that a slip of the finger turns into `word`, or null when none is near enough. */
export function nearest(word: string, known: readonly string[]): string | null {
  const ranked = known.map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
  const best = ranked.toSorted((a, b) => a.distance - b.distance)[0]
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : null
}

/** Letters to write, to drop, to replace or to swap with their neighbour (optimal string alignment). Words beyond 64 characters are no slip of anything we know. */
function distance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return 64
  let [earlier, row]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row?.[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? (earlier?.[j - 2] ?? 0) + 1 : Infinity
      next.push(Math.min(replaced, swapped, (row?.[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    ;[earlier, row] = [row, next]
  }
  return row?.[b.length] ?? 0
}

/** groups[0].nodes[1].address */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => text + step(text, part), '')
}

function step(before: string, part: string | number): string {
  if (typeof part === 'number') return `[${part}]`
  if (!/^[\w-]+$/.test(part)) return `[${quoted(part)}]`
  return before === '' ? part : `.${part}`
}

/** A problem with its place: `groups[0].name: must be ...`. */
export function problemSaid({ path, message }: Problem): string | Said {
  return path.length === 0 ? message : say('input.at', { path: pathText(path), what: message })
}

/** The same as one line, without a file. */
export function problemText(problem: Problem): string {
  const said = problemSaid(problem)
  return typeof said === 'string' ? said : inEnglish(said)
}

/** A JSON pointer as a path; list indexes become numbers where the value has a list. */
function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = []
  for (const part of pointerParts(pointer)) path.push(Array.isArray(valueAt(root, path)) ? Number(part) : part)
  return path
}

function pointerParts(pointer: string): string[] {
  const parts = pointer.replace(/^#/, '').split('/').slice(1)
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined),
    root,
  )
}

function at(schema: TSchema, pointer: string): Schema {
  const found = valueAt(schema, pointerParts(pointer))
  return typeof found === 'object' && found !== null ? (found as Schema) : {}
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a mapping'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text)
}
