// The mark as it stands in a node: one key, written by the canary, replicated with the data.
import type { Mark } from '../core/model.ts'
import { numberOf } from './info.ts'

/** The canary's key: one small string, written about once a second on the primary and replicated like any other. */
export const markKey = 'regroup:mark'

export function markText({ installation, group, epoch, seq, since, given }: Mark): string {
  const history = since === undefined && given === undefined ? '' : ` ${since ?? '-'}`
  return `v1 ${installation} ${group} ${epoch} ${seq}${history}${given === undefined ? '' : ` ${given}`}`
}

/**
 * `v1 <installation> <group> <epoch> <seq>`, and where it names a history the wall time at which that began, or `-`, and the latest epoch when moves
 * that were given up used some since; anything else is no mark.
 */
export function parseMark(text: string): Mark | null {
  const [version, installation, group, epoch, seq, since, given] = text.split(' ')
  if (version !== 'v1' || installation === undefined || group === undefined) return null
  return {
    installation,
    group,
    epoch: numberOf(epoch, 0),
    seq: numberOf(seq, 0),
    ...(since === undefined || since === '-' ? {} : { since: numberOf(since, 0) }),
    ...(given === undefined ? {} : { given: numberOf(given, 0) }),
  }
}
