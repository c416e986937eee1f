// Whether parts of two readings say the same. Each field is written out: this runs for every answer, and a walk over keys takes many times as long.
import type { AccessUser, Upstream } from './model.ts'

export function sameUpstream(a: Upstream | null, b: Upstream | null): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  return (
    a.host === b.host &&
    a.port === b.port &&
    a.linkUp === b.linkUp &&
    a.syncing === b.syncing &&
    a.failed === b.failed &&
    a.waiting === b.waiting
  )
}

export function sameUsers(a: readonly AccessUser[] | undefined, b: readonly AccessUser[] | undefined): boolean {
  return sameList(a, b, sameUser)
}

function sameUser(a: AccessUser, b: AccessUser): boolean {
  return a.name === b.name && sameList(a.rules, b.rules, Object.is)
}

/** Lists that are not there are the same, too. */
export function sameList<T>(a: readonly T[] | undefined, b: readonly T[] | undefined, same: (a: T, b: T) => boolean): boolean {
  if (a === b) return true
  return a !== undefined && a.length === b?.length && a.every((each, index) => same(each, b[index] as T))
}
