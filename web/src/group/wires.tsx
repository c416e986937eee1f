// The lines of the graph: measured from where the cards really are, so that they follow every width.
import { useLayoutEffect, useRef, useState } from 'react'

export interface Wire {
  readonly from: string
  readonly to: string
  readonly kind: 'up' | 'down' | 'syncing' | 'seen' | 'unseen'
  /** Shown in the middle of the line. */
  readonly label: string
}

interface Drawn extends Wire {
  readonly path: string
  /** The label stands beside the line and not on it. */
  readonly round: boolean
  readonly x: number
  readonly y: number
}

/** Draws between the elements with `data-at` that stand beside it. What lines say stands in the cards too: they are for the eye. */
export function Wires({ wires }: { readonly wires: readonly Wire[] }) {
  const own = useRef<HTMLDivElement>(null)
  const [drawn, setDrawn] = useState<readonly Drawn[]>([])
  const key = JSON.stringify(wires)
  useLayoutEffect(() => {
    const box = own.current?.parentElement
    if (box == null) return
    const draw = (): void => setDrawn((JSON.parse(key) as Wire[]).flatMap((wire) => drawnIn(box, wire)))
    draw()
    const observer = new ResizeObserver(draw)
    observer.observe(box)
    for (const card of box.querySelectorAll('[data-at]')) observer.observe(card)
    return () => observer.disconnect()
  }, [key])
  return (
    <div ref={own} className="wires" aria-hidden="true">
      <svg>
        {drawn.map(({ from, to, kind, path }) => (
          <path key={`${from}>${to}`} d={path} className={`wire ${kind}`} />
        ))}
      </svg>
      {drawn
        .filter(({ label }) => label !== '')
        .map(({ from, to, kind, label, round, x, y }) => (
          <span key={`${from}>${to}`} className={`wire-label ${kind} ${round ? 'round' : ''}`} style={{ left: x, top: y }}>
            {label}
          </span>
        ))}
    </div>
  )
}

function drawnIn(box: HTMLElement, wire: Wire): Drawn[] {
  const [a, b] = [rectOf(box, wire.from), rectOf(box, wire.to)]
  if (a === null || b === null) return []
  // Above each other when the upper one ends before the lower one begins; else beside each other.
  const [upper, lower] = a.top <= b.top ? [a, b] : [b, a]
  if (lower.top - upper.bottom > farPx && Math.abs(upper.left - lower.left) < nearPx) return [around(wire, upper, lower)]
  const stacked = lower.top - upper.bottom > 8
  const [x1, y1, x2, y2] = stacked
    ? [middle(upper.left, upper.right), upper.bottom, middle(lower.left, lower.right), lower.top]
    : beside(a, b)
  const bend = stacked ? (y2 - y1) / 2 : 0
  const path = `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`
  return [{ ...wire, path, round: false, x: middle(x1, x2), y: middle(y1, y2) }]
}

/** Something stands between them in the same column: the line goes round it on the left. */
const farPx = 80
const nearPx = 40
const gutterPx = 9

function around(wire: Wire, upper: DOMRect, lower: DOMRect): Drawn {
  const x = Math.round(Math.min(upper.left, lower.left) - gutterPx)
  const [y1, y2] = [Math.round(upper.bottom - upper.height / 4), middle(lower.top, lower.bottom)]
  const path = `M${Math.round(upper.left)} ${y1}H${x}V${y2}H${Math.round(lower.left)}`
  return { ...wire, path, round: true, x: x + 3, y: Math.round(lower.top) - 13 }
}

function beside(a: DOMRect, b: DOMRect): [number, number, number, number] {
  const [left, right] = a.left <= b.left ? [a, b] : [b, a]
  return [left.right, middle(left.top, left.bottom), right.left, middle(right.top, right.bottom)]
}

function middle(a: number, b: number): number {
  return Math.round((a + b) / 2)
}

function rectOf(box: HTMLElement, at: string): DOMRect | null {
  const card = [...box.querySelectorAll<HTMLElement>('[data-at]')].find(({ dataset }) => dataset['at'] === at)
  if (card === undefined) return null
  const [inside, outside] = [card.getBoundingClientRect(), box.getBoundingClientRect()]
  return new DOMRect(inside.left - outside.left, inside.top - outside.top, inside.width, inside.height)
}
