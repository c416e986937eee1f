// The one HTTP client of the CLI. Every way an exchange can fail becomes an error a person can act on.
import { UserError, isErrorCode } from '../errors.ts'
import { EventParser } from './sse.ts'
import type { ServerEvent } from './sse.ts'

/** The server answers a command when it was decided, which waits for a store; more than this is no answer. */
const answerTimeoutMs = 30_000
/** The server says something every 15 s. */
const silenceMs = 35_000

export class Client {
  readonly url: string
  readonly #by: string
  readonly #secret: string | null

  /** `secret`: a token or that of a login; null when the server knows nobody yet. Throws BAD_INPUT when `url` is none. */
  constructor(url: string, by: string, secret: string | null) {
    const parsed = URL.parse(url)
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      throw new UserError('BAD_INPUT', `${JSON.stringify(url)} is no URL of a server; write http://127.0.0.1:7070`)
    }
    this.url = url.replace(/\/+$/, '')
    this.#by = by
    this.#secret = secret
  }

  /** The same server, asked as somebody else; null: without saying who asks. */
  as(secret: string | null): Client {
    return new Client(this.url, this.#by, secret)
  }

  /** Throws the server's own error codes, and NO_SERVER. */
  async get<T>(path: string): Promise<T> {
    return await this.#exchange<T>(path, { headers: {} })
  }

  /** As `get`. A connection that is cut in the middle leaves open whether it was done, and the error says so. */
  async post<T>(path: string, body: unknown): Promise<T> {
    return await this.send<T>('POST', path, body)
  }

  async send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json', 'x-regroup-by': this.#by }
    return await this.#exchange<T>(path, { method, headers, body: JSON.stringify(body) })
  }

  async #exchange<T>(path: string, init: RequestInit): Promise<T> {
    const response = await this.#reached(path, { ...init, signal: AbortSignal.timeout(answerTimeoutMs) })
    const text = await response.text().catch((error: unknown) => this.#cut(error, init.method !== undefined))
    const value = jsonOf(text)
    if (!response.ok) throw this.#refused(value)
    if (value === undefined) throw this.#noServer('something else answers there')
    return value as T
  }

  /** A body as it comes; a server that says nothing for too long ends it. Throws the server's own error codes, and NO_SERVER. */
  async download(path: string): Promise<AsyncIterable<Uint8Array>> {
    const silence = new AbortController()
    const timer = setTimeout(() => silence.abort(), silenceMs).unref()
    const response = await this.#reached(path, { signal: silence.signal })
    if (!response.ok) throw this.#refused(jsonOf(await response.text()))
    return this.#pieces(response, timer)
  }

  async *#pieces(response: Response, timer: NodeJS.Timeout): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of response.body ?? []) {
        timer.refresh()
        yield piece
      }
    } catch (error) {
      this.#cut(error, false)
    } finally {
      clearTimeout(timer)
    }
  }

  /** The events from now on; they end when the connection does, is silent for too long, or `stop` says so. Throws NO_SERVER. */
  async events(stop: AbortSignal): Promise<AsyncIterable<ServerEvent>> {
    const silence = new AbortController()
    // Unreferenced: while the connection stands it keeps the process alive, and nothing else of ours should.
    const timer = setTimeout(() => silence.abort(), silenceMs).unref()
    const response = await this.#reached('/events', { signal: AbortSignal.any([stop, silence.signal]) })
    if (!response.ok) throw this.#refused(jsonOf(await response.text()))
    return readEvents(response, timer)
  }

  async #reached(path: string, init: RequestInit): Promise<Response> {
    try {
      const secret: Record<string, string> = this.#secret === null ? {} : { authorization: `Bearer ${this.#secret}` }
      return await fetch(this.url + path, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), ...secret },
        redirect: 'error',
      })
    } catch (error) {
      const cause = causeOf(error)
      if (neverArrived.has(cause)) throw this.#noServer(null)
      const problem = tlsProblem(cause)
      if (problem !== null) throw new UserError('NO_SERVER', `${this.url}: ${problem}`)
      return this.#cut(error, init.method !== undefined)
    }
  }

  #cut(error: unknown, isCommand: boolean): never {
    const how =
      error instanceof Error && error.name === 'TimeoutError' ? `did not answer within ${answerTimeoutMs / 1000} s` : 'ended the connection'
    const way = isCommand ? '; whether the command was carried out is not known: look with `regroup status`' : ''
    const tls = this.url.startsWith('http:') ? '. If it speaks TLS, say https:// in --server or REGROUP_SERVER' : ''
    throw new UserError('NO_SERVER', `the server at ${this.url} ${how}${way}${tls}`)
  }

  #noServer(why: string | null): UserError {
    const reason = why === null ? '' : ` (${why})`
    return new UserError('NO_SERVER', `no regroup server answers at ${this.url}${reason}; start one with \`regroup server\``)
  }

  #refused(value: unknown): UserError {
    const problem = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
    const { code, detail, details } = problem
    if (typeof code !== 'string' || typeof detail !== 'string') return this.#noServer('something else answers there')
    const lines = Array.isArray(details) ? details.map(String) : []
    return isErrorCode(code) ? new UserError(code, detail, lines) : new UserError('INTERNAL', `${code}: ${detail}`, lines)
  }
}

async function* readEvents(response: Response, timer: NodeJS.Timeout): AsyncGenerator<ServerEvent> {
  const parser = new EventParser()
  try {
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      timer.refresh()
      yield* parser.push(piece)
    }
  } catch {
    // Cut, silent or stopped: for the reader all of them are the end.
  } finally {
    clearTimeout(timer)
  }
}

/** The server cannot have seen the request. */
const neverArrived: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Why nothing was asked over TLS, with the way out; null when TLS is not what failed. */
function tlsProblem(cause: unknown): string | null {
  switch (cause) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'nobody whom this machine trusts vouches for its certificate; name the authority that does: NODE_EXTRA_CA_CERTS=ca.pem'
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired; the server uses a renewed one within 5 s'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another name; ask by the name that stands in it'
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'it does not speak TLS; say http:// in --server or REGROUP_SERVER'
    default:
      return null
  }
}

function causeOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : null
  return typeof cause === 'object' && cause !== null ? (cause as { readonly code?: unknown }).code : undefined
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
