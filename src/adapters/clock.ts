// The real clock.
import type { Clock } from '../ports.ts'

/** Monotonic time from the process's start, wall time from the system. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
}
