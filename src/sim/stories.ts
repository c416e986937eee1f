// Several operations that together tell what single ones hardly ever make; some time before and after them is left alone.
import type { Dice } from './dice.ts'
import { type Op, type PlannedNode, clientHosts, controllerName } from './plan.ts'

export interface Told {
  readonly ops: readonly Op[]
  /** Nothing else begins before that. */
  readonly until: number
}

/** A story that begins at `at`. */
type Story = (dice: Dice, nodes: readonly PlannedNode[], at: number) => Told

/** Long enough for the group to be in order before the story begins, on most networks. */
const calmMs = 25_000
const kill = { kind: 'stop', how: 'kill', recovers: 'all', file: 'kept' } as const
const bothWays = (at: number, a: string, b: string, ms: number): Op[] => [
  { at, kind: 'cut', from: a, to: b, ms },
  { at, kind: 'cut', from: b, to: a, ms },
]

/** Nobody watches while the replicas are away, one node goes on alone and dies; then all but that one return. */
const blind: Story = (dice, nodes, at) => {
  const alone = dice.pick(nodes)
  const others = nodes.filter((node) => node !== alone)
  const ops: Op[] = [
    { at, kind: 'controllerCrash', downMs: 14_000 },
    ...others.map((node): Op => ({ ...kill, at: at + 1_000, node: node.id, downMs: 10_000 })),
    { ...kill, at: at + dice.between(4_000, 9_000), node: alone.id, downMs: dice.between(10_000, 60_000) },
  ]
  return { ops, until: at }
}

/** One node, another and some clients are cut off together. */
const split: Story = (dice, nodes, at) => {
  const alone = dice.pick(nodes)
  const others = nodes.filter((node) => node !== alone)
  const [first] = others
  const hosts = [alone.host, ...(first === undefined || others.length === 1 ? [] : [first.host]), clientHosts[0]]
  return { ops: [{ at, kind: 'isolate', hosts, ms: dice.between(15_000, 60_000), way: 'both' }], until: at }
}

/** The primary dies, and its heir before he is one. */
const heir: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const ops: Op[] = [
    { at: begin - 100, kind: 'ambush', moment: 'intent', deed: 'killCandidate', delayMs: dice.between(0, 2), ms: 60_000 },
    { ...kill, at: begin, node: '@primary', downMs: 60_000 },
  ]
  return { ops, until: begin + 60_000 }
}

/** The primary stands still until another is recorded; the controller dies before it can say so to any node, and clients hear nothing of it. */
const sleeper: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const ops: Op[] = [
    ...clientHosts.map((to): Op => ({ at: begin - 50, kind: 'cut', from: controllerName, to, ms: 40_000 })),
    { at: begin - 100, kind: 'ambush', moment: 'crown', deed: 'killControllerWakePrimary', delayMs: 0, ms: dice.between(8_000, 20_000) },
    { at: begin, kind: 'freeze', node: '@primary', ms: 40_000 },
  ]
  return { ops, until: begin + 40_000 }
}

/** The primary stands still; the controller dies when it has decided to replace it; the primary goes on as if nothing had been. */
const reprieve: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const ops: Op[] = [
    { at: begin - 100, kind: 'ambush', moment: 'intent', deed: dice.pick(['killController', 'wakePrimary']), delayMs: 0, ms: 15_000 },
    { at: begin, kind: 'freeze', node: '@primary', ms: 12_000 },
  ]
  return { ops, until: begin + 25_000 }
}

/** Only the controller cannot reach the primary. */
const unseen: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const ms = dice.between(2_000, 40_000)
  return { ops: bothWays(begin, controllerName, '@primary', ms), until: begin + ms + 5_000 }
}

/** Only the controller stands still. */
const ourPause: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  return { ops: [{ at: begin, kind: 'controllerStall', ms: dice.between(500, 9_000) }], until: begin + 12_000 }
}

/** A replica comes back without its data, and the primary dies soon after it was copied. */
const lateCopy: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const ops: Op[] = [
    { ...kill, at: begin, node: '@replica1', downMs: 200, recovers: 'nothing' },
    { ...kill, at: begin + dice.between(300, 6_000), node: '@primary', downMs: 40_000 },
  ]
  return { ops, until: begin + 40_000 }
}

/** What the controller says to a node is held up, and the controller dies; its successor speaks before the words arrive. */
const lateWord: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const whom = dice.pick(['@primary', '@replica1'])
  const ms = dice.between(2_000, 12_000)
  const ops: Op[] = [
    ...(dice.chance(0.5)
      ? [{ at: begin - dice.between(0, 3), kind: 'switchover', to: null } as const]
      : [{ at: begin - 200, kind: 'handReplicaof', node: '@replica1', of: null } as const]),
    { at: begin, kind: 'cut', from: controllerName, to: whom, ms },
    { at: begin + dice.between(100, ms), kind: 'controllerCrash', downMs: dice.between(20, 500) },
  ]
  return { ops, until: begin + 45_000 }
}

/** An operator moves the primary with two commands. */
const byHand: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  return { ops: [{ at: begin, kind: 'handMove', to: '@replica1', gapMs: dice.between(0, 2_000) }], until: begin + 20_000 }
}

/** A backup of the store is restored after the primary changed; the old one may have been away all the time. */
const yesterday: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const restored = begin + dice.between(8_000, 20_000)
  const changed = begin + 1_000
  const ops: Op[] = [
    { at: begin, kind: 'backUp' },
    dice.pick<Op>([
      { at: changed, kind: 'switchover', to: null },
      { ...kill, at: changed, node: '@primary', downMs: dice.between(500, 30_000) },
      { at: changed, kind: 'isolate', hosts: ['@primary'], ms: restored - changed + dice.between(-500, 3_000), way: 'both' },
    ]),
    { at: restored, kind: 'restore', told: dice.chance(0.5) },
    ...(dice.chance(0.5) ? [{ ...kill, at: restored + dice.between(0, 3_000), node: '@primary', downMs: 20_000 }] : []),
  ]
  return { ops, until: restored + 30_000 }
}

/** A copy of the store that was made in the middle of a move is put in place after the next one. */
const halfway: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const again = begin + dice.between(12_000, 18_000)
  const restored = again + dice.between(4_000, 12_000)
  const ops: Op[] = [
    { at: begin - 100, kind: 'ambush', moment: 'intent', deed: 'backUp', delayMs: 0, ms: 0 },
    dice.chance(0.5) ? { ...kill, at: begin, node: '@primary', downMs: 3_000 } : { at: begin, kind: 'switchover', to: null },
    { at: again, kind: 'switchover', to: null },
    { at: restored, kind: 'restore', told: false },
  ]
  return { ops, until: restored + 30_000 }
}

/** The primary cannot write any more, and perhaps it cannot hand over either. */
const hung: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const ops: Op[] = [
    { at: begin, kind: 'ail', node: '@primary', what: 'misconf', ms: 40_000 },
    ...(dice.chance(0.5) ? [{ at: begin, kind: 'ail', node: '@primary', what: 'noReplicaof', ms: 20_000 } as const] : []),
  ]
  return { ops, until: begin + 40_000 }
}

/** The primary stands still and its replicas may not be made to prove their links. */
const muteWitness: Story = (_dice, nodes, at) => {
  const begin = at + calmMs
  const replicas = nodes.slice(1).map((_, index) => `@replica${index + 1}`)
  const ops: Op[] = [
    ...replicas.map((node): Op => ({ at: begin - 50, kind: 'ail', node, what: 'noKill', ms: 20_000 })),
    { at: begin, kind: 'freeze', node: '@primary', ms: 15_000 },
  ]
  return { ops, until: begin + 25_000 }
}

/** An operator names another successor while one is being promoted. */
const secondThoughts: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const ops: Op[] = [
    { at: begin - 100, kind: 'ambush', moment: 'intent', deed: 'orderOther', delayMs: dice.between(0, 4), ms: 0 },
    dice.chance(0.5) ? { ...kill, at: begin, node: '@primary', downMs: 20_000 } : { at: begin, kind: 'switchover', to: null },
  ]
  return { ops, until: begin + 20_000 }
}

/** The hosts of all nodes go off together, and come back one after the other; sometimes with nothing. */
const blackout: Story = (dice, nodes, at) => {
  const begin = at + calmMs
  const how = dice.pick(['kill', 'power'] as const)
  const recovers = dice.chance(0.2) ? 'nothing' : how === 'power' ? 'synced' : 'all'
  const ops = nodes.map(({ id }): Op => ({
    at: begin + dice.between(0, 300),
    kind: 'stop',
    node: id,
    how,
    downMs: dice.between(500, 9_000),
    recovers,
    file: 'kept',
  }))
  return { ops, until: begin + 30_000 }
}

/** The successor of a planned switchover dies on the way, while the primary lives. */
const successor: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const ops: Op[] = [
    { at: begin - 100, kind: 'ambush', moment: 'intent', deed: 'killCandidate', delayMs: dice.between(0, 3), ms: dice.pick([20, 50_000]) },
    { at: begin, kind: 'switchover', to: null },
  ]
  return { ops, until: begin + 55_000 }
}

/** A copy of the store is put back that was made before the node was added which is primary by now. */
const newcomer: Story = (dice, nodes, at) => {
  const begin = at + calmMs
  const restored = begin + 15_000
  const ms = dice.between(2_000, 12_000)
  const ops: Op[] = [
    { at: begin, kind: 'backUp' },
    { at: begin + 1_000, kind: 'switchover', to: null },
    ...(nodes.length < 2 ? [] : [{ at: restored, kind: 'restore', told: true, lacks: '@primary', ms } as const]),
  ]
  return { ops, until: restored + 30_000 }
}

/** The controller's machine is overloaded for a minute; mostly the primary stands still meanwhile. Drawn by itself, after all the rest. */
export const starvation: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const freeze = { at: begin + dice.between(1_000, 12_000), kind: 'freeze', node: '@primary', ms: 45_000 } as const
  const ops: Op[] = [{ at: begin, kind: 'controllerStarved', ms: 60_000, seed: dice.below(2 ** 31) }, ...(dice.chance(0.7) ? [freeze] : [])]
  return { ops, until: begin + 65_000 }
}

const stories: readonly Story[] = [
  blind,
  split,
  heir,
  sleeper,
  reprieve,
  unseen,
  ourPause,
  lateCopy,
  lateWord,
  byHand,
  yesterday,
  halfway,
  hung,
  muteWitness,
  secondThoughts,
  blackout,
  successor,
  newcomer,
]

/**
 * The latest primary is down when an untold old copy of the store is put in place, and the primary which that names runs as ever: it was cut
 * off while the other one took over. Told at the end of some histories, so that all others stay what they were.
 */
export const forgotten: Story = (dice, _nodes, at) => {
  const begin = at + calmMs
  const restored = begin + 20_000
  const ops: Op[] = [
    { at: begin, kind: 'backUp' },
    { at: begin + 500, kind: 'isolate', hosts: ['@primary'], ms: 20_000, way: 'both' },
    { ...kill, at: restored - 500, node: '@primary', downMs: dice.between(2_000, 15_000) },
    { at: restored, kind: 'restore', told: false },
  ]
  return { ops, until: restored + 30_000 }
}

export function drawStory(dice: Dice, nodes: readonly PlannedNode[], at: number): Told {
  return dice.pick(stories)(dice, nodes, at)
}
