// host:port as people write it. IPv6 stands in brackets and is kept in its shortest form, so that one address has one text.
import type { Address } from './model.ts'

const hostName = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/** "127.0.0.1:6379", "db-1.example:6379" or "[::1]:6379" to an address; null when it is none. Lower case; ports 1 to 65535. */
export function parseAddress(text: string): Address | null {
  const split = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text)
  if (split === null) return null
  const port = Number(split[3])
  if (port < 1 || port > 65535) return null
  const host = split[1] === undefined ? namedHost(split[2] ?? '') : shortIpv6(split[1])
  return host === null ? null : { host, port }
}

export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** Hosts as they are compared: this machine's loopback names are one, other names are compared as written. */
export function plainHost(host: string): string {
  return host === 'localhost' || host === '::1' ? '127.0.0.1' : host.toLowerCase()
}

/** Host and port name the same place. */
export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && sameHost(a.host, b.host)
}

/** `localhost` is 127.0.0.1; other names are compared as written. */
export function sameHost(a: string, b: string): boolean {
  return a === b || plainHost(a) === plainHost(b)
}

/** A host as it may stand in a spec: a name, an IPv4 or an IPv6 address without brackets. */
export function isHost(host: string): boolean {
  return host.includes(':') ? shortIpv6(host) === host : namedHost(host) === host
}

function namedHost(text: string): string | null {
  const host = text.toLowerCase()
  if (host.length > 253 || !hostName.test(host)) return null
  // Digits and dots only: an IPv4 address or a mistake, since no top-level domain is a number.
  if (/^[0-9.]+$/.test(host) && !isIpv4(host)) return null
  return host
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)
}

function shortIpv6(text: string): string | null {
  const url = URL.parse(`http://[${text}]`)
  return url === null ? null : url.hostname.slice(1, -1)
}
