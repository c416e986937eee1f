// Under which hosts this machine is known.
import { hostname, networkInterfaces } from 'node:os'
import { plainHost } from '../core/address.ts'

/** Its addresses and its name, as hosts of nodes are compared. */
export function ownHosts(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((some) => (some ?? []).map(({ address }) => address))
  return new Set(['127.0.0.1', hostname(), ...addresses].map(plainHost))
}
