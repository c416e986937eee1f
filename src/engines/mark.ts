// The mark as it stands in a node: one key, written by the canary, replicated with the data.
import type { Mark } from '../core/model.ts'
import { numberOf } from './info.ts'

/** The canary's key: one small string, written about once a second on the primary and replicated like any other. */
export const markKey = 'regroup:mark'

/** `v1 <installation> <group> <epoch> <seq>`; anything else is somebody else's key and no mark. */
export function parseMark(text: string): Mark | null {
  const [version, installation, group, epoch, seq] = text.split(' ')
  if (version !== 'v1' || installation === undefined || group === undefined) return null
  return { installation, group, epoch: numberOf(epoch, 0), seq: numberOf(seq, 0) }
}
