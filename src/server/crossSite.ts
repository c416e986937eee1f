// Keeps other sites' pages from commanding a server on this machine: a browser sends their requests to loopback gladly.
import type { FastifyRequest } from 'fastify'
import { UserError } from '../errors.ts'

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Throws CROSS_SITE for a name that is not loopback (DNS rebinding), a foreign Origin, or a form's content type. */
export function checkSite(request: Pick<FastifyRequest, 'method' | 'headers'>): void {
  const { host, origin } = request.headers
  if (host === undefined || !isLoopback(hostNameOf(host))) {
    throw new UserError('CROSS_SITE', `the Host header says ${shown(host)}, but this server answers to localhost, 127.0.0.1 and [::1] only`)
  }
  if (reading.has(request.method)) return
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new UserError('CROSS_SITE', `the Origin header says ${shown(origin)}; only this server's own page may send commands`)
  }
  // A page of another site can send a form without asking first, but never this content type.
  const type = request.headers['content-type'] ?? ''
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw new UserError('CROSS_SITE', `the content type is ${shown(type)}; send application/json, with {} when there is nothing to say`)
  }
}

/** localhost, 127.0.0.0/8 and ::1, as a name without port and brackets. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.(0|[1-9]\d{0,2})){3}$/.test(host)
}

function hostNameOf(header: string): string {
  const split = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d{1,5})?$/.exec(header.toLowerCase())
  return split?.[1] ?? split?.[2] ?? ''
}

function shown(text: string | undefined): string {
  return text === undefined ? 'nothing' : JSON.stringify(text.slice(0, 100))
}
