// What every story is: a scenario played several times on real servers, with figures and promises.
import { facts } from '../harness/check.ts'
import type { ClientOptions } from '../harness/client.ts'
import type { Controller } from '../harness/controller.ts'
import { type Section, type Violation, figures, figuresText, table } from '../harness/report.ts'
import type { Group } from '../harness/servers.ts'

export interface Told {
  readonly sections: readonly Section[]
  readonly violations: readonly Violation[]
}

export interface StoryOptions {
  /** How often each variant is played; null: the story's own number. */
  readonly runs: number | null
  readonly seed: number
  /** Progress, for a person who waits. */
  readonly say: (line: string) => void
}

export type Story = (options: StoryOptions) => Promise<Told>

/** Collects what the runs of one story saw. */
export class Notebook {
  readonly violations: Violation[] = []
  readonly #rows = new Map<string, Map<string, number[]>>()

  /** How often something happened in the runs of a variant. */
  count(variant: string, what: string, happened: boolean): void {
    this.measure(variant, `${what} (runs)`, happened ? 1 : 0)
  }

  /** One measured value of a variant. */
  measure(variant: string, figure: string, value: number): void {
    const figures = this.#rows.get(variant) ?? new Map<string, number[]>()
    this.#rows.set(variant, figures)
    figures.set(figure, [...(figures.get(figure) ?? []), value])
  }

  /** A promise that is not kept is a violation with the facts as they are now. */
  async promise(
    where: string,
    what: string,
    kept: boolean,
    note: string,
    group: Group,
    controller: Controller,
    client: ClientOptions = {},
  ): Promise<void> {
    if (!kept) this.violations.push({ where, what: `${what}: ${note}`, facts: await facts(group, controller, client) })
  }

  /** What a run throws is a violation too; the next run goes on. */
  async attempt(where: string, group: Group, controller: Controller, play: () => Promise<void>, client: ClientOptions = {}): Promise<void> {
    try {
      await play()
    } catch (error) {
      const said = await facts(group, controller, client)
      this.violations.push({
        where,
        what: error instanceof Error ? error.message : String(error),
        facts: said,
      })
    }
  }

  /** A group that does not start is a violation of its run; the next run goes on. Null then. */
  async started(where: string, start: () => Promise<Group>): Promise<Group | null> {
    try {
      return await start()
    } catch (error) {
      const what = `the group did not start: ${error instanceof Error ? error.message : String(error)}`
      this.violations.push({ where, what, facts: null })
      return null
    }
  }

  section(title: string): Section {
    const rows = [...this.#rows].flatMap(([variant, all]) =>
      [...all].map(([figure, values]) => ({ variant, figure, ...figures(values), values })),
    )
    const text = table(
      ['variant', 'figure', 'n', 'min / median / max'],
      rows.map((row, at) => [rows[at - 1]?.variant === row.variant ? '' : row.variant, row.figure, row.values.length, textOf(row)]),
    )
    return { title, text, data: rows }
  }
}

/** Of what is counted in runs, the sum says more than the middle. */
function textOf(row: { readonly figure: string; readonly values: readonly number[] }): string {
  if (row.figure.endsWith('(runs)')) return `${row.values.reduce((sum, value) => sum + value, 0)} of ${row.values.length}`
  return figuresText(figures(row.values))
}
