// The mark as it stands in a node: one key, written by the canary, replicated with the data.
import type { Mark } from '../core/model.ts'
import { numberOf } from './info.ts'

/** The canary's key: one small string, written about once a second on the primary and replicated like any other. */
export const markKey = 'regroup:mark'

export function markText({ installation, group, epoch, seq, since }: Mark): string {
  return `v1 ${installation} ${group} ${epoch} ${seq}${since === undefined ? '' : ` ${since}`}`
}

/** `v1 <installation> <group> <epoch> <seq>`, and where it names a history the wall time at which that began; anything else is no mark. */
export function parseMark(text: string): Mark | null {
  const [version, installation, group, epoch, seq, since] = text.split(' ')
  if (version !== 'v1' || installation === undefined || group === undefined) return null
  const mark = { installation, group, epoch: numberOf(epoch, 0), seq: numberOf(seq, 0) }
  return since === undefined ? mark : { ...mark, since: numberOf(since, 0) }
}
