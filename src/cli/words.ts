// How the CLI writes durations, sizes, instants and colours. Pure.
import { UserError } from '../errors.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** 350 ms, 1.2 s, 45 s, 5 min, 3 h, 2 d: the unit a person would say, one digit behind the point at most. */
export function duration(ms: number): string {
  if (ms < second) return `${Math.round(ms)} ms`
  // Half a step below a unit would be rounded up to it, as in 60.0 s.
  if (ms < 59_950) return `${tenth(ms / second)} s`
  if (ms < 59.5 * minute) return `${Math.round(ms / minute)} min`
  if (ms < 47.95 * hour) return `${tenth(ms / hour)} h`
  return `${tenth(ms / day)} d`
}

function tenth(value: number): string {
  return value < 9.95 ? String(Math.round(value * 10) / 10) : String(Math.round(value))
}

/** "30m", "90s", "1.5h", "500ms", "7d" to milliseconds. Throws BAD_INPUT. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)$/.exec(text.trim())
  const units: Readonly<Record<string, number>> = { ms: 1, s: second, m: minute, min: minute, h: hour, d: day }
  const unit = units[match?.[2] ?? '']
  if (match === null || unit === undefined)
    throw new UserError('BAD_INPUT', `${JSON.stringify(text)} is no duration; write 30m, 90s, 2h or 1d`)
  return Math.round(Number(match[1]) * unit)
}

/** The duration that an option gives. Throws BAD_INPUT, also beyond its limits; they are written as durations are. */
export function durationWithin(option: string, text: string, least: string, most: string): number {
  const ms = parseDuration(text)
  if (ms >= parseDuration(least) && ms <= parseDuration(most)) return ms
  throw new UserError('BAD_INPUT', `${option} ${text}: it must be ${least} to ${most}`)
}

/** "2026-11-23T02:00Z", "2026-11-23 02:00+01:00", "in 2h" to milliseconds since 1970. Throws BAD_INPUT; a time without its zone is none. */
export function parseInstant(text: string, now: number): number {
  const ahead = /^in\s+(.+)$/.exec(text.trim())?.[1]
  if (ahead !== undefined) return now + parseDuration(ahead)
  const written = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/.test(text.trim())
  const at = written ? Date.parse(text.trim().replace(' ', 'T')) : Number.NaN
  if (!Number.isNaN(at)) return at
  throw new UserError('BAD_INPUT', `${JSON.stringify(text)} is no instant; write "in 2h", or 2026-11-23T02:00Z with its zone (Z, +01:00)`)
}

/** 12 B, 1.5 KiB, 3 MiB. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : tenth(value)} ${units[unit] ?? 'B'}`
}

/** 2026-11-22 07:00:00Z. In UTC, since the people and the logs of one incident are seldom in one zone. */
export function instant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

export function ago(at: number, now: number): string {
  return `${duration(Math.max(0, now - at))} ago`
}

export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}

export type Colour = 'green' | 'yellow' | 'red' | 'grey' | 'bold'
export type Paint = (colour: Colour, text: string) => string

const codes = { green: [32, 39], yellow: [33, 39], red: [31, 39], grey: [90, 39], bold: [1, 22] } as const

export const plain: Paint = (_colour, text) => text
export const coloured: Paint = (colour, text) => `\u001B[${codes[colour][0]}m${text}\u001B[${codes[colour][1]}m`

// Whatever a node or another operator wrote must not steer the terminal it is shown on.
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g

/** Text from outside without what a terminal would obey. */
export function safe(text: string): string {
  return text.replaceAll(control, '?')
}
