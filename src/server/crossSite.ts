// Keeps other sites' pages from commanding this server: a browser sends their requests gladly, to this machine too.
import type { FastifyRequest } from 'fastify'
import { say } from '../core/said.ts'
import { UserError } from '../errors.ts'

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])
/** What a proxy adds: the request did not begin on this machine, although its last step did. */
const forwarding = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const

/**
 * Throws CROSS_SITE for a foreign Origin or a form's content type. `open`: nobody has to say who he is; then also for a name that is
 * not loopback (DNS rebinding) and for what a proxy passed on, since whoever reaches us may do everything.
 */
export function checkSite(request: Pick<FastifyRequest, 'method' | 'headers' | 'protocol'>, open: boolean): void {
  const { host, origin } = request.headers
  if (open) {
    if (host === undefined || !isLoopback(hostNameOf(host))) throw new UserError('CROSS_SITE', say('refusal.host', { host: shown(host) }))
    const proxy = forwarding.find((name) => request.headers[name] !== undefined)
    if (proxy !== undefined) throw new UserError('CROSS_SITE', say('refusal.proxied', { header: proxy }))
  }
  if (reading.has(request.method)) return
  // A proxy that ends TLS in front of us is another scheme at the same name.
  const own = open ? [`${request.protocol}://${host}`] : [`http://${host}`, `https://${host}`]
  if (origin !== undefined && !own.includes(origin)) throw new UserError('CROSS_SITE', say('refusal.origin', { origin: shown(origin) }))
  // A page of another site can send a form without asking first, but never this content type.
  const type = request.headers['content-type'] ?? ''
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    throw new UserError('CROSS_SITE', say('refusal.contentType', { type: shown(type) }))
}

/** localhost, 127.0.0.0/8 and ::1, as a name without port and brackets. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127(\.(0|[1-9]\d{0,2})){3}$/.test(host)
}

function hostNameOf(header: string): string {
  const split = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d{1,5})?$/.exec(header.toLowerCase())
  return split?.[1] ?? split?.[2] ?? ''
}

function shown(text: string | undefined): string {
  return text === undefined ? 'nothing' : JSON.stringify(text.slice(0, 100))
}
