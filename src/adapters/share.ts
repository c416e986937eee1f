/**
 * The same as `is`, made of what `last` is made of as far as they agree: of a node's answers nearly everything stays, and what is held twice is
 * copied and compared again and again. `is` was made just now and is nobody else's yet: it is taken apart, not copied. Plain values only.
 */
export function sharedWith<T>(last: T | null, is: T): T {
  return shared(last, is) as T
}

type Parts = Record<string, unknown>

function shared(last: unknown, is: unknown): unknown {
  // Of two equal texts the older one: the newer would keep the whole answer that it was cut out of.
  if (last === is) return last
  if (!isParts(last) || !isParts(is) || Array.isArray(last) !== Array.isArray(is)) return is
  let known = 0
  let same = true
  for (const key in is) {
    const part = shared(last[key], is[key])
    is[key] = part
    same &&= part === last[key] && key in last
    known++
  }
  if (!same) return is
  for (const _ in last) known--
  return known === 0 ? last : is
}

function isParts(value: unknown): value is Parts {
  return typeof value === 'object' && value !== null
}
