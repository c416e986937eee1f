// How this process itself is doing: its CPU, its memory, and how late its loop runs.
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Vitals {
  /** User and system, since the process began. */
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly heapBytes: number
  /** Seconds since 1970. */
  readonly startedAt: number
  /** Seconds between two turns that were to be `samplingMs` apart, since it was read before. */
  readonly loopDelay: { readonly p50: number; readonly p99: number; readonly max: number }
}

/** The histogram's own timer; finer costs more turns than it tells. */
const samplingMs = 10
const nanoseconds = 1e9

/** Measures from now on. Each reading of `loopDelay` begins a new window; `read` and `recent` have windows of their own. */
export function startVitals(): { read(): Vitals; recent(): Vitals; stop(): void } {
  const [scraped, looked] = [monitorEventLoopDelay({ resolution: samplingMs }), monitorEventLoopDelay({ resolution: samplingMs })]
  const startedAt = Date.now() / 1000 - process.uptime()
  for (const histogram of [scraped, looked]) histogram.enable()
  return {
    read: () => vitalsOf(scraped, startedAt),
    recent: () => vitalsOf(looked, startedAt),
    stop() {
      for (const histogram of [scraped, looked]) histogram.disable()
    },
  }
}

function vitalsOf(histogram: ReturnType<typeof monitorEventLoopDelay>, startedAt: number): Vitals {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  const loopDelay = {
    p50: histogram.percentile(50) / nanoseconds,
    p99: histogram.percentile(99) / nanoseconds,
    max: histogram.max / nanoseconds,
  }
  histogram.reset()
  return { cpuSeconds: (user + system) / 1e6, residentBytes: rss, heapBytes: heapUsed, startedAt, loopDelay }
}
