// What every command needs of its surroundings: the server, the terminal, and how errors leave.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { UserError } from '../errors.ts'
import { Client } from './client.ts'
import { secretFor } from './logins.ts'
import { coloured, plain, safe } from './words.ts'
import type { Paint } from './words.ts'

export interface Session {
  readonly client: Client
  /** Machine-readable output. */
  readonly json: boolean
  readonly paint: Paint
  /** Writes the value as JSON, or as the text a person reads. */
  show(value: unknown, text: () => string): void
}

/** The session of a command as it was called, with the options given before or after its name. Throws BAD_INPUT. */
export function sessionOf(command: Command): Session {
  const { server, json = false } = command.optsWithGlobals<{ server: string; json?: boolean }>()
  const paint = !json && hasColours(process.stdout) ? coloured : plain
  return {
    client: new Client(server, author(), secretFor(server)),
    json,
    paint,
    show: (value, text) => void process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text()),
  }
}

/** https://no-color.org: any value but the empty one switches colours off. */
function hasColours(stream: { readonly isTTY?: boolean }): boolean {
  const off = process.env['NO_COLOR']
  return stream.isTTY === true && (off === undefined || off === '') && process.env['TERM'] !== 'dumb'
}

/** Who stands in the history. */
function author(): string {
  try {
    return `cli:${userInfo()
      .username.replaceAll(/[^\x21-\x7e]/g, '?')
      .slice(0, 60)}`
  } catch {
    // A user without an entry in the password file.
    return 'cli'
  }
}

/** An error on stderr, as text or as JSON, and the exit code for it. Without a stack, unless the fault is ours. */
export function reportError(error: unknown, json: boolean): number {
  const known =
    error instanceof UserError ? error : new UserError('INTERNAL', `regroup itself is at fault: ${messageOf(error)}`, stackOf(error))
  const { code, message, details } = known
  if (json) process.stderr.write(`${JSON.stringify({ error: { code, message, details } })}\n`)
  else process.stderr.write([`regroup: ${code}: ${safe(message)}`, ...details.map((line) => `  ${safe(line)}`), ''].join('\n'))
  return known.exitCode
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function stackOf(error: unknown): string[] {
  return error instanceof Error && error.stack !== undefined
    ? error.stack
        .split('\n')
        .slice(1, 8)
        .map((line) => line.trim())
    : []
}
