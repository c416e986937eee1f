// A controller process in numbers: what it says of itself, and what the kernel says of it.
import { readFileSync } from 'node:fs'
import type { Controller } from '../harness/controller.ts'

export interface Sample {
  readonly at: number
  readonly cpuSeconds: number
  readonly rssMb: number
  readonly probes: number
  /** Since the sample before. */
  readonly loopDelayP99Ms: number
  readonly loopDelayMaxMs: number
  readonly healthy: number
  readonly failovers: number
  readonly logBytes: number
}

/** A machine that is too small for what is measured shall say so by its figures, not by a scrape that was given up. */
const scrapeLimitMs = 120_000
/** Clock ticks a second in /proc; a constant of Linux on every machine that Node runs on. */
const ticks = 100

export async function sample(controller: Controller): Promise<Sample> {
  const at = performance.now()
  const cpuSeconds = cpuOf(controller.pid)
  const page = await (await fetch(`${controller.url}/metrics`, { signal: AbortSignal.timeout(scrapeLimitMs) })).text()
  const values = (series: RegExp): number[] =>
    page
      .split('\n')
      .filter((line) => series.test(line))
      .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
  const sum = (series: RegExp): number => values(series).reduce((all, one) => all + one, 0)
  return {
    at,
    cpuSeconds,
    rssMb: sum(/^process_resident_memory_bytes /) / 1_048_576,
    probes: sum(/^regroup_probes_total\{/),
    loopDelayP99Ms: sum(/^regroup_loop_delay_seconds\{quantile="0\.99"\}/) * 1000,
    loopDelayMaxMs: sum(/^regroup_loop_delay_seconds\{quantile="1"\}/) * 1000,
    healthy: sum(/^regroup_group_state\{.*state="healthy"\}/),
    failovers: sum(/^regroup_group_failovers_total\{/),
    logBytes: controller.log.length,
  }
}

/** User and system time of the process with all its threads. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticks
}
