// The history of a seed: its nodes, its policy, how the group is found, and what is done to it.
import type { Policy } from '../core/model.ts'
import { Dice } from './dice.ts'
import {
  type Ailment,
  type Deed,
  type Op,
  type OpKind,
  type Plan,
  type PlannedNode,
  clientHosts,
  controllerName,
  hostOf,
  quietMs,
  strangerName,
} from './plan.ts'
import { type Told, drawStory, forgotten, starvation } from './stories.ts'

/** mixed: one or the other, by the seed. */
export type Engines = 'redis' | 'pika' | 'mixed'

/** The history of a seed: at least `minutes` of faults. Of one seed the servers differ by the engine, and nothing else. */
export function planOf(seed: number, minutes: number, engines: Engines = 'redis'): Plan {
  return onEngine(drawPlan(seed, minutes), engines)
}

export function onEngine(plan: Plan, engines: Engines): Plan {
  const isPika = engines === 'pika' || (engines === 'mixed' && Dice.of(plan.seed ^ 0x91ca).chance(0.5))
  return isPika ? { ...plan, engine: 'pika' } : plan
}

function drawPlan(seed: number, minutes: number): Plan {
  const dice = Dice.of(seed)
  const count = 1 + Number(dice.weighted({ 1: 30, 2: 50, 3: 20 }))
  const nodes = Array.from({ length: count }, (_, index) => drawNode(dice.fork(), index))
  const policy = drawPolicy(dice.fork())
  const clients = Array.from({ length: 1 + dice.below(3) }, (_, index) => ({
    follows: index === 0 || dice.chance(0.5),
    gapMs: dice.between(150, 900),
    node: dice.pick(nodes).id,
    valueBytes: dice.chance(0.3) ? 2000 : 20,
  }))
  const faultsMs = quietMs + minutes * 60_000
  const ops = drawOps(dice.fork(), nodes, faultsMs)
  const pace = dice.chance(0.2) ? dice.between(0.999, 1.001) : 1
  const found = dice.weighted({ led: 40, fresh: 40, full: 5, nowhere: 5, down: 5, stranger: 5, paused: 4 })
  const neighbours = dice.chance(0.1) ? 3 : 0
  // Drawn last: what was drawn before stays what it was before there was this.
  const preferring = { ...policy, ...drawFailback(dice) }
  const planned = ops.map((op) => perhapsLater(dice, op))
  const farMs = dice.chance(0.15) ? dice.between(10, 150) : 0
  const last = dice.chance(forgottenShare) ? forgotten(dice, nodes, faultsMs) : { ops: [], until: faultsMs }
  const starved = dice.chance(starvedShare) ? drawStarvation(dice, nodes, faultsMs) : null
  const others = planned.filter((op) => starved === null || op.at < starved.from || op.at >= starved.until)
  const told = { faultsMs: last.until, ops: [...others, ...(starved?.ops ?? []), ...last.ops] }
  return { seed, nodes, policy: preferring, found, neighbours, clients, pace, farMs, ...told }
}

/** How many histories have a starved controller; nothing else begins meanwhile. */
const starvedShare = 0.12
const starvationMs = 100_000

function drawStarvation(dice: Dice, nodes: readonly PlannedNode[], faultsMs: number): (Told & { readonly from: number }) | null {
  if (faultsMs - quietMs < starvationMs) return null
  const from = dice.between(quietMs, faultsMs - starvationMs)
  return { from, ...starvation(dice, nodes, from) }
}

const forgottenShare = 0.1

/** A window is a matter of the clock alone; here it is either always open or there is none. */
function drawFailback(dice: Dice): Partial<Policy> {
  return dice.chance(0.3) ? { failback: 'atOnce', failbackAfterMs: dice.pick([1_000, 5_000, 20_000]) } : {}
}

/** Some operators are asleep when they want a switchover. */
function perhapsLater(dice: Dice, op: Op): Op {
  return op.kind === 'switchover' && dice.chance(0.3) ? { ...op, inMs: dice.between(100, 60_000) } : op
}

function drawNode(dice: Dice, index: number): PlannedNode {
  return {
    id: `n${index + 1}`,
    host: hostOf(index),
    persistence: dice.weighted({ aof: 50, rdb: 30, none: 20 }),
    hasFile: !dice.chance(0.08),
    priority: dice.pick([100, 100, 100, 50]),
    transferMs: dice.chance(0.2) ? dice.between(200, 4000) : dice.between(2, 40),
    loadMs: dice.chance(0.2) ? dice.between(200, 3000) : dice.between(1, 20),
    backlogBytes: dice.chance(0.3) ? 4_000 : 1_048_576,
    snapshotEveryMs: dice.between(5_000, 120_000),
  }
}

function drawPolicy(dice: Dice): Partial<Policy> {
  const probeEveryMs = dice.weighted({ 250: 40, 500: 30, 1000: 30 })
  const silentAfterMs = Number(probeEveryMs) * dice.pick([3, 4, 6])
  return {
    probeEveryMs: Number(probeEveryMs),
    silentAfterMs,
    retryDownMs: dice.pick([100, 300, 1000]),
    guard: dice.weighted({ auto: 60, on: 20, off: 20 }),
    bootFence: !dice.chance(0.2),
    acceptSplitRisk: dice.weighted({ auto: 70, always: 15, never: 15 }),
    acceptStaleRisk: dice.chance(0.15),
    inSyncMaxLagBytes: dice.pick([8_192, 65_536, 1_048_576]),
    parallelSyncs: dice.pick([1, 1, 2]),
    canaryEveryMs: dice.pick([1000, 1000, 2000]),
    betterCandidateMs: dice.pick([0, 2000, 5000]),
  }
}

/** What is drawn by itself; the rest comes in stories. */
type Single = Exclude<OpKind, 'controllerStarved'>

const rates: Readonly<Record<Single, number>> = {
  stop: 22,
  freeze: 10,
  isolate: 10,
  cut: 8,
  slow: 5,
  refuse: 3,
  reset: 3,
  ail: 6,
  controllerCrash: 5,
  controllerStall: 4,
  storeTrouble: 3,
  wallJump: 1,
  backUp: 0.6,
  restore: 0.4,
  switchover: 6,
  failover: 0.8,
  pause: 1,
  maintain: 1,
  priority: 1,
  handReplicaof: 0.7,
  handMove: 1,
  readdress: 0.4,
  wrongAddress: 0.4,
  noDescriptors: 1,
  ambush: 6,
}

/** Each seed has its own weather: most kinds as they are, some often, some never. */
function drawOps(dice: Dice, nodes: readonly PlannedNode[], faultsMs: number): Op[] {
  const weights = { ...rates }
  for (const kind of Object.keys(weights) as Single[]) weights[kind] *= dice.pick([0, 0.5, 1, 1, 3])
  if (Object.values(weights).every((weight) => weight === 0)) weights.stop = 1
  const meanMs = dice.pick([4_000, 10_000, 20_000, 40_000])
  const ops: Op[] = []
  let at = quietMs
  for (;;) {
    // Faults come alone, and in bursts that hit while the last one is dealt with.
    at += dice.chance(0.25) ? dice.gap(300) : dice.gap(meanMs)
    if (at >= faultsMs) return ops
    if (dice.chance(storyShare)) {
      const story = drawStory(dice, nodes, at)
      ops.push(...story.ops)
      at = story.until
    } else ops.push({ at, ...drawOp(dice, dice.weighted(weights), nodes) })
  }
}

/** How often several operations together tell a story. */
const storyShare = 0.12

type Drawn = Op extends infer O ? (O extends Op ? Omit<O, 'at'> : never) : never

const deeds: readonly Deed[] = [
  'killCandidate',
  'freezeCandidate',
  'killController',
  'cutCandidate',
  'killOther',
  'cutOtherWakePrimary',
  'startPrimary',
  'wakePrimary',
  'killControllerWakePrimary',
  'orderOther',
]

const ailments: readonly Ailment[] = [
  'misconf',
  'outOfMemory',
  'busy',
  'fullOfClients',
  'fileUnwritable',
  'noKill',
  'noReplicaof',
  'noConfig',
]

function drawOp(dice: Dice, kind: Single, nodes: readonly PlannedNode[]): Drawn {
  const node = dice.pick(nodes).id
  const hosts = [...nodes.map((one) => one.host), controllerName, ...clientHosts]
  const ms = dice.chance(0.5) ? dice.between(200, 5_000) : dice.between(3_000, 90_000)
  switch (kind) {
    case 'stop':
      return drawStop(dice, node)
    case 'freeze':
      return { kind, node, ms: dice.chance(0.3) ? dice.between(100, 1_500) : ms }
    case 'isolate': {
      const some = hosts.filter(() => dice.chance(0.4))
      return { kind, hosts: some.length === 0 ? [dice.pick(hosts)] : some, ms, way: dice.weighted({ both: 7, in: 1, out: 1 }) }
    }
    case 'cut':
      return { kind, from: dice.pick(hosts), to: dice.pick(hosts), ms }
    case 'slow':
      return { kind, host: dice.pick(hosts), ms, extraMs: dice.between(0, 300), loss: dice.between(0, 0.3) }
    case 'refuse':
      return { kind, node, ms, whom: dice.weighted({ all: 1, controller: 2 }) }
    case 'reset':
      return { kind, node }
    case 'ail':
      return { kind, node, what: dice.pick(ailments), ms }
    case 'controllerCrash':
      return { kind, downMs: dice.chance(0.6) ? dice.between(10, 2_000) : ms }
    case 'controllerStall':
      return { kind, ms: dice.between(50, 8_000) }
    case 'storeTrouble':
      return { kind, ms, slowMs: dice.between(0, 3_000), unsure: dice.between(0, 0.6) }
    case 'wallJump':
      return { kind, ms: dice.between(-20_000, 20_000) }
    case 'backUp':
      return { kind }
    case 'restore':
      return { kind, told: dice.chance(0.5) }
    case 'switchover':
    case 'failover':
      return { kind, to: dice.chance(0.5) ? node : null }
    case 'pause':
      return { kind, ms }
    case 'maintain':
      return { kind, node, ms }
    case 'priority':
      return { kind, node, priority: dice.pick([0, 10, 100]) }
    case 'handReplicaof':
      return { kind, node, of: dice.chance(0.4) ? null : dice.chance(0.2) ? strangerName : dice.pick(nodes).id }
    case 'handMove':
      return { kind, to: node, gapMs: dice.chance(0.5) ? dice.between(0, 20) : dice.between(20, 2_500) }
    case 'readdress':
      return { kind, node }
    case 'wrongAddress':
      return { kind, node, ms }
    case 'noDescriptors':
      return { kind, ms }
    case 'ambush':
      return { kind, moment: dice.pick(['intent', 'crown']), deed: dice.pick(deeds), delayMs: dice.between(0, dice.pick([3, 30, 600])), ms }
  }
}

function drawStop(dice: Dice, node: string): Drawn {
  const how = dice.weighted({ kill: 6, term: 3, power: 2 })
  const downMs = dice.weighted({ supervisor: 3, short: 4, long: 3 })
  const recovers = dice.chance(0.06) ? 'nothing' : how === 'power' ? 'synced' : 'all'
  return {
    kind: 'stop',
    node,
    how,
    downMs: downMs === 'supervisor' ? 20 : downMs === 'short' ? dice.between(50, 3_000) : dice.between(3_000, 90_000),
    recovers,
    file: dice.chance(0.03) ? 'lost' : 'kept',
  }
}
