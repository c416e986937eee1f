// The command lines of the proofs: what is not understood ends with exit code 2 and the usage.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
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

/** The path of a file that is there; null: none was given. */
export function fileOf(name: string, value: string | undefined): string | null {
  if (value === undefined) return null
  if (!existsSync(value)) throw new CannotRun(`--${name} ${value}: there is no such file`)
  return resolve(value)
}

/** Runs `parse` and turns its complaint into exit code 2 with the usage. */
export function parsed<T>(usage: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new CannotRun(`${error instanceof Error ? error.message : String(error)}\n\nusage: ${usage}`)
  }
}
