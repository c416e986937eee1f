// What charts show: the lag, load and probe time of every node, an hour finely and a day coarsely. In memory only, and bounded.
import type { NodeFigures } from '../core/status.ts'

export const metrics = ['lagBytes', 'opsPerSec', 'usedMemoryBytes', 'probeMs'] as const
export type Metric = (typeof metrics)[number]

/** How far apart points are and how many there are: an hour, and a day. */
export const spans = { hour: { everyMs: 10_000, points: 360 }, day: { everyMs: 300_000, points: 288 } } as const
export type Span = keyof typeof spans

/** 648 points of 4 metrics of 4 bytes are 10 KiB for a node: 1,000 groups of 5 nodes are 52 MB. */
export const maxNodes = 6000
/** A group takes its turn within a round, so that one tick is a fraction of the work. */
export const tickMs = 1000
const ticksInRound = spans.hour.everyMs / tickMs
const fineInCoarse = spans.day.everyMs / spans.hour.everyMs

export interface Points {
  /** Of the last point, milliseconds since 1970; those before are `everyMs` apart. */
  readonly endsAt: number
  readonly everyMs: number
  /** Oldest first; null where nothing was known. */
  readonly nodes: Readonly<Record<string, Readonly<Record<Metric, readonly (number | null)[]>>>>
}

/** A ring for each metric of one node. Four bytes are enough for a chart: seven digits. */
class Ring {
  readonly values: Float32Array
  readonly #points: number

  constructor(points: number) {
    this.#points = points
    this.values = new Float32Array(points * metrics.length).fill(NaN)
  }

  put(round: number, of: (metric: Metric) => number | null): void {
    for (const [index, metric] of metrics.entries()) this.values[index * this.#points + (round % this.#points)] = of(metric) ?? NaN
  }

  /** The newest `count` points up to `round`. */
  read(metric: Metric, round: number, count: number): (number | null)[] {
    const start = metrics.indexOf(metric) * this.#points
    return Array.from({ length: count }, (_, index) => {
      const at = round - count + 1 + index
      const value = at < 0 ? NaN : (this.values[start + (at % this.#points)] ?? NaN)
      return Number.isNaN(value) ? null : value
    })
  }
}

interface NodeRings {
  readonly hour: Ring
  readonly day: Ring
  /** Sums of the coarse point that is being made, and how many values stand in each. */
  readonly sums: Float64Array
  readonly counts: Uint16Array
}

interface GroupRings {
  nodes: Map<string, NodeRings>
  /** The last round that was put in. */
  round: number
}

export class Series {
  readonly #groups = new Map<string, GroupRings>()
  #ticks = 0
  #nodes = 0

  /** Takes a tenth of the groups in; called once a second. `wall`: milliseconds since 1970. */
  tick(groups: readonly string[], figuresOf: (group: string) => readonly NodeFigures[] | null, wall: number): void {
    const part = this.#ticks++ % ticksInRound
    if (part === 0) this.#forget(new Set(groups))
    const round = Math.floor(wall / spans.hour.everyMs)
    for (const [index, group] of groups.entries()) {
      const nodes = index % ticksInRound === part ? figuresOf(group) : null
      if (nodes !== null) this.#take(group, nodes, round)
    }
  }

  /** Null when nothing is known of the group yet. */
  read(group: string, span: Span): Points | null {
    const rings = this.#groups.get(group)
    if (rings === undefined) return null
    const { everyMs, points } = spans[span]
    // A coarse point is there when its five minutes are over.
    const round = span === 'hour' ? rings.round : Math.floor((rings.round + 1) / fineInCoarse) - 1
    const of = (node: NodeRings) => Object.fromEntries(metrics.map((metric) => [metric, node[span].read(metric, round, points)]))
    const nodes = Object.fromEntries([...rings.nodes].map(([id, node]) => [id, of(node) as Record<Metric, (number | null)[]>]))
    return { endsAt: round * everyMs, everyMs, nodes }
  }

  /** What all rings hold, in bytes. */
  get bytes(): number {
    let bytes = 0
    for (const { nodes } of this.#groups.values())
      for (const { hour, day, sums, counts } of nodes.values())
        bytes += hour.values.byteLength + day.values.byteLength + sums.byteLength + counts.byteLength
    return bytes
  }

  #take(group: string, nodes: readonly NodeFigures[], round: number): void {
    const rings = this.#groups.get(group) ?? { nodes: new Map<string, NodeRings>(), round: round - 1 }
    this.#groups.set(group, rings)
    const ids = new Set(nodes.map((node) => node.id))
    for (const id of rings.nodes.keys()) if (!ids.has(id) && rings.nodes.delete(id)) this.#nodes--
    // A clock that went back writes nothing until it is where it was; one that jumped leaves holes.
    if (round <= rings.round) return
    const from = Math.max(rings.round + 1, round - spans.day.points * fineInCoarse)
    for (const node of nodes) {
      const ring = rings.nodes.get(node.id) ?? this.#add(rings, node.id)
      if (ring === null) continue
      // A turn that came a little late skipped one point; that is no hole.
      for (let missed = from; missed < round; missed++) put(ring, missed, round - from === 1 ? node : null)
      put(ring, round, node)
    }
    rings.round = round
  }

  #add(rings: GroupRings, id: string): NodeRings | null {
    if (this.#nodes >= maxNodes) return null
    const node = {
      hour: new Ring(spans.hour.points),
      day: new Ring(spans.day.points),
      sums: new Float64Array(metrics.length),
      counts: new Uint16Array(metrics.length),
    }
    rings.nodes.set(id, node)
    this.#nodes++
    return node
  }

  #forget(groups: ReadonlySet<string>): void {
    for (const [group, { nodes }] of this.#groups) {
      if (groups.has(group)) continue
      this.#nodes -= nodes.size
      this.#groups.delete(group)
    }
  }
}

/** One fine point; the last of a coarse one makes the mean of what was known. */
function put(rings: NodeRings, round: number, node: NodeFigures | null): void {
  const { hour, day, sums, counts } = rings
  const valueOf = (metric: Metric): number | null => (node === null ? null : node[metric])
  hour.put(round, valueOf)
  for (const [index, metric] of metrics.entries()) {
    const value = valueOf(metric)
    if (value === null) continue
    sums[index] = (sums[index] ?? 0) + value
    counts[index] = (counts[index] ?? 0) + 1
  }
  if ((round + 1) % fineInCoarse !== 0) return
  day.put(Math.floor(round / fineInCoarse), (metric) => {
    const index = metrics.indexOf(metric)
    const count = counts[index] ?? 0
    return count === 0 ? null : (sums[index] ?? 0) / count
  })
  sums.fill(0)
  counts.fill(0)
}
