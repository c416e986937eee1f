// What a proof shows: figures, tables for people, JSON for machines, and one exit code.
import Table from 'cli-table3'
import { machine, machineLine } from './machine.ts'

export interface Figures {
  readonly n: number
  readonly min: number
  readonly median: number
  readonly max: number
}

/** Null when nothing was measured; the median of an even number is the lower of the two. */
export function figures(values: readonly number[]): Figures | null {
  const sorted = [...values].sort((a, b) => a - b)
  const [min, median, max] = [sorted[0], sorted[(sorted.length - 1) >> 1], sorted.at(-1)]
  if (min === undefined || median === undefined || max === undefined) return null
  return { n: sorted.length, min: round(min), median: round(median), max: round(max) }
}

/** One decimal below 100, none above. */
export function round(value: number): number {
  return Math.abs(value) < 100 ? Math.round(value * 10) / 10 : Math.round(value)
}

export function figuresText(one: Figures | null): string {
  return one === null ? '-' : `${one.min} / ${one.median} / ${one.max}`
}

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const drawn = new Table({ head: [...head], style: { head: [], border: [] }, wordWrap: true })
  for (const row of rows) drawn.push(row.map(String))
  return drawn.toString()
}

/** `ok: false` is a promise that was broken on this machine, with the facts. */
export interface Violation {
  readonly where: string
  readonly what: string
  readonly facts: unknown
}

export interface Section {
  readonly title: string
  readonly text: string
  readonly data: unknown
}

export interface Report {
  readonly name: string
  readonly seed: number | null
  readonly sections: readonly Section[]
  readonly violations: readonly Violation[]
}

/** Prints the report and gives the exit code: 0 when every promise was kept, else 1. */
export function emit(report: Report, json: boolean): number {
  const where = machine()
  const ok = report.violations.length === 0
  if (json) {
    const sections = Object.fromEntries(report.sections.map((one) => [one.title, one.data]))
    console.log(
      JSON.stringify(
        { name: report.name, ok, at: new Date().toISOString(), machine: where, seed: report.seed, sections, violations: report.violations },
        null,
        2,
      ),
    )
    return ok ? 0 : 1
  }
  for (const section of report.sections) console.log(`\n${section.title}\n${section.text}`)
  for (const violation of report.violations)
    console.log(`\nVIOLATION ${violation.where}: ${violation.what}\n${JSON.stringify(violation.facts, null, 1).slice(0, 6_000)}`)
  console.log(`\n${report.name}: ${ok ? 'every promise kept' : `${report.violations.length} broken promises`}`)
  console.log(`on ${machineLine(where)}${report.seed === null ? '' : `, seed ${report.seed}`}`)
  return ok ? 0 : 1
}
