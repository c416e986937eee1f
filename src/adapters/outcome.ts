// What came of asking a node: replies, or why there are none. Values, never exceptions; nothing of a credential is in them.
import type { Instant, ProbeFailure } from '../core/model.ts'
import type { RespError, RespValue } from '../resp/value.ts'

/** One reply per command, errors included as values; or why there are none. */
export type Answer = { readonly ok: true; readonly replies: readonly RespValue[] } | { readonly ok: false; readonly failure: ProbeFailure }

/** `sentAt`: when the question left that this answers, on the injected monotonic clock; for a late answer that was an earlier call. */
export type Outcome = Answer & { readonly sentAt: Instant }

export const silent: ProbeFailure = { kind: 'silent' }
export const closed: ProbeFailure = { kind: 'closed' }

export function unasked(code: string, message: string): ProbeFailure {
  return { kind: 'unasked', code, message }
}

export const noDescriptor = unasked('EMFILE', 'this process has too many open files')

export function failed(failure: ProbeFailure): Answer {
  return { ok: false, failure }
}

/**
 * A failure as a code and a sentence, for an ActionResult.
 * Codes: REFUSED, CLOSED, SILENT, or the failure's own.
 */
export function describeFailure(failure: ProbeFailure): { readonly code: string; readonly message: string } {
  const { kind } = failure
  if (kind === 'answered' || kind === 'unasked') return { code: failure.code, message: failure.message }
  return { code: kind.toUpperCase(), message: sentences[kind] }
}

const sentences = {
  refused: 'the connection was refused',
  closed: 'the connection was closed before the answer; the command may have been executed',
  silent: 'no answer in time; the command may still be executed',
}

const kinds: Readonly<Record<string, ProbeFailure>> = {
  ECONNREFUSED: { kind: 'refused' },
  ECONNRESET: closed,
  ECONNABORTED: closed,
  EPIPE: closed,
  ETIMEDOUT: silent,
  // A router or the neighbour's silence says so: what a dead host looks like on its own network.
  EHOSTUNREACH: silent,
  EHOSTDOWN: silent,
  ENETUNREACH: unasked('NO_ROUTE', 'this machine has no route to the address'),
  ENETDOWN: unasked('NO_ROUTE', 'the network of this machine is down'),
  EMFILE: noDescriptor,
  ENFILE: unasked('ENFILE', 'this machine has too many open files'),
  ENOBUFS: unasked('ENOBUFS', 'this machine has no memory for another socket'),
  EADDRNOTAVAIL: unasked('EADDRNOTAVAIL', 'this machine has no free local port or address'),
  ENOTFOUND: unasked('DNS', 'the host name does not resolve'),
  EAI_AGAIN: unasked('DNS', 'name resolution does not answer'),
}

/** An error of a socket as what it says about the node. What we cannot interpret proves nothing, so it counts as not asked. */
export function failureOfSocket(error: Error): ProbeFailure {
  if (error instanceof AggregateError) return failureOfAttempts(error.errors.map((one) => failureOfSocket(one as Error)))
  const code = codeOf(error)
  const known = kinds[code]
  if (known !== undefined) return known
  if (code.startsWith('EAI_')) return unasked('DNS', `name resolution failed: ${code}`)
  if (isTlsCode(code)) return { kind: 'answered', code: 'TLS', message: `the TLS handshake failed: ${tlsReason(error, code)}` }
  return unasked(code, `the connection could not be made: ${code}`)
}

/**
 * A name with several addresses was tried at each. What proves least wins: one silent address leaves the node unproven; an address that
 * we could not ask says nothing when another one was asked.
 */
function failureOfAttempts(failures: readonly ProbeFailure[]): ProbeFailure {
  const asked = failures.filter((failure) => failure.kind !== 'unasked')
  return asked.find((failure) => failure.kind === 'silent') ?? asked[0] ?? failures[0] ?? unasked('UNKNOWN', 'no address could be tried')
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** Certificate verdicts of OpenSSL have names of their own, without a prefix. */
const certificateCode =
  /^(?:CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERROR_IN_CERT|ERROR_IN_CRL|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH|OUT_OF_MEM)/

function isTlsCode(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || certificateCode.test(code)
}

/** OpenSSL's short reason when it gave one: its whole message names its own source lines. */
function tlsReason(error: Error, code: string): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : `${error.message} (${code})`
}

/** Said to a connection that the server will not take, before it was asked anything; it closes after it. */
export function refusalOfConnection(error: RespError): ProbeFailure | null {
  if (/max number of clients/i.test(error.message)) {
    return { kind: 'answered', code: 'MAXCLIENTS', message: 'the node takes no more connections (maxclients)' }
  }
  return error.code === 'DENIED' ? { kind: 'answered', code: 'DENIED', message: 'the node is in protected mode' } : null
}

/**
 * A refused AUTH, or null when it does not matter: a node that wants no password is spoken to without one, since refusing would blind us.
 * The server's own text is not passed on: a server that does not know AUTH repeats its arguments.
 */
export function refusalOfAuth(error: RespError): ProbeFailure | null {
  if (/without any password|no password is set/i.test(error.message)) return null
  return error.code === 'WRONGPASS' || /invalid password/i.test(error.message)
    ? { kind: 'answered', code: 'WRONGPASS', message: 'the node does not accept this credential' }
    : { kind: 'answered', code: knownCode(error), message: `the node refused AUTH (${knownCode(error)})` }
}

/** Only words that we know: a foreign server's first word may be anything, also what we sent. */
function knownCode(error: RespError): string {
  return ['NOAUTH', 'NOPERM', 'LOADING', 'BUSY', 'MISCONF'].includes(error.code) ? error.code : 'ERR'
}
