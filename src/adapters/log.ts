// The log: one JSON line per event on stderr. An event name, then facts; no prose.
import { destination, pino, stdTimeFunctions, type DestinationStream } from 'pino'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export type Facts = Readonly<Record<string, unknown>>

export interface Log {
  debug(event: string, facts?: Facts): void
  info(event: string, facts?: Facts): void
  warn(event: string, facts?: Facts): void
  error(event: string, facts?: Facts): void
  /** The same log with these facts on every line. */
  with(facts: Facts): Log
}

/** Lines that wait while nobody reads stderr; a reader that stopped must not fill the memory, so further lines are dropped. */
const maxWaitingBytes = 1024 * 1024
/** Deeper facts are not logged: they would be someone's whole state. */
const maxDepth = 6

// `credential` alone is the name of an entry in the settings, not what it holds.
const secretName = /pass(word|wd|phrase)?$|auth$|token|secret|credentials|authorization|cookie|private_?key|api_?key/i

/** The same facts with every field that by its name holds a secret replaced, at any depth. */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (value instanceof Error) return { name: value.name, message: value.message, ...('code' in value ? { code: value.code } : {}) }
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= maxDepth) return '[deep]'
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1))
  const clean = ([name, field]: [string, unknown]): [string, unknown] => {
    const secret = secretName.test(name) && field !== null && field !== undefined && typeof field !== 'boolean'
    return [name, secret ? '[secret]' : withoutSecrets(field, depth + 1)]
  }
  return Object.fromEntries(Object.entries(value).map(clean))
}

/** A log of this level on stderr. Lines leave without stopping the caller; those that wait are written when the process exits. */
export function createLog(level: LogLevel, to: DestinationStream = stderr()): Log {
  const options = {
    level,
    base: null,
    messageKey: 'event',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return over(pino(options, to), {})
}

function stderr(): DestinationStream {
  return destination({ fd: 2, sync: false, maxLength: maxWaitingBytes })
}

type Level = Exclude<LogLevel, 'silent'>

function over(sink: Pick<pino.Logger, Level | 'isLevelEnabled'>, common: Facts): Log {
  const line =
    (level: Level) =>
    (event: string, facts: Facts = {}): void => {
      if (sink.isLevelEnabled(level)) sink[level](withoutSecrets({ ...common, ...facts }), event)
    }
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (facts) => over(sink, { ...common, ...facts }),
  }
}
