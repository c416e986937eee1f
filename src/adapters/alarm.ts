// Real timers by name. After our own standstill sockets are read before time is acted on: an answer that waits is no silence.
import { stallMs } from '../core/limits.ts'
import type { Instant } from '../core/model.ts'
import type { Alarm, Clock } from '../ports.ts'

/** setTimeout takes no more; far instants are simply looked at again then. */
const longestMs = 60_000

export function createAlarm(clock: Clock): Alarm {
  const set = new Map<string, { readonly at: Instant; readonly timer: NodeJS.Timeout; ring: (lateMs: number) => void }>()
  function clear(name: string): void {
    const entry = set.get(name)
    if (entry !== undefined) clearTimeout(entry.timer)
    set.delete(name)
  }
  return {
    clear,
    set(name, at, ring) {
      const entry = set.get(name)
      if (entry?.at === at) {
        entry.ring = ring
        return
      }
      clear(name)
      const due = Math.min(at, clock.now() + longestMs)
      const timer = setTimeout(
        () => {
          const current = set.get(name)
          if (current?.timer !== timer) return
          const lateMs = clock.now() - due
          set.delete(name)
          if (lateMs > stallMs) setImmediate(() => current.ring(lateMs))
          else current.ring(lateMs)
        },
        Math.max(0, due - clock.now()),
      )
      set.set(name, { at, timer, ring })
    },
  }
}
