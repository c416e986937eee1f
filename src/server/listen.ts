// Where a server listens, and what must be so before other machines may reach it.
import { parseAddress } from '../core/address.ts'
import type { Address } from '../core/model.ts'
import { UserError } from '../errors.ts'
import { isLoopback } from './crossSite.ts'

/** What `listen` says; port 0 takes a free one. Throws LISTEN_REFUSED. */
export function addressIn(text: string): Address {
  const address = text.endsWith(':0') ? zeroPort(text) : parseAddress(text)
  if (address === null) throw new UserError('LISTEN_REFUSED', `${JSON.stringify(text)} is no address to listen on; write 127.0.0.1:7070`)
  return address
}

/** For protocols without authentication. Throws LISTEN_REFUSED for an address that other machines reach. */
export function loopbackIn(text: string): Address {
  const address = addressIn(text)
  if (isLoopback(address.host)) return address
  throw new UserError(
    'LISTEN_REFUSED',
    `${text} can be reached from other machines and this protocol has no authentication; listen on 127.0.0.1 and forward the port`,
  )
}

/** Throws LISTEN_REFUSED for an address that other machines reach as long as nobody has to say who he is, or passwords would be read on the way. */
export function checkReach(text: string, demanded: boolean, isSafe: boolean): void {
  if (isLoopback(addressIn(text).host)) return
  if (demanded && !isSafe)
    throw new UserError(
      'LISTEN_REFUSED',
      `${text} can be reached from other machines, and without TLS passwords and tokens could be read on the way: give listen.cert and listen.key, or say listen.plainHttp: true when a proxy in front ends TLS`,
    )
  if (demanded) return
  throw new UserError(
    'LISTEN_REFUSED',
    `${text} can be reached from other machines and nobody was named yet who may use regroup: start it on 127.0.0.1:7070, add a user (\`regroup user add NAME --role admin\`), then listen here`,
  )
}

function zeroPort(text: string): Address | null {
  const address = parseAddress(`${text.slice(0, -1)}1`)
  return address === null ? null : { host: address.host, port: 0 }
}

/** What the system said about an address, as an error for people. */
export function listenError(error: unknown, listen: string): unknown {
  const code = error instanceof Error ? (error as { readonly code?: unknown }).code : undefined
  if (code === 'EADDRINUSE')
    return new UserError('LISTEN_REFUSED', `${listen} is taken by another process; stop it or listen on another port`)
  if (code === 'EADDRNOTAVAIL' || code === 'EACCES') return new UserError('LISTEN_REFUSED', `${listen} cannot be listened on (${code})`)
  return error
}
