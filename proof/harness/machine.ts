// What a figure was measured on.
import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  /** Over the last minute, when the report was made. */
  readonly load: number
  readonly kernel: string
  readonly node: string
  readonly redis: string
}

export function machine(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() || 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    kernel: release(),
    node: process.versions.node,
    redis: redisVersion() ?? 'not installed',
  }
}

/** Null when redis-server is not on the PATH. */
export function redisVersion(): string | null {
  try {
    return /v=(\S+)/.exec(execFileSync('redis-server', ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown'
  } catch {
    return null
  }
}

export function machineLine(one: Machine): string {
  return `${one.cores} x ${one.cpu}, load ${one.load}, Linux ${one.kernel}, Node ${one.node}, Redis ${one.redis}`
}
