// Every error a person can meet: a stable code, what is wrong and the way out. Never a stack trace.
import { type Said, inEnglish } from './core/said.ts'

/** HTTP status and exit code by error code. Exit: 2 bad input, 3 refused or not now, 4 not found, 5 cannot reach or broken. docs/errors.md explains each. */
export const codes = {
  BAD_INPUT: { status: 400, exit: 2 },
  BAD_SPEC: { status: 400, exit: 2 },
  BAD_SETTINGS: { status: 400, exit: 2 },
  UNAUTHENTICATED: { status: 401, exit: 3 },
  FORBIDDEN: { status: 403, exit: 3 },
  CROSS_SITE: { status: 403, exit: 3 },
  UNKNOWN_GROUP: { status: 404, exit: 4 },
  UNKNOWN_NODE: { status: 404, exit: 4 },
  UNKNOWN_ENTRY: { status: 404, exit: 4 },
  UNKNOWN_REVISION: { status: 404, exit: 4 },
  UNKNOWN_USER: { status: 404, exit: 4 },
  UNKNOWN_TOKEN: { status: 404, exit: 4 },
  UNKNOWN_ROUTE: { status: 404, exit: 4 },
  GROUP_EXISTS: { status: 409, exit: 3 },
  NODE_EXISTS: { status: 409, exit: 3 },
  GROUP_TOO_SMALL: { status: 409, exit: 3 },
  NODE_IS_PRIMARY: { status: 409, exit: 3 },
  USER_EXISTS: { status: 409, exit: 3 },
  LAST_ADMIN: { status: 409, exit: 3 },
  STALE: { status: 412, exit: 3 },
  TOO_MANY: { status: 429, exit: 3 },
  REVISION_CONFLICT: { status: 409, exit: 3 },
  WOULD_REMOVE_GROUPS: { status: 409, exit: 3 },
  NOT_NOW: { status: 409, exit: 3 },
  WOULD_LOSE_DATA: { status: 409, exit: 3 },
  STORE_LOCKED: { status: 503, exit: 5 },
  STORE_NEWER: { status: 503, exit: 5 },
  STORE_BROKEN: { status: 503, exit: 5 },
  LISTEN_REFUSED: { status: 503, exit: 5 },
  NO_SERVER: { status: 503, exit: 5 },
  INTERNAL: { status: 500, exit: 70 },
} as const

export type ErrorCode = keyof typeof codes

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(codes, text)
}

/** An error meant for a person. `details` lists each problem with its place when there is more than one. */
export class UserError extends Error {
  readonly code: ErrorCode
  /** The sentence as a code and its values; null where it is told in English only. */
  readonly said: Said | null
  readonly details: readonly string[]
  readonly detailsSaid: readonly (Said | null)[]

  /** What the API answers is a sentence with a code; a plain text is for what only the command line or the log tells. */
  constructor(code: ErrorCode, what: string | Said, details: readonly (string | Said)[] = []) {
    super(textOf(what))
    this.name = 'UserError'
    this.code = code
    this.said = saidOf(what)
    this.details = details.map(textOf)
    this.detailsSaid = details.map(saidOf)
  }

  get status(): number {
    return codes[this.code].status
  }

  get exitCode(): number {
    return codes[this.code].exit
  }
}

function textOf(what: string | Said): string {
  return typeof what === 'string' ? what : inEnglish(what)
}

function saidOf(what: string | Said): Said | null {
  return typeof what === 'string' ? null : what
}
