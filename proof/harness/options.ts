// The command lines of the proofs: what is not understood ends with exit code 2 and the usage.
import { CannotRun } from './cleanup.ts'
import { redisVersion } from './machine.ts'

export function requireRedis(): void {
  if (redisVersion() === null) throw new CannotRun('redis-server is not on the PATH; on Debian: apt-get install redis-server')
}

export function oneOf<const T extends string>(name: string, value: string | undefined, allowed: readonly T[], otherwise: T): T {
  if (value === undefined) return otherwise
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw new CannotRun(`--${name} ${value}: it must be one of ${allowed.join(', ')}`)
  return found
}

export function wholeNumber(name: string, value: string | undefined, min: number, max: number, otherwise: number): number {
  if (value === undefined) return otherwise
  const number = Number(value)
  if (!Number.isInteger(number) || number < min || number > max)
    throw new CannotRun(`--${name} ${value}: it must be a whole number from ${min} to ${max}`)
  return number
}

/** Runs `parse` and turns its complaint into exit code 2 with the usage. */
export function parsed<T>(usage: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new CannotRun(`${error instanceof Error ? error.message : String(error)}\n\nusage: ${usage}`)
  }
}
