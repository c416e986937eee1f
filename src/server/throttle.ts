// How often one asker may try: a bucket for each key, refilled by time. The number of keys is bounded.

/** An attacker who sends more names than this pushes out the oldest ones; his own address stops him long before. */
const maxKeys = 10_000

export interface Throttle {
  /** Takes one; false when there is none left. */
  take(key: string): boolean
  /** Puts back what `take` took: it was no attempt that counts. */
  giveBack(key: string): void
  /** Seconds until there is one again, at least 1. */
  retryAfter(key: string): number
}

interface Bucket {
  readonly left: number
  readonly at: number
}

/** `burst` at once, then one each `everyMs`. `now`: milliseconds that do not go back. */
export function throttle(burst: number, everyMs: number, now: () => number): Throttle {
  const buckets = new Map<string, Bucket>()
  const look = (key: string): Bucket => {
    const at = now()
    const bucket = buckets.get(key)
    if (bucket === undefined) return { left: burst, at }
    return { left: Math.min(burst, bucket.left + Math.max(0, at - bucket.at) / everyMs), at }
  }
  const put = (key: string, bucket: Bucket): void => {
    // The last used stands last.
    buckets.delete(key)
    if (bucket.left >= burst) return
    const [oldest] = buckets.keys()
    if (buckets.size >= maxKeys && oldest !== undefined) buckets.delete(oldest)
    buckets.set(key, bucket)
  }
  return {
    take(key) {
      const bucket = look(key)
      if (bucket.left < 1) return false
      put(key, { ...bucket, left: bucket.left - 1 })
      return true
    },
    giveBack(key) {
      const bucket = look(key)
      put(key, { ...bucket, left: bucket.left + 1 })
    },
    retryAfter: (key) => Math.max(1, Math.ceil(((1 - look(key).left) * everyMs) / 1000)),
  }
}
