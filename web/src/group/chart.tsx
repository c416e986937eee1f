// One measure of every node over time. The canvas is for the eye; the newest values stand below it as text.
import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import { clockTime } from '../words/figures.ts'

/** Distinct in both themes and to eyes that see less colour; each has a dash of its own too. */
const strokes = ['--chart-1', '--chart-2', '--chart-3', '--chart-4', '--chart-5', '--chart-6'] as const
const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 2]]
const height = 190
const axisWidth = 68
const axisHeight = 28

export interface Line {
  readonly name: string
  readonly values: readonly (number | null)[]
}

interface ChartProps {
  readonly title: string
  readonly endsAt: number
  readonly everyMs: number
  readonly lines: readonly Line[]
  readonly text: (value: number) => string
  /** The least top of the axis: what is nothing must not look like a mountain. */
  readonly least: number
  /** Steps of the axis are powers of two: bytes. */
  readonly binary: boolean
  /** Changes with the theme, so that the canvas takes the new colours. */
  readonly theme: string
}

export function Chart({ title, endsAt, everyMs, lines, text, least, binary, theme }: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const names = lines.map(({ name }) => name).join(' ')
  useEffect(() => {
    if (box.current === null) return
    const made = new uPlot(optionsOf(box.current, names.split(' '), { text, least, binary }), [[]], box.current)
    plot.current = made
    const observer = new ResizeObserver(() => {
      if (box.current !== null) made.setSize({ width: box.current.clientWidth, height })
    })
    observer.observe(box.current)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = null
    }
    // oxlint-disable-next-line react/exhaustive-deps
  }, [names, theme])
  useEffect(() => {
    const count = lines[0]?.values.length ?? 0
    const times = Array.from({ length: count }, (_, index) => (endsAt - (count - 1 - index) * everyMs) / 1000)
    plot.current?.setData([times, ...lines.map(({ values }) => [...values])])
  }, [lines, endsAt, everyMs, names, theme])
  return (
    <figure className="panel chart">
      <figcaption>
        <h2>{title}</h2>
        <ul className="legend">
          {lines.map(({ name, values }, at) => (
            <li key={name}>
              <svg viewBox="0 0 22 4" aria-hidden="true">
                <path d="M0 2h22" style={{ stroke: `var(${strokeOf(at)})`, strokeDasharray: dashOf(at).join(' ') }} />
              </svg>
              {name} <b>{newest(values, text)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={box} className="plot" aria-hidden="true" />
    </figure>
  )
}

function strokeOf(at: number): string {
  return strokes[at % strokes.length] ?? strokes[0]
}

function dashOf(at: number): readonly number[] {
  return dashes[at % dashes.length] ?? []
}

function newest(values: readonly (number | null)[], text: (value: number) => string): string {
  const value = values.at(-1) ?? values.at(-2) ?? null
  return value === null ? '–' : text(value)
}

const powers = Array.from({ length: 45 }, (_, power) => 2 ** power)

function optionsOf(
  box: HTMLElement,
  names: readonly string[],
  { text, least, binary }: Pick<ChartProps, 'text' | 'least' | 'binary'>,
): uPlot.Options {
  const style = getComputedStyle(box)
  const color = (name: string): string => {
    // Resolves light-dark(), which a canvas does not know.
    box.style.color = `var(${name})`
    const found = getComputedStyle(box).color
    box.style.color = ''
    return found
  }
  const axis = {
    stroke: color('--ink-3'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  }
  return {
    width: box.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(least, (high ?? 0) * 1.1)] } },
    axes: [
      { ...axis, size: axisHeight, values: (_, splits) => splits.map((second) => clockTime(second * 1000).slice(0, 5)) },
      { ...axis, ...(binary ? { incrs: powers } : {}), size: axisWidth, values: (_, splits) => splits.map((value) => text(value)) },
    ],
    series: [
      {},
      ...names.map((label, at) => ({
        label,
        stroke: color(strokeOf(at)),
        width: 1.6,
        dash: [...dashOf(at)],
        points: { show: true, size: 3, stroke: color(strokeOf(at)), fill: color(strokeOf(at)) },
        spanGaps: false,
      })),
    ],
  }
}
